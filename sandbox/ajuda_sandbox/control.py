"""The sandbox's own API under /_sandbox/: JSON in, JSON out, for whoever has the token."""

import json
import os
import time
from urllib.parse import parse_qs, urlparse

from . import VERSION, seed
from .core import guard

STARTED = time.time()


def status(sandbox):
    """What the state file and GET status say, without the URL and the token."""
    return {"pid": os.getpid(), "clock": sandbox.clock.name, "version": VERSION, "started": STARTED}


def state(sandbox):
    """The whole of the state file: with it, one has the sandbox."""
    return {"url": sandbox.url, **status(sandbox), "token": sandbox.token}


def answer(sandbox, method, url, headers, body):
    """(status, headers, body) for one request."""
    parsed = urlparse(url)
    query = {name: values[-1] for name, values in parse_qs(parsed.query).items()}
    word = (method, parsed.path[len("/_sandbox/") :].strip("/"))
    try:
        # Asked before anybody says the token, so it needs none.
        if word == ("GET", "prove"):
            return _json(200, guard.prove(sandbox, query.get("nonce", "")))
        if not guard.knows(headers, sandbox.token):
            return _json(401, {"error": "a control call needs the token of the sandbox's state file"})
        act = sandbox.routes.get(word)
        if act is None:
            return _json(404, {"error": f"no such control call: {method} {parsed.path}"})
        asked = json.loads(body) if body.strip() else {}
        return _json(200, act(sandbox, asked, query))
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        return _json(400, {"error": f"{type(wrong).__name__}: {wrong}"})


def _json(code, value):
    text = json.dumps(value, default=str, sort_keys=False).encode() + b"\n"
    return code, [("Content-Type", "application/json")], text


def _stop(sandbox, asked, query):
    sandbox.ending = True
    return {"stopping": True}


def _seed(sandbox, asked, query):
    return seed.prepare(sandbox, **asked)


def _images(sandbox, asked, query):
    with sandbox.lock:
        return sandbox.images.describe()


def _announce(sandbox, asked, query):
    with sandbox.lock:
        return sandbox.images.announce(**asked)


# A test harness adds its own to `sandbox.routes`.
ROUTES = {
    ("GET", "status"): lambda sandbox, asked, query: status(sandbox),
    ("POST", "stop"): _stop,
    ("POST", "seed"): _seed,
    ("GET", "images"): _images,
    ("POST", "images"): _announce,
}
