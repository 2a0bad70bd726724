"""What most ECS tests stand on: a network, a load balancer, roles, logs, images, a cluster."""

import json

ACCOUNT = "123456789012"
REGISTRY = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


class Stack:
    """Makes them all at once; names and ARNs are attributes."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.ecs = sandbox.client("ecs")
        self.ec2 = sandbox.client("ec2")
        self.elbv2 = sandbox.client("elbv2")
        self.logs = sandbox.client("logs")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        self.subnets = [
            self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")[
                "Subnet"
            ]["SubnetId"]
            for n, zone in enumerate("ab")
        ]
        self.group = self.ec2.create_security_group(VpcId=self.vpc, GroupName="app", Description="app")["GroupId"]
        self.balancer = self.elbv2.create_load_balancer(Name="app", Subnets=self.subnets, SecurityGroups=[self.group])[
            "LoadBalancers"
        ][0]["LoadBalancerArn"]
        self.target_group = self.elbv2.create_target_group(
            Name="app", Protocol="HTTP", Port=8080, VpcId=self.vpc, TargetType="ip", HealthCheckPath="/health"
        )["TargetGroups"][0]["TargetGroupArn"]
        self.roles = {}
        for name in ("execution", "task"):
            self.roles[name] = sandbox.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"][
                "Arn"
            ]
        self.allow("ecr:*", "secretsmanager:GetSecretValue")
        self.logs.create_log_group(logGroupName="/ecs/app")
        sandbox.client("ecr").create_repository(repositoryName="app")
        sandbox.control("POST", "seed", {"images": ["app:v1", "app:v2"]})
        self.ecs.create_cluster(clusterName="main")

    def allow(self, *actions, **more):
        """What the execution role may do, and nothing else."""
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.sandbox.client("iam").put_role_policy(RoleName="execution", PolicyName="own", PolicyDocument=policy)

    def listen(self):
        """Gives the target group a listener."""
        self.elbv2.create_listener(
            LoadBalancerArn=self.balancer,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": self.target_group}],
        )

    def image(self, tag, behaviour="ok"):
        """Announces an image and says what to write into a task definition."""
        self.sandbox.control("POST", "images", {"image": f"app:{tag}", "behaviour": behaviour})
        return f"{REGISTRY}/app:{tag}"

    def define(self, image=None, family="app", container=None, **more):
        """Registers a task definition; its ARN."""
        app = {
            "name": "app",
            "image": image or f"{REGISTRY}/app:v1",
            "portMappings": [{"containerPort": 8080, "name": "http", "appProtocol": "http"}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": "/ecs/app", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app"},
            },
            **(container or {}),
        }
        settings = {
            "cpu": "1024",
            "memory": "4096",
            "executionRoleArn": self.roles["execution"],
            "taskRoleArn": self.roles["task"],
            **more,
        }
        return self.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            containerDefinitions=[app],
            **settings,
        )["taskDefinition"]["taskDefinitionArn"]

    @property
    def network(self):
        """A networkConfiguration in the private subnets."""
        return {"awsvpcConfiguration": {"subnets": self.subnets, "securityGroups": [self.group]}}

    def serve(self, definition, count=1, balanced=True, **more):
        """Creates the service `app`."""
        if balanced:
            more.setdefault(
                "loadBalancers",
                [{"targetGroupArn": self.target_group, "containerName": "app", "containerPort": 8080}],
            )
        return self.ecs.create_service(
            cluster="main",
            serviceName="app",
            taskDefinition=definition,
            desiredCount=count,
            launchType="FARGATE",
            networkConfiguration=self.network,
            **more,
        )["service"]

    def service(self, name="app"):
        """The service as it is now."""
        return self.ecs.describe_services(cluster="main", services=[name], include=["TAGS"])["services"][0]

    def settle(self, done, tries=60):
        """Asks until `done(service)`; the service."""
        for _ in range(tries):
            found = self.service()
            if done(found):
                return found
        raise AssertionError(f"never came: {found['deployments']} {found['events']}")

    def tasks(self, status="RUNNING", **how):
        """Described tasks of a desired status."""
        arns = self.ecs.list_tasks(cluster="main", desiredStatus=status, **how)["taskArns"]
        return self.ecs.describe_tasks(cluster="main", tasks=arns, include=["TAGS"])["tasks"] if arns else []
