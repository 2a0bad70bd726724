"""EC2: security group rules, one by one: all that were made are answered, none is there
twice, and a change replaces the whole rule."""

from __future__ import annotations

import re

from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses import EC2Response

from ...core import wire
from . import interfaces
from .ranges import canonical
from ...core.wire import Answer, Refusal, amends, checks, replaces

# IpPermission: its lists, the field that names a source, and SecurityGroupRuleRequest's name for it.
SOURCES = (
    ("IpRanges", "CidrIp", "CidrIpv4"),
    ("Ipv6Ranges", "CidrIpv6", "CidrIpv6"),
    ("UserIdGroupPairs", "GroupId", "ReferencedGroupId"),
    ("PrefixListIds", "PrefixListId", "PrefixListId"),
)


def security_group_rules() -> None:
    """Mends what concerns single rules."""
    # SecurityGroupRule.Description is also set for rules that name a group or a prefix list.
    SecurityGroupRule.description = property(_description)
    _authorize("AuthorizeSecurityGroupIngress", egress=False)
    _authorize("AuthorizeSecurityGroupEgress", egress=True)

    @replaces(EC2Response, "ModifySecurityGroupRules")
    def modify(response, sent):
        group = _group(response, sent["GroupId"])
        for update in sent["SecurityGroupRules"]:
            name, wanted = update["SecurityGroupRuleId"], update.get("SecurityGroupRule", {})
            rule = group.get_rule(name)
            if rule is None:
                raise unknown_rule(name)
            _change(group, rule, wanted)
        return {"Return": True}

    # Revoking a rule that is not there (TF ec2/vpc_security_group.go): by id it is another code than by permission, and
    # a third for IPv6 where the VPC has none (moto takes that for done).
    @checks(EC2Response, "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
    def revoke(response, sent):
        group = _group(response, sent["GroupId"]) if sent.get("GroupId") else None
        if group is None:
            return
        for name in sent.get("SecurityGroupRuleIds") or []:
            if group.get_rule(name) is None:
                raise unknown_rule(name)
        vpc = interfaces.backend_of(response).vpcs.get(group.vpc_id)
        if vpc is not None and not vpc.get_cidr_block_association_set(ipv6=True):
            _revoke_without_ipv6(group, sent.get("IpPermissions") or [], response._get_action().endswith("Egress"))

    @amends(EC2Response, "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
    def revoked(response, sent, reply):
        for rule in sent.get("SecurityGroupRuleIds", []):
            interfaces.backend_of(response).tags.pop(rule, None)

    @checks(EC2Response, "DescribeSecurityGroupRules")
    def described(response, sent):
        # moto's test_invalid_security_group_id_in_rules_search, verified against AWS.
        for name in sent.get("SecurityGroupRuleIds", []):
            if not re.fullmatch(r"sgr-[0-9a-f]{8,17}", name):
                raise Refusal(
                    "InvalidSecurityGroupRuleId.Malformed", f"The security group rule ID '{name}' is malformed"
                )


def _revoke_without_ipv6(group, permissions: list[dict], egress: bool) -> None:
    """Rules for IPv6 that are there go, whatever the VPC has; moto leaves those of egress."""
    there = {_key_of(rule): rule for rule in (group.egress_rules if egress else group.ingress_rules)}
    gone = set()
    for permission in permissions:
        for source in permission.get("Ipv6Ranges") or []:
            ends = permission.get("FromPort"), permission.get("ToPort")
            rule = there.get(_key(str(permission.get("IpProtocol")), *ends, canonical(source["CidrIpv6"])))
            if rule is None:
                raise Refusal(
                    "InvalidParameterValue",
                    f"Invalid value '{source['CidrIpv6']}' for remote-ipv6-range: the VPC has no IPv6 CIDR block",
                )
            gone.add(rule.id)
    if egress:
        group.egress_rules = [rule for rule in group.egress_rules if rule.id not in gone]


def unknown_rule(name: str) -> Refusal:
    """No rule of that id."""
    return Refusal("InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{name}' does not exist")


def _group(response, name: str):
    group = interfaces.backend_of(response).get_security_group_from_id(name)
    if group is None:
        raise Refusal("InvalidGroup.NotFound", f"The security group '{name}' does not exist")
    return group


def _description(rule):
    told = getattr(rule, "told", None)
    return told or rule.ip_range.get("Description") or (rule.source_group or {}).get("Description")


def _source(rule) -> str | None:
    return rule.cidr_ipv4 or rule.cidr_ipv6 or (rule.source_group or {}).get("GroupId") or rule.prefix_list_id


def _key(protocol, first, last, source) -> tuple:
    """What makes a rule that rule: not its description, and no ports where all protocols go."""
    return (protocol, None, None, source) if protocol == "-1" else (protocol, first, last, source)


def _key_of(rule) -> tuple:
    return _key(rule.ip_protocol, rule.from_port, rule.to_port, _source(rule))


def _duplicate(key: tuple) -> Refusal:
    protocol, first, last, source = key
    ports = "" if protocol == "-1" else f", from port: {first}, to port: {last}"
    protocol = "ALL" if protocol == "-1" else protocol.upper()
    return Refusal(
        "InvalidPermission.Duplicate", f'the specified rule "peer: {source}, {protocol}{ports}, ALLOW" already exists'
    )


def _authorize(operation: str, egress: bool) -> None:
    name = wire.camelcase_to_underscores(operation)
    original = getattr(EC2Response, name)

    def method(response):
        sent = wire.sent(response)
        group = _group(response, sent["GroupId"]) if sent.get("GroupId") else None
        if group is None:
            return original(response)
        rules = group.egress_rules if egress else group.ingress_rules
        known, told = {_key_of(rule) for rule in rules}, {}
        for permission in sent.get("IpPermissions") or []:
            for members, field, _ in SOURCES:
                for source in permission.get(members, []):
                    ends = permission.get("FromPort"), permission.get("ToPort")
                    key = _key(str(permission.get("IpProtocol")), *ends, canonical(source.get(field)))
                    if key in known or key in told:
                        raise _duplicate(key)
                    told[key] = source.get("Description")
        before = {rule.id for rule in rules}
        reply = wire.read(response, original(response))
        made = [rule for rule in (group.egress_rules if egress else group.ingress_rules) if rule.id not in before]
        for rule in made:
            rule.told = told.get(_key_of(rule))
        # Moto answers the rules of the last permission only.
        reply["SecurityGroupRules"] = wire.plain(response, {"SecurityGroupRules": made})["SecurityGroupRules"]
        return Answer(reply)

    setattr(EC2Response, name, method)


def _change(group, rule, wanted: dict) -> None:
    # In this order: protocol, ports, peer (moto's test_modify_security_group_rules, verified against AWS).
    protocol = wanted.get("IpProtocol")
    if protocol is None:
        raise Refusal(
            "InvalidParameterValue",
            "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.",
        )
    if protocol in ("tcp", "udp", "6", "17") and not {"FromPort", "ToPort"} <= set(wanted):
        raise Refusal(
            "InvalidParameterValue",
            "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.",
        )
    given = [(field, canonical(wanted[asked])) for _, field, asked in SOURCES if wanted.get(asked)]
    if len(given) > 1:
        raise Refusal(
            "InvalidParameterCombination",
            "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified",
        )
    if not given:
        raise Refusal(
            "MissingParameter",
            "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId",
        )
    field, value = given[0]
    now = (
        "CidrIp"
        if rule.cidr_ipv4
        else "CidrIpv6"
        if rule.cidr_ipv6
        else "PrefixListId"
        if rule.prefix_list_id
        else "GroupId"
    )
    if field != now:
        raise Refusal(
            "InvalidParameterValue",
            f"Invalid rule type for security group rule '{rule.id}'. You may not specify {field} for an existing {now} rule.",
        )
    key = _key(protocol, wanted.get("FromPort"), wanted.get("ToPort"), value)
    others = [r for r in (group.egress_rules if rule.is_egress else group.ingress_rules) if r is not rule]
    if key in {_key_of(other) for other in others}:
        raise _duplicate(key)
    rule.ip_protocol, rule.from_port, rule.to_port, _ = key
    # What is left out is gone: the request describes the whole rule.
    rule.told = wanted.get("Description")
    if field == "GroupId":
        rule.source_group = {"GroupId": value, "UserId": rule.owner_id}
    elif field == "PrefixListId":
        rule.prefix_list_id = value
    else:
        rule.ip_range = {field: value}
