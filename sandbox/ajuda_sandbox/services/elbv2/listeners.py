"""Target groups, listeners, rules and their tags."""

from __future__ import annotations

from moto.acm.models import acm_backends
from moto.elbv2.responses import ELBV2Response
from moto.elbv2.ssl_policies import SSL_POLICIES

from ...core import wire
from .attributes import TARGET_GROUP
from ...core.wire import Refusal, amends, checks

# Security policies that moto's list leaves out.
OLDER_POLICIES = [
    f"ELBSecurityPolicy-{name}"
    for name in (
        "2015-05 TLS-1-0-2015-04 FS-2018-06 FS-1-1-2019-08 FS-1-2-2019-08 FS-1-2-Res-2019-08 "
        "TLS13-1-3-FIPS-2023-04 TLS13-1-2-FIPS-2023-04 TLS13-1-2-Res-FIPS-2023-04 TLS13-1-2-Ext0-FIPS-2023-04 "
        "TLS13-1-2-Ext1-FIPS-2023-04 TLS13-1-2-Ext2-FIPS-2023-04 TLS13-1-1-FIPS-2023-04 TLS13-1-0-FIPS-2023-04"
    ).split()
]


def balancers_of(backend, target_group: str) -> list[str]:
    """ARNs of the balancers whose listeners or rules send to a target group."""
    found = []
    for arn, balancer in backend.load_balancers.items():
        for listener in balancer.listeners.values():
            actions = [*listener.default_actions, *(a for rule in listener.rules.values() for a in rule.actions)]
            if any(target_group in backend._get_target_group_arns_from(action_data=a.data) for a in actions):
                found.append(arn)
                break
    return found


def target_groups() -> None:
    """Created once a name; held by what sends to them."""
    compared = ("Protocol", "Port", "VpcId", "TargetType", "ProtocolVersion", "HealthCheckPath", "HealthCheckProtocol")

    @checks(ELBV2Response, "CreateTargetGroup")
    def create(response, sent):
        for group in response.elbv2_backend.target_groups.values():
            if group.name == sent["Name"]:
                shown = wire.read(response, wire.ActionResult({"TargetGroups": [group]}))["TargetGroups"][0]
                if all(shown.get(key) == sent[key] for key in compared if key in sent):
                    return {"TargetGroups": [_linked(response, shown)]}
                raise Refusal(
                    "DuplicateTargetGroupName",
                    f"A target group with the same name '{group.name}' exists, but with different settings",
                )

    @amends(ELBV2Response, "CreateTargetGroup", "DescribeTargetGroups", "ModifyTargetGroup")
    def shown(response, sent, reply):
        groups = response.elbv2_backend.target_groups
        for item in reply["TargetGroups"]:
            group = groups[item["TargetGroupArn"]]
            if not getattr(group, "sandbox_defaults", False):
                group.attributes = {**TARGET_GROUP}
                group.sandbox_defaults = True
            _linked(response, item)

    @checks(ELBV2Response, "ModifyTargetGroup")
    def modify(response, sent):
        # Moto reads the matcher from a parameter name that its parser no longer makes.
        group = response.elbv2_backend.target_groups.get(sent["TargetGroupArn"])
        if group is not None and sent.get("Matcher"):
            group.matcher = sent["Matcher"]

    @checks(ELBV2Response, "DeleteTargetGroup")
    def delete(response, sent):
        backend, arn = response.elbv2_backend, sent["TargetGroupArn"]
        if arn not in backend.target_groups:
            return {}
        if balancers_of(backend, arn):
            raise Refusal("ResourceInUse", f"Target group '{arn}' is currently in use by a listener or a rule")
        backend.tagging_service.delete_all_tags_for_resource(arn)


def _linked(response, item: dict) -> dict:
    item["LoadBalancerArns"] = balancers_of(response.elbv2_backend, item["TargetGroupArn"])
    return item


def listeners() -> None:
    """One a port; certificates that are issued; whole actions."""

    def whole(action: dict) -> dict:
        """Actions as they are answered: both spellings of a forward, a redirect's defaults."""
        if action["Type"] == "forward":
            groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or [
                {"TargetGroupArn": action["TargetGroupArn"]}
            ]
            groups = [{"Weight": 1, **group} for group in groups]
            sticky = (action.get("ForwardConfig") or {}).get("TargetGroupStickinessConfig") or {"Enabled": False}
            action["ForwardConfig"] = {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}
            if len(groups) == 1:
                action["TargetGroupArn"] = groups[0]["TargetGroupArn"]
        if action["Type"] == "redirect":
            defaults = {
                "Protocol": "#{protocol}",
                "Port": "#{port}",
                "Host": "#{host}",
                "Path": "/#{path}",
                "Query": "#{query}",
            }
            action["RedirectConfig"] = {**defaults, **action["RedirectConfig"]}
        return action

    def certificates(response, sent) -> None:
        # ELB API, CreateListener and ModifyListener: errors. UnsupportedCertificate, with these words, is in public logs.
        for certificate in sent.get("Certificates") or []:
            arn = certificate["CertificateArn"]
            found = acm_backends[response.current_account][response.region]._certificates.get(arn)
            if found is None:
                raise Refusal("CertificateNotFound", f"Certificate '{arn}' not found")
            if found.status != "ISSUED":
                raise Refusal(
                    "UnsupportedCertificate",
                    f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a supported key size.",
                )

    def target_groups(response, sent, balancer) -> None:
        # ELB API, CreateListener: errors. TargetGroupAssociationLimit is "the limit on the number of load balancers per
        # target group", which is one (Elastic Load Balancing quotas).
        for action in sent.get("DefaultActions") or sent.get("Actions") or []:
            for arn in response.elbv2_backend._get_target_group_arns_from(action_data=action):
                group = response.elbv2_backend.target_groups.get(arn)
                if group is None:
                    raise Refusal("TargetGroupNotFound", f"Target groups '{arn}' not found")
                if balancer is not None and set(balancers_of(response.elbv2_backend, arn)) - {balancer.arn}:
                    raise Refusal(
                        "TargetGroupAssociationLimit",
                        f"The following target groups cannot be associated with more than one load balancer: {arn}",
                    )

    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
    for name in OLDER_POLICIES:
        SSL_POLICIES.setdefault(name, SSL_POLICIES["ELBSecurityPolicy-2016-08"])

    @checks(ELBV2Response, "CreateListener")
    def create(response, sent):
        # ELB API, CreateListener: errors; "Certificates: [HTTPS and TLS listeners] … You must provide exactly one".
        policy = sent.get("SslPolicy", "ELBSecurityPolicy-2016-08")
        if policy not in SSL_POLICIES:
            raise Refusal("SSLPolicyNotFound", f"SSL policy '{policy}' not found")
        balancer = response.elbv2_backend.load_balancers.get(sent["LoadBalancerArn"])
        if balancer is None:
            raise Refusal("LoadBalancerNotFound", f"Load balancer '{sent['LoadBalancerArn']}' not found")
        if any(int(listener.port) == sent["Port"] for listener in balancer.listeners.values()):
            raise Refusal(
                "DuplicateListener", f"A listener already exists on this port for this load balancer '{balancer.arn}'"
            )
        if sent["Protocol"] in ("HTTPS", "TLS") and not sent.get("Certificates"):
            raise Refusal("ValidationError", "A certificate must be specified for HTTPS listeners")
        certificates(response, sent)
        target_groups(response, sent, balancer)

    @checks(ELBV2Response, "ModifyListener")
    def modify(response, sent):
        certificates(response, sent)
        target_groups(response, sent, None)

    @amends(ELBV2Response, "CreateListener", "ModifyListener", "DescribeListeners")
    def shown(response, sent, reply):
        for item in reply.get("Listeners", []):
            item["DefaultActions"] = [whole(action) for action in item.get("DefaultActions", [])]
            if item["Protocol"] in ("HTTPS", "TLS"):
                item.setdefault("MutualAuthentication", {"Mode": "off"})
            else:
                item.pop("SslPolicy", None)
                item.pop("Certificates", None)

    @amends(ELBV2Response, "CreateRule", "ModifyRule", "DescribeRules")
    def rules(response, sent, reply):
        for item in reply.get("Rules", []):
            item["Actions"] = [whole(action) for action in item.get("Actions", [])]

    @checks(ELBV2Response, "DeleteListener")
    def delete(response, sent):
        # ELB API, DeleteListener: errors.
        for balancer in response.elbv2_backend.load_balancers.values():
            if sent["ListenerArn"] in balancer.listeners:
                forget(response.elbv2_backend, balancer.listeners[sent["ListenerArn"]])
                return None
        raise Refusal("ListenerNotFound", "One or more listeners not found")

    @checks(ELBV2Response, "CreateRule", "ModifyRule")
    def values(response, sent):
        # "Up to 5 … condition values per rule" (Elastic Load Balancing quotas).
        count = sum(len(c.get("Values") or []) or _values(c) for c in sent.get("Conditions", []))
        if count > 5:
            raise Refusal("ValidationError", "A rule can only have '5' condition values")

    @checks(ELBV2Response, "SetRulePriorities")
    def move(response, sent):
        # "You can reorder the rules as long as there are no priority conflicts in the new order"
        # (SetRulePriorities): moto also refuses a priority that a rule of the same call gives up.
        wanted = {pair["RuleArn"]: str(pair["Priority"]) for pair in sent["RulePriorities"]}
        for balancer in response.elbv2_backend.load_balancers.values():
            for listener in balancer.listeners.values():
                moved = [rule for rule in listener.rules.values() if rule.arn in wanted]
                kept = {str(rule.priority) for rule in listener.rules.values() if rule.arn not in wanted}
                new = {wanted[rule.arn] for rule in moved}
                if len(new) == len(moved) and not kept & new:
                    for rule in moved:
                        rule.priority = None

    @checks(ELBV2Response, "DeleteRule")
    def delete_rule(response, sent):
        # ELB API, DeleteRule: errors, and "You can't delete the default rule". Nothing of either is recorded.
        rules = {
            rule.arn: rule
            for balancer in response.elbv2_backend.load_balancers.values()
            for listener in balancer.listeners.values()
            for rule in listener.rules.values()
        }
        if sent["RuleArn"] not in rules:
            raise Refusal("RuleNotFound", "One or more rules not found")
        if rules[sent["RuleArn"]].priority == "default":
            raise Refusal("OperationNotPermitted", f"Default rule '{sent['RuleArn']}' cannot be deleted")
        response.elbv2_backend.tagging_service.delete_all_tags_for_resource(sent["RuleArn"])


def _values(condition: dict) -> int:
    """How many values a condition has in its own member (`PathPatternConfig` …)."""
    return sum(len(part.get("Values", [])) for part in condition.values() if isinstance(part, dict))


def forget(backend, listener) -> None:
    """Drops the tags of a listener and its rules."""
    for arn in [listener.arn, *(rule.arn for rule in listener.rules.values())]:
        backend.tagging_service.delete_all_tags_for_resource(arn)


def tagging() -> None:
    """DescribeTags of every kind."""

    @checks(ELBV2Response, "AddTags")
    def add_tags(response, sent):
        # ELB user guide, "Tags for your Application Load Balancer": 50 an object; moto says 10.
        tagging = response.elbv2_backend.tagging_service
        for arn in sent["ResourceArns"]:
            if len(tagging.get_tag_dict_for_resource(arn) | wire.mapping(sent["Tags"])) > 50:
                raise Refusal("TooManyTags", "The quota for the number of tags has been reached")
        for arn in sent["ResourceArns"]:
            tagging.tag_resource(arn, sent["Tags"])
        return {}

    @checks(ELBV2Response, "DescribeTags")
    def describe(response, sent):
        backend = response.elbv2_backend
        # DescribeTagsInput: up to 20 resources in a single call.
        if len(sent["ResourceArns"]) > 20:
            raise Refusal("ValidationError", "The number of resources in a DescribeTags request cannot exceed 20")
        known = set(backend.load_balancers) | set(backend.target_groups)
        for balancer in backend.load_balancers.values():
            for listener in balancer.listeners.values():
                known |= {listener.arn} | {rule.arn for rule in listener.rules.values()}
        answer = []
        for arn in sent["ResourceArns"]:
            if arn not in known:
                kind = (
                    "TargetGroup"
                    if ":targetgroup/" in arn
                    else "Rule"
                    if ":listener-rule/" in arn
                    else "Listener"
                    if ":listener/" in arn
                    else "LoadBalancer"
                )
                raise Refusal(f"{kind}NotFound", f"'{arn}' not found")
            answer.append(
                {"ResourceArn": arn, "Tags": wire.pairs(backend.tagging_service.get_tag_dict_for_resource(arn))}
            )
        return {"TagDescriptions": answer}
