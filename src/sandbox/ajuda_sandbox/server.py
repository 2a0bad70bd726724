"""The HTTP server: takes a request, sees who it is from, hands it to moto."""

import importlib
import io
import json
import os
import pkgutil
import re
import secrets
import socket
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote_to_bytes

from . import calls, cbor, clock, control, errors, guard, hooks, late, once, peer, registry, timeline

# Read by moto when it is imported (moto/settings.py, moto/iam/models.py).
SETTINGS = {
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "MOTO_ALLOW_NONEXISTENT_REGION": "true",
    "MOTO_ACCOUNT_ID": "123456789012",
    "MOTO_DISABLE_GLOBAL_CORS": "true",
}
# Modules of this package that are not a service.
PLUMBING = {
    "__main__", "server", "control", "calls", "errors", "guard", "hooks", "clock", "timeline", "cbor", "day_one",
    "late", "lag", "lag_buckets", "lag_index", "lag_rules", "settling", "settling_rules", "account",
    "once", "peer",
}


class Sandbox:
    """Everything that the service modules share."""

    def __init__(self, speed="fast", region="us-east-1"):
        self.clock = clock.Clock(speed)
        self.timeline = timeline.Timeline(self.clock)
        self.region = region
        self.account = SETTINGS["MOTO_ACCOUNT_ID"]
        self.url = ""  # known once it listens
        # What a control call and the state file share, and nobody else knows.
        self.token = secrets.token_hex(32)
        self.hooks = hooks.Hooks()
        self.routes = dict(control.ROUTES)
        self.late = late.Late(self.clock)
        # Operations of services that moto has not, by service and name: functions of the sandbox and what was sent.
        self.own = {}
        self.account_settings = None  # account.Account, once moto is loaded
        # moto is not safe to call from two threads at once.
        self.lock = threading.RLock()
        self.images = None  # images.install puts the catalogue of images here
        self.registry = None  # registry.install puts ECR's registry here
        # A control call has asked for the end: it comes once that is answered.
        self.ending = False
        self.stop = threading.Event()
        self._on_reset = []
        self._app = None

    def on_reset(self, forget):
        """Registers what forgets a module's own state."""
        self._on_reset.append(forget)

    def start(self):
        """Loads moto and puts every service module of this package on top."""
        os.environ.update(SETTINGS)
        # moto reads credentials and a region for clients that it makes of itself.
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL"):
            os.environ.pop(name, None)
        # Nothing of the user's own AWS set-up is read here.
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            os.environ[name] = os.devnull
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        once.remember()
        package = __package__
        names = [module.name for module in pkgutil.iter_modules([os.path.dirname(__file__)])]
        for name in sorted(set(names) - PLUMBING):
            install = getattr(importlib.import_module(f"{package}.{name}"), "install", None)
            if install:
                install(self)
        for name in ("lag", "settling", "account"):
            importlib.import_module(f"{package}.{name}").install(self)
        self._app = DomainDispatcherApplication(create_backend_app)

    def reset(self):
        """The account as on its first day, without zones or images."""
        from moto.core.base_backend import BackendDict
        from moto.core.model_instances import reset_model_data

        with self.lock:
            # Dropping the backends is enough: each is made anew when it is next asked.
            for backends in BackendDict._instances:
                backends.clear()
            BackendDict._instances.clear()
            reset_model_data()
            self.timeline.reset()
            self.late.forget()
            for forget in self._on_reset:
                forget()

    def call(self, call, method, path, headers, body):
        """One AWS call, applied: (status, header pairs, body)."""
        own = self.own.get((call.service, call.operation))
        if own is not None:
            return self.answer(own, call, path, headers, body)
        environ = wsgi(method, path, headers, body)
        reply = {}

        def start_response(status, pairs, exc_info=None):
            reply["status"], reply["headers"] = int(status.split()[0]), pairs

        speaks_cbor = cbor.is_cbor(path, headers)
        try:
            if speaks_cbor:
                from moto.core.utils import get_service_model

                model = get_service_model(call.model)
                target, content, body = cbor.to_json(path, body, model)
                environ = wsgi("POST", "/", headers, body)
                environ.update(HTTP_X_AMZ_TARGET=target, CONTENT_TYPE=content)
                environ.pop("HTTP_SMITHY_PROTOCOL", None)
            with self.lock:
                self.clock.called()
                self.timeline.advance()
                with self.late.watch(call):
                    answer = b"".join(self._app(environ, start_response))
            if speaks_cbor:
                answer = cbor.from_json(path, answer, model, reply["status"] >= 400)
                kept = [(k, v) for k, v in reply["headers"] if k.lower() not in ("content-type", "content-length")]
                reply["headers"] = kept + [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
            return reply["status"], reply["headers"], answer
        except NotImplementedError as missing:
            return self.error(call, path, headers, 501, "NotImplemented", f"the sandbox does not know this call: {missing}")
        except Exception as failure:  # what the emulator throws is a reply to the client, not the end of the server
            errors.note(failure)
            return self.error(call, path, headers, 500, "InternalFailure", "the sandbox failed at this call")

    def answer(self, own, call, path, headers, body):
        """What an operation of ours answers in AWS's JSON protocol."""
        from moto.core.exceptions import ServiceException

        try:
            with self.lock:
                said = own(self, json.loads(body or b"{}"))
        except ServiceException as refusal:
            return self.error(call, path, headers, 400, refusal.code, refusal.message)
        return 200, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(said).encode()

    @staticmethod
    def error(call, path, headers, http, code, message):
        """An error in the wire format that the client speaks."""
        status, pairs, body = errors.render(call, http, code, message)
        if cbor.is_cbor(path, headers):
            body = cbor.from_json(path, body, None, True)
            pairs = {**pairs, "Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return status, list(pairs.items()), body


def wsgi(method, path, headers, body):
    """The request as moto's WSGI application expects it (moto/core/request.py)."""
    url_path, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url_path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": path,
        "REQUEST_URI": path,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "moto.preserved_header_names": {},
    }
    for name in headers.keys():
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
            environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else "HTTP_" + key] = headers[name]
    return environ


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
