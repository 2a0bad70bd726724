"""ElastiCache replication groups: what was sent is echoed, states take AWS's time."""

from __future__ import annotations

import re
import secrets

from moto.elasticache.responses import ElastiCacheResponse

from ...core import wire
from .. import iam
from ..ec2 import interfaces
from . import changes, groups as elasticache_groups
from .changes import ECHOED, nodes, version_of
from .state import advance, arn, backend, check_node_type, find, shown, store, tags_of
from ...core.wire import Refusal, replaces

# Seconds on AWS.
CREATE = 600


def install(sandbox) -> None:
    """Mends ElastiCache."""
    elasticache_groups.subnet_groups()
    elasticache_groups.parameter_groups()
    elasticache_groups.tagging(sandbox)
    elasticache_groups.engine_versions()
    _create(sandbox)
    _describe(sandbox)
    changes.changes(sandbox)
    changes.clusters(sandbox)


def _create(sandbox) -> None:
    @replaces(ElastiCacheResponse, "CreateReplicationGroup")
    def create(response, sent):
        here, ec2 = backend(response), interfaces.backend_of(response)
        advance(here, sandbox.clock)
        name = sent["ReplicationGroupId"].lower()
        if name in store(here, "replication_group"):
            raise Refusal("ReplicationGroupAlreadyExists", f"Replication group {name} already exists.")
        if not re.fullmatch(r"[a-z](-?[a-z0-9]){0,39}", name):
            raise Refusal(
                "InvalidParameterValue", f"The parameter ReplicationGroupId is not a valid identifier: {name}"
            )
        engine, version, family = version_of(sent)
        check_node_type(sent.get("CacheNodeType", "cache.t4g.micro"))
        groups = sent.get("NumNodeGroups", 1)
        count = sent.get("NumCacheClusters") or groups * (1 + sent.get("ReplicasPerNodeGroup", 0))
        secure = sent.get("TransitEncryptionEnabled", False)
        if sent.get("AutomaticFailoverEnabled") and count < 2:
            raise Refusal(
                "InvalidParameterCombination",
                "Replication group must have at least one read replica to enable autofailover.",
            )
        if sent.get("MultiAZEnabled") and not sent.get("AutomaticFailoverEnabled"):
            raise Refusal("InvalidParameterCombination", "Must enable automatic failover to enable Multi-AZ.")
        if sent.get("AuthToken") and not secure:
            raise Refusal(
                "InvalidParameterCombination", "Auth token can only be enabled when transit encryption is enabled."
            )
        if sent.get("AuthToken") and not re.fullmatch(r"[!-~]{16,128}", sent["AuthToken"]):
            raise Refusal("InvalidParameterValue", "Invalid AuthToken provided.")
        subnet_group = (
            find(here, "subnet_group", sent["CacheSubnetGroupName"]) if sent.get("CacheSubnetGroupName") else None
        )
        for group in sent.get("SecurityGroupIds", []):
            if ec2.get_security_group_from_id(group) is None:
                raise Refusal("InvalidParameterValue", f"Some security group IDs failed validation: {group}")
        parameter_group = sent.get("CacheParameterGroupName", f"default.{family}").lower()
        if not parameter_group.startswith("default."):
            wanted = find(here, "parameter_group", parameter_group)["CacheParameterGroupFamily"]
            if wanted != family:
                raise Refusal(
                    "InvalidParameterCombination",
                    f"Expected a parameter group of family {family} but found one of family {wanted}",
                )
        subnets = subnet_group["Subnets"] if subnet_group else []
        numbers = (
            [f"{name}-{n:03d}" for n in range(1, count + 1)]
            if groups == 1
            else [f"{name}-{g:04d}-{n:03d}" for g in range(1, groups + 1) for n in range(1, count // groups + 1)]
        )
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
            "ARN": arn(here, "replicationgroup", name),
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
                interfaces.put(
                    ec2, subnet, item["_security_groups"], f"ElastiCache {member}", "interface", "amazon-elasticache"
                )
            )
        item["_line"] = (wire.monotonic(), CREATE, "creating", lambda made: nodes(here, made))
        store(here, "replication_group")[name] = item
        tags_of(here)[item["ARN"]] = wire.mapping(sent.get("Tags"))
        iam.service_linked_role(response.current_account, "elasticache.amazonaws.com", response.partition)
        return {"ReplicationGroup": shown(item)}


def _describe(sandbox) -> None:
    @replaces(ElastiCacheResponse, "DescribeReplicationGroups")
    def describe(response, sent):
        here, name = backend(response), sent.get("ReplicationGroupId")
        advance(here, sandbox.clock)
        items = [find(here, "replication_group", name)] if name else list(store(here, "replication_group").values())
        found, marker = wire.page([shown(item) for item in items], sent)
        return {"ReplicationGroups": found, "Marker": marker}
