"""RDS subnet groups, parameter groups and tags."""

from __future__ import annotations

import re

from moto.rds.responses import RDSResponse

from ...core import wire
from ..ec2 import interfaces
from . import account, catalogue, parameters as rds_parameters
from .state import arn, backend, find, shown, store, tags_of
from ...core.wire import Refusal, replaces


def install_groups(sandbox) -> None:
    """Mends the groups, the catalogue and tagging."""
    account.catalogue()
    _subnet_groups()
    _parameter_groups()
    _tags()


def _subnets(response, ids: list[str]) -> tuple[str, list[dict]]:
    """The VPC and Subnet list of a group, which must cover two zones."""
    ec2, found = interfaces.backend_of(response), []
    for name in ids:
        try:
            found.append(ec2.get_subnet(name))
        except Exception:
            raise Refusal(
                "InvalidSubnet", f"The requested subnet '{name}' is invalid, or multiple VPCs were requested."
            ) from None
    zones = sorted({subnet.availability_zone for subnet in found})
    if len({subnet.vpc_id for subnet in found}) > 1:
        raise Refusal("InvalidSubnet", "The requested subnets are in different VPCs.")
    if len(zones) < 2:
        raise Refusal(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. "
            f"Current AZ coverage: {', '.join(zones)}. Add subnets to cover at least 2 AZs.",
        )
    members = [
        {
            "SubnetIdentifier": subnet.id,
            "SubnetAvailabilityZone": {"Name": subnet.availability_zone},
            "SubnetOutpost": {},
            "SubnetStatus": "Active",
        }
        for subnet in found
    ]
    return found[0].vpc_id, members


def _subnet_groups() -> None:
    @replaces(RDSResponse, "CreateDBSubnetGroup")
    def create(response, sent):
        here, name = backend(response), sent["DBSubnetGroupName"].lower()
        if name in store(here, "subnet_group"):
            raise Refusal("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")
        if not re.fullmatch(r"[a-z0-9][a-z0-9._ -]{0,254}", name) or name == "default":
            raise Refusal("InvalidParameterValue", f"The parameter DBSubnetGroupName is not valid: {name}")
        vpc, subnets = _subnets(response, sent["SubnetIds"])
        group = {
            "DBSubnetGroupName": name,
            "DBSubnetGroupDescription": sent["DBSubnetGroupDescription"],
            "VpcId": vpc,
            "SubnetGroupStatus": "Complete",
            "Subnets": subnets,
            "DBSubnetGroupArn": arn(here, "subgrp", name),
            "SupportedNetworkTypes": ["IPV4"],
        }
        store(here, "subnet_group")[name] = group
        tags_of(here)[group["DBSubnetGroupArn"]] = wire.mapping(sent.get("Tags"))
        return {"DBSubnetGroup": group}

    @replaces(RDSResponse, "DescribeDBSubnetGroups")
    def describe(response, sent):
        here, name = backend(response), sent.get("DBSubnetGroupName")
        groups = [find(here, "subnet_group", name)] if name else list(store(here, "subnet_group").values())
        found, marker = wire.page(groups, sent)
        return {"DBSubnetGroups": found, "Marker": marker}

    @replaces(RDSResponse, "ModifyDBSubnetGroup")
    def modify(response, sent):
        here = backend(response)
        group = find(here, "subnet_group", sent["DBSubnetGroupName"])
        vpc, subnets = _subnets(response, sent["SubnetIds"])
        left = {s["SubnetIdentifier"] for s in group["Subnets"]} - set(sent["SubnetIds"])
        for instance in store(here, "instance").values():
            same = instance["_subnet_group"] == group["DBSubnetGroupName"]
            for interface in instance["_interfaces"] if same else []:
                if interface.subnet.id in left:
                    raise Refusal("SubnetAlreadyInUse", f"The subnet {interface.subnet.id} is currently in use.")
        group.update(VpcId=vpc, Subnets=subnets)
        if "DBSubnetGroupDescription" in sent:
            group["DBSubnetGroupDescription"] = sent["DBSubnetGroupDescription"]
        return {"DBSubnetGroup": group}

    @replaces(RDSResponse, "DeleteDBSubnetGroup")
    def delete(response, sent):
        here = backend(response)
        group = find(here, "subnet_group", sent["DBSubnetGroupName"])
        name = group["DBSubnetGroupName"]
        for instance in store(here, "instance").values():
            if instance["_subnet_group"] == name:
                raise Refusal(
                    "InvalidDBSubnetGroupStateFault",
                    f"Cannot delete the subnet group '{name}' because at least one database instance: "
                    f"{instance['DBInstanceIdentifier']} is still using it.",
                )
        del store(here, "subnet_group")[name]
        tags_of(here).pop(group["DBSubnetGroupArn"], None)


def _parameter_groups() -> None:
    @replaces(RDSResponse, "CreateDBParameterGroup")
    def create(response, sent):
        here, name = backend(response), sent["DBParameterGroupName"].lower()
        if name in store(here, "parameter_group"):
            raise Refusal("DBParameterGroupAlreadyExists", f"Parameter group {name} already exists")
        family = sent["DBParameterGroupFamily"]
        if family not in [f"postgres{major}" for major in catalogue.majors()]:
            raise Refusal(
                "InvalidParameterValue", f"ParameterGroupFamily {family} is not a valid parameter group family"
            )
        group = {
            "DBParameterGroupName": name,
            "DBParameterGroupFamily": family,
            "Description": sent["Description"],
            "DBParameterGroupArn": arn(here, "pg", name),
            "_values": {},
        }
        store(here, "parameter_group")[name] = group
        tags_of(here)[group["DBParameterGroupArn"]] = wire.mapping(sent.get("Tags"))
        return {"DBParameterGroup": shown(group)}

    def default_group(here, name: str) -> dict | None:
        major = name.removeprefix("default.postgres")
        if major not in catalogue.majors() or not name.startswith("default."):
            return None
        return {
            "DBParameterGroupName": name,
            "DBParameterGroupFamily": f"postgres{major}",
            "Description": f"Default parameter group for postgres{major}",
            "DBParameterGroupArn": arn(here, "pg", name),
            "_values": {},
        }

    @replaces(RDSResponse, "DescribeDBParameterGroups")
    def describe(response, sent):
        here, name = backend(response), sent.get("DBParameterGroupName")
        groups = list(store(here, "parameter_group").values())
        if name:
            groups = [default_group(here, name) or find(here, "parameter_group", name)]
        found, marker = wire.page([shown(group) for group in groups], sent)
        return {"DBParameterGroups": found, "Marker": marker}

    @replaces(RDSResponse, "DescribeDBParameters")
    def parameters(response, sent):
        here, name = backend(response), sent["DBParameterGroupName"]
        group = default_group(here, name) or find(here, "parameter_group", name)
        listed = []
        for key, (value, apply, kind, allowed) in rds_parameters.PARAMETERS.items():
            set_here = group["_values"].get(key)
            source = "user" if set_here else "system" if value else "engine-default"
            if sent.get("Source") in (None, source):
                parameter = {
                    "ParameterName": key,
                    "ParameterValue": set_here["ParameterValue"] if set_here else value,
                    "Description": key.replace("_", " "),
                    "Source": source,
                    "ApplyType": apply,
                    "DataType": kind,
                    "AllowedValues": allowed,
                    "IsModifiable": True,
                    "ApplyMethod": set_here["ApplyMethod"] if set_here else "pending-reboot",
                }
                listed.append({k: v for k, v in parameter.items() if v is not None})
        found, marker = wire.page(listed, sent)
        return {"Parameters": found, "Marker": marker}

    def changed(here, name: str, static: bool) -> None:
        """Instances that use the group need a restart for static parameters."""
        for instance in store(here, "instance").values():
            for membership in instance["DBParameterGroups"]:
                if membership["DBParameterGroupName"] == name and static:
                    membership["ParameterApplyStatus"] = "pending-reboot"

    @replaces(RDSResponse, "ModifyDBParameterGroup")
    def modify(response, sent):
        here = backend(response)
        group = find(here, "parameter_group", sent["DBParameterGroupName"])
        if len(sent["Parameters"]) > 20:
            raise Refusal("InvalidParameterValue", "Maximum of 20 parameters can be modified in a single request.")
        static = False
        for parameter in sent["Parameters"]:
            name, method = parameter["ParameterName"], parameter.get("ApplyMethod")
            known = rds_parameters.PARAMETERS.get(name)
            if known is None:
                raise Refusal("InvalidParameterValue", f"Could not find parameter with name: {name}")
            if known[1] == "static" and method == "immediate":
                raise Refusal("InvalidParameterCombination", "cannot use immediate apply method for static parameter")
            static = static or known[1] == "static" or method == "pending-reboot"
        for parameter in sent["Parameters"]:
            group["_values"][parameter["ParameterName"]] = parameter
        changed(here, group["DBParameterGroupName"], static)
        return {"DBParameterGroupName": group["DBParameterGroupName"]}

    def reset(response):
        sent, here = wire.sent(response), backend(response)
        group = find(here, "parameter_group", sent["DBParameterGroupName"])
        if sent.get("ResetAllParameters") or not sent.get("Parameters"):
            group["_values"].clear()
        for parameter in sent.get("Parameters", []):
            group["_values"].pop(parameter["ParameterName"], None)
        changed(here, group["DBParameterGroupName"], True)
        return wire.Answer({"DBParameterGroupName": group["DBParameterGroupName"]})

    RDSResponse.reset_db_parameter_group = reset

    @replaces(RDSResponse, "DeleteDBParameterGroup")
    def delete(response, sent):
        here = backend(response)
        group = find(here, "parameter_group", sent["DBParameterGroupName"])
        name = group["DBParameterGroupName"]
        for instance in store(here, "instance").values():
            if any(m["DBParameterGroupName"] == name for m in instance["DBParameterGroups"]):
                raise Refusal(
                    "InvalidDBParameterGroupState",
                    f"One or more database instances are still members of this parameter group {name}, "
                    "so the group cannot be deleted",
                )
        del store(here, "parameter_group")[name]
        tags_of(here).pop(group["DBParameterGroupArn"], None)


def _tags() -> None:
    kinds = {"db": "instance", "snapshot": "snapshot", "subgrp": "subnet_group", "pg": "parameter_group"}

    def tags(response, sent) -> dict:
        here, parts = backend(response), sent["ResourceName"].split(":", 6)
        if len(parts) != 7 or parts[5] not in kinds:
            raise Refusal("InvalidParameterValue", f"Invalid resource name: {sent['ResourceName']}")
        find(here, kinds[parts[5]], parts[6])
        return tags_of(here).setdefault(sent["ResourceName"], {})

    @replaces(RDSResponse, "ListTagsForResource")
    def listed(response, sent):
        return {"TagList": wire.pairs(tags(response, sent))}

    @replaces(RDSResponse, "AddTagsToResource")
    def add(response, sent):
        tags(response, sent).update(wire.mapping(sent["Tags"]))

    @replaces(RDSResponse, "RemoveTagsFromResource")
    def remove(response, sent):
        for key in sent["TagKeys"]:
            tags(response, sent).pop(key, None)
