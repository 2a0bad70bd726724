"""ElastiCache: changes and deletes of replication groups, and their members."""

from __future__ import annotations

from moto.elasticache.responses import ElastiCacheResponse

from ...core import wire
from ..ec2 import interfaces
from .state import ENGINES, advance, arn, backend, changing, check_node_type, find, shown, store, tags_of
from ...core.wire import Refusal, replaces

# Seconds on AWS.
MODIFY, DELETE = 300, 300

# Members that the reply spells as the request does.
ECHOED = (
    "SnapshotRetentionLimit SnapshotWindow CacheNodeType AutoMinorVersionUpgrade KmsKeyId UserGroupIds NetworkType "
    "IpDiscovery TransitEncryptionMode ClusterMode AtRestEncryptionEnabled TransitEncryptionEnabled Durability"
).split()


def version_of(sent: dict) -> tuple[str, str, str]:
    """(engine, version, family) that a request asks for."""
    engine = sent.get("Engine", "redis")
    versions = ENGINES.get(engine)
    if versions is None:
        raise Refusal("InvalidParameterValue", f"Invalid engine: {engine}")
    wanted = sent.get("EngineVersion") or next(iter(versions))
    version = next((v for v in versions if v == wanted or v.startswith(wanted.removesuffix(".x") + ".")), None)
    if version is None:
        raise Refusal("InvalidParameterCombination", f"Cannot find version {wanted} for {engine}")
    return engine, version, versions[version]


def nodes(here, item: dict) -> None:
    """Node groups and their endpoints, once they exist."""
    name, tail = item["ReplicationGroupId"], f"{item['_suffix']}.{here.region_name}.cache.{wire.suffix(here.region_name)}"
    secure = item["TransitEncryptionEnabled"]
    zones = item["_zones"]
    for group in item["NodeGroups"]:
        group["Status"] = "available"
        if item["ClusterEnabled"]:
            continue
        group["PrimaryEndpoint"] = {"Address": f"{'master.' if secure else ''}{name}.{tail}", "Port": item["_port"]}
        group["ReaderEndpoint"] = {
            "Address": f"{'replica.' if secure else ''}{name}-ro.{tail}" if not secure else f"replica.{name}.{tail}",
            "Port": item["_port"],
        }
    if item["ClusterEnabled"]:
        item["ConfigurationEndpoint"] = {"Address": f"clustercfg.{name}.{tail}", "Port": item["_port"]}
    for index, member in enumerate(member for group in item["NodeGroups"] for member in group["NodeGroupMembers"]):
        member["PreferredAvailabilityZone"] = zones[index % len(zones)]


def changes(sandbox) -> None:
    """Changes, more or fewer replicas, deletes."""

    @replaces(ElastiCacheResponse, "ModifyReplicationGroup")
    def modify(response, sent):
        here, ec2 = backend(response), interfaces.backend_of(response)
        advance(here, sandbox.clock)
        item = find(here, "replication_group", sent["ReplicationGroupId"])
        if item["Status"] != "available":
            raise changing(item)
        if "CacheNodeType" in sent:
            check_node_type(sent["CacheNodeType"])
        if "EngineVersion" in sent or "Engine" in sent:
            engine, version, _ = version_of(
                {"Engine": item["Engine"], "EngineVersion": item["_engine_version"], **sent}
            )
            if engine == item["Engine"] and float(version) < float(item["_engine_version"]):
                raise Refusal(
                    "InvalidParameterCombination",
                    f"Downgrading from {item['_engine_version']} to {version} is not allowed.",
                )
            item.update(Engine=engine, _engine_version=version)
        if sent.get("AutomaticFailoverEnabled") and len(item["MemberClusters"]) < 2:
            raise Refusal(
                "InvalidParameterCombination",
                "Replication group must have at least one read replica to enable autofailover.",
            )
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
            item.update(
                AuthTokenEnabled=sent.get("AuthTokenUpdateStrategy") != "DELETE", AuthTokenLastModifiedDate=wire.now()
            )
        item["_line"] = (wire.monotonic(), MODIFY, "modifying", None)
        item["Status"] = "modifying"
        return {"ReplicationGroup": shown(item)}

    def resize(response, grow: bool) -> dict:
        here, sent = backend(response), wire.sent(response)
        advance(here, sandbox.clock)
        item = find(here, "replication_group", sent["ReplicationGroupId"])
        if item["Status"] != "available":
            raise changing(item)
        count = sent.get("NewReplicaCount", 0) + 1
        if count == len(item["MemberClusters"]):
            raise Refusal("NoOperationFault", "The operation was not performed because no changes were required.")
        if count > 6:
            # "The maximum number of replicas is 5" (IncreaseReplicaCount, NewReplicaCount).
            raise Refusal("InvalidParameterValue", "The maximum number of replicas per node group is 5.")
        if (count > len(item["MemberClusters"])) != grow:
            raise Refusal(
                "InvalidParameterValue",
                f"NewReplicaCount {count - 1} does not {'increase' if grow else 'decrease'} the number of replicas.",
            )
        if count < 2 and item["AutomaticFailover"] == "enabled":
            raise Refusal(
                "InvalidParameterCombination", "Must disable automatic failover before removing the last replica."
            )
        item["MemberClusters"] = [f"{item['ReplicationGroupId']}-{n:03d}" for n in range(1, count + 1)]
        item["NodeGroups"][0]["NodeGroupMembers"] = [
            {"CacheClusterId": m, "CacheNodeId": "0001", "CurrentRole": "replica" if i else "primary"}
            for i, m in enumerate(item["MemberClusters"])
        ]
        item["_line"] = (wire.monotonic(), MODIFY, "modifying", lambda made: nodes(here, made))
        item["Status"] = "modifying"
        return {"ReplicationGroup": shown(item)}

    ElastiCacheResponse.increase_replica_count = lambda response: wire.Answer(resize(response, True))
    ElastiCacheResponse.decrease_replica_count = lambda response: wire.Answer(resize(response, False))

    @replaces(ElastiCacheResponse, "DeleteReplicationGroup")
    def delete(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        item = find(here, "replication_group", sent["ReplicationGroupId"])
        if item["Status"] != "available":
            raise Refusal(
                "InvalidReplicationGroupState",
                f"Replication group {item['ReplicationGroupId']} is not in a valid state to be deleted: {item['Status']}",
            )

        def gone(made):
            store(here, "replication_group").pop(made["ReplicationGroupId"], None)
            sandbox.late.happened("cache gone", (here.region_name, made["_subnet_group"]))
            tags_of(here).pop(made["ARN"], None)
            for interface in made["_interfaces"]:
                interface.ec2_backend.enis.pop(interface.id, None)

        item["_line"] = (wire.monotonic(), DELETE, "deleting", gone)
        item["Status"] = "deleting"
        return {"ReplicationGroup": shown(item)}


def clusters(sandbox) -> None:
    """The members of replication groups, one by one."""

    @replaces(ElastiCacheResponse, "DescribeCacheClusters")
    def clusters(response, sent):
        here = backend(response)
        advance(here, sandbox.clock)
        shown = []
        for item in store(here, "replication_group").values():
            for member in item["MemberClusters"]:
                shown.append(
                    {
                        **{
                            k: item[k]
                            for k in (
                                "CacheNodeType",
                                "Engine",
                                "AutoMinorVersionUpgrade",
                                "SnapshotRetentionLimit",
                                "SnapshotWindow",
                                "AuthTokenEnabled",
                                "TransitEncryptionEnabled",
                                "AtRestEncryptionEnabled",
                                "NetworkType",
                                "IpDiscovery",
                            )
                        },
                        "CacheClusterId": member,
                        "EngineVersion": item["_engine_version"] + (".0" if item["Engine"] == "redis" else ""),
                        "CacheClusterStatus": item["Status"],
                        "NumCacheNodes": 1,
                        "CacheClusterCreateTime": item["ReplicationGroupCreateTime"],
                        "PreferredMaintenanceWindow": item["_maintenance"],
                        "PendingModifiedValues": {},
                        "CacheParameterGroup": {
                            "CacheParameterGroupName": item["_parameter_group"],
                            "ParameterApplyStatus": "in-sync",
                        },
                        "CacheSubnetGroupName": item["_subnet_group"],
                        "SecurityGroups": [
                            {"SecurityGroupId": g, "Status": "active"} for g in item["_security_groups"]
                        ],
                        "ReplicationGroupId": item["ReplicationGroupId"],
                        "ARN": arn(here, "cluster", member),
                    }
                )
        wanted = sent.get("CacheClusterId")
        if wanted:
            shown = [c for c in shown if c["CacheClusterId"] == wanted.lower()]
            if not shown:
                raise Refusal("CacheClusterNotFound", f"CacheCluster {wanted} not found.")
        found, marker = wire.page(shown, sent)
        return {"CacheClusters": found, "Marker": marker}
