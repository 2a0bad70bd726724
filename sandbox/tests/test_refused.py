"""What AWS refuses by rule, service by service, and the sandbox once took."""

import json

import pytest
from botocore.exceptions import ClientError
from stack import Stack
from stack_parts import refused


def _code(act, *args, **kwargs):
    with pytest.raises(ClientError) as caught:
        act(*args, **kwargs)
    return caught.value.response["Error"]["Code"]


def test_sns_topics(sandbox):
    sns = sandbox.client("sns")
    twice = [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]
    with refused("InvalidParameter", "Duplicated keys"):
        sns.create_topic(Name="one", Tags=twice)
    arn = sns.create_topic(Name="one", Attributes={"DisplayName": "a"})["TopicArn"]
    assert sns.create_topic(Name="one", Attributes={"DisplayName": "a"})["TopicArn"] == arn
    with refused("InvalidParameter", "different attributes"):
        sns.create_topic(Name="one", Attributes={"DisplayName": "b"})
    for policy, why in (
        ("no json", "Policy Error: null"),
        (json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}]}), "out of service scope"),
        (
            json.dumps(
                {
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"AWS": "arn:aws:iam::123456789012:role/none"},
                            "Action": "sns:Publish",
                        }
                    ]
                }
            ),
            "PrincipalNotFound",
        ),
    ):
        with refused("InvalidParameter", why):
            sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


def test_ranges_are_kept_without_host_bits(sandbox):
    ec2 = sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.2.3/16")["Vpc"]
    assert vpc["CidrBlock"] == "10.1.0.0/16"
    subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.1.0.9/24")["Subnet"]
    assert subnet["CidrBlock"] == "10.1.0.0/24"
    group = ec2.create_security_group(VpcId=vpc["VpcId"], GroupName="one", Description="x")["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.9.8.7/8"}]}
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])["SecurityGroupRules"]
    assert made[0]["CidrIpv4"] == "10.0.0.0/8"
    again = {**rule, "IpRanges": [{"CidrIp": "10.0.0.1/8"}]}
    assert _code(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[again]) == "InvalidPermission.Duplicate"
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[again])


def test_security_group_rules_are_checked_in_their_order(sandbox):
    ec2 = sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(VpcId=vpc, GroupName="one", Description="x")["GroupId"]
    made = ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]

    def modify(**rule):
        change = [{"SecurityGroupRuleId": made, "SecurityGroupRule": rule}]
        return ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=change)

    with refused("InvalidParameterValue", "'null' for protocol"):
        modify(ToPort=2)
    with refused("InvalidParameterValue", "both from and to ports"):
        modify(IpProtocol="udp", ToPort=2)
    with refused("MissingParameter", "exactly one of"):
        modify(IpProtocol="udp", FromPort=1, ToPort=2)
    with refused("InvalidParameterCombination", "Only one of"):
        modify(IpProtocol="udp", FromPort=1, ToPort=2, CidrIpv4="10.0.0.0/8", CidrIpv6="::/0")
    described = ec2.describe_security_group_rules
    assert _code(described, SecurityGroupRuleIds=["nonsense"]) == "InvalidSecurityGroupRuleId.Malformed"
    assert _code(described, SecurityGroupRuleIds=["sgr-0123456789abcdef0"]) == "InvalidSecurityGroupRuleId.NotFound"
    assert _code(described, Filters=[{"Name": "group-id", "Values": ["nonsense"]}]) == "InvalidGroupId.Malformed"
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[made])
    revoke = ec2.revoke_security_group_ingress
    assert _code(revoke, GroupId=group, SecurityGroupRuleIds=[made]) == "InvalidSecurityGroupRuleId.NotFound"
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    assert _code(revoke, GroupId=group, IpPermissions=[rule]) == "InvalidPermission.NotFound"


def test_names_of_security_groups(sandbox):
    ec2 = sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_security_group(VpcId=vpc, GroupName="One", Description="x")
    for name, description, code in (
        ("one", "x", "InvalidGroup.Duplicate"),
        ("sg-one", "x", "InvalidParameterValue"),
        ("two", "für alle", "InvalidParameterValue"),
        ("two", "a – b", "InvalidParameterValue"),
    ):
        assert _code(ec2.create_security_group, VpcId=vpc, GroupName=name, Description=description) == code


def test_gateways_endpoints_and_routes_are_there_once(sandbox):
    ec2 = sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    one, two = (ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"] for _ in range(2))
    ec2.attach_internet_gateway(InternetGatewayId=one, VpcId=vpc)
    assert _code(ec2.attach_internet_gateway, InternetGatewayId=one, VpcId=vpc) == "Resource.AlreadyAssociated"
    with refused("InvalidParameterValue", "already has an internet gateway attached"):
        ec2.attach_internet_gateway(InternetGatewayId=two, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    s3 = dict(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[table])
    ec2.create_vpc_endpoint(**s3)
    assert _code(ec2.create_vpc_endpoint, **s3) == "RouteAlreadyExists"
    for name in ("com.example.s3", "com.amazonaws.us-east-1.s4", "com.amazonaws.eu-west-1.s3"):
        assert _code(ec2.create_vpc_endpoint, VpcId=vpc, ServiceName=name) == "InvalidServiceName"
    for name in ("ecr.dkr", "ecr.api", "logs", "bedrock-runtime", "ssmmessages", "guardduty-data", "kms-fips"):
        made = dict(VpcId=vpc, VpcEndpointType="Interface", ServiceName=f"com.amazonaws.us-east-1.{name}")
        assert ec2.create_vpc_endpoint(**made)["VpcEndpoint"]["ServiceName"] == made["ServiceName"]
    with refused("InvalidParameterValue", "There is no route defined for"):
        ec2.replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=one)
    gone = ec2.delete_vpc_endpoints(VpcEndpointIds=["vpce-0123456789abcdef0"])["Unsuccessful"]
    assert gone[0]["Error"]["Code"] == "InvalidVpcEndpoint.NotFound"


def test_flow_logs_want_a_role_that_is_there(sandbox):
    ec2 = sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    asked = dict(ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogGroupName="flows")
    with refused("InvalidParameter", "Unable to assume given IAM role"):
        ec2.create_flow_logs(DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/none", **asked)


def test_an_interface_that_an_instance_left_can_be_deleted(sandbox):
    ec2 = sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    kept = {"DeviceIndex": 0, "SubnetId": subnet, "DeleteOnTermination": False}
    image = ec2.register_image(Name="image", Architecture="x86_64", RootDeviceName="/dev/sda1")["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, NetworkInterfaces=[kept])["Instances"][0]
    interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    ec2.delete_network_interface(NetworkInterfaceId=interface)


def test_elasticache(sandbox, ticking):
    ec2, cache = sandbox.client("ec2"), sandbox.client("elasticache")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"] for n in range(2)]
    group = dict(CacheSubnetGroupName="one", CacheSubnetGroupDescription="x")
    assert _code(cache.create_cache_subnet_group, SubnetIds=["subnet-0123456789abcdef0"], **group) == "InvalidSubnet"
    cache.create_cache_subnet_group(SubnetIds=subnets, **group)
    asked = dict(ReplicationGroupId="one", ReplicationGroupDescription="x", Engine="valkey", CacheSubnetGroupName="one")
    assert _code(cache.create_replication_group, CacheNodeType="cache.huge", **asked) == "InvalidParameterValue"
    cache.create_replication_group(CacheNodeType="cache.t4g.small", NumCacheClusters=2, **asked)
    cache.describe_replication_groups()
    grow = dict(ReplicationGroupId="one", ApplyImmediately=True)
    assert _code(cache.increase_replica_count, NewReplicaCount=1, **grow) == "NoOperationFault"
    assert _code(cache.increase_replica_count, NewReplicaCount=6, **grow) == "InvalidParameterValue"
    modify = cache.modify_cache_subnet_group
    assert _code(modify, CacheSubnetGroupName="one", SubnetIds=subnets[:1]) == "SubnetInUse"
    late = ticking.client("elasticache")
    arn = late.create_replication_group(ReplicationGroupId="two", ReplicationGroupDescription="x", Engine="valkey")[
        "ReplicationGroup"
    ]["ARN"]
    assert _code(late.list_tags_for_resource, ResourceName=arn) == "InvalidReplicationGroupState"


def _database(rds, **more):
    return rds.create_db_instance(
        DBInstanceIdentifier="db", DBInstanceClass="db.t4g.micro", Engine="postgres", MasterUsername="chief",
        AllocatedStorage=20, **more,
    )["DBInstance"]


def test_rds_says_what_is_on_its_way(sandbox):
    rds = sandbox.client("rds")
    made = _database(rds, MasterUserPassword="a-long-password")
    assert made["PendingModifiedValues"] == {"MasterUserPassword": "****"}
    assert "AvailabilityZone" not in made
    there = rds.describe_db_instances()["DBInstances"][0]
    assert there["PendingModifiedValues"] == {} and there["AvailabilityZone"]


def test_rds_keeps_a_password_itself(sandbox):
    rds, secrets, kms = (sandbox.client(name) for name in ("rds", "secretsmanager", "kms"))
    key = kms.describe_key(KeyId="alias/aws/secretsmanager")["KeyMetadata"]["Arn"]
    held = _database(rds, ManageMasterUserPassword=True)["MasterUserSecret"]
    assert (held["SecretStatus"], held["KmsKeyId"]) == ("creating", key)
    state = lambda: rds.describe_db_instances()["DBInstances"][0].get("MasterUserSecret", {}).get("SecretStatus")  # noqa: E731
    assert state() == "active"
    assert set(json.loads(secrets.get_secret_value(SecretId=held["SecretArn"])["SecretString"])) == {"username", "password"}
    before = secrets.get_secret_value(SecretId=held["SecretArn"])["SecretString"]
    modify = lambda **how: rds.modify_db_instance(DBInstanceIdentifier="db", ApplyImmediately=True, **how)["DBInstance"]  # noqa: E731
    assert modify(RotateMasterUserPassword=True)["MasterUserSecret"]["SecretStatus"] == "rotating"
    assert state() == "active"
    assert secrets.get_secret_value(SecretId=held["SecretArn"])["SecretString"] != before
    modify(ManageMasterUserPassword=False, MasterUserPassword="another-password")
    assert state() is None
    assert _code(secrets.describe_secret, SecretId=held["SecretArn"]) == "ResourceNotFoundException"
    again = modify(ManageMasterUserPassword=True)["MasterUserSecret"]
    assert again["SecretStatus"] == "creating" and again["SecretArn"] != held["SecretArn"]


def test_storage_is_changed_once_in_six_hours(ticking):
    rds = ticking.client("rds")
    _database(rds, MasterUserPassword="a-long-password")

    def wait(status="available"):
        for _ in range(500):
            found = rds.describe_db_instances()["DBInstances"][0]
            if found["DBInstanceStatus"] == status and not found["PendingModifiedValues"]:
                return found
        raise AssertionError(found)

    wait()
    rds.modify_db_instance(DBInstanceIdentifier="db", AllocatedStorage=30, ApplyImmediately=True)
    assert wait("storage-optimization")["AllocatedStorage"] == 30
    with refused("InvalidParameterCombination", "previous storage change is being optimized"):
        rds.modify_db_instance(DBInstanceIdentifier="db", AllocatedStorage=40, ApplyImmediately=True)


def test_iam(sandbox):
    iam = sandbox.client("iam")

    def trust(**principal):
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    for principal in ({"Service": "nonsense.amazonaws.com"}, {"AWS": "arn:aws:iam::123456789012:role/none"}):
        with refused("MalformedPolicyDocument", "Invalid principal in policy"):
            iam.create_role(RoleName="one", AssumeRolePolicyDocument=trust(**principal))
    for service in ("ecs-tasks", "ecs", "monitoring.rds", "vpc-flow-logs", "ec2"):
        iam.create_role(RoleName=service, AssumeRolePolicyDocument=trust(Service=f"{service}.amazonaws.com"))
    attach = iam.attach_role_policy
    assert _code(attach, RoleName="ecs", PolicyArn="nothing-at-all-like-it") == "ValidationError"
    assert _code(attach, RoleName="ecs", PolicyArn="arn:aws:iam::aws:policy/Nothing") == "NoSuchEntity"

    def policy(size):
        return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::" + "x" * size}]})

    iam.put_role_policy(RoleName="ecs", PolicyName="a", PolicyDocument=policy(6000))
    with refused("LimitExceeded", "10240"):
        iam.put_role_policy(RoleName="ecs", PolicyName="b", PolicyDocument=policy(6000))
    iam.put_role_policy(RoleName="ecs", PolicyName="a", PolicyDocument=policy(9000) + " " * 5000)


def test_secrets(sandbox):
    secrets = sandbox.client("secretsmanager")
    secrets.create_secret(Name="one", SecretString="x")
    for asked, text in (({"VersionStage": "NONE"}, "staging label: NONE"), ({"VersionId": "0" * 36}, "VersionId: 000")):
        with pytest.raises(ClientError) as caught:
            secrets.get_secret_value(SecretId="one", **asked)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert text in caught.value.response["Error"]["Message"]
    assert _code(secrets.create_secret, Name="two", SecretString="ü" * 40000) == "ValidationException"


def test_ecs(sandbox):
    stack = Stack(sandbox)
    for container in ({"essential": False}, {"environment": [{"name": "A", "value": "1"}], "secrets": [{"name": "A", "valueFrom": "x"}]}):
        assert _code(stack.define, container=container) == "ClientException"
    definition = stack.define()
    both = [{"key": "k", "value": "1"}, {"key": "k", "value": "2"}]
    assert _code(stack.ecs.tag_resource, resourceArn=definition, tags=both) == "InvalidParameterException"
    with refused("InvalidParameterException", "both a launch type and capacity provider strategy"):
        stack.serve(definition, balanced=False, capacityProviderStrategy=[{"capacityProvider": "FARGATE"}])
    run = dict(cluster="main", taskDefinition=definition, launchType="FARGATE", networkConfiguration=stack.network)
    assert _code(stack.ecs.run_task, startedBy="some body", **run) == "InvalidParameterException"
    stack.ecs.run_task(startedBy="ajuda/run_1-2", **run)
    stack.serve(definition, balanced=False)
    deployment = stack.ecs.list_service_deployments(cluster="main", service="app")["serviceDeployments"][0]
    with refused("InvalidParameterException", "ROLLBACK"):
        stack.ecs.stop_service_deployment(serviceDeploymentArn=deployment["serviceDeploymentArn"], stopType="ABORT")


def test_an_entry_point_of_a_shell_loses_the_words_of_a_command(sandbox):
    stack = Stack(sandbox)
    stack.image("tool")
    definition = stack.define(image=stack.image("tool"), container={"entryPoint": ["sh", "-c"]})
    stack.ecs.run_task(
        cluster="main", taskDefinition=definition, launchType="FARGATE", networkConfiguration=stack.network,
        overrides={"containerOverrides": [{"name": "app", "command": ["echo", "hello"]}]},
    )
    stack.tasks()
    stack.tasks("STOPPED")
    said = [e["message"] for e in stack.logs.filter_log_events(logGroupName="/ecs/app")["events"]]
    assert said == [""], "the shell runs `echo`, and `hello` is its $0"


def test_load_balancing(sandbox):
    stack = Stack(sandbox)
    stack.listen()
    attributes = [{"Key": "idle_timeout.timeout_seconds", "Value": "5000"}]
    modify = stack.elbv2.modify_load_balancer_attributes
    assert _code(modify, LoadBalancerArn=stack.balancer, Attributes=attributes) == "InvalidConfigurationRequest"
    listener = stack.elbv2.describe_listeners(LoadBalancerArn=stack.balancer)["Listeners"][0]["ListenerArn"]
    forward = [{"Type": "forward", "TargetGroupArn": stack.target_group}]
    paths = [{"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/{n}" for n in range(6)]}}]
    create = stack.elbv2.create_rule
    assert _code(create, ListenerArn=listener, Priority=1, Conditions=paths, Actions=forward) == "ValidationError"
    paths[0]["PathPatternConfig"]["Values"].pop()
    rule = create(ListenerArn=listener, Priority=1, Conditions=paths, Actions=forward)["Rules"][0]["RuleArn"]
    stack.elbv2.delete_rule(RuleArn=rule)
    assert _code(stack.elbv2.delete_rule, RuleArn=rule) == "RuleNotFound"
    default = stack.elbv2.describe_rules(ListenerArn=listener)["Rules"][0]["RuleArn"]
    assert _code(stack.elbv2.delete_rule, RuleArn=default) == "OperationNotPermitted"
    stack.elbv2.delete_listener(ListenerArn=listener)
    assert _code(stack.elbv2.delete_listener, ListenerArn=listener) == "ListenerNotFound"
    name = stack.elbv2.describe_load_balancers()["LoadBalancers"][0]["DNSName"]
    zone = sandbox.control("POST", "seed", {"zones": ["example.org"]})["zones"]["example.org"]
    alias = {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": name, "EvaluateTargetHealth": False}
    change = {"Action": "CREATE", "ResourceRecordSet": {"Name": "example.org", "Type": "A", "AliasTarget": alias}}
    with refused("InvalidChangeBatch", "does not lie within the target zone"):
        sandbox.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})


def test_small_services(sandbox):
    acm, logs, alarms = (sandbox.client(name) for name in ("acm", "logs", "cloudwatch"))
    assert _code(acm.request_certificate, DomainName="no domain at all") == "ValidationException"
    arn = acm.request_certificate(DomainName="a.example.org", ValidationMethod="DNS")["CertificateArn"]
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["KeyAlgorithm"] == "RSA-2048"
    group = "arn:aws:logs:us-east-1:123456789012:log-group:none"
    assert _code(logs.list_tags_for_resource, resourceArn=group) == "ResourceNotFoundException"
    names = sandbox.client("servicediscovery")
    none = "arn:aws:servicediscovery:us-east-1:123456789012:namespace/ns-none"
    assert _code(names.list_tags_for_resource, ResourceARN=none) == "ResourceNotFoundException"
    alarm = dict(
        AlarmName="one", Namespace="n", MetricName="m", Threshold=1, ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=2, Period=60, Statistic="Sum",
    )
    alarms.put_metric_alarm(**alarm)
    for wrong in ({"Period": 45}, {"DatapointsToAlarm": 3}):
        assert _code(alarms.put_metric_alarm, **{**alarm, **wrong}) == "ValidationError"
    del alarm["Statistic"]
    assert _code(alarms.put_metric_alarm, **alarm) == "ValidationError"
    tagging = sandbox.client("resourcegroupstaggingapi")
    assert _code(tagging.get_resources, ResourcesPerPage=0) == "InvalidParameterException"
    assert _code(tagging.get_resources, PaginationToken="nonsense") == "PaginationTokenExpiredException"


def test_one_target_tracking_policy_a_metric(sandbox):
    stack = Stack(sandbox)
    stack.serve(stack.define(), balanced=False)
    scaling = sandbox.client("application-autoscaling")
    place = dict(ServiceNamespace="ecs", ResourceId="service/main/app", ScalableDimension="ecs:service:DesiredCount")
    scaling.register_scalable_target(MinCapacity=1, MaxCapacity=3, **place)
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    policy = dict(
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 50, "PredefinedMetricSpecification": metric},
        **place,
    )
    scaling.put_scaling_policy(PolicyName="one", **policy)
    scaling.put_scaling_policy(PolicyName="one", **policy)
    with refused("ValidationException", "Only one TargetTrackingScaling policy"):
        scaling.put_scaling_policy(PolicyName="two", **policy)
