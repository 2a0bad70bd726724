"""Who may speak to the sandbox, what it keeps, and how it ends."""

import hashlib
import hmac
import json
import os
import socket
import stat
import subprocess
import sys
import threading

import pytest
from conftest import ROOT, Running

SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


def ask(url, method, path, headers, body=b""):
    """One request with these headers and no other: (status, body)."""
    host, port = url[len("http://") :].split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        lines = [f"{method} {path} HTTP/1.1", *headers, f"Content-Length: {len(body)}", "Connection: close"]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        reply = b""
        while part := connection.recv(1 << 16):
            reply += part
    head, _, text = reply.partition(b"\r\n\r\n")
    return int(head.split()[1]), text


def here(sandbox):
    """The Host that is the sandbox's own."""
    return "Host: " + sandbox.url[len("http://") :]


def bearer(sandbox):
    return "Authorization: Bearer " + sandbox.state["token"]


STORED = ("POST", "/", "X-Amz-Target: secretsmanager.ListSecrets", "Authorization: " + SIGNED.format("secretsmanager"))


@pytest.fixture(scope="session")
def shipped_sandbox():
    """One as the binary starts it: without the harness."""
    running = Running("--clock", "instant", harness=[])
    yield running
    running.stop()


@pytest.mark.parametrize("path", ["status", "images", "requests", "inventory", "nonsense"])
def test_a_control_call_needs_the_token(sandbox, path):
    token = sandbox.state["token"]
    for who in ([], ["Authorization: Bearer " + "0" * 64], ["Authorization: Basic " + token], ["Authorization: Bearer"]):
        status, answer = ask(sandbox.url, "GET", f"/_sandbox/{path}", [here(sandbox), *who])
        assert status == 401 and token.encode() not in answer
    status, _ = ask(sandbox.url, "GET", f"/_sandbox/{path}", [here(sandbox), bearer(sandbox)])
    assert status == (404 if path == "nonsense" else 200)


@pytest.mark.parametrize("path", ["stop", "faults", "seed", "fork", "images"])
def test_nothing_is_done_without_the_token(sandbox, path):
    assert ask(sandbox.url, "POST", f"/_sandbox/{path}", [here(sandbox)], b'{"rules": []}')[0] == 401
    assert sandbox.process.poll() is None


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "localhost.evil.example:{port}", "evil.example#@127.0.0.1:{port}", "127.0.0.1:", "", None]
)
def test_only_this_machine_is_answered_for(sandbox, host):
    port = sandbox.url.rsplit(":", 1)[1]
    named = [] if host is None else ["Host: " + host.format(port=port)]
    for method, path, *headers in (STORED, ("GET", "/_sandbox/status", bearer(sandbox)), ("GET", "/v2/"), ("GET", "/bucket")):
        assert ask(sandbox.url, method, path, named + headers, b"")[0] == 403
    twice = [here(sandbox), "Host: evil.example"]
    assert ask(sandbox.url, "GET", "/_sandbox/status", twice + [bearer(sandbox)])[0] == 403
    # The last ones are what a tunnel or a proxy of this user sends on.
    for own in (here(sandbox), f"Host: localhost:{port}", "Host: localhost:8443", "Host: 127.0.0.1"):
        assert ask(sandbox.url, "GET", "/_sandbox/status", [own, bearer(sandbox)])[0] == 200
        assert ask(sandbox.url, STORED[0], STORED[1], [own, *STORED[2:]], b"{}")[0] == 200


@pytest.mark.parametrize("page", ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"])
def test_a_web_page_has_no_access(sandbox, page):
    for method, path, *headers in (STORED, ("GET", "/_sandbox/status", bearer(sandbox)), ("GET", "/v2/"), ("OPTIONS", "/")):
        status, answer = ask(sandbox.url, method, path, [here(sandbox), page, *headers], b"{}")
        assert status == 403 and b"web pages" in answer


def test_own_origin_is_a_page_too(sandbox):
    assert ask(sandbox.url, "GET", "/", [here(sandbox), "Origin: " + sandbox.url])[0] == 403


@pytest.mark.parametrize("path", ["/moto-api/", "/moto-api/data.json", "/moto-api/reset", "/%6doto-api/recorder/start-recording", "/%2Fmoto-api/reset"])
def test_motos_own_interface_is_not_there(sandbox, path):
    for method in ("GET", "POST"):
        assert ask(sandbox.url, method, path, [here(sandbox)])[0] == 404


def test_the_state_file_is_this_users_and_the_log_says_no_token(shipped_sandbox):
    assert stat.S_IMODE(os.stat(shipped_sandbox.state_file).st_mode) == 0o600
    assert len(shipped_sandbox.state["token"]) == 64
    assert shipped_sandbox.state["token"] not in shipped_sandbox.said


def test_it_proves_that_it_knows_the_token(sandbox):
    nonce = os.urandom(32).hex()
    status, answer = ask(sandbox.url, "GET", f"/_sandbox/prove?nonce={nonce}", [here(sandbox)])
    said = f"ajuda sandbox\n{sandbox.url}\n{sandbox.state['pid']}\n{nonce}"
    proof = hmac.new(sandbox.state["token"].encode(), said.encode(), hashlib.sha256).hexdigest()
    assert status == 200 and json.loads(answer) == {"pid": sandbox.state["pid"], "proof": proof}
    for short in ("", "00", "zz" * 32):
        assert ask(sandbox.url, "GET", f"/_sandbox/prove?nonce={short}", [here(sandbox)])[0] == 400


@pytest.mark.skipif(os.name != "posix" or not sys.platform.startswith("linux"), reason="Linux tells whose a connection is")
@pytest.mark.skipif(os.name == "posix" and os.getuid() != 0, reason="only root can be another user")
def test_another_user_of_this_machine_is_refused(sandbox):
    speak = """
import os, socket, sys
os.setuid(65534)
host, port = "127.0.0.1", int(sys.argv[1])
for family, name in ((socket.AF_INET, host), (socket.AF_INET6, "::ffff:" + host)):
    s = socket.socket(family)
    s.connect((name, port))
    s.sendall(f"POST / HTTP/1.1\\r\\nHost: {host}:{port}\\r\\n{sys.argv[2]}\\r\\nContent-Length: 2\\r\\n\\r\\n{{}}".encode())
    print(s.recv(100).split()[1].decode())
"""
    port = sandbox.url.rsplit(":", 1)[1]
    said = subprocess.run([sys.executable, "-c", speak, port, "\r\n".join(STORED[2:])], capture_output=True, text=True)
    assert said.stdout.split() == ["403", "403"], said
    with socket.socket(socket.AF_INET6) as mapped:
        mapped.connect(("::ffff:127.0.0.1", int(port)))
        mapped.sendall(f"GET /v2/ HTTP/1.1\r\n{here(sandbox)}\r\n\r\n".encode())
        assert mapped.recv(100).split()[1] == b"401", "one's own connection, whatever the socket"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells whose a connection is")
@pytest.mark.parametrize("ask_for", ["asked", "listed"])
def test_the_kernel_says_whose_a_connection_is(ask_for):
    sys.path.insert(0, str(ROOT))
    from ajuda_sandbox.core import peer

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::ffff:127.0.0.1")):
            with socket.socket(family) as client:
                client.connect((host, port))
                at = ("127.0.0.1", client.getsockname()[1])
                assert getattr(peer, ask_for)(at, port) == os.getuid()
                assert getattr(peer, ask_for)(at, port - 1) == (None if ask_for == "asked" else -1)
                assert peer.stranger(at, port) is None
    assert peer.stranger(("127.0.0.1", 1), 2) == -1


@pytest.mark.parametrize("word", [("POST", "faults"), ("POST", "victims"), ("POST", "fork"), ("GET", "requests"), ("POST", "reset")])
def test_what_ships_kills_nothing_and_records_nothing(shipped_sandbox, word):
    status, answer = ask(shipped_sandbox.url, word[0], f"/_sandbox/{word[1]}", [here(shipped_sandbox), bearer(shipped_sandbox)], b"{}")
    assert status == 404, answer


def test_no_source_that_ships_sends_a_signal_to_another():
    for path in (ROOT / "ajuda_sandbox").rglob("*.py"):
        assert "os.kill" not in path.read_text() and "SIGKILL" not in path.read_text(), path


@pytest.mark.parametrize("pid", [-1, 0, 1, True, "2", None, "sandbox", "parent", "stranger"])
def test_only_what_a_test_has_started_is_killed(sandbox, pid):
    named = {"sandbox": sandbox.state["pid"], "parent": os.getpid(), "stranger": 1 << 22}
    pid = named.get(pid, pid) if isinstance(pid, str) else pid
    with pytest.raises(OSError, match="400"):
        sandbox.control("POST", "faults", {"rules": [{"operation": "CreateLogGroup", "action": "kill-before", "pid": pid}]})
    if pid != 1 << 22:
        with pytest.raises(OSError, match="400"):
            sandbox.control("POST", "victims", {"pid": pid})
    sandbox.client("logs").create_log_group(logGroupName="one")
    assert sandbox.process.poll() is None


def test_the_record_holds_no_secret_and_no_signature(sandbox):
    sandbox.client("secretsmanager").create_secret(Name="one", SecretString="hush-hush")
    sandbox.client("rds").create_db_instance(
        DBInstanceIdentifier="main", DBInstanceClass="db.t4g.micro", Engine="postgres", MasterUsername="m", MasterUserPassword="hush-hush-2",
        AllocatedStorage=20,
    )
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="bucket-of-ours")
    ask(sandbox.url, "GET", "/bucket-of-ours?X-Amz-Signature=signed-by-hush&X-Amz-Security-Token=token-of-hush&list-type=2", [
        here(sandbox), "Authorization: " + SIGNED.format("s3"), "X-Amz-Security-Token: header-of-hush"])
    entries = sandbox.control("GET", "requests")
    assert [entry["operation"] for entry in entries[:2]] == ["CreateSecret", "CreateDBInstance"]
    said = json.dumps(entries)
    for secret in ("hush-hush", "Signature=0", "Credential=", "signed-by-hush", "token-of-hush", "header-of-hush"):
        assert secret not in said, secret
    assert "list-type=2" in said and "secretsmanager.CreateSecret" in said


FAILS = """
def install(sandbox):
    from moto.sts.responses import TokenResponse
    from ajuda_sandbox.core.wire import replaces

    @replaces(TokenResponse, "GetCallerIdentity")
    def fail(response, sent):
        raise RuntimeError("-".join(["hush", "hush"]))
"""


def test_the_log_says_where_it_failed_and_not_what_was_sent(tmp_path):
    package = tmp_path / "ajuda_harness"
    package.mkdir()
    (package / "__init__.py").write_text("from . import fails\ninstall = fails.install\n")
    (package / "fails.py").write_text(FAILS)
    log = tmp_path / "log"
    with open(log, "w") as errors:
        before = os.dup(2)
        os.dup2(errors.fileno(), 2)
        try:
            running = Running("--clock", "instant", harness=["--harness", str(tmp_path)])
        finally:
            os.dup2(before, 2)
            os.close(before)
    try:
        with pytest.raises(Exception, match="InternalFailure"):
            running.client("sts").get_caller_identity()
    finally:
        running.stop()
    said = log.read_text()
    assert "RuntimeError" in said and "fails.py" in said
    assert "hush-hush" not in said


def test_it_ends_only_after_its_answer_is_out():
    sys.path.insert(0, str(ROOT))
    try:
        from ajuda_sandbox import server
        from ajuda_sandbox.sandbox import Sandbox
    finally:
        sys.path.pop(0)
    sandbox = Sandbox("instant")
    too_early = []

    class Slow(server.Handler):
        """One that is not let go on for a while, as on a busy machine."""

        def _answer(self, *what):
            too_early.append(self.sandbox.stop.wait(1))
            super()._answer(*what)

    Slow.sandbox = sandbox
    http = server.Server(("127.0.0.1", 0), Slow)
    sandbox.url = f"http://127.0.0.1:{http.server_address[1]}"
    threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()
    token = getattr(sandbox, "token", "")
    status, answer = ask(sandbox.url, "POST", "/_sandbox/stop", [
        "Host: " + sandbox.url[7:], "Authorization: Bearer " + token], b"{}")
    assert (status, json.loads(answer)) == (200, {"stopping": True})
    assert too_early == [False]
    assert sandbox.stop.wait(10), "and then it ends"
    http.shutdown()
