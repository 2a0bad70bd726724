"""One rollout of one revision of an ECS service."""

import copy
import random

# What makes a new deployment when UpdateService changes it (UpdateServiceRequest).
TRIGGERS = (
    "taskDefinition",
    "networkConfiguration",
    "loadBalancers",
    "platformVersion",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
)


class Deployment:
    """One rollout of one revision of a service."""

    def __init__(self, service, reason=None):
        world = service.world
        self.service = service
        self.id = f"ecs-svc/{random.randint(10**18, 10**19 - 1)}"
        self.settings = {key: copy.deepcopy(service.settings.get(key)) for key in TRIGGERS}
        self.settings["launchType"] = service.settings.get("launchType")
        self.settings["capacityProviderStrategy"] = service.settings.get("capacityProviderStrategy")
        self.definition = world.definition(self.settings["taskDefinition"])
        self.state = "IN_PROGRESS"
        self.reason = reason or f"ECS deployment {self.id} in progress."
        self.created = self.updated = world.timeline.wall()
        self.failed = 0
        self.rolls_back = None  # the deployment that this one undoes
        self.revision = world.arn("service-revision", service.cluster["clusterName"], service.name, _number())
        world.service_revisions[self.revision] = self
        self.finished = None
        self.status_override = None  # the service deployment's status once it stopped going forward
        self.number = _number()
        # What ecs_strategies keeps: the revision that it replaces, the target groups that its tasks
        # register in, its share of the traffic, its steps, the one that it is at and since when.
        self.source, self.placed, self.weight = None, [], 0
        self.steps, self.step, self.since = [], 0, 0

    @property
    def arn(self):
        """The ARN of the service deployment."""
        return self.service.world.arn(
            "service-deployment", self.service.cluster["clusterName"], self.service.name, self.number
        )

    @property
    def stage(self):
        """lifecycleStage; a rolling deployment has none."""
        return self.steps[self.step][0] if self.steps else None

    @property
    def balancers(self):
        """Its load balancers, with the target groups that its tasks register in."""
        balancers = self.settings["loadBalancers"] or []
        return [{**b, "targetGroupArn": arn} for b, arn in zip(balancers, self.placed)]

    @property
    def alive(self):
        """Tasks of this deployment that are meant to run."""
        return [t for t in self.service.tasks if t.deployment is self and t.alive]

    def become(self, state, reason):
        """A new rolloutState."""
        self.state, self.reason = state, reason
        self.updated = self.service.world.timeline.wall()
        if state != "IN_PROGRESS":
            self.finished = self.updated


def _number():
    return str(random.randint(10**15, 10**16 - 1))
