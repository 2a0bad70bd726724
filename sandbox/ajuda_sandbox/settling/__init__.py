"""Refusals that pass by themselves: something happened a moment ago, and AWS has not come round to it.

What happens is noted (`Note`), and a call that is about it is refused for as long as the rule says
(`Refused`). The rules are in `rules`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from moto.ec2.responses import EC2Response

from ..core import wire
from ..core.late import Rule

# What AWS calls an unknown object, by how its identifier begins (EC2 error codes).
UNKNOWN = {
    "vpc-": ("InvalidVpcID.NotFound", "The vpc ID '{}' does not exist"),
    "subnet-": ("InvalidSubnetID.NotFound", "The subnet ID '{}' does not exist"),
    "igw-": ("InvalidInternetGatewayID.NotFound", "The internetGateway ID '{}' does not exist"),
    "rtb-": ("InvalidRouteTableID.NotFound", "The routeTable ID '{}' does not exist"),
    "nat-": ("InvalidNatGatewayID.NotFound", "The natGateway ID '{}' does not exist"),
    "eipalloc-": ("InvalidAllocationID.NotFound", "The allocation ID '{}' does not exist"),
    "sg-": ("InvalidGroup.NotFound", "The security group '{}' does not exist"),
    "vpce-": ("InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id '{}' does not exist"),
}
# NAT gateways have a code of their own in their own calls (facts, EC2).
OWN = {
    ("DescribeNatGateways", "nat-"): ("NatGatewayNotFound", "The Nat Gateway {} was not found"),
    ("DeleteNatGateway", "nat-"): ("NatGatewayNotFound", "The Nat Gateway {} was not found"),
}
# Create: where its reply names what was made.
CREATES = {
    "CreateVpc": ("Vpc", "VpcId"),
    "CreateSubnet": ("Subnet", "SubnetId"),
    "CreateInternetGateway": ("InternetGateway", "InternetGatewayId"),
    "CreateRouteTable": ("RouteTable", "RouteTableId"),
    "CreateNatGateway": ("NatGateway", "NatGatewayId"),
    "AllocateAddress": ("AllocationId",),
    "CreateSecurityGroup": ("GroupId",),
    "CreateVpcEndpoint": ("VpcEndpoint", "VpcEndpointId"),
}
NEW = Rule(
    "ec2",
    ("any call that names a new object",),
    "Invalid….NotFound",
    5,
    1,
    "TF ec2/errors.go, vpc_.go, vpc_internet_gateway.go, vpc_security_group.go: retried after each create",
)


@dataclass
class Note:
    """After these operations something has happened: `keys(response, sent, reply)` says to what. `first`:
    it is asked before the call, of what the call takes away."""

    kind: type
    operations: tuple[str, ...]
    happened: str
    keys: Callable
    first: bool = False


@dataclass(eq=False)
class Refused(Rule):
    """`about(response, sent)` gives what may have happened: a list of (what, to which object). `{}` in the
    message is that object."""

    message: str = ""
    about: Callable = lambda response, sent: []
    # Members of the error beside its message.
    more: dict | None = None


def install(sandbox) -> None:
    """Puts every note and every refusal on its operations; after the lags."""
    from . import rules

    for note in rules.notes(sandbox):
        for operation in note.operations:
            _note(sandbox.late, note, operation)
    for kind, rule in rules.refusals(sandbox):
        for operation in rule.operations:
            _refuse(sandbox.late, kind, rule, operation)
    _new_objects(sandbox.late)


def _note(late, note: Note, operation: str) -> None:
    @wire.around(note.kind, operation)
    def write(response, original):
        if not late.on or getattr(response, "asks_everything", False):
            return original(response)
        sent = wire.sent(response)
        keys = list(note.keys(response, sent, {})) if note.first else None
        answer = original(response)
        if keys is None:
            reply = wire.read(response, answer)
            keys, answer = list(note.keys(response, sent, reply)), wire.Answer(reply)
        for key in filter(None, keys):
            late.happened(note.happened, key)
        return answer


def _refuse(late, kind: type, rule: Refused, operation: str) -> None:
    @wire.around(kind, operation)
    def call(response, original):
        if late.on and not getattr(response, "asks_everything", False):
            for what, key in rule.about(response, wire.sent(response)):
                if late.lasts(rule, late.since(what, key), operation):
                    shown = key[-1] if isinstance(key, tuple) else key
                    raise wire.Refusal(rule.code, rule.message.replace("{}", str(shown)), **(rule.more or {}))
        return original(response)


def _new_objects(late) -> None:
    """EC2 does not know a new object for a moment, whichever call names it."""

    def made(operation: str, path: tuple[str, ...]) -> None:
        @wire.around(EC2Response, operation)
        def create(response, original):
            answer = original(response)
            if not late.on:
                return answer
            reply = found = wire.read(response, answer)
            for step in path:
                found = found[step]
            if late.since("made", found) is None:
                late.happened("made", found)
            return wire.Answer(reply)

    for operation, path in CREATES.items():
        made(operation, path)

    call_action = EC2Response.call_action

    def known(self):
        if late.on and late.span(NEW) is not None:
            operation = self._get_action()
            sent = {name: value for name, value in wire.sent(self).items() if name not in ("Filters", "Filter")}
            for name in _texts(sent):
                if late.lasts(NEW, late.since("made", name), operation):
                    begins = name[: name.index("-") + 1]
                    code, message = OWN.get((operation, begins)) or UNKNOWN[begins]
                    status, headers, body = self.serialized(wire.ActionResult(wire.Refusal(code, message.format(name))))
                    return status, {**headers, "status": str(status)}, body
        return call_action(self)

    EC2Response.call_action = known


def _texts(value):
    """Every text in a request."""
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(part)
