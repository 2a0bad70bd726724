"""Faults on demand: throttling, refusals, delays, cut connections, kills.

Rules are tried in the order given; the first that matches a call fires.
"""

import threading
import time

from ajuda_sandbox.core.errors import protocol
from ajuda_sandbox.core.hooks import Cut

from .iam_actions import PREFIXES

# The code and status that each protocol family answers with when it throttles:
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html,
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and the
# CommonErrors page of each other service.
THROTTLES = {
    "ec2": ("RequestLimitExceeded", 503, "Request limit exceeded."),
    "s3": ("SlowDown", 503, "Please reduce your request rate."),
    "rest-json": ("ThrottlingException", 429, "Too many requests, please wait before trying again."),
    "json": ("ThrottlingException", 400, "Rate exceeded"),
    "query": ("Throttling", 400, "Rate exceeded"),
    "rest-xml": ("Throttling", 400, "Rate exceeded"),
}


class Rule:
    """One rule of POST /_sandbox/faults. `nth` counts calls, or, if it is about what is `carried_out`, those that
    AWS does not refuse: how often it refuses one that comes too early is a question of time."""

    def __init__(self, spec):
        known = {
            "service", "operation", "about", "nth", "carried_out", "times", "mutating", "action", "ms", "pid", "code",
            "message", "http",
        }
        unknown = set(spec) - known
        if unknown:
            raise ValueError("unknown key in a fault rule: " + ", ".join(sorted(unknown)))
        if "action" not in spec and "code" not in spec:
            raise ValueError("a fault rule needs an action or a code")
        self.spec = spec
        self.action = spec.get("action", "error")
        self.seen = 0
        self.done = 0
        self.fired = 0
        self.released = threading.Event()

    def is_about(self, call):
        """Whether the call is one of those that are counted."""
        spec = self.spec
        if spec.get("service") not in (None, call.service):
            return False
        if spec.get("operation") not in (None, call.operation):
            return False
        if spec.get("about") not in (None, call.about):
            return False
        return spec.get("mutating") is None or spec["mutating"] != call.reading

    def matches(self, call):
        """Counts the call and says whether this rule fires for it."""
        if not self.is_about(call):
            return False
        self.seen += 1
        spec = self.spec
        first = spec.get("nth", 1)
        times = spec.get("times", 1 if "nth" in spec else None)
        number = self.done + 1 if spec.get("carried_out") else self.seen
        if number < first or (times is not None and self.fired >= times):
            return False
        self.fired += 1
        return True


class Faults:
    """The rules in force. Only `victims` are killed."""

    def __init__(self, victims):
        self._lock = threading.Lock()
        self._rules = []
        self._victims = victims

    def replace(self, specs):
        """Puts new rules in the place of all others and lets held calls go."""
        rules = [Rule(spec) for spec in specs]
        for rule in rules:
            if rule.action.startswith("kill"):
                self._victims.check(rule.spec.get("pid"))
        with self._lock:
            before, self._rules = self._rules, rules
        for rule in before:
            rule.released.set()

    def describe(self):
        """The rules, each with how often it fired."""
        with self._lock:
            return [{**rule.spec, "fired": rule.fired, "seen": rule.seen} for rule in self._rules]

    def match(self, call):
        """The rule that fires for this call, if any."""
        with self._lock:
            return next((rule for rule in self._rules if rule.matches(call)), None)

    def denies(self, action):
        """Whether a rule refuses an action, for those who ask about permissions."""
        service, _, operation = action.partition(":")
        with self._lock:
            specs = [rule.spec for rule in self._rules if rule.action == "deny"]
        return any(
            spec.get("service") in (None, service) and spec.get("operation") in (None, operation) for spec in specs
        )

    def before(self, rule, call):
        """What the rule does before the call is applied: an (http, code, message), or None."""
        if rule is None:
            return None
        if rule.action == "latency":
            time.sleep(rule.spec.get("ms", 0) / 1000)
        elif rule.action == "hold-before":
            rule.released.wait()
        elif rule.action == "kill-before":
            self._victims.kill(rule.spec["pid"])
            raise Cut
        elif rule.action == "cut-before":
            raise Cut
        return _error(rule, call)

    def after(self, rule, call, refused):
        """What the rule does after the call was applied, or refused, and before it is answered."""
        with self._lock:
            for one in self._rules:
                one.done += not refused and one.is_about(call)
            if rule is not None and refused and rule.spec.get("carried_out") and rule.action.endswith("-after"):
                rule.fired -= 1
                return
        if rule is None:
            return
        if rule.action == "hold-after":
            rule.released.wait()
        elif rule.action == "kill-after":
            self._victims.kill(rule.spec["pid"])
            raise Cut
        elif rule.action == "cut-after":
            raise Cut


def _error(rule, call):
    spec = rule.spec
    if rule.action == "throttle":
        code, http, message = THROTTLES[protocol(call)]
    elif rule.action == "error500":
        code, http, message = "InternalFailure", 500, "The request processing has failed because of an unknown error."
        if call.service == "s3":
            code = "InternalError"
    elif rule.action == "deny":
        code, http, message = denial(call)
    elif "code" in spec:
        code, http, message = spec["code"], 400, ""
    else:
        return None
    return spec.get("http", http), spec.get("code", code), spec.get("message", message)


def denial(call, action=None, resource="*"):
    """AccessDenied as each protocol words it:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
    action = action or f"{PREFIXES.get(call.service, call.service)}:{call.operation}"
    text = (
        f"User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: {action} "
        f"on resource: {resource} because no identity-based policy allows the {action} action"
    )
    family = protocol(call)
    if family == "ec2":
        return "UnauthorizedOperation", 403, "You are not authorized to perform this operation. " + text
    if family in ("json", "rest-json"):
        return "AccessDeniedException", 403 if family == "rest-json" else 400, text
    return "AccessDenied", 403, text
