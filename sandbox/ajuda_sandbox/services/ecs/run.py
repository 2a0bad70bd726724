"""ECS's calls on tasks: RunTask, ListTasks, DescribeTasks, StopTask."""

import copy
import re

from . import surroundings, task_shown
from .definitions import client
from .tasks import Task
from .world import check_tags, invalid, page
from ...core.wire import Refusal

# A stopped task is described for at least an hour (DescribeTasks). Here an hour can be one call, so that the last
# ones are kept however long ago they stopped, or nobody could read why.
REMEMBERED, AT_LEAST = 3600, 200


def run(world, asked):
    """RunTask. A role that IAM does not have is refused at once, everything else later."""
    token = asked.get("clientToken")
    known = world.tokens.get(("RunTask", token)) if token else None
    sent = copy.deepcopy(asked)
    if known:
        before, tasks = known
        if before != asked:
            raise Refusal(
                "ConflictException",
                "The RunTask request could not be processed due to conflicts. The provided clientToken is already in use "
                "with a different RunTask request.",
            )
        return {"tasks": [task_shown.task(world, t, tags=True) for t in tasks], "failures": []}
    cluster = world.cluster(asked.get("cluster"))
    definition = world.definition(asked["taskDefinition"], "TaskDefinition not found.")
    if definition["status"] != "ACTIVE":
        raise client("TaskDefinition is inactive")
    _check(world, asked, definition)
    settings = {**asked, "tags": _tags(world, asked, definition)}
    count = asked.get("count", 1)
    tasks = [Task(world, cluster, definition, settings) for _ in range(count)]
    if token:
        world.tokens[("RunTask", token)] = (sent, tasks)
    return {"tasks": [task_shown.task(world, t, tags=True) for t in tasks], "failures": []}


def _tags(world, asked, definition):
    tags = {}
    if asked.get("propagateTags") == "TASK_DEFINITION":
        tags.update({t["key"]: t["value"] for t in world.tags_of(definition["taskDefinitionArn"])})
    tags.update({t["key"]: t.get("value", "") for t in asked.get("tags", [])})
    if asked.get("enableECSManagedTags"):
        tags["aws:ecs:clusterName"] = world.cluster(asked.get("cluster"))["clusterName"]
    return [{"key": key, "value": value} for key, value in tags.items()]


def _check(world, asked, definition):
    # RunTask, startedBy: "Up to 128 letters (uppercase and lowercase), numbers, hyphens (-), forward slash
    # (/), and underscores (_) are allowed".
    if not re.fullmatch(r"[A-Za-z0-9/_-]{0,128}", asked.get("startedBy", "")):
        raise invalid("startedBy contains invalid characters or is longer than 128 characters.")
    check_tags(asked.get("tags"))
    network = asked.get("networkConfiguration", {}).get("awsvpcConfiguration")
    if definition["networkMode"] == "awsvpc" and not network:
        raise invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    if network:
        network.setdefault("assignPublicIp", "DISABLED")
        surroundings.check_network(world, network)
    names = {c["name"] for c in definition["containerDefinitions"]}
    for override in asked.get("overrides", {}).get("containerOverrides", []):
        if override.get("name") not in names:
            raise invalid("Override for container named " + str(override.get("name")) + " is not a container in the TaskDefinition.")
    role = surroundings.missing_role(world, definition)
    if role:
        raise client(
            f"ECS was unable to assume the role '{role}' that was provided for this task. Please verify that the role "
            "being passed has the proper trust relationship and permissions and that your IAM user has permissions to "
            "pass this role."
        )


def forget_old(world):
    """Drops tasks that AWS no longer describes."""
    stopped = [task for task in world.tasks.values() if task.stopped_for_good is not None]
    stopped.sort(key=lambda task: task.stopped_for_good)
    for task in stopped[:-AT_LEAST]:
        if world.timeline.now - task.stopped_for_good > REMEMBERED:
            del world.tasks[task.arn]
            world.tags.pop(task.arn, None)


def listing(world, asked):
    """ListTasks; those that are meant to run, unless asked for the stopped."""
    forget_old(world)
    cluster = world.cluster(asked.get("cluster"))
    wanted = asked.get("desiredStatus", "RUNNING")
    service = None
    if asked.get("serviceName"):
        service = world.service(cluster, asked["serviceName"])
        if service is None or service.status == "INACTIVE":
            raise Refusal("ServiceNotFoundException", "Service not found.")
    arns = [
        t.arn
        for t in world.tasks.values()
        if t.cluster is cluster
        and (t.desired_status == wanted or wanted == "PENDING" and t.last_status == "PENDING")
        and (service is None or t.service is service)
        and asked.get("family") in (None, t.definition["family"])
        and asked.get("startedBy") in (None, t.settings.get("startedBy"))
    ]
    items, token = page(arns, asked)
    return {"taskArns": items, "nextToken": token}


def find(world, cluster, name):
    """A task of a cluster by id or ARN, or None."""
    wanted = name.split("/")[-1]
    return next((t for t in world.tasks.values() if t.id == wanted and t.cluster is cluster), None)


def describe(world, asked):
    """DescribeTasks."""
    forget_old(world)
    cluster = world.cluster(asked.get("cluster"), active=False)
    found, failures = [], []
    for name in asked["tasks"]:
        task = find(world, cluster, name)
        if task:
            found.append(task_shown.task(world, task, "TAGS" in asked.get("include", ())))
        else:
            arn = name if name.startswith("arn:") else world.arn("task", cluster["clusterName"], name)
            failures.append({"arn": arn, "reason": "MISSING"})
    return {"tasks": found, "failures": failures}


def stop(world, asked):
    """StopTask."""
    cluster = world.cluster(asked.get("cluster"))
    task = find(world, cluster, asked["task"])
    if task is None:
        raise invalid("The referenced task was not found.")
    task.stop("UserInitiated", asked.get("reason") or "Task stopped by user")
    return {"task": task_shown.task(world, task)}


OPERATIONS = {
    "RunTask": run,
    "ListTasks": listing,
    "DescribeTasks": describe,
    "StopTask": stop,
}
