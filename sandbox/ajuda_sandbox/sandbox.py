"""The sandbox: moto with everything on top, and what its services share."""

import importlib
import io
import json
import os
import secrets
import sys
import threading
from urllib.parse import unquote_to_bytes

from . import control
from .core import cbor, clock, errors, hooks, late, once, timeline

# Read by moto when it is imported (moto/settings.py, moto/iam/models.py).
SETTINGS = {
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "MOTO_ALLOW_NONEXISTENT_REGION": "true",
    "MOTO_ACCOUNT_ID": "123456789012",
    "MOTO_DISABLE_GLOBAL_CORS": "true",
}
# What is put on top of moto, in this order: later ones wrap earlier ones, and lateness and refusals wrap all.
INSTALLED = (
    "services.acm", "services.autoscaling", "services.bedrock", "services.cloudwatch", "services.costexplorer",
    "services.ec2", "services.ecr", "services.ecr.images", "services.ecr.registry",
    "services.ecs", "services.ecs.targets", "services.elasticache", "services.elbv2", "services.freetier", "services.iam",
    "services.logs", "services.pricing", "services.rds", "services.rds.events", "services.route53",
    "services.s3", "services.s3.owners", "services.s3.rules", "services.s3.settling", "services.secretsmanager",
    "services.servicediscovery", "services.servicequotas", "services.sns", "services.ssm", "services.sts",
    "services.tagging", "services.wafv2", "lag", "settling", "services.account",
)  # fmt: skip


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
        """Loads moto and puts the services of this package on top."""
        os.environ.update(SETTINGS)
        # moto reads credentials and a region for clients that it makes of itself.
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL"):
            os.environ.pop(name, None)
        # Nothing of the user's own AWS set-up is read here.
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            os.environ[name] = os.devnull
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        once.remember()
        for name in INSTALLED:
            importlib.import_module(f"{__package__}.{name}").install(self)
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
