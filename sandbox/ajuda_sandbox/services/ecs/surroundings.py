"""What a task meets outside ECS: its image, roles, secrets, log group, network interface."""

import ipaddress
import json
import random
import time

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.secretsmanager.models import secretsmanager_backends

from ..ec2 import interfaces
from ..iam import permissions
from ..ecr.images import OWN, split
from .world import invalid

# AWS seconds that a task's interface stays after the task has stopped.
LINGER = 60


def missing_role(world, definition):
    """The ARN of a role that a task needs and IAM does not have, or None."""
    known = {role.arn for role in iam_backends[world.account][world.partition].roles.values()}
    for field in ("executionRoleArn", "taskRoleArn"):
        arn = definition.get(field)
        if arn and arn.startswith("arn:") and arn not in known:
            return arn
    return None


def start_failure(world, definition):
    """Why the task cannot start, as stoppedReason words it, or None.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
    """
    for container in definition["containerDefinitions"]:
        wanted = [secret["valueFrom"] for secret in container.get("secrets", [])]
        # "Using non-AWS container images in Amazon ECS": the execution role reads it, as it reads other secrets.
        credentials = container.get("repositoryCredentials")
        for secret in wanted + ([credentials["credentialsParameter"]] if credentials else []):
            why = _secret_failure(world, definition, secret)
            if why:
                return (
                    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
                    f"retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): {why}"
                )
    for container in definition["containerDefinitions"]:
        options = container.get("logConfiguration", {}).get("options", {})
        group = options.get("awslogs-group")
        if group and options.get("awslogs-create-group") != "true" and group not in _logs(world, options).groups:
            return (
                "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
                "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not "
                "exist. : exit status 1"
            )
    wanted = {"X86_64": "amd64", "ARM64": "arm64"}[definition.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64")]
    for container in definition["containerDefinitions"]:
        refused = _pull_refused(world, definition, container["image"])
        if refused:
            return refused
        image = world.sandbox.images.pull(container["image"], world.region)
        if image is None:
            return (
                f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
                f"{container['image']}: {container['image']}: not found"
            )
        if wanted not in image.get("architectures", [wanted]):
            return (
                "CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not "
                f"contain descriptor matching platform 'linux/{wanted}'"
            )
    return None


PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def _denied(world, role, action, resource):
    name = f"arn:{world.partition}:sts::{world.account}:assumed-role/{(role or '').split('/')[-1]}/task"
    return (
        f"AccessDeniedException: User: {name} is not authorized to perform: {action} on resource: {resource} because no "
        "identity-based policy allows the action"
    )


def _pull_refused(world, definition, image):
    """Why the execution role may not pull an image of a private registry of ECR, or None
    (task_execution_IAM_role.html; task_cannot_pull_image.html)."""
    if not OWN.match(image):
        return None
    role, name = definition.get("executionRoleArn"), split(image)[0]
    account, region = image.split(".", 1)[0], image.split(".")[3]
    if not permissions.allows(world, role, "ecr:GetAuthorizationToken", "*"):
        why = _denied(world, role, "ecr:GetAuthorizationToken", "*")
        return (
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
            f"unable to retrieve ecr registry auth: service call has been retried 1 time(s): {why}"
        )
    repository = f"arn:{world.partition}:ecr:{region}:{account}:repository/{name}"
    for action in PULL:
        if not permissions.allows(world, role, action, repository):
            return (
                f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: "
                f"pulling from host {image.split('/')[0]} failed with status code [manifests {split(image)[1]}]: 403 "
                f"Forbidden: {_denied(world, role, action, repository)}"
            )
    return None


def _secret_failure(world, definition, reference):
    """Why the value of `arn[:json-key[:stage[:version]]]` cannot be had, or None."""
    if ":secretsmanager:" not in reference:
        return None  # a parameter of Systems Manager, which this stack does not use
    parts = reference.split(":")
    region, arn, key = parts[3], ":".join(parts[:7]), (parts + [""] * 3)[7]
    secret = next((s for s in secretsmanager_backends[world.account][region].secrets.values() if s.arn == arn), None)
    if secret is None or secret.is_deleted() or not secret.versions:
        return (
            f"failed to fetch secret {reference} from secrets manager: ResourceNotFoundException: Secrets Manager can't "
            "find the specified secret."
        )
    role = definition.get("executionRoleArn")
    if not permissions.allows(world, role, "secretsmanager:GetSecretValue", arn):
        return _denied(world, role, "secretsmanager:GetSecretValue", arn)
    own = permissions.customer_key(region, world.account, secret.kms_key_id)
    if own and not permissions.allows(world, role, "kms:Decrypt", own, f"secretsmanager.{region}.amazonaws.com"):
        # GetSecretValue: "…kms:Decrypt … if you use a customer-managed key".
        return "AccessDeniedException: Access to KMS is not allowed"
    if not key:
        return None
    value = next((v for v in secret.versions.values() if "AWSCURRENT" in v["version_stages"]), {})
    try:
        found = json.loads(value.get("secret_string") or "{}")
    except ValueError:
        return "invalid character looking for beginning of value: the secret is not JSON"
    return None if key in found else f"retrieved secret from Secrets Manager did not contain json key {key}"


def _logs(world, options):
    return logs_backends[world.account][options.get("awslogs-region", world.region)]


def write_log(world, task, container, lines):
    """Lines of a container in its awslogs stream, prefix/container/task, if the group exists."""
    options = container.get("logConfiguration", {}).get("options", {})
    group = options.get("awslogs-group")
    if not group or not lines:
        return
    backend = _logs(world, options)
    if group not in backend.groups:
        if options.get("awslogs-create-group") != "true":
            return
        backend.create_log_group(group, {})
    prefix = options.get("awslogs-stream-prefix")
    stream = f"{prefix}/{container['name']}/{task.id}" if prefix else task.id
    if stream not in backend.groups[group].streams:
        backend.create_log_stream(group, stream)
    moment = int(time.time() * 1000)
    backend.put_log_events(group, stream, [{"timestamp": moment, "message": line} for line in lines])


def check_network(world, network):
    """Refuses subnets and security groups that are not there."""
    backend = ec2_backends[world.account][world.region]
    subnets = {s.id for zone in backend.subnets.values() for s in zone.values()}
    groups = {g for vpc in backend.groups.values() for g in vpc}
    for subnet in network.get("subnets", []):
        if subnet not in subnets:
            raise invalid(
                f"Error retrieving subnet information for [{subnet}]: The subnet ID '{subnet}' does not exist "
                "(ErrorCode: InvalidSubnetID.NotFound)"
            )
    for group in network.get("securityGroups", []):
        if group not in groups:
            raise invalid(
                f"Error retrieving security group information for [{group}]: The security group '{group}' does not "
                "exist (ErrorCode: InvalidGroup.NotFound)"
            )


def plug_in(world, task, network):
    """The task's interface in one of its subnets, requester-managed; None when none has room."""
    backend = ec2_backends[world.account][world.region]
    known = {s.id: s for zone in backend.subnets.values() for s in zone.values()}
    rooms = {known[s]: _free_address(backend, known[s]) for s in network["subnets"] if s in known}
    rooms = {subnet: address for subnet, address in rooms.items() if address}
    if not rooms:
        return None
    # Tasks spread over the zones of their service.
    taken = [e.subnet.id for e in backend.enis.values()]
    subnet = min(rooms, key=lambda s: (taken.count(s.id), network["subnets"].index(s.id)))
    groups = network.get("securityGroups") or [backend.get_default_security_group(subnet.vpc_id).id]
    description = world.arn("attachment", task.attachment_id)
    eni = backend.create_network_interface(subnet, rooms[subnet], group_ids=list(groups), description=description)
    interfaces.claim(eni, "interface", world.account)
    return eni


def _free_address(backend, subnet):
    taken = {e.private_ip_address for e in backend.enis.values()}
    block = ipaddress.ip_network(subnet.cidr_block)
    # The first four addresses and the last are AWS's.
    usable = range(4, block.num_addresses - 1)
    begin = random.randrange(len(usable))
    for place in range(len(usable)):
        address = str(block[usable[(begin + place) % len(usable)]])
        if address not in taken:
            return address
    return None


def unplug(world, eni):
    """The interface goes some time after its task."""
    if eni is not None:
        backend = ec2_backends[world.account][world.region]
        world.timeline.after(LINGER, lambda: backend.enis.pop(eni.id, None))
