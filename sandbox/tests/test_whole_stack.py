"""A whole stack by hand, up and down again: what the services make for each other goes too."""

import json

from stack_parts import TAGS, Network, refused, wait
from test_iam import TRUST
from test_rds import Database
from test_round_trip import inventory

SMALL = [{"key": tag["Key"], "value": tag["Value"]} for tag in TAGS]
# What an execution role needs (task_execution_IAM_role.html).
EXECUTION = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["ecr:*", "logs:*", "secretsmanager:GetSecretValue"],
                "Resource": "*",
            }
        ],
    }
)


def task_definition(role, secret):
    return {
        "family": "app",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "1024",
        "memory": "4096",
        "executionRoleArn": role,
        "taskRoleArn": role,
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        "containerDefinitions": [
            {
                "name": "app",
                "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/ajuda-digital:v1",
                "portMappings": [{"containerPort": 8080, "name": "web"}],
                "secrets": [{"name": "KEY", "valueFrom": secret}],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": "/ecs/app",
                        "awslogs-region": "us-east-1",
                        "awslogs-stream-prefix": "ecs",
                    },
                },
            }
        ],
        "tags": SMALL,
    }


def test_a_stack_comes_up_and_leaves_nothing(sandbox):
    sandbox.control("POST", "seed", {"zones": ["example.org"], "images": ["ajuda-digital:v1"]})
    before = inventory(sandbox)
    ecs, elb, iam = sandbox.client("ecs"), sandbox.client("elbv2"), sandbox.client("iam")
    ecr, logs, secrets = sandbox.client("ecr"), sandbox.client("logs"), sandbox.client("secretsmanager")
    names, scaling = sandbox.client("servicediscovery"), sandbox.client("application-autoscaling")

    database = Database(sandbox)
    network = database.network
    database.create(DeletionProtection=False)
    ecr.create_repository(repositoryName="ajuda-digital", imageTagMutability="IMMUTABLE", tags=TAGS)
    logs.create_log_group(logGroupName="/ecs/app")
    secret = secrets.create_secret(Name="shop/key", SecretString="s", Tags=TAGS)["ARN"]
    role = iam.create_role(RoleName="task", AssumeRolePolicyDocument=TRUST, Tags=TAGS)["Role"]["Arn"]
    iam.put_role_policy(RoleName="task", PolicyName="inline", PolicyDocument=EXECUTION)
    names.create_http_namespace(Name="shop", Tags=TAGS)
    namespace = names.list_namespaces(Filters=[{"Name": "NAME", "Values": ["shop"]}])["Namespaces"][0]
    balancer = elb.create_load_balancer(Name="shop", Subnets=network.subnets, SecurityGroups=[network.group], Tags=TAGS)
    balancer = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    group = elb.create_target_group(
        Name="app", Protocol="HTTP", Port=8080, VpcId=network.vpc, TargetType="ip", HealthCheckPath="/health", Tags=TAGS
    )["TargetGroups"][0]["TargetGroupArn"]
    listener = elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )["Listeners"][0]["ListenerArn"]
    ecs.create_cluster(clusterName="shop", tags=SMALL)
    definition = ecs.register_task_definition(**task_definition(role, secret))["taskDefinition"]["taskDefinitionArn"]
    ecs.create_service(
        cluster="shop",
        serviceName="app",
        taskDefinition=definition,
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": network.subnets,
                "securityGroups": [network.group],
                "assignPublicIp": "DISABLED",
            }
        },
        loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}],
        serviceConnectConfiguration={
            "enabled": True,
            "namespace": namespace["Arn"],
            "services": [{"portName": "web", "discoveryName": "app", "clientAliases": [{"port": 80}]}],
        },
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
        tags=SMALL,
    )
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/shop/app",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)

    def service():
        return ecs.describe_services(cluster="shop", services=["app"])["services"][0]

    wait(lambda: service()["deployments"][0]["rolloutState"], "COMPLETED")
    health = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [h["TargetHealth"]["State"] for h in health] == ["healthy"]
    with refused("DependencyViolation"):
        network.ec2.delete_security_group(GroupId=network.group)
    with refused("ResourceInUse"):
        names.delete_namespace(Id=namespace["Id"])

    scaling.deregister_scalable_target(**target)
    ecs.delete_service(cluster="shop", service="app", force=True)
    wait(lambda: service()["status"], "INACTIVE")
    ecs.deregister_task_definition(taskDefinition=definition)
    ecs.delete_task_definitions(taskDefinitions=[definition])
    ecs.delete_cluster(cluster="shop")
    elb.delete_listener(ListenerArn=listener)
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    elb.delete_target_group(TargetGroupArn=group)
    names.delete_namespace(Id=namespace["Id"])
    iam.delete_role_policy(RoleName="task", PolicyName="inline")
    iam.delete_role(RoleName="task")
    secrets.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    logs.delete_log_group(logGroupName="/ecs/app")
    ecr.delete_repository(repositoryName="ajuda-digital", force=True)
    database.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    wait(lambda: len(database.rds.describe_db_instances()["DBInstances"]), 0)
    database.rds.delete_db_subnet_group(DBSubnetGroupName="main")
    database.rds.delete_db_parameter_group(DBParameterGroupName="main")
    wait(lambda: len(network.ec2.describe_network_interfaces()["NetworkInterfaces"]), 0)
    network.delete()
    after = inventory(sandbox)
    assert {s: k for s, k in after.items() if k != before[s]} == {}
