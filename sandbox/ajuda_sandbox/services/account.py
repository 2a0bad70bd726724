"""What a new account may not do yet. Each is off until POST /_sandbox/account says it.

Reported in public logs of 2025 and 2026 (Terraform, CDK, CloudFormation), by code and message.
"""

from __future__ import annotations

from moto.ec2.responses import EC2Response
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.responses import ELBV2Response
from moto.iam.models import iam_backends
from moto.rds.responses import RDSResponse

from ..core import wire
from . import iam
from .ec2 import interfaces
from ..core.wire import Refusal, checks

# Classes of databases that the Free plan has.
FREE_CLASSES = ("db.t3.micro", "db.t4g.micro")
VCPUS = "You've reached the limit on the number of vCPUs you can run concurrently"


class Account:
    """The settings; as they stand after a reset: an account without limits."""

    DEFAULTS = {
        "free_plan": False,  # backups of a day and two classes of databases, no more
        "load_balancers": True,  # False: only AWS Support can lift it
        "fargate_vcpus": None,  # that many at once
        "addresses": None,  # Elastic IPs; AWS's own default is 5 a region
        "vpcs": None,  # VPCs; AWS's own default is 5 a region
        "nat_gateways": None,  # of a zone; AWS's own default is 5
        "quota_requests": {},  # increases that were asked for and not granted yet: the value by the quota's code
        "regions_off": [],  # regions that the account has not enabled
        "cost_tag": False,  # ajuda:stack is activated as a cost allocation tag
        "first_use": False,  # service-linked roles are made by the first call, which fails
    }

    def __init__(self):
        self.forget()

    def forget(self):
        """As at the beginning."""
        self.settings = dict(self.DEFAULTS)

    def change(self, **settings):
        """Changes some; all of them are answered."""
        unknown = set(settings) - set(self.DEFAULTS)
        if unknown:
            raise ValueError("no such setting of an account: " + ", ".join(sorted(unknown)))
        self.settings.update(settings)
        return dict(self.settings)

    def __getattr__(self, name):
        return self.__dict__["settings"][name]

    def vcpus_left(self, world, definition) -> bool:
        """Whether one more task fits into the quota of Fargate."""
        if self.fargate_vcpus is None:
            return True
        used = sum(int(t.definition.get("cpu") or 0) for t in world.tasks.values() if t.last_status != "STOPPED")
        return used + int(definition.get("cpu") or 0) <= self.fargate_vcpus * 1024


def install(sandbox) -> None:
    """Puts the limits on top of everything; after all services are in place."""
    account = sandbox.account_settings = Account()
    sandbox.on_reset(account.forget)

    @checks(RDSResponse, "CreateDBInstance", "ModifyDBInstance", "RestoreDBInstanceFromDBSnapshot")
    def free(response, sent):
        if not account.free_plan:
            return
        if sent.get("BackupRetentionPeriod", 1) > 1:
            raise Refusal(
                "FreeTierRestrictionError",
                "The specified backup retention period exceeds the maximum available to free tier customers. To remove "
                "all limitations, upgrade your account plan.",
            )
        if sent.get("DBInstanceClass", FREE_CLASSES[0]) not in FREE_CLASSES:
            raise Refusal(
                "FreeTierRestrictionError",
                "This instance size isn't available with free plan accounts. To remove all limitations, upgrade your "
                "account plan.",
            )

    @checks(ELBV2Response, "CreateLoadBalancer")
    def balancers(response, sent):
        if not account.load_balancers:
            raise Refusal(
                "OperationNotPermitted",
                "This AWS account currently does not support creating load balancers. For more information, please "
                "contact AWS Support.",
            )

    @checks(EC2Response, "AllocateAddress")
    def addresses(response, sent):
        if account.addresses is not None and len(interfaces.backend_of(response).addresses) >= account.addresses:
            raise Refusal("AddressLimitExceeded", "The maximum number of addresses has been reached.")

    @wire.amends(EC2Response, "DescribeRegions")
    def regions(response, sent, reply):
        # "Enable or disable AWS Regions in your account" (AWS Account Management reference guide)
        for region in reply["Regions"]:
            off = region["RegionName"] in account.regions_off
            if off or region["OptInStatus"] == "not-opted-in":
                region["OptInStatus"] = "not-opted-in" if off else "opted-in"

    @checks(EC2Response, "CreateVpc")
    def vpcs(response, sent):
        # EC2 API, "Error codes"
        if account.vpcs is not None and len(interfaces.backend_of(response).vpcs) >= account.vpcs:
            raise Refusal("VpcLimitExceeded", "The maximum number of VPCs has been reached.")

    @checks(EC2Response, "CreateNatGateway")
    def gateways(response, sent):
        # EC2 API, "Error codes"
        if account.nat_gateways is None:
            return
        here = interfaces.backend_of(response)
        zone = here.get_subnet(sent["SubnetId"]).availability_zone
        there = [one for one in here.nat_gateways.values() if one.state in ("pending", "available")]
        if sum(here.get_subnet(one.subnet_id).availability_zone == zone for one in there) >= account.nat_gateways:
            raise Refusal("NatGatewayLimitExceeded", "The maximum number of NAT gateways has been reached.")

    def first_use(response, service: str) -> bool:
        if not account.first_use:
            return False
        roles = iam_backends[response.current_account][response.partition].get_roles()
        if any(role.name == iam.ROLE_NAMES[service] for role in roles):
            return False
        iam.service_linked_role(response.current_account, service, response.partition)
        return True

    @checks(EC2ContainerServiceResponse, "CreateCluster")
    def cluster(response, sent):
        # TF ecs/cluster.go
        if first_use(response, "ecs.amazonaws.com"):
            raise Refusal(
                "InvalidParameterException",
                "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
            )

    @checks(RDSResponse, "CreateDBInstance")
    def database(response, sent):
        if first_use(response, "rds.amazonaws.com"):
            raise Refusal(
                "InvalidParameterValue",
                "Unable to create the resource. Verify that you have permission to create service linked role. Otherwise "
                "wait and try again later",
            )

    @wire.around(EC2ContainerServiceResponse, "RunTask")
    def run(response, original):
        # 200 with `failures`, not an error (RunTask, failures).
        from .ecs.world import world_of

        sent = wire.sent(response)
        if account.fargate_vcpus is not None:
            world = world_of(sandbox, response.region)
            definition = world.definition(sent["taskDefinition"], "TaskDefinition not found.")
            if not account.vcpus_left(world, definition):
                return wire.Answer({"tasks": [], "failures": [{"reason": VCPUS}]})
        return original(response)
