"""A new account, permissions of the execution role, other partitions, lifecycle policies that run."""

import json

import pytest
from botocore.exceptions import ClientError
from stack import REGISTRY, Stack
from stack_parts import refused


@pytest.fixture
def account(sandbox):
    """Changes the account's settings; a reset takes them back."""
    return lambda **how: sandbox.control("POST", "account", how)


def test_settings_are_known_by_name_and_go_with_a_reset(sandbox, account):
    with pytest.raises(Exception, match="400"):
        account(nonsense=True)
    assert account(free_plan=True)["free_plan"]
    sandbox.control("POST", "reset")
    assert not sandbox.control("GET", "account")["free_plan"]


def test_the_free_plan_has_one_day_of_backups(sandbox, account):
    account(free_plan=True)
    rds = sandbox.client("rds")
    asked = dict(
        DBInstanceIdentifier="db", DBInstanceClass="db.t4g.micro", Engine="postgres", MasterUsername="chief",
        MasterUserPassword="a-long-password", AllocatedStorage=20,
    )
    with refused("FreeTierRestrictionError", "backup retention period exceeds"):
        rds.create_db_instance(BackupRetentionPeriod=7, **asked)
    with refused("FreeTierRestrictionError", "upgrade your account plan"):
        rds.create_db_instance(**{**asked, "DBInstanceClass": "db.m7g.large"})
    rds.create_db_instance(**asked)


def test_balancers_and_addresses_may_be_refused(sandbox, account):
    stack = Stack(sandbox)
    account(load_balancers=False, addresses=1)
    with refused("OperationNotPermitted", "does not support creating load balancers"):
        stack.elbv2.create_load_balancer(Name="two", Subnets=stack.subnets)
    stack.ec2.allocate_address(Domain="vpc")
    with refused("AddressLimitExceeded", "maximum number of addresses"):
        stack.ec2.allocate_address(Domain="vpc")


def test_the_first_use_of_a_service_makes_its_role_and_fails(sandbox, account):
    account(first_use=True)
    ecs = sandbox.client("ecs")
    with refused("InvalidParameterException", "Unable to assume the service linked role"):
        ecs.create_cluster(clusterName="main")
    ecs.create_cluster(clusterName="main")


def test_the_quota_of_fargate_is_a_failure_of_run_task_and_an_event_of_a_service(ticking):
    stack = Stack(ticking)
    ticking.control("POST", "account", {"fargate_vcpus": 1})
    definition = stack.define()
    run = dict(cluster="main", taskDefinition=definition, launchType="FARGATE", networkConfiguration=stack.network)
    assert len(stack.ecs.run_task(**run)["tasks"]) == 1
    again = stack.ecs.run_task(**run)
    assert again["tasks"] == [] and "limit on the number of vCPUs" in again["failures"][0]["reason"]
    stack.serve(definition, balanced=False)
    stack.settle(lambda service: any("limit on the number of vCPUs" in event["message"] for event in service["events"]))


def _stopped(stack, definition):
    run = dict(cluster="main", taskDefinition=definition, networkConfiguration=stack.network)
    arn = stack.ecs.run_task(**run)["tasks"][0]["taskArn"]
    stack.tasks("STOPPED")
    return stack.ecs.describe_tasks(cluster="main", tasks=[arn])["tasks"][0].get("stoppedReason", "")


def test_the_execution_role_must_be_allowed_to_pull(sandbox):
    stack = Stack(sandbox)
    stack.allow("ecr:GetAuthorizationToken")
    why = _stopped(stack, stack.define())
    assert why.startswith("CannotPullContainerError") and "ecr:BatchGetImage" in why
    stack.allow("logs:*")
    assert "unable to retrieve ecr registry auth" in _stopped(stack, stack.define())
    stack.allow("ecr:*")
    assert "CannotPull" not in _stopped(stack, stack.define())
    stack.allow("ecr:*", Resource=f"arn:aws:ecr:us-east-1:123456789012:repository/other")
    assert "unable to retrieve ecr registry auth" in _stopped(stack, stack.define(f"{REGISTRY}/app:v1"))


def test_a_managed_policy_allows_what_its_default_version_does(sandbox):
    stack, iam = Stack(sandbox), sandbox.client("iam")
    stack.allow("logs:*")
    allowing, other = (
        json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
        for action in ("ecr:*", "s3:*")
    )
    policy = iam.create_policy(PolicyName="pull", PolicyDocument=allowing)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="execution", PolicyArn=policy)
    assert "pull" not in _stopped(stack, stack.define())
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=other, SetAsDefault=True)
    assert "unable to retrieve ecr registry auth" in _stopped(stack, stack.define())


def test_a_secret_under_a_key_of_ones_own_needs_the_key(sandbox):
    stack, secrets = Stack(sandbox), sandbox.client("secretsmanager")
    key = sandbox.client("kms").create_key()["KeyMetadata"]["Arn"]
    arn = secrets.create_secret(Name="one", SecretString="x", KmsKeyId=key)["ARN"]
    definition = stack.define(container={"secrets": [{"name": "A", "valueFrom": arn}]})
    assert "Access to KMS is not allowed" in _stopped(stack, definition)
    via = {"Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}}
    stack.allow("ecr:*", "secretsmanager:GetSecretValue", "kms:Decrypt")
    assert "KMS" not in _stopped(stack, definition)
    iam = sandbox.client("iam")
    stack.allow("ecr:*", "secretsmanager:GetSecretValue")
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, **via}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="execution", PolicyName="key", PolicyDocument=policy)
    assert "KMS" not in _stopped(stack, definition)
    sandbox.control("POST", "faults", {"rules": [{"service": "kms", "operation": "Decrypt", "action": "deny"}]})
    with pytest.raises(ClientError, match="Access to KMS is not allowed"):
        secrets.get_secret_value(SecretId="one")


@pytest.mark.parametrize("region,partition,end", [("cn-north-1", "aws-cn", ".com.cn"), ("us-gov-west-1", "aws-us-gov", ".com")])
def test_other_partitions(sandbox, region, partition, end):
    iam, ecs, ec2, elbv2 = (sandbox.client(name, region) for name in ("iam", "ecs", "ec2", "elbv2"))
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName="execution", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    assert role.startswith(f"arn:{partition}:iam::")
    policy = {"Effect": "Allow", "Action": ["ecr:*"], "Resource": "*"}
    iam.put_role_policy(
        RoleName="execution", PolicyName="own", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    )
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]][:2]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for n, zone in enumerate(zones)
    ]
    balancer = elbv2.create_load_balancer(Name="lb", Subnets=subnets, Scheme="internal")["LoadBalancers"][0]
    assert balancer["DNSName"].endswith(f".{region}.elb.amazonaws{end}")
    assert ecs.create_cluster(clusterName="main")["cluster"]["clusterArn"].startswith(f"arn:{partition}:ecs:{region}:")
    registry = f"123456789012.dkr.ecr.{region}.amazonaws{end}"
    sandbox.client("ecr", region).create_repository(repositoryName="app")
    sandbox.control("POST", "images", {"image": "app:v1"})
    container = {"name": "app", "image": f"{registry}/app:v1"}
    definition = ecs.register_task_definition(
        family="app", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
        executionRoleArn=role, containerDefinitions=[container],
    )["taskDefinition"]["taskDefinitionArn"]
    network = {"awsvpcConfiguration": {"subnets": subnets}}
    ecs.run_task(cluster="main", taskDefinition=definition, launchType="FARGATE", networkConfiguration=network)
    ended = []
    for _ in range(5):
        arns = ecs.list_tasks(cluster="main", desiredStatus="STOPPED")["taskArns"]
        ended = ended or (ecs.describe_tasks(cluster="main", tasks=arns)["tasks"] if arns else [])
    assert ended[0]["containers"][0]["exitCode"] == 0, ended
    linked = [r["Arn"] for r in iam.list_roles()["Roles"] if "AWSServiceRoleForECS" in r["Arn"]]
    assert linked and linked[0].startswith(f"arn:{partition}:")


def test_a_lifecycle_policy_runs_when_asked_and_spares_what_an_index_holds(sandbox):
    ecr = sandbox.client("ecr")
    ecr.create_repository(repositoryName="app")
    for tag in ("v1", "v2", "v3"):
        sandbox.control("POST", "images", {"image": f"app:{tag}"})
    tagged = {"tagStatus": "tagged", "tagPatternList": ["*"], "countType": "imageCountMoreThan", "countNumber": 1}
    untagged = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
    rules = [
        {"rulePriority": 1, "selection": tagged, "action": {"type": "expire"}},
        {"rulePriority": 2, "selection": untagged, "action": {"type": "expire"}},
    ]
    ecr.put_lifecycle_policy(repositoryName="app", lifecyclePolicyText=json.dumps({"rules": rules}))
    count = lambda: len(ecr.list_images(repositoryName="app")["imageIds"])  # noqa: E731
    assert count() == 9, "three indexes of two architectures each"
    assert len(sandbox.control("POST", "expire-images", {})["expired"]["app"]) == 2
    assert count() == 7
    assert len(sandbox.control("POST", "expire-images", {"days": 8})["expired"]["app"]) == 4
    assert count() == 3, "the last index and what it refers to"
