"""Everything that exists in the services of this stack, described in full, in a fixed order.

It asks the same operations as a client would, in process: nothing is recorded, held
or broken. What AWS only remembers (deleted NAT gateways, inactive clusters and
services) does not count as existing.
"""

import io

# service, kind, client, operation, list in the reply, identifier, parameters
LISTS = [
    ("ec2", "vpcs", "ec2", "describe_vpcs", "Vpcs", "VpcId", {}),
    ("ec2", "subnets", "ec2", "describe_subnets", "Subnets", "SubnetId", {}),
    ("ec2", "route-tables", "ec2", "describe_route_tables", "RouteTables", "RouteTableId", {}),
    ("ec2", "internet-gateways", "ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId", {}),
    ("ec2", "nat-gateways", "ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId", {}),
    ("ec2", "addresses", "ec2", "describe_addresses", "Addresses", "AllocationId", {}),
    ("ec2", "vpc-endpoints", "ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", {}),
    ("ec2", "security-groups", "ec2", "describe_security_groups", "SecurityGroups", "GroupId", {}),
    (
        "ec2", "security-group-rules", "ec2",
        "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId", {},
    ),
    ("ec2", "network-interfaces", "ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId", {}),
    ("ec2", "flow-logs", "ec2", "describe_flow_logs", "FlowLogs", "FlowLogId", {}),
    ("ecr", "repositories", "ecr", "describe_repositories", "repositories", "repositoryName", {}),
    ("s3", "buckets", "s3", "list_buckets", "Buckets", "Name", {}),
    (
        "secretsmanager", "secrets", "secretsmanager",
        "list_secrets", "SecretList", "Name", {"IncludePlannedDeletion": True},
    ),
    ("rds", "instances", "rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier", {}),
    ("rds", "snapshots", "rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier", {}),
    ("rds", "subnet-groups", "rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName", {}),
    ("rds", "parameter-groups", "rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName", {}),
    ("servicediscovery", "namespaces", "servicediscovery", "list_namespaces", "Namespaces", "Id", {}),
    ("servicediscovery", "services", "servicediscovery", "list_services", "Services", "Id", {}),
    ("logs", "groups", "logs", "describe_log_groups", "logGroups", "logGroupName", {}),
    ("iam", "roles", "iam", "list_roles", "Roles", "RoleName", {}),
    ("iam", "policies", "iam", "list_policies", "Policies", "Arn", {"Scope": "Local"}),
    (
        "elasticloadbalancing", "load-balancers", "elbv2",
        "describe_load_balancers", "LoadBalancers", "LoadBalancerArn", {},
    ),
    ("elasticloadbalancing", "target-groups", "elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn", {}),
    ("ec2", "network-acls", "ec2", "describe_network_acls", "NetworkAcls", "NetworkAclId", {}),
    ("wafv2", "web-acls", "wafv2", "list_web_acls", "WebACLs", "ARN", {"Scope": "REGIONAL"}),
    ("acm", "certificates", "acm", "list_certificates", "CertificateSummaryList", "CertificateArn", {}),
    ("route53", "zones", "route53", "list_hosted_zones", "HostedZones", "Id", {}),
    (
        "application-autoscaling", "targets", "application-autoscaling",
        "describe_scalable_targets", "ScalableTargets", "ResourceId", {"ServiceNamespace": "ecs"},
    ),
    (
        "application-autoscaling", "policies", "application-autoscaling",
        "describe_scaling_policies", "ScalingPolicies", "PolicyARN", {"ServiceNamespace": "ecs"},
    ),
    ("monitoring", "alarms", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", {}),
    ("sns", "topics", "sns", "list_topics", "Topics", "TopicArn", {}),
    ("sns", "subscriptions", "sns", "list_subscriptions", "Subscriptions", "SubscriptionArn", {}),
    (
        "elasticache", "replication-groups", "elasticache",
        "describe_replication_groups", "ReplicationGroups", "ReplicationGroupId", {},
    ),
    ("elasticache", "clusters", "elasticache", "describe_cache_clusters", "CacheClusters", "CacheClusterId", {}),
    (
        "elasticache", "subnet-groups", "elasticache",
        "describe_cache_subnet_groups", "CacheSubnetGroups", "CacheSubnetGroupName", {},
    ),
    (
        "elasticache", "parameter-groups", "elasticache",
        "describe_cache_parameter_groups", "CacheParameterGroups", "CacheParameterGroupName", {},
    ),
]
# What says when one looked, not what is there.
PASSING = {"ResponseMetadata", "lastEvaluatedAt", "LatestRestorableTime", "LastAccessedDate", "storedBytes", "events"}


def take(sandbox, region=None):
    """{service: {kind: {identifier: description}}} of one region and of what has no region."""
    asking, found = _asking(sandbox, region), {}
    for service, kind, client, operation, members, identifier, parameters in LISTS:
        items = found.setdefault(service, {}).setdefault(kind, {})
        for item in asking.all(client, operation, members, **parameters):
            if item.get("State") != "deleted":
                items[item[identifier]] = item
    _ecs(asking, found)
    _more(asking, found)
    return _ordered(found)


def ecs(sandbox, region=None):
    """{kind: {identifier: description}}: what `take` says of ECS, at a tenth of its price."""
    found = {}
    _ecs(_asking(sandbox, region), found)
    return _ordered(found["ecs"])


def _asking(sandbox, region):
    region = region or sandbox.region
    return sandbox.__dict__.setdefault("inventories", {}).setdefault(region, Asking(sandbox, region))


class Asking:
    """Clients whose requests go straight to the emulator."""

    def __init__(self, sandbox, region):
        self._sandbox, self._region, self._clients = sandbox, region, {}

    def client(self, name):
        """A boto3 client of a service."""
        if name not in self._clients:
            import boto3
            from botocore.config import Config

            client = boto3.client(
                name,
                region_name=self._region,
                endpoint_url="http://127.0.0.1",
                aws_access_key_id="inventory",
                aws_secret_access_key="inventory",
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
            client.meta.events.register("before-send", self._send)
            self._clients[name] = client
        return self._clients[name]

    def _send(self, request, **_):
        from botocore.awsrequest import AWSResponse
        from werkzeug.datastructures import Headers

        from ajuda_sandbox.core import calls

        headers = Headers([(k, v.decode() if isinstance(v, bytes) else v) for k, v in request.headers.items()])
        headers["Host"] = "127.0.0.1"
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else body.read()
        path = request.url.split("127.0.0.1", 1)[1] or "/"
        call = calls.identify(request.method, path, headers, body)
        status, pairs, answer = self._sandbox.call(call, request.method, path, headers, body)
        raw = io.BytesIO(answer)
        raw.stream = lambda *_, **__: iter([answer])
        return AWSResponse(request.url, status, Headers([(k, str(v)) for k, v in pairs]), raw)

    def all(self, client, operation, members, **parameters):
        """Every item of a list operation, over all its pages."""
        asked = self.client(client)
        if asked.can_paginate(operation):
            pages = asked.get_paginator(operation).paginate(**parameters)
        else:
            pages = [getattr(asked, operation)(**parameters)]
        return [item for page in pages for item in page.get(members) or []]

    def one(self, client, operation, **parameters):
        """A reply, or the error's code where there is nothing to describe."""
        from botocore.exceptions import ClientError

        try:
            return getattr(self.client(client), operation)(**parameters)
        except ClientError as refused:
            return {"error": refused.response["Error"]["Code"]}


def _ecs(asking, found):
    ecs = found["ecs"] = {"clusters": {}, "services": {}, "tasks": {}, "task-definitions": {}}
    asked = asking.client("ecs")
    for arn in asking.all("ecs", "list_clusters", "clusterArns"):
        described = asked.describe_clusters(clusters=[arn], include=["SETTINGS", "CONFIGURATIONS", "TAGS"])
        ecs["clusters"][arn] = described["clusters"][0]
        for task in asking.all("ecs", "list_tasks", "taskArns", cluster=arn):
            ecs["tasks"][task] = asked.describe_tasks(cluster=arn, tasks=[task], include=["TAGS"])["tasks"][0]
    # Draining services are not listed, and are there.
    from ajuda_sandbox.services.ecs import world

    world = world.world_of(asking._sandbox, asking._region)
    for service in [s for s in world.services if s.status != "INACTIVE"]:
        described = asked.describe_services(
            cluster=service.cluster["clusterArn"], services=[service.arn], include=["TAGS"]
        )
        ecs["services"][service.arn] = described["services"][0]
    for status in ("ACTIVE", "INACTIVE"):
        for arn in asking.all("ecs", "list_task_definitions", "taskDefinitionArns", status=status):
            described = asked.describe_task_definition(taskDefinition=arn, include=["TAGS"])
            ecs["task-definitions"][arn] = {**described["taskDefinition"], "tags": described.get("tags", [])}


def _more(asking, found):
    """What list operations leave out."""
    one = asking.one
    for name, bucket in found["s3"]["buckets"].items():
        for part in ("versioning", "encryption", "policy", "tagging", "lifecycle_configuration", "ownership_controls"):
            bucket[part] = one("s3", f"get_bucket_{part}", Bucket=name)
        bucket["public_access_block"] = one("s3", "get_public_access_block", Bucket=name)
    _objects(asking, found["s3"]["buckets"])
    for name, repository in found["ecr"]["repositories"].items():
        repository["images"] = asking.all("ecr", "list_images", "imageIds", repositoryName=name)
        repository["policy"] = one("ecr", "get_lifecycle_policy", repositoryName=name)
        repository["tags"] = one("ecr", "list_tags_for_resource", resourceArn=repository["repositoryArn"])
    for name, role in found["iam"]["roles"].items():
        role["tags"] = one("iam", "list_role_tags", RoleName=name).get("Tags")
        role["attached"] = asking.all("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name)
        inline = asking.all("iam", "list_role_policies", "PolicyNames", RoleName=name)
        role["inline"] = {p: one("iam", "get_role_policy", RoleName=name, PolicyName=p) for p in inline}
    for name, group in found["logs"]["groups"].items():
        group["tags"] = one("logs", "list_tags_log_group", logGroupName=name).get("tags")
    for arn, certificate in found["acm"]["certificates"].items():
        certificate.update(one("acm", "describe_certificate", CertificateArn=arn)["Certificate"])
        certificate["tags"] = one("acm", "list_tags_for_certificate", CertificateArn=arn).get("Tags")
    for identifier, zone in found["route53"]["zones"].items():
        zone["records"] = asking.all(
            "route53", "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=identifier
        )
    for arn, acl in found["wafv2"]["web-acls"].items():
        acl.update(one("wafv2", "get_web_acl", Name=acl["Name"], Scope="REGIONAL", Id=acl["Id"]))
        acl["protects"] = one("wafv2", "list_resources_for_web_acl", WebACLArn=arn).get("ResourceArns")
        acl["tags"] = one("wafv2", "list_tags_for_resource", ResourceARN=arn).get("TagInfoForResource")
    for arn, topic in found["sns"]["topics"].items():
        topic["attributes"] = one("sns", "get_topic_attributes", TopicArn=arn).get("Attributes")
        topic["tags"] = one("sns", "list_tags_for_resource", ResourceArn=arn).get("Tags")
    for alarm in found["monitoring"]["alarms"].values():
        alarm["tags"] = one("cloudwatch", "list_tags_for_resource", ResourceARN=alarm["AlarmArn"]).get("Tags")
    _balancers(asking, found["elasticloadbalancing"])
    _tagged(asking, found)


def _objects(asking, buckets):
    """How many objects are in each bucket, but for records of requests to others: how many requests there
    were is no part of an account."""
    logs = []
    for name in buckets:
        log = asking.one("s3", "get_bucket_logging", Bucket=name).get("LoggingEnabled")
        if log:
            logs.append((log["TargetBucket"], log["TargetPrefix"]))
    for name, bucket in buckets.items():
        versions = asking.all("s3", "list_object_versions", "Versions", Bucket=name)
        records = tuple(prefix for target, prefix in logs if target == name)
        bucket["objects"] = sum(not version["Key"].startswith(records) for version in versions)


def _balancers(asking, found):
    one = asking.one
    found["listeners"], found["rules"] = {}, {}
    for arn, balancer in found["load-balancers"].items():
        balancer["attributes"] = one("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=arn).get("Attributes")
        for listener in asking.all("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn):
            found["listeners"][listener["ListenerArn"]] = listener
            for rule in asking.all("elbv2", "describe_rules", "Rules", ListenerArn=listener["ListenerArn"]):
                found["rules"][rule["RuleArn"]] = rule
    for arn, group in found["target-groups"].items():
        group["attributes"] = one("elbv2", "describe_target_group_attributes", TargetGroupArn=arn).get("Attributes")
    for kind in found.values():
        for arn, item in kind.items():
            described = one("elbv2", "describe_tags", ResourceArns=[arn]).get("TagDescriptions") or [{}]
            item["tags"] = described[0].get("Tags")


def _tagged(asking, found):
    one = asking.one
    arns = {"subnet-groups": "DBSubnetGroupArn", "parameter-groups": "DBParameterGroupArn"}
    for kind, field in arns.items():
        for item in found["rds"][kind].values():
            item["tags"] = one("rds", "list_tags_for_resource", ResourceName=item[field]).get("TagList")
    for kind in found["servicediscovery"].values():
        for item in kind.values():
            item["tags"] = one("servicediscovery", "list_tags_for_resource", ResourceARN=item["Arn"]).get("Tags")
    for item in found["elasticache"].values():
        for described in item.values():
            if described.get("ARN"):
                described["tags"] = one("elasticache", "list_tags_for_resource", ResourceName=described["ARN"]).get("TagList")


def _ordered(value):
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=str) if key not in PASSING}
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    return value
