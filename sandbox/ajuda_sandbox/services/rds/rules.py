"""What RDS refuses before it starts: names, passwords, versions, classes, storage, roles."""

from __future__ import annotations

import re

from . import catalogue
from ...core.wire import Refusal

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html: PostgreSQL on gp3.
GP3_STEP, GP3_SMALL, GP3_LARGE = 400, (3000, 125), (12000, 500)
# MasterUsername: words that PostgreSQL on RDS keeps for itself.
RESERVED = {"admin", "rdsadmin", "rds_superuser", "rdsrepladmin", "rds_replication", "postgres_admin", "public", "user"}


def key_arn(here, key: str | None) -> str:
    """The KMS key's ARN; without one, the key that AWS manages for RDS."""
    if key and key.startswith("arn:"):
        return key
    name = key or "5f1e7c1a-0000-4000-8000-000000000a75"
    return f"arn:{here.partition}:kms:{here.region_name}:{here.account_id}:key/{name}"


def baseline(item: dict) -> None:
    """gp3 always has IOPS and throughput, even where none were asked for."""
    if item["StorageType"] == "gp3":
        iops, throughput = GP3_LARGE if item["AllocatedStorage"] >= GP3_STEP else GP3_SMALL
        item["Iops"] = max(item.get("Iops") or 0, iops) if item["AllocatedStorage"] >= GP3_STEP else iops
        item["StorageThroughput"] = (
            max(item.get("StorageThroughput") or 0, throughput) if item["AllocatedStorage"] >= GP3_STEP else throughput
        )


def check_groups(ec2, groups: list[str], subnet_group: dict | None) -> None:
    """Security groups must exist in the subnet group's VPC."""
    for name in groups:
        group = ec2.get_security_group_from_id(name)
        if group is None:
            raise Refusal("InvalidParameterValue", f"Invalid security group , groupId= {name}, groupName=.")
        if subnet_group and group.vpc_id != subnet_group["VpcId"]:
            raise Refusal(
                "InvalidVPCNetworkStateFault",
                "The DB instance and EC2 security group are in different VPCs. The DB instance is in "
                f"{subnet_group['VpcId']} and the EC2 security group is in {group.vpc_id}",
            )


def check_password(password: str) -> None:
    """MasterUserPassword: 8-128 printable ASCII characters without / \" @ and space."""
    if len(password) < 8:
        raise Refusal(
            "InvalidParameterValue",
            "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters.",
        )
    if len(password) > 128:
        raise Refusal(
            "InvalidParameterValue",
            "The parameter MasterUserPassword is not a valid password because it is longer than 128 characters.",
        )
    if not re.fullmatch(r"[!-~]+", password) or set(password) & set('/"@ '):
        raise Refusal(
            "InvalidParameterValue",
            "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides "
            "'/', '@', '\"', ' ' may be used.",
        )


def check_storage(storage: str, size: int, sent: dict) -> None:
    """Sizes and the gp3 rule of 400 GiB."""
    if storage.startswith("gp") and size < 20 or storage.startswith("io") and size < 100:
        raise Refusal(
            "InvalidParameterValue", f"Invalid storage size for engine name postgres and storage type {storage}: {size}"
        )
    if storage == "gp3" and size < GP3_STEP and ("Iops" in sent or "StorageThroughput" in sent):
        raise Refusal(
            "InvalidParameterCombination",
            "You can't specify IOPS or storage throughput for engine postgres and a storage size less than 400.",
        )
    if storage == "gp3" and "Iops" in sent and sent["Iops"] < GP3_LARGE[0]:
        raise Refusal(
            "InvalidParameterCombination",
            f"You must specify IOPS of at least {GP3_LARGE[0]} for engine postgres and a storage size of {size}.",
        )
    if storage == "gp2" and "Iops" in sent:
        raise Refusal("InvalidParameterCombination", "Iops is not valid for storage type gp2")
    limit = sent.get("MaxAllocatedStorage")
    if limit is not None and limit * 10 < size * 11 and limit != size:
        raise Refusal(
            "InvalidParameterCombination",
            "Max storage size must be at least 10 percent greater than the current storage size",
        )


def check_monitoring(here, sent: dict, iam_backends, role: str | None) -> None:
    """Enhanced monitoring needs a role that exists."""
    if not sent.get("MonitoringInterval"):
        return
    if not role:
        raise Refusal(
            "InvalidParameterCombination",
            "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.",
        )
    roles = iam_backends[here.account_id][here.partition].roles.values()
    if role not in {known.arn for known in roles}:
        raise Refusal(
            "InvalidParameterValue",
            "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING",
        )


def check_insights(sent: dict) -> None:
    """PerformanceInsightsRetentionPeriod: 7, a multiple of 31 up to 23 months, or 731; Advanced needs 465."""
    days = sent.get("PerformanceInsightsRetentionPeriod")
    if days is not None and days not in (7, 731) and (days % 31 or not 31 <= days <= 713):
        raise Refusal(
            "InvalidParameterValue",
            f"Invalid Performance Insights retention period. Valid values are: [7, 731] or a multiple of 31, not {days}",
        )
    if sent.get("DatabaseInsightsMode") == "advanced" and (days or 0) < 465:
        raise Refusal(
            "InvalidParameterCombination",
            "To enable the Advanced mode of Database Insights, modify your instance to enable Performance Insights and set the retention period for Performance Insights to at least 465 days.",
        )


def check_class(name: str, version: str) -> None:
    """The instance class must run this engine version."""
    if not catalogue.offered(name):
        raise Refusal(
            "InvalidParameterCombination",
            f"RDS does not support creating a DB instance with the following combination: DBInstanceClass={name}, "
            f"Engine=postgres, EngineVersion={version}, LicenseModel=postgresql-license. For supported combinations "
            "of instance class and database engine version, see the documentation.",
        )


def check_identifier(member: str, name: str) -> None:
    """What an instance may be called."""
    if not re.fullmatch(r"[A-Za-z](-?[A-Za-z0-9]){0,62}", name):
        raise Refusal(
            "InvalidParameterValue",
            f"The parameter {member} is not a valid identifier. Identifiers must begin with a letter; "
            "must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.",
        )


def check_create(here, sent: dict, instances: dict, iam_backends, restored: bool) -> None:
    """CreateDBInstance."""
    name = sent["DBInstanceIdentifier"]
    if name.lower() in instances:
        raise Refusal("DBInstanceAlreadyExists", "DB instance already exists")
    check_identifier("DBInstanceIdentifier", name)
    if sent.get("Engine") != "postgres":
        raise Refusal("InvalidParameterValue", f"Invalid DB engine: {sent.get('Engine')}")
    version = catalogue.resolve(sent.get("EngineVersion"))
    if version is None:
        raise Refusal("InvalidParameterCombination", f"Cannot find version {sent['EngineVersion']} for postgres")
    check_class(sent["DBInstanceClass"], version)
    if not restored:
        if sent.get("MasterUsername", "").lower() in RESERVED:
            raise Refusal(
                "InvalidParameterValue",
                f"MasterUsername {sent['MasterUsername']} cannot be used as it is a reserved word used by the engine",
            )
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,62}", sent.get("MasterUsername", "")):
            raise Refusal(
                "InvalidParameterValue", "The parameter MasterUsername must be provided and must not be blank."
            )
        if sent.get("ManageMasterUserPassword") and "MasterUserPassword" in sent:
            raise Refusal(
                "InvalidParameterCombination",
                "You can't specify MasterUserPassword when ManageMasterUserPassword is enabled.",
            )
        if not sent.get("ManageMasterUserPassword"):
            check_password(sent.get("MasterUserPassword", ""))
    if "AllocatedStorage" not in sent:
        raise Refusal("InvalidParameterValue", "The parameter AllocatedStorage must be provided and must not be blank.")
    check_storage(sent.get("StorageType", "gp3"), sent["AllocatedStorage"], sent)
    if not 0 <= sent.get("BackupRetentionPeriod", 1) <= 35:
        raise Refusal(
            "InvalidParameterValue",
            f"Invalid backup retention period: {sent['BackupRetentionPeriod']}. The value must be from 0 to 35.",
        )
    check_monitoring(here, sent, iam_backends, sent.get("MonitoringRoleArn"))
    check_insights(sent)


def check_modify(here, item: dict, sent: dict, wanted: dict, iam_backends) -> None:
    """ModifyDBInstance."""
    size = wanted.get("AllocatedStorage", item["AllocatedStorage"])
    if size < item["AllocatedStorage"]:
        raise Refusal(
            "InvalidParameterCombination",
            f"Allocated storage can't be reduced: {size} GiB is less than the current {item['AllocatedStorage']} GiB.",
        )
    if item["AllocatedStorage"] < size and size * 10 < item["AllocatedStorage"] * 11:
        raise Refusal(
            "InvalidParameterCombination",
            "The new storage size must be at least 10 percent greater than the current storage size.",
        )
    asked = {key: sent[key] for key in ("Iops", "StorageThroughput", "MaxAllocatedStorage") if key in sent}
    check_storage(wanted.get("StorageType", item["StorageType"]), size, asked)
    if "MasterUserPassword" in sent:
        check_password(sent["MasterUserPassword"])
    if "DBInstanceClass" in wanted:
        check_class(wanted["DBInstanceClass"], item["EngineVersion"])
    check_monitoring(here, wanted, iam_backends, wanted.get("MonitoringRoleArn", item.get("MonitoringRoleArn")))
    days = wanted.get("PerformanceInsightsRetentionPeriod", item.get("PerformanceInsightsRetentionPeriod"))
    check_insights({**wanted, **({"PerformanceInsightsRetentionPeriod": days} if days else {})})
    if "EngineVersion" in wanted:
        version = catalogue.resolve(wanted["EngineVersion"])
        if version is None:
            raise Refusal("InvalidParameterCombination", f"Cannot find version {wanted['EngineVersion']} for postgres")
        wanted["EngineVersion"] = version
        if catalogue.order(version) < catalogue.order(item["EngineVersion"]):
            raise Refusal(
                "InvalidParameterCombination", f"Cannot upgrade postgres from {item['EngineVersion']} to {version}"
            )
        if version.split(".")[0] != item["EngineVersion"].split(".")[0] and not sent.get("AllowMajorVersionUpgrade"):
            raise Refusal(
                "InvalidParameterCombination",
                "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.",
            )
