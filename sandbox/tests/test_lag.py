"""Reads that lag behind writes: nothing by default, as AWS does, or as a test sets it."""

import pytest
from botocore.exceptions import ClientError

from conftest import Running
from stack import Stack


@pytest.fixture
def late(sandbox):
    """An instant clock: lags are counted in calls."""
    sandbox.control("POST", "lag", {"mode": "aws"})
    yield sandbox
    sandbox.control("POST", "lag", {"mode": "off"})


@pytest.fixture
def ticking_late(ticking):
    """Three AWS seconds a call."""
    ticking.control("POST", "lag", {"mode": "aws"})
    yield ticking
    ticking.control("POST", "lag", {"mode": "off"})


def _refused(act, *args, **kwargs):
    with pytest.raises(ClientError) as caught:
        act(*args, **kwargs)
    return caught.value.response["Error"]["Code"]


def _only(sandbox, *rules):
    return sandbox.control("POST", "lag", {"rules": list(rules)})


def test_nothing_is_late_unless_asked(sandbox):
    assert sandbox.control("GET", "lag")["mode"] == "off"
    secrets = sandbox.client("secretsmanager")
    secrets.create_secret(Name="one", SecretString="x")
    assert [s["Name"] for s in secrets.list_secrets()["SecretList"]] == ["one"]


def test_a_list_is_behind_for_new_changed_and_deleted_objects(late):
    secrets = late.client("secretsmanager")
    _only(late, {"operation": "ListSecrets", "calls": 2})
    names = lambda **asked: [s["Name"] for s in secrets.list_secrets(**asked)["SecretList"]]  # noqa: E731
    secrets.create_secret(Name="one", SecretString="x", Tags=[{"Key": "k", "Value": "old"}])
    assert [names(), names(), names()] == [[], [], ["one"]]
    secrets.tag_resource(SecretId="one", Tags=[{"Key": "k", "Value": "new"}])
    by = lambda value: names(Filters=[{"Key": "tag-value", "Values": [value]}])  # noqa: E731
    assert [by("old"), by("new"), by("new")] == [["one"], [], ["one"]]
    secrets.delete_secret(SecretId="one", ForceDeleteWithoutRecovery=True)
    assert [names(), names(), names()] == [["one"], ["one"], []]


def test_the_index_of_tags_is_behind_for_all_services(late):
    tagging, logs = late.client("resourcegroupstaggingapi"), late.client("logs")
    _only(late, {"operation": "GetResources", "calls": 1})
    def found():
        listed = tagging.get_resources(TagFilters=[{"Key": "who"}])["ResourceTagMappingList"]
        return [item["Tags"][0]["Value"] for item in listed]

    logs.create_log_group(logGroupName="one", tags={"who": "a"})
    assert [found(), found()] == [[], ["a"]]
    arn = logs.describe_log_groups()["logGroups"][0]["logGroupArn"]
    logs.tag_resource(resourceArn=arn, tags={"who": "b"})
    assert [found(), found()] == [["a"], ["b"]]
    logs.delete_log_group(logGroupName="one")
    assert [found(), found()] == [["b"], []]


def test_ec2_does_not_know_a_new_object_for_a_moment(late):
    ec2 = late.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    switch = {"VpcId": vpc, "EnableDnsSupport": {"Value": True}}
    assert _refused(ec2.modify_vpc_attribute, **switch) == "InvalidVpcID.NotFound"
    ec2.modify_vpc_attribute(**switch)
    assert _refused(ec2.describe_vpcs, VpcIds=[vpc]) == "InvalidVpcID.NotFound"
    listed = [vpc in [v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"]] for _ in range(2)]
    assert listed == [False, True]


def test_a_tag_filter_is_behind_the_tags(late):
    ec2 = late.client("ec2")
    _only(late, {"operation": "DescribeVpcs", "calls": 1})
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.describe_vpcs()
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "k", "Value": "v"}])
    found = lambda: ec2.describe_vpcs(Filters=[{"Name": "tag:k", "Values": ["v"]}])["Vpcs"]  # noqa: E731
    assert [len(found()), len(found())] == [0, 1]


def test_lags_pass_with_the_clock_where_it_runs(ticking_late):
    logs = ticking_late.client("logs")
    _only(ticking_late, {"operation": "DescribeLogGroups", "seconds": 5})
    logs.create_log_group(logGroupName="one")
    found = [len(logs.describe_log_groups()["logGroups"]) for _ in range(3)]
    assert found == [0, 1, 1]


def test_what_is_not_a_rule_is_refused(sandbox):
    for wrong in ({"mode": "some"}, {"rules": [{"operation": "ListSecrets"}]}, {"rules": [{"operation": "No", "calls": 1}]}):
        with pytest.raises(Exception, match="400"):
            sandbox.control("POST", "lag", wrong)
    assert sandbox.control("GET", "lag")["mode"] == "off"


def test_the_inventory_is_never_late(late):
    late.client("logs").create_log_group(logGroupName="one")
    assert "one" in late.control("GET", "inventory")["logs"]["groups"]


def test_a_bucket_and_its_settings_are_seconds_behind(late):
    s3 = late.client("s3")
    s3.create_bucket(Bucket="bucket-of-ours")
    assert [b["Name"] for b in s3.list_buckets()["Buckets"]] == []
    assert [b["Name"] for b in s3.list_buckets()["Buckets"]] == ["bucket-of-ours"]
    versioned = {"Bucket": "bucket-of-ours", "VersioningConfiguration": {"Status": "Enabled"}}
    assert _refused(s3.put_bucket_versioning, **versioned) == "NoSuchBucket"
    s3.put_bucket_versioning(**versioned)
    _only(late, {"operation": "GetBucketVersioning", "calls": 1}, {"operation": "GetBucketLifecycleConfiguration", "calls": 4})
    s3.put_bucket_versioning(Bucket="bucket-of-ours", VersioningConfiguration={"Status": "Suspended"})
    read = lambda: s3.get_bucket_versioning(Bucket="bucket-of-ours")["Status"]  # noqa: E731
    assert [read(), read()] == ["Enabled", "Suspended"]
    rule = {"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle_configuration(Bucket="bucket-of-ours", LifecycleConfiguration={"Rules": [rule]})
    seen = []
    for _ in range(5):
        try:
            seen.append(len(s3.get_bucket_lifecycle_configuration(Bucket="bucket-of-ours")["Rules"]))
        except ClientError:
            seen.append(0)
    assert seen == [0, 1, 0, 1, 1], "old and new by turns, then steady"


def test_two_settings_of_a_bucket_do_not_meet(late):
    s3 = late.client("s3")
    s3.create_bucket(Bucket="bucket-of-ours")
    _only(late, {"operation": "PutBucketVersioning", "code": "OperationAborted", "calls": 1})
    versioned = {"Bucket": "bucket-of-ours", "VersioningConfiguration": {"Status": "Enabled"}}
    s3.put_bucket_versioning(**versioned)
    assert _refused(s3.put_bucket_versioning, **versioned) == "OperationAborted"
    s3.put_bucket_versioning(**versioned)


def test_everything_catches_up_when_told(late):
    ec2, logs = late.client("ec2"), late.client("logs")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    logs.create_log_group(logGroupName="one")
    assert late.control("POST", "catch-up")["mode"] == "aws"
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"] and logs.describe_log_groups()["logGroups"]
    logs.create_log_group(logGroupName="two")
    assert len(logs.describe_log_groups()["logGroups"]) == 1, "late again"


def test_ecs_is_a_few_calls_behind(late):
    late.control("POST", "lag", {"mode": "off"})
    stack = Stack(late)
    first, second = stack.define(), stack.define()
    rules = ("DescribeServices", "ListServiceDeployments", "DescribeTasks")
    _only(late, *({"operation": name, "calls": 1} for name in rules))
    asked = dict(cluster="main", services=["app"])
    stack.serve(first, balanced=False)
    unknown = stack.ecs.describe_services(**asked)
    assert unknown["services"] == [] and unknown["failures"][0]["reason"] == "MISSING"
    listed = lambda: stack.ecs.list_service_deployments(cluster="main", service="app")["serviceDeployments"]  # noqa: E731
    assert [len(listed()), len(listed())] == [0, 1]
    stack.ecs.update_service(cluster="main", service="app", taskDefinition=second)
    shown = [stack.ecs.describe_services(**asked)["services"][0]["taskDefinition"] for _ in range(2)]
    assert shown == [first, second]
    task = stack.ecs.run_task(
        cluster="main", taskDefinition=first, launchType="FARGATE", networkConfiguration=stack.network
    )["tasks"][0]["taskArn"]
    found = [stack.ecs.describe_tasks(cluster="main", tasks=[task]) for _ in range(2)]
    assert [len(answer["tasks"]) for answer in found] == [0, 1]
    assert found[0]["failures"] == [{"arn": task, "reason": "MISSING"}]


def test_the_command_line_switches_it_on():
    running = Running("--clock", "instant", "--lag", "aws")
    try:
        assert running.control("GET", "lag")["mode"] == "aws"
    finally:
        running.stop()
