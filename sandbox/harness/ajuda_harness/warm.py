"""Has moto load what it loads at the first call of a service, models and routes, and the inventory what it loads when
it is first taken, its clients, so that every copy of this sandbox begins with it."""

import json
import urllib.error
import urllib.request

from . import inventory

SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
JSON = {
    "ecs": "AmazonEC2ContainerServiceV20141113.ListClusters",
    "ecr": "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories",
    "secretsmanager": "secretsmanager.ListSecrets",
    "logs": "Logs_20140328.DescribeLogGroups",
    "servicediscovery": "Route53AutoNaming_v20170314.ListNamespaces",
    "application-autoscaling": "AnyScaleFrontendService.DescribeScalableTargets",
    "acm": "CertificateManager.ListCertificates",
    "wafv2": "AWSWAF_20190729.ListWebACLs",
    "tagging": "ResourceGroupsTaggingAPI_20170126.GetResources",
    "servicequotas": "ServiceQuotasV20190624.GetServiceQuota",
    "config": "StarlingDoveService.DescribeConfigurationRecorderStatus",
    "cloudtrail": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.DescribeTrails",
}
QUERY = {
    "sts": ("GetCallerIdentity", "2011-06-15"),
    "iam": ("GetAccountAuthorizationDetails", "2010-05-08"),
    "ec2": ("DescribeVpcs", "2016-11-15"),
    "rds": ("DescribeDBInstances", "2014-10-31"),
    "elasticache": ("DescribeReplicationGroups", "2015-02-02"),
    "elasticloadbalancing": ("DescribeLoadBalancers", "2015-12-01"),
    "sns": ("ListTopics", "2010-03-31"),
    "monitoring": ("DescribeAlarms", "2010-08-01"),
}
PATHS = {"s3": "/", "route53": "/2013-04-01/hostedzone", "bedrock": "/foundation-models", "guardduty": "/detector"}
# By the names of their models.
REFUSING = (
    "acm", "application-autoscaling", "cloudwatch", "ec2", "ecr", "ecs", "elasticache", "elbv2", "iam", "logs", "rds",
    "route53", "s3", "secretsmanager", "servicediscovery", "sns", "sts", "wafv2",
)  # fmt: skip
FORM = "application/x-www-form-urlencoded; charset=utf-8"


def warm(sandbox):
    """Asks every service once. An answer that refuses has loaded it as well."""
    for service, target in JSON.items():
        sent = {"ServiceNamespace": "ecs", "Scope": "REGIONAL"}
        _ask(sandbox, service, "/", json.dumps(sent), {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"})
    for service, (action, version) in QUERY.items():
        _ask(sandbox, service, "/", f"Action={action}&Version={version}", {"Content-Type": FORM})
    for service, path in PATHS.items():
        _ask(sandbox, service, path, None, {})
    _errors()
    inventory.take(sandbox)


def _errors():
    """Has moto work out the codes of a service's errors, as it does for the first of them."""
    from moto.core import errors, utils

    for service in REFUSING:
        errors.ErrorLookupFactory().for_service(utils.get_service_model(service))


def _ask(sandbox, service, path, body, headers):
    signed = {**headers, "Authorization": SIGNED.format(service)}
    request = urllib.request.Request(sandbox.url + path, data=body and body.encode(), headers=signed)
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        straight.open(request, timeout=60).read()
    except urllib.error.HTTPError:
        pass
