"""IAM: service-linked roles, policies that must be well formed, deletes that conflict,
SimulatePrincipalPolicy."""

from __future__ import annotations

import functools
import json
import os
import re

import botocore
from moto.iam.models import SERVICE_NAME_CONVERSION, IAMBackend, iam_backends
from moto.iam.responses import IamResponse

from ...core import wire
from ...core.wire import Refusal, amends, checks, replaces

# Role names that do not follow from the service's name
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html).
ROLE_NAMES = {
    "rds.amazonaws.com": "AWSServiceRoleForRDS",
    "ecs.amazonaws.com": "AWSServiceRoleForECS",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "elasticache.amazonaws.com": "AWSServiceRoleForElastiCache",
    "ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
}


def install(sandbox) -> None:
    """Mends IAM."""
    SERVICE_NAME_CONVERSION.update(
        rds="RDS", ecs="ECS", elasticloadbalancing="ElasticLoadBalancing", elasticache="ElastiCache"
    )
    _named_as_aws_does()
    _managed_policies()
    _roles()
    _policies()
    _simulate(sandbox)


def _managed_policies() -> None:
    """AWS's policies are the same after every reset: they are read once."""
    read, known = IAMBackend._init_aws_policies, {}

    def once(backend):
        key = (backend.account_id, backend.region_name)
        if key not in known:
            known[key] = read(backend)
        for policy in known[key]:
            policy.attachment_count = 0
        return known[key]

    IAMBackend._init_aws_policies = once


def service_linked_role(account: str, service: str, partition: str) -> None:
    """Services make their own role the first time they are used."""
    backend = iam_backends[account][partition]
    name = ROLE_NAMES[service]
    if not any(role.name == name for role in backend.get_roles()):
        backend.create_service_linked_role(service, "", "")


def _named_as_aws_does() -> None:
    """Moto ends the name in `_Ecs`.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html
    """
    create = IAMBackend.create_role

    def named(backend, role_name, *rest, **more):
        if role_name == "AWSServiceRoleForApplicationAutoScaling_Ecs":
            role_name = ROLE_NAMES["ecs.application-autoscaling.amazonaws.com"]
        return create(backend, role_name, *rest, **more)

    IAMBackend.create_role = named


def _roles() -> None:
    def same_name(response, name: str) -> bool:
        # Role names are unique whatever their case (CreateRole, RoleName).
        return any(role.name.lower() == name.lower() for role in response.backend.get_roles())

    @checks(IamResponse, "CreateRole")
    def create(response, sent):
        if same_name(response, sent["RoleName"]):
            raise Refusal("EntityAlreadyExists", f"Role with name {sent['RoleName']} already exists.")
        _well_formed(sent["AssumeRolePolicyDocument"], trust=True)
        _principals(response, sent["AssumeRolePolicyDocument"])
        if len(sent["RoleName"]) > 64 or not re.fullmatch(r"[\w+=,.@-]+", sent["RoleName"]):
            raise Refusal(
                "ValidationError",
                f"1 validation error detected: Value '{sent['RoleName']}' at 'roleName' failed to satisfy constraint: "
                "Member must have length less than or equal to 64",
            )

    @checks(IamResponse, "UpdateAssumeRolePolicy")
    def update(response, sent):
        _well_formed(sent["PolicyDocument"], trust=True)
        _principals(response, sent["PolicyDocument"])

    @checks(IamResponse, "DeleteRole")
    def delete(response, sent):
        role = response.backend.get_role(sent["RoleName"])
        if role.path.startswith("/aws-service-role/"):
            raise Refusal(
                "UnmodifiableEntity",
                f"Cannot perform the operation on the protected role '{role.name}' - this role is only modifiable by AWS",
            )

    @checks(IamResponse, "CreateServiceLinkedRole")
    def linked(response, sent):
        name = ROLE_NAMES.get(sent["AWSServiceName"])
        if name and same_name(response, name):
            raise Refusal(
                "InvalidInput",
                f"Service role name {name} has been taken in this account, please try a different suffix.",
            )


def _principals(response, document: str) -> None:
    """A trust policy names services that there are, and roles that there are (TF iam/role.go; LS iam)."""
    statements = json.loads(document)["Statement"]
    known = {role.arn for role in response.backend.get_roles()}
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal")
        for kind, named in principal.items() if isinstance(principal, dict) else ():
            for name in [named] if isinstance(named, str) else named:
                gone = kind == "AWS" and f":{response.current_account}:role/" in name and name not in known
                if gone or kind == "Service" and not _is_service(name):
                    kind = "SERVICE" if kind == "Service" else kind
                    raise Refusal("MalformedPolicyDocument", f'Invalid principal in policy: "{kind}":"{name}"')


# Labels before `amazonaws.com` that are no name of an API.
PRINCIPALS = {
    "ecs-tasks", "vpc-flow-logs", "elasticloadbalancing", "monitoring", "edgelambda", "spotfleet", "email", "states",
    "cloudwatch", "apigateway", "es", "spot", "replication", "backup", "streams", "dms", "ops", "ssm-guiconnect",
}


@functools.cache
def _services() -> frozenset[str]:
    data = os.path.join(os.path.dirname(botocore.__file__), "data")
    return frozenset(os.listdir(data)) | PRINCIPALS


def _is_service(name: str) -> bool:
    """`ecs-tasks.amazonaws.com`, `monitoring.rds.amazonaws.com`, with a region or not."""
    found = re.fullmatch(r"([a-z0-9.-]+?)\.amazonaws\.com(\.cn)?", name)
    return bool(found) and any(label in _services() for label in found.group(1).split("."))


def _well_formed(document: str, trust: bool = False) -> None:
    """MalformedPolicyDocument: JSON with statements; a trust policy names who and no resource."""
    try:
        policy = json.loads(document)
        statements = policy["Statement"]
        statements = [statements] if isinstance(statements, dict) else statements
        whole = bool(statements) and all(s.get("Effect") in ("Allow", "Deny") for s in statements)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refusal(
            "MalformedPolicyDocument",
            "This policy contains invalid Json" if not _is_json(document) else "Syntax errors in policy.",
        ) from None
    if not whole:
        raise Refusal("MalformedPolicyDocument", "Syntax errors in policy.")
    for statement in statements:
        if not ({"Action", "NotAction"} & set(statement)):
            raise Refusal("MalformedPolicyDocument", "Policy statement must contain actions.")
        if not trust and not ({"Resource", "NotResource"} & set(statement)):
            raise Refusal("MalformedPolicyDocument", "Policy statement must contain resources.")
        if trust and ({"Resource", "NotResource"} & set(statement)):
            raise Refusal("MalformedPolicyDocument", "Has prohibited field Resource")
        if trust and not ({"Principal", "NotPrincipal"} & set(statement)):
            raise Refusal("MalformedPolicyDocument", "Missing required field Principal")
        actions = statement.get("Action", [])
        for action in [actions] if isinstance(actions, str) else actions:
            if trust and not action.startswith(("sts:", "*")):
                raise Refusal("MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions.")
            if action != "*" and ":" not in action:
                raise Refusal(
                    "MalformedPolicyDocument",
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
                )


def _is_json(document: str) -> bool:
    try:
        json.loads(document)
        return True
    except ValueError:
        return False


def _policies() -> None:
    @checks(IamResponse, "PutRolePolicy", "CreatePolicy", "CreatePolicyVersion")
    def put(response, sent):
        _well_formed(sent["PolicyDocument"])

    @checks(IamResponse, "PutRolePolicy")
    def size(response, sent):
        # All inline policies of a role together, blanks not counted (IAM quotas).
        role = response.backend.get_role(sent["RoleName"])
        texts = {**role.policies, sent["PolicyName"]: sent["PolicyDocument"]}.values()
        if sum(len(re.sub(r"\s", "", text)) for text in texts) > 10240:
            raise Refusal("LimitExceeded", f"Maximum policy size of 10240 bytes exceeded for role {role.name}")

    @checks(IamResponse, "AttachRolePolicy", "DetachRolePolicy")
    def attach(response, sent):
        # LS iam test_role_attach_policy
        arn = sent["PolicyArn"]
        if not re.fullmatch(r"arn:aws[a-z-]*:iam::(aws|\d{12}):policy/[\w+=,.@/-]+", arn):
            raise Refusal("ValidationError", f"ARN {arn} is not valid.")
        if response._get_action() == "AttachRolePolicy" and arn not in response.backend.managed_policies:
            raise Refusal("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")

    @checks(IamResponse, "DeletePolicy")
    def delete(response, sent):
        policy = response.backend.managed_policies.get(sent["PolicyArn"])
        if policy is None:
            return
        if policy.attachment_count:
            raise Refusal("DeleteConflict", "Cannot delete a policy attached to entities.")
        if len(policy.versions) > 1:
            raise Refusal(
                "DeleteConflict",
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                "versions. The default version is deleted with the policy.",
            )

    # Lists are sorted by name, so that a reply is the same twice.
    @amends(IamResponse, "GetAccountAuthorizationDetails")
    def details(response, sent, reply):
        reply.setdefault("RoleDetailList", []).sort(key=lambda role: role["RoleName"])
        reply.setdefault("Policies", []).sort(key=lambda policy: policy["Arn"])
        for role in reply["RoleDetailList"]:
            role.setdefault("Tags", [])


def _simulate(sandbox) -> None:
    """Everything is allowed, unless the test harness denies the action."""

    @replaces(IamResponse, "SimulatePrincipalPolicy")
    def simulate(response, sent):
        source = sent["PolicySourceArn"]
        results = []
        context = {}
        for entry in sent.get("ContextEntries") or []:
            values = entry["ContextKeyValues"]
            context[entry["ContextKeyName"]] = values if entry["ContextKeyType"].endswith("List") else values[0]
        for action in sent["ActionNames"]:
            for resource in sent.get("ResourceArns") or ["*"]:
                no = sandbox.hooks.denies(action, resource, context)
                results.append(
                    {
                        "EvalActionName": action,
                        "EvalResourceName": resource,
                        "EvalDecision": "implicitDeny" if no else "allowed",
                        "MatchedStatements": []
                        if no
                        else [{"SourcePolicyId": "AdministratorAccess", "SourcePolicyType": "IAM Policy"}],
                        "MissingContextValues": [],
                    }
                )
        if not source.startswith("arn:"):
            raise Refusal("InvalidInput", f"Invalid Entity Arn: {source} does not clearly define entity type and name.")
        # MaxItems: 1 to 1000, 100 without it (IAM API, `SimulatePrincipalPolicy`).
        most = 1000 if sent.get("MaxItems") else 100
        found, marker = wire.page(results, sent, size="MaxItems", most=most)
        return {"EvaluationResults": found, "IsTruncated": marker is not None, "Marker": marker}
