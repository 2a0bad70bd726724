"""The tagging API lists every kind of this stack that AWS's does: moto leaves out a third.
IAM is not among them, in AWS either."""

from __future__ import annotations

from moto.acm.models import acm_backends
from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.ec2.models import ec2_backends
from moto.ecr.models import ecr_backends
from moto.ecs.models import ecs_backends
from moto.elasticache.models import elasticache_backends
from moto.elbv2.models import elbv2_backends
from moto.logs.models import logs_backends
from moto.rds.models import rds_backends
from moto.resourcegroupstaggingapi.responses import ResourceGroupsTaggingAPIResponse
from moto.route53.models import route53_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.servicediscovery.models import servicediscovery_backends
from moto.sns.models import sns_backends
from moto.utilities.utils import get_partition
from moto.wafv2.models import wafv2_backends

from ..core import wire
from . import autoscaling
from .elasticache import state as elasticache_state
from .rds import state as rds_state
from ..core.wire import Refusal, replaces


def install(sandbox) -> None:
    """Mends the Resource Groups Tagging API."""

    @replaces(ResourceGroupsTaggingAPIResponse, "GetResources")
    def get_resources(response, sent):
        check(sent)
        return answer(tagged(response.current_account, response.region), sent)


def check(sent: dict) -> None:
    """Refuses what cannot be asked."""
    if sent.get("ResourceARNList") and (sent.get("TagFilters") or sent.get("ResourceTypeFilters")):
        raise Refusal("InvalidParameterException", "ResourceARNList cannot be combined with other filters")
    if sent.get("ResourcesPerPage") is not None and not 1 <= sent["ResourcesPerPage"] <= 100:
        # GetResources, ResourcesPerPage.
        raise Refusal("InvalidParameterException", "ResourcesPerPage must be from 1 to 100")
    if sent.get("PaginationToken") and not sent["PaginationToken"].isdigit():
        raise Refusal("PaginationTokenExpiredException", "The pagination token is not valid or has expired")


def asked_for(kind: str, arn: str, tags: dict, sent: dict) -> bool:
    """Whether an object is among what a request asks for; without tags it never is."""
    arns = sent.get("ResourceARNList")
    found = bool(tags) and (not arns or arn in arns) and of_type(kind, sent.get("ResourceTypeFilters"))
    return found and with_tags(tags, sent.get("TagFilters"))


def answer(objects, sent: dict) -> dict:
    """The reply to a request, out of (kind, ARN, tags) of all objects."""
    found = [
        {"ResourceARN": arn, "Tags": wire.pairs(tags)}
        for kind, arn, tags in sorted(objects, key=lambda item: item[1])
        if asked_for(kind, arn, tags, sent)
    ]
    page, token = wire.page(found, sent, "ResourcesPerPage", "PaginationToken", 100)
    # "A null value … indicates that there are no more results": it is the empty string.
    return {"ResourceTagMappingList": page, "PaginationToken": token or ""}


def of_type(kind: str, wanted: list[str] | None) -> bool:
    """`ec2` takes all of EC2, `ec2:vpc` takes VPCs, `elasticloadbalancing:listener` all listeners."""
    return not wanted or any(kind == want or kind.startswith((want + ":", want + "/")) for want in wanted)


def with_tags(tags: dict, wanted: list[dict] | None) -> bool:
    """Every filter, any of its values (GetResources, TagFilters)."""
    return all(
        want["Key"] in tags and (not want.get("Values") or tags[want["Key"]] in want["Values"]) for want in wanted or []
    )


def tagged(account: str, region: str):
    """(kind, ARN, tags) of everything in a region, tagged or not."""
    partition = get_partition(region)
    yield from _ec2(ec2_backends[account][region])
    yield from _elbv2(elbv2_backends[account][region])
    yield from _services(account, region)
    # What waits for its deletion is not listed, as ListSecrets does not list it either.
    for secret in list(dict.values(secretsmanager_backends[account][region].secrets)):
        if not secret.is_deleted():
            yield "secretsmanager:secret", secret.arn, wire.mapping(secret.tags)
    for backends in (acm_backends, sns_backends, ecs_backends):
        for item in backends[account][region].iter_tagged_resources():
            yield item.resource_type, item.arn, dict(item.tags)
    for bucket in s3_backends[account][partition].buckets.values():
        if bucket.region_name == region:
            yield "s3:bucket", bucket.arn, s3_backends[account][partition].tagger.get_tag_dict_for_resource(bucket.arn)
    if region == "us-east-1":
        route53 = route53_backends[account][partition]
        for zone in route53.zones.values():
            name = zone.id.rsplit("/", 1)[-1]
            tags = dict(route53.resource_tags.get(name, {}))
            yield "route53:hostedzone", f"arn:{partition}:route53:::hostedzone/{name}", tags


def _ec2(backend):
    kinds = {
        "vpc": backend.vpcs.values(),
        "subnet": [subnet for zone in backend.subnets.values() for subnet in zone.values()],
        "internet-gateway": backend.internet_gateways.values(),
        "natgateway": [g for g in backend.nat_gateways.values() if g.state not in ("deleted", "failed")],
        "elastic-ip": backend.addresses,
        "route-table": backend.route_tables.values(),
        "security-group": [group for vpc in backend.groups.values() for group in vpc.values()],
        "security-group-rule": [
            rule
            for vpc in backend.groups.values()
            for group in vpc.values()
            for rule in [*group.ingress_rules, *group.egress_rules]
        ],
        "vpc-endpoint": backend.vpc_end_points.values(),
        "vpc-flow-log": backend.flow_logs.values(),
        "network-interface": backend.enis.values(),
        "network-acl": backend.network_acls.values(),
    }
    for kind, items in kinds.items():
        for item in items:
            name = item.allocation_id if kind == "elastic-ip" else item.id
            arn = f"arn:{backend.partition}:ec2:{backend.region_name}:{backend.account_id}:{kind}/{name}"
            yield f"ec2:{kind}", arn, dict(backend.tags.get(name, {}))


def _elbv2(backend):
    tags = backend.tagging_service.get_tag_dict_for_resource
    for group in backend.target_groups:
        yield "elasticloadbalancing:targetgroup", group, tags(group)
    for arn, balancer in backend.load_balancers.items():
        yield "elasticloadbalancing:loadbalancer/app", arn, tags(arn)
        for listener in balancer.listeners.values():
            yield "elasticloadbalancing:listener/app", listener.arn, tags(listener.arn)
            for rule in listener.rules.values():
                yield "elasticloadbalancing:listener-rule/app", rule.arn, tags(rule.arn)


def _services(account: str, region: str):
    rds = rds_backends[account][region]
    for arn, tags in list(rds_state.tags_of(rds).items()):
        yield f"rds:{arn.split(':')[5]}", arn, dict(tags)
    cache = elasticache_backends[account][region]
    for arn, tags in list(elasticache_state.tags_of(cache).items()):
        yield f"elasticache:{arn.split(':')[5]}", arn, dict(tags)
    scaling = applicationautoscaling_backends[account][region]
    for arn, tags in list(autoscaling.tags_of(scaling).items()):
        yield "application-autoscaling:scalable-target", arn, dict(tags)
    waf = wafv2_backends[account][region]
    for acl in waf.wacls.values():
        yield "wafv2:regional/webacl", acl.arn, waf.tagging_service.get_tag_dict_for_resource(acl.arn)
    ecr = ecr_backends[account][region]
    for repository in ecr.repositories.values():
        yield "ecr:repository", repository.arn, ecr.tagger.get_tag_dict_for_resource(repository.arn)
    logs = logs_backends[account][region]
    for group in logs.groups.values():
        yield "logs:log-group", group.arn.removesuffix(":*"), logs.tagger.get_tag_dict_for_resource(group.arn)
    alarms = cloudwatch_backends[account][region]
    for alarm in alarms.alarms.values():
        yield "cloudwatch:alarm", alarm.alarm_arn, alarms.tagger.get_tag_dict_for_resource(alarm.alarm_arn)
    names = servicediscovery_backends[account][region]
    for kind, items in (("namespace", names.namespaces), ("service", names.services)):
        for item in items.values():
            yield f"servicediscovery:{kind}", item.arn, names.tagger.get_tag_dict_for_resource(item.arn)
