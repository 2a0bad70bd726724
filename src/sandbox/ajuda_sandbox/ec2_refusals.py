"""EC2: what is refused while something depends on it, and rules that are there already."""

from __future__ import annotations

from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses import EC2Response

from . import interfaces
from .ec2_gateways import settle
from .wire import Refusal, amends, checks


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

    @checks(EC2Response, "DescribeFlowLogs")
    def flow_logs(response, sent):
        known = interfaces.backend_of(response).flow_logs
        unknown = [i for i in sent.get("FlowLogIds", []) if i not in known]
        if unknown:
            raise Refusal("InvalidFlowLogId.NotFound", f"FlowLog '{unknown[0]}' does not exist")


def security_group_rules() -> None:
    """Rules are what they allow, whatever they are called."""

    # A rule is the same rule whatever its description (AuthorizeSecurityGroupIngress).
    def sources(permission: dict):
        for kind, field in (
            ("IpRanges", "CidrIp"),
            ("Ipv6Ranges", "CidrIpv6"),
            ("UserIdGroupPairs", "GroupId"),
            ("PrefixListIds", "PrefixListId"),
        ):
            for source in permission.get(kind, []):
                yield source.get(field)

    def ports(permission: dict):
        if str(permission.get("IpProtocol")) == "-1":
            return "-1", None, None
        return str(permission.get("IpProtocol")), permission.get("FromPort"), permission.get("ToPort")

    def refuse_duplicates(response, sent, egress: bool):
        group = interfaces.backend_of(response).get_security_group_from_id(sent.get("GroupId", ""))
        known = (
            {
                (rule.ip_protocol, rule.from_port, rule.to_port, source)
                for rule in (group.egress_rules if egress else group.ingress_rules)
                for source in (rule.cidr_ipv4 or rule.cidr_ipv6 or (rule.source_group or {}).get("GroupId"),)
            }
            if group
            else set()
        )
        for permission in sent.get("IpPermissions") or [sent]:
            for source in sources(permission):
                if source and (*ports(permission), source) in known:
                    raise Refusal(
                        "InvalidPermission.Duplicate",
                        f'the specified rule "peer: {source}, {permission.get("IpProtocol")}, '
                        f"from port: {permission.get('FromPort')}, to port: {permission.get('ToPort')}, "
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
            interfaces.backend_of(response).tags.pop(rule, None)
