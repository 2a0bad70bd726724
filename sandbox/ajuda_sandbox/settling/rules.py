"""What is refused for a while after what, and who says so.

TF: a retry of the largest Terraform provider, by the file it stands in. Where the source has no time, the
seconds are far below the provider's patience.
"""

from __future__ import annotations

from moto.acm.models import acm_backends
from moto.acm.responses import AWSCertificateManagerResponse
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.ec2.responses import EC2Response
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elasticache.responses import ElastiCacheResponse
from moto.elbv2.responses import ELBV2Response
from moto.iam.models import iam_backends
from moto.iam.responses import IamResponse
from moto.logs.responses import LogsResponse
from moto.rds.responses import RDSResponse
from moto.route53.responses import Route53
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.servicediscovery.responses import ServiceDiscoveryResponse

from ..services.ec2 import interfaces
from ..services.ecs.world import world_of
from ..settling import Note, Refused

CHANGES_OF_CACHES = ("ModifyReplicationGroup", "IncreaseReplicaCount", "DecreaseReplicaCount")
TAGS_OF_CACHES = ("AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource")


def notes(sandbox) -> list[Note]:
    """What happens, and to what."""
    return [*_notes_of_iam(), *_notes_of_network(), *_notes_of_balancers(), *_notes_of_data(), *_notes_of_ecs(sandbox)]


def refusals(sandbox) -> list[tuple[type, Refused]]:
    """(moto's class, rule)."""
    return [*_network(sandbox), *_balancers(), *_roles(sandbox), *_data(sandbox), *_rest(), *_ecs(sandbox)]


# EC2


def _vpc_of(response, sent) -> list[str]:
    """The VPC of what a delete takes away."""
    here, name = interfaces.backend_of(response), next(iter(sent.values()), None)
    kinds = [
        {subnet.id: subnet for zone in here.subnets.values() for subnet in zone.values()},
        {group.id: group for vpc in here.groups.values() for group in vpc.values()},
        here.route_tables,
        here.nat_gateways,
        here.vpc_end_points,
    ]
    names = [name] if isinstance(name, str) else name or []
    return [kind[one].vpc_id for one in names for kind in kinds if one in kind]


def _tables(response, sent) -> list[str]:
    """The route tables that an association or a subnet leaves."""
    left = sent.get("AssociationId") or sent.get("SubnetId")
    tables = interfaces.backend_of(response).route_tables.values()
    return [table.id for table in tables if left in (*table._associations, *table._associations.values())]


def _notes_of_network():
    parts = ("DeleteSubnet", "DeleteSecurityGroup", "DeleteRouteTable", "DeleteNatGateway", "DeleteVpcEndpoints")
    yield Note(EC2Response, parts, "left a VPC", lambda r, sent, _: _vpc_of(r, sent), first=True)
    yield Note(EC2Response, ("DetachInternetGateway",), "left a VPC", lambda r, sent, _: [sent["VpcId"]], first=True)
    left = ("DisassociateRouteTable", "DeleteSubnet")
    yield Note(EC2Response, left, "left a table", lambda r, sent, _: _tables(r, sent), first=True)


def _network(sandbox):
    def mapped(response, sent):
        # Its NAT gateway is "deleted" and the mapping of the address is not gone yet.
        found = []
        for gateway in interfaces.backend_of(response).nat_gateways.values():
            held = [address.get("allocationId") for address in gateway.address_set]
            if gateway.state == "deleted" and sent.get("AllocationId") in held:
                sandbox.late.at("NAT gateway gone", sent["AllocationId"], gateway.since)
                found.append(("NAT gateway gone", sent["AllocationId"]))
        return found

    yield EC2Response, Refused(
        "ec2", ("ReleaseAddress",), "AuthFailure", 20, 2, "TF ec2/ec2_eip.go; a public log, solved by repeating",
        "You do not have permission to access the specified resource.", mapped,
    )
    yield EC2Response, Refused(
        "ec2", ("DeleteVpc",), "DependencyViolation", 60, 2, "TF ec2/vpc_.go: retried for 5 minutes",
        "The vpc '{}' has dependencies and cannot be deleted.", lambda r, sent: [("left a VPC", sent["VpcId"])],
    )
    yield EC2Response, Refused(
        "ec2", ("DeleteRouteTable",), "DependencyViolation", 10, 1,
        "TF ec2/vpc_route_table_association.go: an association is `disassociating` for a while",
        "The routeTable '{}' has dependencies and cannot be deleted.",
        lambda r, sent: [("left a table", sent["RouteTableId"])],
    )


# Load balancing and certificates


def _listeners(response, sent):
    """The listeners that a delete takes away."""
    balancers = response.elbv2_backend.load_balancers
    named = sent.get("ListenerArn") or sent.get("LoadBalancerArn")
    return [
        listener
        for arn, balancer in balancers.items()
        for listener in balancer.listeners.values()
        if named in (arn, listener.arn)
    ]


def _groups(response, listener) -> list[str]:
    actions = [*listener.default_actions, *(a for rule in listener.rules.values() for a in rule.actions)]
    return [g for a in actions for g in response.elbv2_backend._get_target_group_arns_from(action_data=a.data)]


def _sent_groups(sent) -> list[str]:
    actions = [*sent.get("DefaultActions", []), *sent.get("Actions", [])]
    pairs = [pair for a in actions for pair in (a, *(a.get("ForwardConfig") or {}).get("TargetGroups", []))]
    return [pair["TargetGroupArn"] for pair in pairs if pair.get("TargetGroupArn")]


def _notes_of_balancers():
    def made(response, sent, reply):
        return [listener["ListenerArn"] for listener in reply.get("Listeners", [])]

    def certificates(response, sent, reply):
        return [arn for listener in _listeners(response, sent) for arn in listener.certificates or []]

    def groups(response, sent, reply):
        return [arn for listener in _listeners(response, sent) for arn in _groups(response, listener)]

    goes = ("DeleteListener", "DeleteLoadBalancer")
    yield Note(ELBV2Response, ("CreateListener",), "new listener", made)
    yield Note(ELBV2Response, ("CreateListener", "CreateRule"), "linked group", lambda r, sent, _: _sent_groups(sent))
    yield Note(ELBV2Response, (*goes, "ModifyListener"), "certificate left", certificates, first=True)
    yield Note(ELBV2Response, goes, "group left", groups, first=True)


def _balancers():
    def issued(response, sent):
        known = acm_backends[response.current_account][response.region]._certificates
        return [("issued", c["CertificateArn"]) for c in sent.get("Certificates", []) if c["CertificateArn"] in known]

    yield ELBV2Response, Refused(
        "elasticloadbalancing", ("CreateListener", "ModifyListener"), "CertificateNotFound", 20, 1,
        "TF elbv2/listener.go: retried for 2 minutes after ACM issued it", "Certificate '{}' not found", issued,
    )
    yield ELBV2Response, Refused(
        "elasticloadbalancing", ("CreateRule", "DescribeRules"), "ListenerNotFound", 5, 1,
        "TF elbv2/listener_rule.go: ListenerNotFound is retried after the listener's create",
        "One or more listeners not found", lambda r, sent: [("new listener", sent.get("ListenerArn"))],
    )
    yield ELBV2Response, Refused(
        "elasticloadbalancing", ("DeleteTargetGroup",), "ResourceInUse", 10, 1,
        "TF elbv2/target_group.go: retried for 2 minutes after the listener is gone",
        "Target group '{}' is currently in use by a listener or a rule",
        lambda r, sent: [("group left", sent["TargetGroupArn"])],
    )
    yield AWSCertificateManagerResponse, Refused(
        "acm", ("DeleteCertificate",), "ResourceInUseException", 300, 2,
        "TF acm/certificate.go: minutes after the last listener went, 20 are allowed",
        "Certificate {} is in use.", lambda r, sent: [("certificate left", sent["CertificateArn"])],
    )


# Roles, of which other services hear late


def _notes_of_iam():
    def role(response, sent, reply):
        return [reply["Role"]["Arn"], reply["Role"]["RoleName"]]

    yield Note(IamResponse, ("CreateRole",), "new role", role)
    off = ("DetachRolePolicy", "DeleteRolePolicy")
    yield Note(IamResponse, off, "policy off", lambda r, sent, _: [sent["RoleName"]])


def _roles(sandbox):
    def new(*fields):
        return lambda r, sent: [("new role", sent.get(name)) for name in fields]

    def infrastructure(response, sent):
        advanced = [b.get("advancedConfiguration") or {} for b in sent.get("loadBalancers", [])]
        return [("new role", one.get("roleArn")) for one in advanced]

    def of_tasks(response, sent):
        if not sent.get("taskDefinition"):
            return []
        definition = world_of(sandbox, response.region).definition(sent["taskDefinition"])
        return [("new role", definition.get(name)) for name in ("executionRoleArn", "taskRoleArn")]

    yield EC2Response, Refused(
        "ec2", ("CreateFlowLogs",), "InvalidParameter", 10, 1, "TF ec2/vpc_flow_log.go: retried for 2 minutes",
        "Unable to assume given IAM role", new("DeliverLogsPermissionArn"),
    )
    yield RDSResponse, Refused(
        "rds", ("CreateDBInstance", "ModifyDBInstance"), "InvalidParameterValue", 10, 1,
        "TF rds/instance.go: retried for the monitoring role",
        "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING",
        new("MonitoringRoleArn"),
    )
    yield EC2ContainerServiceResponse, Refused(
        "ecs", ("CreateService", "UpdateService"), "InvalidParameterException", 10, 1,
        "ECS developer guide, troubleshooting blue/green deployments: the infrastructure role's own sentence",
        "ECS was unable to manage the ELB resources due to missing permissions on ECS Infrastructure Role '{}'.",
        infrastructure,
    )
    yield EC2ContainerServiceResponse, Refused(
        "ecs", ("RunTask",), "ClientException", 10, 1, "TF iam (propagation); facts, IAM: unknown for up to a minute",
        "ECS was unable to assume the role '{}' that was provided for this task. Please verify that the role being "
        "passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.",
        of_tasks,
    )
    yield ApplicationAutoScalingResponse, Refused(
        "application-autoscaling", ("RegisterScalableTarget",), "ValidationException", 10, 1,
        "TF appautoscaling/target.go: the role is not spread", "Unable to assume IAM role: {}", new("RoleARN"),
    )
    yield IamResponse, Refused(
        "iam", ("GetRole", "ListRoleTags", "ListAttachedRolePolicies", "ListRolePolicies"), "NoSuchEntity", 5, 1,
        "TF iam/role.go: a new role is read anew for seconds", "The role with name {} cannot be found.", new("RoleName"),
    )
    yield IamResponse, Refused(
        "iam", ("DeleteRole",), "DeleteConflict", 10, 1, "TF iam/role.go: retried for 2 minutes after the last detach",
        "Cannot delete entity, must detach all policies first.", lambda r, sent: [("policy off", sent["RoleName"])],
    )
    yield IamResponse, Refused(
        "iam", ("CreateRole", "UpdateAssumeRolePolicy"), "MalformedPolicyDocument", 10, 1,
        "TF iam/role.go: a principal that is not there yet, retried for minutes", "Invalid principal in policy: {}",
        lambda r, sent: [
            ("new role", role.arn)
            for role in iam_backends[r.current_account][r.partition].get_roles()
            if f'"{role.arn}"' in sent.get("AssumeRolePolicyDocument", sent.get("PolicyDocument", ""))
        ],
    )


# Databases, caches, secrets


def _notes_of_data():
    def cache(response, sent, reply):
        group = reply["ReplicationGroup"]
        return [group["ARN"], group["ReplicationGroupId"]]

    changes = ("CreateReplicationGroup", *CHANGES_OF_CACHES)
    yield Note(ElastiCacheResponse, changes, "cache changes", cache)
    unprotected = lambda r, sent, reply: [sent["DBInstanceIdentifier"]] if sent.get("DeletionProtection") is False else []  # noqa: E731
    yield Note(RDSResponse, ("ModifyDBInstance",), "unprotected", unprotected)
    yield Note(SecretsManagerResponse, ("CreateSecret",), "new secret", lambda r, s, reply: [reply["Name"], reply["ARN"]])


def _data(sandbox):
    yield RDSResponse, Refused(
        "rds", ("DeleteDBParameterGroup",), "InvalidDBParameterGroupState", 90, 2,
        "TF rds/parameter_group.go: retried for 3 minutes after the instance is gone",
        "One or more database instances are still members of this parameter group {}, so the group cannot be deleted",
        lambda r, sent: [("instance gone", (r.region, sent["DBParameterGroupName"].lower()))],
    )
    yield RDSResponse, Refused(
        "rds", ("DeleteDBInstance",), "InvalidParameterCombination", 5, 1,
        "TF rds/instance.go: also for moments after protection was switched off",
        "Cannot delete protected DB Instance, please disable deletion protection and try again.",
        lambda r, sent: [("unprotected", sent["DBInstanceIdentifier"])],
    )
    yield ElastiCacheResponse, Refused(
        "elasticache", ("DeleteCacheSubnetGroup",), "DependencyViolation", 120, 2,
        "TF elasticache/subnet_group.go: retried for 5 minutes after the cluster is gone",
        "{} is still in use by a network interface",
        lambda r, sent: [("cache gone", (r.region, sent["CacheSubnetGroupName"].lower()))],
    )

    def changing(response, sent):
        if "ResourceName" in sent:
            return [("cache changes", sent["ResourceName"])]
        return [("cache changes", sent["ReplicationGroupId"].lower())]

    # By the state itself where time passes (services/elasticache/state.py, changing); here for an instant clock.
    yield ElastiCacheResponse, Refused(
        "elasticache", (*CHANGES_OF_CACHES, "DeleteReplicationGroup", *TAGS_OF_CACHES), "InvalidReplicationGroupState",
        10, 1, "TF elasticache/replication_group.go, tags: anything sent while it changes; API (error lists)",
        "Cluster not in available state to perform tagging or modification operations.", changing,
    )
    yield SecretsManagerResponse, Refused(
        "secretsmanager", ("GetSecretValue",), "ResourceNotFoundException", 3, 1,
        "TF secretsmanager/secret_version.go: retried for a new secret",
        "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
        lambda r, sent: [("new secret", sent["SecretId"])],
    )


# Logs, Route 53, Cloud Map


def _rest():
    def group(response, sent):
        return [("log group busy", (response.region, sent.get("logGroupName")))]

    yield LogsResponse, Refused(
        "logs", ("CreateLogGroup", "PutRetentionPolicy", "DeleteLogGroup"), "OperationAbortedException", 1, 1,
        "API; TF logs/group.go: two calls on a group meet, retried for a minute",
        "A conflicting operation is currently in progress against this resource. Please try again.", group,
    )
    yield Route53, Refused(
        "route53", ("ChangeResourceRecordSets",), "PriorRequestNotComplete", 1, 1,
        "API; TF route53/record.go: while another change of the zone runs",
        "The request was rejected because Route 53 was still processing a prior request.",
        lambda r, sent: [("zone busy", sent["HostedZoneId"].rsplit("/", 1)[-1])],
    )
    yield EC2ContainerServiceResponse, Refused(
        "ecs", ("CreateCluster", "UpdateCluster", "CreateService"), "NamespaceNotFoundException", 5, 1,
        "API ecs UpdateCluster: a namespace that was made just now", "The specified namespace wasn't found.",
        lambda r, sent: [
            ("new namespace", (sent.get(field) or {}).get("namespace"))
            for field in ("serviceConnectDefaults", "serviceConnectConfiguration")
        ],
    )


def _notes_of_ecs(sandbox):
    logs = ("CreateLogGroup", "PutRetentionPolicy", "DeleteLogGroup")
    yield Note(LogsResponse, logs, "log group busy", lambda r, sent, _: [(r.region, sent["logGroupName"])])
    zone = lambda r, sent, _: [sent["HostedZoneId"].rsplit("/", 1)[-1]]  # noqa: E731
    yield Note(Route53, ("ChangeResourceRecordSets",), "zone busy", zone)

    def namespace(response, sent, reply):
        known = response.servicediscovery_backend.namespaces.values()
        return [key for one in known if one.name == sent["Name"] for key in (one.name, one.arn)]

    yield Note(ServiceDiscoveryResponse, ("CreateHttpNamespace",), "new namespace", namespace)

    def scaled(response, sent, reply):
        return ["/".join(reply["service"]["serviceArn"].split(":")[5].split("/")[-3:])]

    yield Note(EC2ContainerServiceResponse, ("CreateService",), "new service", scaled)
    changed = lambda r, sent, reply: [reply["service"]["serviceName"]]  # noqa: E731
    yield Note(EC2ContainerServiceResponse, ("CreateService", "UpdateService"), "service changed", changed)
    yield Note(
        ApplicationAutoScalingResponse, ("RegisterScalableTarget",), "new target", lambda r, s, _: [s["ResourceId"]]
    )


def _ecs(sandbox):
    yield EC2ContainerServiceResponse, Refused(
        "ecs", ("CreateService", "UpdateService"), "InvalidParameterException", 5, 1,
        "TF ecs/service.go: the listener is there and ECS does not know",
        "The target group with targetGroupArn {} does not have an associated load balancer.",
        lambda r, sent: [("linked group", b.get("targetGroupArn")) for b in sent.get("loadBalancers", [])],
    )
    yield EC2ContainerServiceResponse, Refused(
        "ecs", ("DeleteService",), "InvalidParameterException", 10, 1, "TF ecs/service.go: retried",
        "The service cannot be stopped while deployments are active.",
        lambda r, sent: [("service changed", sent["service"].split("/")[-1])],
    )
    yield ApplicationAutoScalingResponse, Refused(
        "application-autoscaling", ("RegisterScalableTarget",), "ValidationException", 5, 1,
        "TF appautoscaling/target.go: the service was made just now", "ECS service doesn't exist: {}",
        lambda r, sent: [("new service", sent["ResourceId"])],
    )
    yield ApplicationAutoScalingResponse, Refused(
        "application-autoscaling", ("PutScalingPolicy",), "FailedResourceAccessException", 5, 1,
        "TF appautoscaling/policy.go: the alarms cannot be made yet",
        "Unable to retrieve alarms for scaling policy {}", lambda r, sent: [("new target", sent["ResourceId"])],
    )
