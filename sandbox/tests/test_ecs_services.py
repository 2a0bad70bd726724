"""Services: echo, rollouts, failures, refusals, the way out."""

import pytest
from botocore.exceptions import ClientError

from stack import Stack

COMPLETED = "COMPLETED"


@pytest.fixture
def stack(sandbox):
    made = Stack(sandbox)
    made.listen()
    return made


def completed(service):
    return service["deployments"][0]["rolloutState"] == COMPLETED and len(service["deployments"]) == 1


def messages(service):
    return [event["message"] for event in reversed(service["events"])]


def refused(code, part, call, **asked):
    with pytest.raises(ClientError) as refusal:
        call(**asked)
    error = refusal.value.response["Error"]
    assert error["Code"] == code and part in error["Message"], error


def test_everything_sent_is_echoed(stack):
    definition = stack.define()
    namespace(stack, "main.local")
    sent = {
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "maximumPercent": 150,
            "minimumHealthyPercent": 50,
        },
        "healthCheckGracePeriodSeconds": 300,
        "enableExecuteCommand": True,
        "enableECSManagedTags": True,
        "propagateTags": "SERVICE",
        "availabilityZoneRebalancing": "DISABLED",
        "platformVersion": "1.4.0",
        "tags": [{"key": "ajuda:stack", "value": "x"}],
    }
    connect = {
        "enabled": True,
        "namespace": "main.local",
        "services": [{"portName": "http", "discoveryName": "app", "clientAliases": [{"port": 80, "dnsName": "app"}]}],
    }
    made = stack.serve(definition, 2, serviceConnectConfiguration=connect, **sent)
    assert made["status"] == "ACTIVE" and made["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    found = stack.settle(completed)
    for key, value in sent.items():
        if key == "deploymentConfiguration":
            assert value.items() <= found[key].items()
        else:
            assert found[key] == value
    assert found["desiredCount"] == found["runningCount"] == 2 and found["pendingCount"] == 0
    assert found["taskDefinition"] == definition and found["schedulingStrategy"] == "REPLICA"
    assert found["networkConfiguration"]["awsvpcConfiguration"] == {
        "subnets": stack.subnets, "securityGroups": [stack.group], "assignPublicIp": "DISABLED",
    }
    assert found["deployments"][0]["serviceConnectConfiguration"] == connect
    assert found["deployments"][0]["serviceConnectResources"][0]["discoveryName"] == "app"
    task = stack.tasks()[0]
    assert {"key": "ajuda:stack", "value": "x"} in task["tags"]
    assert {"key": "aws:ecs:serviceName", "value": "app"} in task["tags"]


def namespace(stack, name):
    stack.sandbox.client("servicediscovery").create_http_namespace(Name=name)


def test_defaults_are_the_documented_ones(stack):
    stack.serve(stack.define(), balanced=False)
    found = stack.service()
    assert found["deploymentConfiguration"]["maximumPercent"] == 200
    assert found["deploymentConfiguration"]["minimumHealthyPercent"] == 100
    assert found["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": False, "rollback": False}
    assert found["availabilityZoneRebalancing"] == "ENABLED"
    assert found["propagateTags"] == "NONE" and found["enableECSManagedTags"] is False
    assert found["platformVersion"] == "LATEST" and found["deployments"][0]["platformVersion"] == "1.4.0"
    assert "healthCheckGracePeriodSeconds" not in found


def test_a_rollout_starts_tasks_registers_targets_and_says_so(stack):
    stack.serve(stack.define(), 2)
    found = stack.settle(completed)
    tasks = stack.tasks()
    assert {t["lastStatus"] for t in tasks} == {"RUNNING"} and len(tasks) == 2
    assert len({t["availabilityZone"] for t in tasks}) == 2
    health = stack.elbv2.describe_target_health(TargetGroupArn=stack.target_group)["TargetHealthDescriptions"]
    ips = {t["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for t in tasks}
    assert {h["Target"]["Id"] for h in health} == ips
    assert {h["TargetHealth"]["State"] for h in health} == {"healthy"}
    said = " | ".join(messages(stack.settle(lambda s: "steady" in s["events"][0]["message"])))
    assert "(service app) has started 2 tasks: (task " in said
    assert f"registered 1 targets in (target-group {stack.target_group})" in said
    assert said.endswith("(service app) has reached a steady state.")
    deployments = stack.ecs.list_service_deployments(cluster="main", service="app")["serviceDeployments"]
    assert [d["status"] for d in deployments] == ["SUCCESSFUL"]
    eni = {d["name"]: d["value"] for d in tasks[0]["attachments"][0]["details"]}["networkInterfaceId"]
    interface = stack.ec2.describe_network_interfaces(NetworkInterfaceIds=[eni])["NetworkInterfaces"][0]
    assert interface["RequesterManaged"] and interface["Status"] == "in-use"
    assert found["deployments"][0]["failedTasks"] == 0


def test_a_new_revision_replaces_the_old_one(stack):
    stack.serve(stack.define())
    first = stack.settle(completed)["deployments"][0]["id"]
    second = stack.define(stack.image("v2"))
    after = stack.ecs.update_service(cluster="main", service="app", taskDefinition=second)["service"]
    assert after["taskDefinition"] == second
    assert [d["status"] for d in after["deployments"]] == ["PRIMARY", "ACTIVE"]
    assert after["deployments"][1]["id"] == first
    assert after["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    found = stack.settle(completed)
    assert found["deployments"][0]["taskDefinition"] == second
    assert {t["taskDefinitionArn"] for t in stack.tasks()} == {second}
    assert len(stack.ecs.list_service_deployments(cluster="main", service="app")["serviceDeployments"]) == 2


def test_only_what_the_api_says_makes_a_deployment(stack):
    stack.serve(stack.define())
    first = stack.settle(completed)["deployments"][0]["id"]
    change = stack.ecs.update_service
    change(cluster="main", service="app", desiredCount=2, enableExecuteCommand=True, healthCheckGracePeriodSeconds=60)
    found = stack.settle(lambda s: s["runningCount"] == 2)
    assert found["deployments"][0]["id"] == first
    assert found["enableExecuteCommand"] and found["healthCheckGracePeriodSeconds"] == 60
    change(cluster="main", service="app", forceNewDeployment=True)
    assert stack.settle(completed)["deployments"][0]["id"] != first


def test_recreate_never_runs_two_versions(ticking):
    stack = Stack(ticking)
    stack.listen()
    limits = {"maximumPercent": 100, "minimumHealthyPercent": 0}
    stack.serve(stack.define(), deploymentConfiguration=limits)
    assert stack.service()["availabilityZoneRebalancing"] == "DISABLED"
    stack.settle(completed, 2000)
    stack.ecs.update_service(cluster="main", service="app", taskDefinition=stack.define())
    for _ in range(2000):
        assert len([t for t in stack.tasks() if t["lastStatus"] == "RUNNING"]) <= 1
        if completed(stack.service()):
            break
    assert completed(stack.service())


@pytest.mark.parametrize(
    "behaviour,code,exit_code,reason",
    [("crash", "EssentialContainerExited", 1, "Essential container in task exited"),
     ("oom", "EssentialContainerExited", 137, "Essential container in task exited"),
     ("missing", "TaskFailedToStart", None, "CannotPullContainerError"),
     ("unhealthy", "ServiceSchedulerInitiated", 0, "Task failed ELB health checks in (target-group ")],
)
def test_a_bad_image_trips_the_breaker_and_rolls_back(stack, behaviour, code, exit_code, reason):
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    good = stack.define()
    stack.serve(good, deploymentConfiguration=breaker)
    stack.settle(completed)
    bad = stack.define(stack.image("bad", behaviour))
    stack.ecs.update_service(cluster="main", service="app", taskDefinition=bad)
    found = stack.settle(lambda s: s["taskDefinition"] == good and completed(s))
    assert found["deployments"][0]["rolloutStateReason"].startswith("ECS deployment ecs-svc/")
    said = " | ".join(messages(found))
    assert "deployment failed: tasks failed to start." in said and "rolling back to deployment ecs-svc/" in said
    stopped = [t for t in stack.tasks("STOPPED") if t["taskDefinitionArn"] == bad]
    assert len(stopped) >= 3
    assert stopped[0]["stopCode"] == code and stopped[0]["stoppedReason"].startswith(reason)
    assert stopped[0]["containers"][0].get("exitCode") == exit_code
    if behaviour == "oom":
        assert stopped[0]["containers"][0]["reason"] == "OutOfMemoryError: Container killed due to memory usage"
    if behaviour == "crash":
        streams = stack.logs.describe_log_streams(logGroupName="/ecs/app", logStreamNamePrefix="app/app/")["logStreams"]
        name = f"app/app/{stopped[0]['taskArn'].rsplit('/', 1)[1]}"
        assert name in [s["logStreamName"] for s in streams]
        lines = stack.logs.get_log_events(logGroupName="/ecs/app", logStreamName=name)["events"]
        assert "fatal" in lines[-2]["message"]
    deployments = stack.ecs.list_service_deployments(cluster="main", service="app")["serviceDeployments"]
    assert [d["status"] for d in deployments] == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]
    full = stack.ecs.describe_service_deployments(serviceDeploymentArns=[deployments[0]["serviceDeploymentArn"]])
    full = full["serviceDeployments"][0]
    assert full["deploymentCircuitBreaker"] == {"status": "TRIGGERED", "failureCount": 3, "threshold": 3}
    revision = full["targetServiceRevision"]["arn"]
    described = stack.ecs.describe_service_revisions(serviceRevisionArns=[revision])["serviceRevisions"][0]
    assert described["taskDefinition"] == bad


def test_a_deployment_can_be_stopped(stack):
    good = stack.define()
    stack.serve(good)
    stack.settle(completed)
    stack.ecs.update_service(cluster="main", service="app", taskDefinition=stack.define(stack.image("bad", "crash")))
    running = stack.ecs.list_service_deployments(cluster="main", service="app", status=["IN_PROGRESS"])
    arn = running["serviceDeployments"][0]["serviceDeploymentArn"]
    assert stack.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")["serviceDeploymentArn"] == arn
    stack.settle(lambda s: s["taskDefinition"] == good and completed(s))
    found = stack.ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]
    assert found["status"] == "ROLLBACK_SUCCESSFUL" and "stopped by the user" in found["statusReason"]
    refused("ConflictException", "not in a state", stack.ecs.stop_service_deployment, serviceDeploymentArn=arn)


def test_a_capacity_provider_strategy_stands_in_for_a_launch_type(stack):
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
    stack.ecs.create_service(
        cluster="main", serviceName="app", taskDefinition=stack.define(), desiredCount=1,
        capacityProviderStrategy=strategy, networkConfiguration=stack.network,
    )
    found = stack.settle(completed)
    assert found["capacityProviderStrategy"] == strategy and "launchType" not in found
    assert stack.tasks()[0]["capacityProviderName"] == "FARGATE_SPOT"


def test_without_rollback_the_deployment_stays_failed_and_the_old_tasks_run(stack):
    stack.serve(stack.define(), deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": False}})
    stack.settle(completed)
    stack.ecs.update_service(cluster="main", service="app", taskDefinition=stack.define(stack.image("bad", "crash")))
    found = stack.settle(lambda s: s["deployments"][0]["rolloutState"] == "FAILED")
    assert found["deployments"][0]["failedTasks"] == 3 and found["runningCount"] == 1


def test_without_a_breaker_failures_are_counted_for_ever(stack):
    stack.serve(stack.define(stack.image("bad", "crash")), balanced=False)
    found = stack.settle(lambda s: s["deployments"][0]["failedTasks"] > 5)
    assert found["deployments"][0]["rolloutState"] == "IN_PROGRESS"


def test_a_full_subnet_starts_no_task(stack):
    small = stack.ec2.create_subnet(VpcId=stack.vpc, CidrBlock="10.0.9.0/28", AvailabilityZone="us-east-1a")["Subnet"]
    network = {"awsvpcConfiguration": {"subnets": [small["SubnetId"]], "securityGroups": [stack.group]}}
    stack.ecs.create_service(
        cluster="main", serviceName="app", taskDefinition=stack.define(), desiredCount=12, launchType="FARGATE",
        networkConfiguration=network,
    )
    found = stack.settle(lambda s: s["runningCount"] == 11)
    assert "InsufficientFreeAddressesInSubnet" in " ".join(messages(found))


def test_what_a_task_needs_must_exist(stack):
    for change, reason in (
        ({"secrets": [{"name": "A", "valueFrom": "arn:aws:secretsmanager:us-east-1:123456789012:secret:none-AbCdEf"}]},
         "ResourceInitializationError: unable to pull secrets or registry auth"),
        ({"logConfiguration": {"logDriver": "awslogs", "options": {
            "awslogs-group": "/ecs/none", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "x"}}},
         "ResourceInitializationError: failed to validate logger args"),
        ({"image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:v9"}, "CannotPullContainerError"),
    ):
        definition = stack.define(container=change)
        arn = stack.ecs.run_task(cluster="main", taskDefinition=definition, networkConfiguration=stack.network)["tasks"][0]["taskArn"]
        for _ in range(3):
            task = stack.ecs.describe_tasks(cluster="main", tasks=[arn])["tasks"][0]
        assert (task["lastStatus"], task["stopCode"]) == ("STOPPED", "TaskFailedToStart")
        assert task["stoppedReason"].startswith(reason)


def test_a_missing_role_is_an_event_of_the_service(stack):
    definition = stack.define(executionRoleArn="arn:aws:iam::123456789012:role/none")
    stack.serve(definition, balanced=False)
    found = stack.settle(lambda s: s["events"])
    assert "ECS was unable to assume the role 'arn:aws:iam::123456789012:role/none'" in found["events"][0]["message"]
    refused("ClientException", "ECS was unable to assume the role", stack.ecs.run_task,
            cluster="main", taskDefinition=definition, networkConfiguration=stack.network)


def test_a_deployment_that_was_given_up_drains(stack):
    good, limits = stack.define(), {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    stack.serve(good, deploymentConfiguration=limits, balanced=False)
    stack.settle(completed)
    stack.ecs.update_service(cluster="main", service="app", taskDefinition=stack.define(stack.image("bad", "missing")))
    stack.settle(lambda s: s["deployments"][0]["rolloutState"] == "FAILED")
    assert [t["taskDefinitionArn"] for t in stack.tasks() if t["lastStatus"] == "RUNNING"] == [good]
    stack.ecs.update_service(cluster="main", service="app", desiredCount=0)
    stack.settle(lambda s: s["runningCount"] == 0)
    stack.ecs.delete_service(cluster="main", service="app")
    stack.settle(lambda s: s["status"] == "INACTIVE")


def test_slow_images_take_longer(ticking):
    stack = Stack(ticking)
    stack.serve(stack.define(stack.image("slow", "slow")), balanced=False)
    seen = set()
    found = stack.settle(lambda s: seen.update(t["lastStatus"] for t in stack.tasks()) or completed(s), 2000)
    assert {"PROVISIONING", "PENDING", "RUNNING"} >= seen and "PENDING" in seen
    task = stack.tasks()[0]
    assert (task["startedAt"] - task["createdAt"]).total_seconds() >= 290
    assert found["runningCount"] == 1


def test_a_stuck_image_is_pulled_until_another_behaviour_is_announced(sandbox):
    stack = Stack(sandbox)
    image = stack.image("stuck", "stuck")
    stack.serve(stack.define(image), balanced=False)
    stack.settle(lambda s: "PENDING" in {t["lastStatus"] for t in stack.tasks()})
    for _ in range(20):
        assert not completed(stack.service()) and {t["lastStatus"] for t in stack.tasks()} == {"PENDING"}
    stack.image("stuck", "ok")
    assert stack.settle(completed)["runningCount"] == 1


def test_refusals_of_create_service(sandbox):
    stack = Stack(sandbox)
    definition = stack.define()

    def create(**more):
        return stack.serve(definition, **more)

    refused("InvalidParameterException", "does not have an associated load balancer.", create)
    stack.listen()
    refused("InvalidParameterException", "AvailabilityZoneRebalancing", create, availabilityZoneRebalancing="ENABLED",
            deploymentConfiguration={"maximumPercent": 100, "minimumHealthyPercent": 0})
    refused("InvalidParameterException", "Health check grace period is only valid", create, balanced=False,
            healthCheckGracePeriodSeconds=10)
    refused("InvalidParameterException", "did not have a container port 9", create, loadBalancers=[
        {"targetGroupArn": stack.target_group, "containerName": "app", "containerPort": 9}])
    refused("ClientException", "TaskDefinition not found", stack.ecs.create_service, cluster="main", serviceName="x",
            taskDefinition="none", desiredCount=1)
    refused("ClusterNotFoundException", "Cluster not found", stack.ecs.create_service, cluster="none", serviceName="x",
            taskDefinition=definition, desiredCount=1)
    first = create(clientToken="one")
    assert create(clientToken="one")["serviceArn"] == first["serviceArn"]
    refused("InvalidParameterException", "Creation of service was not idempotent.", create, count=2)
    assert len(stack.ecs.list_services(cluster="main")["serviceArns"]) == 1


def test_a_service_goes_through_draining_to_inactive(ticking):
    stack = Stack(ticking)
    stack.listen()
    definition = stack.define()
    stack.serve(definition)
    stack.settle(completed, 2000)
    refused("InvalidParameterException", "scaled above 0", stack.ecs.delete_service, cluster="main", service="app")
    refused("ClusterContainsServicesException", "Services are active", stack.ecs.delete_cluster, cluster="main")
    stack.ecs.update_service(cluster="main", service="app", desiredCount=0)
    stack.ecs.delete_service(cluster="main", service="app")
    assert stack.service()["status"] == "DRAINING"
    assert stack.ecs.list_services(cluster="main")["serviceArns"] == []
    refused("InvalidParameterException", "still Draining", stack.serve, definition=definition)
    states = set()
    for _ in range(5000):
        health = stack.elbv2.describe_target_health(TargetGroupArn=stack.target_group)["TargetHealthDescriptions"]
        states |= {h["TargetHealth"]["State"] for h in health}
        if stack.service()["status"] == "INACTIVE":
            break
    assert stack.service()["status"] == "INACTIVE" and "draining" in states
    stack.serve(definition)
    assert stack.service()["status"] == "ACTIVE"


def test_force_deletes_what_runs_and_its_interfaces_linger(ticking):
    stack = Stack(ticking)
    stack.serve(stack.define(), balanced=False)
    stack.settle(completed, 2000)
    stack.ecs.delete_service(cluster="main", service="app", force=True)
    refused("ClusterContainsTasksException", "Tasks are active", stack.ecs.delete_cluster, cluster="main")

    def ours():
        found = stack.ec2.describe_network_interfaces()["NetworkInterfaces"]
        return [i for i in found if ":attachment/" in i["Description"]]

    while any(t["lastStatus"] != "STOPPED" for t in stack.tasks("STOPPED")):
        pass
    lingering = ours()
    assert len(lingering) == 1 and lingering[0]["Groups"][0]["GroupId"] == stack.group
    refused("DependencyViolation", "", stack.ec2.delete_security_group, GroupId=stack.group)
    while ours():
        pass
    assert stack.ecs.delete_cluster(cluster="main")["cluster"]["status"] == "INACTIVE"


def test_service_connect_keeps_its_namespace_busy(stack):
    cloudmap = stack.sandbox.client("servicediscovery")
    namespace(stack, "main.local")
    home = cloudmap.list_namespaces()["Namespaces"][0]["Id"]
    connect = {"enabled": True, "namespace": "main.local", "services": [{"portName": "http", "discoveryName": "gateway"}]}
    refused("InvalidParameterException", "does not match any", stack.serve, definition=stack.define(),
            serviceConnectConfiguration={**connect, "services": [{"portName": "none"}]})
    stack.serve(stack.define(), serviceConnectConfiguration=connect)
    assert [s["Name"] for s in cloudmap.list_services()["Services"]] == ["gateway"]
    stack.settle(completed)
    assert any(c["name"].startswith("ecs-service-connect-") for c in stack.tasks()[0]["containers"])
    refused("ResourceInUse", "", cloudmap.delete_namespace, Id=home)
    stack.ecs.delete_service(cluster="main", service="app", force=True)
    stack.settle(lambda s: s["status"] == "INACTIVE")
    assert cloudmap.list_services()["Services"] == []
    cloudmap.delete_namespace(Id=home)
