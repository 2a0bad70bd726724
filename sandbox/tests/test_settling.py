"""Refusals that pass by themselves, each once or twice on an instant clock."""

import json

import pytest
from botocore.exceptions import ClientError
from stack import Stack
from test_ecs_strategies import BLUE_GREEN, Two

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


def _errors(act, *args, **kwargs):
    """What comes before it works."""
    errors = []
    while len(errors) < 9:
        try:
            act(*args, **kwargs)
            return errors
        except ClientError as refused:
            errors.append(refused.response["Error"])
    return errors


def _refusals(act, *args, **kwargs):
    """The codes that come before it works."""
    return [error["Code"] for error in _errors(act, *args, **kwargs)]


def _sentences(act, *args, **kwargs):
    """The same in AWS's words."""
    return [error["Message"] for error in _errors(act, *args, **kwargs)]


def _role(late, name, service):
    """A new role that a service may take; its ARN."""
    trust = TRUST.replace("vpc-flow-logs", service)
    return late.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]


def _database(rds, **more):
    """A new instance."""
    rds.create_db_instance(
        DBInstanceIdentifier="db", DBInstanceClass="db.t4g.micro", Engine="postgres", MasterUsername="chief",
        MasterUserPassword="a-long-password", AllocatedStorage=20, **more,
    )


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
    _database(rds, DBParameterGroupName="one")
    rds.describe_db_instances()
    rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    rds.describe_db_instances()
    refused = _refusals(rds.delete_db_parameter_group, DBParameterGroupName="one")
    assert refused == ["InvalidDBParameterGroupState"] * 2


def test_a_modified_database_stays_as_it_was_and_tells_what_is_pending(late):
    rds = late.client("rds")
    late.control("POST", "lag", {"rules": [{"operation": "DescribeDBInstances", "calls": 1}]})
    _database(rds)
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


def test_ecs_knows_neither_a_new_role_of_the_traffic_nor_a_new_listener(late):
    _only(late, "CreateService", "InvalidParameterException")
    two = Two(late)
    asked = dict(deploymentConfiguration=BLUE_GREEN, loadBalancers=two.balancers())
    role, listener = sorted(_sentences(two.stack.serve, two.stack.define(), **asked))
    assert role.startswith("ECS was unable to manage the ELB resources due to missing permissions on ECS Infrastructure Role")
    assert two.advanced["roleArn"] in role
    assert listener == f"The target group with targetGroupArn {two.blue} does not have an associated load balancer."


def test_rds_does_not_know_a_new_role_for_its_metrics(late):
    _only(late, "CreateDBInstance", "InvalidParameterValue")
    role = _role(late, "metrics", "monitoring.rds")
    said = _sentences(_database, late.client("rds"), MonitoringInterval=60, MonitoringRoleArn=role)
    assert len(said) == 1 and "required permissions for: ENHANCED_MONITORING" in said[0]


def test_tasks_wait_for_both_of_their_roles(late):
    _only(late, "RunTask", "ClientException")
    stack = Stack(late)
    asked = dict(
        cluster="main", taskDefinition=stack.define(), launchType="FARGATE", networkConfiguration=stack.network
    )
    said = _sentences(stack.ecs.run_task, **asked)
    assert [name for name in ("execution", "task") if any(f"unable to assume the role '{stack.roles[name]}'" in s for s in said)] == [
        "execution", "task",
    ]
    assert len(said) == 2


def test_scaling_knows_neither_a_new_service_nor_a_new_role_and_its_alarms_come_later(late):
    late.control(
        "POST",
        "lag",
        {
            "rules": [
                {"operation": "RegisterScalableTarget", "code": "ValidationException", "calls": 1},
                {"operation": "PutScalingPolicy", "code": "FailedResourceAccessException", "calls": 1},
            ]
        },
    )
    stack = Stack(late)
    stack.serve(stack.define(), balanced=False)
    scaling, role = late.client("application-autoscaling"), _role(late, "scaling", "application-autoscaling")
    target = dict(ServiceNamespace="ecs", ResourceId="service/main/app", ScalableDimension="ecs:service:DesiredCount")
    asked = dict(**target, MinCapacity=1, MaxCapacity=3, RoleARN=role)
    said = _sentences(scaling.register_scalable_target, **asked)
    assert sorted(said) == ["ECS service doesn't exist: service/main/app", f"Unable to assume IAM role: {role}"]
    metric = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}, "TargetValue": 60.0}
    policy = dict(PolicyName="cpu", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=metric)
    assert _refusals(scaling.put_scaling_policy, **target, **policy) == ["FailedResourceAccessException"]


def test_a_service_is_not_deleted_while_it_is_deployed(late):
    _only(late, "DeleteService", "InvalidParameterException", 2)
    stack = Stack(late)
    stack.serve(stack.define(), balanced=False)
    said = _sentences(stack.ecs.delete_service, cluster="main", service="app", force=True)
    assert said == ["The service cannot be stopped while deployments are active."] * 2


def test_a_target_group_is_in_use_after_its_listener(late):
    _only(late, "DeleteTargetGroup", "ResourceInUse")
    stack = Stack(late)
    stack.listen()
    stack.elbv2.delete_load_balancer(LoadBalancerArn=stack.balancer)
    assert _refusals(stack.elbv2.delete_target_group, TargetGroupArn=stack.target_group) == ["ResourceInUse"]


def test_two_changes_of_a_zone_do_not_meet(late):
    _only(late, "ChangeResourceRecordSets", "PriorRequestNotComplete")
    late.control("POST", "seed", {"zones": ["example.org"]})
    route53 = late.client("route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]

    def change(name):
        record = {"Name": f"{name}.example.org", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "example.net"}]}
        batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
        return _refusals(route53.change_resource_record_sets, HostedZoneId=zone, ChangeBatch=batch)

    assert (change("a"), change("b")) == ([], ["PriorRequestNotComplete"])


def test_ecs_does_not_know_a_new_namespace(late):
    _only(late, "CreateCluster", "NamespaceNotFoundException")
    late.client("servicediscovery").create_http_namespace(Name="shop")
    asked = dict(clusterName="main", serviceConnectDefaults={"namespace": "shop"})
    assert _refusals(late.client("ecs").create_cluster, **asked) == ["NamespaceNotFoundException"]


def test_a_new_secret_has_no_value_yet(late):
    _only(late, "GetSecretValue", "ResourceNotFoundException")
    secrets = late.client("secretsmanager")
    secrets.create_secret(Name="one", SecretString="x")
    assert _refusals(secrets.get_secret_value, SecretId="one") == ["ResourceNotFoundException"]


def test_an_instance_is_protected_for_a_moment_longer(late):
    _only(late, "DeleteDBInstance", "InvalidParameterCombination")
    rds = late.client("rds")
    _database(rds, DeletionProtection=True)
    rds.describe_db_instances()
    rds.modify_db_instance(DBInstanceIdentifier="db", DeletionProtection=False, ApplyImmediately=True)
    rds.describe_db_instances()
    refused = _refusals(rds.delete_db_instance, DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    assert refused == ["InvalidParameterCombination"]
