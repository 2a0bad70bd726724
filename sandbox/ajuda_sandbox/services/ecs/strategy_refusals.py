"""What CreateService and UpdateService refuse of the strategies other than ROLLING.

Words that AWS documents are from
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html
where some of them come later, as a deployment's statusReason.
"""

import json

from moto.iam.models import iam_backends

from . import targets
from .world import invalid

# What each strategy alone may have (LinearConfiguration, CanaryConfiguration): member, lowest,
# highest, default. The first is a percentage in tenths, the second are minutes.
OWN = {
    "LINEAR": ("linearConfiguration", (("stepPercent", 3.0, 100.0, 10.0), ("stepBakeTimeInMinutes", 0, 1440, 6))),
    "CANARY": ("canaryConfiguration", (("canaryPercent", 0.1, 100.0, 5.0), ("canaryBakeTimeInMinutes", 0, 1440, 10))),
}
ALTERNATE = "alternateTargetGroupArn"
STRATEGIES = ("ROLLING", "BLUE_GREEN", *OWN)


def complete(before, new, merged):
    """Fills in the defaults of a deploymentConfiguration, and refuses what does not go together."""
    strategy = merged["strategy"]
    if strategy not in STRATEGIES:
        raise invalid(f"strategy must be one of {', '.join(STRATEGIES)}.")
    if strategy == "BLUE_GREEN" and before.get("strategy") != strategy and "bakeTimeInMinutes" not in new:
        raise invalid("bakeTimeInMinutes is required when the deployment strategy is BLUE_GREEN.")
    _within("bakeTimeInMinutes", merged["bakeTimeInMinutes"], 0, 1440)
    for owner, (key, members) in OWN.items():
        if owner != strategy:
            if key in new:
                raise invalid(f"{key} is only valid when the deployment strategy is {owner}.")
            merged.pop(key, None)
            continue
        merged[key] = {name: default for name, _, _, default in members} | merged.get(key, {})
        for name, low, high, _ in members:
            _within(name, merged[key][name], low, high)


def _within(name, value, low, high):
    in_tenths = isinstance(low, float)
    if not low <= value <= high or (in_tenths and abs(value * 10 - round(value * 10)) > 1e-6):
        raise invalid(f"{name} must be {'a multiple of 0.1 ' if in_tenths else ''}from {low} to {high}.")


def check(world, settings):
    """Refuses load balancers that a strategy cannot move traffic with."""
    strategy, balancers = settings["deploymentConfiguration"]["strategy"], settings["loadBalancers"]
    advanced = [b.get("advancedConfiguration") for b in balancers]
    if any(advanced) and not all(advanced):
        raise invalid("Either all or none of the provided loadBalancers must have advancedConfiguration defined")
    if strategy == "ROLLING":
        return
    if not all(advanced):
        raise invalid(
            "advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy"
        )
    connected = (settings.get("serviceConnectConfiguration") or {}).get("enabled")
    if strategy in OWN and not balancers and not connected:
        raise invalid(f"The deployment strategy {strategy} requires a load balancer or Service Connect.")
    groups = [arn for b in balancers for arn in (b["targetGroupArn"], b["advancedConfiguration"].get(ALTERNATE))]
    for arn in groups:
        if arn and groups.count(arn) > 1:
            raise invalid(f"Duplicate targetGroupArn found: {arn}")
    for balancer in balancers:
        _check_balancer(world, balancer["targetGroupArn"], balancer["advancedConfiguration"])


def _check_balancer(world, primary, advanced):
    for key in (ALTERNATE, "productionListenerRule", "roleArn"):
        if not advanced.get(key):
            raise invalid(f"{key} is required in advancedConfiguration.")
    alternate = advanced[ALTERNATE]
    group = targets.group(world, alternate)
    if group is None:
        raise invalid(f"The target group with targetGroupArn {alternate} does not exist.")
    if group.target_type != targets.group(world, primary).target_type:
        raise invalid(f"The target group with targetGroupArn {alternate} must have the target type of {primary}.")
    _check_rules(world, primary, alternate, advanced)
    _check_role(world, advanced["roleArn"])


def _check_rules(world, primary, alternate, advanced):
    arn = advanced["productionListenerRule"]
    for key in ("productionListenerRule", "testListenerRule"):
        if advanced.get(key) and ":listener-rule/app/" not in advanced[key]:
            raise invalid(
                f"{key} has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: {advanced[key]}"
            )
    if advanced.get("testListenerRule") == arn:
        raise invalid(f"The following rules cannot be used as both production and test listener rules: {arn}")
    _, rule = targets.rule(world, arn)
    if rule is None:
        raise invalid(f"The productionListenerRule {arn} does not exist.")
    if [action.type for action in rule.actions] != ["forward"]:
        raise invalid(f"The productionListenerRule {arn} must have one forward action and no other.")
    weights = targets.weights(rule)
    for other in weights:
        if other not in (primary, alternate):
            raise invalid(
                f"Production listener rule is forwarding traffic to unexpected target group {other}. Expected traffic to "
                f"be forwarded to either targetGroupArn: {primary} or alternateTargetGroupArn: {alternate}"
            )
    if not advanced.get("testListenerRule") and not {primary, alternate} <= set(weights):
        raise invalid(
            "For Application LoadBalancer, testListenerRule is required when productionListenerRule is not associated "
            "with both targetGroup and alternateTargetGroup"
        )
    if primary not in weights:
        raise invalid(f"Target group {primary} is not associated with either productionListenerRule or testListenerRule.")


def _check_role(world, arn):
    role = next((r for r in iam_backends[world.account][world.partition].roles.values() if r.arn == arn), None)
    if role is None:
        raise invalid(f"The role with roleArn {arn} does not exist.")
    if not _trusts_ecs(json.loads(role.assume_role_policy_document)):
        raise invalid(
            "ECS was unable to manage the ELB resources due to missing permissions on ECS Infrastructure Role "
            f"'{arn}'."
        )


def _trusts_ecs(policy):
    for statement in _listed(policy["Statement"]):
        principal = statement.get("Principal")
        services = _listed(principal.get("Service", []) if isinstance(principal, dict) else principal)
        actions = _listed(statement.get("Action", []))
        may = any(a in ("sts:AssumeRole", "sts:*", "*") for a in actions) and not _asks_for_a_source(statement)
        if statement["Effect"] == "Allow" and may and any(s in ("ecs.amazonaws.com", "*") for s in services):
            return True
    return False


def _asks_for_a_source(statement):
    """Whether a condition is on who ECS acts for, which it does not say: the trust policy that AWS documents for this
    role has no condition ("Amazon ECS infrastructure IAM role for load balancers" in the ECS developer guide), unlike
    that of a task's role. A condition on a key that is not in the request is not met, but for negated operators, `Null`
    and `…IfExists` ("IAM JSON policy elements: Condition operators" in the IAM user guide)."""
    for operator, keys in (statement.get("Condition") or {}).items():
        absent_is_met = operator.endswith("IfExists") or "Not" in operator or operator == "Null"
        if not absent_is_met and any(key.lower() in ("aws:sourceaccount", "aws:sourcearn") for key in keys):
            return True
    return False


def _listed(value):
    return value if isinstance(value, list) else [value]
