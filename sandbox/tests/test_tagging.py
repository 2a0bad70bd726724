"""The tagging API lists every tagged kind of this stack."""

from stack_parts import TAGS, Network, specification

MAP = {"ajuda:stack": "shop"}
MINE = [{"Key": "ajuda:stack", "Values": ["shop"]}]


def find(sandbox, **parameters):
    found = sandbox.client("resourcegroupstaggingapi").get_resources(TagFilters=MINE, **parameters)
    return [item["ResourceARN"] for item in found["ResourceTagMappingList"]]


def test_every_kind_is_listed(sandbox):
    network = Network(sandbox)
    ec2, elb = network.ec2, sandbox.client("elbv2")
    ec2.allocate_address(TagSpecifications=specification("elastic-ip"))
    ec2.create_vpc_endpoint(
        VpcId=network.vpc, ServiceName="com.amazonaws.us-east-1.s3", TagSpecifications=specification("vpc-endpoint")
    )
    ec2.create_security_group(
        GroupName="tagged", Description="d", VpcId=network.vpc, TagSpecifications=specification("security-group")
    )
    balancer = elb.create_load_balancer(Name="shop", Subnets=network.subnets, Tags=TAGS)["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
        Tags=TAGS,
    )
    elb.create_target_group(Name="shop", Protocol="HTTP", Port=80, VpcId=network.vpc, TargetType="ip", Tags=TAGS)
    rds = sandbox.client("rds")
    rds.create_db_subnet_group(
        DBSubnetGroupName="shop", DBSubnetGroupDescription="d", SubnetIds=network.subnets, Tags=TAGS
    )
    rds.create_db_parameter_group(
        DBParameterGroupName="shop", DBParameterGroupFamily="postgres16", Description="d", Tags=TAGS
    )
    sandbox.client("elasticache").create_cache_subnet_group(
        CacheSubnetGroupName="shop", CacheSubnetGroupDescription="d", SubnetIds=network.subnets, Tags=TAGS
    )
    sandbox.client("ecr").create_repository(repositoryName="shop", tags=TAGS)
    sandbox.client("logs").create_log_group(logGroupName="/shop", tags=MAP)
    sandbox.client("secretsmanager").create_secret(Name="shop", SecretString="s", Tags=TAGS)
    sandbox.client("servicediscovery").create_http_namespace(Name="shop", Tags=TAGS)
    sandbox.client("acm").request_certificate(DomainName="shop.example.org", ValidationMethod="DNS", Tags=TAGS)
    sandbox.client("sns").create_topic(Name="shop", Tags=TAGS)
    sandbox.client("ecs").create_cluster(clusterName="shop", tags=[{"key": "ajuda:stack", "value": "shop"}])
    sandbox.client("s3").create_bucket(Bucket="shop")
    sandbox.client("s3").put_bucket_tagging(Bucket="shop", Tagging={"TagSet": TAGS})
    sandbox.client("cloudwatch").put_metric_alarm(
        AlarmName="shop",
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        Tags=TAGS,
    )
    kinds = [
        ":".join(arn.split(":")[2:3] + arn.split(":", 5)[5:]).replace("/", ":").split(":")[:2] for arn in find(sandbox)
    ]
    assert sorted(":".join(kind) for kind in kinds) == [
        "acm:certificate",
        "cloudwatch:alarm",
        "ec2:elastic-ip",
        "ec2:security-group",
        "ec2:vpc",
        "ec2:vpc-endpoint",
        "ecr:repository",
        "ecs:cluster",
        "elasticache:subnetgroup",
        "elasticloadbalancing:listener",
        "elasticloadbalancing:loadbalancer",
        "elasticloadbalancing:targetgroup",
        "logs:log-group",
        "rds:pg",
        "rds:subgrp",
        "s3:shop",
        "secretsmanager:secret",
        "servicediscovery:namespace",
        "sns:shop",
    ]
    assert len(find(sandbox, ResourceTypeFilters=["ec2", "rds:pg"])) == 5
    assert len(find(sandbox, ResourceTypeFilters=["elasticloadbalancing:listener"])) == 1


def test_pages_have_a_hundred_at_most(sandbox):
    logs = sandbox.client("logs")
    for number in range(105):
        logs.create_log_group(logGroupName=f"/shop/{number:03d}", tags=MAP)
    tagging = sandbox.client("resourcegroupstaggingapi")
    first = tagging.get_resources(TagFilters=MINE)
    assert len(first["ResourceTagMappingList"]) == 100 and first["PaginationToken"]
    rest = tagging.get_resources(TagFilters=MINE, PaginationToken=first["PaginationToken"])
    assert len(rest["ResourceTagMappingList"]) == 5 and rest["PaginationToken"] == ""


def test_what_is_deleted_is_no_longer_listed(sandbox):
    ec2, secrets = sandbox.client("ec2"), sandbox.client("secretsmanager")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=specification("vpc"))["Vpc"]["VpcId"]
    secrets.create_secret(Name="shop", SecretString="s", Tags=TAGS)
    assert len(find(sandbox)) == 2
    ec2.delete_vpc(VpcId=vpc)
    secrets.delete_secret(SecretId="shop")
    assert find(sandbox) == []
