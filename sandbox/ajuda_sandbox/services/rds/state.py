"""What RDS has in one account and region, and how it moves on with time."""

from __future__ import annotations

from moto.rds.models import rds_backends

from ...core import wire
from ...core.wire import Refusal

# CreateDBInstance members that DBInstance answers under the same name.
ECHOED = (
    "DBInstanceClass Engine MasterUsername DBName AllocatedStorage PreferredBackupWindow "
    "BackupRetentionPeriod AvailabilityZone MultiAZ AutoMinorVersionUpgrade LicenseModel Iops "
    "StorageThroughput PubliclyAccessible StorageType StorageEncrypted KmsKeyId CACertificateIdentifier "
    "CopyTagsToSnapshot MonitoringInterval MonitoringRoleArn PromotionTier DatabaseInsightsMode "
    "PerformanceInsightsKMSKeyId PerformanceInsightsRetentionPeriod DeletionProtection "
    "MaxAllocatedStorage NetworkType BackupTarget DedicatedLogVolume EngineLifecycleSupport Timezone "
    "CustomIamInstanceProfile PreferredMaintenanceWindow"
).split()
# The same, under another name.
RENAMED = {
    "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
    "EnablePerformanceInsights": "PerformanceInsightsEnabled",
    "EnableCustomerOwnedIp": "CustomerOwnedIpEnabled",
}
# "…or 6 hours" after the last change (ModifyDBInstance, AllocatedStorage; TF rds/instance.go).
OPTIMIZING = 6 * 3600
# Members that wait for the maintenance window unless ApplyImmediately (ModifyDBInstance, each member).
DEFERRED = (
    "DBInstanceClass AllocatedStorage Iops StorageThroughput StorageType MultiAZ EngineVersion "
    "CACertificateIdentifier IAMDatabaseAuthenticationEnabled DBSubnetGroupName LicenseModel DedicatedLogVolume"
).split()


def backend(response):
    """The RDS backend of a request."""
    return rds_backends[response.current_account][response.region]


def store(backend, kind: str) -> dict:
    """Name → dict of one kind: instance, snapshot, subnet_group, parameter_group."""
    return wire.kept(backend, f"sandbox_{kind}")


def arn(backend, kind: str, name: str) -> str:
    """RDS ARN; kinds are db, snapshot, subgrp, pg."""
    return f"arn:{backend.partition}:rds:{backend.region_name}:{backend.account_id}:{kind}:{name}"


def tags_of(backend) -> dict:
    """ARN → {key: value} of every RDS kind."""
    return wire.kept(backend, "sandbox_tags")


def shown(item: dict) -> dict:
    """Without what is only ours."""
    return {name: value for name, value in item.items() if not name.startswith("_")}


def find(backend, kind: str, name: str) -> dict:
    """The object of that name, or AWS's refusal."""
    found = store(backend, kind).get((name or "").lower())
    if found is None:
        code, text = {
            "instance": ("DBInstanceNotFound", f"DBInstance {name} not found."),
            "snapshot": ("DBSnapshotNotFound", f"DBSnapshot {name} not found."),
            "subnet_group": ("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist."),
            "parameter_group": ("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}"),
        }[kind]
        raise Refusal(code, text)
    return found


def begin(item: dict, stages: list, last: str, then=None) -> None:
    """The item runs through (status, AWS seconds) stages; `then(item)` when the last is over."""
    item["_line"] = (wire.monotonic(), stages, last, then)


def advance(here, clock) -> None:
    """Brings what changes with time up to date."""
    for kind, status in (("instance", "DBInstanceStatus"), ("snapshot", "Status")):
        for item in list(store(here, kind).values()):
            started, stages, last, then = item["_line"]
            item[status] = clock.stage(started, stages, last)
            if item[status] == last and clock.due(started, sum(seconds for _, seconds in stages)) and then:
                item["_line"] = (started, stages, last, None)
                then(item)


def answer(here, item: dict) -> dict:
    """DBInstance or DBSnapshot as it is answered: with its tags and subnet group."""
    answer = shown(item)
    key = "DBInstanceArn" if "DBInstanceArn" in item else "DBSnapshotArn"
    answer["TagList"] = wire.pairs(tags_of(here).get(item[key], {}))
    if item.get("_subnet_group"):
        answer["DBSubnetGroup"] = store(here, "subnet_group").get(item["_subnet_group"])
    return answer
