"""EC2: NAT gateways that take their time, interfaces that hold what they stand on, deletes
refused while something depends on them, tag filters, idempotency tokens, DryRun."""

from __future__ import annotations

import fnmatch
import os

from moto.core.responses import ActionResult
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.route_tables import Route
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses import EC2Response
from moto.elasticache.models import elasticache_backends
from moto.rds.models import rds_backends

from . import elasticache, interfaces, rds, wire
from .wire import Refusal, amends, checks, replaces

# Seconds on AWS, from public logs of NAT gateways coming and going.
NAT_PENDING, NAT_DELETING, NAT_REMEMBERED = 100, 60, 3600

# Describe operation: the list it answers.
LISTS = {
    "DescribeVpcs": "Vpcs",
    "DescribeSubnets": "Subnets",
    "DescribeInternetGateways": "InternetGateways",
    "DescribeNatGateways": "NatGateways",
    "DescribeRouteTables": "RouteTables",
    "DescribeAddresses": "Addresses",
    "DescribeSecurityGroups": "SecurityGroups",
    "DescribeSecurityGroupRules": "SecurityGroupRules",
    "DescribeVpcEndpoints": "VpcEndpoints",
    "DescribeFlowLogs": "FlowLogs",
    "DescribeNetworkInterfaces": "NetworkInterfaces",
}


def install(sandbox) -> None:
    """Mends EC2."""
    # Machine images are nothing to this stack, and take a while to load.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    _dry_run()
    _tag_filters()
    _nat_gateways(sandbox)
    _interfaces(sandbox)
    _endpoints()
    _refusals(sandbox)
    _security_group_rules()
    _forget_tags()
    _tokens()

    # CreateSecurityGroupResult has `tags`.
    @amends(EC2Response, "CreateSecurityGroup")
    def created(response, sent, reply):
        group = _backend(response).get_security_group_from_id(reply["GroupId"])
        reply["Tags"] = [{"Key": t["key"], "Value": t["value"]} for t in group.get_tags()]


def _settle(backend, clock) -> None:
    # Databases and caches that are gone take their interfaces with them.
    rds.advance(rds_backends[backend.account_id][backend.region_name], clock)
    elasticache.advance(elasticache_backends[backend.account_id][backend.region_name], clock)
    for gateway in list(backend.nat_gateways.values()):
        _advance(backend, gateway, clock)
    interfaces.settle(backend, clock)


def _backend(response):
    return interfaces.backend_of(response)


def _dry_run() -> None:
    """DryRun answers DryRunOperation with HTTP 412 (EC2 API reference, common parameters)."""
    original = EC2Response.call_action

    def call_action(self):
        if str(self.params.get("DryRun", "")).lower() != "true":
            return original(self)
        refusal = Refusal(
            "DryRunOperation", "Request would have succeeded, but DryRun flag is set."
        )
        _, headers, body = self.serialized(ActionResult(refusal))
        return 412, {**headers, "status": "412"}, body

    EC2Response.call_action = call_action


def _tag_filters() -> None:
    """`tag:<key>` and `tag-key` with several values and wildcards, on every kind."""

    def matches(item: dict, name: str, values: list[str]) -> bool:
        tags = wire.mapping(item.get("Tags") or item.get("TagSet"))
        if name == "tag-key":
            found = list(tags)
        else:
            found = [tags[name[4:]]] if name[4:] in tags else []
        return any(fnmatch.fnmatchcase(have, want) for have in found for want in values)

    def filtered(operation: str, members: str):
        name = wire.camelcase_to_underscores(operation)
        original = getattr(EC2Response, name)

        def method(self):
            field = "Filter" if "Filter" in self.params else "Filters"
            asked = self.params.get(field) or []
            tags = [f for f in asked if f["Name"].startswith(("tag:", "tag-key"))]
            if tags:
                self.params[field] = [f for f in asked if f not in tags]
            reply = wire.read(self, original(self))
            for item in reply.get(members, []):
                item.setdefault("Tags", [])
                # Moto answers "" where EC2 leaves a member out.
                for name in [name for name, value in item.items() if value == ""]:
                    del item[name]
            reply[members] = [
                item
                for item in reply.get(members, [])
                if all(matches(item, f["Name"], f.get("Values", [])) for f in tags)
            ]
            return wire.Answer(reply)

        setattr(EC2Response, name, method)

    for operation, members in LISTS.items():
        filtered(operation, members)


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


def _nat_gateways(sandbox) -> None:
    clock = sandbox.clock

    @amends(EC2Response, "CreateNatGateway")
    def created(response, sent, reply):
        backend = _backend(response)
        gateway = backend.nat_gateways[reply["NatGateway"]["NatGatewayId"]]
        gateway.since = wire.monotonic()
        gateway.state = "pending"
        interfaces.claim(gateway._eni, "nat_gateway", "amazon-aws")
        gateway._eni.description = f"Interface for NAT Gateway {gateway.id}"
        attached = any(
            igw.vpc and igw.vpc.id == gateway.vpc_id for igw in backend.internet_gateways.values()
        )
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
        backend = _backend(response)
        unknown = [i for i in sent.get("NatGatewayIds", []) if i not in backend.nat_gateways]
        if unknown:
            raise Refusal("NatGatewayNotFound", f"The Nat Gateway {unknown[0]} was not found")
        _settle(backend, clock)

    @replaces(EC2Response, "DeleteNatGateway")
    def delete(response, sent):
        backend = _backend(response)
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


def _interfaces(sandbox) -> None:
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
        _settle(_backend(response), sandbox.clock)

    @checks(EC2Response, "DeleteNetworkInterface")
    def delete(response, sent):
        interface = _backend(response).enis.get(sent["NetworkInterfaceId"])
        if interface is not None and interface.status == "in-use":
            raise Refusal(
                "InvalidParameterValue",
                f"Network interface '{interface.id}' is currently in use.",
            )


def _endpoints() -> None:
    @checks(EC2Response, "CreateVpcEndpoint")
    def create(response, sent):
        # CreateVpcEndpointRequest.VpcEndpointType defaults to Gateway.
        response.params.setdefault("VpcEndpointType", "Gateway")
        response.params.setdefault("PrivateDnsEnabled", response.params["VpcEndpointType"] == "Interface")

    @checks(EC2Response, "ModifyVpcEndpoint")
    def modify(response, sent):
        backend = _backend(response)
        endpoint = backend.describe_vpc_endpoints([sent["VpcEndpointId"]])[0]
        prefixes = endpoint.destination_prefix_list_id
        if not prefixes:
            return
        for table in sent.get("AddRouteTableIds", []):
            if table not in endpoint.route_table_ids:
                backend.create_route(
                    table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefixes
                )
        for table in sent.get("RemoveRouteTableIds", []):
            if table in endpoint.route_table_ids:
                _delete_prefix_route(backend, table, prefixes)

    @replaces(EC2Response, "DeleteVpcEndpoints")
    def delete(response, sent):
        backend, unsuccessful = _backend(response), []
        for name in sent["VpcEndpointIds"]:
            endpoint = backend.vpc_end_points.pop(name, None)
            if endpoint is None:
                error = {
                    "Code": "InvalidVpcEndpointId.NotFound",
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


def _refusals(sandbox) -> None:
    """Deletes that the EC2 error-code reference answers with DependencyViolation and its kin."""
    clock = sandbox.clock

    def in_vpc(backend, vpc_id):
        _settle(backend, clock)
        return [i for i in backend.enis.values() if i.subnet.vpc_id == vpc_id]

    @checks(EC2Response, "DeleteVpc")
    def vpc(response, sent):
        backend, name = _backend(response), sent["VpcId"]
        groups = [g for g in backend.groups.get(name, {}).values() if not g.is_default]
        gateways = [g for g in backend.internet_gateways.values() if g.vpc and g.vpc.id == name]
        endpoints = [e for e in backend.vpc_end_points.values() if e.vpc_id == name]
        if groups or gateways or endpoints or in_vpc(backend, name):
            raise Refusal(
                "DependencyViolation", f"The vpc '{name}' has dependencies and cannot be deleted."
            )

    @checks(EC2Response, "DeleteSubnet")
    def subnet(response, sent):
        backend, name = _backend(response), sent["SubnetId"]
        _settle(backend, clock)
        if any(i.subnet.id == name for i in backend.enis.values()):
            raise Refusal(
                "DependencyViolation",
                f"The subnet '{name}' has dependencies and cannot be deleted.",
            )

    @checks(EC2Response, "DeleteSecurityGroup")
    def security_group(response, sent):
        backend, name = _backend(response), sent.get("GroupId")
        group = backend.get_security_group_from_id(name) if name else None
        if group is None:
            return
        if group.is_default:
            raise Refusal(
                "CannotDelete",
                f'the specified group: "{name}" name: "default" cannot be deleted by a user',
            )
        used = any(group in i.group_set for i in in_vpc(backend, group.vpc_id))
        named = any(
            rule.source_group and rule.source_group.get("GroupId") == name
            for other in backend.groups[group.vpc_id].values()
            if other is not group
            for rule in [*other.ingress_rules, *other.egress_rules]
        )
        if used or named:
            raise Refusal("DependencyViolation", f"resource {name} has a dependent object")

    @checks(EC2Response, "DetachInternetGateway")
    def internet_gateway(response, sent):
        held = [
            i
            for i in in_vpc(_backend(response), sent["VpcId"])
            if i.public_ip or getattr(i, "lent_ip", None)
        ]
        if held:
            raise Refusal(
                "DependencyViolation",
                f"Network {sent['VpcId']} has some mapped public address(es). "
                "Please unmap those public address(es) before detaching the gateway.",
            )

    @checks(EC2Response, "DeleteInternetGateway")
    def attached(response, sent):
        name = sent["InternetGatewayId"]
        gateway = _backend(response).internet_gateways.get(name)
        if gateway and gateway.vpc:
            raise Refusal(
                "DependencyViolation",
                f"The internetGateway '{name}' has dependencies and cannot be deleted.",
            )

    @checks(EC2Response, "ReleaseAddress")
    def address(response, sent):
        backend = _backend(response)
        _settle(backend, clock)
        for held in backend.addresses:
            if held.allocation_id == sent.get("AllocationId") and held.association_id:
                raise Refusal("InvalidIPAddress.InUse", f"Address {held.public_ip} is in use.")

    @checks(EC2Response, "DisassociateAddress")
    def disassociate(response, sent):
        for held in _backend(response).addresses:
            same = held.association_id and held.association_id == sent.get("AssociationId")
            if same and held.eni and held.eni.requester_managed:
                raise Refusal(
                    "AuthFailure", "You do not have permission to access the specified resource."
                )

    @checks(EC2Response, "DescribeFlowLogs")
    def flow_logs(response, sent):
        known = _backend(response).flow_logs
        unknown = [i for i in sent.get("FlowLogIds", []) if i not in known]
        if unknown:
            raise Refusal("InvalidFlowLogId.NotFound", f"FlowLog '{unknown[0]}' does not exist")


def _security_group_rules() -> None:
    # A rule is the same rule whatever its description (AuthorizeSecurityGroupIngress).
    def sources(permission: dict):
        for kind, field in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"),
                            ("UserIdGroupPairs", "GroupId"), ("PrefixListIds", "PrefixListId")):
            for source in permission.get(kind, []):
                yield source.get(field)

    def ports(permission: dict):
        if str(permission.get("IpProtocol")) == "-1":
            return "-1", None, None
        return str(permission.get("IpProtocol")), permission.get("FromPort"), permission.get("ToPort")

    def refuse_duplicates(response, sent, egress: bool):
        group = _backend(response).get_security_group_from_id(sent.get("GroupId", ""))
        known = {
            (rule.ip_protocol, rule.from_port, rule.to_port, source)
            for rule in (group.egress_rules if egress else group.ingress_rules)
            for source in (
                rule.cidr_ipv4 or rule.cidr_ipv6 or (rule.source_group or {}).get("GroupId"),
            )
        } if group else set()
        for permission in sent.get("IpPermissions") or [sent]:
            for source in sources(permission):
                if source and (*ports(permission), source) in known:
                    raise Refusal(
                        "InvalidPermission.Duplicate",
                        f'the specified rule "peer: {source}, {permission.get("IpProtocol")}, '
                        f'from port: {permission.get("FromPort")}, to port: {permission.get("ToPort")}, '
                        'ALLOW" already exists',
                    )

    @checks(EC2Response, "AuthorizeSecurityGroupIngress")
    def ingress(response, sent):
        refuse_duplicates(response, sent, False)

    @checks(EC2Response, "AuthorizeSecurityGroupEgress")
    def egress(response, sent):
        refuse_duplicates(response, sent, True)

    # SecurityGroupRule.Description is also set for rules that name a group.
    def description(rule):
        return rule.ip_range.get("Description") or (rule.source_group or {}).get("Description")

    SecurityGroupRule.description = property(description)

    @amends(EC2Response, "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
    def revoked(response, sent, reply):
        for rule in sent.get("SecurityGroupRuleIds", []):
            _backend(response).tags.pop(rule, None)


def _forget_tags() -> None:
    """Tags go with what carried them."""
    fields = {
        "DeleteVpc": "VpcId",
        "DeleteSubnet": "SubnetId",
        "DeleteInternetGateway": "InternetGatewayId",
        "DeleteRouteTable": "RouteTableId",
        "ReleaseAddress": "AllocationId",
        "DeleteSecurityGroup": "GroupId",
        "DeleteFlowLogs": "FlowLogIds",
    }

    # Deleting a subnet ends its route table association (DeleteSubnet).
    @amends(EC2Response, "DeleteSubnet")
    def unbind(response, sent, reply):
        for table in _backend(response).route_tables.values():
            for association, target in list(table._associations.items()):
                if target == sent["SubnetId"]:
                    del table._associations[association]

    def forgets(operation: str, field: str):
        @amends(EC2Response, operation)
        def forget(response, sent, reply):
            names = sent.get(field) or []
            for name in names if isinstance(names, list) else [names]:
                _backend(response).tags.pop(name, None)

    for operation, field in fields.items():
        forgets(operation, field)


def _tokens() -> None:
    """ClientToken (and no other EC2 create of this stack has one)."""

    def live_nat(backend, reply):
        gateway = backend.nat_gateways.get(reply["NatGateway"]["NatGatewayId"])
        return gateway is not None and gateway.state in ("pending", "available")

    wire.by_token(EC2Response, "CreateNatGateway", "ClientToken", _backend, live_nat)
    wire.by_token(
        EC2Response, "CreateRouteTable", "ClientToken", _backend,
        lambda backend, reply: reply["RouteTable"]["RouteTableId"] in backend.route_tables,
    )
    wire.by_token(
        EC2Response, "CreateVpcEndpoint", "ClientToken", _backend,
        lambda backend, reply: reply["VpcEndpoint"]["VpcEndpointId"] in backend.vpc_end_points,
    )
    wire.by_token(
        EC2Response, "CreateFlowLogs", "ClientToken", _backend,
        lambda backend, reply: all(i in backend.flow_logs for i in reply["FlowLogIds"]),
    )
