"""Blue/green, linear and canary deployments: shifts, swaps, ways back, refusals."""

import json

import pytest
from botocore.exceptions import ClientError

import stack_parts
from stack import TRUST, Stack

STAGES = (
    "PRE_SCALE_UP SCALE_UP POST_SCALE_UP PRODUCTION_TRAFFIC_SHIFT POST_PRODUCTION_TRAFFIC_SHIFT BAKE_TIME CLEAN_UP"
).split()
BLUE_GREEN = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1}
LINEAR = {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 40.0, "stepBakeTimeInMinutes": 1}}
CANARY = {
    "strategy": "CANARY",
    "bakeTimeInMinutes": 1,
    "canaryConfiguration": {"canaryPercent": 2.5, "canaryBakeTimeInMinutes": 1},
}
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


class Two:
    """A stack whose service `app` has two target groups behind one rule."""

    def __init__(self, sandbox):
        self.stack = stack = Stack(sandbox)
        self.blue, self.green = stack.target_group, self.group("green")
        listener = stack.elbv2.create_listener(
            LoadBalancerArn=stack.balancer, Protocol="HTTP", Port=80, DefaultActions=[answer()]
        )
        self.listener = listener["Listeners"][0]["ListenerArn"]
        self.rule = self.rule_of(1, forward({self.blue: 1, self.green: 0}))
        trust = TRUST.replace("ecs-tasks", "ecs")
        role = sandbox.client("iam").create_role(RoleName="balancing", AssumeRolePolicyDocument=trust)
        self.advanced = {
            "alternateTargetGroupArn": self.green,
            "productionListenerRule": self.rule,
            "roleArn": role["Role"]["Arn"],
        }

    def group(self, name):
        """One more target group; its ARN."""
        groups = self.stack.elbv2.create_target_group(
            Name=name, Protocol="HTTP", Port=8080, VpcId=self.stack.vpc, TargetType="ip", HealthCheckPath="/health"
        )
        return groups["TargetGroups"][0]["TargetGroupArn"]

    def rule_of(self, priority, *actions):
        """A rule for every path; its ARN."""
        rules = self.stack.elbv2.create_rule(
            ListenerArn=self.listener, Priority=priority, Actions=list(actions),
            Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
        )
        return rules["Rules"][0]["RuleArn"]

    def balancers(self, **changed):
        """loadBalancers, with advancedConfiguration."""
        advanced = {key: value for key, value in {**self.advanced, **changed}.items() if value}
        plain = {"targetGroupArn": self.blue, "containerName": "app", "containerPort": 8080}
        return [{**plain, "advancedConfiguration": advanced}]

    def serve(self, configuration, **more):
        """Creates the service and waits for it."""
        more.setdefault("loadBalancers", self.balancers())
        made = self.stack.serve(self.stack.define(), deploymentConfiguration=configuration, **more)
        self.stack.settle(done, 2000)
        return made

    def update(self, **more):
        """UpdateService; its service."""
        return self.stack.ecs.update_service(cluster="main", service="app", **more)["service"]

    def weights(self):
        """(blue's weight, green's weight) in the production rule."""
        rule = self.stack.elbv2.describe_rules(RuleArns=[self.rule])["Rules"][0]
        assert [action["Type"] for action in rule["Actions"]] == ["forward"]
        found = {g["TargetGroupArn"]: g["Weight"] for g in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]}
        return found.get(self.blue, 0), found.get(self.green, 0)

    def newest(self):
        """The newest service deployment, whole."""
        ecs = self.stack.ecs
        arn = ecs.list_service_deployments(cluster="main", service="app")["serviceDeployments"][0]["serviceDeploymentArn"]
        return ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]

    def watch(self, until="SUCCESSFUL", tries=2000):
        """(stages, weights of the rule), each as it came, until the newest deployment is at a status."""
        stages, weights = [], []
        for _ in range(tries):
            found = self.newest()
            note(stages, found["lifecycleStage"])
            note(weights, self.weights())
            if found["status"] == until:
                return stages, weights
        raise AssertionError(f"never {until}: {found} {self.stack.service()}")

    def reach(self, stage, tries=2000):
        """Waits until the newest deployment is at a lifecycle stage."""
        for _ in range(tries):
            found = self.newest()
            if found["lifecycleStage"] == stage:
                return found
        raise AssertionError(f"never at {stage}: {found}")

    def targets(self, group):
        """Addresses that are registered in a target group and not on their way out."""
        health = self.stack.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return {h["Target"]["Id"] for h in health if h["TargetHealth"]["State"] != "draining"}

    def definitions(self):
        """Task definitions of the tasks that are meant to run."""
        return {t["taskDefinitionArn"] for t in self.stack.tasks()}


def note(seen, value):
    if not seen or seen[-1] != value:
        seen.append(value)


def answer():
    return {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}


def forward(weights):
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def done(service):
    return service["deployments"][0]["rolloutState"] == "COMPLETED" and len(service["deployments"]) == 1


@pytest.fixture
def two(ticking):
    return Two(ticking)


@pytest.fixture
def fast(sandbox):
    return Two(sandbox)


@pytest.mark.parametrize(
    "configuration,shifts",
    [(BLUE_GREEN, [(0, 100)]),
     (LINEAR, [(60, 40), (20, 80), (0, 100)]),
     (CANARY, [(975, 25), (0, 100)])],
    ids=["blue_green", "linear", "canary"],
)
def test_traffic_shifts_and_the_old_revision_goes(two, configuration, shifts):
    made = two.serve(configuration)
    assert configuration.items() <= made["deploymentConfiguration"].items()
    assert made["loadBalancers"] == two.balancers()
    first = two.newest()
    assert first["status"] == "SUCCESSFUL" and first["sourceServiceRevisions"] == []
    assert first["targetServiceRevision"]["requestedProductionTrafficWeight"] == 100.0
    assert two.weights() == (1, 0) and len(two.targets(two.blue)) == 1 and not two.targets(two.green)
    new = two.stack.define(two.stack.image("v2"))
    two.update(taskDefinition=new)
    stages, weights = two.watch()
    bakes = configuration.get("bakeTimeInMinutes", 0)
    assert stages == [s for s in STAGES if bakes or s != "BAKE_TIME"] and weights == [(1, 0), *shifts]
    assert two.definitions() == {new} and not two.targets(two.blue)
    found = two.newest()["targetServiceRevision"]
    assert found["requestedProductionTrafficWeight"] == 100.0
    revision = two.stack.ecs.describe_service_revisions(serviceRevisionArns=[found["arn"]])["serviceRevisions"][0]
    resolved = [{"targetGroupArn": two.green, "productionListenerRule": two.rule}]
    assert revision["resolvedConfiguration"] == {"loadBalancers": resolved}


def test_both_revisions_run_until_the_end(two):
    two.serve({**CANARY, "bakeTimeInMinutes": 10})
    old, new = two.definitions(), two.stack.define(two.stack.image("v2"))
    after = two.update(taskDefinition=new, desiredCount=2)
    assert [d["status"] for d in after["deployments"]] == ["PRIMARY", "ACTIVE"]
    for stage, share in (("PRODUCTION_TRAFFIC_SHIFT", 2.5), ("BAKE_TIME", 100.0)):
        found = two.reach(stage)
        green, (blue,) = found["targetServiceRevision"], found["sourceServiceRevisions"]
        counts = {"requestedTaskCount": 2, "runningTaskCount": 2, "pendingTaskCount": 0}
        assert counts.items() <= green.items() and counts.items() <= blue.items()
        weights = [revision["requestedProductionTrafficWeight"] for revision in (green, blue)]
        assert weights == [share, 100.0 - share]
        shown = [(d["status"], d["rolloutState"], d["desiredCount"]) for d in two.stack.service()["deployments"]]
        assert shown == [("PRIMARY", "IN_PROGRESS", 2), ("ACTIVE", "COMPLETED", 2)]
        assert two.definitions() == old | {new}
        assert len(two.targets(two.blue)) == len(two.targets(two.green)) == 2
    two.watch()
    assert two.definitions() == {new}


def test_the_groups_swap_and_swap_back(two):
    two.serve(BLUE_GREEN)
    two.update(forceNewDeployment=True)
    stages, weights = two.watch()
    assert stages == STAGES and weights == [(1, 0), (0, 100)]
    two.update(forceNewDeployment=True)
    _, weights = two.watch()
    assert weights == [(0, 100), (100, 0)]
    assert two.targets(two.blue) and not two.targets(two.green)
    two.update(forceNewDeployment=True)
    assert two.watch()[1] == [(100, 0), (0, 100)]


def test_times_are_the_minutes_asked_for(two):
    two.serve({**BLUE_GREEN, "bakeTimeInMinutes": 5})
    two.update(forceNewDeployment=True)
    began = two.reach("BAKE_TIME")["updatedAt"]
    ended = two.reach("CLEAN_UP")["updatedAt"]
    assert (ended - began).total_seconds() == pytest.approx(300, abs=0.1)


def test_a_test_rule_adds_its_stages(two):
    balancers = two.balancers(testListenerRule=two.rule_of(2, forward({two.green: 1})))
    assert two.serve(BLUE_GREEN, loadBalancers=balancers)["loadBalancers"] == balancers
    two.update(forceNewDeployment=True)
    assert two.watch()[0] == STAGES[:3] + ["TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT"] + STAGES[3:]


@pytest.mark.parametrize("configuration", [BLUE_GREEN, LINEAR, CANARY], ids=["blue_green", "linear", "canary"])
def test_service_connect_needs_no_balancer(two, configuration):
    two.stack.sandbox.client("servicediscovery").create_http_namespace(Name="main.local")
    connect = {"enabled": True, "namespace": "main.local", "services": [{"portName": "http", "discoveryName": "app"}]}
    two.serve(configuration, loadBalancers=[], serviceConnectConfiguration=connect)
    two.update(forceNewDeployment=True)
    shares = []
    while not shares or two.newest()["status"] == "IN_PROGRESS":
        note(shares, two.newest()["targetServiceRevision"]["requestedProductionTrafficWeight"])
    expected = {"BLUE_GREEN": [0, 100], "LINEAR": [0, 40, 80, 100], "CANARY": [0, 2.5, 100]}
    assert shares == expected[configuration["strategy"]]
    assert two.weights() == (1, 0) and done(two.stack.service())


def test_blue_green_without_anything_to_shift(fast):
    fast.serve(BLUE_GREEN, loadBalancers=[])
    new = fast.stack.define()
    fast.update(taskDefinition=new)
    fast.watch()
    assert fast.definitions() == {new}


@pytest.mark.parametrize("behaviour", ["crash", "unhealthy", "missing"])
def test_a_bad_image_never_gets_traffic(two, behaviour):
    two.serve({**BLUE_GREEN, **BREAKER})
    good = two.definitions()
    kept = {t["taskArn"] for t in two.stack.tasks()}
    two.update(taskDefinition=two.stack.define(two.stack.image("bad", behaviour)))
    stages, weights = two.watch("ROLLBACK_SUCCESSFUL")
    assert stages == STAGES[:2] and weights == [(1, 0)]
    found = two.stack.settle(done, 2000)
    assert found["taskDefinition"] in good and {t["taskArn"] for t in two.stack.tasks()} == kept
    assert two.newest()["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    two.update(forceNewDeployment=True)
    assert two.watch()[1] == [(1, 0), (0, 100)]


def test_a_missing_role_rolls_back_too(two):
    two.serve({**BLUE_GREEN, **BREAKER})
    good = two.definitions()
    two.update(taskDefinition=two.stack.define(executionRoleArn="arn:aws:iam::123456789012:role/none"))
    assert two.watch("ROLLBACK_SUCCESSFUL") == (STAGES[:2], [(1, 0)])
    assert two.definitions() == good and done(two.stack.settle(done, 20))


def test_without_rollback_the_old_revision_goes_on_serving(two):
    two.serve({**BLUE_GREEN, "deploymentCircuitBreaker": {"enable": True, "rollback": False}})
    good = two.definitions()
    two.update(taskDefinition=two.stack.define(two.stack.image("bad", "crash")))
    assert two.watch("STOPPED") == (STAGES[:2], [(1, 0)])
    two.update(desiredCount=2)
    two.stack.settle(lambda s: s["runningCount"] == 2, 2000)
    assert two.definitions() == good and len(two.targets(two.blue)) == 2
    two.stack.ecs.delete_service(cluster="main", service="app", force=True)
    two.stack.settle(lambda s: s["status"] == "INACTIVE", 2000)


def test_a_rule_that_has_gone_fails_the_deployment(two):
    two.serve(BLUE_GREEN)
    good = two.definitions()
    two.rule_of(2, forward({two.blue: 1}))
    two.update(taskDefinition=two.stack.define(two.stack.image("v2")))
    two.reach("SCALE_UP")
    two.stack.elbv2.delete_rule(RuleArn=two.rule)
    while two.newest()["status"] != "ROLLBACK_SUCCESSFUL":
        assert two.newest()["status"] in ("IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL")
    assert "because of invalid networking configuration" in two.newest()["statusReason"]
    assert two.definitions() == good


def test_an_old_task_that_dies_is_replaced_until_the_end(two):
    two.serve({**BLUE_GREEN, "bakeTimeInMinutes": 10})
    (task,) = two.stack.tasks()
    two.update(taskDefinition=two.stack.define(two.stack.image("v2")))
    two.reach("BAKE_TIME")
    two.stack.ecs.stop_task(cluster="main", task=task["taskArn"])
    two.stack.settle(lambda s: [d["runningCount"] for d in s["deployments"]] == [1, 0], 20)
    two.stack.settle(lambda s: [d["runningCount"] for d in s["deployments"]] == [1, 1], 2000)
    assert two.newest()["lifecycleStage"] == "BAKE_TIME"


def test_a_first_blue_green_deployment_that_fails_brings_the_rolling_revision_back(two):
    plain = [{"targetGroupArn": two.blue, "containerName": "app", "containerPort": 8080}]
    two.serve(BREAKER, loadBalancers=plain)
    good = two.definitions()
    bad = two.stack.define(two.stack.image("bad", "crash"))
    two.update(taskDefinition=bad, deploymentConfiguration=BLUE_GREEN, loadBalancers=two.balancers())
    assert two.watch("ROLLBACK_SUCCESSFUL") == (STAGES[:2], [(1, 0)])
    found = two.stack.settle(done, 2000)
    assert found["loadBalancers"] == plain and two.definitions() == good
    two.update(forceNewDeployment=True, loadBalancers=two.balancers())
    assert two.watch()[1] == [(1, 0), (0, 100)]


def test_a_crash_while_traffic_shifts_gives_it_back(two):
    two.serve({**CANARY, **BREAKER})
    new = two.stack.define(two.stack.image("v2"))
    two.update(taskDefinition=new)
    two.reach("PRODUCTION_TRAFFIC_SHIFT")
    assert two.weights() == (975, 25)
    two.stack.image("v2", "crash")
    task = next(t for t in two.stack.tasks() if t["taskDefinitionArn"] == new)
    two.stack.ecs.stop_task(cluster="main", task=task["taskArn"])
    while two.newest()["status"] == "IN_PROGRESS":
        assert two.newest()["lifecycleStage"] == "PRODUCTION_TRAFFIC_SHIFT"
    assert two.newest()["status"] == "ROLLBACK_IN_PROGRESS" and two.weights() == (100, 0)
    assert two.watch("ROLLBACK_SUCCESSFUL")[1] == [(100, 0)]
    assert new not in two.definitions() and len(two.targets(two.blue)) == 1


@pytest.mark.parametrize("stage", ["SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME"])
def test_a_deployment_can_be_rolled_back_at_any_stage(two, stage):
    two.serve(CANARY)
    good = two.stack.service()["taskDefinition"]
    kept = {t["taskArn"] for t in two.stack.tasks()}
    two.update(taskDefinition=two.stack.define(two.stack.image("v2")))
    arn = two.reach(stage)["serviceDeploymentArn"]
    two.stack.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    assert two.newest()["status"] == "ROLLBACK_IN_PROGRESS"
    shifted = stage != "SCALE_UP"
    assert two.watch("ROLLBACK_SUCCESSFUL")[1] == [(100, 0) if shifted else (1, 0)]
    found = two.stack.settle(done, 2000)
    assert found["taskDefinition"] == good and {t["taskArn"] for t in two.stack.tasks()} == kept
    revisions = two.newest()
    assert revisions["rollback"]["serviceRevisionArn"] == found["currentServiceRevisions"][0]["arn"]
    assert revisions["targetServiceRevision"]["requestedProductionTrafficWeight"] == 0.0


def test_an_abort_is_refused_and_the_deployment_goes_on(two):
    two.serve(CANARY)
    aborted = two.stack.define(two.stack.image("v2"))
    two.update(taskDefinition=aborted)
    arn = two.reach("PRODUCTION_TRAFFIC_SHIFT")["serviceDeploymentArn"]
    with stack_parts.refused("InvalidParameterException", "ROLLBACK"):
        two.stack.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ABORT")
    assert two.newest()["status"] == "IN_PROGRESS"
    two.watch()
    assert two.definitions() == {aborted}


@pytest.mark.parametrize("stage", ["SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME"])
def test_the_newest_of_two_updates_wins(two, stage):
    two.serve(CANARY)
    two.update(taskDefinition=two.stack.define(two.stack.image("v2")))
    replaced = two.reach(stage)["serviceDeploymentArn"]
    new = two.stack.define()
    two.update(taskDefinition=new)
    stages, weights = two.watch()
    assert stages == ["RECONCILE_SERVICE"] + STAGES
    assert weights[0] in ((1, 0), (100, 0)) and weights[1:] == [(975, 25), (0, 100)]
    assert two.definitions() == {new} and not two.targets(two.blue)
    found = two.stack.ecs.describe_service_deployments(serviceDeploymentArns=[replaced])["serviceDeployments"][0]
    assert found["status"] == "STOPPED"


def test_a_second_update_during_the_first_deployment_wins(two):
    stack = two.stack
    stack.serve(stack.define(stack.image("bad", "crash")), deploymentConfiguration=BLUE_GREEN, loadBalancers=two.balancers())
    two.reach("SCALE_UP")
    new = stack.define()
    two.update(taskDefinition=new)
    assert two.watch()[1] == [(1, 0), (0, 100)] and two.definitions() == {new}


def test_scaling_while_both_run_scales_both(two):
    two.serve(BLUE_GREEN)
    two.update(taskDefinition=two.stack.define(two.stack.image("v2")))
    two.reach("BAKE_TIME")
    two.update(desiredCount=3)
    two.watch()
    assert len(two.stack.tasks()) == len(two.targets(two.green)) == 3
    two.update(desiredCount=0)
    two.stack.settle(lambda s: s["runningCount"] == 0, 2000)
    two.update(forceNewDeployment=True)
    two.watch()
    two.update(desiredCount=1)
    two.stack.settle(lambda s: s["runningCount"] == 1, 2000)
    assert len(two.targets(two.blue)) == 1 and two.weights() == (100, 0)


@pytest.mark.parametrize("stage", ["SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"])
def test_force_deletes_it_at_any_stage(two, stage):
    two.serve(BLUE_GREEN)
    two.update(taskDefinition=two.stack.define(two.stack.image("v2")))
    two.reach(stage)
    two.stack.ecs.delete_service(cluster="main", service="app", force=True)
    two.stack.settle(lambda s: s["status"] == "INACTIVE", 2000)
    assert two.newest()["lifecycleStage"] == stage and not two.stack.tasks()
    two.serve(BLUE_GREEN)
    serving = two.blue if stage == "SCALE_UP" else two.green
    assert len(two.targets(serving)) == 1


def test_a_rolling_service_becomes_blue_green_and_rolling_again(two):
    two.serve({}, loadBalancers=[{key: v for key, v in two.balancers()[0].items() if key != "advancedConfiguration"}])
    assert "lifecycleStage" not in two.newest()
    made = two.update(deploymentConfiguration=BLUE_GREEN, loadBalancers=two.balancers())
    assert made["deploymentConfiguration"]["strategy"] == "BLUE_GREEN" and len(made["deployments"]) == 2
    assert two.watch() == (STAGES, [(1, 0), (0, 100)])
    made = two.update(deploymentConfiguration=CANARY)
    assert made["deploymentConfiguration"]["canaryConfiguration"] == CANARY["canaryConfiguration"]
    assert len(made["deployments"]) == 1
    made = two.update(deploymentConfiguration={"strategy": "ROLLING"}, forceNewDeployment=True)
    assert "canaryConfiguration" not in made["deploymentConfiguration"]
    two.stack.settle(done, 2000)
    assert two.weights() == (0, 100) and len(two.targets(two.green)) == 1 and not two.targets(two.blue)
    two.update(deploymentConfiguration=BLUE_GREEN, forceNewDeployment=True)
    assert two.watch()[1] == [(0, 100), (100, 0)]
    plain = [{"targetGroupArn": two.blue, "containerName": "app", "containerPort": 8080}]
    two.update(deploymentConfiguration={"strategy": "ROLLING"}, loadBalancers=plain)
    found = two.stack.settle(done, 2000)
    assert found["loadBalancers"] == plain and len(two.targets(two.blue)) == 1


def test_defaults_of_the_strategies(fast):
    made = fast.stack.serve(fast.stack.define(), loadBalancers=fast.balancers(), deploymentConfiguration={"strategy": "LINEAR"})
    linear = {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}
    assert made["deploymentConfiguration"]["linearConfiguration"] == linear
    made = fast.update(deploymentConfiguration={"strategy": "CANARY"})
    canary = {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}
    assert made["deploymentConfiguration"]["canaryConfiguration"] == canary
    assert made["deploymentConfiguration"]["bakeTimeInMinutes"] == 0


@pytest.mark.parametrize(
    "configuration,part",
    [({"strategy": "BLUE_GREEN"}, "bakeTimeInMinutes is required"),
     ({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1441}, "bakeTimeInMinutes must be from 0 to 1440"),
     ({**BLUE_GREEN, "linearConfiguration": {}}, "linearConfiguration is only valid when the deployment strategy is LINEAR"),
     ({**LINEAR, "canaryConfiguration": {}}, "canaryConfiguration is only valid when the deployment strategy is CANARY"),
     ({"canaryConfiguration": {}}, "canaryConfiguration is only valid"),
     ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 2.9}}, "stepPercent must be a multiple of 0.1 from 3.0"),
     ({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 3.05}}, "stepPercent must be a multiple"),
     ({"strategy": "LINEAR", "linearConfiguration": {"stepBakeTimeInMinutes": 1441}}, "stepBakeTimeInMinutes must be"),
     ({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0.0}}, "canaryPercent must be a multiple of 0.1 from 0.1"),
     ({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 100.1}}, "canaryPercent must be"),
     ({"strategy": "CANARY", "canaryConfiguration": {"canaryBakeTimeInMinutes": -1}}, "canaryBakeTimeInMinutes must be")],
)
def test_refused_configurations(fast, configuration, part):
    refused(fast, part, deploymentConfiguration=configuration)


@pytest.mark.parametrize("strategy", ["LINEAR", "CANARY"])
def test_refused_without_anything_to_shift(fast, strategy):
    refused(fast, "requires a load balancer or Service Connect", deploymentConfiguration={"strategy": strategy}, loadBalancers=[])


def other_role(two):
    return two.stack.roles["task"]


def listener(two):
    return two.listener


def mixed(two):
    login = {
        "Type": "authenticate-oidc",
        "Order": 1,
        "AuthenticateOidcConfig": {
            "Issuer": "https://a.example", "AuthorizationEndpoint": "https://a.example/a", "TokenEndpoint": "https://a.example/t",
            "UserInfoEndpoint": "https://a.example/u", "ClientId": "a", "ClientSecret": "b",
        },
    }
    return two.rule_of(5, login, {**forward({two.blue: 1}), "Order": 2})


def elsewhere(two):
    return two.rule_of(6, forward({two.group("third"): 1}))


def only_green(two):
    return two.rule_of(7, forward({two.green: 1}))


def fixed(two):
    return two.rule_of(8, answer())


def primary(two):
    return two.blue


def missing(two):
    return None


def unknown(two):
    return "arn:aws:iam::123456789012:role/none"


def no_rule(two):
    return f"{two.rule}0"


def no_group(two):
    return f"{two.green}0"


@pytest.mark.parametrize(
    "key,value,part",
    [("alternateTargetGroupArn", missing, "alternateTargetGroupArn is required in advancedConfiguration."),
     ("alternateTargetGroupArn", no_group, "does not exist"),
     ("alternateTargetGroupArn", primary, "Duplicate targetGroupArn found: "),
     ("productionListenerRule", missing, "productionListenerRule is required in advancedConfiguration."),
     ("productionListenerRule", no_rule, "does not exist"),
     ("productionListenerRule", listener, "productionListenerRule has an invalid ARN format."),
     ("productionListenerRule", elsewhere, "Production listener rule is forwarding traffic to unexpected target group"),
     ("productionListenerRule", only_green, "testListenerRule is required when productionListenerRule is not associated"),
     ("productionListenerRule", mixed, "must have one forward action and no other."),
     ("productionListenerRule", fixed, "must have one forward action and no other."),
     ("testListenerRule", lambda two: two.rule, "cannot be used as both production and test listener rules"),
     ("roleArn", missing, "roleArn is required in advancedConfiguration."),
     ("roleArn", unknown, "does not exist"),
     ("roleArn", other_role, "ECS was unable to manage the ELB resources due to missing permissions")],
)
def test_refused_advanced_configurations(fast, key, value, part):
    advanced = fast.balancers(**{key: value(fast)})
    if key == "productionListenerRule":  # the primary group keeps its load balancer
        fast.rule_of(9, forward({fast.blue: 1}))
    refused(fast, part, deploymentConfiguration=BLUE_GREEN, loadBalancers=advanced)


def test_advanced_configuration_is_for_all_balancers(fast):
    plain = {"targetGroupArn": fast.blue, "containerName": "app", "containerPort": 8080}
    part = "advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy"
    refused(fast, part, deploymentConfiguration=BLUE_GREEN, loadBalancers=[plain])
    third = fast.group("third")
    fast.rule_of(3, forward({third: 1}))
    part = "Either all or none of the provided loadBalancers must have advancedConfiguration defined"
    refused(fast, part, deploymentConfiguration=BLUE_GREEN, loadBalancers=[*fast.balancers(), {**plain, "targetGroupArn": third}])
    fast.serve({})
    with pytest.raises(ClientError) as refusal:
        fast.update(deploymentConfiguration={"strategy": "BLUE_GREEN"})
    assert "bakeTimeInMinutes is required" in refusal.value.response["Error"]["Message"]


def test_a_role_that_trusts_several_services_will_do(fast):
    trust = json.loads(TRUST)
    trust["Statement"][0]["Principal"]["Service"] = ["ecs-tasks.amazonaws.com", "ecs.amazonaws.com"]
    role = fast.stack.sandbox.client("iam").create_role(RoleName="many", AssumeRolePolicyDocument=json.dumps(trust))
    fast.serve(BLUE_GREEN, loadBalancers=fast.balancers(roleArn=role["Role"]["Arn"]))


def test_a_role_that_asks_whom_ecs_acts_for_is_refused(fast):
    iam = fast.stack.sandbox.client("iam")
    for n, (operator, accepted) in enumerate([("StringEquals", False), ("StringEqualsIfExists", True)]):
        trust = json.loads(TRUST.replace("ecs-tasks", "ecs"))
        trust["Statement"][0]["Condition"] = {operator: {"aws:SourceAccount": "123456789012"}}
        role = iam.create_role(RoleName=f"narrow-{n}", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        asked = dict(deploymentConfiguration=BLUE_GREEN, loadBalancers=fast.balancers(roleArn=role))
        if accepted:
            fast.stack.serve(fast.stack.define(), **asked)
        else:
            refused(fast, "missing permissions on ECS Infrastructure Role", **asked)


def refused(two, part, **asked):
    asked.setdefault("loadBalancers", two.balancers())
    with pytest.raises(ClientError) as refusal:
        two.stack.serve(two.stack.define(), **asked)
    error = refusal.value.response["Error"]
    assert error["Code"] == "InvalidParameterException" and part in error["Message"], error
