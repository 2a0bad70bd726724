"""Application Auto Scaling: bounds that make sense, tags, what is not found says so."""

from __future__ import annotations

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Response

from ..core import wire
from . import iam
from ..core.wire import Refusal, amends, checks, replaces


def tags_of(backend) -> dict:
    """ARN of a scalable target → {key: value}."""
    return wire.kept(backend, "sandbox_tags")


def install(sandbox) -> None:
    """Mends Application Auto Scaling."""

    def backend(response):
        return applicationautoscaling_backends[response.current_account][response.region]

    def target(response, sent):
        return backend(response).targets.get(sent["ScalableDimension"], {}).get(sent["ResourceId"])

    def named(sent) -> str:
        return f"service namespace: {sent['ServiceNamespace']}, resource ID: {sent['ResourceId']}, scalable dimension: {sent['ScalableDimension']}"

    @checks(Response, "RegisterScalableTarget")
    def register(response, sent):
        known = target(response, sent)
        low = sent.get("MinCapacity", known.min_capacity if known else None)
        high = sent.get("MaxCapacity", known.max_capacity if known else None)
        for value, name in ((low, "minimum"), (high, "maximum")):
            if value is None:
                raise Refusal(
                    "ValidationException", f"A {name} capacity is required when registering a new scalable target"
                )
        if low > high:
            raise Refusal("ValidationException", "Maximum capacity cannot be less than minimum capacity")
        if known is not None and sent.get("Tags"):
            raise Refusal(
                "ValidationException",
                "You can't use RegisterScalableTarget to add tags to an existing scalable target. Use TagResource instead.",
            )

    @amends(Response, "RegisterScalableTarget")
    def registered(response, sent, reply):
        iam.service_linked_role(response.current_account, "ecs.application-autoscaling.amazonaws.com", response.partition)
        if sent.get("Tags"):
            tags_of(backend(response))[reply["ScalableTargetARN"]] = dict(sent["Tags"])

    @amends(Response, "DescribeScalableTargets")
    def describe(response, sent, reply):
        for item in reply.get("ScalableTargets", []):
            role = f"arn:{response.partition}:iam::{response.current_account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"
            if item.get("RoleARN") is None:
                item["RoleARN"] = role
            suspended = {
                "DynamicScalingInSuspended": False,
                "DynamicScalingOutSuspended": False,
                "ScheduledScalingSuspended": False,
            }
            item["SuspendedState"] = {**suspended, **(item.get("SuspendedState") or {})}
        if reply.get("NextToken") is None:
            reply.pop("NextToken", None)

    @checks(Response, "DeregisterScalableTarget")
    def deregister(response, sent):
        known = target(response, sent)
        if known is None:
            raise Refusal("ObjectNotFoundException", f"No scalable target found for {named(sent)}")
        # "Deregistering a scalable target deletes the scaling policies that are associated with it."
        here = backend(response)
        for key, policy in list(here.policies.items()):
            if (policy.resource_id, policy.scalable_dimension) == (sent["ResourceId"], sent["ScalableDimension"]):
                policy.delete_alarms(here.account_id, here.region_name)
                del here.policies[key]
        tags_of(here).pop(known.arn, None)

    @checks(Response, "PutScalingPolicy")
    def put(response, sent):
        if target(response, sent) is None:
            raise Refusal("ObjectNotFoundException", f"No scalable target registered for {named(sent)}")
        for policy in backend(response).policies.values():
            same = (policy.policy_name, policy.resource_id, policy.scalable_dimension)
            if same == (sent["PolicyName"], sent["ResourceId"], sent["ScalableDimension"]):
                policy.delete_alarms(response.current_account, response.region)

    @checks(Response, "PutScalingPolicy")
    def once(response, sent):
        # Public logs, ten of them; TF appautoscaling/policy.go.
        def metric(config) -> tuple:
            config = config or {}
            return config.get("PredefinedMetricSpecification"), config.get("CustomizedMetricSpecification")

        wanted = metric(sent.get("TargetTrackingScalingPolicyConfiguration"))
        for policy in backend(response).policies.values():
            place = (policy.resource_id, policy.scalable_dimension)
            other = policy.policy_name != sent["PolicyName"] and place == (sent["ResourceId"], sent["ScalableDimension"])
            if other and any(wanted) and metric(policy.target_tracking_scaling_policy_configuration) == wanted:
                raise Refusal(
                    "ValidationException",
                    "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
                )

    @checks(Response, "DeleteScalingPolicy")
    def delete(response, sent):
        known = {(p.policy_name, p.resource_id, p.scalable_dimension) for p in backend(response).policies.values()}
        if (sent["PolicyName"], sent["ResourceId"], sent["ScalableDimension"]) not in known:
            raise Refusal(
                "ObjectNotFoundException",
                f"No scaling policy found for {named(sent)}, policy name: {sent['PolicyName']}",
            )

    @amends(Response, "DescribeScalingPolicies")
    def policies(response, sent, reply):
        names = sent.get("PolicyNames")
        if names:
            reply["ScalingPolicies"] = [p for p in reply["ScalingPolicies"] if p["PolicyName"] in names]
        if reply.get("NextToken") is None:
            reply.pop("NextToken", None)

    @replaces(Response, "DescribeScalingActivities")
    def activities(response, sent):
        # Nothing is measured here, so nothing ever scales by itself.
        return {"ScalingActivities": []}

    def tags(response, sent) -> dict:
        here = backend(response)
        for targets in here.targets.values():
            for known in targets.values():
                if known.arn == sent["ResourceARN"]:
                    return tags_of(here).setdefault(known.arn, {})
        raise Refusal(
            "ResourceNotFoundException",
            f"The specified resource doesn't exist: {sent['ResourceARN']}",
            ResourceName=sent["ResourceARN"],
        )

    @replaces(Response, "ListTagsForResource")
    def list_tags(response, sent):
        return {"Tags": dict(tags(response, sent))}

    @replaces(Response, "TagResource")
    def tag(response, sent):
        tags(response, sent).update(sent["Tags"])

    @replaces(Response, "UntagResource")
    def untag(response, sent):
        for key in sent["TagKeys"]:
            tags(response, sent).pop(key, None)
