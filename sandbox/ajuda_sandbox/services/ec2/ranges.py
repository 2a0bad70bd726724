"""EC2 clears the host bits of every range that it is given: `10.0.0.5/8` is kept as `10.0.0.0/8`.

CreateVpc, CreateSubnet (CidrBlock), IpRange and Ipv6Range (CidrIp, CidrIpv6), CreateRoute
(DestinationCidrBlock): "we modify the specified CIDR block to its canonical form".
"""

from __future__ import annotations

import ipaddress

from moto.ec2.responses import EC2Response

from ...core.wire import checks

# Members of requests that are ranges.
RANGES = ("CidrBlock", "CidrIp", "CidrIpv4", "CidrIpv6", "DestinationCidrBlock", "DestinationIpv6CidrBlock")
OPERATIONS = (
    "CreateVpc", "CreateSubnet", "CreateRoute", "ReplaceRoute", "DeleteRoute", "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress",
)


def canonical(text):
    """A range without host bits; what is none stays as it is."""
    if not isinstance(text, str) or "/" not in text:
        return text
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return text


def install_ranges() -> None:
    """What moto reads of these requests is canonical."""

    @checks(EC2Response, *OPERATIONS)
    def clear(response, sent):
        _clear(response.params)


def _clear(value) -> None:
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _clear(part)
    if isinstance(value, dict):
        for name in RANGES:
            if name in value:
                value[name] = canonical(value[name])
