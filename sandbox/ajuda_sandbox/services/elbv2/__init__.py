"""Load balancers: they take their time, hold their subnets, and are created once a name."""

from __future__ import annotations

import zlib

from moto.elbv2.models import FakeLoadBalancer
from moto.elbv2.responses import ELBV2Response

from ...core import wire
from .. import iam
from ..ec2 import interfaces
from . import attributes, listeners
from .attributes import BALANCER
from .listeners import forget
from ...core.wire import Refusal, amends, checks

# Seconds on AWS, from public logs.
PROVISIONING, ENI_LINGERS = 150, 60

# CanonicalHostedZoneId by region (https://docs.aws.amazon.com/general/latest/gr/elb.html).
ZONES = {
    "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2",
    "us-west-2": "Z1H1FL5HABSF5",
    "eu-west-1": "Z32O12XQLNTSW2",
}


def install(sandbox) -> None:
    """Mends Elastic Load Balancing."""
    FakeLoadBalancer.activate = lambda balancer: None
    FakeLoadBalancer.VALID_ATTRS = FakeLoadBalancer.VALID_ATTRS | set(BALANCER)
    _balancers(sandbox)
    attributes.attributes()
    listeners.target_groups()
    listeners.listeners()
    listeners.tagging()


def _balancers(sandbox) -> None:
    def settle(backend) -> None:
        for balancer in backend.load_balancers.values():
            since = getattr(balancer, "since", None)
            balancer.state = "active" if since is None or sandbox.clock.due(since, PROVISIONING) else "provisioning"

    def settings(sent: dict) -> tuple:
        subnets = sent.get("Subnets") or [m["SubnetId"] for m in sent.get("SubnetMappings", [])]
        return (
            sorted(subnets),
            sorted(sent.get("SecurityGroups", [])),
            sent.get("Scheme", "internet-facing"),
            sent.get("Type", "application"),
            sent.get("IpAddressType", "ipv4"),
        )

    @checks(ELBV2Response, "CreateLoadBalancer")
    def create(response, sent):
        backend, ec2 = response.elbv2_backend, interfaces.backend_of(response)
        name = sent["Name"]
        for balancer in backend.load_balancers.values():
            if balancer.name == name:
                if balancer.settings == settings(sent):
                    return wire.read(response, wire.ActionResult({"LoadBalancers": [balancer]}))
                raise Refusal(
                    "DuplicateLoadBalancerName",
                    f"A load balancer with the same name '{name}' exists, but with different settings",
                )
        if (
            len(name) > 32
            or name.startswith(("internal-", "-"))
            or name.endswith("-")
            or not name.replace("-", "").isalnum()
        ):
            raise Refusal(
                "ValidationError",
                f"The load balancer name '{name}' cannot be longer than '32' characters, can only contain characters that are alphanumeric characters and hyphens(-), and cannot begin or end with a hyphen or begin with 'internal-'",
            )
        subnets = [ec2.get_subnet(s) for s in settings(sent)[0]]
        if sent.get("Type", "application") == "application" and len({s.availability_zone for s in subnets}) < 2:
            raise Refusal(
                "ValidationError", "At least two subnets in two different Availability Zones must be specified"
            )
        if len({s.availability_zone for s in subnets}) < len(subnets):
            raise Refusal(
                "InvalidConfigurationRequest",
                "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
            )
        vpc = subnets[0].vpc_id
        gateways = any(g.vpc and g.vpc.id == vpc for g in ec2.internet_gateways.values())
        if sent.get("Scheme", "internet-facing") == "internet-facing" and not gateways:
            raise Refusal("InvalidSubnet", f"VPC {vpc} has no internet gateway")
        _known_groups(ec2, sent.get("SecurityGroups", []))
        # CreateLoadBalancerInput: documented defaults.
        response.params.setdefault("Scheme", "internet-facing")
        if not sent.get("SecurityGroups"):
            response.params["SecurityGroups"] = [ec2.get_default_security_group(vpc).id]

    @amends(ELBV2Response, "CreateLoadBalancer")
    def created(response, sent, reply):
        backend, ec2 = response.elbv2_backend, interfaces.backend_of(response)
        shown = reply["LoadBalancers"][0]
        balancer = backend.load_balancers[shown["LoadBalancerArn"]]
        if not hasattr(balancer, "since"):
            balancer.since = wire.monotonic()
            balancer.settings = settings(sent)
            balancer.attrs = dict(BALANCER)
            balancer.canonical_hosted_zone_id = ZONES.get(response.region, "Z35SXDOTRQ7X7K")
            prefix = "internal-" if balancer.scheme == "internal" else ""
            balancer.dns_name = (
                f"{prefix}{balancer.name}-{zlib.crc32(balancer.arn.encode()):010d}.{response.region}.elb.{wire.suffix(response.region)}"
            )
            _attach(ec2, balancer, [subnet.id for subnet in balancer.subnets])
            iam.service_linked_role(response.current_account, "elasticloadbalancing.amazonaws.com", response.partition)
            shown.update(CanonicalHostedZoneId=balancer.canonical_hosted_zone_id, DNSName=balancer.dns_name)
        settle(backend)
        shown["State"] = {"Code": "provisioning"}

    @checks(ELBV2Response, "DescribeLoadBalancers")
    def describe(response, sent):
        settle(response.elbv2_backend)

    @checks(ELBV2Response, "DeleteLoadBalancer")
    def delete(response, sent):
        backend, arn = response.elbv2_backend, sent["LoadBalancerArn"]
        balancer = backend.load_balancers.get(arn)
        if balancer is None:
            return
        if balancer.attrs.get("deletion_protection.enabled") == "true":
            raise Refusal(
                "OperationNotPermitted",
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
            )
        for interface in balancer.interfaces:
            interfaces.leave(interface, ENI_LINGERS)
        for listener in list(balancer.listeners.values()):
            forget(backend, listener)
        backend.tagging_service.delete_all_tags_for_resource(arn)

    @checks(ELBV2Response, "SetSecurityGroups")
    def groups(response, sent):
        ec2 = interfaces.backend_of(response)
        _known_groups(ec2, sent["SecurityGroups"])
        balancer = response.elbv2_backend.load_balancers.get(sent["LoadBalancerArn"])
        for interface in balancer.interfaces if balancer else []:
            interface._group_set = [ec2.get_security_group_from_id(g) for g in sent["SecurityGroups"]]

    @amends(ELBV2Response, "SetSubnets")
    def subnets(response, sent, reply):
        ec2 = interfaces.backend_of(response)
        balancer = response.elbv2_backend.load_balancers[sent["LoadBalancerArn"]]
        wanted = sent.get("Subnets") or [m["SubnetId"] for m in sent.get("SubnetMappings", [])]
        balancer.subnets = [ec2.get_subnet(subnet) for subnet in wanted]
        for interface in list(balancer.interfaces):
            if interface.subnet.id not in wanted:
                balancer.interfaces.remove(interface)
                interfaces.leave(interface, ENI_LINGERS)
        _attach(ec2, balancer, [s for s in wanted if s not in {i.subnet.id for i in balancer.interfaces}])


def _known_groups(ec2, groups: list[str]) -> None:
    for group in groups:
        if ec2.get_security_group_from_id(group) is None:
            raise Refusal("InvalidSecurityGroup", f"Security group '{group}' does not exist")


def _attach(ec2, balancer, subnets: list[str]) -> None:
    balancer.interfaces = getattr(balancer, "interfaces", [])
    for subnet in subnets:
        name = "ELB " + balancer.arn.split("loadbalancer/")[1]
        public = balancer.scheme == "internet-facing"
        balancer.interfaces.append(
            interfaces.put(ec2, subnet, balancer.security_groups, name, "interface", "amazon-elb", public)
        )
