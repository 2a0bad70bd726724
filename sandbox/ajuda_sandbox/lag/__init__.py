"""Reads that lag behind writes: an object is answered as it was before the writes of late.

Around each write that a read lags behind, the read is asked for everything, and what differs afterwards
is remembered: by object, when it changed and what it was. The rules are in `rules`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

from ..core import wire
from ..core.late import Rule, Since

NOW = object()


@dataclass(eq=False)
class Lag(Rule):
    """A read, the list in its reply, what names an object of it, and the writes it lags behind."""

    members: str = ""
    key: str = ""
    behind: tuple[str, ...] = ()
    # What to ask to be told everything.
    asks: dict = field(default_factory=dict)
    # In its place, a function of the response object that tells everything: {key: object}.
    tells: Callable | None = None
    # Whether a write, by what was sent, is about objects of this read at all.
    concerns: Callable = lambda sent: True
    # What is answered for a while, of the object before the write and after it.
    remember: Callable = lambda before, after: before
    # Whether an object as it was is what a request asks for; None where nothing can tell.
    matches: Callable = lambda item, sent: None
    # The object as this request asks for it.
    shape: Callable = lambda item, sent: item
    # What a request gets that names an object which is not there yet: (sent, key, reply).
    missing: Callable = lambda sent, key, reply: None
    # Only these members lag; none: the whole object does.
    fields: tuple[str, ...] = ()
    # The old and the new by turns.
    turns: bool = False


class Journal:
    """What the objects of one lagging read were before they changed, in one region."""

    def __init__(self):
        self._was: dict = {}

    def note(self, before: dict, after: dict, remember=lambda before, after: before) -> None:
        """Remembers what differs between two looks at everything."""
        for key in before.keys() | after.keys():
            if before.get(key) != after.get(key):
                was = remember(before[key], after[key]) if key in before and key in after else before.get(key)
                self._was.setdefault(key, []).append((Since(), was))

    def keys(self) -> list:
        """Every object that has changed of late."""
        return list(self._was)

    def as_it_was(self, late, rule: Rule, key, look: bool = False):
        """The object as it is answered now: NOW for as it is, None for not at all."""
        held = self._was.get(key, [])
        lasting = [(since, was) for since, was in held if late.lasts(rule, since, key, look)]
        if not lasting:
            if not look:
                self._was.pop(key, None)
            return NOW
        since, was = lasting[0]
        if not look and getattr(rule, "turns", False):
            since.turn = not getattr(since, "turn", False)
            return was if since.turn else NOW
        return was


class Journals:
    """The journal of each read and region."""

    def __init__(self, late):
        self._all: dict = {}
        late.on_forget(self._all.clear)

    def of(self, rule: Rule, region: str) -> Journal:
        """The journal of one read in one region."""
        return self._all.setdefault((rule, region), Journal())


def install(sandbox) -> None:
    """Puts every rule on its operations; after all services are in place."""
    from . import buckets, index, rules

    journals = Journals(sandbox.late)
    for kind, rule in rules.rules(sandbox):
        for operation in rule.behind:
            _write(sandbox, journals, kind, operation, rule)
        _read(sandbox, journals, kind, rule)
    index.install(sandbox, journals)
    buckets.install(sandbox, journals)


def _write(sandbox, journals, kind, operation: str, rule: Lag) -> None:
    @wire.around(kind, operation)
    def write(response, original):
        late = sandbox.late
        if not late.on or late.span(rule) is None or not rule.concerns(wire.sent(response)):
            return original(response)
        before = everything(response, rule)
        try:
            return original(response)
        finally:
            journals.of(rule, response.region).note(before, everything(response, rule), rule.remember)


def _read(sandbox, journals, kind, rule: Lag) -> None:
    @wire.around(kind, rule.operations[0])
    def read(response, original):
        if not sandbox.late.on or getattr(response, "asks_everything", False):
            return original(response)
        sent = wire.sent(response)
        reply = wire.read(response, original(response))
        _as_it_was(sandbox.late, journals.of(rule, response.region), rule, sent, reply)
        return wire.Answer(reply)


def _as_it_was(late, journal: Journal, rule: Lag, sent: dict, reply: dict) -> None:
    shown, present = [], set()
    for item in reply.get(rule.members) or []:
        key = item.get(rule.key)
        present.add(key)
        was = journal.as_it_was(late, rule, key)
        if was is NOW:
            shown.append(item)
        elif was is None:
            rule.missing(sent, key, reply)
        elif rule.fields:
            shown.append({**item, **{name: was[name] for name in rule.fields if name in was}})
        elif rule.matches(was, sent) is not False:
            shown.append(rule.shape(was, sent))
    for key in journal.keys():
        # What has gone, or is no longer what is asked for.
        if key not in present and not rule.fields:
            was = journal.as_it_was(late, rule, key, look=True)
            if was is not NOW and was is not None and rule.matches(was, sent):
                journal.as_it_was(late, rule, key)
                shown.append(rule.shape(was, sent))
    reply[rule.members] = shown


def everything(response, rule: Lag) -> dict:
    """All objects of a lagging read, as they are: {key: object}."""
    if rule.tells is not None:
        return rule.tells(response)
    asked, found = dict(rule.asks), {}
    while True:
        reply = wire.ask(response, rule.operations[0], **asked)
        found |= {item[rule.key]: item for item in reply.get(rule.members) or []}
        token = next((name for name in ("NextToken", "nextToken", "Marker") if reply.get(name)), None)
        if token is None:
            return found
        asked[token] = reply[token]


def values(*names: str) -> Callable:
    """`missing` for a call that lists those it was not asked for in vain as failures of ECS."""
    return functools.partial(_failures, names)


def _failures(names, sent, key, reply) -> None:
    if any(key.split("/")[-1] == name.split("/")[-1] for field in names for name in sent.get(field, [])):
        reply.setdefault("failures", []).append({"arn": key, "reason": "MISSING"})
