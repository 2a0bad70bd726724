"""Systems Manager: StartSession into a container of a task that ECS Exec is on for.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartSession.html
"""

from moto.ssm.responses import SimpleSystemManagerResponse

from ..core import wire
from .ecs import exec
from .ecs.world import world_of
from ..core.wire import Refusal

# Session documents, and the parameters that each must be given.
DOCUMENTS = {
    "SSM-SessionManagerRunShell": (),
    "AWS-StartPortForwardingSession": ("portNumber",),
    "AWS-StartPortForwardingSessionToRemoteHost": ("host", "portNumber"),
}


def install(sandbox):
    """Answers StartSession, which moto does not know."""

    @wire.replaces(SimpleSystemManagerResponse, "StartSession")
    def start(response, asked):
        document = asked.get("DocumentName", "SSM-SessionManagerRunShell")
        if document not in DOCUMENTS:
            raise Refusal("InvalidDocument", "Document with name " + document + " does not exist.")
        given = asked.get("Parameters", {})
        missing = [name for name in DOCUMENTS[document] if not given.get(name)]
        if missing:
            raise Refusal("InvalidParameters", f"The parameters {', '.join(missing)} are required.")
        task = _task(world_of(sandbox, response.region), asked["Target"])
        if task is None:
            raise Refusal("TargetNotConnected", f"{asked['Target']} is not connected.")
        made = exec.session("sandbox")
        return {"SessionId": made["sessionId"], "StreamUrl": made["streamUrl"], "TokenValue": made["tokenValue"]}


def _task(world, target):
    """The running task behind `ecs:<cluster>_<task>_<runtime id>`, if its agent is connected."""
    for task in world.tasks.values():
        for state in task.containers.values():
            name = f"ecs:{task.cluster['clusterName']}_{task.id}_{state['runtimeId']}"
            if name == target and any(a["lastStatus"] == "RUNNING" for a in exec.agents(task, state) or []):
                return task
    return None
