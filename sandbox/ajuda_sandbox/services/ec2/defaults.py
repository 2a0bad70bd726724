"""EC2: what comes and goes with a VPC, its default security group and its default network ACL."""

from __future__ import annotations

from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses import EC2Response

from . import interfaces
from ...core.wire import Refusal, amends, checks


def defaults() -> None:
    """Mends both."""

    # "Default security groups for your VPCs" in the VPC user guide: members may reach each other.
    @amends(EC2Response, "CreateVpc")
    def made(response, sent, reply):
        backend = interfaces.backend_of(response)
        group = backend.get_default_security_group(reply["Vpc"]["VpcId"])
        if not group.ingress_rules:
            among = {"GroupId": group.id, "UserId": backend.account_id}
            group.ingress_rules.append(SecurityGroupRule(backend, "-1", group.id, None, None, None, among, is_egress=False))

    @checks(EC2Response, "DeleteVpc")
    def going(response, sent):
        # A rule that names its own group holds nothing.
        backend = interfaces.backend_of(response)
        group = backend.get_default_security_group(sent["VpcId"]) if sent["VpcId"] in backend.vpcs else None
        response.default_group = group
        if group:
            group.ingress_rules = [r for r in group.ingress_rules if (r.source_group or {}).get("GroupId") != group.id]

    @amends(EC2Response, "DeleteVpc")
    def gone(response, sent, reply):
        backend = interfaces.backend_of(response)
        acls = [acl.id for acl in backend.network_acls.values() if acl.vpc_id == sent["VpcId"] and acl.default]
        for name in acls:
            del backend.network_acls[name]
        for name in [*acls, *([response.default_group.id] if response.default_group else [])]:
            backend.tags.pop(name, None)

    # EC2 API error codes: InvalidNetworkAclEntry.NotFound, and entries that cannot be changed
    # (NetworkAclEntry.RuleNumber: 1 to 32766).
    @checks(EC2Response, "DeleteNetworkAclEntry", "ReplaceNetworkAclEntry")
    def entry(response, sent):
        acl = interfaces.backend_of(response).get_network_acl(sent["NetworkAclId"])
        number, egress = int(sent["RuleNumber"]), bool(sent.get("Egress"))
        _changeable(number)
        if not any(e.rule_number == number and e.egress == egress for e in acl.network_acl_entries):
            raise Refusal(
                "InvalidNetworkAclEntry.NotFound", f"The network acl entry identified by {number} does not exist."
            )

    @checks(EC2Response, "CreateNetworkAclEntry")
    def new_entry(response, sent):
        _changeable(int(sent["RuleNumber"]))
        if str(sent.get("Protocol")) in ("6", "17") and "PortRange" not in sent:
            raise Refusal("MissingParameter", "The request must contain the parameter portRange")
        if str(sent.get("Protocol")) == "1" and "IcmpTypeCode" not in sent:
            raise Refusal("MissingParameter", "The request must contain the parameter icmpTypeCode")


def _changeable(number: int) -> None:
    if not 1 <= number <= 32766:
        raise Refusal("InvalidParameterValue", f"Value ({number}) for parameter ruleNumber is invalid.")
