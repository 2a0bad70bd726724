"""A service as DescribeServices answers it."""

from . import strategies
from .tasks import PLATFORM


def service(found):
    """The API's Service, without its tags."""
    tasks, settings = found.tasks, found.settings
    current = found.primary if found.deployments else None
    answer = {
        **{k: v for k, v in settings.items() if k not in ("serviceConnectConfiguration", "volumeConfigurations")},
        "serviceArn": found.arn,
        "clusterArn": found.cluster["clusterArn"],
        "status": found.status,
        "desiredCount": found.desired,
        "runningCount": sum(t.last_status == "RUNNING" for t in tasks),
        "pendingCount": sum(t.last_status in ("PROVISIONING", "PENDING") for t in tasks),
        "platformFamily": "Linux",
        "deployments": [_deployment(found, d) for d in found.deployments],
        "events": found.events,
        "createdAt": found.created,
        "createdBy": f"arn:{found.world.partition}:iam::{found.world.account}:user/sandbox",
        "roleArn": f"arn:{found.world.partition}:iam::{found.world.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        "placementConstraints": settings.get("placementConstraints", []),
        "placementStrategy": settings.get("placementStrategy", []),
    }
    if current:
        answer["taskDefinition"] = settings["taskDefinition"]
        if current.state == "IN_PROGRESS":
            answer["currentServiceDeployment"] = (current.rolls_back or current).arn
        answer["currentServiceRevisions"] = [
            {
                "arn": d.revision,
                "requestedTaskCount": strategies.wanted(found, d),
                "runningTaskCount": sum(t.last_status == "RUNNING" for t in d.alive),
                "pendingTaskCount": sum(t.last_status in ("PROVISIONING", "PENDING") for t in d.alive),
            }
            for d in found.deployments
        ]
    return answer


def _deployment(service, found):
    primary = found is service.primary
    alive = found.alive
    answer = {
        "id": found.id,
        "status": "PRIMARY" if primary else "ACTIVE",
        "taskDefinition": found.definition["taskDefinitionArn"],
        "desiredCount": strategies.wanted(service, found),
        "runningCount": sum(t.last_status == "RUNNING" for t in alive),
        "pendingCount": sum(t.last_status in ("PROVISIONING", "PENDING") for t in alive),
        "failedTasks": found.failed,
        "createdAt": found.created,
        "updatedAt": found.updated,
        "platformVersion": PLATFORM,
        "platformFamily": "Linux",
        "networkConfiguration": found.settings["networkConfiguration"],
        "rolloutState": found.state,
        "rolloutStateReason": found.reason,
    }
    for key in ("launchType", "capacityProviderStrategy", "serviceConnectConfiguration", "volumeConfigurations"):
        if found.settings.get(key):
            answer[key] = found.settings[key]
    if primary and service.discovered:
        answer["serviceConnectResources"] = [
            {"discoveryName": name, "discoveryArn": arn} for name, arn in service.discovered
        ]
    return answer
