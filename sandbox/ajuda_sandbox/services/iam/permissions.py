"""What a role of a task may do, by its own policies: what ECS needs of an execution role is asked here.

Allow and Deny by action and resource, with wildcards; of conditions only `kms:ViaService` is read, as
nothing else of a request is known here.
"""

from __future__ import annotations

import fnmatch
import json

from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition


def allows(world, role_arn: str | None, action: str, resource: str, via: str | None = None) -> bool:
    """Whether a role may do `action` on `resource`, `via` the service that asks in its name."""
    roles = iam_backends[world.account][world.partition].roles.values()
    role = next((role for role in roles if role.arn == role_arn), None)
    if role is None:
        return False
    effects = set(_effects(role, action, resource, via))
    return "Allow" in effects and "Deny" not in effects


def _effects(role, action, resource, via):
    documents = [*role.policies.values(), *map(_in_effect, role.managed_policies.values())]
    for text in documents:
        document = json.loads(text) if isinstance(text, str) else text
        for statement in _listed(document["Statement"]):
            if _about(statement, "Action", action.lower(), str.lower) and _about(statement, "Resource", resource, str):
                if _via(statement, via):
                    yield statement["Effect"]


def _in_effect(policy):
    """The document of a managed policy's default version, which is the one that is in effect
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html)."""
    return next(version.document for version in policy.versions if version.is_default)


def _about(statement, field, value, shape) -> bool:
    if field in statement:
        return any(fnmatch.fnmatchcase(value, shape(pattern)) for pattern in _listed(statement[field]))
    left_out = statement.get("Not" + field)
    return left_out is None or not any(fnmatch.fnmatchcase(value, shape(pattern)) for pattern in _listed(left_out))


def _via(statement, via) -> bool:
    for operator, tests in (statement.get("Condition") or {}).items():
        for key, wanted in tests.items():
            if key.lower() == "kms:viaservice" and operator.startswith("String"):
                if not any(fnmatch.fnmatchcase(via or "", pattern) for pattern in _listed(wanted)):
                    return False
    return True


def _listed(value):
    return value if isinstance(value, list) else [value]


def customer_key(region: str, account: str, key: str | None) -> str | None:
    """The ARN of a key of the customer's own; None for the keys that AWS manages."""
    if not key or "alias/aws/" in key:
        return None
    return key if key.startswith("arn:") else f"arn:{get_partition(region)}:kms:{region}:{account}:key/{key}"
