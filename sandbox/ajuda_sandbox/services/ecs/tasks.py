"""One task of ECS, from PROVISIONING to STOPPED.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
"""

import uuid

from . import commands, setup, surroundings, targets
from .world import new_id

# AWS seconds.
PROVISIONING, PULLING, PULLING_SLOWLY, FAILING = 10, 50, 290, 20
CRASHING, ONE_OFF, STOPPING, DEPROVISIONING = 10, 30, 5, 15
PLATFORM = "1.4.0"

LOGS = {
    "ok": ["started", "listening"],
    "slow": ["started", "listening"],
    "stuck": ["started", "listening"],
    "unhealthy": ["started", "cannot reach the database, answering 503"],
    "crash": ["started", "fatal: the configuration is not usable", "exiting with code 1"],
    "oom": ["started", "loading"],
}
EXITS = {
    "crash": (1, None),
    "oom": (137, "OutOfMemoryError: Container killed due to memory usage"),
}


class Task:
    """A task of a service, or a one-off one when `service` is None."""

    def __init__(self, world, cluster, definition, settings, service=None, deployment=None):
        self.world, self.cluster, self.definition = world, cluster, definition
        self.service, self.deployment = service, deployment
        self.settings = settings
        self.id = new_id()
        self.attachment_id = str(uuid.uuid4())
        self.arn = world.arn("task", cluster["clusterName"], self.id)
        self.last_status, self.desired_status = "PROVISIONING", "RUNNING"
        self.times = {"createdAt": world.timeline.wall()}
        self.version = 1
        self.stop_code = self.stopped_reason = self.stopped_for_good = None
        self.running_since = None
        self.targets = []
        self.containers = {
            c["name"]: {"lastStatus": "PENDING", "runtimeId": f"{self.id}-{uuid.uuid4().int % 10**10:010d}"}
            for c in definition["containerDefinitions"]
        }
        self.network = settings.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
        self.eni = surroundings.plug_in(world, self, self.network) if self.network else None
        world.tasks[self.arn] = self
        world.tag(self.arn, settings.get("tags"))
        world.timeline.after(PROVISIONING, self._pull)

    # What it is

    @property
    def alive(self):
        """Whether it is meant to run."""
        return self.desired_status == "RUNNING"

    @property
    def healthy(self):
        """Whether it runs and every check of it is good."""
        good = self.last_status == "RUNNING" and self.alive and self.health != "UNHEALTHY"
        checked = any("healthCheck" in c for c in self.definition["containerDefinitions"])
        if checked and self.health != "HEALTHY":
            return False
        return good and all(t.state == "healthy" for t in self.targets)

    @property
    def health(self):
        """healthStatus: the worst of its essential containers that have a check."""
        states = [
            self.containers[c["name"]].get("health", "UNKNOWN")
            for c in self.definition["containerDefinitions"]
            if c["essential"] and "healthCheck" in c
        ]
        for worst in ("UNHEALTHY", "UNKNOWN"):
            if worst in states:
                return worst
        return "HEALTHY" if states else "UNKNOWN"

    def _image(self, container):
        return self.world.sandbox.images.pull(container["image"], self.world.region) or {"behaviour": "ok"}

    def _behaviour(self, container):
        return self._image(container)["behaviour"]

    # How it goes on

    def _pull(self):
        if not self.alive:
            return
        self._become("PENDING")
        self.times["pullStartedAt"] = self.world.timeline.wall()
        failure = surroundings.start_failure(self.world, self.definition)
        if self.network and self.eni is None:
            subnet = self.network["subnets"][0]
            failure = (
                f"Unexpected EC2 error while attempting to Create Network Interface in subnet '{subnet}': "
                "InsufficientFreeAddressesInSubnet"
            )
        if failure:
            self.world.timeline.after(FAILING, lambda: self.fail_to_start(failure))
            return
        self.world.timeline.after(PULLING_SLOWLY if self._any_is("slow") else PULLING, self._pulled)

    def _any_is(self, behaviour):
        return any(self._behaviour(c) == behaviour for c in self.definition["containerDefinitions"])

    def _pulled(self):
        """It runs, unless an image of it is stuck: that is pulled until another behaviour is announced."""
        if self.alive and self._any_is("stuck"):
            self.world.timeline.after(PULLING, self._pulled)
        else:
            self._run()

    def fail_to_start(self, reason):
        """Stops before any container ran."""
        if self.alive:
            for container in self.containers.values():
                if reason.startswith("CannotPullContainerError"):
                    container["reason"] = reason
            self._end("TaskFailedToStart", reason, failed=True)

    def _run(self):
        if not self.alive:
            return
        timeline = self.world.timeline
        self._become("RUNNING")
        self.running_since = timeline.now
        self.times.update(
            pullStoppedAt=timeline.wall(), startedAt=timeline.wall(), connectivityAt=timeline.wall()
        )
        awaited = {
            d["containerName"]
            for c in self.definition["containerDefinitions"]
            for d in c.get("dependsOn", [])
            if d.get("condition") in ("SUCCESS", "COMPLETE")
        }
        exits = []
        for container in self.definition["containerDefinitions"]:
            image, name = self._image(container), container["name"]
            behaviour = image["behaviour"]
            state = self.containers[name]
            state.update(lastStatus="RUNNING", imageDigest=image.get("digest"))
            command = commands.override(self.settings, name)
            acted = commands.outcome([*container.get("entryPoint", []), *command]) if command else None
            lines = acted[0] if acted else image.get("logs") or setup.told(self, container) or LOGS[behaviour]
            surroundings.write_log(self.world, self, container, lines)
            if acted:
                exits.append((ONE_OFF, name, acted[1], None))
            elif behaviour in EXITS:
                code, reason = EXITS[behaviour]
                exits.append((CRASHING, name, image.get("exit_code", code), reason))
            elif name in awaited:
                state.update(lastStatus="STOPPED", exitCode=0)
            elif self.service is None or "exit_code" in image:
                exits.append((ONE_OFF, name, image.get("exit_code", 0), None))
            elif "healthCheck" in container:
                self._check(container, behaviour != "unhealthy")
        for wait, name, code, reason in exits:
            timeline.after(wait, lambda name=name, code=code, reason=reason: self._exit(name, code, reason))
        self._register()
        self._tell()

    def _check(self, container, good):
        check, state = container["healthCheck"], self.containers[container["name"]]
        # One good check is enough; bad ones count after the start period, `retries` in a row.
        wait = check["interval"] if good else check.get("startPeriod", 0) + check["interval"] * check["retries"]

        def checked():
            if self.last_status == "RUNNING" and self.alive:
                state["health"] = "HEALTHY" if good else "UNHEALTHY"
                if not good and self.service:
                    self.stop("ServiceSchedulerInitiated", "Task failed container health checks", failed=True)
                self._tell()

        self.world.timeline.after(wait, checked)

    def _register(self):
        if not self.service or self.eni is None:
            return
        for balancer in self.settings.get("loadBalancers", []):
            arn = balancer.get("targetGroupArn")
            container = next(
                (c for c in self.definition["containerDefinitions"] if c["name"] == balancer["containerName"]), None
            )
            good = container is not None and self._behaviour(container) not in ("unhealthy", "crash", "oom")
            target = targets.Target(
                self.world, arn, self.eni.private_ip_address, balancer["containerPort"], good, self._checked
            )
            self.targets.append(target)
            self.service.event(f"registered 1 targets in (target-group {arn})")

    def _checked(self):
        bad = next((t for t in self.targets if t.state == "unhealthy"), None)
        if bad and self.alive and self.service:
            grace = self.service.settings.get("healthCheckGracePeriodSeconds") or 0
            over = self.running_since + grace
            if self.world.timeline.now < over:
                self.world.timeline.after(over - self.world.timeline.now, self._checked)
                return
            self.service.event(
                f"(port {bad.port}) is unhealthy in (target-group {bad.arn}) due to "
                f"(reason {targets.CODES})"
            )
            self.stop(
                "ServiceSchedulerInitiated", f"Task failed ELB health checks in (target-group {bad.arn})", failed=True
            )
        self._tell()

    def _exit(self, name, code, reason):
        state = self.containers[name]
        if self.last_status != "RUNNING" or not self.alive or state["lastStatus"] == "STOPPED":
            return
        state.update(lastStatus="STOPPED", exitCode=code)
        if reason:
            state["reason"] = reason
        container = next(c for c in self.definition["containerDefinitions"] if c["name"] == name)
        if container["essential"]:
            self._end("EssentialContainerExited", "Essential container in task exited", failed=True)

    def stop(self, code, reason, failed=False):
        """Stops it from outside: targets drain first, then the containers are told."""
        if self.alive:
            for state in self.containers.values():
                if state["lastStatus"] == "RUNNING":
                    state.setdefault("exitCode", 0)
            self._end(code, reason, failed)

    def _end(self, code, reason, failed):
        timeline = self.world.timeline
        started = self.last_status == "RUNNING"
        self.desired_status, self.stop_code, self.stopped_reason = "STOPPED", code, reason
        self.times["stoppingAt"] = timeline.wall()
        delay = 0
        if self.targets:
            delay = max(target.drain() for target in self.targets)
            for target in self.targets:
                self.service.event(f"deregistered 1 targets in (target-group {target.arn})")
        crashed = code in ("EssentialContainerExited", "TaskFailedToStart")
        self._become("DEACTIVATING" if delay and not crashed else "STOPPING")
        if failed and self.service:
            self.service.task_failed(self)

        def stopping():
            self._become("STOPPING")
            self._tell()

        def deprovision():
            self.times["executionStoppedAt"] = timeline.wall()
            for state in self.containers.values():
                state["lastStatus"] = "STOPPED"
            self._become("DEPROVISIONING")

        def stopped():
            self._become("STOPPED")
            self.times["stoppedAt"] = timeline.wall()
            self.stopped_for_good = timeline.now
            surroundings.unplug(self.world, self.eni)
            self._tell()

        wait = 0 if crashed else delay
        timeline.after(wait, stopping)
        wait += STOPPING if started else 0
        timeline.after(wait, deprovision)
        timeline.after(wait + DEPROVISIONING, stopped)
        self._tell()

    def _become(self, status):
        self.last_status = status
        self.version += 1

    def _tell(self):
        if self.service:
            self.service.wake()
