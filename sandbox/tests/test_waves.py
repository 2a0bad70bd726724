"""Round trips are counted by what clients do, however long a machine keeps them from it."""

import concurrent.futures
import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from conftest import ROOT, until

QUIET_MS = 20


class Counted:
    """Round trips by a clock that only the test moves, and clients that are at work while it says so."""

    def __init__(self):
        source = ROOT / "harness" / "ajuda_harness" / "round_trips.py"
        spec = importlib.util.spec_from_file_location("round_trips", source)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.now = 0.0
        self.at_work = threading.Event()
        self.looks = 0
        self.trips = module.RoundTrips(self._complete, lambda: self.now)
        self.trips.set(QUIET_MS)

    def _complete(self):
        self.looks += 1
        return not self.at_work.is_set()

    def wait_for(self, held):
        """Until so many requests are held."""
        until(lambda: self.trips.held == held)

    def let_time_pass(self):
        """More than the quiet time."""
        self.now += QUIET_MS / 1000 + 1


def test_waves_count_the_depth_of_round_trips():
    counted = Counted()

    def chain(length):
        numbers = []
        for _ in range(length):
            numbers.append(counted.trips.enter())
            counted.trips.leave(numbers[-1])
        return numbers

    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        chains = [pool.submit(chain, length) for length in (1, 2, 3, 3, 1)]
        for held in (5, 3, 2):
            counted.wait_for(held)
            counted.let_time_pass()
    assert [one.result() for one in chains] == [[1], [1, 2], [1, 2, 3], [1, 2, 3], [1]]
    counted.trips.restart()
    counted.trips.set(0)
    assert counted.trips.enter() is None


def test_a_wave_is_not_over_while_the_one_before_is_not_answered():
    counted = Counted()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        first = pool.submit(counted.trips.enter)
        counted.wait_for(1)
        counted.let_time_pass()
        assert first.result() == 1
        second = pool.submit(counted.trips.enter)
        counted.wait_for(1)
        counted.let_time_pass()
        time.sleep(5 * QUIET_MS / 1000)
        assert not second.done()
        counted.trips.leave(1)
        counted.let_time_pass()
        assert second.result() == 2


def test_a_client_at_work_keeps_its_wave_open():
    counted = Counted()
    counted.at_work.set()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        calls = [pool.submit(counted.trips.enter)]
        counted.wait_for(1)
        counted.let_time_pass()
        until(lambda: counted.looks)
        calls.append(pool.submit(counted.trips.enter))
        counted.wait_for(2)
        counted.at_work.clear()

        def over():
            counted.let_time_pass()
            return all(call.done() for call in calls)

        until(over)
    assert [call.result() for call in calls] == [1, 1]


# Sends two requests at once, and stops between them as if it was not given the processor.
CLIENT = """
import http.client, os, signal, sys
HEADERS = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0",
    "Content-Type": "application/x-www-form-urlencoded",
}
connections = [http.client.HTTPConnection(sys.argv[1]) for _ in range(2)]
for one in connections:
    one.request("POST", "/", "Action=GetCallerIdentity&Version=2011-06-15", HEADERS)
    if one is connections[0]:
        os.kill(os.getpid(), signal.SIGSTOP)
for one in connections:
    assert one.getresponse().status == 200
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what a process does")
@pytest.mark.parametrize("watched", ["process", "thread"])
def test_a_client_that_is_kept_waiting_has_not_sent_all(sandbox, watched):
    sandbox.control("POST", "round-trips", {"quiet_ms": QUIET_MS})
    client = subprocess.Popen([sys.executable, "-c", CLIENT, sandbox.url.removeprefix("http://")])
    if watched == "thread":
        thread = f"{client.pid}/task/{client.pid}"
        sandbox.control("POST", "round-trips", {"quiet_ms": QUIET_MS, "thread": thread})
    _, status = os.waitpid(client.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    time.sleep(20 * QUIET_MS / 1000)
    client.send_signal(signal.SIGCONT)
    assert client.wait() == 0
    assert [entry["round_trip"] for entry in sandbox.control("GET", "requests")] == [1, 1]
    sandbox.control("DELETE", "requests")
    sandbox.client("sts").get_caller_identity()
    assert [entry["round_trip"] for entry in sandbox.control("GET", "requests")] == [1]
