"""IAM's decision over each request, for a caller that has just the policies which a test gives.

"Policy evaluation logic" in the IAM user guide, for one account and identity-based policies alone: what no statement allows
is denied, and a Deny wins. Operators and keys are those that ajuda's policies have; any other is a mistake of the test.
"""

import fnmatch
import json
import re

from ajuda_sandbox.services import tagging
from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.ec2.models import ec2_backends
from moto.utilities.utils import get_partition

from . import iam_actions

# `GetCallerIdentity`: "No permissions are required to perform this operation" (STS API).
ALWAYS = {"sts:GetCallerIdentity"}


OF_OBJECT = f"aws:ResourceTag/{iam_actions.STACK}"
# The tags of what is not there. EC2 looks an object up before it asks IAM about its tags, and answers `….NotFound`: whatever
# they would have to be holds. AWS does not document the order; ajuda deletes again to see that something is gone.
GONE = object()


class Access:
    """The policies in force; without any everything is allowed."""

    def __init__(self):
        self.statements = None
        self.sandbox = None
        # Whom STS names; None for the account's only user.
        self.caller = None
        # What the policies in force have allowed: (action, ARN, what a condition sees, as JSON).
        self.allowed = set()

    def set(self, sandbox, documents):
        """Puts policies in force, or none (None)."""
        self.sandbox = sandbox
        self.statements = None
        if documents is not None:
            self.statements = [one for document in documents for one in document["Statement"]]

    def allows(self, action, arn="*", context=None, tags=None):
        """Whether the policies allow an action on an object with these tags."""
        if self.statements is None or action in ALWAYS:
            return True
        return _allowed(self.statements, action, arn, _seen(context, tags))

    def refused(self, call, path, said):
        """The first action and object of a request that nothing allows; None when all are allowed."""
        if self.statements is None:
            return None
        account, partition = self.sandbox.account, get_partition(call.region)
        with self.sandbox.lock:
            asked = iam_actions.asked(call, path, said, partition, account, self._find(call, account))
            objects = {arn for _, arns, _ in asked for arn in arns if not arn.endswith(("*", "/new"))}
            tags = self._tags(account, call.region) if objects else {}
            allowed = set()
            # A secret is named without what AWS adds to its name.
            for action, arns, context in asked:
                for arn in self._through(arns, call, said, account):
                    gone = GONE if arn.startswith("arn:") and ":ec2:" in arn and not arn.endswith("/new") else None
                    of = tags.get(arn, gone)
                    if not self.allows(action, arn, context, of):
                        return action, arn
                    allowed.add((action, arn, json.dumps(_seen(context, of), sort_keys=True)))
            self.allowed |= allowed
        return None

    @staticmethod
    def _tags(account, region):
        return {arn: tags for _, arn, tags in tagging.tagged(account, region)}

    @staticmethod
    def _through(arns, call, said, account):
        """An association is asked about as what it associates."""
        if call.service != "ec2":
            return arns
        named = [text for _, text in said if text.startswith("rtbassoc-")]
        tables = ec2_backends[account][call.region].route_tables.values()
        of = [table.id for table in tables if table.all_associations_ids & set(named)]
        place = f"arn:{get_partition(call.region)}:ec2:{call.region}:{account}:route-table/"
        return [*(one for one in arns if one != "*" or not of), *(place + table for table in of)]

    @staticmethod
    def _find(call, account):
        def find(service, name, value):
            if service == "application-autoscaling":
                targets = applicationautoscaling_backends[account][call.region].targets.values()
                all_targets = [target for by_id in targets for target in by_id.values()]
                return next((one.arn for one in all_targets if one.resource_id == value), None)
            if service == "secretsmanager" and name == "SecretId":
                found = (arn for _, arn, _ in tagging.tagged(account, call.region) if re.search(f":secret:{re.escape(value)}-\\w{{6}}$", arn))
                return next(found, None)
            if service == "servicediscovery":
                ends = f"namespace/{value}"
                return next((arn for _, arn, _ in tagging.tagged(account, call.region) if arn.endswith(ends)), None)
            return None

        return find


def needed(documents, requests):
    """The actions without which one of these requests is denied: each taken alone out of all the documents. A request is
    (action, ARN, what a condition sees, as JSON)."""
    statements = [one for document in documents for one in document["Statement"]]
    found, of = set(), {}
    for action, arn, seen in requests:
        if action in ALWAYS:
            continue
        if action not in of:
            of[action] = [one for one in statements if _names(one["Action"], action)]
        seen = json.loads(seen)
        through = [one for one in of[action] if _applies(one, action, arn, seen)]
        patterns = {pattern for one in through for pattern in _listed(one["Action"]) if _names(pattern, action)}
        for pattern in patterns - found:
            if not _allowed([_without(one, pattern) for one in through], action, arn, seen):
                found.add(pattern)
    return sorted(found)


def _without(statement, action):
    return {**statement, "Action": [one for one in _listed(statement["Action"]) if one != action]}


def _allowed(statements, action, arn, seen):
    effects = {one["Effect"] for one in statements if _applies(one, action, arn, seen)}
    return "Allow" in effects and "Deny" not in effects


def _seen(context, tags):
    """What conditions see of a request and of its object."""
    seen = dict(context or {})
    if tags is GONE:
        seen[OF_OBJECT] = None
    elif tags and iam_actions.STACK in tags:
        seen[OF_OBJECT] = tags[iam_actions.STACK]
    return seen


def _listed(value):
    return value if isinstance(value, list) else [value]


def _names(patterns, action):
    return any(fnmatch.fnmatchcase(action.lower(), one.lower()) for one in _listed(patterns))


def _applies(statement, action, arn, seen):
    if not _names(statement["Action"], action):
        return False
    if not any(_fits(pattern, arn) for pattern in _listed(statement["Resource"])):
        return False
    tests = statement.get("Condition") or {}
    return all(_holds(operator, key, _listed(value), seen) for operator, of in tests.items() for key, value in of.items())


def _fits(pattern, text):
    # Brackets mean nothing to IAM.
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def _holds(operator, key, wanted, seen):
    if key == OF_OBJECT and key in seen and seen[key] is None:
        return True
    have = seen.get(key)
    if operator == "Null":
        return wanted == ["true" if have is None else "false"]
    if operator == "ForAllValues:StringEquals":
        return all(one in wanted for one in have or [])
    if have is None:
        return False
    if operator in ("StringEquals", "ArnEquals"):
        return have in wanted
    if operator in ("StringLike", "ArnLike"):
        return any(_fits(pattern, have) for pattern in wanted)
    raise ValueError(f"a policy has the operator {operator}, which the tests do not know")
