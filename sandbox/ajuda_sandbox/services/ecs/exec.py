"""ECS Exec: the agent in a container, and ExecuteCommand.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
"""

import json
import uuid

from moto.iam.models import iam_backends

from . import run
from .world import invalid

OFF = (
    "The execute command failed because execute command was not enabled when the task was run or the execute command "
    "agent isn't running. Wait and try again or run a new task with execute command enabled and try again."
)
# "Task IAM role permissions": without all of them the agent cannot connect.
NEEDED = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")


def agents(task, state):
    """`managedAgents` of a container, or None where exec is off for its task."""
    if not task.settings.get("enableExecuteCommand"):
        return None
    running = state["lastStatus"] == "RUNNING"
    agent = {"name": "ExecuteCommandAgent", "lastStatus": "PENDING"}
    if running and may_connect(task) and not read_only(task, state):
        agent.update(lastStatus="RUNNING", lastStartedAt=task.times.get("startedAt"))
    elif running or state["lastStatus"] == "STOPPED":
        agent.update(lastStatus="STOPPED")
    return [agent]


def read_only(task, state):
    """The agent makes files and directories, so a read-only root file system is not supported
    ("ECS Exec considerations")."""
    definitions = task.definition["containerDefinitions"]
    return any(c.get("readonlyRootFilesystem") and task.containers[c["name"]] is state for c in definitions)


def may_connect(task):
    """Whether a policy of the task role names the channels."""
    arn = task.definition.get("taskRoleArn")
    roles = iam_backends[task.world.account][task.world.partition].roles.values()
    role = next((r for r in roles if r.arn == arn), None)
    policies = json.dumps([str(p) for p in role.policies.values()]) if role else ""
    return all(f"ssmmessages:{action}" in policies for action in NEEDED) or "ssmmessages:*" in policies


def session(id_of):
    """What a client hands to the session manager plugin."""
    name = f"{id_of}-{uuid.uuid4().hex[:17]}"
    return {
        "sessionId": name,
        "streamUrl": f"wss://ssmmessages.us-east-1.amazonaws.com/v1/data-channel/{name}?role=publish_subscribe",
        "tokenValue": uuid.uuid4().hex * 8,
    }


def execute(world, asked):
    """ExecuteCommand."""
    cluster = world.cluster(asked.get("cluster"))
    task = run.find(world, cluster, asked["task"])
    if task is None:
        raise invalid("The referenced task was not found.")
    if not asked.get("interactive"):
        raise invalid("Interactive is the only mode supported currently.")
    names = [c["name"] for c in task.definition["containerDefinitions"]]
    if asked.get("container") and asked["container"] not in names:
        raise invalid("The container name specified is invalid. Verify that the container name exists in the task.")
    name = asked.get("container") or names[0]
    state = task.containers[name]
    if not any(agent["lastStatus"] == "RUNNING" for agent in agents(task, state) or []):
        raise invalid(OFF)
    return {
        "clusterArn": cluster["clusterArn"],
        "containerArn": world.arn("container", cluster["clusterName"], task.id, state["runtimeId"]),
        "containerName": name,
        "interactive": True,
        "session": session("ecs-execute-command"),
        "taskArn": task.arn,
    }


OPERATIONS = {"ExecuteCommand": execute}
