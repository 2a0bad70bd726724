"""RDS database instances: every field that was sent is echoed, states take AWS's time."""

from __future__ import annotations

import hashlib
import secrets

from moto.iam.models import iam_backends
from moto.rds.responses import RDSResponse

from ...core import wire
from .. import iam
from ..ec2 import interfaces
from . import catalogue, changes, events, groups as rds_groups, passwords, restores, rules, snapshots
from .state import ECHOED, RENAMED, advance, answer, arn, backend, begin, find, store, tags_of
from ...core.wire import Refusal, replaces

# Seconds on AWS, by status.
CREATE_MULTI = [("creating", 560), ("backing-up", 160)]
CREATE_SINGLE = [("creating", 300), ("backing-up", 90)]


def install(sandbox) -> None:
    """Mends RDS."""
    rds_groups.install_groups(sandbox)
    _create(sandbox)
    _describe(sandbox)
    changes.changes(sandbox)
    snapshots.deletes(sandbox)
    snapshots.snapshots(sandbox)


def _create(sandbox) -> None:
    def born(here, item):
        item["Endpoint"] = {
            "Address": f"{item['DBInstanceIdentifier']}.{item['_suffix']}.{here.region_name}.rds.{wire.suffix(here.region_name)}",
            "Port": item["_port"],
            "HostedZoneId": "Z2R2ITUGPM61AM",
        }
        item["InstanceCreateTime"] = item["_created"]
        item["AvailabilityZone"] = item.pop("_zone")
        passwords.settled(item)
        if item["BackupRetentionPeriod"]:
            # The first backup is taken before an instance is available ("Introduction to backups").
            moment = item["_created"].strftime("%Y-%m-%d-%H-%M")
            name = f"rds:{item['DBInstanceIdentifier']}-{moment}"
            store(here, "snapshot").pop(name, None)
            snapshots.take(here, item, name, {}, kind="automated")
        changes.export_logs(here, item, item.get("EnabledCloudwatchLogsExports", []))

    def put(response, sent, snapshot=None) -> dict:
        here, ec2 = backend(response), interfaces.backend_of(response)
        advance(here, sandbox.clock)
        name = sent["DBInstanceIdentifier"].lower()
        rules.check_create(here, sent, store(here, "instance"), iam_backends, restored=snapshot is not None)
        version = catalogue.resolve(sent.get("EngineVersion"))
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
        groups = sent.get("VpcSecurityGroupIds") or (
            [ec2.get_default_security_group(group["VpcId"]).id] if group else []
        )
        rules.check_groups(ec2, groups, group)
        zones = (
            sorted({s["SubnetAvailabilityZone"]["Name"] for s in group["Subnets"]})
            if group
            else [f"{here.region_name}a", f"{here.region_name}b"]
        )
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
            # The same for every instance of an account in a region ("Finding the connection information").
            "_suffix": "c" + hashlib.sha256(f"{here.account_id}{here.region_name}".encode()).hexdigest()[:11],
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
            item["KmsKeyId"] = rules.key_arn(here, sent.get("KmsKeyId"))
        if item["PerformanceInsightsEnabled"]:
            item.setdefault("PerformanceInsightsRetentionPeriod", 7)
            item["PerformanceInsightsKMSKeyId"] = rules.key_arn(here, sent.get("PerformanceInsightsKMSKeyId"))
        rules.baseline(item)
        if sent.get("ManageMasterUserPassword"):
            passwords.manage(here, item, sent.get("MasterUserSecretKmsKeyId"))
        elif "MasterUserPassword" in sent:
            # Also in the reply to the create (CLI rds/create-db-instance). A restore has the password of its backup.
            item["PendingModifiedValues"] = {"MasterUserPassword": "****"}
        # No zone is said before it is up (the same example).
        item["_zone"] = item.pop("AvailabilityZone")
        for subnet in group["Subnets"][: 2 if item["MultiAZ"] else 1] if group else []:
            item["_interfaces"].append(
                interfaces.put(
                    ec2, subnet["SubnetIdentifier"], groups, "RDSNetworkInterface", "interface", "amazon-rds"
                )
            )
        (_, creating), (_, backing_up) = stages = CREATE_MULTI if item["MultiAZ"] else CREATE_SINGLE
        begin(item, stages, "available", lambda i: born(here, i))
        events.note(here, sandbox.clock, item, events.CREATED, creating)
        if item["BackupRetentionPeriod"]:
            events.lasting(here, sandbox.clock, item, events.BACKED_UP, creating, backing_up)
        store(here, "instance")[name] = item
        tags_of(here)[item["DBInstanceArn"]] = wire.mapping(sent.get("Tags"))
        iam.service_linked_role(response.current_account, "rds.amazonaws.com", response.partition)
        return {"DBInstance": answer(here, item)}

    @replaces(RDSResponse, "CreateDBInstance")
    def create(response, sent):
        return put(response, sent)

    restores.restores(sandbox, put)


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
            key = {
                "db-instance-id": "DBInstanceIdentifier",
                "dbi-resource-id": "DbiResourceId",
                "engine": "Engine",
            }.get(want["Name"])
            if key is None:
                raise Refusal("InvalidParameterValue", f"Unrecognized filter name: {want['Name']}")
            items = [i for i in items if i[key] in want["Values"] or i["DBInstanceArn"] in want["Values"]]
        found, marker = wire.page([restores.answered(sandbox, here, item) for item in items], sent)
        return {"DBInstances": found, "Marker": marker}
