"""The HTTP server: takes a request, sees who it is from, hands it to the sandbox."""

import io
import json
import re
import socket
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote_to_bytes

from . import control
from .core import calls, errors, guard, hooks, peer
from .services.ecr import registry


class Body:
    """A request's body, read as it comes; a client that leaves in its middle is an error."""

    def __init__(self, file, length):
        self._file, self._left = file, length

    def read(self, most=-1):
        """At most that many bytes; all that are left without it."""
        wanted = self._left if most < 0 else min(most, self._left)
        part = self._file.read(wanted) if wanted else b""
        if len(part) < wanted:
            raise ConnectionError("the client left in the middle of its request")
        self._left -= len(part)
        return part


class Handler(BaseHTTPRequestHandler):
    """One connection; it is kept alive between requests."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    sandbox = None

    def setup(self):
        """Sees once for each connection whose it is."""
        super().setup()
        self.stranger = peer.stranger(self.client_address, self.server.server_address[1])

    def log_message(self, format, *args):
        """Says nothing: what is asked is nobody's business."""

    def _body(self):
        if "chunked" not in (self.headers.get("Transfer-Encoding") or "").lower():
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                raise ConnectionError("the client left in the middle of its request")
            return body
        parts = []
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            parts.append(self.rfile.read(size))
            self.rfile.readline()
            if size == 0:
                return b"".join(parts)

    def _answer(self, status, pairs, body):
        self.send_response_only(status)
        names = set()
        for name, value in pairs:
            if name.lower() not in ("connection", "status", "transfer-encoding"):
                if name.lower() == "content-length" and self.command != "HEAD":
                    continue
                names.add(name.lower())
                self.send_header(name, str(value))
        if "content-length" not in names and status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        if "date" not in names:
            self.send_header("Date", self.date_time_string())
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body)
        self.wfile.flush()

    def _handle(self):
        try:
            why = self._refusal()
            if why:
                self._refuse(*why)
            elif registry.is_for_registry(self.path):
                self._registry()
            elif self.path.startswith("/_sandbox"):
                self._control()
            else:
                self._aws(self._body())
        except (hooks.Cut, ConnectionError):
            self.close_connection = True

    def _refusal(self):
        if self.stranger is not None:
            return 403, "the sandbox is another user's"
        why = guard.refusal(self.path, self.headers, self.server.server_address[1])
        if why:
            return 403, why
        # moto's own API, not AWS's: every address of it begins so (moto/moto_api/_internal/urls.py).
        if unquote_to_bytes(self.path).lstrip(b"/").startswith(b"moto-api"):
            return 404, "the sandbox has no such thing"
        return None

    def _refuse(self, status, why):
        # The rest of the request is read, as far as it has come: a connection that is closed on unread bytes takes the
        # answer with it.
        self.close_connection = True
        self._answer(status, [("Content-Type", "application/json")], json.dumps({"error": why}).encode() + b"\n")
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(1)
        left = 1 << 20
        while left > 0 and (part := self.rfile.read1(1 << 16)):
            left -= len(part)

    def _control(self):
        self._answer(*control.answer(self.sandbox, self.command, self.path, self.headers, self._body()))
        if self.sandbox.ending:
            self.close_connection = True
            self.sandbox.stop.set()

    def _registry(self):
        sandbox = self.sandbox
        length = int(self.headers.get("Content-Length") or 0)
        body = Body(self.rfile, length)
        if "chunked" in (self.headers.get("Transfer-Encoding") or "").lower():
            body = io.BytesIO(self._body())
        call = sandbox.registry.call(self.command, self.path, self.headers)
        visit = sandbox.hooks.enter(call)
        try:
            error = visit.before()
            if error:
                status, code, message = error
                # The registry's own words (distribution-spec, "Error codes").
                words = {400: (403, "DENIED"), 403: (403, "DENIED")}
                status, pairs, answer = registry.refusal(*words.get(status, (status, code)), message)
            else:
                status, pairs, answer = sandbox.registry.answer(call, self.command, self.path, self.headers, body)
            while body.read(1 << 16):
                pass
            code = json.loads(answer)["errors"][0]["code"] if status >= 400 else None
            visit.after(status, code, None, answer)
            self._answer(status, pairs, answer)
        finally:
            visit.leave()

    def _aws(self, body):
        sandbox = self.sandbox
        call = calls.identify(self.command, self.path, self.headers, body)
        visit = sandbox.hooks.enter(call, self.path, self.headers, body)
        try:
            error = visit.before()
            if error:
                status, pairs, answer = sandbox.error(call, self.path, self.headers, *error)
            else:
                status, pairs, answer = sandbox.call(call, self.command, self.path, self.headers, body)
            lower = {name.lower(): value for name, value in pairs}
            request_id = lower.get("x-amzn-requestid") or lower.get("x-amz-request-id")
            if not request_id:
                request_id = str(uuid.uuid4())
                pairs = list(pairs) + [("x-amzn-RequestId", request_id)]
            code = error_code(status, lower, answer) if status >= 400 else None
            visit.after(status, code, request_id, answer)
            self._answer(status, pairs, answer)
        finally:
            visit.leave()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _handle


def error_code(status, headers, body):
    """The error's code, wherever its wire format puts it."""
    if headers.get("x-amzn-errortype"):
        return headers["x-amzn-errortype"].split("#")[-1].split(":")[0]
    text = body[:4000].decode("utf-8", "replace")
    found = re.search(r"<Code>([^<]+)</Code>|\"__type\"\s*:\s*\"([^\"]+)\"", text)
    return (found.group(1) or found.group(2)).split("#")[-1] if found else str(status)


class Server(ThreadingHTTPServer):
    """Listens on this machine only."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 512

    def handle_error(self, request, client_address):
        """A client that was killed is no news."""
        failure = sys.exc_info()[1]
        if not isinstance(failure, (ConnectionError, TimeoutError)):
            errors.note(failure)


def listen(sandbox, port):
    """A server that is bound and not yet serving. OSError when the port is taken."""
    handler = type("SandboxHandler", (Handler,), {"sandbox": sandbox})
    return Server(("127.0.0.1", port), handler)
