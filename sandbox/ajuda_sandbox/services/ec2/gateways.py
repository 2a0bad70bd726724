"""EC2: NAT gateways, the interfaces of services, gateway endpoints."""

from __future__ import annotations

import functools
import json

from botocore.loaders import Loader
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.route_tables import Route
from moto.ec2.models.vpcs import VPCEndPoint
from moto.ec2.responses import EC2Response
from moto.elasticache.models import elasticache_backends
from moto.rds.models import rds_backends

from ...core import wire
from ..elasticache import state as elasticache_state
from ..rds import state as rds_state
from . import interfaces
from ...core.wire import Refusal, amends, checks, replaces

# Seconds on AWS, from public logs of NAT gateways coming and going.
NAT_PENDING, NAT_DELETING, NAT_REMEMBERED = 100, 60, 3600


def settle(backend, clock) -> None:
    """Brings gateways and interfaces of a region up to date."""
    # Databases and caches that are gone take their interfaces with them.
    rds_state.advance(rds_backends[backend.account_id][backend.region_name], clock)
    elasticache_state.advance(elasticache_backends[backend.account_id][backend.region_name], clock)
    for gateway in list(backend.nat_gateways.values()):
        _advance(backend, gateway, clock)
    interfaces.settle(backend, clock)


def _advance(backend, gateway, clock) -> None:
    """pending → available, deleting → deleted → forgotten."""
    since = getattr(gateway, "since", None)
    if since is None:
        return
    if gateway.state == "pending" and clock.due(since, NAT_PENDING):
        gateway.state, gateway.since = "available", wire.monotonic()
    elif gateway.state == "deleting" and clock.due(since, NAT_DELETING):
        for address in gateway.address_set:
            if address.get("associationId"):
                backend.disassociate_address(association_id=address["associationId"])
        backend.enis.pop(gateway._eni.id, None)
        gateway.state, gateway.since = "deleted", wire.monotonic()
        gateway.delete_time = wire.now()
    elif gateway.state == "deleted" and clock.due(since, NAT_REMEMBERED):
        backend.nat_gateways.pop(gateway.id, None)
        backend.tags.pop(gateway.id, None)


def nat_gateways(sandbox) -> None:
    """NAT gateways take their time, hold their address, and turn routes into black holes."""
    clock = sandbox.clock

    @amends(EC2Response, "CreateNatGateway")
    def created(response, sent, reply):
        backend = interfaces.backend_of(response)
        gateway = backend.nat_gateways[reply["NatGateway"]["NatGatewayId"]]
        gateway.since = wire.monotonic()
        gateway.state = "pending"
        interfaces.claim(gateway._eni, "nat_gateway", "amazon-aws")
        gateway._eni.description = f"Interface for NAT Gateway {gateway.id}"
        attached = any(igw.vpc and igw.vpc.id == gateway.vpc_id for igw in backend.internet_gateways.values())
        if not attached and gateway.connectivity_type != "private":
            # NatGateway.FailureCode: Gateway.NotAttached.
            gateway.state = "failed"
            gateway.failure_code = "Gateway.NotAttached"
            gateway.failure_message = f"Network {gateway.vpc_id} has no Internet gateway attached"
            backend.disassociate_address(association_id=gateway.address_set[0]["associationId"])
            backend.enis.pop(gateway._eni.id, None)
        reply["NatGateway"]["State"] = "pending"

    @checks(EC2Response, "DescribeNatGateways")
    def described(response, sent):
        backend = interfaces.backend_of(response)
        unknown = [i for i in sent.get("NatGatewayIds", []) if i not in backend.nat_gateways]
        if unknown:
            raise Refusal("NatGatewayNotFound", f"The Nat Gateway {unknown[0]} was not found")
        settle(backend, clock)

    @replaces(EC2Response, "DeleteNatGateway")
    def delete(response, sent):
        backend = interfaces.backend_of(response)
        gateway = backend.nat_gateways.get(sent["NatGatewayId"])
        if gateway is None:
            raise Refusal("NatGatewayNotFound", f"The Nat Gateway {sent['NatGatewayId']} was not found")
        _advance(backend, gateway, clock)
        if gateway.state in ("pending", "available", "failed"):
            gateway.state = "deleting" if gateway.state != "failed" else "deleted"
            gateway.since = wire.monotonic()
        return {"NatGatewayId": gateway.id}

    # Route.State is `blackhole` when its target is gone.
    def state(route):
        gone = route.nat_gateway and route.nat_gateway.state in ("deleted", "failed")
        detached = getattr(route.gateway, "vpc", route) is None
        return "blackhole" if gone or detached else "active"

    Route.state = property(state)


def service_interfaces(sandbox) -> None:
    """Interfaces that services manage show whose they are and cannot be deleted by hand."""
    original = NetworkInterface.attachment

    def attachment(self):
        return getattr(self, "service_attachment", None) or original.fget(self)

    NetworkInterface.attachment = property(attachment)

    association = NetworkInterface.association

    def lent(self):
        address = getattr(self, "lent_ip", None)
        return {"publicIp": address, "ipOwnerId": "amazon-elb"} if address else association.fget(self)

    NetworkInterface.association = property(lent)

    @checks(EC2Response, "DescribeNetworkInterfaces")
    def described(response, sent):
        settle(interfaces.backend_of(response), sandbox.clock)

    @checks(EC2Response, "DeleteNetworkInterface")
    def delete(response, sent):
        interface = interfaces.backend_of(response).enis.get(sent["NetworkInterfaceId"])
        # One that an instance left behind (DeleteOnTermination false) is nobody's.
        held = interface is not None and interface.instance and interface.instance._state.name != "terminated"
        if interface is not None and (interface.requester_managed or held):
            raise Refusal(
                "InvalidParameterValue",
                f"Network interface '{interface.id}' is currently in use.",
            )


# What AWS services call their endpoints where it is neither a name of the SDK's nor one of its host names ("AWS services
# that integrate with AWS PrivateLink" in the AWS PrivateLink guide).
ENDPOINTS = {
    "ec2messages", "ecr.dkr", "ecs-agent", "ecs-telemetry", "git-codecommit", "guardduty-data", "kinesis-firehose",
    "kinesis-streams", "notebook", "s3express", "ssmmessages", "sync-states",
}


@functools.cache
def _aws_services() -> frozenset[str]:
    """The last part of the name of every endpoint that a service of AWS's may have in a region: as botocore calls it, or
    its host name, whose parts are the other way round (`api.ecr`)."""
    loader = Loader()
    partitions = loader.load_data("endpoints")["partitions"]
    hosts = {name for partition in partitions for name in partition["services"]}
    turned = {".".join(reversed(name.split("."))) for name in hosts}
    return frozenset(ENDPOINTS | hosts | turned | set(loader.list_available_services("service-2")))


def _has_endpoints(response, service: str) -> bool:
    """Whether an endpoint can be made to a service of that name. Those of others are not looked at."""
    if service.startswith(("com.amazonaws.vpce.", "aws.")) or service == "com.amazonaws.s3-global.accesspoint":
        return True
    regions = [f"com.amazonaws.{response.region}."]
    if response.partition == "aws-cn":
        # Most interface endpoints have a name of China's own there; S3 and DynamoDB, by gateway, do not (service
        # names of two public Terraform configurations for cn-north-1, and a console guide).
        regions.append(f"cn.com.amazonaws.{response.region}.")
    names = [service.removeprefix(region) for region in regions if service.startswith(region)]
    return any(name.removesuffix("-fips") in _aws_services() for name in names)


def endpoints() -> None:
    """Gateway endpoints keep their routes in their route tables, and go when they are deleted."""

    @checks(EC2Response, "CreateVpcEndpoint")
    def create(response, sent):
        # CreateVpcEndpointRequest.VpcEndpointType defaults to Gateway.
        response.params.setdefault("VpcEndpointType", "Gateway")
        response.params.setdefault("PrivateDnsEnabled", response.params["VpcEndpointType"] == "Interface")
        backend, service = interfaces.backend_of(response), sent["ServiceName"]
        if not _has_endpoints(response, service):
            # LS ec2 test_vpc_endpoint_dns_names, and two public logs.
            raise Refusal("InvalidServiceName", f"The Vpc Endpoint Service '{service}' does not exist")
        for endpoint in backend.vpc_end_points.values():
            held = set(endpoint.route_table_ids or []) & set(sent.get("RouteTableIds", []))
            if endpoint.service_name == service and held:
                # Public logs, four of them.
                raise Refusal(
                    "RouteAlreadyExists",
                    f"route table {min(held)} already has a route with destination-prefix-list-id "
                    f"{endpoint.destination_prefix_list_id}",
                )

    @checks(EC2Response, "ModifyVpcEndpoint")
    def modify(response, sent):
        backend = interfaces.backend_of(response)
        endpoint = backend.describe_vpc_endpoints([sent["VpcEndpointId"]])[0]
        if sent.get("ResetPolicy"):
            endpoint.policy_document = json.dumps(VPCEndPoint.DEFAULT_POLICY)
        prefixes = endpoint.destination_prefix_list_id
        if not prefixes:
            return
        for table in sent.get("AddRouteTableIds", []):
            if table not in endpoint.route_table_ids:
                backend.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefixes)
        for table in sent.get("RemoveRouteTableIds", []):
            if table in endpoint.route_table_ids:
                _delete_prefix_route(backend, table, prefixes)

    @replaces(EC2Response, "DeleteVpcEndpoints")
    def delete(response, sent):
        backend, unsuccessful = interfaces.backend_of(response), []
        for name in sent["VpcEndpointIds"]:
            endpoint = backend.vpc_end_points.pop(name, None)
            if endpoint is None:
                error = {
                    # Not the code that describing one has (TF ec2/errors.go).
                    "Code": "InvalidVpcEndpoint.NotFound",
                    "Message": f"The Vpc Endpoint Id '{name}' does not exist",
                }
                unsuccessful.append({"ResourceId": name, "Error": error})
                continue
            for interface in endpoint.network_interface_ids:
                backend.enis.pop(interface, None)
            for table in endpoint.route_table_ids:
                _delete_prefix_route(backend, table, endpoint.destination_prefix_list_id)
            backend.tags.pop(name, None)
        return {"Unsuccessful": unsuccessful}


def _delete_prefix_route(backend, table_id: str, prefix_list_id: str | None) -> None:
    table = backend.route_tables.get(table_id)
    for route in table.routes if table else []:
        if prefix_list_id and route.destination_prefix_list_id == prefix_list_id:
            table._routes.pop(route.id, None)
