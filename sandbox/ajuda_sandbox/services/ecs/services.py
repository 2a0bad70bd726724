"""ECS's calls on services: CreateService, UpdateService, DeleteService and their like."""

import copy

from . import discovery, service_shown, strategy_refusals, surroundings, targets
from .rollout import TRIGGERS
from .scheduler import Service
from .world import check_tags, invalid, page
from ...core.wire import Refusal


def _reply(world, service, tags=True):
    return {**service_shown.service(service), "tags": world.tags_of(service.arn) if tags else []}


def create(world, asked):
    """CreateService."""
    cluster = world.cluster(asked.get("cluster"))
    sent = {k: v for k, v in asked.items() if k not in ("clientToken", "cluster")}
    existing = world.service(cluster, asked["serviceName"])
    if existing and existing.status == "ACTIVE":
        if existing.sent != sent:
            raise invalid("Creation of service was not idempotent.")
        return {"service": _reply(world, existing)}
    if existing and existing.status == "DRAINING":
        raise invalid("Unable to Start a service that is still Draining.")
    settings = _settings(world, cluster, copy.deepcopy(sent))
    _check(world, cluster, settings)
    discovery.refuse_taken(world, cluster, settings.get("serviceConnectConfiguration"))
    world.services = [s for s in world.services if s is not existing]
    service = Service(world, cluster, settings, copy.deepcopy(sent))
    world.services.append(service)
    world.tag(service.arn, asked.get("tags"))
    return {"service": _reply(world, service)}


def _settings(world, cluster, sent):
    """What was sent, with the defaults that CreateService documents."""
    check_tags(sent.get("tags"))
    # CreateService, capacityProviderStrategy: "If a capacityProviderStrategy is specified, the launchType parameter must
    # be omitted."
    if sent.get("launchType") and sent.get("capacityProviderStrategy"):
        raise invalid(
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
        )
    sent.pop("tags", None)
    if "taskDefinition" not in sent:
        raise invalid("TaskDefinition can not be blank.")
    definition = world.definition(sent["taskDefinition"], "TaskDefinition not found.")
    if definition["status"] != "ACTIVE":
        raise Refusal("ClientException", "TaskDefinition is inactive")
    if "desiredCount" not in sent and sent.get("schedulingStrategy") != "DAEMON":
        raise invalid("DesiredCount must be specified for services with the REPLICA scheduling strategy.")
    settings = {
        "desiredCount": 0,
        "loadBalancers": [],
        "serviceRegistries": [],
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": False,
        "platformVersion": "LATEST",
        **sent,
        "taskDefinition": definition["taskDefinitionArn"],
        "deploymentConfiguration": _limits({}, sent.get("deploymentConfiguration", {})),
    }
    if not settings.get("capacityProviderStrategy") and not settings.get("launchType"):
        strategy = cluster["defaultCapacityProviderStrategy"]
        settings.update({"capacityProviderStrategy": strategy} if strategy else {"launchType": "EC2"})
    if settings["loadBalancers"]:
        settings.setdefault("healthCheckGracePeriodSeconds", 0)
    if "availabilityZoneRebalancing" not in settings:
        fits = settings["deploymentConfiguration"]["maximumPercent"] > 100
        settings["availabilityZoneRebalancing"] = "ENABLED" if fits else "DISABLED"
    network = settings.get("networkConfiguration", {}).get("awsvpcConfiguration")
    if network:
        network.setdefault("assignPublicIp", "DISABLED")
        network.setdefault("securityGroups", [])
    return settings


def _limits(before, new):
    merged = {
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
        **before,
        **new,
    }
    strategy_refusals.complete(before, new, merged)
    breaker = {"enable": False, "rollback": False, **merged.get("deploymentCircuitBreaker", {})}
    merged["deploymentCircuitBreaker"] = breaker
    return merged


def _check(world, cluster, settings):
    definition = world.definition(settings["taskDefinition"])
    network = (settings.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if definition["networkMode"] == "awsvpc" and not network:
        raise invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    if network:
        surroundings.check_network(world, network)
    limits = settings["deploymentConfiguration"]
    if limits["maximumPercent"] <= 100 and limits["minimumHealthyPercent"] >= 100:
        raise invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.")
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
    if settings["availabilityZoneRebalancing"] == "ENABLED" and limits["maximumPercent"] <= 100:
        raise invalid("AvailabilityZoneRebalancing cannot be ENABLED when maximumPercent is less than or equal to 100.")
    if settings.get("healthCheckGracePeriodSeconds") and not settings["loadBalancers"]:
        raise invalid("Health check grace period is only valid for services configured to use load balancers")
    for balancer in settings["loadBalancers"]:
        _check_balancer(world, definition, balancer)
    strategy_refusals.check(world, settings)
    discovery.check(world, cluster, definition, settings.get("serviceConnectConfiguration"))


def _check_balancer(world, definition, balancer):
    arn, name, port = balancer.get("targetGroupArn"), balancer.get("containerName"), balancer.get("containerPort")
    group = targets.group(world, arn)
    if group is None:
        raise invalid(f"The target group with targetGroupArn {arn} does not exist.")
    container = next((c for c in definition["containerDefinitions"] if c["name"] == name), None)
    if container is None:
        raise invalid(f"The container {name} does not exist in the task definition.")
    if port not in [p.get("containerPort") for p in container["portMappings"]]:
        raise invalid(f"The container {name} did not have a container port {port} defined.")
    if definition["networkMode"] == "awsvpc" and group.target_type != "ip":
        raise invalid(
            f"The provided target group {arn} has target type {group.target_type}, which is incompatible with the "
            "awsvpc network mode specified in the task definition."
        )
    if not targets.has_balancer(world, arn):
        raise invalid(f"The target group with targetGroupArn {arn} does not have an associated load balancer.")


def _find(world, asked):
    cluster = world.cluster(asked.get("cluster"))
    service = world.service(cluster, asked["service"])
    if service is None:
        raise Refusal("ServiceNotFoundException", "Service not found.")
    return cluster, service


def update(world, asked):
    """UpdateService: only what UpdateServiceRequest says triggers it makes a deployment."""
    cluster, service = _find(world, asked)
    if service.status != "ACTIVE":
        raise Refusal("ServiceNotActiveException", "Service was not ACTIVE.")
    changes = {
        k: copy.deepcopy(v) for k, v in asked.items() if k not in ("cluster", "service", "forceNewDeployment") and v is not None
    }
    if "taskDefinition" in changes:
        definition = world.definition(changes["taskDefinition"], "TaskDefinition not found.")
        if definition["status"] != "ACTIVE":
            raise Refusal("ClientException", "TaskDefinition is inactive")
        changes["taskDefinition"] = definition["taskDefinitionArn"]
    if "deploymentConfiguration" in changes:
        changes["deploymentConfiguration"] = _limits(
            service.settings["deploymentConfiguration"], changes["deploymentConfiguration"]
        )
    network = changes.get("networkConfiguration", {}).get("awsvpcConfiguration")
    if network:
        network.setdefault("assignPublicIp", "DISABLED")
        network.setdefault("securityGroups", [])
    settings = {**service.settings, **changes}
    if settings.get("capacityProviderStrategy"):
        settings.pop("launchType", None)
    if not settings["loadBalancers"]:
        if "healthCheckGracePeriodSeconds" not in asked:
            settings.pop("healthCheckGracePeriodSeconds", None)
    else:
        settings.setdefault("healthCheckGracePeriodSeconds", 0)
    _check(world, cluster, settings)
    discovery.refuse_taken(world, cluster, settings.get("serviceConnectConfiguration"), own=service)
    before, service.settings = service.settings, settings
    if asked.get("forceNewDeployment") or any(before.get(key) != settings.get(key) for key in TRIGGERS):
        service.deploy()
    elif before["desiredCount"] != settings["desiredCount"]:
        service.scaled()
    return {"service": _reply(world, service)}


def describe(world, asked):
    """DescribeServices: INACTIVE ones too; tags only when asked for."""
    cluster = world.cluster(asked.get("cluster"), active=False)
    if len(asked["services"]) > 10:
        raise invalid("Services cannot have more than 10 elements.")
    found, failures = [], []
    for name in asked["services"]:
        service = world.service(cluster, name)
        if service:
            found.append(_reply(world, service, "TAGS" in asked.get("include", ())))
        else:
            arn = name if name.startswith("arn:") else world.arn("service", cluster["clusterName"], name)
            failures.append({"arn": arn, "reason": "MISSING"})
    return {"services": found, "failures": failures}


def listing(world, asked):
    """ListServices: only ACTIVE ones (DeleteService: draining ones are no longer listed)."""
    cluster = world.cluster(asked.get("cluster"))
    arns = [
        s.arn
        for s in world.services
        if s.cluster is cluster
        and s.status == "ACTIVE"
        and asked.get("launchType") in (None, s.settings.get("launchType"))
        and asked.get("schedulingStrategy") in (None, s.settings["schedulingStrategy"])
    ]
    items, token = page(sorted(arns), asked, default=10)
    return {"serviceArns": items, "nextToken": token}


def delete(world, asked):
    """DeleteService: scaled to zero or forced; DRAINING until its tasks are stopping."""
    _, service = _find(world, asked)
    if service.status == "INACTIVE":
        raise Refusal("ServiceNotFoundException", "Service not found.")
    if service.status == "ACTIVE":
        if service.desired > 0 and not asked.get("force"):
            raise invalid("The service cannot be stopped while it is scaled above 0.")
        service.drain()
    return {"service": _reply(world, service)}


OPERATIONS = {
    "CreateService": create,
    "UpdateService": update,
    "DescribeServices": describe,
    "ListServices": listing,
    "DeleteService": delete,
}
