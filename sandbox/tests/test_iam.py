"""IAM: well-formed policies, service-linked roles, conflicts, simulation."""

import json

import pytest
from stack_parts import TAGS, Network, refused

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
ALLOW = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)


@pytest.fixture
def iam(sandbox):
    return sandbox.client("iam")


@pytest.mark.parametrize(
    "trust", ["{nope", "{}", ALLOW, TRUST.replace("sts:AssumeRole", "s3:GetObject"), TRUST.replace("Allow", "Perhaps")]
)
def test_a_malformed_trust_policy_is_refused(iam, trust):
    with refused("MalformedPolicyDocument"):
        iam.create_role(RoleName="task", AssumeRolePolicyDocument=trust)


def test_role_names_are_one_whatever_their_case(iam):
    iam.create_role(RoleName="task", AssumeRolePolicyDocument=TRUST)
    with refused("EntityAlreadyExists"):
        iam.create_role(RoleName="Task", AssumeRolePolicyDocument=TRUST)


def test_what_is_attached_stays(iam):
    iam.create_role(RoleName="task", AssumeRolePolicyDocument=TRUST)
    arn = iam.create_policy(PolicyName="read", PolicyDocument=ALLOW)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="task", PolicyArn=arn)
    with refused("DeleteConflict"):
        iam.delete_policy(PolicyArn=arn)
    with refused("DeleteConflict"):
        iam.delete_role(RoleName="task")
    iam.detach_role_policy(RoleName="task", PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
    iam.put_role_policy(RoleName="task", PolicyName="inline", PolicyDocument=ALLOW)
    with refused("DeleteConflict"):
        iam.delete_role(RoleName="task")
    iam.delete_role_policy(RoleName="task", PolicyName="inline")
    iam.delete_role(RoleName="task")


def test_roles_are_read_in_one_call_with_their_tags(iam):
    iam.create_role(RoleName="task", Path="/ajuda/shop/", AssumeRolePolicyDocument=TRUST, Tags=TAGS)
    iam.put_role_policy(RoleName="task", PolicyName="inline", PolicyDocument=ALLOW)
    roles = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    assert [(r["RoleName"], r["Tags"], r["RolePolicyList"][0]["PolicyName"]) for r in roles] == [
        ("task", TAGS, "inline")
    ]
    assert len(iam.list_roles(PathPrefix="/ajuda/shop/")["Roles"]) == 1
    assert iam.list_roles(PathPrefix="/other/")["Roles"] == []


def test_services_make_their_own_roles(iam, sandbox):
    network = Network(sandbox)
    sandbox.client("elbv2").create_load_balancer(Name="main", Subnets=network.subnets)
    names = [r["RoleName"] for r in iam.list_roles(PathPrefix="/aws-service-role/")["Roles"]]
    assert names == ["AWSServiceRoleForElasticLoadBalancing"]
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    with refused("InvalidInput", "has been taken"):
        iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    with refused("UnmodifiableEntity"):
        iam.delete_role(RoleName="AWSServiceRoleForECS")


def test_simulation_allows_what_no_fault_denies(iam, sandbox):
    sandbox.control(
        "POST", "faults", {"rules": [{"service": "rds", "operation": "CreateDBInstance", "action": "deny"}]}
    )
    results = iam.simulate_principal_policy(
        PolicySourceArn="arn:aws:iam::123456789012:user/op", ActionNames=["ecs:CreateCluster", "rds:CreateDBInstance"]
    )["EvaluationResults"]
    assert [r["EvalDecision"] for r in results] == ["allowed", "implicitDeny"]
