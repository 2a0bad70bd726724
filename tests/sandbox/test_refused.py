"""What AWS refuses by rule, service by service, and the sandbox once took."""

import json

import pytest
from botocore.exceptions import ClientError
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
    assert _code(ec2.create_vpc_endpoint, VpcId=vpc, ServiceName="com.example.s3") == "InvalidServiceName"
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
