"""ElastiCache subnet groups, parameter groups and tags."""

from __future__ import annotations

from moto.elasticache.responses import ElastiCacheResponse

from ...core import wire
from ..ec2 import interfaces
from .state import ENGINES, advance, arn, backend, changing, find, shown, store, tags_of
from ...core.wire import Refusal, replaces

PARAMETERS = {
    "maxmemory-policy": (
        "volatile-lru",
        "string",
        "volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction",
    ),
    "timeout": ("0", "integer", "0,20-"),
    "tcp-keepalive": ("300", "integer", "0-"),
    "notify-keyspace-events": ("", "string", None),
    "cluster-enabled": ("no", "string", "yes,no"),
    "reserved-memory-percent": ("25", "integer", "0-100"),
    "maxmemory-samples": ("3", "integer", "1-"),
}


def subnet_groups() -> None:
    """Subnet groups, held by what uses them."""

    def members(response, ids):
        ec2 = interfaces.backend_of(response)
        known = {subnet.id: subnet for zone in ec2.subnets.values() for subnet in zone.values()}
        for name in ids:
            if name not in known:
                # Not EC2's code (CreateCacheSubnetGroup, errors).
                raise Refusal("InvalidSubnet", f"The subnet ID '{name}' does not exist")
        subnets = [known[name] for name in ids]
        if len({subnet.vpc_id for subnet in subnets}) > 1:
            raise Refusal("InvalidSubnet", "The requested subnets are in different VPCs.")
        shown = [
            {
                "SubnetIdentifier": s.id,
                "SubnetAvailabilityZone": {"Name": s.availability_zone},
                "SupportedNetworkTypes": ["ipv4"],
            }
            for s in subnets
        ]
        return subnets[0].vpc_id, shown

    @replaces(ElastiCacheResponse, "CreateCacheSubnetGroup")
    def create(response, sent):
        here, name = backend(response), sent["CacheSubnetGroupName"].lower()
        if name in store(here, "subnet_group"):
            raise Refusal("CacheSubnetGroupAlreadyExists", f"Cache subnet group {name} already exists.")
        vpc, subnets = members(response, sent["SubnetIds"])
        group = {
            "CacheSubnetGroupName": name,
            "CacheSubnetGroupDescription": sent["CacheSubnetGroupDescription"],
            "VpcId": vpc,
            "Subnets": subnets,
            "ARN": arn(here, "subnetgroup", name),
            "SupportedNetworkTypes": ["ipv4"],
        }
        store(here, "subnet_group")[name] = group
        tags_of(here)[group["ARN"]] = wire.mapping(sent.get("Tags"))
        return {"CacheSubnetGroup": group}

    @replaces(ElastiCacheResponse, "DescribeCacheSubnetGroups")
    def describe(response, sent):
        here, name = backend(response), sent.get("CacheSubnetGroupName")
        groups = [find(here, "subnet_group", name)] if name else list(store(here, "subnet_group").values())
        found, marker = wire.page(groups, sent)
        return {"CacheSubnetGroups": found, "Marker": marker}

    @replaces(ElastiCacheResponse, "ModifyCacheSubnetGroup")
    def modify(response, sent):
        here = backend(response)
        group = find(here, "subnet_group", sent["CacheSubnetGroupName"])
        if sent.get("SubnetIds"):
            for item in store(here, "replication_group").values():
                held = {interface.subnet.id for interface in item["_interfaces"]}
                gone = held - set(sent["SubnetIds"])
                if item["_subnet_group"] == group["CacheSubnetGroupName"] and gone:
                    raise Refusal("SubnetInUse", f"The subnet {min(gone)} is in use by a cache cluster.")
            group["VpcId"], group["Subnets"] = members(response, sent["SubnetIds"])
        if "CacheSubnetGroupDescription" in sent:
            group["CacheSubnetGroupDescription"] = sent["CacheSubnetGroupDescription"]
        return {"CacheSubnetGroup": group}

    @replaces(ElastiCacheResponse, "DeleteCacheSubnetGroup")
    def delete(response, sent):
        here = backend(response)
        group = find(here, "subnet_group", sent["CacheSubnetGroupName"])
        name = group["CacheSubnetGroupName"]
        if any(item["_subnet_group"] == name for item in store(here, "replication_group").values()):
            raise Refusal("CacheSubnetGroupInUse", f"Cache subnet group {name} is currently in use by a cache cluster.")
        del store(here, "subnet_group")[name]
        tags_of(here).pop(group["ARN"], None)


def parameter_groups() -> None:
    """Parameter groups and who set what."""
    families = {family for versions in ENGINES.values() for family in versions.values()}

    def built_in(here, name: str) -> dict | None:
        family = name.removeprefix("default.").removesuffix(".cluster.on")
        if not name.startswith("default.") or family not in families:
            return None
        return {
            "CacheParameterGroupName": name,
            "CacheParameterGroupFamily": family,
            "Description": f"Default parameter group for {family}",
            "IsGlobal": False,
            "ARN": arn(here, "parametergroup", name),
            "_values": {},
        }

    def group(here, name: str) -> dict:
        return built_in(here, name) or find(here, "parameter_group", name)

    @replaces(ElastiCacheResponse, "CreateCacheParameterGroup")
    def create(response, sent):
        here, name = backend(response), sent["CacheParameterGroupName"].lower()
        if name in store(here, "parameter_group"):
            raise Refusal("CacheParameterGroupAlreadyExists", f"Cache parameter group {name} already exists.")
        if sent["CacheParameterGroupFamily"] not in families:
            raise Refusal(
                "InvalidParameterValue",
                f"CacheParameterGroupFamily {sent['CacheParameterGroupFamily']} is not a valid parameter group family.",
            )
        made = {
            "CacheParameterGroupName": name,
            "CacheParameterGroupFamily": sent["CacheParameterGroupFamily"],
            "Description": sent["Description"],
            "IsGlobal": False,
            "ARN": arn(here, "parametergroup", name),
            "_values": {},
        }
        store(here, "parameter_group")[name] = made
        tags_of(here)[made["ARN"]] = wire.mapping(sent.get("Tags"))
        return {"CacheParameterGroup": shown(made)}

    @replaces(ElastiCacheResponse, "DescribeCacheParameterGroups")
    def describe(response, sent):
        here, name = backend(response), sent.get("CacheParameterGroupName")
        groups = [group(here, name)] if name else list(store(here, "parameter_group").values())
        found, marker = wire.page([shown(item) for item in groups], sent)
        return {"CacheParameterGroups": found, "Marker": marker}

    @replaces(ElastiCacheResponse, "DescribeCacheParameters")
    def parameters(response, sent):
        item = group(backend(response), sent["CacheParameterGroupName"])
        listed = []
        for name, (value, kind, allowed) in PARAMETERS.items():
            source = "user" if name in item["_values"] else "system"
            if sent.get("Source") in (None, source):
                parameter = {
                    "ParameterName": name,
                    "ParameterValue": item["_values"].get(name, value),
                    "Source": source,
                    "DataType": kind,
                    "AllowedValues": allowed,
                    "IsModifiable": name != "cluster-enabled",
                    "ChangeType": "immediate",
                }
                listed.append({key: value for key, value in parameter.items() if value is not None})
        found, marker = wire.page(listed, sent)
        return {"Parameters": found, "Marker": marker}

    @replaces(ElastiCacheResponse, "ModifyCacheParameterGroup")
    def modify(response, sent):
        item = find(backend(response), "parameter_group", sent["CacheParameterGroupName"])
        for change in sent["ParameterNameValues"]:
            if change["ParameterName"] not in PARAMETERS:
                raise Refusal("InvalidParameterValue", f"Could not find parameter with name: {change['ParameterName']}")
        for change in sent["ParameterNameValues"]:
            item["_values"][change["ParameterName"]] = change["ParameterValue"]
        return {"CacheParameterGroupName": item["CacheParameterGroupName"]}

    @replaces(ElastiCacheResponse, "DeleteCacheParameterGroup")
    def delete(response, sent):
        here = backend(response)
        item = find(here, "parameter_group", sent["CacheParameterGroupName"])
        name = item["CacheParameterGroupName"]
        if any(user["_parameter_group"] == name for user in store(here, "replication_group").values()):
            raise Refusal(
                "InvalidCacheParameterGroupState",
                f"One or more cache clusters are still members of this parameter group {name}, so the group cannot be deleted.",
            )
        del store(here, "parameter_group")[name]
        tags_of(here).pop(item["ARN"], None)


def tagging(sandbox) -> None:
    """Tags of every kind."""

    def tags(response, sent) -> dict:
        here = backend(response)
        known = tags_of(here)
        advance(here, sandbox.clock)
        for item in store(here, "replication_group").values():
            # AddTagsToResource, ListTagsForResource: InvalidReplicationGroupState (errors); TF retries it.
            if item["ARN"] == sent["ResourceName"] and item["Status"] in ("creating", "modifying"):
                raise changing(item)
        if sent["ResourceName"] not in known:
            kind = sent["ResourceName"].split(":")[5] if sent["ResourceName"].count(":") >= 6 else ""
            codes = {
                "replicationgroup": "ReplicationGroupNotFoundFault",
                "subnetgroup": "CacheSubnetGroupNotFoundFault",
                "parametergroup": "CacheParameterGroupNotFound",
            }
            raise Refusal(
                codes.get(kind, "InvalidARN"), f"{sent['ResourceName']} is either not present or not available."
            )
        return known[sent["ResourceName"]]

    @replaces(ElastiCacheResponse, "ListTagsForResource")
    def listed(response, sent):
        return {"TagList": wire.pairs(tags(response, sent))}

    @replaces(ElastiCacheResponse, "AddTagsToResource")
    def add(response, sent):
        tags(response, sent).update(wire.mapping(sent["Tags"]))
        return {"TagList": wire.pairs(tags(response, sent))}

    @replaces(ElastiCacheResponse, "RemoveTagsFromResource")
    def remove(response, sent):
        for key in sent["TagKeys"]:
            tags(response, sent).pop(key, None)
        return {"TagList": wire.pairs(tags(response, sent))}


def engine_versions() -> None:
    """DescribeCacheEngineVersions."""

    @replaces(ElastiCacheResponse, "DescribeCacheEngineVersions")
    def describe(response, sent):
        found = [
            {
                "Engine": engine,
                "EngineVersion": version,
                "CacheParameterGroupFamily": family,
                "CacheEngineDescription": engine.capitalize(),
                "CacheEngineVersionDescription": f"{engine} version {version}",
            }
            for engine, versions in ENGINES.items()
            for version, family in versions.items()
            if sent.get("Engine") in (None, engine) and sent.get("EngineVersion") in (None, version)
        ]
        page, marker = wire.page(found, sent)
        return {"CacheEngineVersions": page, "Marker": marker}
