"""The server itself: record, faults, wire formats, start and stop."""

import concurrent.futures
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, HTTPClientError

from conftest import ROOT, SANDBOX, Running, control, until

SERVICES = [
    ("ec2", "describe_vpcs", "ec2", "DescribeVpcs"),
    ("rds", "describe_db_instances", "rds", "DescribeDBInstances"),
    ("iam", "list_roles", "iam", "ListRoles"),
    ("s3", "list_buckets", "s3", "ListBuckets"),
    ("elbv2", "describe_load_balancers", "elasticloadbalancing", "DescribeLoadBalancers"),
    ("ecs", "list_clusters", "ecs", "ListClusters"),
    ("ecr", "describe_repositories", "ecr", "DescribeRepositories"),
    ("logs", "describe_log_groups", "logs", "DescribeLogGroups"),
    ("cloudwatch", "describe_alarms", "monitoring", "DescribeAlarms"),
    ("secretsmanager", "list_secrets", "secretsmanager", "ListSecrets"),
    ("servicediscovery", "list_namespaces", "servicediscovery", "ListNamespaces"),
    ("acm", "list_certificates", "acm", "ListCertificates"),
    ("route53", "list_hosted_zones", "route53", "ListHostedZones"),
    ("elasticache", "describe_cache_subnet_groups", "elasticache", "DescribeCacheSubnetGroups"),
    ("sns", "list_topics", "sns", "ListTopics"),
    ("sts", "get_caller_identity", "sts", "GetCallerIdentity"),
    ("resourcegroupstaggingapi", "get_resources", "tagging", "GetResources"),
]


@pytest.mark.parametrize("client,method,service,operation", SERVICES)
def test_every_service_answers_and_is_named(sandbox, client, method, service, operation):
    getattr(sandbox.client(client), method)()
    entry = sandbox.control("GET", "requests")[-1]
    assert (entry["service"], entry["operation"]) == (service, operation)
    assert entry["reading"] and entry["status"] == 200 and entry["id"] and entry["region"] == "us-east-1"


def test_rest_operations_are_named(sandbox):
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="bucket-of-ours")
    s3.put_bucket_versioning(Bucket="bucket-of-ours", VersioningConfiguration={"Status": "Enabled"})
    s3.get_bucket_versioning(Bucket="bucket-of-ours")
    s3.put_object(Bucket="bucket-of-ours", Key="a/b c", Body=b"x" * 100)
    s3.head_object(Bucket="bucket-of-ours", Key="a/b c")
    operations = [entry["operation"] for entry in sandbox.control("GET", "requests")]
    assert operations == ["CreateBucket", "PutBucketVersioning", "GetBucketVersioning", "PutObject", "HeadObject"]


def test_a_streamed_body_with_a_trailing_checksum_is_stored_as_it_was(sandbox):
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="bucket-of-ours")
    body = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
    request = urllib.request.Request(
        f"{sandbox.url}/bucket-of-ours/key",
        data=body,
        method="PUT",
        headers={
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0",
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aws-chunked",
            "X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "X-Amz-Decoded-Content-Length": "5",
            "X-Amz-Trailer": "x-amz-checksum-crc32",
        },
    )
    assert urllib.request.urlopen(request).status == 200
    assert s3.get_object(Bucket="bucket-of-ours", Key="key")["Body"].read() == b"hello"


def test_record_can_be_read_from_a_point_and_cleared(sandbox):
    sts = sandbox.client("sts")
    sts.get_caller_identity()
    seq = sandbox.control("GET", "requests")[-1]["seq"]
    sts.get_caller_identity()
    assert [entry["seq"] for entry in sandbox.control("GET", f"requests?since={seq}")] == [seq + 1]
    sandbox.control("DELETE", "requests")
    assert sandbox.control("GET", "requests") == []


THROTTLES = {
    "ec2": "RequestLimitExceeded", "rds": "Throttling", "iam": "Throttling", "s3": "SlowDown",
    "elbv2": "Throttling", "ecs": "ThrottlingException", "cloudwatch": "ThrottlingException",
    "secretsmanager": "ThrottlingException", "servicediscovery": "ThrottlingException", "route53": "Throttling",
}


@pytest.mark.parametrize("client,method,service,operation", [row for row in SERVICES if row[0] in THROTTLES])
def test_faults_speak_the_services_own_format(sandbox, client, method, service, operation):
    call = getattr(sandbox.client(client), method)
    for action, code in (("throttle", THROTTLES[client]), ("error500", None), ("deny", None)):
        sandbox.control("POST", "faults", {"rules": [{"operation": operation, "action": action, "times": 1}]})
        with pytest.raises(ClientError) as refused:
            call()
        error = refused.value.response
        assert error["Error"]["Message"]
        if code:
            assert error["Error"]["Code"] == code
        if action == "error500":
            assert error["ResponseMetadata"]["HTTPStatusCode"] == 500
        if action == "deny":
            assert operation in error["Error"]["Message"]
        assert sandbox.control("GET", "requests")[-1]["error_code"] == error["Error"]["Code"]
        call()
        assert sandbox.control("GET", "faults")["rules"][0]["fired"] == 1


def test_a_rule_can_wait_for_the_nth_mutating_call_and_say_anything(sandbox):
    rule = {"service": "logs", "mutating": True, "nth": 2, "code": "LimitExceededException", "message": "too many", "http": 400}
    sandbox.control("POST", "faults", {"rules": [rule]})
    logs = sandbox.client("logs")
    logs.create_log_group(logGroupName="one")
    logs.describe_log_groups()
    with pytest.raises(logs.exceptions.LimitExceededException, match="too many"):
        logs.create_log_group(logGroupName="two")
    logs.create_log_group(logGroupName="three")
    assert [g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]] == ["one", "three"]


@pytest.mark.parametrize("action,applied", [("cut-before", 1), ("cut-after", 2)])
def test_a_rule_can_count_what_is_carried_out_alone(sandbox, action, applied):
    rule = {"operation": "CreateLogGroup", "nth": 2, "carried_out": True, "action": action, "times": 1}
    logs = sandbox.client("logs")
    sandbox.control("POST", "faults", {"rules": [rule]})
    logs.create_log_group(logGroupName="one")
    if action == "cut-after":
        # Refused, so that it is not the second, and nothing goes wrong.
        with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName="one")
    with pytest.raises((ConnectionClosedError, EndpointConnectionError, HTTPClientError)):
        logs.create_log_group(logGroupName="two")
    assert len(logs.describe_log_groups()["logGroups"]) == applied
    assert sandbox.control("GET", "faults")["rules"][0]["fired"] == 1


@pytest.mark.parametrize("action,applied", [("cut-before", 0), ("cut-after", 1)])
def test_a_cut_connection(sandbox, action, applied):
    sandbox.control("POST", "faults", {"rules": [{"operation": "CreateLogGroup", "action": action, "times": 1}]})
    logs = sandbox.client("logs")
    with pytest.raises((ConnectionClosedError, EndpointConnectionError, HTTPClientError)):
        logs.create_log_group(logGroupName="one")
    assert len(logs.describe_log_groups()["logGroups"]) == applied


@pytest.mark.parametrize("action,applied", [("kill-before", 0), ("kill-after", 1)])
def test_a_killed_client(sandbox, action, applied):
    victim = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    sandbox.control("POST", "victims", {"pid": victim.pid})
    sandbox.control("POST", "faults", {"rules": [{"operation": "CreateLogGroup", "action": action, "pid": victim.pid, "times": 1}]})
    logs = sandbox.client("logs")
    with pytest.raises((ConnectionClosedError, EndpointConnectionError, HTTPClientError)):
        logs.create_log_group(logGroupName="one")
    assert victim.wait() == -signal.SIGKILL
    assert len(logs.describe_log_groups()["logGroups"]) == applied


def test_a_held_call_goes_when_the_faults_are_deleted(sandbox):
    sandbox.control("POST", "faults", {"rules": [{"operation": "CreateLogGroup", "action": "hold-before"}]})
    with concurrent.futures.ThreadPoolExecutor() as pool:
        held = pool.submit(sandbox.client("logs").create_log_group, logGroupName="one")
        until(lambda: sandbox.control("GET", "requests"))
        assert not held.done()
        assert sandbox.client("logs").describe_log_groups()["logGroups"] == []
        sandbox.control("DELETE", "faults")
        held.result()


def test_calls_that_take_long_do_not_hold_up_others(sandbox):
    sandbox.control("POST", "faults", {"rules": [{"service": "sts", "action": "hold-before"}]})
    sts = sandbox.client("sts", max_pool_connections=30)
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        held = [pool.submit(sts.get_caller_identity) for _ in range(30)]
        until(lambda: len(sandbox.control("GET", "requests")) == 30)
        assert not any(call.done() for call in held)
        sandbox.control("DELETE", "faults")
        assert all(call.result()["Account"] for call in held)


def test_a_hundred_at_once(sandbox):
    ec2 = sandbox.client("ec2", max_pool_connections=100)
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        assert len(list(pool.map(lambda _: ec2.describe_vpcs()["Vpcs"], range(200)))) == 200


def test_alarms_keep_their_times_in_cbor(sandbox):
    cloudwatch = sandbox.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="busy", Namespace="AWS/RDS", MetricName="CPUUtilization", Statistic="Average", Period=60,
        EvaluationPeriods=5, Threshold=80.5, ComparisonOperator="GreaterThanThreshold", AlarmDescription="é",
        Dimensions=[{"Name": "DBInstanceIdentifier", "Value": "main"}],
    )
    alarm = cloudwatch.describe_alarms(AlarmNames=["busy"])["MetricAlarms"][0]
    assert alarm["Threshold"] == 80.5 and alarm["Dimensions"][0]["Value"] == "main" and alarm["AlarmDescription"] == "é"
    assert alarm["AlarmConfigurationUpdatedTimestamp"].year > 2000


def test_starts_says_where_and_ends():
    running = Running("--clock", "480")
    try:
        assert {**json.loads(running.said), "token": running.state["token"]} == running.state
        assert running.state["clock"] == "480" and running.state["pid"] == running.process.pid
        taken = subprocess.run([*SANDBOX, "--port", running.url.rsplit(":", 1)[1]], capture_output=True, text=True)
        assert taken.returncode == 98 and "taken" in taken.stderr
        running.control("POST", "stop")
        assert running.process.wait() == 0
        assert not running.state_file.exists()
    finally:
        running.process.kill()


def test_connections_are_kept_alive(sandbox):
    host, port = sandbox.url[len("http://") :].split(":")
    with socket.create_connection((host, int(port))) as connection:
        for _ in range(2):
            request = f"GET /_sandbox/status HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {sandbox.state['token']}\r\n\r\n"
            connection.sendall(request.encode())
            reply = b""
            while b'"pid"' not in reply:
                reply += connection.recv(4096)
            assert reply.startswith(b"HTTP/1.1 200")


def test_an_unknown_control_call_says_so(sandbox):
    with pytest.raises(urllib.error.HTTPError) as refused:
        sandbox.control("GET", "nonsense")
    assert refused.value.code == 404


def test_a_copy_has_everything_and_goes_its_own_way(sandbox):
    logs = sandbox.client("logs")
    logs.create_log_group(logGroupName="one")
    copy = sandbox.control("POST", "fork")
    assert copy["pid"] != sandbox.state["pid"] and copy["clock"] == "instant"
    theirs = boto3.client(
        "logs", region_name="us-east-1", endpoint_url=copy["url"], aws_access_key_id="t", aws_secret_access_key="t"
    )
    assert [g["logGroupName"] for g in theirs.describe_log_groups()["logGroups"]] == ["one"]
    theirs.create_log_group(logGroupName="two")
    assert [g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]] == ["one"]
    assert copy["token"] != sandbox.state["token"]
    assert control(copy, "POST", "stop") == {"stopping": True}
    until(lambda: not os.path.exists(f"/proc/{copy['pid']}"))


def test_a_rule_can_wait_for_what_a_call_is_about(sandbox):
    ec2 = sandbox.client("ec2")
    named = [{"ResourceType": "vpc", "Tags": [{"Key": "ajuda:address", "Value": "vpc/main"}]}]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=named)["Vpc"]["VpcId"]
    other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    rule = {"operation": "DeleteVpc", "about": "vpc/main", "nth": 1, "action": "error500"}
    sandbox.control("POST", "faults", {"rules": [rule]})
    ec2.delete_vpc(VpcId=other)
    with pytest.raises(ClientError):
        ec2.delete_vpc(VpcId=vpc)
    ec2.delete_vpc(VpcId=vpc)
    about = [entry["about"] for entry in sandbox.control("GET", "requests")]
    assert about == ["vpc/main", "10.1.0.0/16", "10.1.0.0/16", "vpc/main", "vpc/main"]


def test_every_module_that_puts_something_on_top_of_moto_is_in_the_list():
    package = ROOT / "ajuda_sandbox"
    names = set()
    for path in package.rglob("*.py"):
        if re.search(r"^def install\(sandbox\)", path.read_text(), re.MULTILINE):
            names.add(".".join(path.relative_to(package).with_suffix("").parts).removesuffix(".__init__"))
    sys.path.insert(0, str(ROOT))
    try:
        from ajuda_sandbox.sandbox import INSTALLED
    finally:
        sys.path.pop(0)
    assert sorted(INSTALLED) == sorted(names)
