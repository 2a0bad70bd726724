"""Elastic Load Balancing: balancers that take their time and hold their subnets, attributes
with AWS's defaults, one listener a port, names that are idempotent or refused."""

from __future__ import annotations

import zlib

from moto.acm.models import acm_backends
from moto.elbv2.models import FakeLoadBalancer
from moto.elbv2.responses import ELBV2Response
from moto.s3.models import s3_backends

from . import iam, interfaces, wire
from .wire import Refusal, amends, checks, replaces

# Seconds on AWS, from public logs.
PROVISIONING, ENI_LINGERS = 150, 60

# CanonicalHostedZoneId by region (https://docs.aws.amazon.com/general/latest/gr/elb.html).
ZONES = {"us-east-1": "Z35SXDOTRQ7X7K", "us-east-2": "Z3AADJGX6KTTL2", "us-west-2": "Z1H1FL5HABSF5", "eu-west-1": "Z32O12XQLNTSW2"}
# The account that writes access logs, in regions older than August 2022.
LOG_WRITERS = ("logdelivery.elasticloadbalancing.amazonaws.com", "127311923021", "033677994240", "797873946194", "156460612806")

# LoadBalancerAttribute and TargetGroupAttribute: documented defaults for an ALB.
BALANCER = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "health_check_logs.s3.enabled": "false",
    "health_check_logs.s3.bucket": "",
    "health_check_logs.s3.prefix": "",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}
TARGET_GROUP = {
    "deregistration_delay.timeout_seconds": "300",
    "stickiness.enabled": "false",
    "stickiness.type": "lb_cookie",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "slow_start.duration_seconds": "0",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}


def install(sandbox) -> None:
    """Mends Elastic Load Balancing."""
    FakeLoadBalancer.activate = lambda balancer: None
    FakeLoadBalancer.VALID_ATTRS = FakeLoadBalancer.VALID_ATTRS | set(BALANCER)
    _balancers(sandbox)
    _attributes()
    _target_groups()
    _listeners()
    _tags()


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


def _balancers(sandbox) -> None:
    def settle(backend) -> None:
        for balancer in backend.load_balancers.values():
            since = getattr(balancer, "since", None)
            balancer.state = "active" if since is None or sandbox.clock.due(since, PROVISIONING) else "provisioning"

    def settings(sent: dict) -> tuple:
        subnets = sent.get("Subnets") or [m["SubnetId"] for m in sent.get("SubnetMappings", [])]
        return (
            sorted(subnets), sorted(sent.get("SecurityGroups", [])), sent.get("Scheme", "internet-facing"),
            sent.get("Type", "application"), sent.get("IpAddressType", "ipv4"),
        )

    @checks(ELBV2Response, "CreateLoadBalancer")
    def create(response, sent):
        backend, ec2 = response.elbv2_backend, interfaces.backend_of(response)
        name = sent["Name"]
        for balancer in backend.load_balancers.values():
            if balancer.name == name:
                if balancer.settings == settings(sent):
                    return wire.read(response, wire.ActionResult({"LoadBalancers": [balancer]}))
                raise Refusal(
                    "DuplicateLoadBalancerName",
                    f"A load balancer with the same name '{name}' exists, but with different settings",
                )
        if len(name) > 32 or name.startswith(("internal-", "-")) or name.endswith("-") or not name.replace("-", "").isalnum():
            raise Refusal("ValidationError", f"The load balancer name '{name}' cannot be longer than '32' characters, can only contain characters that are alphanumeric characters and hyphens(-), and cannot begin or end with a hyphen or begin with 'internal-'")
        subnets = [ec2.get_subnet(s) for s in settings(sent)[0]]
        if sent.get("Type", "application") == "application" and len({s.availability_zone for s in subnets}) < 2:
            raise Refusal("ValidationError", "At least two subnets in two different Availability Zones must be specified")
        if len({s.availability_zone for s in subnets}) < len(subnets):
            raise Refusal("InvalidConfigurationRequest", "A load balancer cannot be attached to multiple subnets in the same Availability Zone")
        vpc = subnets[0].vpc_id
        gateways = any(g.vpc and g.vpc.id == vpc for g in ec2.internet_gateways.values())
        if sent.get("Scheme", "internet-facing") == "internet-facing" and not gateways:
            raise Refusal("InvalidSubnet", f"VPC {vpc} has no internet gateway")
        _known_groups(ec2, sent.get("SecurityGroups", []))
        # CreateLoadBalancerInput: documented defaults.
        response.params.setdefault("Scheme", "internet-facing")
        if not sent.get("SecurityGroups"):
            response.params["SecurityGroups"] = [ec2.get_default_security_group(vpc).id]

    @amends(ELBV2Response, "CreateLoadBalancer")
    def created(response, sent, reply):
        backend, ec2 = response.elbv2_backend, interfaces.backend_of(response)
        shown = reply["LoadBalancers"][0]
        balancer = backend.load_balancers[shown["LoadBalancerArn"]]
        if not hasattr(balancer, "since"):
            balancer.since = wire.monotonic()
            balancer.settings = settings(sent)
            balancer.attrs = dict(BALANCER)
            balancer.canonical_hosted_zone_id = ZONES.get(response.region, "Z35SXDOTRQ7X7K")
            prefix = "internal-" if balancer.scheme == "internal" else ""
            balancer.dns_name = f"{prefix}{balancer.name}-{zlib.crc32(balancer.arn.encode()):010d}.{response.region}.elb.amazonaws.com"
            _attach(ec2, balancer, [subnet.id for subnet in balancer.subnets])
            iam.service_linked_role(response.current_account, "elasticloadbalancing.amazonaws.com")
            shown.update(CanonicalHostedZoneId=balancer.canonical_hosted_zone_id, DNSName=balancer.dns_name)
        settle(backend)
        shown["State"] = {"Code": "provisioning"}

    @checks(ELBV2Response, "DescribeLoadBalancers")
    def describe(response, sent):
        settle(response.elbv2_backend)

    @checks(ELBV2Response, "DeleteLoadBalancer")
    def delete(response, sent):
        backend, arn = response.elbv2_backend, sent["LoadBalancerArn"]
        balancer = backend.load_balancers.get(arn)
        if balancer is None:
            return
        if balancer.attrs.get("deletion_protection.enabled") == "true":
            raise Refusal(
                "OperationNotPermitted",
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
            )
        for interface in balancer.interfaces:
            interfaces.leave(interface, ENI_LINGERS)
        for listener in list(balancer.listeners.values()):
            _forget(backend, listener)
        backend.tagging_service.delete_all_tags_for_resource(arn)

    @checks(ELBV2Response, "SetSecurityGroups")
    def groups(response, sent):
        ec2 = interfaces.backend_of(response)
        _known_groups(ec2, sent["SecurityGroups"])
        balancer = response.elbv2_backend.load_balancers.get(sent["LoadBalancerArn"])
        for interface in balancer.interfaces if balancer else []:
            interface._group_set = [ec2.get_security_group_from_id(g) for g in sent["SecurityGroups"]]

    @amends(ELBV2Response, "SetSubnets")
    def subnets(response, sent, reply):
        ec2 = interfaces.backend_of(response)
        balancer = response.elbv2_backend.load_balancers[sent["LoadBalancerArn"]]
        wanted = sent.get("Subnets") or [m["SubnetId"] for m in sent.get("SubnetMappings", [])]
        balancer.subnets = [ec2.get_subnet(subnet) for subnet in wanted]
        for interface in list(balancer.interfaces):
            if interface.subnet.id not in wanted:
                balancer.interfaces.remove(interface)
                interfaces.leave(interface, ENI_LINGERS)
        _attach(ec2, balancer, [s for s in wanted if s not in {i.subnet.id for i in balancer.interfaces}])


def _known_groups(ec2, groups: list[str]) -> None:
    for group in groups:
        if ec2.get_security_group_from_id(group) is None:
            raise Refusal("InvalidSecurityGroup", f"Security group '{group}' does not exist")


def _attach(ec2, balancer, subnets: list[str]) -> None:
    balancer.interfaces = getattr(balancer, "interfaces", [])
    for subnet in subnets:
        name = "ELB " + balancer.arn.split("loadbalancer/")[1]
        public = balancer.scheme == "internet-facing"
        balancer.interfaces.append(
            interfaces.put(ec2, subnet, balancer.security_groups, name, "interface", "amazon-elb", public)
        )


def _attributes() -> None:
    def answer(attributes: dict) -> dict:
        return {"Attributes": wire.pairs({k: str(v) for k, v in attributes.items()})}

    def balancer(response, arn):
        found = response.elbv2_backend.load_balancers.get(arn)
        if found is None:
            raise Refusal("LoadBalancerNotFound", f"Load balancer '{arn}' not found")
        return found

    @replaces(ELBV2Response, "DescribeLoadBalancerAttributes")
    def describe(response, sent):
        return answer(balancer(response, sent["LoadBalancerArn"]).attrs)

    @replaces(ELBV2Response, "ModifyLoadBalancerAttributes")
    def modify(response, sent):
        found = balancer(response, sent["LoadBalancerArn"])
        wanted = {**found.attrs, **wire.mapping(sent["Attributes"])}
        for key in wanted:
            if key not in BALANCER:
                raise Refusal("InvalidConfigurationRequest", f"Load balancer attribute key '{key}' is not recognized")
        if wanted["access_logs.s3.enabled"] == "true":
            _log_bucket(response, wanted["access_logs.s3.bucket"], wanted["access_logs.s3.prefix"])
        found.attrs = wanted
        return answer(wanted)

    def group(response, arn):
        found = response.elbv2_backend.target_groups.get(arn)
        if found is None:
            raise Refusal("TargetGroupNotFound", f"Target groups '{arn}' not found")
        return found

    @replaces(ELBV2Response, "DescribeTargetGroupAttributes")
    def group_attributes(response, sent):
        return answer(group(response, sent["TargetGroupArn"]).attributes)

    @replaces(ELBV2Response, "ModifyTargetGroupAttributes")
    def modify_group(response, sent):
        found = group(response, sent["TargetGroupArn"])
        for attribute in sent["Attributes"]:
            if attribute["Key"] not in TARGET_GROUP:
                raise Refusal("InvalidConfigurationRequest", f"Target group attribute key '{attribute['Key']}' is not recognized")
        found.attributes.update(wire.mapping(sent["Attributes"]))
        return answer(found.attributes)


def _log_bucket(response, name: str, prefix: str) -> None:
    """The bucket's policy must let the log writer in, who leaves a test file behind
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html)."""
    bucket = s3_backends[response.current_account][response.partition].buckets.get(name)
    policy = bucket.policy if bucket is not None else None
    text = policy.decode() if isinstance(policy, bytes) else policy or ""
    if bucket is None or not any(writer in text for writer in LOG_WRITERS):
        raise Refusal("InvalidConfigurationRequest", f"Access Denied for bucket: {name}. Please check S3bucket permission")
    key = "/".join(part for part in (prefix, "AWSLogs", response.current_account, "ELBAccessLogTestFile") if part)
    s3_backends[response.current_account][response.partition].put_object(name, key, b"Enable AccessLog for ELB")


def _target_groups() -> None:
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


def _listeners() -> None:
    def whole(action: dict) -> dict:
        """Actions as they are answered: both spellings of a forward, a redirect's defaults."""
        if action["Type"] == "forward":
            groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or [{"TargetGroupArn": action["TargetGroupArn"]}]
            groups = [{"Weight": 1, **group} for group in groups]
            sticky = (action.get("ForwardConfig") or {}).get("TargetGroupStickinessConfig") or {"Enabled": False}
            action["ForwardConfig"] = {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}
            if len(groups) == 1:
                action["TargetGroupArn"] = groups[0]["TargetGroupArn"]
        if action["Type"] == "redirect":
            defaults = {"Protocol": "#{protocol}", "Port": "#{port}", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}
            action["RedirectConfig"] = {**defaults, **action["RedirectConfig"]}
        return action

    def certificates(response, sent) -> None:
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

    @checks(ELBV2Response, "CreateListener")
    def create(response, sent):
        balancer = response.elbv2_backend.load_balancers.get(sent["LoadBalancerArn"])
        if balancer is None:
            raise Refusal("LoadBalancerNotFound", f"Load balancer '{sent['LoadBalancerArn']}' not found")
        if any(int(listener.port) == sent["Port"] for listener in balancer.listeners.values()):
            raise Refusal("DuplicateListener", f"A listener already exists on this port for this load balancer '{balancer.arn}'")
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
        for balancer in response.elbv2_backend.load_balancers.values():
            if sent["ListenerArn"] in balancer.listeners:
                _forget(response.elbv2_backend, balancer.listeners[sent["ListenerArn"]])
                return None
        return {}

    @checks(ELBV2Response, "DeleteRule")
    def delete_rule(response, sent):
        response.elbv2_backend.tagging_service.delete_all_tags_for_resource(sent["RuleArn"])


def _forget(backend, listener) -> None:
    for arn in [listener.arn, *(rule.arn for rule in listener.rules.values())]:
        backend.tagging_service.delete_all_tags_for_resource(arn)


def _tags() -> None:
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
                kind = "TargetGroup" if ":targetgroup/" in arn else "Rule" if ":listener-rule/" in arn else "Listener" if ":listener/" in arn else "LoadBalancer"
                raise Refusal(f"{kind}NotFound", f"'{arn}' not found")
            answer.append({"ResourceArn": arn, "Tags": wire.pairs(backend.tagging_service.get_tag_dict_for_resource(arn))})
        return {"TagDescriptions": answer}
