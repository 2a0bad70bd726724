"""One sandbox for the whole session; every test begins with an empty account."""

import json
import os
import pathlib
import subprocess
import sys
import urllib.request

import boto3
import pytest
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Running:
    """A sandbox that answers, with clients for it and its control API."""

    def __init__(self, *options):
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src" / "sandbox")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ajuda_sandbox", "--port", "0", *options],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        assert line, "the sandbox did not start"
        self.state = json.loads(line)
        self.url = self.state["url"]
        self._clients = {}

    def client(self, service, region="us-east-1", **config):
        """A boto3 client of one service, without retries."""
        key = (service, region, tuple(sorted(config)))
        if key not in self._clients:
            settings = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **config)
            self._clients[key] = boto3.client(
                service,
                region_name=region,
                endpoint_url=self.url,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=settings,
            )
        return self._clients[key]

    def control(self, method, path, body=None):
        """One call of the control API; the decoded reply."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_sandbox/{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)

    def stop(self):
        """Ends the process and waits for it."""
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="session")
def instant_sandbox():
    """Everything is ready the next time it is asked for."""
    running = Running("--clock", "instant")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def ticking_sandbox():
    """Three AWS seconds a call, for tests that watch states pass: however busy the machine, none is missed."""
    running = Running("--clock", "step:3")
    yield running
    running.stop()


def _fresh(running):
    running.control("DELETE", "faults")
    running.control("POST", "waves", {"quiet_ms": 0})
    running.control("POST", "reset")
    return running


@pytest.fixture
def sandbox(instant_sandbox):
    """An empty account whose clock is instant; `sandbox.client("ecs")` is a boto3 client."""
    return _fresh(instant_sandbox)


@pytest.fixture
def ticking(ticking_sandbox):
    """An empty account whose clock runs."""
    return _fresh(ticking_sandbox)
