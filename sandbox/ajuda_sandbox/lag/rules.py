"""Which reads lag behind which writes, for how long, and who says so.

Seconds are what the source says, or, where it says "seconds" or "minutes", what the provider waits in
vain at worst. "Facts" are sources that were read for this: the retries of the largest Terraform provider
(TF), recorded answers of AWS, API models (API).
"""

from __future__ import annotations

import fnmatch

from moto.ec2.responses import EC2Response
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elasticache.responses import ElastiCacheResponse
from moto.iam.responses import IamResponse
from moto.logs.responses import LogsResponse
from moto.rds.responses import RDSResponse
from moto.secretsmanager.responses import SecretsManagerResponse

from ..core import wire
from ..services.ecs import deployments as ecs_deployments, service_shown, task_shown
from ..services.rds import state
from ..services.ecs.world import world_of
from ..lag import Lag, values
from ..core.wire import Refusal

# Read: list, identifier, how the identifier begins, the parameter that names objects, what makes them.
EC2 = {
    "DescribeVpcs": ("Vpcs", "VpcId", "vpc-", "VpcIds", "CreateVpc"),
    "DescribeSubnets": ("Subnets", "SubnetId", "subnet-", "SubnetIds", "CreateSubnet"),
    "DescribeInternetGateways": (
        "InternetGateways", "InternetGatewayId", "igw-", "InternetGatewayIds", "CreateInternetGateway",
    ),
    "DescribeNatGateways": ("NatGateways", "NatGatewayId", "nat-", "NatGatewayIds", "CreateNatGateway"),
    "DescribeRouteTables": ("RouteTables", "RouteTableId", "rtb-", "RouteTableIds", "CreateRouteTable"),
    "DescribeAddresses": ("Addresses", "AllocationId", "eipalloc-", "AllocationIds", "AllocateAddress"),
    "DescribeSecurityGroups": ("SecurityGroups", "GroupId", "sg-", "GroupIds", "CreateSecurityGroup"),
    "DescribeSecurityGroupRules": (
        "SecurityGroupRules", "SecurityGroupRuleId", "sgr-", "SecurityGroupRuleIds",
        "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress",
    ),
    "DescribeVpcEndpoints": ("VpcEndpoints", "VpcEndpointId", "vpce-", "VpcEndpointIds", "CreateVpcEndpoint"),
    "DescribeFlowLogs": ("FlowLogs", "FlowLogId", "fl-", "FlowLogIds", "CreateFlowLogs"),
}


def rules(sandbox):
    """(moto's class, rule) of every read that lags."""
    return [
        *_ec2(),
        *_ecs(sandbox),
        *_data(),
        (
            SecretsManagerResponse,
            Lag(
                "secretsmanager", ("ListSecrets",), "", 300, 3,
                'API ListSecrets: "might not reflect changes from the last five minutes"',
                members="SecretList", key="ARN", asks={"IncludePlannedDeletion": True}, matches=_secret,
                behind=(
                    "CreateSecret", "DeleteSecret", "RestoreSecret", "TagResource", "UntagResource",
                    "PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage",
                ),
            ),
        ),
        (
            LogsResponse,
            Lag(
                "logs", ("DescribeLogGroups",), "", 2, 1, "facts, Logs: a group is listed some two seconds later",
                members="logGroups", key="logGroupName", behind=("CreateLogGroup", "DeleteLogGroup"),
                matches=lambda was, sent: was["logGroupName"].startswith(sent.get("logGroupNamePrefix", ""))
                and "logGroupIdentifiers" not in sent,
            ),
        ),
        (IamResponse, _roles("ListRoles", "Roles", {})),
        # Without the filter, a thousand of AWS's own policies.
        (IamResponse, _roles("GetAccountAuthorizationDetails", "RoleDetailList", {"Filter": ["Role"]})),
    ]


def _roles(operation: str, members: str, asks: dict) -> Lag:
    source = "TF iam/role.go: a new role is unknown for seconds (GetRole); IAM user guide, eventual consistency"
    return Lag("iam", (operation,), "", 5, 1, source, members=members, key="Arn", asks=asks, behind=("CreateRole",))


def _ec2():
    source = "TF ec2 (find after create is retried); EC2 user guide, eventual consistency"
    for operation, (members, key, begins, named, *creates) in EC2.items():
        yield (
            EC2Response,
            Lag(
                "ec2", (operation,), "", 5, 1, source,
                members=members, key=key, behind=(*creates, "CreateTags", "DeleteTags"),
                matches=_tag_filters(key, named),
                concerns=lambda sent, begins=begins: "Resources" not in sent
                or any(name.startswith(begins) for name in sent["Resources"]),
            ),
        )


def _tag_filters(key: str, named: str):
    def matches(was: dict, sent: dict):
        if sent.get(named) and was[key] not in sent[named]:
            return False
        tags = wire.mapping(was.get("Tags"))
        for asked in sent.get("Filters") or sent.get("Filter") or []:
            name, wanted = asked["Name"], asked.get("Values", [])
            if name == "tag-key":
                found = list(tags)
            elif name.startswith("tag:"):
                found = [tags[name[4:]]] if name[4:] in tags else []
            else:
                return None
            if not any(fnmatch.fnmatchcase(have, want) for have in found for want in wanted):
                return False
        return True

    return matches


def _secret(was: dict, sent: dict):
    if was.get("DeletedDate") and not sent.get("IncludePlannedDeletion"):
        return False
    tags = wire.mapping(was.get("Tags"))
    fields = {"name": [was["Name"]], "tag-key": list(tags), "tag-value": list(tags.values())}
    for asked in sent.get("Filters") or []:
        if asked["Key"] not in fields:
            return None
        # "Filters … prefix match" (ListSecrets, Filter.Values).
        if not any(have.startswith(want) for have in fields[asked["Key"]] for want in asked["Values"]):
            return False
    return True


def _ecs(sandbox):
    def world(response):
        return world_of(sandbox, response.region)

    def services(response):
        here = world(response)
        return {s.arn: {**service_shown.service(s), "tags": here.tags_of(s.arn)} for s in here.services}

    def deployments(shown):
        return lambda response: {d.arn: shown(d) for s in world(response).services for d in s.history}

    def tasks(response):
        here = world(response)
        return {arn: task_shown.task(here, task, True) for arn, task in here.tasks.items()}

    changes = ("CreateService", "UpdateService")
    source = "facts, ECS: a describe just after the create or update may answer what was; TF ecs/service.go waits"
    yield (
        EC2ContainerServiceResponse,
        Lag(
            "ecs", ("DescribeServices",), "", None, 2, source,
            members="services", key="serviceArn", behind=changes, tells=services, missing=values("services"),
            matches=lambda was, sent: None,
            shape=lambda was, sent: was if "TAGS" in sent.get("include", ()) else {**was, "tags": []},
        ),
    )
    for operation, shown in (
        ("ListServiceDeployments", ecs_deployments.brief),
        ("DescribeServiceDeployments", ecs_deployments.full),
    ):
        yield (
            EC2ContainerServiceResponse,
            Lag(
                "ecs", (operation,), "", None, 2, source,
                members="serviceDeployments", key="serviceDeploymentArn", behind=changes,
                tells=deployments(shown), missing=values("serviceDeploymentArns"),
            ),
        )
    yield (
        EC2ContainerServiceResponse,
        Lag(
            "ecs", ("DescribeTasks",), "", 2, 1,
            'API RunTask: "the DescribeTasks command … eventual consistency"; new tasks may be MISSING',
            members="tasks", key="taskArn", behind=("RunTask",), tells=tasks, missing=values("tasks"),
        ),
    )


def _data():
    def unknown_group(sent, key, reply):
        if sent.get("ReplicationGroupId"):
            name = sent["ReplicationGroupId"]
            raise Refusal("ReplicationGroupNotFoundFault", f"ReplicationGroup {name} not found.")

    yield (
        ElastiCacheResponse,
        Lag(
            "elasticache", ("DescribeReplicationGroups",), "", 15, 1,
            "TF elasticache/replication_group.go: polls after 30 s only, the status stays available at first",
            members="ReplicationGroups", key="ReplicationGroupId", missing=unknown_group,
            behind=(
                "CreateReplicationGroup", "ModifyReplicationGroup", "IncreaseReplicaCount", "DecreaseReplicaCount",
            ),
            matches=lambda was, sent: sent.get("ReplicationGroupId", was["ReplicationGroupId"]).lower()
            == was["ReplicationGroupId"],
        ),
    )

    def instances(response):
        here = state.backend(response)
        items = state.store(here, "instance").values()
        # As they stand: to ask would move them on.
        return {item["DbiResourceId"]: state.answer(here, item) for item in items}

    yield (
        RDSResponse,
        Lag(
            "rds", ("DescribeDBInstances",), "", 10, 1,
            'TF rds/instance.go: stays "available" after a modify, polls after 30 s; pending values are there at once',
            members="DBInstances", key="DbiResourceId", behind=("ModifyDBInstance",), tells=instances,
            remember=lambda before, after: {**before, "PendingModifiedValues": after["PendingModifiedValues"]},
        ),
    )
