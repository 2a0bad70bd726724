"""What is done to running tasks: commands of one-off tasks, ECS Exec, sessions, filtered logs."""

import json
import time

import pytest

from stack import Stack
from stack_parts import refused


@pytest.fixture
def stack(sandbox):
    return Stack(sandbox)


def run(stack, command, **more):
    """Runs a command in a one-off task to its end; (exit code, lines)."""
    task = stack.ecs.run_task(
        cluster="main",
        taskDefinition=stack.define(),
        launchType="FARGATE",
        networkConfiguration=stack.network,
        overrides={"containerOverrides": [{"name": "app", "command": command}]},
        **more,
    )["tasks"][0]["taskArn"]
    for _ in range(50):
        found = stack.ecs.describe_tasks(cluster="main", tasks=[task])["tasks"][0]
        if found["lastStatus"] == "STOPPED":
            break
    stream = "app/app/" + task.rsplit("/", 1)[1]
    try:
        events = stack.logs.get_log_events(logGroupName="/ecs/app", logStreamName=stream)["events"]
    except stack.logs.exceptions.ResourceNotFoundException:
        events = []
    return found["containers"][0]["exitCode"], [event["message"] for event in events]


@pytest.mark.parametrize(
    ("command", "code", "lines"),
    [
        (["sh", "-c", "echo one; echo 'two words'; exit 3"], 3, ["one", "two words"]),
        (["echo", "a;b"], 0, ["a;b"]),
        (["false"], 1, []),
        # What cannot be acted out runs as the image would.
        (["python", "-c", "print(1)"], 0, ["started", "listening"]),
        (["sh", "-c", "echo 'a;b'"], 0, ["started", "listening"]),
    ],
)
def test_a_one_off_task_acts_its_command_out(stack, command, code, lines):
    assert run(stack, command) == (code, lines)


def allow(stack):
    actions = ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"]
    statement = {"Effect": "Allow", "Action": [f"ssmmessages:{a}" for a in actions], "Resource": "*"}
    stack.sandbox.client("iam").put_role_policy(
        RoleName="task", PolicyName="exec", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )


def served(stack, **more):
    stack.listen()
    stack.serve(stack.define(), **more)
    stack.settle(lambda s: s["deployments"][0]["rolloutState"] == "COMPLETED")
    return stack.tasks()[0]


def execute(stack, task, **more):
    asked = {"cluster": "main", "task": task["taskArn"], "command": "/bin/sh", "interactive": True, **more}
    return stack.ecs.execute_command(**asked)


def test_exec_opens_a_session_that_systems_manager_knows(stack):
    allow(stack)
    task = served(stack, enableExecuteCommand=True)
    container = task["containers"][0]
    agent = container["managedAgents"][0]
    assert (agent["name"], agent["lastStatus"]) == ("ExecuteCommandAgent", "RUNNING")
    reply = execute(stack, task)
    assert (reply["taskArn"], reply["containerName"]) == (task["taskArn"], "app")
    assert reply["session"]["streamUrl"].startswith("wss://") and reply["session"]["tokenValue"]
    with refused("InvalidParameterException", "Interactive is the only mode"):
        execute(stack, task, interactive=False)
    with refused("InvalidParameterException", "container name"):
        execute(stack, task, container="other")

    ssm = stack.sandbox.client("ssm")
    target = f"ecs:main_{task['taskArn'].rsplit('/', 1)[1]}_{container['runtimeId']}"
    forward = {"DocumentName": "AWS-StartPortForwardingSessionToRemoteHost", "Target": target}
    with refused("InvalidParameters", "host"):
        ssm.start_session(**forward, Parameters={"portNumber": ["5432"]})
    session = ssm.start_session(**forward, Parameters={"portNumber": ["5432"], "host": ["db.example.org"]})
    assert session["SessionId"] and session["StreamUrl"].startswith("wss://") and session["TokenValue"]
    with refused("InvalidDocument"):
        ssm.start_session(Target=target, DocumentName="Nothing")
    with refused("TargetNotConnected"):
        ssm.start_session(Target="ecs:main_0_0")


def test_exec_does_not_reach_into_a_read_only_container(stack):
    allow(stack)
    stack.listen()
    stack.serve(stack.define(container={"readonlyRootFilesystem": True}), enableExecuteCommand=True)
    stack.settle(lambda s: s["deployments"][0]["rolloutState"] == "COMPLETED")
    task = stack.tasks()[0]
    assert task["containers"][0]["managedAgents"][0]["lastStatus"] == "STOPPED"
    with refused("InvalidParameterException", "execute command agent isn't running"):
        execute(stack, task)


@pytest.mark.parametrize("on", [False, True])
def test_exec_that_is_off_or_may_not_connect_is_refused(stack, on):
    task = served(stack, enableExecuteCommand=on)
    agents = task["containers"][0].get("managedAgents", [])
    assert [agent["lastStatus"] for agent in agents] == (["STOPPED"] if on else [])
    with refused("InvalidParameterException", "execute command was not enabled"):
        execute(stack, task)


def test_filtered_lines_are_merged_by_their_times(sandbox):
    logs = sandbox.client("logs")
    logs.create_log_group(logGroupName="/ecs/shop")
    now = int(time.time() * 1000)
    for stream, lines in {"ecs/app/1": [(1, "one"), (3, "three")], "ecs/app/2": [(2, "two")], "other": [(4, "four")]}.items():
        logs.create_log_stream(logGroupName="/ecs/shop", logStreamName=stream)
        events = [{"timestamp": now + at, "message": text} for at, text in lines]
        logs.put_log_events(logGroupName="/ecs/shop", logStreamName=stream, logEvents=events)

    def found(**asked):
        reply = logs.filter_log_events(logGroupName="/ecs/shop", **asked)
        return [event["message"] for event in reply["events"]], reply.get("nextToken")

    assert found() == (["one", "two", "three", "four"], None)
    assert found(logStreamNamePrefix="ecs/app/")[0] == ["one", "two", "three"]
    assert found(startTime=now + 2, endTime=now + 3)[0] == ["two", "three"]
    assert found(filterPattern='"two"')[0] == ["two"]
    first, token = found(limit=3)
    assert (first, found(limit=3, nextToken=token)) == (["one", "two", "three"], (["four"], None))
    with refused("InvalidParameterException", "can not be specified together"):
        found(logStreamNamePrefix="ecs", logStreamNames=["other"])
    with refused("ResourceNotFoundException"):
        logs.filter_log_events(logGroupName="/none")
