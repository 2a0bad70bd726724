"""One sandbox for the whole session; every test begins with an empty account."""

import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3
import pytest
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[1]
# As ajuda starts it, and with what only tests have. Nothing is compiled into the sources (-B): cargo watches them.
SANDBOX = [sys.executable, "-I", "-B", str(ROOT / "launch.py")]
HARNESS = ["--harness", str(ROOT / "harness")]


class Running:
    """A sandbox that answers, with clients for it and its control API."""

    def __init__(self, *options, harness=HARNESS):
        self._home = tempfile.TemporaryDirectory()
        self.state_file = pathlib.Path(self._home.name) / "state.json"
        self.process = subprocess.Popen(
            [*SANDBOX, *harness, "--port", "0", "--state", str(self.state_file), *options],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said = self.process.stdout.readline()
        assert self.said, "the sandbox did not start"
        self.state = json.loads(self.state_file.read_text())
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
        return control(self.state, method, path, body)

    def stop(self):
        """Ends the process and waits for it."""
        self.process.terminate()
        self.process.wait()
        self._home.cleanup()


def until(true):
    """Waits as long as it takes: whoever runs the tests has a limit."""
    while not true():
        time.sleep(0.01)


def control(state, method, path, body=None):
    """One call of the control API of the sandbox with this state file; the decoded reply."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {state['token']}"}
    request = urllib.request.Request(f"{state['url']}/_sandbox/{path}", data=data, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


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
    running.control("POST", "round-trips", {"quiet_ms": 0})
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
