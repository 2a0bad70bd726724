"""SNS: an e-mail subscription waits for its owner; a topic's tags are part of its identity."""

from __future__ import annotations

from moto.sns.responses import SNSResponse

from . import wire
from .wire import Refusal, amends, checks


def install(sandbox) -> None:
    """Mends SNS."""

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
        if pending(response, reply["SubscriptionArn"]) and not sent.get("ReturnSubscriptionArn"):
            reply["SubscriptionArn"] = "pending confirmation"

    @amends(SNSResponse, "ListSubscriptions", "ListSubscriptionsByTopic")
    def listed(response, sent, reply):
        for item in reply.get("Subscriptions", []):
            if pending(response, item["SubscriptionArn"]):
                item["SubscriptionArn"] = "PendingConfirmation"

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
