"""EC2: what takes time, what is refused, what is echoed."""

import pytest
from stack import TRUST
from stack_parts import Network, refused, specification, wait


@pytest.fixture
def network(sandbox):
    return Network(sandbox)


def nat(network, **more):
    address = network.ec2.allocate_address(Domain="vpc", TagSpecifications=specification("elastic-ip"))["AllocationId"]
    made = network.ec2.create_nat_gateway(
        SubnetId=network.subnets[0], AllocationId=address, TagSpecifications=specification("natgateway"), **more
    )
    return address, made["NatGateway"]["NatGatewayId"]


def test_a_nat_gateway_holds_its_address_subnet_and_internet_gateway(network):
    address, gateway = nat(network)
    with refused("InvalidIPAddress.InUse"):
        network.ec2.release_address(AllocationId=address)
    with refused("DependencyViolation", "has dependencies"):
        network.ec2.delete_subnet(SubnetId=network.subnets[0])
    with refused("DependencyViolation", "mapped public address"):
        network.ec2.detach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc)
    network.ec2.delete_nat_gateway(NatGatewayId=gateway)
    network.ec2.release_address(AllocationId=address)
    network.delete()


def test_a_nat_gateway_passes_through_its_states(ticking):
    network = Network(ticking)
    address, gateway = nat(network)

    def state():
        return network.ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"][0]["State"]

    assert wait(state, "available") == ["pending", "available"]
    network.ec2.delete_nat_gateway(NatGatewayId=gateway)
    with refused("InvalidIPAddress.InUse"):
        network.ec2.release_address(AllocationId=address)
    assert wait(state, "deleted") == ["deleting", "deleted"]
    network.ec2.release_address(AllocationId=address)


def test_a_nat_gateway_without_internet_gateway_fails(sandbox):
    network = Network(sandbox)
    network.ec2.detach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc)
    _, gateway = nat(network)
    made = network.ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"][0]
    assert (made["State"], made["FailureCode"]) == ("failed", "Gateway.NotAttached")


def test_a_repeated_client_token_makes_nothing_twice(network):
    address = network.ec2.allocate_address(Domain="vpc")["AllocationId"]
    ids = {
        network.ec2.create_nat_gateway(SubnetId=network.subnets[0], AllocationId=address, ClientToken="t")[
            "NatGateway"
        ]["NatGatewayId"]
        for _ in range(2)
    }
    tables = {
        network.ec2.create_route_table(VpcId=network.vpc, ClientToken="t")["RouteTable"]["RouteTableId"]
        for _ in range(2)
    }
    assert len(ids) == len(tables) == 1


def test_tag_filters_work_on_every_kind(network):
    _, gateway = nat(network)
    for value, count in (("shop", 1), ("other", 0), ("sh*", 1)):
        filters = [{"Name": "tag:ajuda:stack", "Values": [value]}]
        assert len(network.ec2.describe_nat_gateways(Filters=filters)["NatGateways"]) == count
        assert len(network.ec2.describe_addresses(Filters=filters)["Addresses"]) == count
        assert len(network.ec2.describe_vpcs(Filters=filters)["Vpcs"]) == count


def test_security_groups_answer_their_tags_and_hold_each_other(network):
    made = network.ec2.create_security_group(
        GroupName="db", Description="db", VpcId=network.vpc, TagSpecifications=specification("security-group")
    )
    assert {"Key": "ajuda:stack", "Value": "shop"} in made["Tags"]
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 5432,
        "ToPort": 5432,
        "UserIdGroupPairs": [{"GroupId": network.group, "Description": "app"}],
    }
    rule = network.ec2.authorize_security_group_ingress(
        GroupId=made["GroupId"], IpPermissions=[permission], TagSpecifications=specification("security-group-rule")
    )["SecurityGroupRules"][0]
    assert rule["Description"] == "app" and rule["Tags"]
    permission["UserIdGroupPairs"][0]["Description"] = "another text"
    with refused("InvalidPermission.Duplicate"):
        network.ec2.authorize_security_group_ingress(GroupId=made["GroupId"], IpPermissions=[permission])
    with refused("DependencyViolation", "dependent object"):
        network.ec2.delete_security_group(GroupId=network.group)
    network.ec2.revoke_security_group_ingress(
        GroupId=made["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
    )
    network.ec2.delete_security_group(GroupId=network.group)


def test_the_default_group_stays(network):
    filters = [{"Name": "vpc-id", "Values": [network.vpc]}, {"Name": "group-name", "Values": ["default"]}]
    group = network.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]
    with refused("CannotDelete", "default"):
        network.ec2.delete_security_group(GroupId=group)


def test_a_vpc_goes_only_when_it_is_empty(network):
    with refused("DependencyViolation", network.vpc):
        network.ec2.delete_vpc(VpcId=network.vpc)
    network.delete()
    with refused("InvalidVpcID.NotFound"):
        network.ec2.describe_vpcs(VpcIds=[network.vpc])


def test_gateway_endpoints_follow_their_route_tables(network):
    table = network.ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    endpoint = network.ec2.create_vpc_endpoint(
        VpcId=network.vpc, ServiceName="com.amazonaws.us-east-1.s3", TagSpecifications=specification("vpc-endpoint")
    )["VpcEndpoint"]
    assert endpoint["VpcEndpointType"] == "Gateway" and endpoint["PrivateDnsEnabled"] is False
    name = endpoint["VpcEndpointId"]

    def targets():
        routes = network.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return [route.get("GatewayId") for route in routes]

    network.ec2.modify_vpc_endpoint(VpcEndpointId=name, AddRouteTableIds=[table])
    assert name in targets()
    network.ec2.modify_vpc_endpoint(VpcEndpointId=name, RemoveRouteTableIds=[table])
    assert name not in targets()
    network.ec2.modify_vpc_endpoint(VpcEndpointId=name, AddRouteTableIds=[table])
    assert network.ec2.delete_vpc_endpoints(VpcEndpointIds=[name])["Unsuccessful"] == []
    assert name not in targets()
    with refused("InvalidVpcEndpointId.NotFound"):
        network.ec2.describe_vpc_endpoints(VpcEndpointIds=[name])


def test_routes_to_a_deleted_nat_gateway_are_black_holes(network):
    _, gateway = nat(network)
    table = network.ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    network.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=gateway)
    network.ec2.delete_nat_gateway(NatGatewayId=gateway)
    network.ec2.describe_nat_gateways()
    routes = network.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    assert [r["State"] for r in routes if r["DestinationCidrBlock"] == "0.0.0.0/0"] == ["blackhole"]


def test_dry_run_says_so_and_does_nothing(network):
    before = len(network.ec2.describe_vpcs()["Vpcs"])
    with refused("DryRunOperation") as caught:
        network.ec2.create_vpc(CidrBlock="10.9.0.0/16", DryRun=True)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert len(network.ec2.describe_vpcs()["Vpcs"]) == before


def test_flow_logs_are_idempotent_by_token(network, sandbox):
    sandbox.client("iam").create_role(RoleName="flow", AssumeRolePolicyDocument=TRUST)
    parameters = {
        "ResourceType": "VPC",
        "ResourceIds": [network.vpc],
        "TrafficType": "ALL",
        "LogGroupName": "/vpc",
        "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/flow",
        "ClientToken": "t",
        "TagSpecifications": specification("vpc-flow-log"),
    }
    first = network.ec2.create_flow_logs(**parameters)["FlowLogIds"]
    assert network.ec2.create_flow_logs(**parameters)["FlowLogIds"] == first
    found = network.ec2.describe_flow_logs(Filters=[{"Name": "tag:ajuda:stack", "Values": ["shop"]}])["FlowLogs"]
    assert [log["FlowLogId"] for log in found] == first
    network.ec2.delete_flow_logs(FlowLogIds=first)
    with refused("InvalidFlowLogId.NotFound"):
        network.ec2.describe_flow_logs(FlowLogIds=first)


def test_every_rule_that_was_made_is_answered_and_replaced_whole(network):
    def permission(port, **source):
        return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}

    made = network.ec2.authorize_security_group_ingress(
        GroupId=network.group,
        IpPermissions=[
            permission(80, IpRanges=[{"CidrIp": "0.0.0.0/0", "Description": "web"}]),
            permission(443, IpRanges=[{"CidrIp": "0.0.0.0/0"}], UserIdGroupPairs=[{"GroupId": network.group}]),
        ],
        TagSpecifications=specification("security-group-rule"),
    )["SecurityGroupRules"]
    assert len(made) == 3 and all(rule["Tags"] for rule in made)
    name = made[0]["SecurityGroupRuleId"]

    def change(**rule):
        update = {"SecurityGroupRuleId": name, "SecurityGroupRule": rule}
        network.ec2.modify_security_group_rules(GroupId=network.group, SecurityGroupRules=[update])
        return network.ec2.describe_security_group_rules(SecurityGroupRuleIds=[name])["SecurityGroupRules"][0]

    changed = change(IpProtocol="tcp", FromPort=81, ToPort=82, CidrIpv4="10.0.0.0/8")
    assert (changed["FromPort"], changed["ToPort"], changed["CidrIpv4"]) == (81, 82, "10.0.0.0/8")
    assert "Description" not in changed and changed["Tags"] == made[0]["Tags"]
    assert change(IpProtocol="-1", CidrIpv4="10.0.0.0/8", Description="all")["Description"] == "all"
    with refused("InvalidPermission.Duplicate"):
        change(IpProtocol="tcp", FromPort=443, ToPort=443, CidrIpv4="0.0.0.0/0")
    with refused("InvalidParameterValue", "rule type"):
        change(IpProtocol="tcp", FromPort=443, ToPort=443, ReferencedGroupId=network.group)


def test_routes_need_what_they_point_to(network):
    first, second = (network.ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    with refused("InvalidNatGatewayID.NotFound"):
        network.ec2.create_route(
            RouteTableId=first, DestinationCidrBlock="0.0.0.0/0", NatGatewayId="nat-0123456789abcdef0"
        )
    network.ec2.associate_route_table(RouteTableId=first, SubnetId=network.subnets[0])
    with refused("Resource.AlreadyAssociated"):
        network.ec2.associate_route_table(RouteTableId=second, SubnetId=network.subnets[0])


def test_what_comes_with_a_vpc_lets_everything_through_and_goes_with_it(sandbox):
    ec2 = sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    here = [{"Name": "vpc-id", "Values": [vpc]}]
    group = ec2.describe_security_groups(Filters=here)["SecurityGroups"][0]
    # "Default security groups for your VPCs", VPC user guide.
    assert group["GroupName"] == "default"
    assert group["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group["GroupId"]
    assert [rule["CidrIp"] for rule in group["IpPermissionsEgress"][0]["IpRanges"]] == ["0.0.0.0/0"]
    acl = ec2.describe_network_acls(Filters=here)["NetworkAcls"][0]
    assert acl["IsDefault"] and sorted(entry["RuleNumber"] for entry in acl["Entries"]) == [100, 100, 32767, 32767]
    ec2.delete_vpc(VpcId=vpc)
    assert ec2.describe_network_acls(Filters=here)["NetworkAcls"] == []
    assert ec2.describe_security_groups(Filters=here)["SecurityGroups"] == []


def test_entries_of_a_network_acl_are_there_once_and_the_last_cannot_change(sandbox):
    ec2 = sandbox.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    here = [{"Name": "vpc-id", "Values": [vpc]}]
    acl = ec2.describe_network_acls(Filters=here)["NetworkAcls"][0]["NetworkAclId"]
    entry = {"NetworkAclId": acl, "Egress": False, "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}
    ports = {"From": 0, "To": 21}
    ec2.create_network_acl_entry(**entry, RuleNumber=110, Protocol="6", PortRange=ports)
    with refused("NetworkAclEntryAlreadyExists"):
        ec2.create_network_acl_entry(**entry, RuleNumber=110, Protocol="6", PortRange=ports)
    with refused("MissingParameter"):
        ec2.create_network_acl_entry(**entry, RuleNumber=120, Protocol="6")
    with refused("InvalidParameterValue"):
        ec2.delete_network_acl_entry(NetworkAclId=acl, Egress=False, RuleNumber=32767)
    ec2.delete_network_acl_entry(NetworkAclId=acl, Egress=False, RuleNumber=110)
    with refused("InvalidNetworkAclEntry.NotFound"):
        ec2.delete_network_acl_entry(NetworkAclId=acl, Egress=False, RuleNumber=110)


def test_a_rule_that_is_not_there_cannot_be_revoked(network):
    group = network.ec2.create_security_group(GroupName="g", Description="g", VpcId=network.vpc)["GroupId"]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    network.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
    with refused("InvalidPermission.NotFound"):
        network.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
    with refused("InvalidSecurityGroupRuleId.NotFound"):
        network.ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=["sgr-0a1b2c3d4e5f60718"])
    v6 = [{"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]
    with refused("InvalidParameterValue", "remote-ipv6-range"):
        network.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=v6)
    # A rule that is there goes, whatever the VPC has.
    network.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=v6)
    network.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=v6)
    rules = network.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    assert rules["SecurityGroupRules"] == []
