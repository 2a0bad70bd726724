"""What a request asks for, in AWS's words."""

import json
import re
from urllib.parse import parse_qs, unquote

READING = ("Describe", "Get", "List", "Head", "BatchGet", "Search", "Simulate", "Lookup", "Filter")

# Signing name -> the name of botocore's model, where REST paths must be resolved
# or errors written in the service's wire format.
MODELS = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "servicequotas": "service-quotas",
}
REST = {"s3", "route53", "bedrock", "guardduty"}

# What names the object in a request, best first; the first that is there is the target.
JSON_TARGET = (
    "service", "serviceName", "family", "taskDefinition", "task", "repositoryName", "SecretId", "logGroupName",
    "logGroupNamePrefix", "ResourceId", "CertificateArn", "DomainName", "NamespaceId", "Name", "Id", "clusterName", "cluster",
    "resourceArn", "resourceARN", "ResourceARN",
)
FORM_TARGET = (
    "DBInstanceIdentifier", "DBSubnetGroupName", "DBParameterGroupName", "RoleName", "PolicyArn",
    "LoadBalancerArn", "TargetGroupArn", "ListenerArn", "Name", "GroupId", "SubnetId", "NatGatewayId",
    "AllocationId", "RouteTableId", "InternetGatewayId", "VpcEndpointId", "VpcId", "GroupName",
    "ReplicationGroupId", "CacheSubnetGroupName", "AlarmName", "TopicArn", "ResourceName", "CidrBlock",
)


class Call:
    """One request, named in AWS's words."""

    def __init__(self, service, operation, region, target):
        self.service = service
        self.operation = operation
        self.region = region
        self.target = target
        self.reading = operation.startswith(READING)

    @property
    def model(self):
        """The name of botocore's model of this service."""
        return MODELS.get(self.service, self.service)


def identify(method, path, headers, body):
    """Service, operation, region and target of a request, from its own words."""
    service, region = "s3", "us-east-1"
    scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request", headers.get("Authorization") or "")
    if scope:
        region, service = scope.group(1), scope.group(2).lower()
    url_path, _, query = path.partition("?")
    target = ""
    if headers.get("X-Amz-Target"):
        operation = headers["X-Amz-Target"].rsplit(".", 1)[-1]
        target = _json_target(body)
    elif "/operation/" in url_path and url_path.startswith("/service/"):
        operation = url_path.rsplit("/", 1)[-1]
    elif service in REST:
        operation = _rest_operation(service, method, path, headers)
        target = unquote(url_path.strip("/"))
    else:
        form = parse_qs(body.decode("utf-8", "replace") or query)
        operation = form.get("Action", ["Unknown"])[0]
        target = next((form[name][0] for name in FORM_TARGET if name in form), "")
    return Call(service, operation, region, target[:200])


def _json_target(body):
    try:
        sent = json.loads(body or b"{}")
    except ValueError:
        return ""
    return next((sent[name] for name in JSON_TARGET if isinstance(sent.get(name), str)), "")


def _rest_operation(service, method, path, headers):
    """The operation of a REST call, matched against the service's API model."""
    from moto.core.request import Request
    from moto.core.routing import get_service_router
    from werkzeug.exceptions import HTTPException

    try:
        request = Request.from_primitives(method, "http://localhost" + path, dict(headers.items()))
        request.environ["RAW_URI"] = path
        operation, _ = get_service_router(service).match(request)
        return operation.name
    except (HTTPException, NotImplementedError, KeyError):
        return "Unknown"
