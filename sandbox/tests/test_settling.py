"""Refusals that pass by themselves, each once or twice on an instant clock."""

import json

import pytest
from botocore.exceptions import ClientError

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


@pytest.fixture
def late(sandbox):
    """Only what a test switches on is late."""
    yield sandbox
    sandbox.control("POST", "lag", {"mode": "off"})


def _only(sandbox, operation, code, calls=1):
    sandbox.control("POST", "lag", {"rules": [{"operation": operation, "code": code, "calls": calls}]})


def _refusals(act, *args, **kwargs):
    """The codes that come before it works."""
    codes = []
    while len(codes) < 9:
        try:
            act(*args, **kwargs)
            return codes
        except ClientError as refused:
            codes.append(refused.response["Error"]["Code"])
    return codes


def _network(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
        for n, zone in enumerate("ab")
    ]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return vpc, subnets, gateway


def test_an_address_is_held_after_its_nat_gateway(late):
    _only(late, "ReleaseAddress", "AuthFailure", 2)
    ec2 = late.client("ec2")
    _, subnets, _ = _network(ec2)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    ec2.delete_nat_gateway(NatGatewayId=nat)
    ec2.describe_nat_gateways()
    assert _refusals(ec2.release_address, AllocationId=address) == ["AuthFailure"] * 2
    other = ec2.allocate_address(Domain="vpc")["AllocationId"]
    assert _refusals(ec2.release_address, AllocationId=other) == []


def test_a_vpc_is_in_use_after_its_last_part_went(late):
    _only(late, "DeleteVpc", "DependencyViolation", 2)
    ec2 = late.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    ec2.delete_subnet(SubnetId=subnet)
    assert _refusals(ec2.delete_vpc, VpcId=other) == []
    assert _refusals(ec2.delete_vpc, VpcId=vpc) == ["DependencyViolation"] * 2


def test_a_route_table_is_in_use_after_its_association(late):
    _only(late, "DeleteRouteTable", "DependencyViolation")
    ec2 = late.client("ec2")
    vpc, subnets, _ = _network(ec2)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[0])["AssociationId"]
    ec2.disassociate_route_table(AssociationId=association)
    assert _refusals(ec2.delete_route_table, RouteTableId=table) == ["DependencyViolation"]


def test_a_role_is_in_use_after_its_last_policy(late):
    _only(late, "DeleteRole", "DeleteConflict")
    iam = late.client("iam")
    iam.create_role(RoleName="one", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="one", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.detach_role_policy(RoleName="one", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert _refusals(iam.delete_role, RoleName="one") == ["DeleteConflict"]


def test_services_do_not_know_a_new_role(late):
    _only(late, "CreateFlowLogs", "InvalidParameter")
    role = late.client("iam").create_role(RoleName="one", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    ec2 = late.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    late.client("logs").create_log_group(logGroupName="flows")
    asked = dict(
        ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogGroupName="flows", DeliverLogsPermissionArn=role
    )
    assert _refusals(ec2.create_flow_logs, **asked) == ["InvalidParameter"]


def test_a_new_role_is_no_principal_yet(late):
    _only(late, "CreateRole", "MalformedPolicyDocument")
    iam = late.client("iam")
    role = iam.create_role(RoleName="one", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": role}, "Action": "sts:AssumeRole"}],
        }
    )
    made = _refusals(iam.create_role, RoleName="two", AssumeRolePolicyDocument=trust)
    assert made == ["MalformedPolicyDocument"]


def test_calls_on_a_log_group_meet(late):
    _only(late, "PutRetentionPolicy", "OperationAbortedException")
    logs = late.client("logs")
    logs.create_log_group(logGroupName="one")
    refused = _refusals(logs.put_retention_policy, logGroupName="one", retentionInDays=7)
    assert refused == ["OperationAbortedException"]


def test_a_cache_is_busy_after_a_change_and_its_subnet_group_after_its_end(late):
    cache, ec2 = late.client("elasticache"), late.client("ec2")
    _, subnets, _ = _network(ec2)
    cache.create_cache_subnet_group(CacheSubnetGroupName="one", CacheSubnetGroupDescription="x", SubnetIds=subnets)
    asked = dict(ReplicationGroupDescription="x", NumCacheClusters=1, CacheSubnetGroupName="one", Engine="valkey")
    late.control(
        "POST",
        "lag",
        {
            "rules": [
                {"service": "elasticache", "operation": "ModifyReplicationGroup", "code": "InvalidReplicationGroupState", "calls": 1},
                {"operation": "DescribeReplicationGroups", "calls": 1},
                {"operation": "DeleteCacheSubnetGroup", "calls": 1},
            ]
        },
    )
    cache.create_replication_group(ReplicationGroupId="group", **asked)
    assert _refusals(cache.describe_replication_groups, ReplicationGroupId="group") == ["ReplicationGroupNotFoundFault"]
    change = dict(ReplicationGroupId="group", SnapshotRetentionLimit=3)
    assert _refusals(cache.modify_replication_group, **change) == ["InvalidReplicationGroupState"]
    days = [cache.describe_replication_groups()["ReplicationGroups"][0]["SnapshotRetentionLimit"] for _ in range(2)]
    assert days == [0, 3], "as it was, for one call"
    _refusals(cache.delete_replication_group, ReplicationGroupId="group")
    assert cache.describe_replication_groups()["ReplicationGroups"] == []
    assert _refusals(cache.delete_cache_subnet_group, CacheSubnetGroupName="one") == ["DependencyViolation"]


def test_a_parameter_group_is_in_use_after_its_instance(late):
    rds = late.client("rds")
    _only(late, "DeleteDBParameterGroup", "InvalidDBParameterGroupState", 2)
    rds.create_db_parameter_group(DBParameterGroupName="one", DBParameterGroupFamily="postgres17", Description="x")
    rds.create_db_instance(
        DBInstanceIdentifier="db", DBInstanceClass="db.t4g.micro", Engine="postgres", MasterUsername="chief",
        MasterUserPassword="a-long-password", AllocatedStorage=20, DBParameterGroupName="one",
    )
    rds.describe_db_instances()
    rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    rds.describe_db_instances()
    refused = _refusals(rds.delete_db_parameter_group, DBParameterGroupName="one")
    assert refused == ["InvalidDBParameterGroupState"] * 2


def test_a_modified_database_stays_as_it_was_and_tells_what_is_pending(late):
    rds = late.client("rds")
    late.control("POST", "lag", {"rules": [{"operation": "DescribeDBInstances", "calls": 1}]})
    rds.create_db_instance(
        DBInstanceIdentifier="db", DBInstanceClass="db.t4g.micro", Engine="postgres", MasterUsername="chief",
        MasterUserPassword="a-long-password", AllocatedStorage=20,
    )
    rds.describe_db_instances()
    rds.modify_db_instance(DBInstanceIdentifier="db", DBInstanceClass="db.t4g.small", ApplyImmediately=True)
    first, second = (rds.describe_db_instances()["DBInstances"][0] for _ in range(2))
    assert (first["DBInstanceStatus"], first["DBInstanceClass"]) == ("available", "db.t4g.micro")
    assert first["PendingModifiedValues"] == {"DBInstanceClass": "db.t4g.small"}
    assert second["DBInstanceClass"] == "db.t4g.small"


def test_a_certificate_is_unknown_to_listeners_at_first_and_in_use_at_last(late):
    acm, elb, ec2 = late.client("acm"), late.client("elbv2"), late.client("ec2")
    _, subnets, _ = _network(ec2)
    balancer = elb.create_load_balancer(Name="lb", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    late.control("POST", "seed", {"zones": ["example.org"]})
    late.control(
        "POST",
        "lag",
        {
            "rules": [
                {"operation": "DescribeCertificate", "calls": 1},
                {"operation": "CreateListener", "code": "CertificateNotFound", "calls": 1},
                {"operation": "CreateRule", "code": "ListenerNotFound", "calls": 1},
                {"operation": "DeleteCertificate", "calls": 2},
            ]
        },
    )
    arn = acm.request_certificate(DomainName="a.example.org", ValidationMethod="DNS")["CertificateArn"]
    option = lambda: acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"][0]  # noqa: E731
    assert "ResourceRecord" not in option()
    record = option()["ResourceRecord"]
    zone = late.client("route53").list_hosted_zones()["HostedZones"][0]["Id"]
    change = {"Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": record["Value"]}]}
    late.client("route53").change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": change}]}
    )
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED"
    made = []

    def listen():
        made.append(
            elb.create_listener(
                LoadBalancerArn=balancer, Protocol="HTTPS", Port=443, Certificates=[{"CertificateArn": arn}],
                DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
            )["Listeners"][0]["ListenerArn"]
        )

    assert _refusals(listen) == ["CertificateNotFound"]
    rule = dict(
        ListenerArn=made[0], Priority=1, Conditions=[{"Field": "path-pattern", "Values": ["/x"]}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )
    assert _refusals(elb.create_rule, **rule) == ["ListenerNotFound"]
    elb.delete_listener(ListenerArn=made[0])
    assert _refusals(acm.delete_certificate, CertificateArn=arn) == ["ResourceInUseException"] * 2


def test_a_secret_is_described_after_a_forced_deletion_and_its_name_is_taken(late):
    secrets = late.client("secretsmanager")
    late.control("POST", "lag", {"rules": [{"operation": "DescribeSecret", "calls": 1}, {"operation": "CreateSecret", "calls": 2}]})
    arn = secrets.create_secret(Name="one", SecretString="x")["ARN"]
    secrets.delete_secret(SecretId="one", ForceDeleteWithoutRecovery=True)
    shown = secrets.describe_secret(SecretId=arn)
    assert shown["Name"] == "one" and shown["DeletedDate"]
    assert _refusals(secrets.restore_secret, SecretId="one")[0] == "InvalidRequestException"
    messages = []
    for _ in range(2):
        with pytest.raises(ClientError) as caught:
            secrets.create_secret(Name="one", SecretString="x")
        messages.append(caught.value.response["Error"]["Message"])
    assert any("scheduled for deletion" in m for m in messages) and any("was deleted" in m for m in messages)
    secrets.create_secret(Name="one", SecretString="x")
