"""CloudWatch alarms: tags belong to the creation, defaults are answered, deletes forget."""

from __future__ import annotations

from moto.cloudwatch.responses import CloudWatchResponse

from ..core import wire
from ..core.wire import Refusal, amends, checks


def install(sandbox) -> None:
    """Mends CloudWatch."""

    @checks(CloudWatchResponse, "PutMetricAlarm")
    def put(response, sent):
        # CloudWatch API, PutMetricAlarm: EvaluationPeriods, Period, DatapointsToAlarm, Statistic, AlarmActions; the period
        # of ten seconds is recorded (LS cloudwatch test_put_metric_alarm).
        if sent.get("EvaluationPeriods", 1) * sent.get("Period", 60) > 7 * 86400:
            raise Refusal(
                "ValidationError",
                "Metrics cannot be checked across more than seven days (EvaluationPeriods * Period must be <= 604800).",
            )
        if "Statistic" in sent and "ExtendedStatistic" in sent:
            raise Refusal(
                "InvalidParameterCombination",
                "The parameters Statistic and ExtendedStatistic must not be used together.",
            )
        period, periods = sent.get("Period", 60), sent.get("EvaluationPeriods", 1)
        if period not in (10, 20, 30) and (period < 60 or period % 60):
            raise Refusal(
                "ValidationError", f"Invalid period: {period}. It must be 10, 20, 30 or a multiple of 60."
            )
        if sent.get("DatapointsToAlarm", 1) > periods:
            raise Refusal(
                "ValidationError", "DatapointsToAlarm must be less than or equal to EvaluationPeriods."
            )
        if "MetricName" in sent and not {"Statistic", "ExtendedStatistic"} & set(sent):
            raise Refusal("ValidationError", "Exactly one of Statistic and ExtendedStatistic must be given.")
        for action in [
            *sent.get("AlarmActions", []),
            *sent.get("OKActions", []),
            *sent.get("InsufficientDataActions", []),
        ]:
            if not action.startswith("arn:"):
                raise Refusal("ValidationError", f"Invalid arn syntax: {action}")
        # PutMetricAlarm, ActionsEnabled: the default is TRUE.
        response.params.setdefault("ActionsEnabled", True)
        if sent["AlarmName"] in response.cloudwatch_backend.alarms:
            # "If you are using this operation to update an existing alarm, any tags you specify
            # in this parameter are ignored" (PutMetricAlarm, Tags).
            response.params.pop("Tags", None)
            old = response.cloudwatch_backend.alarms[sent["AlarmName"]]
            response.kept_state = old.state_value, old.state_reason

    @amends(CloudWatchResponse, "PutMetricAlarm")
    def kept(response, sent, reply):
        alarm = response.cloudwatch_backend.alarms[sent["AlarmName"]]
        # "When this operation creates an alarm, the alarm state is immediately set to INSUFFICIENT_DATA."
        first = ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
        alarm.state_value, alarm.state_reason = getattr(response, "kept_state", first)

    @checks(CloudWatchResponse, "DeleteAlarms")
    def delete(response, sent):
        backend = response.cloudwatch_backend
        for name in sent["AlarmNames"]:
            alarm = backend.alarms.get(name)
            if alarm is not None:
                backend.tagger.delete_all_tags_for_resource(alarm.alarm_arn)

    @checks(CloudWatchResponse, "ListTagsForResource")
    def tags(response, sent):
        known = {alarm.alarm_arn for alarm in response.cloudwatch_backend.alarms.values()}
        if ":alarm:" in sent["ResourceARN"] and sent["ResourceARN"] not in known:
            # LS cloudwatch test_exception_serializing_with_no_shape_in_spec: not the ResourceNotFoundException that the
            # model lists for this operation, and without a message.
            raise Refusal("ResourceNotFound", "")

    @amends(CloudWatchResponse, "DescribeAlarms")
    def describe(response, sent, reply):
        alarms = reply.get("MetricAlarms", [])
        if sent.get("AlarmNamePrefix"):
            alarms = [a for a in alarms if a["AlarmName"].startswith(sent["AlarmNamePrefix"])]
        if sent.get("AlarmNames"):
            alarms = [a for a in alarms if a["AlarmName"] in sent["AlarmNames"]]
        for alarm in alarms:
            for key in ("OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions"):
                alarm.setdefault(key, [])
            if not alarm.get("Metrics"):
                alarm.pop("Metrics", None)
        found, token = wire.page(sorted(alarms, key=lambda a: a["AlarmName"]), sent, "MaxRecords", "NextToken", 100)
        reply["MetricAlarms"] = found
        reply.pop("NextToken", None)
        if token:
            reply["NextToken"] = token
