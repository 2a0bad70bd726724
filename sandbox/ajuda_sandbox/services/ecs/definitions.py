"""ECS task definitions: defaults, Fargate's rules, and their end in two steps."""

import copy

from .world import check_tags, page
from ...core.wire import Refusal

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
# Task CPU -> the memory it may have, in MiB.
FARGATE = {
    256: [512, 1024, 2048],
    512: range(1024, 4097, 1024),
    1024: range(2048, 8193, 1024),
    2048: range(4096, 16385, 1024),
    4096: range(8192, 30721, 1024),
    8192: range(16384, 61441, 4096),
    16384: range(32768, 122881, 8192),
}
# AWS seconds between DeleteTaskDefinitions and the end, once nothing uses the revision.
DELETING = 60


def client(message):
    """The refusal of this part of ECS."""
    return Refusal("ClientException", message)


def register(world, asked):
    """RegisterTaskDefinition."""
    asked = copy.deepcopy(asked)
    tags = asked.pop("tags", None)
    family = asked["family"]
    containers = asked["containerDefinitions"]
    if not containers:
        raise client("Container list cannot be empty.")
    names = [c.get("name") for c in containers]
    for container in containers:
        for field in ("name", "image"):
            if not container.get(field):
                raise client(f"Container.{field} should not be null or empty.")
    if len(set(names)) != len(names):
        raise client("Container definitions must have unique names.")
    # ContainerDefinition, essential: "All tasks must have at least one essential container."
    if not any(c.get("essential", True) for c in containers):
        raise client("Container definitions must have at least one essential container.")
    for container in containers:
        plain = {pair["name"] for pair in container.get("environment") or []}
        for secret in container.get("secrets") or []:
            # ContainerDefinition, secrets; the sentence is from public logs.
            if secret["name"] in plain:
                raise client(
                    "The secret name must be unique and not shared with any new or existing environment variables set on "
                    f"the container, such as '{secret['name']}'."
                )
    check_tags(tags)
    fargate = "FARGATE" in asked.get("requiresCompatibilities", ())
    if fargate:
        _fargate(asked)
    volumes = [_volume(volume) for volume in asked.pop("volumes", None) or []]
    _mounts(containers, volumes)
    revision = world.revisions.get(family, 0) + 1
    world.revisions[family] = revision
    definition = {
        "taskDefinitionArn": world.arn("task-definition", f"{family}:{revision}"),
        "volumes": volumes,
        "placementConstraints": [],
        "networkMode": "awsvpc" if fargate else "bridge",
        **asked,
        "revision": revision,
        "status": "ACTIVE",
        "requiresAttributes": [],
        "compatibilities": ["EC2", "FARGATE"] if fargate or asked.get("networkMode") == "awsvpc" else ["EC2"],
        "registeredAt": world.timeline.wall(),
        "registeredBy": f"arn:{world.partition}:iam::{world.account}:user/sandbox",
    }
    definition["containerDefinitions"] = [_filled(c, definition["networkMode"]) for c in containers]
    world.definitions.setdefault(family, {})[revision] = definition
    world.tag(definition["taskDefinitionArn"], tags)
    return {"taskDefinition": definition, "tags": tags}


def _fargate(asked):
    if asked.get("networkMode") != "awsvpc":
        raise client("Fargate only supports network mode ‘awsvpc’.")
    for field in ("cpu", "memory"):
        if not asked.get(field):
            raise client(f"Fargate requires that '{field}' be defined at the task level.")
    cpu, memory = _units(asked["cpu"], "vCPU", "cpu"), _units(asked["memory"], "GB", "memory")
    if memory not in FARGATE.get(cpu, ()):
        raise client(
            f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. "
            "See the Amazon ECS documentation for the valid values."
        )
    asked["cpu"], asked["memory"] = str(cpu), str(memory)
    size = asked.get("ephemeralStorage", {}).get("sizeInGiB", 21)
    if not 21 <= size <= 200:
        raise client("The ephemeral storage value must be between 21 and 200 GiB.")
    if not asked.get("executionRoleArn"):
        for container in asked["containerDefinitions"]:
            if container.get("logConfiguration", {}).get("logDriver") == "awslogs":
                raise client(
                    "Fargate requires task definition to have execution role ARN to support log driver awslogs."
                )
            if container.get("secrets"):
                raise client("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.")
            if ".dkr.ecr." in container["image"]:
                raise client("Fargate requires task definition to have execution role ARN to support ECR images.")
    for container in asked["containerDefinitions"]:
        # LinuxParameters and ContainerDefinition name what Fargate does not support.
        for field in ("devices", "sharedMemorySize", "maxSwap", "swappiness"):
            if (container.get("linuxParameters") or {}).get(field):
                raise client(f"Fargate does not support the '{field}' linux parameter.")
        if container.get("privileged"):
            raise client("Fargate does not support privileged containers.")
        for port in container.get("portMappings") or []:
            if port.get("hostPort") not in (None, 0, port.get("containerPort")):
                raise client("When networkMode=awsvpc, the host ports and container ports in port mappings must match.")


def _volume(volume):
    """A volume as it is answered: one that names no place is a bind mount, with an empty `host`."""
    elsewhere = [key for key in volume if key.endswith("Configuration") or key == "configuredAtLaunch"]
    return volume if elsewhere else {"host": {}, **volume}


def _mounts(containers, volumes):
    """Mount points name a volume of the task (RegisterTaskDefinition, MountPoint.sourceVolume)."""
    names = {volume.get("name") for volume in volumes}
    for container in containers:
        points = container.get("mountPoints") or []
        for point in points:
            if point.get("sourceVolume") not in names:
                raise client(f"Unknown volume '{point.get('sourceVolume')}'.")
        tmpfs = (container.get("linuxParameters") or {}).get("tmpfs") or []
        paths = [mount.get("containerPath") for mount in [*points, *tmpfs]]
        if len(set(paths)) != len(paths):
            raise client("Invalid containerPath: a path can be mounted once only.")
        for mount in tmpfs:
            # Tmpfs.size is required, and in MiB.
            if mount.get("size", 0) < 1:
                raise client("Invalid setting for tmpfs size.")


def _units(value, unit, field):
    text = str(value).strip()
    try:
        if text.lower().endswith(unit.lower()):
            return int(float(text[: -len(unit)]) * 1024)
        return int(text)
    except ValueError:
        raise client(f"Invalid setting for '{field}': {value}.") from None


def _filled(container, mode):
    """A container with the defaults that DescribeTaskDefinition shows."""
    filled = {
        "cpu": 0,
        "portMappings": [],
        "essential": True,
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
        **container,
    }
    for port in filled["portMappings"]:
        port.setdefault("protocol", "tcp")
        if mode in ("awsvpc", "host") and "containerPort" in port:
            port["hostPort"] = port["containerPort"]
    if "healthCheck" in filled:
        filled["healthCheck"] = {"interval": 30, "timeout": 5, "retries": 3, **filled["healthCheck"]}
    return filled


def describe(world, asked):
    """DescribeTaskDefinition; tags only when asked for."""
    definition = world.definition(asked["taskDefinition"])
    reply = {"taskDefinition": definition}
    if "TAGS" in asked.get("include", ()):
        reply["tags"] = world.tags_of(definition["taskDefinitionArn"])
    return reply


def listing(world, asked):
    """ListTaskDefinitions; `familyPrefix` is a whole family."""
    status = asked.get("status", "ACTIVE")
    arns = [
        d["taskDefinitionArn"]
        for family, revisions in sorted(world.definitions.items())
        for _, d in sorted(revisions.items())
        if d["status"] == status and asked.get("familyPrefix") in (None, family)
    ]
    if asked.get("sort") == "DESC":
        arns.reverse()
    items, token = page(arns, asked)
    return {"taskDefinitionArns": items, "nextToken": token}


def families(world, asked):
    """ListTaskDefinitionFamilies."""
    status = asked.get("status", "ACTIVE")
    names = [
        family
        for family, revisions in sorted(world.definitions.items())
        if family.startswith(asked.get("familyPrefix", ""))
        and (
            status == "ALL"
            or any(d["status"] == "ACTIVE" for d in revisions.values()) == (status == "ACTIVE")
        )
    ]
    items, token = page(names, asked)
    return {"families": items, "nextToken": token}


def deregister(world, asked):
    """DeregisterTaskDefinition: INACTIVE; what runs goes on."""
    if ":" not in asked["taskDefinition"].split("/")[-1]:
        raise client("Revision is missing.")
    definition = world.definition(asked["taskDefinition"], "The specified task definition does not exist.")
    if definition["status"] == "ACTIVE":
        definition.update(status="INACTIVE", deregisteredAt=world.timeline.wall())
    return {"taskDefinition": definition}


def delete(world, asked):
    """DeleteTaskDefinitions: only INACTIVE ones; DELETE_IN_PROGRESS until nothing uses them."""
    gone, failures = [], []
    for name in asked["taskDefinitions"]:
        try:
            definition = world.definition(name)
        except Refusal:
            failures.append({"arn": name, "reason": "The specified task definition does not exist."})
            continue
        if definition["status"] == "ACTIVE":
            failures.append(
                {
                    "arn": definition["taskDefinitionArn"],
                    "reason": "The specified task definition is still in ACTIVE status. Please deregister the target and try again.",
                }
            )
            continue
        if definition["status"] == "INACTIVE":
            definition.update(status="DELETE_IN_PROGRESS", deleteRequestedAt=world.timeline.wall())
            _forget_when_unused(world, definition)
        gone.append(definition)
    return {"taskDefinitions": gone, "failures": failures}


def _forget_when_unused(world, definition):
    arn = definition["taskDefinitionArn"]

    def forget():
        used = any(t.definition is definition and t.last_status != "STOPPED" for t in world.tasks.values())
        used = used or any(s.uses(arn) for s in world.services)
        if used:
            world.timeline.after(DELETING, forget)
            return
        world.definitions.get(definition["family"], {}).pop(definition["revision"], None)
        if not world.definitions.get(definition["family"]):
            world.definitions.pop(definition["family"], None)
        world.tags.pop(arn, None)

    world.timeline.after(DELETING, forget)


OPERATIONS = {
    "RegisterTaskDefinition": register,
    "DescribeTaskDefinition": describe,
    "ListTaskDefinitions": listing,
    "ListTaskDefinitionFamilies": families,
    "DeregisterTaskDefinition": deregister,
    "DeleteTaskDefinitions": delete,
}
