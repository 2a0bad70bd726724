"""A shipped file, brought up in ajuda's sandbox, and the task definitions that came of it."""

import json
import os
import pathlib
import re
import subprocess
import urllib.request

import boto3

# What every `{ env = … }` of a file is given.
VALUE = "a-value-for-tests"


class Stack:
    """A file in a sandbox of its own; `stop` ends both."""

    def __init__(self, file, work):
        self.ajuda, self.work = os.environ["AJUDA"], work
        self.text = file.read_text()
        self.region = re.search(r'^region = "(.*)"', self.text, re.M)[1]
        # one that a run before this left behind
        subprocess.run([self.ajuda, "sandbox", "stop"], capture_output=True)
        self.run("sandbox", "start", "--clock", "instant")
        state = json.loads((pathlib.Path(os.environ["AJUDA_SANDBOX_HOME"]) / "state.json").read_text())
        self.url, self.token = state["url"], state["token"]
        (work / "deploy.toml").write_text(self.settled())
        self.run("deploy", "up", "--yes", "--sandbox")

    def run(self, *words):
        variables = {name: VALUE for name in [*re.findall(r'env = "(\w+)"', self.text), "GOOGLE_CLIENT_SECRET"]}
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "AJUDA_SANDBOX_HOME")}
        done = subprocess.run([self.ajuda, *words], cwd=self.work, env=kept | variables, capture_output=True, text=True)
        assert done.returncode == 0, f"ajuda {' '.join(words)}: {done.stdout}{done.stderr}"

    def client(self, service, **credentials):
        credentials = credentials or {"aws_access_key_id": "ANOTREAL", "aws_secret_access_key": "x"}
        return boto3.client(service, region_name=self.region, endpoint_url=self.url, **credentials)

    def settled(self):
        """The file, with what it says is there already made."""
        text = self.text
        if "\nvpc = " in text:
            vpc, subnets = self.network()
            text = re.sub(r'^vpc = .*', f'vpc = "{vpc}"', text, flags=re.M)
            text = re.sub(r'^public_subnets = .*', f"public_subnets = {json.dumps(subnets[:2])}", text, flags=re.M)
            text = re.sub(r'^private_subnets = .*', f"private_subnets = {json.dumps(subnets[2:])}", text, flags=re.M)
        if "\ncertificate = " in text:
            name = re.search(r'^name = "(.*\..*)"', text, re.M)[1]
            body = json.dumps({"certificates": [name]}).encode()
            who = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
            request = urllib.request.Request(f"{self.url}/_sandbox/seed", body, who)
            arn = json.load(urllib.request.urlopen(request))["certificates"][name]
            text = re.sub(r'^certificate = .*', f'certificate = "{arn}"', text, flags=re.M)
        return text

    def network(self):
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{n}.0/24", AvailabilityZone=self.region + zone)
                   ["Subnet"]["SubnetId"] for n, zone in enumerate("abab")]
        return vpc, subnets

    def tasks(self):
        """The newest task definition of each container, by the container's name."""
        ecs, found = self.client("ecs"), {}
        for arn in ecs.list_task_definitions(sort="ASC")["taskDefinitionArns"]:
            task = Task(ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"])
            task.environment |= {name: self.secret(source) for name, source in task.secrets.items()}
            found[task.container["name"]] = task
        return found

    def secret(self, source):
        """What ECS puts in the place of a `valueFrom`."""
        parts = source.split(":")
        value = self.client("secretsmanager").get_secret_value(SecretId=":".join(parts[:7]))["SecretString"]
        return json.loads(value)[parts[7]] if len(parts) > 7 and parts[7] else value

    def offered(self):
        """Ids under which Bedrock answers chats here: models on demand, and profiles; none that is legacy."""
        bedrock = self.client("bedrock")
        models = {m["modelId"]: m["inferenceTypesSupported"] for m in bedrock.list_foundation_models()["modelSummaries"]
                  if m["modelLifecycle"]["status"] == "ACTIVE" and "TEXT" in m["outputModalities"]}
        profiles = [p["inferenceProfileId"] for p in bedrock.list_inference_profiles()["inferenceProfileSummaries"]]
        on_demand = [model for model, ways in models.items() if "ON_DEMAND" in ways]
        return sorted([*on_demand, *(id for id in profiles if id.split(".", 1)[1] in models)])

    def health_path(self, container):
        groups = self.client("elbv2").describe_target_groups()["TargetGroups"]
        return next(g["HealthCheckPath"] for g in groups if container in g["TargetGroupName"])

    def role(self, task):
        """Credentials of the task's role."""
        answer = self.client("sts").assume_role(RoleArn=task.role, RoleSessionName="open-webui")
        return answer["Credentials"]

    def stop(self):
        self.run("sandbox", "stop")


class Task:
    """A task definition of one container."""

    def __init__(self, definition):
        [self.container] = definition["containerDefinitions"]
        self.role = definition["taskRoleArn"]
        self.memory = int(definition["memory"])
        self.environment = {pair["name"]: pair["value"] for pair in self.container.get("environment", [])}
        self.secrets = {pair["name"]: pair["valueFrom"] for pair in self.container.get("secrets", [])}
        self.command = self.container.get("entryPoint", []) + self.container.get("command", [])
        # Nothing below runs as somebody else than root: no shipped file asks for it.
        assert "user" not in self.container or self.container["name"] not in ("open-webui", "database-setup")
