"""RDS: snapshots, and deletes with a last one."""

from __future__ import annotations

import re

from moto.rds.responses import RDSResponse

from ...core import wire
from . import events, passwords
from .state import advance, answer, arn, backend, begin, find, shown, store, tags_of
from ...core.wire import Refusal, replaces

# Seconds on AWS, by status.
DELETE = [("deleting", 300)]
SNAPSHOT = [("creating", 120)]
SNAPSHOT_BACKUP = [("backing-up", 120)]


def deletes(sandbox) -> None:
    """DeleteDBInstance."""

    def gone(here, item) -> None:
        store(here, "instance").pop(item["DBInstanceIdentifier"], None)
        for group in item["DBParameterGroups"]:
            sandbox.late.happened("instance gone", (here.region_name, group["DBParameterGroupName"]))
        tags_of(here).pop(item["DBInstanceArn"], None)
        # DeleteAutomatedBackups is true unless it is said to be false.
        for name, snapshot in list(store(here, "snapshot").items()):
            if snapshot["SnapshotType"] == "automated" and snapshot["DbiResourceId"] == item["DbiResourceId"]:
                del store(here, "snapshot")[name]
                tags_of(here).pop(snapshot["DBSnapshotArn"], None)
        for interface in item["_interfaces"]:
            interface.ec2_backend.enis.pop(interface.id, None)
        passwords.release(here, item)

    @replaces(RDSResponse, "DeleteDBInstance")
    def delete(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        item = find(here, "instance", sent["DBInstanceIdentifier"])
        final = sent.get("FinalDBSnapshotIdentifier")
        if item["DBInstanceStatus"] == "deleting":
            raise Refusal(
                "InvalidDBInstanceState", f"Instance {item['DBInstanceIdentifier']} is already being deleted."
            )
        if item["DeletionProtection"]:
            raise Refusal(
                "InvalidParameterCombination",
                "Cannot delete protected DB Instance, please disable deletion protection and try again.",
            )
        if sent.get("SkipFinalSnapshot") and final:
            raise Refusal(
                "InvalidParameterCombination",
                "FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is true.",
            )
        if not sent.get("SkipFinalSnapshot") and not final:
            raise Refusal(
                "InvalidParameterCombination",
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
            )
        if final:
            if item["DBInstanceStatus"] == "creating":
                raise Refusal(
                    "InvalidDBInstanceState",
                    f"Cannot create a snapshot because the database instance {item['DBInstanceIdentifier']} "
                    "is not currently in the available state.",
                )
            take(here, item, final, {})
        begin(item, DELETE, "deleted", lambda i: gone(here, i))
        item["DBInstanceStatus"] = "deleting"
        return {"DBInstance": answer(here, item)}


def take(here, item: dict, name: str, tags: dict, kind: str = "manual") -> dict:
    """A snapshot of an instance, which takes its time."""
    if name.lower() in store(here, "snapshot"):
        raise Refusal(
            "DBSnapshotAlreadyExists",
            f"Cannot create the snapshot because a snapshot with the identifier {name} already exists.",
        )
    if kind == "manual" and not re.fullmatch(r"[A-Za-z](-?[A-Za-z0-9]){0,254}", name):
        raise Refusal(
            "InvalidParameterValue",
            "The parameter DBSnapshotIdentifier is not a valid identifier. Identifiers must begin with a letter; "
            "must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.",
        )
    same = (
        "DBInstanceIdentifier Engine EngineVersion AllocatedStorage AvailabilityZone MasterUsername LicenseModel "
        "Iops StorageThroughput StorageType KmsKeyId IAMDatabaseAuthenticationEnabled DbiResourceId InstanceCreateTime "
        "BackupRetentionPeriod PreferredBackupWindow"
    ).split()
    snapshot = {
        **{key: item[key] for key in same if key in item},
        "DBSnapshotIdentifier": name.lower(),
        "DBSnapshotArn": arn(here, "snapshot", name.lower()),
        "Status": "creating",
        "SnapshotType": kind,
        "SnapshotCreateTime": wire.now(),
        "OriginalSnapshotCreateTime": wire.now(),
        "PercentProgress": 100,
        "Port": item["_port"],
        "Encrypted": item["StorageEncrypted"],
        "SnapshotTarget": "region",
        "VpcId": (store(here, "subnet_group").get(item["_subnet_group"]) or {}).get("VpcId"),
        "OptionGroupName": item["OptionGroupMemberships"][0]["OptionGroupName"],
    }
    begin(snapshot, SNAPSHOT, "available")
    store(here, "snapshot")[name.lower()] = snapshot
    if item["CopyTagsToSnapshot"]:
        tags = {**tags_of(here).get(item["DBInstanceArn"], {}), **tags}
    tags_of(here)[snapshot["DBSnapshotArn"]] = tags
    return snapshot


def _name(said: str) -> str:
    """A snapshot's name from its name or ARN; those of automated ones begin with `rds:`."""
    return said.split(":", 6)[-1] if said.startswith("arn:") else said


def snapshots(sandbox) -> None:
    """Snapshots, taken, read and deleted."""

    @replaces(RDSResponse, "CreateDBSnapshot")
    def create(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        item = find(here, "instance", sent["DBInstanceIdentifier"])
        if item["DBInstanceStatus"] != "available":
            raise Refusal(
                "InvalidDBInstanceState",
                f"Cannot create a snapshot because the database instance {item['DBInstanceIdentifier']} "
                "is not currently in the available state.",
            )
        snapshot = take(here, item, sent["DBSnapshotIdentifier"], wire.mapping(sent.get("Tags")))
        begin(item, SNAPSHOT_BACKUP, "available")
        events.lasting(here, sandbox.clock, item, events.BACKED_UP, 0, SNAPSHOT_BACKUP[0][1])
        return {"DBSnapshot": answer(here, snapshot)}

    @replaces(RDSResponse, "DescribeDBSnapshots")
    def describe(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        items = list(store(here, "snapshot").values())
        if sent.get("DBSnapshotIdentifier"):
            items = [find(here, "snapshot", _name(sent["DBSnapshotIdentifier"]))]
        if sent.get("DBInstanceIdentifier"):
            items = [i for i in items if i["DBInstanceIdentifier"] == sent["DBInstanceIdentifier"].lower()]
        if sent.get("SnapshotType"):
            items = [i for i in items if i["SnapshotType"] == sent["SnapshotType"]]
        for want in sent.get("Filters", []):
            key = {
                "db-instance-id": "DBInstanceIdentifier",
                "db-snapshot-id": "DBSnapshotIdentifier",
                "dbi-resource-id": "DbiResourceId",
                "snapshot-type": "SnapshotType",
                "engine": "Engine",
            }.get(want["Name"])
            if key is None:
                raise Refusal("InvalidParameterValue", f"Unrecognized filter name: {want['Name']}")
            items = [i for i in items if i[key] in want["Values"]]
        found, marker = wire.page([answer(here, item) for item in items], sent)
        return {"DBSnapshots": found, "Marker": marker}

    @replaces(RDSResponse, "DeleteDBSnapshot")
    def delete(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        item = find(here, "snapshot", sent["DBSnapshotIdentifier"])
        if item["SnapshotType"] != "manual":
            raise Refusal(
                "InvalidDBSnapshotState", "Cannot delete an automated snapshot: it goes with its retention period."
            )
        if item["Status"] != "available":
            raise Refusal(
                "InvalidDBSnapshotState", f"Cannot delete the snapshot because it is in {item['Status']} state."
            )
        del store(here, "snapshot")[item["DBSnapshotIdentifier"]]
        tags = tags_of(here).pop(item["DBSnapshotArn"], {})
        return {"DBSnapshot": {**shown(item), "Status": "deleted", "TagList": wire.pairs(tags)}}
