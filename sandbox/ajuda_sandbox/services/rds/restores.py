"""RDS: instances made of a backup, and how far the backups of one reach."""

from __future__ import annotations

from datetime import timedelta, timezone

from moto.rds.responses import RDSResponse

from ...core import wire
from ...core.late import Rule, Since
from .state import OPTIMIZING, advance, answer, backend, find, store
from ...core.wire import Refusal, replaces

# Transaction logs go to S3 every five minutes ("Restoring a DB instance to a specified time").
LAG = 300
ENDPOINT = Rule(
    "rds", ("DescribeDBInstances",), "endpoint", None, 1, "issue reports: the endpoint is a describe behind a rename"
)
UPLOADED = Rule(
    "rds",
    ("RestoreDBInstanceToPointInTime",),
    "",
    None,
    3,
    '"Restoring a DB instance to a specified time": logs are uploaded every five minutes',
)
# What a restored instance has from its backup where the request is silent.
KEPT = ("Engine", "EngineVersion", "MasterUsername", "StorageType", "AllocatedStorage", "Iops", "StorageThroughput")


def latest(sandbox, item: dict, look: bool = True):
    """LatestRestorableTime: behind the clock, but not before the first backup. Where no time passes an
    upload ends after some describes, each one that does not only `look`, and reaches what was there when
    it began: the end of the one before."""
    behind = timedelta(seconds=sandbox.clock.scaled(LAG))
    now = max(item["_created"], wire.now() - behind)
    if not sandbox.late.on or sandbox.late.span(UPLOADED) is None:
        return now
    since, moment, begun = item.setdefault("_uploaded", (Since(), item["_created"], now))
    if look or sandbox.late.lasts(UPLOADED, since):
        return moment
    item["_uploaded"] = (Since(), begun, now)
    return begun


def answered(sandbox, here, item: dict) -> dict:
    """A DBInstance with how far its backups reach."""
    told = answer(here, item)
    if "_before" in item and sandbox.late.lasts(ENDPOINT, item["_before"][0]):
        told["Endpoint"] = item["_before"][1]
    # For hours after a change of storage ("Viewing DB instance status"); changes of other things go on.
    optimizing = "_storage" in item and not sandbox.clock.due(item["_storage"], OPTIMIZING)
    if optimizing and told["DBInstanceStatus"] == "available":
        told["DBInstanceStatus"] = "storage-optimization"
    if item["BackupRetentionPeriod"] and "Endpoint" in item:
        told["LatestRestorableTime"] = latest(sandbox, item, look=False)
    return told


def _made_of(source: dict, sent: dict, put, response) -> dict:
    kept = {key: source[key] for key in KEPT if key in source}
    asked = {key: value for key, value in sent.items() if key in ("Iops", "StorageThroughput")}
    if sent.get("AllocatedStorage", kept["AllocatedStorage"]) < kept["AllocatedStorage"]:
        raise Refusal(
            "InvalidParameterValue",
            f"Allocated storage must be at least {kept['AllocatedStorage']} GiB, the size of the backup.",
        )
    for key in ("Iops", "StorageThroughput"):
        if kept["AllocatedStorage"] < 400 and key not in asked:
            kept.pop(key, None)
    encrypted = source.get("Encrypted", source.get("StorageEncrypted", False))
    # A restore takes over neither backups nor windows ("Restoring to a DB instance").
    whole = {"StorageEncrypted": encrypted, "KmsKeyId": source.get("KmsKeyId"), "DBInstanceClass": "db.r7g.large"}
    whole = {key: value for key, value in {**whole, **kept, **sent}.items() if value is not None}
    if "DBName" in whole:
        raise Refusal("InvalidParameterValue", "DBName is not valid for engine postgres.")
    return put(response, whole, source)


def restores(sandbox, put) -> None:
    """RestoreDBInstanceFromDBSnapshot, RestoreDBInstanceToPointInTime."""

    @replaces(RDSResponse, "RestoreDBInstanceFromDBSnapshot")
    def from_snapshot(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        snapshot = find(here, "snapshot", sent["DBSnapshotIdentifier"])
        if snapshot["Status"] != "available":
            raise Refusal(
                "InvalidDBSnapshotState",
                f"Cannot restore from the snapshot because it is in {snapshot['Status']} state.",
            )
        return _made_of(snapshot, sent, put, response)

    @replaces(RDSResponse, "RestoreDBInstanceToPointInTime")
    def to_time(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        source = find(here, "instance", sent["SourceDBInstanceIdentifier"])
        if not source["BackupRetentionPeriod"]:
            raise Refusal(
                "PointInTimeRestoreNotEnabled",
                f"Automated backups are not enabled for {source['DBInstanceIdentifier']}.",
            )
        moment = sent.get("RestoreTime")
        if moment and moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        if bool(moment) == bool(sent.get("UseLatestRestorableTime")):
            raise Refusal(
                "InvalidParameterCombination", "You must specify either RestoreTime or UseLatestRestorableTime."
            )
        until = latest(sandbox, source)
        if moment and not source["_created"].replace(microsecond=0) <= moment <= until:
            raise Refusal(
                "InvalidRestoreFault",
                f"The specified instance cannot be restored to this time. The latest restorable time is {until}.",
            )
        asked = {key: value for key, value in sent.items() if key not in ("RestoreTime", "SourceDBInstanceIdentifier")}
        asked["DBInstanceIdentifier"] = asked.pop("TargetDBInstanceIdentifier")
        return _made_of(source, asked, put, response)

    @replaces(RDSResponse, "DescribeDBInstanceAutomatedBackups")
    def automated(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        found = []
        for item in store(here, "instance").values():
            if not item["BackupRetentionPeriod"] or "Endpoint" not in item:
                continue
            if sent.get("DBInstanceIdentifier", "").lower() not in ("", item["DBInstanceIdentifier"]):
                continue
            if sent.get("DbiResourceId") not in (None, item["DbiResourceId"]):
                continue
            found.append(
                {
                    "DBInstanceArn": item["DBInstanceArn"],
                    "DbiResourceId": item["DbiResourceId"],
                    "DBInstanceIdentifier": item["DBInstanceIdentifier"],
                    "Region": here.region_name,
                    "RestoreWindow": {"EarliestTime": item["_created"], "LatestTime": latest(sandbox, item)},
                    "AllocatedStorage": item["AllocatedStorage"],
                    "Status": "active",
                    "Engine": item["Engine"],
                    "EngineVersion": item["EngineVersion"],
                    "Encrypted": item["StorageEncrypted"],
                    "BackupRetentionPeriod": item["BackupRetentionPeriod"],
                }
            )
        found, marker = wire.page(found, sent)
        return {"DBInstanceAutomatedBackups": found, "Marker": marker}
