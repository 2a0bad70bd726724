"""How late AWS is: for how long a read shows what was, and a refusal stays that passes by itself.

Each rule says it in AWS's seconds, and in calls for an instant clock, where no time passes. One switch
is for all of them: `off`, `aws` (the rules as they stand), or set exactly, rule by rule.
"""

from __future__ import annotations

import collections
import contextlib
import threading
from dataclasses import dataclass

from . import clock

MODES = ("off", "aws")
# Every rule there is, by the modules that apply them.
RULES: list[Rule] = []


@dataclass(eq=False)
class Rule:
    """`seconds` None: always counted in calls. `code` is empty where a read lags."""

    service: str  # the signing name
    operations: tuple[str, ...]
    code: str
    seconds: float | None
    calls: int
    source: str

    def __post_init__(self):
        self.fired = 0
        RULES.append(self)

    def fits(self, spec: dict) -> bool:
        """Whether a rule of POST /_sandbox/lag means this one."""
        return (
            spec.get("service") in (None, self.service)
            and spec.get("operation") in (None, *self.operations)
            and spec.get("code") in (None, self.code)
        )


class Since:
    """The moment of something, and who has asked since."""

    def __init__(self, moment=None):
        self.moment = clock.monotonic() if moment is None else moment
        self.asked = collections.Counter()


class Late:
    """The switch, and what has happened lately."""

    def __init__(self, speed):
        self.clock = speed
        self._paused = threading.local()
        self._watchers = []
        self._on_forget = []
        self.set({"mode": "off"})

    def set(self, spec: dict) -> None:
        """`{"mode": "off" | "aws", "rules": [{service, operation, code, seconds, calls}]}`: the rules that
        are given stand in the place of the mode's. What happened before is forgotten. ValueError for what
        no rule is meant by."""
        unknown = set(spec) - {"mode", "rules"}
        mode, rules = spec.get("mode", "off"), spec.get("rules", [])
        if unknown or mode not in MODES:
            raise ValueError(f"lag takes a mode ({', '.join(MODES)}) and rules, not {spec}")
        for rule in rules:
            unknown = set(rule) - {"service", "operation", "code", "seconds", "calls"}
            if unknown:
                raise ValueError("unknown key in a rule: " + ", ".join(sorted(unknown)))
            if "calls" not in rule and ("seconds" not in rule or self.clock.instant):
                raise ValueError("a rule needs seconds or calls; calls where the clock is instant")
            if not any(known.fits(rule) for known in RULES):
                raise ValueError(f"no read lags and no refusal passes by this name: {rule}")
        self.mode, self._given = mode, list(rules)
        self.forget()

    def describe(self) -> dict:
        """The mode, and every rule with how often it was applied."""
        shown = []
        for rule in RULES:
            span = self.span(rule)
            item = {"service": rule.service, "operations": list(rule.operations), "code": rule.code}
            item.update(source=rule.source, fired=rule.fired, on=span is not None)
            item.update(dict(zip(("seconds", "calls"), span or (rule.seconds, rule.calls))))
            shown.append(item)
        return {"mode": self.mode, "rules": shown}

    def forget(self) -> None:
        """Nothing has happened; the switch stays as it is."""
        self._moments: dict = {}
        for rule in RULES:
            rule.fired = 0
        for forget in self._on_forget:
            forget()

    def on_forget(self, forget) -> None:
        """Registers what clears a module's own memory."""
        self._on_forget.append(forget)

    # Watching

    @property
    def on(self) -> bool:
        """Whether anything is late."""
        return (self.mode != "off" or bool(self._given)) and not getattr(self._paused, "now", False)

    @contextlib.contextmanager
    def paused(self):
        """What this thread asks meanwhile is answered as it is."""
        self._paused.now = True
        try:
            yield
        finally:
            self._paused.now = False

    def watcher(self, before, after) -> None:
        """Registers two functions of a call, for every one that changes."""
        self._watchers.append((before, after))

    @contextlib.contextmanager
    def watch(self, call):
        """Around every call."""
        watchers = self._watchers if self.on and not call.reading else []
        for before, _ in watchers:
            before(call)
        try:
            yield
        finally:
            for _, after in watchers:
                after(call)

    # Moments

    def happened(self, kind: str, key) -> None:
        """Notes that something of this kind happened to `key` just now."""
        self._moments[kind, key] = Since()

    def since(self, kind: str, key) -> Since | None:
        """When it happened last."""
        return self._moments.get((kind, key))

    def at(self, kind: str, key, moment) -> Since:
        """The same for a moment that is known otherwise."""
        held = self._moments.get((kind, key))
        if held is None or held.moment != moment:
            held = self._moments[kind, key] = Since(moment)
        return held

    # How long

    def span(self, rule: Rule) -> tuple[float | None, int | None] | None:
        """(seconds, calls) of a rule; None where it is off."""
        for spec in self._given:
            if rule.fits(spec):
                return spec.get("seconds"), spec.get("calls")
        return (rule.seconds, rule.calls) if self.mode == "aws" else None

    def lasts(self, rule: Rule, since: Since | None, reader="", look: bool = False) -> bool:
        """Whether `rule` still holds, after `since`. Where calls are counted this is one of them, of
        `reader`, unless one only looks."""
        span = self.span(rule) if since is not None and self.on else None
        if span is None:
            return False
        seconds, calls = span
        if calls is not None and (seconds is None or self.clock.instant):
            holds = since.asked[rule, reader] < calls
            since.asked[rule, reader] += not look
        else:
            holds = not self.clock.due(since.moment, seconds)
        rule.fired += holds and not look
        return holds
