"""Where a test harness can watch calls and disturb them. The sandbox itself does neither: it keeps no record."""


class Cut(Exception):
    """Close the connection without a reply."""


class Visit:
    """One call under way."""

    def before(self):
        """An (http, code, message) that is answered in the place of the call; None lets it go on. May raise `Cut`."""

    def after(self, status, code, request_id, answer):
        """The call was applied and is not answered yet; `code` is its error's, if any. May raise `Cut`."""

    def leave(self):
        """It is over, however it ended."""


class Hooks:
    """What the harness replaces, by `sandbox.hooks`."""

    def enter(self, call, path=None, headers=None, body=b""):
        """A call has come; of one to the registry there is no more than its name."""
        return Visit()

    def denies(self, action, resource="*", context=None):
        """Whether an action, such as `ec2:CreateVpc`, is refused, for those who ask about permissions."""
        return False

    def caller(self):
        """Whom GetCallerIdentity names; None for the account's only user."""
        return None
