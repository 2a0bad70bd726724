"""Deployments of the strategies BLUE_GREEN, LINEAR and CANARY: the new revision beside the old
one, traffic that moves by weights of the production rule, a bake time, the old one's end.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-blue-green.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-linear.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/canary-deployment.html
"""

from moto.elbv2.models import FakeAction

from . import targets

# AWS seconds: how long a stage without a time of its own lasts, and one shift of traffic.
STAGE, SHIFTING = 15, 15
# Stages in which the new revision has no tasks yet.
BEFORE = ("RECONCILE_SERVICE", "PRE_SCALE_UP")
GONE = ("STOPPING", "DEPROVISIONING", "STOPPED")


def begin(service, fresh):
    """Where a new deployment's tasks register, and the steps that it goes through."""
    if fresh.rolls_back:
        fresh.placed = service.completed.placed
        if fresh.rolls_back.steps:
            _take_over(service, fresh)
        return
    source = service.serving if service.serving is not fresh else None
    for other in service.deployments[1:]:
        if other is not source and other.steps and other.weight:
            _shift(service, other, 0)  # the newest wins: traffic waits where it was
    limits = service.settings["deploymentConfiguration"]
    swaps = source is not None and limits["strategy"] != "ROLLING"
    fresh.placed = [_place(service.world, b, swaps) for b in fresh.settings["loadBalancers"] or []]
    if limits["strategy"] == "ROLLING":
        return
    fresh.source, fresh.since = source, service.world.timeline.now
    if source is None:
        fresh.weight = 100
    elif source not in service.deployments:
        service.deployments.append(source)
    if source:
        source.weight = 100
    fresh.steps = _steps(service, fresh, limits)
    service.wake(fresh.steps[0][2])


def _place(world, balancer, swaps):
    """The group that serves production now, or the other one of the two."""
    advanced = balancer.get("advancedConfiguration") or {}
    pair = [balancer.get("targetGroupArn"), advanced.get("alternateTargetGroupArn")]
    _, rule = targets.rule(world, advanced.get("productionListenerRule"))
    if rule is None or not pair[1]:
        return pair[0]
    weights = targets.weights(rule)
    # max takes the first of equals: the primary one.
    serving = max(pair, key=lambda arn: weights.get(arn, 0))
    return pair[pair.index(serving) - 1] if swaps else serving


def _steps(service, fresh, limits):
    """[(lifecycle stage, the new revision's share of traffic, AWS seconds)]."""
    share = fresh.weight
    steps = [("RECONCILE_SERVICE", share, STAGE)] if len(service.deployments) > 2 else []
    steps += [("PRE_SCALE_UP", share, STAGE), ("SCALE_UP", share, 0), ("POST_SCALE_UP", share, STAGE)]
    if fresh.source is None:
        return [*steps, ("CLEAN_UP", share, 0)]
    balancers = fresh.settings["loadBalancers"] or []
    if any(b.get("advancedConfiguration", {}).get("testListenerRule") for b in balancers):
        steps += [("TEST_TRAFFIC_SHIFT", 0, STAGE), ("POST_TEST_TRAFFIC_SHIFT", 0, STAGE)]
    steps += [("PRODUCTION_TRAFFIC_SHIFT", part, SHIFTING + 60 * minutes) for part, minutes in _shifts(limits)]
    bake = 60 * limits["bakeTimeInMinutes"]
    return [*steps, ("POST_PRODUCTION_TRAFFIC_SHIFT", 100, STAGE), ("BAKE_TIME", 100, bake), ("CLEAN_UP", 100, 0)]


def _shifts(limits):
    """[(percent, minutes until the next)]; after 100 percent nothing is waited for."""
    parts, minutes = [], 0
    if limits["strategy"] == "LINEAR":
        linear = limits["linearConfiguration"]
        percent, minutes = linear["stepPercent"], linear["stepBakeTimeInMinutes"]
        parts = [round(percent * n, 1) for n in range(1, int(100 / percent) + 1)]
    elif limits["strategy"] == "CANARY":
        canary = limits["canaryConfiguration"]
        parts, minutes = [canary["canaryPercent"]], canary["canaryBakeTimeInMinutes"]
    return [(part, minutes) for part in parts if part < 100] + [(100, 0)]


def _take_over(service, back):
    """A rollback: what still runs of the good revision serves again, and nothing is started."""
    undone, good = back.rolls_back, service.completed
    if undone.weight:
        _shift(service, undone, 0)
    for task in good.alive:
        task.deployment = back
    del service.world.service_revisions[back.revision]
    back.revision, back.weight, undone.source = good.revision, 100, back
    service.deployments = [d for d in service.deployments if d is not good]
    service.completed = back
    back.since = service.world.timeline.now
    service.wake(STAGE)


def plays(deployment):
    """Whether this deployment is the scheduler's business here and not a rolling one's."""
    return bool(deployment.steps) and deployment.state != "COMPLETED"


def wanted(service, deployment):
    """How many tasks of a deployment there are to be."""
    primary = service.primary
    if deployment is primary:
        return 0 if primary.stage in BEFORE else service.desired
    kept = deployment is primary.source and primary.stage != "CLEAN_UP"
    return service.desired if kept else 0


def stays(service, deployment):
    """Whether a deployment is shown though none of its tasks is meant to run."""
    primary = service.primary
    if deployment is primary.source:
        return primary.state != "COMPLETED"
    if deployment is not primary.rolls_back or not deployment.steps:
        return False
    return service.world.timeline.now - primary.since < STAGE - 0.001 or _leaving(service, deployment)


def _leaving(service, deployment):
    return any(t.deployment is deployment and t.last_status not in GONE for t in service.tasks)


def look(service):
    """One look of the scheduler: both revisions at their counts, then the next step if it is time."""
    primary = service.primary
    for deployment in list(service.deployments):
        if service.primary is not primary:
            return  # starting a task failed once too often: this one has been rolled back
        count = wanted(service, deployment)
        for task in deployment.alive[count:]:
            service.stop(task, primary)
        if deployment.state != "FAILED":
            service.launch(count - len(deployment.alive), deployment)
    if primary.state == "IN_PROGRESS" and service.status == "ACTIVE" and _over(service, primary):
        if primary.stage == "CLEAN_UP":
            service.deployments = [primary]
            service.complete(primary)
        else:
            _enter(service, primary, primary.step + 1)


def _over(service, primary):
    """Whether the step has lasted long enough and what it waits for is there."""
    timeline = service.world.timeline
    if timeline.now - primary.since < primary.steps[primary.step][2] - 0.001:
        return False
    if primary.stage in BEFORE:
        return True
    if primary.stage == "CLEAN_UP" and any(_leaving(service, d) for d in service.deployments[1:]):
        return False
    return service.ready()


def _enter(service, primary, number):
    timeline = service.world.timeline
    primary.step, primary.since, primary.updated = number, timeline.now, timeline.wall()
    _, percent, seconds = primary.steps[number]
    if percent != primary.weight and not _shift(service, primary, percent):
        service.fail(primary, "invalid networking configuration.", True)
        primary.reason = "Service deployment rolled back because of invalid networking configuration."
        return
    service.wake(seconds)


def _shift(service, deployment, percent):
    """Gives a revision its share of the production traffic; False when a rule is not there."""
    found = True
    for balancer, placed in zip(deployment.settings["loadBalancers"] or [], deployment.placed):
        advanced = balancer.get("advancedConfiguration") or {}
        listener, rule = targets.rule(service.world, advanced.get("productionListenerRule"))
        found = found and rule is not None
        if rule is not None:
            pair = [balancer["targetGroupArn"], advanced["alternateTargetGroupArn"]]
            _route(listener, rule, {arn: percent if arn == placed else 100 - percent for arn in pair})
    deployment.weight = percent
    if deployment.source:
        deployment.source.weight = round(100 - percent, 1)
    return found


def _route(listener, rule, shares):
    # Weights are whole numbers up to 999 (TargetGroupTuple): tenths of a percent are taken times ten.
    times = 1 if all(float(share).is_integer() for share in shares.values()) else 10
    groups = [{"TargetGroupArn": arn, "Weight": round(share * times)} for arn, share in shares.items()]
    config = {**(rule.actions[0].data.get("ForwardConfig") or {}), "TargetGroups": groups}
    rule.actions = [FakeAction({"Type": "forward", "Order": 1, "ForwardConfig": config})]
    if rule.is_default:
        listener.default_actions = rule.actions
