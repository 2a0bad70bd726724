"""Network interfaces that AWS services put into subnets (NAT gateways, load balancers,
databases, caches): they hold their subnet and security groups, and stay for a while
after their owner is gone."""

from __future__ import annotations

from moto.ec2.models import ec2_backends
from moto.ec2.utils import random_public_ip

from ...core import wire


def put(backend, subnet_id: str, groups: list[str], description: str, kind: str, owner: str, public=False):
    """A requester-managed interface in a subnet; `kind` is its InterfaceType."""
    interface = backend.create_network_interface(
        backend.get_subnet(subnet_id), [], group_ids=list(groups), description=description
    )
    return claim(interface, kind, owner, random_public_ip() if public else None)


def claim(interface, kind: str, owner: str, public_ip: str | None = None):
    """Marks an interface as one that a service manages."""
    interface.status = "in-use"
    interface.requester_managed = True
    interface.requester_id = owner
    interface.interface_type = kind
    # An address that AWS lends (load balancer) keeps the internet gateway attached.
    interface.lent_ip = public_ip
    interface.service_attachment = {
        "AttachmentId": "ela-attach-" + interface.id[4:],
        "DeleteOnTermination": False,
        "DeviceIndex": 1,
        "InstanceOwnerId": owner,
        "Status": "attached",
    }
    return interface


def leave(interface, aws_seconds: float) -> None:
    """The owner is gone: the interface goes too, that long after."""
    interface.leaves = (wire.monotonic(), aws_seconds)


def settle(backend, clock) -> None:
    """Removes interfaces whose time has come."""
    for interface in list(backend.enis.values()):
        started = getattr(interface, "leaves", None)
        if started and clock.due(*started):
            backend.enis.pop(interface.id, None)


def backend_of(response):
    """The EC2 backend of the account and region of a request to any service."""
    return ec2_backends[response.current_account][response.region]
