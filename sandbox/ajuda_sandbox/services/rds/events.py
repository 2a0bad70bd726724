"""RDS: what has happened to instances (`DescribeEvents`).

Texts: "Amazon RDS event categories and event messages" in the RDS user guide, as RDS writes them in the examples of
`describe-events` (AWS CLI reference): without the full stop, and "Finished DB Instance backup" with a capital.
"""

from __future__ import annotations

from datetime import timedelta, timezone

from moto.rds.responses import RDSResponse

from ...core import wire
from .state import advance, backend
from ...core.wire import Refusal, replaces

ANY = object()
CHANGED, BACKUP, MAINTENANCE = "configuration change", "backup", "maintenance"
CREATED = ("creation", "DB instance created")
# RDS-EVENT-0001, RDS-EVENT-0002.
BACKED_UP = ((BACKUP, "Backing up DB instance"), (BACKUP, "Finished DB Instance backup"))
# What a change at once begins and ends with, by the member that differs: RDS-EVENT-0012, 0014; 0024, 0025; 0030, 0029;
# 0267, 0268.
CHANGES = {
    ("DBInstanceClass", ANY): (
        (CHANGED, "Applying modification to database instance class"),
        (CHANGED, "Finished applying modification to DB instance class"),
    ),
    ("MultiAZ", True): (
        (CHANGED, "Applying modification to convert to a Multi-AZ DB instance"),
        (CHANGED, "Finished applying modification to convert to a Multi-AZ DB instance"),
    ),
    ("MultiAZ", False): (
        (CHANGED, "Applying modification to convert to a standard (Single-AZ) DB instance"),
        (CHANGED, "Finished applying modification to convert to a standard (Single-AZ) DB instance"),
    ),
    ("EngineVersion", ANY): (
        (MAINTENANCE, "The engine version upgrade started."),
        (MAINTENANCE, "The engine version upgrade finished."),
    ),
}
# DescribeEvents, Duration: "The number of minutes to retrieve events for. Default: 60"; events are kept for 14 days.
DEFAULT_MINUTES, KEPT_MINUTES = 60, 14 * 24 * 60


def note(here, clock, item: dict, event: tuple, seconds: float = 0) -> None:
    """An event of an instance, so many AWS seconds from now: it is told once that time has come."""
    category, message = event
    wire.kept(here, "sandbox_events", list).append(
        {
            "SourceIdentifier": item["DBInstanceIdentifier"],
            "SourceType": "db-instance",
            "SourceArn": item["DBInstanceArn"],
            "EventCategories": [category],
            "Message": message,
            "_at": wire.monotonic() + clock.scaled(seconds),
        }
    )


def lasting(here, clock, item: dict, pair: tuple, begins: float, lasts: float) -> None:
    """The beginning and the end of something, in AWS seconds from now."""
    begin, end = pair
    note(here, clock, item, begin, begins)
    note(here, clock, item, end, begins + lasts)


def changed(here, clock, item: dict, values: dict, stages: list) -> None:
    """What is told of a change that is applied at once, one part after the other."""
    pairs = [pair for (key, to), pair in CHANGES.items() if key in values and (to is ANY or values[key] == to)]
    wait, rest = stages[0][1], sum(seconds for _, seconds in stages[1:])
    for index, pair in enumerate(pairs):
        share = rest / len(pairs)
        lasting(here, clock, item, pair, wait + index * share, share)


def install(sandbox) -> None:
    """DescribeEvents."""

    @replaces(RDSResponse, "DescribeEvents")
    def describe(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        if sent.get("SourceIdentifier") and not sent.get("SourceType"):
            raise Refusal("InvalidParameterCombination", "Cannot specify source identifier without source type")
        minutes = min(sent.get("Duration") or DEFAULT_MINUTES, KEPT_MINUTES)
        now, date = wire.monotonic(), wire.now().astimezone(timezone.utc)

        def wanted(event) -> bool:
            return (
                0 <= now - event["_at"] <= minutes * 60
                and (sent.get("SourceType") or event["SourceType"]) == event["SourceType"]
                and (sent.get("SourceIdentifier") or event["SourceIdentifier"]).lower() == event["SourceIdentifier"]
                and set(sent.get("EventCategories") or event["EventCategories"]) & set(event["EventCategories"])
            )

        def shown(event) -> dict:
            at = date - timedelta(seconds=now - event["_at"])
            return {**{key: value for key, value in event.items() if key != "_at"}, "Date": at}

        events = sorted(filter(wanted, wire.kept(here, "sandbox_events", list)), key=lambda event: event["_at"])
        found, marker = wire.page([shown(event) for event in events], sent)
        return {"Events": found, "Marker": marker}
