"""Load balancers: attributes, idempotency, refusals, interfaces."""

import pytest
from stack_parts import TAGS, Network, refused, wait


class Balancer:
    """A balancer's client and its network."""

    def __init__(self, sandbox):
        self.network = Network(sandbox)
        self.elb = sandbox.client("elbv2")

    def create(self, **more):
        parameters = {
            "Name": "main",
            "Subnets": self.network.subnets,
            "SecurityGroups": [self.network.group],
            "Tags": TAGS,
        }
        return self.elb.create_load_balancer(**{**parameters, **more})["LoadBalancers"][0]

    def group(self, **more):
        parameters = {
            "Name": "app",
            "Protocol": "HTTP",
            "Port": 8080,
            "VpcId": self.network.vpc,
            "TargetType": "ip",
            "HealthCheckPath": "/health",
            "Matcher": {"HttpCode": "200"},
            "Tags": TAGS,
        }
        return self.elb.create_target_group(**{**parameters, **more})["TargetGroups"][0]


@pytest.fixture
def balancer(sandbox):
    return Balancer(sandbox)


def test_creating_twice_is_idempotent_or_refused(balancer):
    first = balancer.create()["LoadBalancerArn"]
    assert balancer.create()["LoadBalancerArn"] == first
    with refused("DuplicateLoadBalancerName"):
        balancer.create(Scheme="internal")
    group = balancer.group()["TargetGroupArn"]
    assert balancer.group()["TargetGroupArn"] == group
    with refused("DuplicateTargetGroupName"):
        balancer.group(Port=80)


def test_a_balancer_needs_two_zones_and_an_internet_gateway(balancer):
    with refused("ValidationError", "two different Availability Zones"):
        balancer.create(Subnets=balancer.network.subnets[:1])
    balancer.network.ec2.detach_internet_gateway(InternetGatewayId=balancer.network.gateway, VpcId=balancer.network.vpc)
    with refused("InvalidSubnet", "no internet gateway"):
        balancer.create()


def test_attributes_have_aws_defaults_and_keep_what_is_set(balancer):
    arn = balancer.create()["LoadBalancerArn"]

    def attributes():
        answered = balancer.elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
        return {a["Key"]: a["Value"] for a in answered}

    assert attributes()["idle_timeout.timeout_seconds"] == "60"
    assert attributes()["routing.http.drop_invalid_header_fields.enabled"] == "false"
    balancer.elb.modify_load_balancer_attributes(
        LoadBalancerArn=arn, Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "600"}]
    )
    assert attributes()["idle_timeout.timeout_seconds"] == "600"
    group = balancer.group()["TargetGroupArn"]
    found = balancer.elb.describe_target_group_attributes(TargetGroupArn=group)["Attributes"]
    assert {"Key": "deregistration_delay.timeout_seconds", "Value": "300"} in found


def test_access_logs_need_a_bucket_that_lets_the_writer_in(balancer, sandbox):
    s3, arn = sandbox.client("s3"), balancer.create()["LoadBalancerArn"]
    s3.create_bucket(Bucket="shop-logs")
    wanted = [
        {"Key": "access_logs.s3.enabled", "Value": "true"},
        {"Key": "access_logs.s3.bucket", "Value": "shop-logs"},
        {"Key": "access_logs.s3.prefix", "Value": "alb"},
    ]
    with refused("InvalidConfigurationRequest", "Access Denied for bucket"):
        balancer.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=wanted)
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"logdelivery.elasticloadbalancing.amazonaws.com"},'
        '"Action":"s3:PutObject","Resource":"arn:aws:s3:::shop-logs/alb/*"}]}'
    )
    s3.put_bucket_policy(Bucket="shop-logs", Policy=policy)
    balancer.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=wanted)
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket="shop-logs")["Contents"]]
    assert keys == ["alb/AWSLogs/123456789012/ELBAccessLogTestFile"]


def test_one_listener_a_port_and_whole_actions(balancer):
    arn, group = balancer.create()["LoadBalancerArn"], balancer.group()["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    listener = balancer.elb.create_listener(
        LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward, Tags=TAGS
    )["Listeners"][0]
    assert listener["DefaultActions"][0]["ForwardConfig"]["TargetGroups"] == [{"TargetGroupArn": group, "Weight": 1}]
    assert "SslPolicy" not in listener
    with refused("DuplicateListener"):
        balancer.elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward)
    with refused("ValidationError", "certificate"):
        balancer.elb.create_listener(LoadBalancerArn=arn, Protocol="HTTPS", Port=443, DefaultActions=forward)
    assert balancer.elb.describe_target_groups(Names=["app"])["TargetGroups"][0]["LoadBalancerArns"] == [arn]
    with refused("ResourceInUse"):
        balancer.elb.delete_target_group(TargetGroupArn=group)
    redirect = [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}]
    changed = balancer.elb.modify_listener(ListenerArn=listener["ListenerArn"], DefaultActions=redirect)["Listeners"][0]
    assert changed["DefaultActions"][0]["RedirectConfig"]["Path"] == "/#{path}"
    described = balancer.elb.describe_tags(ResourceArns=[arn, group, listener["ListenerArn"]])["TagDescriptions"]
    assert [d["Tags"] for d in described] == [TAGS] * 3
    with refused("ValidationError", "cannot exceed 20"):
        balancer.elb.describe_tags(ResourceArns=[arn] * 21)


def test_deletion_protection_holds(balancer):
    arn = balancer.create()["LoadBalancerArn"]
    for value in ("true", "false"):
        balancer.elb.modify_load_balancer_attributes(
            LoadBalancerArn=arn, Attributes=[{"Key": "deletion_protection.enabled", "Value": value}]
        )
        if value == "true":
            with refused("OperationNotPermitted"):
                balancer.elb.delete_load_balancer(LoadBalancerArn=arn)
    balancer.elb.delete_load_balancer(LoadBalancerArn=arn)
    balancer.elb.delete_load_balancer(LoadBalancerArn=arn)
    with refused("LoadBalancerNotFound"):
        balancer.elb.describe_load_balancers(LoadBalancerArns=[arn])


def test_interfaces_linger_after_the_balancer(ticking):
    balancer = Balancer(ticking)
    arn = balancer.create()["LoadBalancerArn"]

    def state():
        return balancer.elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]["State"]["Code"]

    assert wait(state, "active") == ["provisioning", "active"]
    balancer.elb.delete_load_balancer(LoadBalancerArn=arn)
    with refused("DependencyViolation"):
        balancer.network.ec2.delete_subnet(SubnetId=balancer.network.subnets[0])
    wait(lambda: len(balancer.network.ec2.describe_network_interfaces()["NetworkInterfaces"]), 0)
    balancer.network.delete()


def test_every_security_policy_of_aws_is_known(balancer):
    names = {policy["Name"] for policy in balancer.elb.describe_ssl_policies()["SslPolicies"]}
    assert {"ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-FS-1-2-2019-08"} <= names
    arn = balancer.create()["LoadBalancerArn"]
    with refused("SSLPolicyNotFound"):
        balancer.elb.create_listener(
            LoadBalancerArn=arn,
            Protocol="HTTPS",
            Port=443,
            SslPolicy="ELBSecurityPolicy-Nope",
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
        )


def test_fifty_tags_an_object(balancer):
    arn = balancer.create()["LoadBalancerArn"]
    tags = [{"Key": f"key{number}", "Value": "v"} for number in range(49)]
    balancer.elb.add_tags(ResourceArns=[arn], Tags=tags)
    with refused("TooManyTags"):
        balancer.elb.add_tags(ResourceArns=[arn], Tags=[{"Key": f"more{number}", "Value": "v"} for number in range(2)])
