"""RDS: changes at once, in the maintenance window, and at the next restart."""

from __future__ import annotations

from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.rds.responses import RDSResponse

from ...core import wire
from ..ec2 import interfaces
from . import events, passwords, rules
from ...core.late import Since
from .state import DEFERRED, ECHOED, OPTIMIZING, RENAMED, advance, answer, arn, backend, begin, find, store, tags_of
from ...core.wire import Refusal, replaces

# Seconds on AWS, by status.
MODIFY = [("available", 10), ("modifying", 290)]
REBOOT = [("rebooting", 60)]
RENAME = [("available", 5), ("renaming", 120), ("rebooting", 60)]
STORAGE = ("AllocatedStorage", "StorageType", "Iops", "StorageThroughput")
STOP, START = [("stopping", 300)], [("starting", 300)]


def export_logs(here, item: dict, kinds: list[str]) -> None:
    """RDS makes the log groups of its exports itself, and they outlive the instance."""
    logs = logs_backends[here.account_id][here.region_name]
    for kind in kinds:
        name = f"/aws/rds/instance/{item['DBInstanceIdentifier']}/{kind}"
        if name not in logs.groups:
            logs.create_log_group(name, {})


def _available(item: dict) -> None:
    if item["DBInstanceStatus"] != "available":
        raise Refusal("InvalidDBInstanceState", "Database instance is not in available state.")


def changes(sandbox) -> None:
    """ModifyDBInstance, RebootDBInstance, StopDBInstance and StartDBInstance."""

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
        renamed = check_name(here, sent) if sent.get("NewDBInstanceIdentifier") else None
        wanted = {key: sent[key] for key in ECHOED if key in sent}
        wanted |= {RENAMED[key]: sent[key] for key in RENAMED if key in sent}
        wanted |= {key: sent[key] for key in ("EngineVersion", "DBSubnetGroupName") if key in sent}
        rules.check_modify(here, item, sent, wanted, iam_backends)
        passwords.check(item, sent)
        storage = [key for key in STORAGE if key in wanted and wanted[key] != item.get(key)]
        if storage and "_storage" in item and not sandbox.clock.due(item["_storage"], OPTIMIZING):
            raise Refusal(
                "InvalidParameterCombination",
                "You can't currently modify the storage of this DB instance because the previous storage change is being "
                "optimized.",
            )
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
            item.setdefault("PerformanceInsightsKMSKeyId", rules.key_arn(here, None))
        elif "EnablePerformanceInsights" in sent:
            item.pop("PerformanceInsightsRetentionPeriod", None)
            item.pop("PerformanceInsightsKMSKeyId", None)
        if "VpcSecurityGroupIds" in sent:
            rules.check_groups(
                ec2, sent["VpcSecurityGroupIds"], store(here, "subnet_group").get(item["_subnet_group"])
            )
            item["VpcSecurityGroups"] = [
                {"VpcSecurityGroupId": g, "Status": "active"} for g in sent["VpcSecurityGroupIds"]
            ]
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
        export_logs(here, item, exports.get("EnableLogTypes", []))
        if "DBPortNumber" in sent and sent["DBPortNumber"] != item["_port"]:
            item["_port"] = sent["DBPortNumber"]
            item["Endpoint"] = {**item["Endpoint"], "Port": item["_port"]}
        item["_deferred"].update(later)
        item["PendingModifiedValues"] = dict(item["_deferred"])
        if "MasterUserPassword" in sent:
            item["PendingModifiedValues"]["MasterUserPassword"] = "****"
        ends = passwords.change(here, item, sent)
        if sent.get("ApplyImmediately") and item["_deferred"] or "MasterUserPassword" in sent or ends:
            values = dict(item["_deferred"]) if sent.get("ApplyImmediately") else {}
            kept = {} if sent.get("ApplyImmediately") else dict(item["_deferred"])

            def done(i):
                apply(here, i, values)
                i["_deferred"], i["PendingModifiedValues"] = kept, dict(kept)
                rules.baseline(i)
                if any(key in values for key in STORAGE):
                    i["_storage"] = wire.monotonic()
                if ends:
                    ends(i)

            begin(item, MODIFY, "available", done)
            events.changed(here, sandbox.clock, item, values, MODIFY)
        if renamed:
            item["PendingModifiedValues"]["DBInstanceIdentifier"] = renamed
            if sent.get("ApplyImmediately"):
                begin(item, RENAME, "available", lambda i: rename(here, i, renamed))
        return {"DBInstance": answer(here, item)}

    def rename(here, item, name: str) -> None:
        # The endpoint goes with the name, and so do the tags ("Renaming a DB instance").
        before = item["DBInstanceArn"]
        del store(here, "instance")[item["DBInstanceIdentifier"]]
        item["DBInstanceIdentifier"], item["DBInstanceArn"] = name, arn(here, "db", name)
        address = item["Endpoint"]["Address"].split(".", 1)[1]
        # Described with its old endpoint for a moment (rds_restores.answered).
        item["_before"] = (Since(), item["Endpoint"])
        item["Endpoint"] = {**item["Endpoint"], "Address": f"{name}.{address}"}
        item["PendingModifiedValues"].pop("DBInstanceIdentifier", None)
        store(here, "instance")[name] = item
        tags_of(here)[item["DBInstanceArn"]] = tags_of(here).pop(before, {})
        export_logs(here, item, item.get("EnabledCloudwatchLogsExports", []))

    def check_name(here, sent) -> str:
        name = sent["NewDBInstanceIdentifier"].lower()
        if name in store(here, "instance"):
            raise Refusal("DBInstanceAlreadyExists", "DB instance already exists")
        rules.check_identifier("NewDBInstanceIdentifier", name)
        return name

    @replaces(RDSResponse, "RebootDBInstance")
    def reboot(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        item = find(here, "instance", sent["DBInstanceIdentifier"])
        _available(item)

        def done(i):
            for membership in i["DBParameterGroups"]:
                membership["ParameterApplyStatus"] = "in-sync"

        begin(item, REBOOT, "available", done)
        item["DBInstanceStatus"] = "rebooting"
        return {"DBInstance": answer(here, item)}

    @replaces(RDSResponse, "StopDBInstance")
    def stop(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        item = find(here, "instance", sent["DBInstanceIdentifier"])
        _available(item)
        begin(item, STOP, "stopped")
        item["DBInstanceStatus"] = "stopping"
        return {"DBInstance": answer(here, item)}

    @replaces(RDSResponse, "StartDBInstance")
    def start(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        item = find(here, "instance", sent["DBInstanceIdentifier"])
        if item["DBInstanceStatus"] != "stopped":
            raise Refusal("InvalidDBInstanceState", f"Instance {item['DBInstanceIdentifier']} is not in stopped state.")
        begin(item, START, "available")
        item["DBInstanceStatus"] = "starting"
        return {"DBInstance": answer(here, item)}
