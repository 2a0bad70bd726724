"""Each call as the harness sees it: held until its round trip, matched against the rules, recorded."""

from ajuda_sandbox.core.hooks import Hooks, Visit

from . import access, faults, iam_actions, names, record, rest, round_trips, victims


class Harness(Hooks):
    """Everything that the harness keeps."""

    def __init__(self):
        self.victims = victims.Victims()
        self.record = record.Record()
        self.faults = faults.Faults(self.victims)
        self.names = names.Names()
        self._count()
        self.access = access.Access()
        # Seconds by which answers are dated ahead of this machine's clock.
        self.ahead_s = 0.0
        # What IAM was asked about since somebody wanted to know.
        self.asked = set()

    def _count(self):
        self.rest = rest.Rest()
        self.round_trips = round_trips.RoundTrips(self.rest.complete)

    def enter(self, call, path=None, headers=None, body=b""):
        return Watched(self, call, path, headers, body)

    def denies(self, action, resource="*", context=None):
        return self.faults.denies(action) or not self.access.allows(action, resource, context)

    def caller(self):
        return self.access.caller

    def forget(self):
        """The record and the depth of round trips begin anew."""
        self.record.clear()
        self.round_trips.restart()

    def part(self):
        """A copy of the sandbox has a record, rules and clients of its own."""
        self._count()
        self.record.clear()
        self.faults.replace([])
        self.access = access.Access()


def _said(call, path, headers, body):
    try:
        return iam_actions.leaves(call, path, headers, body)
    except ValueError:
        # Malformed on purpose, for AWS's own refusal.
        return []


class Watched(Visit):
    """One call under way."""

    def __init__(self, harness, call, path, headers, body):
        self._harness, self._call = harness, call
        # What a mutating call is about: `Names.about`.
        call.about = ""
        self._round_trip, self._learns, said = None, False, ""
        self._path, self._said = path or "", []
        if path is not None:
            if not call.reading:
                call.about = harness.names.about(call, path, headers, body)
                self._learns = True
            self._said = _said(call, path, headers, body)
            self._round_trip = harness.round_trips.enter(harness.rest.called)
            said = record.outside(path, headers)
        self._entry = harness.record.add(call, self._round_trip, said)
        self._entry["actions"] = iam_actions.actions(call, self._said)
        harness.asked.update(self._entry["actions"])
        self._rule = None

    def before(self):
        self._rule = self._harness.faults.match(self._call)
        refused = self._harness.access.refused(self._call, self._path, self._said)
        if refused and self._rule is None:
            code, http, message = faults.denial(self._call, *refused)
            return http, code, message
        return self._harness.faults.before(self._rule, self._call)

    def after(self, status, code, request_id, answer):
        self._entry.update(status=status, id=request_id, error_code=code)
        if code is None and self._learns:
            self._harness.names.learn(self._call.about, answer)
        self._harness.faults.after(self._rule, self._call, code is not None)

    def leave(self):
        self._harness.round_trips.leave(self._round_trip)
