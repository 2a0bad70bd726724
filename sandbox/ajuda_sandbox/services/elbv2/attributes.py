"""Attributes of load balancers and target groups, with AWS's defaults."""

from __future__ import annotations

from moto.elbv2.responses import ELBV2Response
from moto.s3.models import s3_backends

from ...core import wire
from ...core.wire import Refusal, replaces

# The account that writes access logs, in regions older than August 2022.
LOG_WRITERS = (
    "logdelivery.elasticloadbalancing.amazonaws.com",
    "127311923021",
    "033677994240",
    "797873946194",
    "156460612806",
)

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


def attributes() -> None:
    """What is set is kept, what is not is AWS's default."""

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
        # LoadBalancerAttribute, idle_timeout.timeout_seconds: "The valid range is 1-4000 seconds."
        timeout = wanted["idle_timeout.timeout_seconds"]
        if not timeout.isdigit() or not 1 <= int(timeout) <= 4000:
            raise Refusal(
                "InvalidConfigurationRequest",
                f"Load balancer attribute value '{timeout}' for key 'idle_timeout.timeout_seconds' is not valid",
            )
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
                raise Refusal(
                    "InvalidConfigurationRequest", f"Target group attribute key '{attribute['Key']}' is not recognized"
                )
        found.attributes.update(wire.mapping(sent["Attributes"]))
        return answer(found.attributes)


def _log_bucket(response, name: str, prefix: str) -> None:
    """The bucket's policy must let the log writer in, who leaves a test file behind
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html)."""
    bucket = s3_backends[response.current_account][response.partition].buckets.get(name)
    policy = bucket.policy if bucket is not None else None
    text = policy.decode() if isinstance(policy, bytes) else policy or ""
    if bucket is None or not any(writer in text for writer in LOG_WRITERS):
        raise Refusal(
            "InvalidConfigurationRequest", f"Access Denied for bucket: {name}. Please check S3bucket permission"
        )
    key = "/".join(part for part in (prefix, "AWSLogs", response.current_account, "ELBAccessLogTestFile") if part)
    s3_backends[response.current_account][response.partition].put_object(name, key, b"Enable AccessLog for ELB")
