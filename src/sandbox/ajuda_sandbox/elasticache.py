"""ElastiCache: replication groups that take their time and echo what was asked, subnet and
parameter groups, tags."""

from __future__ import annotations

import re
import secrets

from moto.elasticache.models import elasticache_backends
from moto.elasticache.responses import ElastiCacheResponse

from . import iam, interfaces, wire
from .wire import Refusal, replaces

# Seconds on AWS.
CREATE, MODIFY, DELETE = 600, 300, 300

# Engine versions on offer and the family each belongs to.
ENGINES = {
    "redis": {"7.1": "redis7", "7.0": "redis7", "6.2": "redis6.x"},
    "valkey": {"8.1": "valkey8", "8.0": "valkey8", "7.2": "valkey7"},
}
PARAMETERS = {
    "maxmemory-policy": ("volatile-lru", "string", "volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction"),
    "timeout": ("0", "integer", "0,20-"),
    "tcp-keepalive": ("300", "integer", "0-"),
    "notify-keyspace-events": ("", "string", None),
    "cluster-enabled": ("no", "string", "yes,no"),
    "reserved-memory-percent": ("25", "integer", "0-100"),
    "maxmemory-samples": ("3", "integer", "1-"),
}
# Members that the reply spells as the request does.
ECHOED = (
    "SnapshotRetentionLimit SnapshotWindow CacheNodeType AutoMinorVersionUpgrade KmsKeyId UserGroupIds NetworkType "
    "IpDiscovery TransitEncryptionMode ClusterMode AtRestEncryptionEnabled TransitEncryptionEnabled Durability"
).split()


def tags_of(backend) -> dict:
    """ARN → {key: value}."""
    return wire.kept(backend, "sandbox_tags")


def store(backend, kind: str) -> dict:
    """Name → dict of one kind: replication_group, subnet_group, parameter_group."""
    return wire.kept(backend, f"sandbox_{kind}")


def install(sandbox) -> None:
    """Mends ElastiCache."""
    _subnet_groups()
    _parameter_groups()
    _replication_groups(sandbox)
    _tags()


def _backend(response):
    return elasticache_backends[response.current_account][response.region]


def _arn(here, kind: str, name: str) -> str:
    return f"arn:{here.partition}:elasticache:{here.region_name}:{here.account_id}:{kind}:{name}"


def _shown(item: dict) -> dict:
    return {key: value for key, value in item.items() if not key.startswith("_")}


def _find(here, kind: str, name: str) -> dict:
    found = store(here, kind).get((name or "").lower())
    if found is None:
        code, text = {
            "replication_group": ("ReplicationGroupNotFoundFault", f"ReplicationGroup {name} not found."),
            "subnet_group": ("CacheSubnetGroupNotFoundFault", f"Cache Subnet Group {name} does not exist."),
            "parameter_group": ("CacheParameterGroupNotFound", f"CacheParameterGroup {name} not found."),
        }[kind]
        raise Refusal(code, text)
    return found


def _subnet_groups() -> None:
    def members(response, ids):
        ec2 = interfaces.backend_of(response)
        subnets = [ec2.get_subnet(name) for name in ids]
        if len({subnet.vpc_id for subnet in subnets}) > 1:
            raise Refusal("InvalidSubnet", "The requested subnets are in different VPCs.")
        shown = [
            {"SubnetIdentifier": s.id, "SubnetAvailabilityZone": {"Name": s.availability_zone}, "SupportedNetworkTypes": ["ipv4"]}
            for s in subnets
        ]
        return subnets[0].vpc_id, shown

    @replaces(ElastiCacheResponse, "CreateCacheSubnetGroup")
    def create(response, sent):
        here, name = _backend(response), sent["CacheSubnetGroupName"].lower()
        if name in store(here, "subnet_group"):
            raise Refusal("CacheSubnetGroupAlreadyExists", f"Cache subnet group {name} already exists.")
        vpc, subnets = members(response, sent["SubnetIds"])
        group = {
            "CacheSubnetGroupName": name,
            "CacheSubnetGroupDescription": sent["CacheSubnetGroupDescription"],
            "VpcId": vpc,
            "Subnets": subnets,
            "ARN": _arn(here, "subnetgroup", name),
            "SupportedNetworkTypes": ["ipv4"],
        }
        store(here, "subnet_group")[name] = group
        tags_of(here)[group["ARN"]] = wire.mapping(sent.get("Tags"))
        return {"CacheSubnetGroup": group}

    @replaces(ElastiCacheResponse, "DescribeCacheSubnetGroups")
    def describe(response, sent):
        here, name = _backend(response), sent.get("CacheSubnetGroupName")
        groups = [_find(here, "subnet_group", name)] if name else list(store(here, "subnet_group").values())
        found, marker = wire.page(groups, sent)
        return {"CacheSubnetGroups": found, "Marker": marker}

    @replaces(ElastiCacheResponse, "ModifyCacheSubnetGroup")
    def modify(response, sent):
        group = _find(_backend(response), "subnet_group", sent["CacheSubnetGroupName"])
        if sent.get("SubnetIds"):
            group["VpcId"], group["Subnets"] = members(response, sent["SubnetIds"])
        if "CacheSubnetGroupDescription" in sent:
            group["CacheSubnetGroupDescription"] = sent["CacheSubnetGroupDescription"]
        return {"CacheSubnetGroup": group}

    @replaces(ElastiCacheResponse, "DeleteCacheSubnetGroup")
    def delete(response, sent):
        here = _backend(response)
        group = _find(here, "subnet_group", sent["CacheSubnetGroupName"])
        name = group["CacheSubnetGroupName"]
        if any(item["_subnet_group"] == name for item in store(here, "replication_group").values()):
            raise Refusal("CacheSubnetGroupInUse", f"Cache subnet group {name} is currently in use by a cache cluster.")
        del store(here, "subnet_group")[name]
        tags_of(here).pop(group["ARN"], None)


def _parameter_groups() -> None:
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
            "ARN": _arn(here, "parametergroup", name),
            "_values": {},
        }

    def group(here, name: str) -> dict:
        return built_in(here, name) or _find(here, "parameter_group", name)

    @replaces(ElastiCacheResponse, "CreateCacheParameterGroup")
    def create(response, sent):
        here, name = _backend(response), sent["CacheParameterGroupName"].lower()
        if name in store(here, "parameter_group"):
            raise Refusal("CacheParameterGroupAlreadyExists", f"Cache parameter group {name} already exists.")
        if sent["CacheParameterGroupFamily"] not in families:
            raise Refusal("InvalidParameterValue", f"CacheParameterGroupFamily {sent['CacheParameterGroupFamily']} is not a valid parameter group family.")
        made = {
            "CacheParameterGroupName": name,
            "CacheParameterGroupFamily": sent["CacheParameterGroupFamily"],
            "Description": sent["Description"],
            "IsGlobal": False,
            "ARN": _arn(here, "parametergroup", name),
            "_values": {},
        }
        store(here, "parameter_group")[name] = made
        tags_of(here)[made["ARN"]] = wire.mapping(sent.get("Tags"))
        return {"CacheParameterGroup": _shown(made)}

    @replaces(ElastiCacheResponse, "DescribeCacheParameterGroups")
    def describe(response, sent):
        here, name = _backend(response), sent.get("CacheParameterGroupName")
        groups = [group(here, name)] if name else list(store(here, "parameter_group").values())
        found, marker = wire.page([_shown(item) for item in groups], sent)
        return {"CacheParameterGroups": found, "Marker": marker}

    @replaces(ElastiCacheResponse, "DescribeCacheParameters")
    def parameters(response, sent):
        item = group(_backend(response), sent["CacheParameterGroupName"])
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
        item = _find(_backend(response), "parameter_group", sent["CacheParameterGroupName"])
        for change in sent["ParameterNameValues"]:
            if change["ParameterName"] not in PARAMETERS:
                raise Refusal("InvalidParameterValue", f"Could not find parameter with name: {change['ParameterName']}")
        for change in sent["ParameterNameValues"]:
            item["_values"][change["ParameterName"]] = change["ParameterValue"]
        return {"CacheParameterGroupName": item["CacheParameterGroupName"]}

    @replaces(ElastiCacheResponse, "DeleteCacheParameterGroup")
    def delete(response, sent):
        here = _backend(response)
        item = _find(here, "parameter_group", sent["CacheParameterGroupName"])
        name = item["CacheParameterGroupName"]
        if any(user["_parameter_group"] == name for user in store(here, "replication_group").values()):
            raise Refusal("InvalidCacheParameterGroupState", f"One or more cache clusters are still members of this parameter group {name}, so the group cannot be deleted.")
        del store(here, "parameter_group")[name]
        tags_of(here).pop(item["ARN"], None)


def advance(here, clock) -> None:
    """Brings what changes with time up to date."""
    for name, item in list(store(here, "replication_group").items()):
        started, seconds, during, then = item["_line"]
        if not clock.due(started, seconds):
            item["Status"] = during
            continue
        item["Status"] = "available"
        item["_line"] = (started, seconds, during, None)
        if then:
            then(item)


def _nodes(here, item: dict) -> None:
    """Node groups and their endpoints, once they exist."""
    name, tail = item["ReplicationGroupId"], f"{item['_suffix']}.{here.region_name}.cache.amazonaws.com"
    secure = item["TransitEncryptionEnabled"]
    zones = item["_zones"]
    for group in item["NodeGroups"]:
        group["Status"] = "available"
        if item["ClusterEnabled"]:
            continue
        group["PrimaryEndpoint"] = {"Address": f"{'master.' if secure else ''}{name}.{tail}", "Port": item["_port"]}
        group["ReaderEndpoint"] = {"Address": f"{'replica.' if secure else ''}{name}-ro.{tail}" if not secure else f"replica.{name}.{tail}", "Port": item["_port"]}
    if item["ClusterEnabled"]:
        item["ConfigurationEndpoint"] = {"Address": f"clustercfg.{name}.{tail}", "Port": item["_port"]}
    for index, member in enumerate(member for group in item["NodeGroups"] for member in group["NodeGroupMembers"]):
        member["PreferredAvailabilityZone"] = zones[index % len(zones)]


def _replication_groups(sandbox) -> None:
    def version_of(sent: dict) -> tuple[str, str, str]:
        engine = sent.get("Engine", "redis")
        versions = ENGINES.get(engine)
        if versions is None:
            raise Refusal("InvalidParameterValue", f"Invalid engine: {engine}")
        wanted = sent.get("EngineVersion") or next(iter(versions))
        version = next((v for v in versions if v == wanted or v.startswith(wanted.removesuffix(".x") + ".")), None)
        if version is None:
            raise Refusal("InvalidParameterCombination", f"Cannot find version {wanted} for {engine}")
        return engine, version, versions[version]

    @replaces(ElastiCacheResponse, "CreateReplicationGroup")
    def create(response, sent):
        here, ec2 = _backend(response), interfaces.backend_of(response)
        advance(here, sandbox.clock)
        name = sent["ReplicationGroupId"].lower()
        if name in store(here, "replication_group"):
            raise Refusal("ReplicationGroupAlreadyExists", f"Replication group {name} already exists.")
        if not re.fullmatch(r"[a-z](-?[a-z0-9]){0,39}", name):
            raise Refusal("InvalidParameterValue", f"The parameter ReplicationGroupId is not a valid identifier: {name}")
        engine, version, family = version_of(sent)
        groups = sent.get("NumNodeGroups", 1)
        count = sent.get("NumCacheClusters") or groups * (1 + sent.get("ReplicasPerNodeGroup", 0))
        secure = sent.get("TransitEncryptionEnabled", False)
        if sent.get("AutomaticFailoverEnabled") and count < 2:
            raise Refusal("InvalidParameterCombination", "Replication group must have at least one read replica to enable autofailover.")
        if sent.get("MultiAZEnabled") and not sent.get("AutomaticFailoverEnabled"):
            raise Refusal("InvalidParameterCombination", "Must enable automatic failover to enable Multi-AZ.")
        if sent.get("AuthToken") and not secure:
            raise Refusal("InvalidParameterCombination", "Auth token can only be enabled when transit encryption is enabled.")
        if sent.get("AuthToken") and not re.fullmatch(r"[!-~]{16,128}", sent["AuthToken"]):
            raise Refusal("InvalidParameterValue", "Invalid AuthToken provided.")
        subnet_group = _find(here, "subnet_group", sent["CacheSubnetGroupName"]) if sent.get("CacheSubnetGroupName") else None
        for group in sent.get("SecurityGroupIds", []):
            if ec2.get_security_group_from_id(group) is None:
                raise Refusal("InvalidParameterValue", f"Some security group IDs failed validation: {group}")
        parameter_group = sent.get("CacheParameterGroupName", f"default.{family}").lower()
        if not parameter_group.startswith("default."):
            wanted = _find(here, "parameter_group", parameter_group)["CacheParameterGroupFamily"]
            if wanted != family:
                raise Refusal("InvalidParameterCombination", f"Expected a parameter group of family {family} but found one of family {wanted}")
        subnets = subnet_group["Subnets"] if subnet_group else []
        numbers = [f"{name}-{n:03d}" for n in range(1, count + 1)] if groups == 1 else [
            f"{name}-{g:04d}-{n:03d}" for g in range(1, groups + 1) for n in range(1, count // groups + 1)
        ]
        per_group = len(numbers) // groups
        item = {
            "SnapshotRetentionLimit": 0,
            "SnapshotWindow": "05:00-06:00",
            "AutoMinorVersionUpgrade": True,
            "NetworkType": "ipv4",
            "IpDiscovery": "ipv4",
            "ClusterMode": "enabled" if groups > 1 else "disabled",
            "AtRestEncryptionEnabled": engine == "valkey",
            "TransitEncryptionEnabled": False,
            "CacheNodeType": "cache.t4g.micro",
            **({"TransitEncryptionMode": "required"} if secure else {}),
            **{key: sent[key] for key in ECHOED if key in sent},
            "ReplicationGroupId": name,
            "Description": sent["ReplicationGroupDescription"],
            "Status": "creating",
            "PendingModifiedValues": {},
            "MemberClusters": numbers,
            "NodeGroups": [
                {
                    "NodeGroupId": f"{g + 1:04d}",
                    "Status": "creating",
                    "NodeGroupMembers": [
                        {"CacheClusterId": member, "CacheNodeId": "0001", "CurrentRole": "replica" if i else "primary"}
                        for i, member in enumerate(numbers[g * per_group : (g + 1) * per_group])
                    ],
                }
                for g in range(groups)
            ],
            "AutomaticFailover": "enabled" if sent.get("AutomaticFailoverEnabled") else "disabled",
            "MultiAZ": "enabled" if sent.get("MultiAZEnabled") else "disabled",
            "ClusterEnabled": groups > 1 or sent.get("ClusterMode") == "enabled",
            "AuthTokenEnabled": bool(sent.get("AuthToken")),
            "ARN": _arn(here, "replicationgroup", name),
            "LogDeliveryConfigurations": [
                {**delivery, "Status": "active"} for delivery in sent.get("LogDeliveryConfigurations", [])
            ],
            "ReplicationGroupCreateTime": wire.now(),
            "DataTiering": "disabled",
            "Engine": engine,
            "_engine_version": version,
            "_port": sent.get("Port", 6379),
            "_subnet_group": subnet_group["CacheSubnetGroupName"] if subnet_group else None,
            "_parameter_group": parameter_group,
            "_security_groups": sent.get("SecurityGroupIds", []),
            "_maintenance": sent.get("PreferredMaintenanceWindow", "sun:06:00-sun:07:00").lower(),
            "_topic": sent.get("NotificationTopicArn"),
            "_suffix": secrets.token_hex(3) + ".use1",
            "_zones": [s["SubnetAvailabilityZone"]["Name"] for s in subnets] or [f"{here.region_name}a"],
            "_interfaces": [],
        }
        if item["AuthTokenEnabled"]:
            item["AuthTokenLastModifiedDate"] = wire.now()
        for index, member in enumerate(numbers if subnets else []):
            subnet = subnets[index % len(subnets)]["SubnetIdentifier"]
            item["_interfaces"].append(
                interfaces.put(ec2, subnet, item["_security_groups"], f"ElastiCache {member}", "interface", "amazon-elasticache")
            )
        item["_line"] = (wire.monotonic(), CREATE, "creating", lambda made: _nodes(here, made))
        store(here, "replication_group")[name] = item
        tags_of(here)[item["ARN"]] = wire.mapping(sent.get("Tags"))
        iam.service_linked_role(response.current_account, "elasticache.amazonaws.com")
        return {"ReplicationGroup": _shown(item)}

    @replaces(ElastiCacheResponse, "DescribeReplicationGroups")
    def describe(response, sent):
        here, name = _backend(response), sent.get("ReplicationGroupId")
        advance(here, sandbox.clock)
        items = [_find(here, "replication_group", name)] if name else list(store(here, "replication_group").values())
        found, marker = wire.page([_shown(item) for item in items], sent)
        return {"ReplicationGroups": found, "Marker": marker}

    @replaces(ElastiCacheResponse, "ModifyReplicationGroup")
    def modify(response, sent):
        here, ec2 = _backend(response), interfaces.backend_of(response)
        advance(here, sandbox.clock)
        item = _find(here, "replication_group", sent["ReplicationGroupId"])
        if item["Status"] != "available":
            raise Refusal("InvalidReplicationGroupState", f"Replication group {item['ReplicationGroupId']} is not in the available state.")
        if "EngineVersion" in sent or "Engine" in sent:
            engine, version, _ = version_of({"Engine": item["Engine"], "EngineVersion": item["_engine_version"], **sent})
            if engine == item["Engine"] and float(version) < float(item["_engine_version"]):
                raise Refusal("InvalidParameterCombination", f"Downgrading from {item['_engine_version']} to {version} is not allowed.")
            item.update(Engine=engine, _engine_version=version)
        if sent.get("AutomaticFailoverEnabled") and len(item["MemberClusters"]) < 2:
            raise Refusal("InvalidParameterCombination", "Replication group must have at least one read replica to enable autofailover.")
        item.update({key: sent[key] for key in ECHOED if key in sent})
        if "ReplicationGroupDescription" in sent:
            item["Description"] = sent["ReplicationGroupDescription"]
        for key, field in (("AutomaticFailoverEnabled", "AutomaticFailover"), ("MultiAZEnabled", "MultiAZ")):
            if key in sent:
                item[field] = "enabled" if sent[key] else "disabled"
        if "SecurityGroupIds" in sent:
            item["_security_groups"] = sent["SecurityGroupIds"]
            for interface in item["_interfaces"]:
                interface._group_set = [ec2.get_security_group_from_id(g) for g in sent["SecurityGroupIds"]]
        if "CacheParameterGroupName" in sent:
            item["_parameter_group"] = sent["CacheParameterGroupName"].lower()
        if "PreferredMaintenanceWindow" in sent:
            item["_maintenance"] = sent["PreferredMaintenanceWindow"].lower()
        if "LogDeliveryConfigurations" in sent:
            item["LogDeliveryConfigurations"] = [
                {k: v for k, v in delivery.items() if k != "Enabled"} | {"Status": "active"}
                for delivery in sent["LogDeliveryConfigurations"]
                if delivery.get("Enabled", True)
            ]
        if sent.get("AuthToken"):
            item.update(AuthTokenEnabled=sent.get("AuthTokenUpdateStrategy") != "DELETE", AuthTokenLastModifiedDate=wire.now())
        item["_line"] = (wire.monotonic(), MODIFY, "modifying", None)
        item["Status"] = "modifying"
        return {"ReplicationGroup": _shown(item)}

    def resize(response, grow: bool) -> dict:
        here, sent = _backend(response), wire.sent(response)
        advance(here, sandbox.clock)
        item = _find(here, "replication_group", sent["ReplicationGroupId"])
        if item["Status"] != "available":
            raise Refusal("InvalidReplicationGroupState", f"Replication group {item['ReplicationGroupId']} is not in the available state.")
        count = sent.get("NewReplicaCount", 0) + 1
        if (count > len(item["MemberClusters"])) != grow:
            raise Refusal("InvalidParameterValue", f"NewReplicaCount {count - 1} does not {'increase' if grow else 'decrease'} the number of replicas.")
        if count < 2 and item["AutomaticFailover"] == "enabled":
            raise Refusal("InvalidParameterCombination", "Must disable automatic failover before removing the last replica.")
        item["MemberClusters"] = [f"{item['ReplicationGroupId']}-{n:03d}" for n in range(1, count + 1)]
        item["NodeGroups"][0]["NodeGroupMembers"] = [
            {"CacheClusterId": m, "CacheNodeId": "0001", "CurrentRole": "replica" if i else "primary"}
            for i, m in enumerate(item["MemberClusters"])
        ]
        item["_line"] = (wire.monotonic(), MODIFY, "modifying", lambda made: _nodes(here, made))
        item["Status"] = "modifying"
        return {"ReplicationGroup": _shown(item)}

    ElastiCacheResponse.increase_replica_count = lambda response: wire.Answer(resize(response, True))
    ElastiCacheResponse.decrease_replica_count = lambda response: wire.Answer(resize(response, False))

    @replaces(ElastiCacheResponse, "DeleteReplicationGroup")
    def delete(response, sent):
        here = _backend(response)
        advance(here, sandbox.clock)
        item = _find(here, "replication_group", sent["ReplicationGroupId"])
        if item["Status"] != "available":
            raise Refusal("InvalidReplicationGroupState", f"Replication group {item['ReplicationGroupId']} is not in a valid state to be deleted: {item['Status']}")

        def gone(made):
            store(here, "replication_group").pop(made["ReplicationGroupId"], None)
            tags_of(here).pop(made["ARN"], None)
            for interface in made["_interfaces"]:
                interface.ec2_backend.enis.pop(interface.id, None)

        item["_line"] = (wire.monotonic(), DELETE, "deleting", gone)
        item["Status"] = "deleting"
        return {"ReplicationGroup": _shown(item)}

    @replaces(ElastiCacheResponse, "DescribeCacheClusters")
    def clusters(response, sent):
        here = _backend(response)
        advance(here, sandbox.clock)
        shown = []
        for item in store(here, "replication_group").values():
            for member in item["MemberClusters"]:
                shown.append(
                    {
                        **{k: item[k] for k in ("CacheNodeType", "Engine", "AutoMinorVersionUpgrade", "SnapshotRetentionLimit", "SnapshotWindow", "AuthTokenEnabled", "TransitEncryptionEnabled", "AtRestEncryptionEnabled", "NetworkType", "IpDiscovery")},
                        "CacheClusterId": member,
                        "EngineVersion": item["_engine_version"] + (".0" if item["Engine"] == "redis" else ""),
                        "CacheClusterStatus": item["Status"],
                        "NumCacheNodes": 1,
                        "CacheClusterCreateTime": item["ReplicationGroupCreateTime"],
                        "PreferredMaintenanceWindow": item["_maintenance"],
                        "PendingModifiedValues": {},
                        "CacheParameterGroup": {"CacheParameterGroupName": item["_parameter_group"], "ParameterApplyStatus": "in-sync"},
                        "CacheSubnetGroupName": item["_subnet_group"],
                        "SecurityGroups": [{"SecurityGroupId": g, "Status": "active"} for g in item["_security_groups"]],
                        "ReplicationGroupId": item["ReplicationGroupId"],
                        "ARN": _arn(here, "cluster", member),
                    }
                )
        wanted = sent.get("CacheClusterId")
        if wanted:
            shown = [c for c in shown if c["CacheClusterId"] == wanted.lower()]
            if not shown:
                raise Refusal("CacheClusterNotFound", f"CacheCluster {wanted} not found.")
        found, marker = wire.page(shown, sent)
        return {"CacheClusters": found, "Marker": marker}


def _tags() -> None:
    def tags(response, sent) -> dict:
        known = tags_of(_backend(response))
        if sent["ResourceName"] not in known:
            kind = sent["ResourceName"].split(":")[5] if sent["ResourceName"].count(":") >= 6 else ""
            codes = {"replicationgroup": "ReplicationGroupNotFoundFault", "subnetgroup": "CacheSubnetGroupNotFoundFault", "parametergroup": "CacheParameterGroupNotFound"}
            raise Refusal(codes.get(kind, "InvalidARN"), f"{sent['ResourceName']} is either not present or not available.")
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
