"""Parts of a stack that several tests stand on, and the refusals they expect."""

import contextlib
import time

import pytest
from botocore.exceptions import ClientError

TAGS = [{"Key": "ajuda:stack", "Value": "shop"}]


@contextlib.contextmanager
def refused(code, containing=""):
    """The call inside is refused with that code, in words that contain `containing`."""
    with pytest.raises(ClientError) as caught:
        yield caught
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    assert containing in error["Message"], error


def specification(kind, name="x"):
    """TagSpecifications of one EC2 kind."""
    tags = [*TAGS, {"Key": "ajuda:address", "Value": name}]
    return [{"ResourceType": kind, "Tags": tags}]


class Network:
    """A VPC with an internet gateway, two public subnets in two zones and a security group."""

    def __init__(self, sandbox):
        self.ec2 = ec2 = sandbox.client("ec2")
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=specification("vpc"))["Vpc"]["VpcId"]
        self.subnets = [
            ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")[
                "Subnet"
            ]["SubnetId"]
            for n, zone in enumerate("ab")
        ]
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        self.group = ec2.create_security_group(GroupName="app", Description="app", VpcId=self.vpc)["GroupId"]

    def delete(self):
        """Takes everything away again, in the order that AWS allows."""
        self.ec2.detach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        self.ec2.delete_internet_gateway(InternetGatewayId=self.gateway)
        self.ec2.delete_security_group(GroupId=self.group)
        for subnet in self.subnets:
            self.ec2.delete_subnet(SubnetId=subnet)
        self.ec2.delete_vpc(VpcId=self.vpc)


def wait(read, wanted, seconds=60):
    """The different values seen until `wanted` is read."""
    seen, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        value = read()
        if not seen or seen[-1] != value:
            seen.append(value)
        if value == wanted:
            return seen
    raise AssertionError(f"never {wanted}: {seen}")
