"""ElastiCache: echo, clocks, refusals."""

import pytest
from stack_parts import TAGS, Network, refused, wait

CREATE = {
    "ReplicationGroupId": "shop",
    "ReplicationGroupDescription": "sessions",
    "Engine": "redis",
    "EngineVersion": "7.1",
    "CacheNodeType": "cache.t4g.small",
    "NumCacheClusters": 2,
    "AutomaticFailoverEnabled": True,
    "MultiAZEnabled": True,
    "CacheSubnetGroupName": "shop",
    "CacheParameterGroupName": "shop",
    "TransitEncryptionEnabled": True,
    "AtRestEncryptionEnabled": True,
    "AuthToken": "sixteen-characters-at-least",
    "SnapshotRetentionLimit": 1,
    "Tags": TAGS,
}


class Cache:
    """A client with the groups that a replication group needs."""

    def __init__(self, sandbox):
        self.network, self.client = Network(sandbox), sandbox.client("elasticache")
        self.client.create_cache_subnet_group(
            CacheSubnetGroupName="shop", CacheSubnetGroupDescription="d", SubnetIds=self.network.subnets, Tags=TAGS
        )
        self.client.create_cache_parameter_group(
            CacheParameterGroupName="shop", CacheParameterGroupFamily="redis7", Description="d", Tags=TAGS
        )

    def create(self, **more):
        return self.client.create_replication_group(**{**CREATE, "SecurityGroupIds": [self.network.group], **more})[
            "ReplicationGroup"
        ]

    def read(self):
        return self.client.describe_replication_groups(ReplicationGroupId="shop")["ReplicationGroups"][0]


@pytest.fixture
def cache(sandbox):
    return Cache(sandbox)


def test_everything_sent_is_answered(cache):
    assert cache.create()["Status"] == "creating"
    made = cache.read()
    for key in set(CREATE) & set(made):
        assert made[key] == CREATE[key], key
    assert (made["Status"], made["AutomaticFailover"], made["MultiAZ"]) == ("available", "enabled", "enabled")
    assert made["AuthTokenEnabled"] and made["TransitEncryptionMode"] == "required"
    assert made["NodeGroups"][0]["PrimaryEndpoint"]["Address"].startswith("master.shop.")
    members = cache.client.describe_cache_clusters()["CacheClusters"]
    assert [m["CacheClusterId"] for m in members] == ["shop-001", "shop-002"]
    assert members[0]["CacheParameterGroup"]["CacheParameterGroupName"] == "shop"
    assert cache.client.list_tags_for_resource(ResourceName=made["ARN"])["TagList"] == TAGS


def test_states_pass_and_groups_are_held(ticking):
    cache = Cache(ticking)
    cache.create()
    assert wait(lambda: cache.read()["Status"], "available") == ["creating", "available"]
    with refused("CacheSubnetGroupInUse"):
        cache.client.delete_cache_subnet_group(CacheSubnetGroupName="shop")
    with refused("InvalidCacheParameterGroupState"):
        cache.client.delete_cache_parameter_group(CacheParameterGroupName="shop")
    cache.client.delete_replication_group(ReplicationGroupId="shop")
    assert cache.read()["Status"] == "deleting"
    wait(lambda: len(cache.client.describe_replication_groups()["ReplicationGroups"]), 0)
    cache.client.delete_cache_subnet_group(CacheSubnetGroupName="shop")
    cache.network.delete()


@pytest.mark.parametrize(
    "change,code",
    [
        ({"NumCacheClusters": 1}, "InvalidParameterCombination"),
        ({"AutomaticFailoverEnabled": False}, "InvalidParameterCombination"),
        ({"TransitEncryptionEnabled": False}, "InvalidParameterCombination"),
        ({"AuthToken": "short"}, "InvalidParameterValue"),
        ({"EngineVersion": "9.9"}, "InvalidParameterCombination"),
        ({"CacheSubnetGroupName": "none"}, "CacheSubnetGroupNotFoundFault"),
    ],
)
def test_creations_that_are_refused(cache, change, code):
    with refused(code):
        cache.create(**change)


def test_parameters_say_who_set_them(cache):
    change = {"ParameterName": "maxmemory-policy", "ParameterValue": "noeviction"}
    cache.client.modify_cache_parameter_group(CacheParameterGroupName="shop", ParameterNameValues=[change])
    mine = cache.client.describe_cache_parameters(CacheParameterGroupName="shop", Source="user")["Parameters"]
    assert [(p["ParameterName"], p["ParameterValue"]) for p in mine] == [("maxmemory-policy", "noeviction")]
