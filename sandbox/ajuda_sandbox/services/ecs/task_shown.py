"""A task as DescribeTasks answers it."""

from . import exec
from .tasks import PLATFORM


def task(world, found, tags=False):
    """The API's Task."""
    definition, settings, eni = found.definition, found.settings, found.eni
    shown = {
        "taskArn": found.arn,
        "clusterArn": found.cluster["clusterArn"],
        "taskDefinitionArn": definition["taskDefinitionArn"],
        "lastStatus": found.last_status,
        "desiredStatus": found.desired_status,
        "healthStatus": found.health,
        "group": settings.get("group") or f"family:{definition['family']}",
        "cpu": definition.get("cpu"),
        "memory": definition.get("memory"),
        "overrides": _overrides(definition, settings.get("overrides", {})),
        "enableExecuteCommand": settings.get("enableExecuteCommand", False),
        "attributes": [
            {
                "name": "ecs.cpu-architecture",
                "value": definition.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64").lower(),
            }
        ],
        "attachments": _attachments(found),
        "containers": [_container(found, c) for c in definition["containerDefinitions"]],
        "inferenceAccelerators": [],
        "platformVersion": PLATFORM,
        "platformFamily": "Linux",
        "ephemeralStorage": definition.get("ephemeralStorage", {"sizeInGiB": 20}),
        "fargateEphemeralStorage": definition.get("ephemeralStorage", {"sizeInGiB": 20}),
        "startedBy": settings.get("startedBy"),
        "version": found.version,
        "tags": world.tags_of(found.arn) if tags else [],
        **found.times,
    }
    if settings.get("capacityProviderStrategy"):
        shown["capacityProviderName"] = settings["capacityProviderStrategy"][0]["capacityProvider"]
    else:
        shown["launchType"] = settings.get("launchType", "FARGATE")
    if eni is not None:
        shown["availabilityZone"] = eni.subnet.availability_zone
    if "startedAt" in found.times:
        shown["connectivity"] = "CONNECTED"
    if found.stop_code:
        shown["stopCode"], shown["stoppedReason"] = found.stop_code, found.stopped_reason
    if settings.get("serviceConnectConfiguration", {}).get("enabled"):
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html:
        # the proxy is one more container in the task.
        shown["containers"].append(
            {
                "name": f"ecs-service-connect-{found.id[:5]}",
                "containerArn": world.arn("container", found.cluster["clusterName"], found.id, found.attachment_id),
                "taskArn": found.arn,
                "lastStatus": "RUNNING" if found.last_status == "RUNNING" else found.last_status,
                "healthStatus": "HEALTHY" if found.last_status == "RUNNING" else "UNKNOWN",
                "cpu": "0",
                "networkInterfaces": [],
            }
        )
    return {key: value for key, value in shown.items() if value is not None}


def _overrides(definition, asked):
    names = {o["name"] for o in asked.get("containerOverrides", [])}
    rest = [{"name": c["name"]} for c in definition["containerDefinitions"] if c["name"] not in names]
    return {"inferenceAcceleratorOverrides": [], **asked, "containerOverrides": asked.get("containerOverrides", []) + rest}


def _attachments(found):
    if found.eni is None:
        return []
    status = {"PROVISIONING": "PRECREATED", "STOPPED": "DELETED"}.get(found.last_status, "ATTACHED")
    eni = found.eni
    details = {
        "subnetId": eni.subnet.id,
        "networkInterfaceId": eni.id,
        "macAddress": eni.mac_address,
        "privateDnsName": f"ip-{eni.private_ip_address.replace('.', '-')}.ec2.internal",
        "privateIPv4Address": eni.private_ip_address,
    }
    return [
        {
            "id": found.attachment_id,
            "type": "ElasticNetworkInterface",
            "status": status,
            "details": [{"name": name, "value": value} for name, value in details.items()],
        }
    ]


def _container(found, container):
    state = found.containers[container["name"]]
    shown = {
        "containerArn": found.world.arn("container", found.cluster["clusterName"], found.id, state["runtimeId"]),
        "taskArn": found.arn,
        "name": container["name"],
        "image": container["image"],
        "imageDigest": state.get("imageDigest"),
        "runtimeId": state["runtimeId"],
        "lastStatus": state["lastStatus"],
        "exitCode": state.get("exitCode") if state["lastStatus"] == "STOPPED" else None,
        "reason": state.get("reason"),
        "networkBindings": [],
        "networkInterfaces": [],
        "healthStatus": state.get("health", "UNKNOWN"),
        "managedAgents": exec.agents(found, state),
        "cpu": str(container["cpu"]),
    }
    if found.eni is not None:
        shown["networkInterfaces"] = [
            {"attachmentId": found.attachment_id, "privateIpv4Address": found.eni.private_ip_address}
        ]
    for field in ("memory", "memoryReservation"):
        if field in container:
            shown[field] = str(container[field])
    return {key: value for key, value in shown.items() if value is not None}
