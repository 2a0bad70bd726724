"""EC2: what is refused while something depends on it, or does not exist."""

from __future__ import annotations

import re

from moto.ec2.responses import EC2Response
from moto.iam.models import iam_backends

from . import interfaces
from .gateways import settle
from .ranges import canonical
from ...core.wire import Refusal, amends, checks


def refusals(sandbox) -> None:
    """Deletes that the EC2 error-code reference answers with DependencyViolation and its kin."""
    clock = sandbox.clock

    def in_vpc(backend, vpc_id):
        settle(backend, clock)
        return [i for i in backend.enis.values() if i.subnet.vpc_id == vpc_id]

    @checks(EC2Response, "DeleteVpc")
    def vpc(response, sent):
        backend, name = interfaces.backend_of(response), sent["VpcId"]
        groups = [g for g in backend.groups.get(name, {}).values() if not g.is_default]
        gateways = [g for g in backend.internet_gateways.values() if g.vpc and g.vpc.id == name]
        endpoints = [e for e in backend.vpc_end_points.values() if e.vpc_id == name]
        if groups or gateways or endpoints or in_vpc(backend, name):
            raise Refusal("DependencyViolation", f"The vpc '{name}' has dependencies and cannot be deleted.")

    @checks(EC2Response, "DeleteSubnet")
    def subnet(response, sent):
        backend, name = interfaces.backend_of(response), sent["SubnetId"]
        settle(backend, clock)
        if any(i.subnet.id == name for i in backend.enis.values()):
            raise Refusal(
                "DependencyViolation",
                f"The subnet '{name}' has dependencies and cannot be deleted.",
            )

    @checks(EC2Response, "DeleteSecurityGroup")
    def security_group(response, sent):
        backend, name = interfaces.backend_of(response), sent.get("GroupId")
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

    @checks(EC2Response, "AttachInternetGateway")
    def attach(response, sent):
        # Public logs, four of them.
        gateways = interfaces.backend_of(response).internet_gateways
        gateway = gateways.get(sent["InternetGatewayId"])
        if gateway is not None and gateway.vpc:
            raise Refusal(
                "Resource.AlreadyAssociated",
                f"resource {gateway.id} is already attached to network {gateway.vpc.id}",
            )
        if any(other.vpc and other.vpc.id == sent["VpcId"] for other in gateways.values()):
            raise Refusal(
                "InvalidParameterValue", f"Network {sent['VpcId']} already has an internet gateway attached"
            )

    @checks(EC2Response, "DetachInternetGateway")
    def internet_gateway(response, sent):
        held = [
            i
            for i in in_vpc(interfaces.backend_of(response), sent["VpcId"])
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
        gateway = interfaces.backend_of(response).internet_gateways.get(name)
        if gateway and gateway.vpc:
            raise Refusal(
                "DependencyViolation",
                f"The internetGateway '{name}' has dependencies and cannot be deleted.",
            )

    @checks(EC2Response, "ReleaseAddress")
    def address(response, sent):
        backend = interfaces.backend_of(response)
        settle(backend, clock)
        for held in backend.addresses:
            if held.allocation_id == sent.get("AllocationId") and held.association_id:
                raise Refusal("InvalidIPAddress.InUse", f"Address {held.public_ip} is in use.")

    @checks(EC2Response, "DisassociateAddress")
    def disassociate(response, sent):
        for held in interfaces.backend_of(response).addresses:
            same = held.association_id and held.association_id == sent.get("AssociationId")
            if same and held.eni and held.eni.requester_managed:
                raise Refusal("AuthFailure", "You do not have permission to access the specified resource.")

    @checks(EC2Response, "CreateFlowLogs")
    def flow_role(response, sent):
        # TF ec2/vpc_flow_log.go: an error of the call, not an item of Unsuccessful.
        role = sent.get("DeliverLogsPermissionArn")
        roles = iam_backends[response.current_account][response.partition].get_roles()
        if role and role not in {known.arn for known in roles}:
            raise Refusal("InvalidParameter", "Unable to assume given IAM role")

    @checks(EC2Response, "DescribeFlowLogs")
    def flow_logs(response, sent):
        known = interfaces.backend_of(response).flow_logs
        unknown = [i for i in sent.get("FlowLogIds", []) if i not in known]
        if unknown:
            raise Refusal("InvalidFlowLogId.NotFound", f"FlowLog '{unknown[0]}' does not exist")


# CreateSecurityGroup, Description.
DESCRIPTION = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")


def names() -> None:
    """CreateSecurityGroup, GroupName and Description."""

    @checks(EC2Response, "CreateSecurityGroup")
    def create(response, sent):
        name, here = sent["GroupName"], interfaces.backend_of(response)
        if name.lower().startswith("sg-"):
            raise Refusal(
                "InvalidParameterValue",
                f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.",
            )
        for field, text in (("group name", name), ("security group description", sent["Description"])):
            if not DESCRIPTION.fullmatch(text):
                raise Refusal(
                    "InvalidParameterValue",
                    f"Value ({text}) for parameter {field} is invalid. Character sets beyond ASCII are not supported.",
                )
        for group in here.groups.get(sent.get("VpcId"), {}).values():
            if group.name.lower() == name.lower():
                raise Refusal(
                    "InvalidGroup.Duplicate",
                    f"The security group '{name}' already exists for VPC '{sent['VpcId']}'",
                )


def _routed(response, sent) -> bool:
    table = interfaces.backend_of(response).route_tables.get(sent["RouteTableId"])
    if table is None:
        return True
    wanted = {canonical(sent[key]) for key in sent if key.startswith("Destination")}
    return any(
        {route.destination_cidr_block, route.destination_ipv6_cidr_block, route.destination_prefix_list_id} & wanted
        for route in table.routes
    )


def routes() -> None:
    """Routes and associations that cannot be."""

    @checks(EC2Response, "CreateRoute", "ReplaceRoute")
    def route(response, sent):
        name = sent.get("NatGatewayId")
        gateway = interfaces.backend_of(response).nat_gateways.get(name)
        if response._get_action() == "ReplaceRoute" and not _routed(response, sent):
            # DeleteRoute says InvalidRoute.NotFound, ReplaceRoute does not.
            where = sent.get("DestinationCidrBlock") or sent.get("DestinationIpv6CidrBlock")
            raise Refusal(
                "InvalidParameterValue",
                f"There is no route defined for '{where}' in the route table. Use CreateRoute instead.",
            )
        if name and (gateway is None or gateway.state in ("deleting", "deleted", "failed")):
            raise Refusal("InvalidNatGatewayID.NotFound", f"The natGateway ID '{name}' does not exist")

    @checks(EC2Response, "AssociateRouteTable")
    def associate(response, sent):
        wanted = sent["RouteTableId"]
        for table in interfaces.backend_of(response).route_tables.values():
            if sent.get("SubnetId") in table._associations.values() and table.id != wanted:
                raise Refusal(
                    "Resource.AlreadyAssociated",
                    f"the specified association for route table {wanted} conflicts with an existing association",
                )

    @amends(EC2Response, "DeleteRouteTable")
    def delete(response, sent, reply):
        for endpoint in interfaces.backend_of(response).vpc_end_points.values():
            if sent["RouteTableId"] in endpoint.route_table_ids:
                endpoint.route_table_ids.remove(sent["RouteTableId"])
