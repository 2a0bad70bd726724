"""Tasks as targets of load balancers: registered, checked, drained.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, elbv2_backends

from ...core import wire

CODES = "Health checks failed with these codes: [503]"
STATES = {
    "initial": ("Elb.RegistrationInProgress", "Target registration is in progress"),
    "healthy": (None, None),
    "unhealthy": ("Target.ResponseCodeMismatch", CODES),
    "draining": ("Target.DeregistrationInProgress", "Target deregistration is in progress"),
    "unused": ("Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"),
}


def install(sandbox):
    """DescribeTargetHealth answers for tasks."""
    original = ELBv2Backend.describe_target_health

    def describe_target_health(self, target_group_arn, targets):
        answer = original(self, target_group_arn, targets)
        group = self.target_groups[target_group_arn]
        ours = {ip: state for (arn, ip), state in _states(self).items() if arn == target_group_arn}
        asked = {t["Id"] for t in targets} if targets else set(ours)
        shown = [status for status in answer if status.instance_id not in ours]
        for ip in (ip for ip in ours if ip in asked):
            state, port = ours[ip]
            if state in ("initial", "healthy", "unhealthy") and not balancers(self, target_group_arn):
                state = "unused"
            reason, description = STATES[state]
            shown.append(FakeHealthStatus(ip, port, group.health_check_port, state, reason, description))
        return shown

    ELBv2Backend.describe_target_health = describe_target_health


def _backend(world):
    return elbv2_backends[world.account][world.region]


def _states(backend):
    return wire.kept(backend, "sandbox_targets")


def group(world, arn):
    """A target group by ARN, or None."""
    return _backend(world).target_groups.get(arn)


def balancers(backend, arn):
    """The load balancers one of whose listeners or rules sends traffic to a target group."""
    found = []
    for balancer in backend.load_balancers.values():
        for listener in balancer.listeners.values():
            actions = list(listener.default_actions)
            for rule in listener.rules.values():
                actions += rule.actions
            if any(arn in str(getattr(action, "data", action)) for action in actions):
                found.append(balancer.arn)
    return found


def has_balancer(world, arn):
    """Whether traffic can reach a target group."""
    return bool(balancers(_backend(world), arn))


def rule(world, arn):
    """(listener, rule) of a rule's ARN, or (None, None)."""
    for balancer in _backend(world).load_balancers.values():
        for listener in balancer.listeners.values():
            for found in listener.rules.values():
                if found.arn == arn:
                    return listener, found
    return None, None


def weights(found):
    """{target group: weight} of what a rule forwards to."""
    answer = {}
    for action in (action.data for action in found.actions if action.type == "forward"):
        groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or [action]
        answer.update({g["TargetGroupArn"]: int(g.get("Weight", 1)) for g in groups})
    return answer


class Target:
    """One task in one target group."""

    def __init__(self, world, arn, ip, port, healthy, changed):
        self.world, self.arn, self.ip, self.port = world, arn, ip, port
        self.state = None
        found = group(world, arn)
        if found is None:
            return
        found.register([{"Id": ip, "Port": port}])
        self._set("initial")
        interval = int(found.health_check_interval_seconds or 30)
        # A new target needs one good check; a bad one as many as the threshold says.
        wait = interval if healthy else interval * int(found.unhealthy_threshold_count or 2)

        def checked():
            if self.state == "initial":
                self._set("healthy" if healthy else "unhealthy")
                changed()

        world.timeline.after(wait, checked)

    def _set(self, state):
        self.state = state
        states = _states(_backend(self.world))
        if state is None:
            states.pop((self.arn, self.ip), None)
        else:
            states[(self.arn, self.ip)] = (state, self.port)

    def drain(self):
        """Begins deregistration; the AWS seconds that it takes."""
        found = group(self.world, self.arn)
        if self.state is None or found is None:
            return 0
        reached = self.state == "healthy"
        if self.ip in found.targets:
            found.deregister([{"Id": self.ip}])
        delay = int(found.attributes.get("deregistration_delay.timeout_seconds", 300)) if reached else 0
        self._set("draining")

        def gone():
            found.deregistered_targets.pop(self.ip, None)
            self._set(None)

        self.world.timeline.after(delay, gone)
        return delay
