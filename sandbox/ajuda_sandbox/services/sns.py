"""SNS: an e-mail subscription waits for its owner; a topic's tags and attributes are part of its identity.

Rules are from recorded answers of AWS (LocalStack's snapshots, tests/aws/services/sns), by test.
"""

from __future__ import annotations

import json

from moto.iam.models import iam_backends
from moto.sns.responses import SNSResponse

from ..core import wire
from ..core.wire import Refusal, amends, checks


def invalid(reason: str) -> Refusal:
    """The refusal of this service."""
    return Refusal("InvalidParameter", f"Invalid parameter: {reason}")


def same(have: str, want: str) -> bool:
    """Whether two values of an attribute mean the same: policies are compared as JSON."""
    if have == want:
        return True
    try:
        return json.loads(have) == json.loads(want)
    except ValueError:
        return False


def check_policy(response, text: str) -> None:
    """A topic's policy is JSON, its actions are SNS's, its principals are there."""
    try:
        statements = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError):
        raise invalid("Policy Error: null") from None
    known = {role.arn for role in iam_backends[response.current_account][response.partition].get_roles()}
    for statement in statements if isinstance(statements, list) else [statements]:
        actions = statement.get("Action", [])
        for action in [actions] if isinstance(actions, str) else actions:
            if action != "*" and not action.lower().startswith("sns:"):
                raise invalid("Policy statement action out of service scope!")
        principal = statement.get("Principal")
        named = principal.get("AWS", []) if isinstance(principal, dict) else []
        for arn in [named] if isinstance(named, str) else named:
            if f"::{response.current_account}:role/" in arn and arn not in known:
                raise invalid("Policy Error: PrincipalNotFound")


def leave(backend, email: str) -> int:
    """The owner of an address confirms and unsubscribes by the links in the messages; from how many topics."""
    left = [s for s in backend.subscriptions.values() if (s.protocol, s.endpoint) == ("email", email)]
    gone = wire.kept(backend, "unsubscribed")
    for one in left:
        backend.unsubscribe(one.arn)
        gone[one.topic.arn, email] = {
            # For some time, and nobody says for how long (eight public tools that test for the word).
            "SubscriptionArn": "Deleted",
            "Owner": backend.account_id,
            "Protocol": one.protocol,
            "Endpoint": email,
            "TopicArn": one.topic.arn,
        }
    return len(left)


def install(sandbox) -> None:
    """Mends SNS."""

    @checks(SNSResponse, "CreateTopic", "TagResource")
    def tagged(response, sent):
        # TestSNSTopicCrud::test_tags
        keys = [tag["Key"] for tag in sent.get("Tags", [])]
        if len(set(keys)) < len(keys):
            raise invalid("Tags Reason: Duplicated keys are not allowed.")

    @checks(SNSResponse, "CreateTopic")
    def attributed(response, sent):
        # test_create_topic_different_attrs (06-02-2026)
        wanted = sent.get("Attributes") or {}
        if "Policy" in wanted:
            check_policy(response, wanted["Policy"])
        for topic in response.backend.topics.values():
            if topic.name == sent["Name"] and wanted:
                now = wire.ask(response, "GetTopicAttributes", TopicArn=topic.arn)["Attributes"]
                if any(not same(now.get(key, ""), value) for key, value in wanted.items()):
                    raise invalid("Attributes Reason: Topic already exists with different attributes")

    @checks(SNSResponse, "SetTopicAttributes")
    def policy(response, sent):
        # test_add_permission_errors
        if sent["AttributeName"] == "Policy":
            check_policy(response, sent.get("AttributeValue", ""))

    @checks(SNSResponse, "CreateTopic")
    def create(response, sent):
        for topic in response.backend.topics.values():
            if (
                topic.name == sent["Name"]
                and sent.get("Tags")
                and dict(topic._tags or {}) != wire.mapping(sent["Tags"])
            ):
                raise Refusal(
                    "InvalidParameter",
                    "Invalid parameter: Tags Reason: Topic already exists with different tags",
                )

    def pending(response, arn: str) -> bool:
        # Nobody reads mail here, so nobody ever confirms (Subscribe: "you must confirm").
        subscription = response.backend.subscriptions.get(arn)
        return subscription is not None and subscription.protocol in ("email", "email-json", "http", "https")

    @amends(SNSResponse, "Subscribe")
    def subscribe(response, sent, reply):
        # It can be subscribed again (the same tools).
        wire.kept(response.backend, "unsubscribed").pop((sent["TopicArn"], sent.get("Endpoint")), None)
        if pending(response, reply["SubscriptionArn"]) and not sent.get("ReturnSubscriptionArn"):
            reply["SubscriptionArn"] = "pending confirmation"

    @amends(SNSResponse, "ListSubscriptions", "ListSubscriptionsByTopic")
    def listed(response, sent, reply):
        for item in reply.get("Subscriptions", []):
            if pending(response, item["SubscriptionArn"]):
                item["SubscriptionArn"] = "PendingConfirmation"
        if not reply.get("NextToken"):
            gone = wire.kept(response.backend, "unsubscribed").values()
            here = [item for item in gone if item["TopicArn"] in response.backend.topics]
            reply.setdefault("Subscriptions", []).extend(
                item for item in here if item["TopicArn"] == sent.get("TopicArn", item["TopicArn"])
            )

    @amends(SNSResponse, "GetTopicAttributes")
    def attributes(response, sent, reply):
        here = [s for s in response.backend.subscriptions.values() if s.topic.arn == sent["TopicArn"]]
        waiting = sum(pending(response, s.arn) for s in here)
        reply["Attributes"]["SubscriptionsPending"] = str(waiting)
        reply["Attributes"]["SubscriptionsConfirmed"] = str(len(here) - waiting)

    @checks(SNSResponse, "Unsubscribe")
    def unsubscribe(response, sent):
        if not sent["SubscriptionArn"].startswith("arn:"):
            raise Refusal(
                "InvalidParameter",
                "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1",
            )
