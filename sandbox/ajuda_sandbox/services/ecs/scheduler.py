"""The scheduler of an ECS service: launches, stops, completes, gives up, rolls back.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
"""

import copy
import math
import uuid

from . import discovery, strategies, surroundings
from ..account import VCPUS
from .rollout import Deployment
from .tasks import Task

BREAKER = "ECS deployment circuit breaker: "
# AWS seconds.
LAUNCHING, EMPTYING = 5, 10
# How long a task must have run before its deployment counts as steady.
STEADY = 30


class Service:
    """A service: its settings as sent, with defaults, and what runs of it."""

    def __init__(self, world, cluster, settings, sent):
        self.world, self.cluster, self.settings, self.sent = world, cluster, settings, sent
        self.name = settings["serviceName"]
        self.arn = world.arn("service", cluster["clusterName"], self.name)
        self.status = "ACTIVE"
        self.created = world.timeline.wall()
        self.events = []
        self.history = []  # every deployment, newest first
        self.completed = None  # the last deployment that reached COMPLETED
        self._steady = False
        self._woken = False
        self._failures = 0
        self._wait_until = 0
        self.deployments = [Deployment(self)]
        self.history.append(self.deployments[0])
        strategies.begin(self, self.deployments[0])
        self.discovered = discovery.register(self)
        self.wake(LAUNCHING)

    @property
    def primary(self):
        """The deployment that is wanted."""
        return self.deployments[0]

    @property
    def serving(self):
        """The deployment that production traffic belongs to while a newer one is under way."""
        return self.completed or self.history[-1]

    @property
    def tasks(self):
        """Every task of this service that has not stopped."""
        return [t for t in self.world.tasks.values() if t.service is self and t.last_status != "STOPPED"]

    @property
    def desired(self):
        """How many tasks there are to be."""
        return self.settings["desiredCount"] if self.status == "ACTIVE" else 0

    def uses(self, definition_arn):
        """Whether a task definition is still needed."""
        return self.status != "INACTIVE" and any(
            d.definition["taskDefinitionArn"] == definition_arn for d in self.deployments
        )

    def event(self, message):
        """Writes "(service NAME) …" in front of the events; AWS keeps a hundred."""
        entry = {"id": str(uuid.uuid4()), "createdAt": self.world.timeline.wall(), "message": f"(service {self.name}) {message}"}
        self.events = [entry, *self.events][:100]

    def wake(self, aws_seconds=0):
        """Has the scheduler look soon; once, however often it is asked."""
        if aws_seconds:
            self.world.timeline.after(aws_seconds, self.reconcile)
        elif not self._woken:
            self._woken = True
            self.world.timeline.after(0, self._look)

    def _look(self):
        self._woken = False
        self.reconcile()

    def deploy(self, reason=None, undone=None):
        """Begins a new deployment of the settings as they are now."""
        fresh = Deployment(self, reason)
        fresh.rolls_back = undone
        self.deployments.insert(0, fresh)
        self.history.insert(0, fresh)
        strategies.begin(self, fresh)
        self._steady, self._failures, self._wait_until = False, 0, 0
        discovery.unregister(self)
        self.discovered = discovery.register(self)
        self.wake(LAUNCHING)
        return fresh

    def scaled(self):
        """The desired count changed, which is no new deployment."""
        self._steady = False
        self.wake(LAUNCHING)

    def drain(self):
        """DeleteService: stops everything, then is INACTIVE."""
        self.status = "DRAINING"
        self.wake(EMPTYING)

    # The scheduler

    def reconcile(self):
        """One look of the scheduler: launches, stops, completes."""
        if self.status == "INACTIVE":
            return
        primary = self.primary
        young = [t for t in primary.alive if t.healthy and self.world.timeline.now - t.running_since < STEADY]
        if young:
            self.wake(STEADY)
        if strategies.plays(primary):
            strategies.look(self)
            primary = self.primary
        else:
            self._roll(primary, self.desired)
        self.deployments = [d for d in self.deployments if d is primary or d.alive or strategies.stays(self, d)]
        if primary.state == "IN_PROGRESS" and not primary.steps and len(self.deployments) == 1 and self.ready():
            self.complete(primary)
        if not self._steady and primary.state == "COMPLETED" and self.ready():
            self._steady = True
            self.event("has reached a steady state.")
        running = [t for t in self.tasks if t.last_status not in ("STOPPING", "DEPROVISIONING", "STOPPED")]
        if self.status == "DRAINING" and not running:
            self.status = "INACTIVE"
            self.deployments = []
            discovery.unregister(self)
            self.world.tags.pop(self.arn, None)

    def _roll(self, primary, desired):
        """A rolling deployment: old ones stop and new ones start within the limits."""
        limits = self.settings["deploymentConfiguration"]
        most = max(1, desired * limits["maximumPercent"] // 100)
        least = math.ceil(desired * limits["minimumHealthyPercent"] / 100)
        given_up = primary.state == "FAILED"
        old = [t for d in self.deployments[1:] for t in d.alive]
        # What was given up replaces nobody any more, but a service that shall have no tasks has none.
        if not given_up or desired == 0:
            healthy = sum(t.healthy for d in self.deployments for t in d.alive)
            for task in sorted(old, key=lambda t: t.healthy):
                if not task.healthy:
                    self.stop(task, primary)
                elif desired == 0 or healthy - 1 >= least:
                    healthy -= 1
                    self.stop(task, primary)
        for task in primary.alive[desired:]:
            self.stop(task, primary)
        if not given_up:
            total = sum(len(d.alive) for d in self.deployments)
            self.launch(min(desired - len(primary.alive), most - total), primary)

    def ready(self):
        """Whether every task that is wanted of the newest revision runs and has done so for a while."""
        alive, now = self.primary.alive, self.world.timeline.now
        steady = [t for t in alive if t.healthy and now - t.running_since >= STEADY]
        return len(steady) == len(alive) == self.desired

    def launch(self, count, deployment):
        """Starts tasks of a deployment, unless too many have failed lately."""
        if count <= 0:
            return
        timeline = self.world.timeline
        if timeline.now < self._wait_until:
            self.wake(self._wait_until - timeline.now)
            return
        role = surroundings.missing_role(self.world, deployment.definition)
        if role:
            self.event(
                f"failed to launch a task with (error ECS was unable to assume the role '{role}' that was provided for "
                "this task. Please verify that the role being passed has the proper trust relationship and permissions "
                "and that your IAM user has permissions to pass this role.)."
            )
            self._count_failure(deployment)
            return
        settings = {
            **{key: value for key, value in deployment.settings.items() if value is not None},
            "loadBalancers": deployment.balancers,
            "group": f"service:{self.name}",
            "startedBy": deployment.id,
            "enableExecuteCommand": self.settings.get("enableExecuteCommand", False),
            "tags": self._task_tags(deployment.definition),
        }
        if not self.world.sandbox.account_settings.vcpus_left(self.world, deployment.definition):
            self.event(f"was unable to place a task. Reason: {VCPUS}.")
            self._count_failure(deployment)
            return
        started = [Task(self.world, self.cluster, deployment.definition, settings, self, deployment) for _ in range(count)]
        self.event(f"has started {count} tasks: " + " ".join(f"(task {t.id})" for t in started) + ".")

    def _task_tags(self, definition):
        tags = []
        if self.settings["propagateTags"] == "SERVICE":
            tags = self.world.tags_of(self.arn)
        elif self.settings["propagateTags"] == "TASK_DEFINITION":
            tags = self.world.tags_of(definition["taskDefinitionArn"])
        if self.settings["enableECSManagedTags"]:
            tags = tags + [
                {"key": "aws:ecs:clusterName", "value": self.cluster["clusterName"]},
                {"key": "aws:ecs:serviceName", "value": self.name},
            ]
        return tags

    def stop(self, task, primary):
        """Stops a task that is one too many."""
        if task.last_status == "RUNNING":
            self.event(f"has stopped 1 running tasks: (task {task.id}).")
        task.stop("ServiceSchedulerInitiated", f"Scaling activity initiated by (deployment {primary.id})")

    def complete(self, deployment):
        """A deployment is over and was good."""
        deployment.become("COMPLETED", f"ECS deployment {deployment.id} completed.")
        self.completed = deployment
        self._failures = 0
        undone = deployment.rolls_back
        if undone:
            undone.status_override = "ROLLBACK_SUCCESSFUL"
            undone.finished = deployment.finished
        self.event(f"(deployment {deployment.id}) deployment completed.")

    # Failures

    def task_failed(self, task):
        """A task stopped by itself or failed its checks."""
        if task.deployment is self.primary:
            self._count_failure(task.deployment)
        if task.stop_code == "TaskFailedToStart":
            self.event(f"was unable to start a task. Reason: {task.stopped_reason}")

    def _count_failure(self, deployment):
        timeline = self.world.timeline
        self._failures += 1
        self._steady = False
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
        wait = LAUNCHING if self._failures < 4 else min(900, 60 * 2 ** min(self._failures - 4, 8))
        if self._failures == 4:
            self.event(
                "is unable to consistently start tasks successfully. For more information, see the Troubleshooting "
                "section of the Amazon ECS Developer Guide."
            )
        self._wait_until = timeline.now + wait
        if deployment.state == "IN_PROGRESS":
            deployment.failed += 1
            breaker = self.settings["deploymentConfiguration"]["deploymentCircuitBreaker"]
            if breaker["enable"] and deployment.failed >= self.threshold:
                self.fail(deployment, "tasks failed to start.", breaker["rollback"])
        self.wake(wait)

    @property
    def threshold(self):
        """Failures that trip the breaker: half the desired count, 3 to 200
        (deployment-circuit-breaker.html, "Failure threshold")."""
        return min(200, max(3, math.ceil(self.desired * 0.5)))

    def fail(self, deployment, why, rollback):
        """Gives a deployment up; with rollback the last completed one comes back."""
        deployment.become("FAILED", BREAKER + why)
        self.event(f"(deployment {deployment.id}) deployment failed: {why}")
        good = self.completed
        if deployment.rolls_back:
            deployment.rolls_back.status_override = "ROLLBACK_FAILED"
        elif rollback and good and good is not deployment:
            deployment.status_override = "ROLLBACK_IN_PROGRESS"
            self.event(f"rolling back to deployment {good.id}.")
            kept = {key: value for key, value in self.settings.items() if key not in good.settings}
            again = {key: copy.deepcopy(value) for key, value in good.settings.items() if value is not None}
            self.settings = {**kept, **again}
            back = self.deploy(f"{BREAKER}rolling back to deploymentId {good.id}.", deployment)
            # A rollback belongs to the service deployment that it undoes.
            self.history.remove(back)
        else:
            deployment.status_override = "STOPPED"
