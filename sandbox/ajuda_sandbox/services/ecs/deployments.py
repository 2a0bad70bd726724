"""ECS's calls on service deployments and service revisions.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
"""

from . import strategies
from .tasks import PLATFORM
from .world import invalid, page
from ...core.wire import Refusal

STATUSES = {"IN_PROGRESS": "IN_PROGRESS", "COMPLETED": "SUCCESSFUL", "FAILED": "STOPPED"}


def _status(deployment):
    if deployment.status_override:
        return deployment.status_override
    if deployment.state == "IN_PROGRESS" and deployment is not deployment.service.history[0]:
        return "STOPPED"  # replaced by a newer one
    return STATUSES[deployment.state]


def brief(deployment):
    answer = {
        "serviceDeploymentArn": deployment.arn,
        "serviceArn": deployment.service.arn,
        "clusterArn": deployment.service.cluster["clusterArn"],
        "createdAt": deployment.created,
        "startedAt": deployment.created,
        "targetServiceRevisionArn": deployment.revision,
        "status": _status(deployment),
    }
    if deployment.finished:
        answer["finishedAt"] = deployment.finished
    if deployment.state == "FAILED":
        answer["statusReason"] = deployment.reason
    return answer


def _summary(deployment, shifted):
    tasks, service = deployment.alive, deployment.service
    answer = {
        "arn": deployment.revision,
        "requestedTaskCount": deployment.service.desired,
        "runningTaskCount": sum(t.last_status == "RUNNING" for t in tasks),
        "pendingTaskCount": sum(t.last_status in ("PROVISIONING", "PENDING") for t in tasks),
    }
    if shifted:
        answer["requestedTaskCount"] = strategies.wanted(service, deployment) if service.deployments else 0
        answer["requestedProductionTrafficWeight"] = float(deployment.weight)
    return answer


def full(deployment):
    service = deployment.service
    answer = brief(deployment)
    del answer["targetServiceRevisionArn"]
    history = service.history
    before = history[history.index(deployment) + 1 :][:1] if deployment in history else []
    shifted = bool(deployment.steps)
    if shifted:
        before = [deployment.source] if deployment.source else []
        answer["lifecycleStage"] = deployment.stage
    breaker = service.settings["deploymentConfiguration"]["deploymentCircuitBreaker"]
    status = "DISABLED"
    if breaker["enable"]:
        status = {"IN_PROGRESS": "MONITORING", "COMPLETED": "MONITORING_COMPLETE", "FAILED": "TRIGGERED"}[deployment.state]
    answer.update(
        updatedAt=deployment.updated,
        sourceServiceRevisions=[_summary(d, shifted) for d in before],
        targetServiceRevision=_summary(deployment, shifted),
        deploymentConfiguration=service.settings["deploymentConfiguration"],
        deploymentCircuitBreaker={
            "status": status,
            "failureCount": deployment.failed,
            "threshold": service.threshold,
        },
        alarms={"status": "DISABLED"},
    )
    if (deployment.status_override or "").startswith("ROLLBACK") and service.completed:
        answer["rollback"] = {
            "reason": deployment.reason,
            "startedAt": deployment.updated,
            "serviceRevisionArn": service.completed.revision,
        }
    return answer


def listing(world, asked):
    """ListServiceDeployments: newest first, or, where AWS is to be as bad as it may, in no order: the API
    promises none."""
    cluster = world.cluster(asked.get("cluster"))
    service = world.service(cluster, asked["service"])
    if service is None:
        raise Refusal("ServiceNotFoundException", "Service not found.")
    wanted = asked.get("status")
    history = sorted(service.history, key=lambda d: d.number) if world.sandbox.late.on else service.history
    briefs = [brief(d) for d in history]
    items, token = page([b for b in briefs if not wanted or b["status"] in wanted], asked)
    return {"serviceDeployments": items, "nextToken": token}


def _all(world):
    return {d.arn: d for s in world.services for d in s.history}


def describe(world, asked):
    """DescribeServiceDeployments."""
    known = _all(world)
    arns = asked["serviceDeploymentArns"]
    return {
        "serviceDeployments": [full(known[arn]) for arn in arns if arn in known],
        "failures": [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known],
    }


def describe_revisions(world, asked):
    """DescribeServiceRevisions."""
    known = world.service_revisions
    arns = asked["serviceRevisionArns"]
    return {
        "serviceRevisions": [_revision(world, known[arn]) for arn in arns if arn in known],
        "failures": [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known],
    }


def _revision(world, deployment):
    settings, service = deployment.settings, deployment.service
    images = []
    for container in deployment.definition["containerDefinitions"]:
        pulled = world.sandbox.images.pull(container["image"], world.region) or {}
        entry = {"containerName": container["name"], "image": container["image"]}
        if pulled.get("digest"):
            entry["imageDigest"] = pulled["digest"]
        images.append(entry)
    answer = {
        "serviceRevisionArn": deployment.revision,
        "serviceArn": service.arn,
        "clusterArn": service.cluster["clusterArn"],
        "platformVersion": PLATFORM,
        "platformFamily": "Linux",
        "containerImages": images,
        "guardDutyEnabled": False,
        "createdAt": deployment.created,
    }
    kept = (
        "taskDefinition", "networkConfiguration", "loadBalancers", "serviceRegistries", "launchType",
        "capacityProviderStrategy", "serviceConnectConfiguration", "volumeConfigurations",
    )
    answer.update({key: settings[key] for key in kept if settings.get(key) is not None})
    resolved = [
        {"targetGroupArn": b["targetGroupArn"], "productionListenerRule": b["advancedConfiguration"]["productionListenerRule"]}
        for b in deployment.balancers
        if b.get("advancedConfiguration", {}).get("productionListenerRule")
    ]
    if resolved:
        answer["resolvedConfiguration"] = {"loadBalancers": resolved}
    return answer


def stop(world, asked):
    """StopServiceDeployment: rolls back to the last completed deployment."""
    deployment = _all(world).get(asked["serviceDeploymentArn"])
    if deployment is None:
        raise Refusal("ServiceDeploymentNotFoundException", "Service deployment not found.")
    if asked.get("stopType", "ROLLBACK") != "ROLLBACK":
        # ABORT is in the API's list and: "The valid values are ROLLBACK" (StopServiceDeployment, stopType).
        raise invalid("stopType must be ROLLBACK.")
    if _status(deployment) not in ("PENDING", "IN_PROGRESS"):
        raise Refusal("ConflictException", "The service deployment is not in a state that can be stopped.")
    if deployment.service.completed is None:
        raise invalid("There is no completed deployment to roll back to.")
    deployment.service.fail(deployment, "stopped by the user.", True)
    deployment.reason = f"ECS deployment {deployment.id} was stopped by the user."
    return {"serviceDeploymentArn": deployment.arn}


OPERATIONS = {
    "ListServiceDeployments": listing,
    "DescribeServiceDeployments": describe,
    "DescribeServiceRevisions": describe_revisions,
    "StopServiceDeployment": stop,
}
