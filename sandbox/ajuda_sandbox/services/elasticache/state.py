"""What ElastiCache has in one account and region, and how it moves on with time."""

from __future__ import annotations

import re

from moto.elasticache.models import elasticache_backends

from ...core import wire
from ...core.wire import Refusal

# Engine versions on offer and the family each belongs to.
ENGINES = {
    "redis": {"7.1": "redis7", "7.0": "redis7", "6.2": "redis6.x"},
    "valkey": {"8.1": "valkey8", "8.0": "valkey8", "7.2": "valkey7"},
}


# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html
NODE_TYPE = re.compile(
    r"cache\.(t2|t3|t4g)\.(micro|small|medium)|cache\.(m4|m5|m6g|m7g|r4|r5|r6g|r7g|r6gd|c7gn)\."
    r"(large|xlarge|2xlarge|4xlarge|8xlarge|10xlarge|12xlarge|16xlarge|24xlarge)"
)


def tags_of(backend) -> dict:
    """ARN → {key: value}."""
    return wire.kept(backend, "sandbox_tags")


def store(backend, kind: str) -> dict:
    """Name → dict of one kind: replication_group, subnet_group, parameter_group."""
    return wire.kept(backend, f"sandbox_{kind}")


def backend(response):
    """The ElastiCache backend of a request."""
    return elasticache_backends[response.current_account][response.region]


def arn(here, kind: str, name: str) -> str:
    """ElastiCache ARN; kinds are replicationgroup, subnetgroup, parametergroup, cluster."""
    return f"arn:{here.partition}:elasticache:{here.region_name}:{here.account_id}:{kind}:{name}"


def shown(item: dict) -> dict:
    """Without what is only ours."""
    return {key: value for key, value in item.items() if not key.startswith("_")}


def find(here, kind: str, name: str) -> dict:
    """The object of that name, or AWS's refusal."""
    found = store(here, kind).get((name or "").lower())
    if found is None:
        code, text = {
            "replication_group": ("ReplicationGroupNotFoundFault", f"ReplicationGroup {name} not found."),
            "subnet_group": ("CacheSubnetGroupNotFoundFault", f"Cache Subnet Group {name} does not exist."),
            "parameter_group": ("CacheParameterGroupNotFound", f"CacheParameterGroup {name} not found."),
        }[kind]
        raise Refusal(code, text)
    return found


def check_node_type(name: str) -> None:
    """CacheNodeType: a family and a size that ElastiCache has (CreateReplicationGroup, supported node types)."""
    if not NODE_TYPE.fullmatch(name):
        raise Refusal("InvalidParameterValue", f"The parameter CacheNodeType is not a valid node type: {name}")


def changing(item: dict) -> Refusal:
    """The refusal of what is sent while a group is being made or changed."""
    return Refusal(
        "InvalidReplicationGroupState", f"Replication group {item['ReplicationGroupId']} is not in the available state."
    )


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
