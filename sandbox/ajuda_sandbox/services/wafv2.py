"""WAF: a load balancer has one web ACL at most, which cannot go before the association does."""

from __future__ import annotations

from moto.elbv2.models import elbv2_backends
from moto.elbv2.responses import ELBV2Response
from moto.wafv2.models import wafv2_backends
from moto.wafv2.responses import WAFV2Response

from ..core import wire
from ..core.wire import Refusal, amends, checks, replaces

# Seconds until a new web ACL can be associated: "from a few seconds to a number of minutes" (AssociateWebACL).
SPREADS = 20


def install(sandbox) -> None:
    """Mends WAF."""

    # Errors of the API model; moto's own words for a name that is taken are "WafV2DuplicateItem".
    @checks(WAFV2Response, "CreateWebACL")
    def create(response, sent):
        if any(acl.name == sent["Name"] for acl in response.wafv2_backend.wacls.values()):
            raise Refusal(
                "WAFDuplicateItemException",
                "AWS WAF couldn’t perform the operation because the resource that you tried to save is a duplicate of an existing one.",
            )
        _settings(sent)

    @amends(WAFV2Response, "CreateWebACL")
    def created(response, sent, reply):
        response.wafv2_backend.wacls[reply["Summary"]["ARN"]].since = wire.monotonic()

    # "This operation completely replaces the mutable specifications" (UpdateWebACL); moto keeps what is left out.
    @checks(WAFV2Response, "UpdateWebACL")
    def update(response, sent):
        _settings(sent)

    @amends(WAFV2Response, "UpdateWebACL")
    def updated(response, sent, reply):
        acl = response.wafv2_backend.get_web_acl(None, sent["Name"], sent["Id"])
        acl.description = sent.get("Description", "")
        if not sent.get("Rules"):
            acl.rules = []

    @checks(WAFV2Response, "DeleteWebACL")
    def delete(response, sent):
        acl = response.wafv2_backend.get_web_acl(None, sent["Name"], sent["Id"])
        if acl.associated_resources:
            raise Refusal(
                "WAFAssociatedItemException",
                "AWS WAF couldn’t perform the operation because your resource is being used by another resource or it’s associated with another resource.",
            )
        response.gone = acl.arn

    @amends(WAFV2Response, "DeleteWebACL")
    def deleted(response, sent, reply):
        response.wafv2_backend.tagging_service.delete_all_tags_for_resource(response.gone)

    def balancer(response, arn: str):
        found = elbv2_backends[response.current_account][response.region].load_balancers.get(arn)
        if found is None:
            raise Refusal(
                "WAFNonexistentItemException",
                "AWS WAF couldn’t perform the operation because your resource doesn’t exist.",
            )
        return found

    @checks(WAFV2Response, "AssociateWebACL")
    def associate(response, sent):
        backend = response.wafv2_backend
        acl = backend.get_web_acl(sent["WebACLArn"], None, None)
        found = balancer(response, sent["ResourceArn"])
        if not sandbox.clock.due(acl.since, SPREADS) or found.state == "provisioning":
            raise Refusal(
                "WAFUnavailableEntityException",
                "AWS WAF couldn’t retrieve the resource that you requested. Retry your request.",
            )
        # One web ACL for a resource: CloudFormation replaces an association by making the new one first
        # (AWS::WAFv2::WebACLAssociation, "Update requires: Replacement").
        backend.disassociate_web_acl(sent["ResourceArn"])

    @checks(WAFV2Response, "DisassociateWebACL", "GetWebACLForResource")
    def of_a_balancer(response, sent):
        balancer(response, sent["ResourceArn"])

    @replaces(WAFV2Response, "ListResourcesForWebACL")
    def resources(response, sent):
        acl = response.wafv2_backend.get_web_acl(sent["WebACLArn"], None, None)
        return {"ResourceArns": sorted(acl.associated_resources)}

    # An association ends with its load balancer.
    @amends(ELBV2Response, "DeleteLoadBalancer")
    def without_balancer(response, sent, reply):
        wafv2_backends[response.current_account][response.region].disassociate_web_acl(sent["LoadBalancerArn"])


def _settings(sent: dict) -> None:
    """What CreateWebACL and UpdateWebACL refuse: a managed group with an action of its own, names and
    priorities twice (Rule, "OverrideAction", "Priority")."""
    rules = sent.get("Rules") or []
    for rule in rules:
        if "ManagedRuleGroupStatement" in rule.get("Statement", {}) and ("Action" in rule or "OverrideAction" not in rule):
            raise Refusal(
                "WAFInvalidParameterException",
                "Error reason: A reference in your rule statement is not valid., field: RULE, parameter: Rule",
            )
    for field in ("Name", "Priority"):
        if len({rule[field] for rule in rules}) < len(rules):
            raise Refusal(
                "WAFInvalidParameterException",
                f"Error reason: You have used duplicate values for {field} in your rules., field: RULE, parameter: {field}",
            )
