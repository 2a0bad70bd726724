"""Everything of a stack's ground floor comes and goes, and the account is as it was found."""

import json

from stack_parts import TAGS, Network, specification
from test_elasticache import Cache
from test_iam import ALLOW, TRUST
from test_rds import Database


def inventory(sandbox):
    """What exists, but for what AWS itself keeps: service-linked roles and the groups of exported logs."""
    found = sandbox.control("GET", "inventory")
    found["iam"]["roles"] = {k: v for k, v in found["iam"]["roles"].items() if not k.startswith("AWSServiceRole")}
    found["logs"]["groups"] = {k: v for k, v in found["logs"]["groups"].items() if not k.startswith("/aws/rds/")}
    return json.loads(json.dumps(found, sort_keys=True))


def test_the_network_goes_without_a_trace(sandbox):
    before = inventory(sandbox)
    network = Network(sandbox)
    ec2 = network.ec2
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=specification("elastic-ip"))["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=network.subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=gateway)
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=network.subnets[1])["AssociationId"]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=network.vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[table]
    )["VpcEndpoint"]["VpcEndpointId"]
    assert inventory(sandbox) != before
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    ec2.release_address(AllocationId=address)
    ec2.disassociate_route_table(AssociationId=association)
    ec2.delete_route_table(RouteTableId=table)
    network.delete()
    assert inventory(sandbox) == before
    assert ec2.describe_tags()["Tags"] == []


def test_data_stores_go_without_a_trace(sandbox):
    before = inventory(sandbox)
    database = Database(sandbox)
    database.create(DeletionProtection=False)
    database.read()
    database.rds.delete_db_instance(DBInstanceIdentifier="main", FinalDBSnapshotIdentifier="final")
    assert "final" in inventory(sandbox)["rds"]["snapshots"]
    database.rds.delete_db_snapshot(DBSnapshotIdentifier="final")
    database.rds.delete_db_subnet_group(DBSubnetGroupName="main")
    database.rds.delete_db_parameter_group(DBParameterGroupName="main")
    database.network.delete()
    cache = Cache(sandbox)
    cache.create()
    cache.read()
    cache.client.delete_replication_group(ReplicationGroupId="shop")
    cache.client.describe_replication_groups()
    cache.client.delete_cache_subnet_group(CacheSubnetGroupName="shop")
    cache.client.delete_cache_parameter_group(CacheParameterGroupName="shop")
    cache.network.delete()
    assert inventory(sandbox) == before


def test_the_load_balancer_and_its_roles_go_without_a_trace(sandbox):
    before = inventory(sandbox)
    network, elb, iam = Network(sandbox), sandbox.client("elbv2"), sandbox.client("iam")
    iam.create_role(RoleName="task", AssumeRolePolicyDocument=TRUST, Tags=TAGS)
    iam.put_role_policy(RoleName="task", PolicyName="inline", PolicyDocument=ALLOW)
    balancer = elb.create_load_balancer(Name="shop", Subnets=network.subnets, SecurityGroups=[network.group], Tags=TAGS)
    balancer = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    group = elb.create_target_group(Name="shop", Protocol="HTTP", Port=80, VpcId=network.vpc, TargetType="ip")
    group = group["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    elb.delete_target_group(TargetGroupArn=group)
    iam.delete_role_policy(RoleName="task", PolicyName="inline")
    iam.delete_role(RoleName="task")
    network.delete()
    assert inventory(sandbox) == before
