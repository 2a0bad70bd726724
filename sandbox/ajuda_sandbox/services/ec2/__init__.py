"""EC2 as a whole: tag filters, idempotency tokens, DryRun, tags that go with their owner."""

from __future__ import annotations

import fnmatch
import os

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response

from ...core import wire
from . import defaults, gateways, interfaces, ranges, refusals, rules
from ...core.wire import Refusal, amends

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
    "DescribeNetworkAcls": "NetworkAcls",
}


def install(sandbox) -> None:
    """Mends EC2."""
    # Machine images are nothing to this stack, and take a while to load.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    _dry_run()
    _tag_filters()
    gateways.nat_gateways(sandbox)
    gateways.service_interfaces(sandbox)
    gateways.endpoints()
    refusals.refusals(sandbox)
    refusals.routes()
    rules.security_group_rules()
    defaults.defaults()
    ranges.install_ranges()
    refusals.names()
    _forget_tags()
    _tokens()

    # CreateSecurityGroupResult has `tags`.
    @amends(EC2Response, "CreateSecurityGroup")
    def created(response, sent, reply):
        group = interfaces.backend_of(response).get_security_group_from_id(reply["GroupId"])
        reply["Tags"] = [{"Key": t["key"], "Value": t["value"]} for t in group.get_tags()]


def _dry_run() -> None:
    """DryRun answers DryRunOperation with HTTP 412 (EC2 API reference, common parameters)."""
    original = EC2Response.call_action

    def call_action(self):
        if str(self.params.get("DryRun", "")).lower() != "true":
            return original(self)
        refusal = Refusal("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
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
        for table in interfaces.backend_of(response).route_tables.values():
            for association, target in list(table._associations.items()):
                if target == sent["SubnetId"]:
                    del table._associations[association]

    def forgets(operation: str, field: str):
        @amends(EC2Response, operation)
        def forget(response, sent, reply):
            names = sent.get(field) or []
            for name in names if isinstance(names, list) else [names]:
                interfaces.backend_of(response).tags.pop(name, None)

    for operation, field in fields.items():
        forgets(operation, field)


def _tokens() -> None:
    """ClientToken (and no other EC2 create of this stack has one)."""

    def live_nat(backend, reply):
        gateway = backend.nat_gateways.get(reply["NatGateway"]["NatGatewayId"])
        return gateway is not None and gateway.state in ("pending", "available")

    wire.by_token(EC2Response, "CreateNatGateway", "ClientToken", interfaces.backend_of, live_nat)
    wire.by_token(
        EC2Response,
        "CreateRouteTable",
        "ClientToken",
        interfaces.backend_of,
        lambda backend, reply: reply["RouteTable"]["RouteTableId"] in backend.route_tables,
    )
    wire.by_token(
        EC2Response,
        "CreateVpcEndpoint",
        "ClientToken",
        interfaces.backend_of,
        lambda backend, reply: reply["VpcEndpoint"]["VpcEndpointId"] in backend.vpc_end_points,
    )
    wire.by_token(
        EC2Response,
        "CreateFlowLogs",
        "ClientToken",
        interfaces.backend_of,
        lambda backend, reply: all(i in backend.flow_logs for i in reply["FlowLogIds"]),
    )
