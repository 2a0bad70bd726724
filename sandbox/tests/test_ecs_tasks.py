"""One-off tasks, task definitions and clusters."""

import pytest
from botocore.exceptions import ClientError

from stack import REGISTRY, Stack


@pytest.fixture
def stack(sandbox):
    return Stack(sandbox)


def refused(code, part, call, **asked):
    with pytest.raises(ClientError) as refusal:
        call(**asked)
    error = refusal.value.response["Error"]
    assert error["Code"] == code and part in error["Message"], error


def run(stack, definition, **more):
    reply = stack.ecs.run_task(
        cluster="main", taskDefinition=definition, launchType="FARGATE", networkConfiguration=stack.network, **more
    )
    assert reply["failures"] == []
    return reply["tasks"][0]


def ended(stack, arn):
    for _ in range(2000):
        task = stack.ecs.describe_tasks(cluster="main", tasks=[arn], include=["TAGS"])["tasks"][0]
        if task["lastStatus"] == "STOPPED":
            return task
    raise AssertionError(task)


def test_a_one_off_task_ends_by_itself(stack):
    begun = run(
        stack, stack.define(), startedBy="ajuda", tags=[{"key": "a", "value": "b"}], group="setup",
        overrides={"containerOverrides": [{"name": "app", "command": ["psql", "-c", "select 1"]}]},
    )
    assert begun["lastStatus"] == "PROVISIONING" and begun["desiredStatus"] == "RUNNING"
    task = ended(stack, begun["taskArn"])
    assert (task["stopCode"], task["stoppedReason"]) == ("EssentialContainerExited", "Essential container in task exited")
    container = task["containers"][0]
    assert (container["exitCode"], container["lastStatus"]) == (0, "STOPPED")
    assert container["imageDigest"].startswith("sha256:")
    assert task["startedBy"] == "ajuda" and task["group"] == "setup" and task["tags"] == [{"key": "a", "value": "b"}]
    assert task["overrides"]["containerOverrides"][0]["command"] == ["psql", "-c", "select 1"]
    stream = f"app/app/{task['taskArn'].rsplit('/', 1)[1]}"
    assert stack.logs.get_log_events(logGroupName="/ecs/app", logStreamName=stream)["events"]
    assert stack.ecs.list_tasks(cluster="main")["taskArns"] == []
    assert stack.ecs.list_tasks(cluster="main", desiredStatus="STOPPED", family="app")["taskArns"] == [task["taskArn"]]


def test_states_pass_in_order(ticking):
    stack = Stack(ticking)
    arn, seen = run(stack, stack.define())["taskArn"], []
    while not seen or seen[-1] != "STOPPED":
        status = stack.ecs.describe_tasks(cluster="main", tasks=[arn])["tasks"][0]["lastStatus"]
        if not seen or seen[-1] != status:
            seen.append(status)
    assert seen == ["PROVISIONING", "PENDING", "RUNNING", "STOPPING", "DEPROVISIONING", "STOPPED"]


@pytest.mark.parametrize(
    "behaviour,code,reason",
    [("crash", 1, None), ("oom", 137, "OutOfMemoryError: Container killed due to memory usage")],
)
def test_a_one_off_task_can_fail(stack, behaviour, code, reason):
    task = ended(stack, run(stack, stack.define(stack.image("bad", behaviour)))["taskArn"])
    assert task["containers"][0]["exitCode"] == code and task["containers"][0].get("reason") == reason


def test_an_image_can_say_what_it_writes_and_how_it_exits(stack):
    stack.sandbox.control("POST", "images", {"image": "app:v3", "logs": ["one", "two"], "exit_code": 3})
    task = ended(stack, run(stack, stack.define(f"{REGISTRY}/app:v3"))["taskArn"])
    assert task["containers"][0]["exitCode"] == 3
    stream = f"app/app/{task['taskArn'].rsplit('/', 1)[1]}"
    events = stack.logs.get_log_events(logGroupName="/ecs/app", logStreamName=stream)["events"]
    assert [e["message"] for e in events] == ["one", "two"]


def test_secrets_are_read_with_their_key(stack):
    arn = stack.sandbox.client("secretsmanager").create_secret(Name="db", SecretString='{"url": "x"}')["ARN"]
    for reference, why in ((arn, None), (f"{arn}:url::", None), (f"{arn}:none::", "did not contain json key none")):
        definition = stack.define(container={"secrets": [{"name": "A", "valueFrom": reference}]})
        task = ended(stack, run(stack, definition)["taskArn"])
        if why:
            assert task["stopCode"] == "TaskFailedToStart" and why in task["stoppedReason"]
        else:
            assert task["containers"][0]["exitCode"] == 0


def test_a_client_token_runs_one_task(stack):
    definition = stack.define()
    first = run(stack, definition, clientToken="t")
    assert run(stack, definition, clientToken="t")["taskArn"] == first["taskArn"]
    refused("ConflictException", "already in use", stack.ecs.run_task, cluster="main", taskDefinition=definition,
            launchType="FARGATE", networkConfiguration=stack.network, clientToken="t", count=2)


def test_stop_task(ticking):
    stack = Stack(ticking)
    arn = run(stack, stack.define(stack.image("slow", "slow")))["taskArn"]
    stack.ecs.stop_task(cluster="main", task=arn, reason="enough")
    task = ended(stack, arn)
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")
    refused("InvalidParameterException", "not found", stack.ecs.stop_task, cluster="main", task="0" * 32)
    assert stack.ecs.describe_tasks(cluster="main", tasks=["0" * 32])["failures"][0]["reason"] == "MISSING"


def test_run_task_refuses(stack):
    definition = stack.define()
    refused("InvalidParameterException", "Network Configuration must be provided", stack.ecs.run_task,
            cluster="main", taskDefinition=definition)
    refused("InvalidParameterException", "subnet-none", stack.ecs.run_task, cluster="main", taskDefinition=definition,
            networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-none"]}})
    refused("ClusterNotFoundException", "", stack.ecs.run_task, cluster="none", taskDefinition=definition)
    refused("InvalidParameterException", "Override for container named other", stack.ecs.run_task, cluster="main",
            taskDefinition=definition, networkConfiguration=stack.network,
            overrides={"containerOverrides": [{"name": "other"}]})


def test_a_task_definition_comes_back_as_sent_with_defaults(stack):
    container = {
        "command": ["serve"],
        "environment": [{"name": "A", "value": "1"}],
        "secrets": [{"name": "S", "valueFrom": "arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf"}],
        "healthCheck": {"command": ["CMD-SHELL", "true"], "startPeriod": 60},
        "mountPoints": [{"sourceVolume": "data", "containerPath": "/data", "readOnly": False}],
        "linuxParameters": {"initProcessEnabled": True},
        "readonlyRootFilesystem": True,
        "stopTimeout": 60,
        "ulimits": [{"name": "nofile", "softLimit": 65536, "hardLimit": 65536}],
    }
    arn = stack.define(
        container=container,
        volumes=[{"name": "data"}],
        ephemeralStorage={"sizeInGiB": 50},
        runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        tags=[{"key": "ajuda:stack", "value": "x"}],
    )
    reply = stack.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
    found = reply["taskDefinition"]
    assert reply["tags"] == [{"key": "ajuda:stack", "value": "x"}]
    assert found["revision"] == 1 and found["status"] == "ACTIVE" and found["networkMode"] == "awsvpc"
    assert (found["cpu"], found["memory"]) == ("1024", "4096")
    assert found["ephemeralStorage"] == {"sizeInGiB": 50} and found["volumes"] == [{"name": "data", "host": {}}]
    assert found["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    assert found["compatibilities"] == ["EC2", "FARGATE"]
    described = found["containerDefinitions"][0]
    for key, value in container.items():
        if key == "healthCheck":
            assert described[key] == {"interval": 30, "timeout": 5, "retries": 3, **value}
        else:
            assert described[key] == value
    assert described["essential"] is True and described["cpu"] == 0 and described["volumesFrom"] == []
    assert described["portMappings"] == [
        {"containerPort": 8080, "hostPort": 8080, "protocol": "tcp", "name": "http", "appProtocol": "http"}
    ]
    assert "tags" not in stack.ecs.describe_task_definition(taskDefinition="app")


def test_mounts_are_of_volumes_that_are_there(stack):
    def mounted(source, path="/data", **more):
        points = [{"sourceVolume": source, "containerPath": path}]
        return stack.define(container={"mountPoints": points, **more}, volumes=[{"name": "data"}])

    refused("ClientException", "Unknown volume 'other'", mounted, source="other")
    tmpfs = [{"containerPath": "/data", "size": 64}]
    refused("ClientException", "mounted once", mounted, source="data", linuxParameters={"tmpfs": tmpfs})
    refused("ClientException", "sharedMemorySize", mounted, source="data", linuxParameters={"sharedMemorySize": 64})
    refused("ClientException", "privileged", mounted, source="data", privileged=True)
    mounted("data", path="/tmp", linuxParameters={"tmpfs": tmpfs})


def test_revisions_end_in_two_steps(stack):
    first, second = stack.define(), stack.define()
    assert stack.ecs.list_task_definitions(familyPrefix="app")["taskDefinitionArns"] == [first, second]
    assert stack.ecs.delete_task_definitions(taskDefinitions=[first])["failures"][0]["arn"] == first
    assert stack.ecs.deregister_task_definition(taskDefinition=first)["taskDefinition"]["status"] == "INACTIVE"
    assert stack.ecs.list_task_definitions(status="INACTIVE")["taskDefinitionArns"] == [first]
    gone = stack.ecs.delete_task_definitions(taskDefinitions=[first])["taskDefinitions"]
    assert gone[0]["status"] == "DELETE_IN_PROGRESS"
    refused("ClientException", "Unable to describe task definition.", stack.ecs.describe_task_definition, taskDefinition=first)
    stack.ecs.deregister_task_definition(taskDefinition=second)
    refused("ClientException", "inactive", stack.ecs.run_task, cluster="main", taskDefinition=second)
    assert stack.define().endswith(":3")


@pytest.mark.parametrize("cpu,memory,good", [
    ("256", "512", True), ("256", "4096", False), ("300", "512", False), ("1 vCPU", "2 GB", True),
    ("1024", "8192", True), ("1024", "9216", False), ("4096", "30720", True), ("16384", "122880", True),
])
def test_fargate_sizes(stack, cpu, memory, good):
    if good:
        stack.define(cpu=cpu, memory=memory)
    else:
        refused("ClientException", "No Fargate configuration exists for given values", stack.define, cpu=cpu, memory=memory)


def test_clusters(sandbox):
    ecs = sandbox.client("ecs")
    settings = [{"name": "containerInsights", "value": "enhanced"}]
    tags = [{"key": "ajuda:stack", "value": "x"}]
    made = ecs.create_cluster(
        clusterName="main", settings=settings, tags=tags, serviceConnectDefaults={"namespace": "main.local"},
        configuration={"executeCommandConfiguration": {"logging": "NONE"}},
        capacityProviders=["FARGATE"],
    )["cluster"]
    assert made["tags"] == tags
    assert ecs.create_cluster(clusterName="main")["cluster"]["clusterArn"] == made["clusterArn"]
    bare = ecs.describe_clusters(clusters=["main", "none"])
    assert bare["failures"][0]["reason"] == "MISSING" and bare["clusters"][0]["tags"] == []
    found = ecs.describe_clusters(clusters=["main"], include=["SETTINGS", "CONFIGURATIONS", "TAGS"])["clusters"][0]
    assert found["settings"] == settings and found["tags"] == tags and found["capacityProviders"] == ["FARGATE"]
    assert found["configuration"]["executeCommandConfiguration"]["logging"] == "NONE"
    namespace = sandbox.client("servicediscovery").list_namespaces()["Namespaces"][0]
    assert found["serviceConnectDefaults"] == {"namespace": namespace["Arn"]}
    ecs.update_cluster_settings(cluster="main", settings=[{"name": "containerInsights", "value": "disabled"}])
    ecs.tag_resource(resourceArn=found["clusterArn"], tags=[{"key": "b", "value": "2"}])
    ecs.untag_resource(resourceArn=found["clusterArn"], tagKeys=["ajuda:stack"])
    assert ecs.list_tags_for_resource(resourceArn=found["clusterArn"])["tags"] == [{"key": "b", "value": "2"}]
    ecs.delete_cluster(cluster="main")
    assert ecs.list_clusters()["clusterArns"] == []
    assert ecs.describe_clusters(clusters=["main"])["clusters"][0]["status"] == "INACTIVE"


def test_scaling_and_tagging_see_services(stack):
    definition = stack.define()
    stack.serve(definition, balanced=False, tags=[{"key": "ajuda:stack", "value": "x"}])
    scaling = stack.sandbox.client("application-autoscaling")
    scaling.register_scalable_target(
        ServiceNamespace="ecs", ResourceId="service/main/app", ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1, MaxCapacity=2,
    )
    with pytest.raises(ClientError):
        scaling.register_scalable_target(
            ServiceNamespace="ecs", ResourceId="service/main/none", ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=1, MaxCapacity=2,
        )
    tagging = stack.sandbox.client("resourcegroupstaggingapi")
    found = tagging.get_resources(TagFilters=[{"Key": "ajuda:stack", "Values": ["x"]}], ResourceTypeFilters=["ecs:service"])
    assert [r["ResourceARN"] for r in found["ResourceTagMappingList"]] == [stack.service()["serviceArn"]]


def test_tags_hold_no_commas(stack):
    arn = stack.define()
    for tag in ({"key": "by", "value": "ann,bob"}, {"key": "a,b", "value": "x"}):
        refused("InvalidParameterException", "letters, numbers", stack.ecs.tag_resource, resourceArn=arn, tags=[tag])
    stack.ecs.tag_resource(resourceArn=arn, tags=[{"key": "by", "value": "assumed-role/deploy/ann_bob"}])
