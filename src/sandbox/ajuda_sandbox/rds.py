"""RDS database instances and snapshots: every field that was sent is echoed, states take
AWS's time, changes are deferred as ModifyDBInstance documents, refusals are AWS's."""

from __future__ import annotations

import re
import secrets
import uuid

from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.rds.responses import RDSResponse

from . import iam, interfaces, rds_catalogue, rds_rules, wire
from .rds_groups import arn, backend, find, install_groups, shown, store, tags_of
from .wire import Refusal, replaces

# Seconds on AWS, by status.
CREATE_MULTI = [("creating", 560), ("backing-up", 160)]
CREATE_SINGLE = [("creating", 300), ("backing-up", 90)]
MODIFY = [("available", 10), ("modifying", 290)]
REBOOT = [("rebooting", 60)]
DELETE = [("deleting", 300)]
SNAPSHOT = [("creating", 120)]

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
# Members that wait for the maintenance window unless ApplyImmediately (ModifyDBInstance, each member).
DEFERRED = (
    "DBInstanceClass AllocatedStorage Iops StorageThroughput StorageType MultiAZ EngineVersion "
    "CACertificateIdentifier IAMDatabaseAuthenticationEnabled DBSubnetGroupName LicenseModel DedicatedLogVolume"
).split()


def install(sandbox) -> None:
    """Mends RDS."""
    install_groups(sandbox)
    _create(sandbox)
    _describe(sandbox)
    _modify(sandbox)
    _delete(sandbox)
    _snapshots(sandbox)


def _begin(item: dict, stages: list, last: str, then=None) -> None:
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


def _answer(here, item: dict) -> dict:
    answer = shown(item)
    key = "DBInstanceArn" if "DBInstanceArn" in item else "DBSnapshotArn"
    answer["TagList"] = wire.pairs(tags_of(here).get(item[key], {}))
    if item.get("_subnet_group"):
        answer["DBSubnetGroup"] = store(here, "subnet_group").get(item["_subnet_group"])
    return answer


def _create(sandbox) -> None:
    def born(here, item):
        item["Endpoint"] = {
            "Address": f"{item['DBInstanceIdentifier']}.{item['_suffix']}.{here.region_name}.rds.amazonaws.com",
            "Port": item["_port"],
            "HostedZoneId": "Z2R2ITUGPM61AM",
        }
        item["InstanceCreateTime"] = item["_created"]
        item["LatestRestorableTime"] = wire.now()
        _export_logs(here, item, item.get("EnabledCloudwatchLogsExports", []))

    def put(response, sent, snapshot=None) -> dict:
        here, ec2 = backend(response), interfaces.backend_of(response)
        advance(here, sandbox.clock)
        name = sent["DBInstanceIdentifier"].lower()
        rds_rules.check_create(here, sent, store(here, "instance"), iam_backends, restored=snapshot is not None)
        version = rds_catalogue.resolve(sent.get("EngineVersion"))
        major = version.split(".")[0]
        group = find(here, "subnet_group", sent["DBSubnetGroupName"]) if sent.get("DBSubnetGroupName") else None
        parameter_group = sent.get("DBParameterGroupName", f"default.postgres{major}").lower()
        if not parameter_group.startswith("default."):
            family = find(here, "parameter_group", parameter_group)["DBParameterGroupFamily"]
            if family != f"postgres{major}":
                raise Refusal(
                    "InvalidParameterCombination",
                    f"The parameter group {parameter_group} with DBParameterGroupFamily {family} can't be used "
                    f"for this instance. Use a parameter group with DBParameterGroupFamily postgres{major}.",
                )
        groups = sent.get("VpcSecurityGroupIds") or ([ec2.get_default_security_group(group["VpcId"]).id] if group else [])
        rds_rules.check_groups(ec2, groups, group)
        zones = sorted({s["SubnetAvailabilityZone"]["Name"] for s in group["Subnets"]}) if group else [f"{here.region_name}a", f"{here.region_name}b"]
        item = {
            "BackupRetentionPeriod": 1,
            "PreferredBackupWindow": "07:05-07:35",
            "PreferredMaintenanceWindow": "sun:04:27-sun:04:57",
            "MultiAZ": False,
            "AutoMinorVersionUpgrade": True,
            "LicenseModel": "postgresql-license",
            "PubliclyAccessible": group is None,
            "StorageType": "gp3",
            "StorageEncrypted": False,
            "CACertificateIdentifier": "rds-ca-rsa2048-g1",
            "CopyTagsToSnapshot": False,
            "MonitoringInterval": 0,
            "DatabaseInsightsMode": "standard",
            "DeletionProtection": False,
            "NetworkType": "IPV4",
            "BackupTarget": "region",
            "DedicatedLogVolume": False,
            "EngineLifecycleSupport": "open-source-rds-extended-support",
            "IAMDatabaseAuthenticationEnabled": False,
            "PerformanceInsightsEnabled": False,
            "CustomerOwnedIpEnabled": False,
            "AvailabilityZone": zones[0],
            **{key: sent[key] for key in ECHOED if key in sent},
            **{RENAMED[key]: sent[key] for key in RENAMED if key in sent},
            "DBInstanceIdentifier": name,
            "DBInstanceStatus": "creating",
            "EngineVersion": version,
            "DBInstanceArn": arn(here, "db", name),
            "DbiResourceId": "db-" + secrets.token_hex(13).upper(),
            "DbInstancePort": 0,
            "DBSecurityGroups": [],
            "VpcSecurityGroups": [{"VpcSecurityGroupId": g, "Status": "active"} for g in groups],
            "DBParameterGroups": [{"DBParameterGroupName": parameter_group, "ParameterApplyStatus": "in-sync"}],
            "OptionGroupMemberships": [
                {"OptionGroupName": sent.get("OptionGroupName", f"default:postgres-{major}"), "Status": "in-sync"}
            ],
            "PendingModifiedValues": {},
            "ReadReplicaDBInstanceIdentifiers": [],
            "ReadReplicaDBClusterIdentifiers": [],
            "StatusInfos": [],
            "DomainMemberships": [],
            "AssociatedRoles": [],
            "DBInstanceAutomatedBackupsReplications": [],
            "ActivityStreamStatus": "stopped",
            "_subnet_group": group["DBSubnetGroupName"] if group else None,
            "_port": sent.get("Port", 5432),
            "_suffix": "c" + secrets.token_hex(6)[:11],
            "_created": wire.now(),
            "_interfaces": [],
            "_deferred": {},
        }
        item["PreferredMaintenanceWindow"] = item["PreferredMaintenanceWindow"].lower()
        item["CertificateDetails"] = {"CAIdentifier": item["CACertificateIdentifier"]}
        if sent.get("EnableCloudwatchLogsExports"):
            item["EnabledCloudwatchLogsExports"] = sent["EnableCloudwatchLogsExports"]
        if item["MultiAZ"] and len(zones) > 1:
            item["SecondaryAvailabilityZone"] = next(z for z in zones if z != item["AvailabilityZone"])
        if item["StorageEncrypted"]:
            item["KmsKeyId"] = rds_rules.key_arn(here, sent.get("KmsKeyId"))
        if item["PerformanceInsightsEnabled"]:
            item.setdefault("PerformanceInsightsRetentionPeriod", 7)
            item["PerformanceInsightsKMSKeyId"] = rds_rules.key_arn(here, sent.get("PerformanceInsightsKMSKeyId"))
        rds_rules.baseline(item)
        if sent.get("ManageMasterUserPassword"):
            secret = here.secretsmanager.create_managed_secret(
                service_name="rds",
                secret_id=f"rds!db-{uuid.uuid4()}",
                secret_string='{"username":"%s","password":"%s"}' % (item["MasterUsername"], secrets.token_urlsafe(21)),
                description=f"The secret associated with the primary RDS DB instance: {item['DBInstanceArn']}",
                kms_key_id=sent.get("MasterUserSecretKmsKeyId"),
                tags=[{"Key": "aws:rds:primaryDBInstanceArn", "Value": item["DBInstanceArn"]}],
            )
            item["MasterUserSecret"] = {
                "SecretArn": secret.arn,
                "SecretStatus": "active",
                "KmsKeyId": rds_rules.key_arn(here, sent.get("MasterUserSecretKmsKeyId")),
            }
        for subnet in group["Subnets"][: 2 if item["MultiAZ"] else 1] if group else []:
            item["_interfaces"].append(
                interfaces.put(ec2, subnet["SubnetIdentifier"], groups, "RDSNetworkInterface", "interface", "amazon-rds")
            )
        _begin(item, CREATE_MULTI if item["MultiAZ"] else CREATE_SINGLE, "available", lambda i: born(here, i))
        store(here, "instance")[name] = item
        tags_of(here)[item["DBInstanceArn"]] = wire.mapping(sent.get("Tags"))
        iam.service_linked_role(response.current_account, "rds.amazonaws.com")
        return {"DBInstance": _answer(here, item)}

    @replaces(RDSResponse, "CreateDBInstance")
    def create(response, sent):
        return put(response, sent)

    @replaces(RDSResponse, "RestoreDBInstanceFromDBSnapshot")
    def restore(response, sent):
        here = backend(response)
        snapshot = find(here, "snapshot", sent["DBSnapshotIdentifier"])
        kept = {key: snapshot[key] for key in ("Engine", "EngineVersion", "MasterUsername", "StorageType", "AllocatedStorage")}
        sent = {"StorageEncrypted": snapshot["Encrypted"], "DBInstanceClass": "db.r7g.large", **kept, **sent}
        return put(response, sent, snapshot)


def _export_logs(here, item: dict, kinds: list[str]) -> None:
    """RDS makes the log groups of its exports itself, and they outlive the instance."""
    logs = logs_backends[here.account_id][here.region_name]
    for kind in kinds:
        name = f"/aws/rds/instance/{item['DBInstanceIdentifier']}/{kind}"
        if name not in logs.groups:
            logs.create_log_group(name, {})


def _describe(sandbox) -> None:
    @replaces(RDSResponse, "DescribeDBInstances")
    def describe(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        name = sent.get("DBInstanceIdentifier")
        items = list(store(here, "instance").values())
        if name:
            name = name.rsplit(":", 1)[-1]
            items = [find(here, "instance", name)]
        for want in sent.get("Filters", []):
            key = {"db-instance-id": "DBInstanceIdentifier", "dbi-resource-id": "DbiResourceId", "engine": "Engine"}.get(want["Name"])
            if key is None:
                raise Refusal("InvalidParameterValue", f"Unrecognized filter name: {want['Name']}")
            items = [i for i in items if i[key] in want["Values"] or i["DBInstanceArn"] in want["Values"]]
        found, marker = wire.page([_answer(here, item) for item in items], sent)
        return {"DBInstances": found, "Marker": marker}


def _available(item: dict) -> None:
    if item["DBInstanceStatus"] != "available":
        raise Refusal("InvalidDBInstanceState", "Database instance is not in available state.")


def _modify(sandbox) -> None:
    def apply(here, item, values: dict) -> None:
        for key, value in values.items():
            if key == "DBSubnetGroupName":
                item["_subnet_group"] = value
            else:
                item[key] = value
        item["CertificateDetails"] = {"CAIdentifier": item["CACertificateIdentifier"]}
        if not item["MultiAZ"]:
            item.pop("SecondaryAvailabilityZone", None)
        else:
            item.setdefault("SecondaryAvailabilityZone", item["AvailabilityZone"][:-1] + "b")
        item["PendingModifiedValues"] = {}
        item["_deferred"] = {}

    @replaces(RDSResponse, "ModifyDBInstance")
    def modify(response, sent):
        here, ec2 = backend(response), interfaces.backend_of(response)
        advance(here, sandbox.clock)
        item = find(here, "instance", sent["DBInstanceIdentifier"])
        _available(item)
        wanted = {key: sent[key] for key in ECHOED if key in sent}
        wanted |= {RENAMED[key]: sent[key] for key in RENAMED if key in sent}
        wanted |= {key: sent[key] for key in ("EngineVersion", "DBSubnetGroupName") if key in sent}
        rds_rules.check_modify(here, item, sent, wanted, iam_backends)
        now = {key: value for key, value in wanted.items() if key not in DEFERRED}
        later = {key: value for key, value in wanted.items() if key in DEFERRED and value != item.get(key)}
        for key in wanted:
            # Asking for what already is takes back an earlier wish.
            if key in item["_deferred"] and key not in later:
                del item["_deferred"][key]
        if "PreferredMaintenanceWindow" in now:
            now["PreferredMaintenanceWindow"] = now["PreferredMaintenanceWindow"].lower()
        item.update(now)
        if sent.get("EnablePerformanceInsights"):
            item.setdefault("PerformanceInsightsRetentionPeriod", 7)
            item.setdefault("PerformanceInsightsKMSKeyId", rds_rules.key_arn(here, None))
        elif "EnablePerformanceInsights" in sent:
            item.pop("PerformanceInsightsRetentionPeriod", None)
            item.pop("PerformanceInsightsKMSKeyId", None)
        if "VpcSecurityGroupIds" in sent:
            rds_rules.check_groups(ec2, sent["VpcSecurityGroupIds"], store(here, "subnet_group").get(item["_subnet_group"]))
            item["VpcSecurityGroups"] = [{"VpcSecurityGroupId": g, "Status": "active"} for g in sent["VpcSecurityGroupIds"]]
            for interface in item["_interfaces"]:
                interface._group_set = [ec2.get_security_group_from_id(g) for g in sent["VpcSecurityGroupIds"]]
        if "DBParameterGroupName" in sent:
            name = sent["DBParameterGroupName"].lower()
            if not name.startswith("default."):
                find(here, "parameter_group", name)
            if name != item["DBParameterGroups"][0]["DBParameterGroupName"]:
                # A new group takes effect with the next restart (ModifyDBInstance, DBParameterGroupName).
                item["DBParameterGroups"] = [{"DBParameterGroupName": name, "ParameterApplyStatus": "pending-reboot"}]
        exports = sent.get("CloudwatchLogsExportConfiguration") or {}
        kinds = set(item.get("EnabledCloudwatchLogsExports", [])) | set(exports.get("EnableLogTypes", []))
        item["EnabledCloudwatchLogsExports"] = sorted(kinds - set(exports.get("DisableLogTypes", [])))
        _export_logs(here, item, exports.get("EnableLogTypes", []))
        if "DBPortNumber" in sent and sent["DBPortNumber"] != item["_port"]:
            item["_port"] = sent["DBPortNumber"]
            item["Endpoint"] = {**item["Endpoint"], "Port": item["_port"]}
        item["_deferred"].update(later)
        item["PendingModifiedValues"] = dict(item["_deferred"])
        if "MasterUserPassword" in sent:
            item["PendingModifiedValues"]["MasterUserPassword"] = "****"
        if sent.get("ApplyImmediately") and item["_deferred"] or "MasterUserPassword" in sent:
            values = dict(item["_deferred"]) if sent.get("ApplyImmediately") else {}
            kept = {} if sent.get("ApplyImmediately") else dict(item["_deferred"])

            def done(i):
                apply(here, i, values)
                i["_deferred"], i["PendingModifiedValues"] = kept, dict(kept)
                rds_rules.baseline(i)

            _begin(item, MODIFY, "available", done)
        return {"DBInstance": _answer(here, item)}

    @replaces(RDSResponse, "RebootDBInstance")
    def reboot(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        item = find(here, "instance", sent["DBInstanceIdentifier"])
        _available(item)

        def done(i):
            for membership in i["DBParameterGroups"]:
                membership["ParameterApplyStatus"] = "in-sync"

        _begin(item, REBOOT, "available", done)
        item["DBInstanceStatus"] = "rebooting"
        return {"DBInstance": _answer(here, item)}


def _delete(sandbox) -> None:
    def gone(here, item) -> None:
        store(here, "instance").pop(item["DBInstanceIdentifier"], None)
        tags_of(here).pop(item["DBInstanceArn"], None)
        for interface in item["_interfaces"]:
            interface.ec2_backend.enis.pop(interface.id, None)
        if "MasterUserSecret" in item:
            here.secretsmanager.delete_secret(item["MasterUserSecret"]["SecretArn"], None, True)

    @replaces(RDSResponse, "DeleteDBInstance")
    def delete(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        item = find(here, "instance", sent["DBInstanceIdentifier"])
        final = sent.get("FinalDBSnapshotIdentifier")
        if item["DBInstanceStatus"] == "deleting":
            raise Refusal("InvalidDBInstanceState", f"Instance {item['DBInstanceIdentifier']} is already being deleted.")
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
            _snapshot(here, item, final, {})
        _begin(item, DELETE, "deleted", lambda i: gone(here, i))
        item["DBInstanceStatus"] = "deleting"
        return {"DBInstance": _answer(here, item)}


def _snapshot(here, item: dict, name: str, tags: dict) -> dict:
    if name.lower() in store(here, "snapshot"):
        raise Refusal("DBSnapshotAlreadyExists", f"Cannot create the snapshot because a snapshot with the identifier {name} already exists.")
    if not re.fullmatch(r"[A-Za-z](-?[A-Za-z0-9]){0,254}", name):
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
        "SnapshotType": "manual",
        "SnapshotCreateTime": wire.now(),
        "OriginalSnapshotCreateTime": wire.now(),
        "PercentProgress": 100,
        "Port": item["_port"],
        "Encrypted": item["StorageEncrypted"],
        "SnapshotTarget": "region",
        "VpcId": (store(here, "subnet_group").get(item["_subnet_group"]) or {}).get("VpcId"),
        "OptionGroupName": item["OptionGroupMemberships"][0]["OptionGroupName"],
    }
    _begin(snapshot, SNAPSHOT, "available")
    store(here, "snapshot")[name.lower()] = snapshot
    if item["CopyTagsToSnapshot"]:
        tags = {**tags_of(here).get(item["DBInstanceArn"], {}), **tags}
    tags_of(here)[snapshot["DBSnapshotArn"]] = tags
    return snapshot


def _snapshots(sandbox) -> None:
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
        snapshot = _snapshot(here, item, sent["DBSnapshotIdentifier"], wire.mapping(sent.get("Tags")))
        _begin(item, [("backing-up", 120)], "available")
        return {"DBSnapshot": _answer(here, snapshot)}

    @replaces(RDSResponse, "DescribeDBSnapshots")
    def describe(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        items = list(store(here, "snapshot").values())
        if sent.get("DBSnapshotIdentifier"):
            items = [find(here, "snapshot", sent["DBSnapshotIdentifier"].rsplit(":", 1)[-1])]
        if sent.get("DBInstanceIdentifier"):
            items = [i for i in items if i["DBInstanceIdentifier"] == sent["DBInstanceIdentifier"].lower()]
        if sent.get("SnapshotType"):
            items = [i for i in items if i["SnapshotType"] == sent["SnapshotType"]]
        for want in sent.get("Filters", []):
            key = {"db-instance-id": "DBInstanceIdentifier", "db-snapshot-id": "DBSnapshotIdentifier",
                   "dbi-resource-id": "DbiResourceId", "snapshot-type": "SnapshotType", "engine": "Engine"}.get(want["Name"])
            if key is None:
                raise Refusal("InvalidParameterValue", f"Unrecognized filter name: {want['Name']}")
            items = [i for i in items if i[key] in want["Values"]]
        found, marker = wire.page([_answer(here, item) for item in items], sent)
        return {"DBSnapshots": found, "Marker": marker}

    @replaces(RDSResponse, "DeleteDBSnapshot")
    def delete(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        item = find(here, "snapshot", sent["DBSnapshotIdentifier"])
        if item["Status"] != "available":
            raise Refusal("InvalidDBSnapshotState", f"Cannot delete the snapshot because it is in {item['Status']} state.")
        del store(here, "snapshot")[item["DBSnapshotIdentifier"]]
        tags = tags_of(here).pop(item["DBSnapshotArn"], {})
        return {"DBSnapshot": {**shown(item), "Status": "deleted", "TagList": wire.pairs(tags)}}
