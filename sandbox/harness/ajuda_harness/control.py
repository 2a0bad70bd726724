"""The control calls that tests have beside those of the sandbox."""

import time
from email.utils import formatdate

from ajuda_sandbox import server
from ajuda_sandbox.services import sns
from ajuda_sandbox.services.ecr import lifecycle
from moto.sns.models import sns_backends

from . import access, fork, inventory, warm


def install(sandbox, harness):
    """Adds them."""
    sandbox.on_reset(harness.names.forget)

    def reset(sandbox, asked, query):
        sandbox.reset()
        harness.forget()
        return {}

    def warm_up(sandbox, asked, query):
        warm.warm(sandbox)
        return reset(sandbox, asked, query)

    def requests(sandbox, asked, query):
        return harness.record.since(int(query.get("since", 0)))

    def clear_requests(sandbox, asked, query):
        harness.forget()
        return {}

    def round_trips(sandbox, asked, query):
        harness.round_trips.set(float(asked["quiet_ms"]))
        return {"quiet_ms": harness.round_trips.quiet_ms}

    def set_faults(sandbox, asked, query):
        harness.faults.replace(asked["rules"])
        return {"rules": harness.faults.describe()}

    def faults(sandbox, asked, query):
        return {"rules": harness.faults.describe()}

    def clear_faults(sandbox, asked, query):
        ended = harness.faults.describe()
        harness.faults.replace([])
        return {"rules": [], "ended": ended}

    def policies(sandbox, asked, query):
        # From now on the caller, whoever that is, may do what these documents allow; everything, when there are none.
        harness.access.set(sandbox, asked.get("documents"))
        harness.access.caller = asked.get("caller")
        return {}

    def allowed(sandbox, asked, query):
        # What policies have allowed since the last question.
        since, harness.access.allowed = harness.access.allowed, set()
        return sorted(since)

    def needed(sandbox, asked, query):
        return access.needed(asked["documents"], asked["requests"])

    def actions(sandbox, asked, query):
        # Those since the last question.
        since, harness.asked = harness.asked, set()
        return sorted(since)

    def victims(sandbox, asked, query):
        harness.victims.add(asked["pid"])
        return {}

    def models(sandbox, asked, query):
        with sandbox.lock:
            return sandbox.models.change(**asked)

    def registry(sandbox, asked, query):
        with sandbox.lock:
            return sandbox.registry.move(**asked)

    def set_lag(sandbox, asked, query):
        with sandbox.lock:
            sandbox.late.set(asked)
            return sandbox.late.describe()

    def lag(sandbox, asked, query):
        with sandbox.lock:
            return sandbox.late.describe()

    def unsubscribed(sandbox, asked, query):
        # By the link in a message, which no call of an API shows.
        with sandbox.lock:
            backend = sns_backends[sandbox.account][query.get("region") or sandbox.region]
            return {"topics": sns.leave(backend, asked["email"])}

    def catch_up(sandbox, asked, query):
        # What is late comes about; what is done from now on is as late as before.
        with sandbox.lock:
            sandbox.late.forget()
            return {"mode": sandbox.late.mode}

    def account(sandbox, asked, query):
        with sandbox.lock:
            return sandbox.account_settings.change(**asked)

    def expire_images(sandbox, asked, query):
        with sandbox.lock:
            return {"expired": lifecycle.run(sandbox, query.get("region") or sandbox.region, **asked)}

    def clock(sandbox, asked, query):
        # What a machine sees whose own clock is wrong.
        harness.ahead_s = float(asked["ahead_s"])
        return {"ahead_s": harness.ahead_s}

    answer = server.Handler._answer

    def dated(handler, status, pairs, body):
        if harness.ahead_s:
            pairs = [(name, value) for name, value in pairs if name.lower() != "date"]
            pairs.append(("Date", formatdate(time.time() + harness.ahead_s, usegmt=True)))
        answer(handler, status, pairs, body)

    server.Handler._answer = dated

    def everything(sandbox, asked, query):
        with sandbox.late.paused():
            return inventory.take(sandbox, query.get("region"))

    def ecs(sandbox, asked, query):
        with sandbox.late.paused():
            return inventory.ecs(sandbox, query.get("region"))

    sandbox.routes.update(
        {
            ("POST", "reset"): reset,
            ("POST", "warm"): warm_up,
            ("POST", "fork"): lambda sandbox, asked, query: fork.fork(sandbox),
            ("GET", "requests"): requests,
            ("DELETE", "requests"): clear_requests,
            ("POST", "round-trips"): round_trips,
            ("POST", "faults"): set_faults,
            ("GET", "faults"): faults,
            ("DELETE", "faults"): clear_faults,
            ("POST", "policies"): policies,
            ("GET", "actions"): actions,
            ("GET", "allowed"): allowed,
            ("POST", "needed"): needed,
            ("POST", "victims"): victims,
            ("GET", "models"): models,
            ("POST", "models"): models,
            ("POST", "registry"): registry,
            ("GET", "inventory"): everything,
            ("GET", "ecs"): ecs,
            ("POST", "lag"): set_lag,
            ("GET", "lag"): lag,
            ("POST", "catch-up"): catch_up,
            ("POST", "unsubscribed"): unsubscribed,
            ("GET", "account"): account,
            ("POST", "account"): account,
            ("POST", "expire-images"): expire_images,
            ("POST", "clock"): clock,
        }
    )
