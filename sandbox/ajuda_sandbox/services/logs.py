"""CloudWatch Logs: retention values that exist, keys, deletion protection, lookups by name, filtered lines."""

from __future__ import annotations

import re

from moto.logs.responses import LogsResponse

from ..core import wire
from ..core.wire import Refusal, amends, checks, replaces

# PutRetentionPolicy, retentionInDays.
DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


def install(sandbox) -> None:
    """Mends CloudWatch Logs."""

    def group(response, name: str):
        name = name.removesuffix(":*")
        name = name.split(":log-group:")[1] if ":log-group:" in name else name
        found = response.logs_backend.groups.get(name)
        if found is None:
            raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
        return found

    @checks(LogsResponse, "PutRetentionPolicy")
    def retention(response, sent):
        if sent["retentionInDays"] not in DAYS:
            raise Refusal(
                "InvalidParameterException",
                f"1 validation error detected: Value '{sent['retentionInDays']}' at 'retentionInDays' failed to satisfy "
                f"constraint: Member must satisfy enum value set: {list(DAYS)}",
            )

    @checks(LogsResponse, "CreateLogGroup")
    def named(response, sent):
        # CreateLogGroup, logGroupName.
        if not re.fullmatch(r"[.\-_/#A-Za-z0-9]{1,512}", sent["logGroupName"]):
            raise Refusal(
                "InvalidParameterException",
                f"1 validation error detected: Value '{sent['logGroupName']}' at 'logGroupName' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
            )

    @amends(LogsResponse, "CreateLogGroup")
    def create(response, sent, reply):
        made = group(response, sent["logGroupName"])
        made.log_group_class = sent.get("logGroupClass", "STANDARD")
        made.protected = sent.get("deletionProtectionEnabled", False)

    @checks(LogsResponse, "ListTagsForResource", "TagResource", "UntagResource")
    def tagged(response, sent):
        # LS logs test_tag_resource_api: the ARN without `:*`.
        if ":log-group:" in sent["resourceArn"]:
            group(response, sent["resourceArn"])

    @replaces(LogsResponse, "AssociateKmsKey")
    def associate(response, sent):
        group(response, sent.get("logGroupName") or sent["resourceIdentifier"]).kms_key_id = sent["kmsKeyId"]

    @replaces(LogsResponse, "DisassociateKmsKey")
    def disassociate(response, sent):
        group(response, sent.get("logGroupName") or sent["resourceIdentifier"]).kms_key_id = None

    @replaces(LogsResponse, "PutLogGroupDeletionProtection")
    def protect(response, sent):
        group(response, sent["logGroupIdentifier"]).protected = sent["deletionProtectionEnabled"]

    @checks(LogsResponse, "DeleteLogGroup")
    def delete(response, sent):
        found = group(response, sent["logGroupName"])
        if getattr(found, "protected", False):
            raise Refusal(
                "OperationAbortedException",
                f"Log group {found.name} cannot be deleted because deletion protection is enabled.",
            )
        response.logs_backend.tagger.delete_all_tags_for_resource(found.arn)

    @replaces(LogsResponse, "DescribeLogGroups")
    def describe(response, sent):
        groups = sorted(response.logs_backend.groups.values(), key=lambda g: g.name)
        if sent.get("logGroupNamePrefix"):
            groups = [g for g in groups if g.name.startswith(sent["logGroupNamePrefix"])]
        if sent.get("logGroupNamePattern"):
            groups = [g for g in groups if sent["logGroupNamePattern"].lower() in g.name.lower()]
        if sent.get("logGroupIdentifiers"):
            names = {i.removesuffix(":*").split(":log-group:")[-1] for i in sent["logGroupIdentifiers"]}
            groups = [g for g in groups if g.name in names]
        shown = []
        for item in groups:
            told = {key: value for key, value in item.to_describe_dict().items() if value is not None}
            told["logGroupClass"] = getattr(item, "log_group_class", "STANDARD")
            told["deletionProtectionEnabled"] = getattr(item, "protected", False)
            shown.append(told)
        # DescribeLogGroups, limit: at most and by default 50.
        found, token = wire.page(shown, sent, "limit", "nextToken", 50)
        return {"logGroups": found, **({"nextToken": token} if token else {})}

    @replaces(LogsResponse, "FilterLogEvents")
    def filter_events(response, sent):
        found = group(response, sent.get("logGroupName") or sent["logGroupIdentifier"])
        prefix, names = sent.get("logStreamNamePrefix"), sent.get("logStreamNames")
        if prefix and names:
            raise Refusal(
                "InvalidParameterException", "LogStreamNames and LogStreamNamePrefix can not be specified together."
            )
        events = []
        for name, stream in found.streams.items():
            if name.startswith(prefix or "") and (not names or name in names):
                events += stream.filter_log_events(
                    sent.get("startTime"), sent.get("endTime"), sent.get("filterPattern", "")
                )
        # "The returned log events are sorted by event timestamp, the timestamp when the event was
        # ingested by CloudWatch Logs, and the ID of the PutLogEvents request."
        events.sort(key=lambda event: (event["timestamp"], event["ingestionTime"]))
        shown, token = wire.page(events, sent, "limit", "nextToken", 10000)
        return {"events": shown, "searchedLogStreams": [], **({"nextToken": token} if token else {})}
