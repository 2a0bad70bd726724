"""The sandbox's own API under /_sandbox/: JSON in, JSON out."""

import json
import os
import threading
import time
from urllib.parse import parse_qs, urlparse

from . import VERSION, day_one, fork, inventory

STARTED = time.time()


def status(sandbox):
    """What the state file and GET status say, without the URL."""
    return {"pid": os.getpid(), "clock": sandbox.clock.name, "version": VERSION, "started": STARTED}


def answer(sandbox, method, url, body):
    """(status, headers, body) for one request."""
    parsed = urlparse(url)
    query = {name: values[-1] for name, values in parse_qs(parsed.query).items()}
    try:
        asked = json.loads(body) if body.strip() else {}
        act = ROUTES.get((method, parsed.path[len("/_sandbox/") :].strip("/")))
        if act is None:
            return _json(404, {"error": f"no such control call: {method} {parsed.path}"})
        return _json(200, act(sandbox, asked, query))
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        return _json(400, {"error": f"{type(wrong).__name__}: {wrong}"})


def _json(code, value):
    text = json.dumps(value, default=str, sort_keys=False).encode() + b"\n"
    return code, [("Content-Type", "application/json")], text


def _stop(sandbox, asked, query):
    # The reply first, then the end.
    threading.Timer(0.1, sandbox.stop.set).start()
    return {"stopping": True}


def _reset(sandbox, asked, query):
    sandbox.reset()
    sandbox.record.clear()
    sandbox.waves.restart()
    return {}


def _requests(sandbox, asked, query):
    return sandbox.record.since(int(query.get("since", 0)))


def _clear_requests(sandbox, asked, query):
    sandbox.record.clear()
    sandbox.waves.restart()
    return {}


def _waves(sandbox, asked, query):
    sandbox.waves.set(float(asked["quiet_ms"]))
    return {"quiet_ms": sandbox.waves.quiet_ms}


def _set_faults(sandbox, asked, query):
    sandbox.faults.replace(asked["rules"])
    return {"rules": sandbox.faults.describe()}


def _faults(sandbox, asked, query):
    return {"rules": sandbox.faults.describe()}


def _clear_faults(sandbox, asked, query):
    ended = sandbox.faults.describe()
    sandbox.faults.replace([])
    return {"rules": [], "ended": ended}


def _set_lag(sandbox, asked, query):
    with sandbox.lock:
        sandbox.late.set(asked)
        return sandbox.late.describe()


def _lag(sandbox, asked, query):
    with sandbox.lock:
        return sandbox.late.describe()


def _catch_up(sandbox, asked, query):
    # What is late comes about; what is done from now on is as late as before.
    with sandbox.lock:
        sandbox.late.forget()
        return {"mode": sandbox.late.mode}


def _account(sandbox, asked, query):
    with sandbox.lock:
        return sandbox.account_settings.change(**asked)


def _expire_images(sandbox, asked, query):
    from . import ecr_lifecycle

    with sandbox.lock:
        return {"expired": ecr_lifecycle.run(sandbox, query.get("region") or sandbox.region, **asked)}


def _day_one(sandbox, asked, query):
    return day_one.prepare(sandbox, **asked)


def _images(sandbox, asked, query):
    with sandbox.lock:
        return sandbox.images.describe()


def _announce(sandbox, asked, query):
    with sandbox.lock:
        return sandbox.images.announce(**asked)


def _models(sandbox, asked, query):
    with sandbox.lock:
        return sandbox.models.change(**asked)


def _registry(sandbox, asked, query):
    with sandbox.lock:
        return sandbox.registry.move(**asked)


def _inventory(sandbox, asked, query):
    with sandbox.late.paused():
        return inventory.take(sandbox, query.get("region"))


def _fork(sandbox, asked, query):
    return fork.fork(sandbox, status)


ROUTES = {
    ("GET", "status"): lambda sandbox, asked, query: status(sandbox),
    ("POST", "stop"): _stop,
    ("POST", "reset"): _reset,
    ("POST", "fork"): _fork,
    ("GET", "requests"): _requests,
    ("DELETE", "requests"): _clear_requests,
    ("POST", "waves"): _waves,
    ("POST", "faults"): _set_faults,
    ("GET", "faults"): _faults,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "lag"): _set_lag,
    ("GET", "lag"): _lag,
    ("POST", "catch-up"): _catch_up,
    ("GET", "account"): _account,
    ("POST", "account"): _account,
    ("POST", "expire-images"): _expire_images,
    ("POST", "day-one"): _day_one,
    ("GET", "images"): _images,
    ("POST", "images"): _announce,
    ("GET", "models"): _models,
    ("POST", "models"): _models,
    ("POST", "registry"): _registry,
    ("GET", "inventory"): _inventory,
}
