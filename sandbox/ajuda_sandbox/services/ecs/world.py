"""What ECS knows in one account and region, and how things in it are named and found."""

import re
import uuid

from moto.ecs.models import ecs_backends
from moto.utilities.utils import get_partition

from ...core import wire
from ...core.wire import Refusal


class World:
    """Clusters, task definitions, services and tasks, as the API spells them."""

    def __init__(self, sandbox, region):
        self.sandbox = sandbox
        self.account = sandbox.account
        self.region = region
        self.partition = get_partition(region)
        self.clusters = {}
        self.definitions = {}  # family -> {revision: definition}
        self.revisions = {}  # family -> the highest revision ever used
        self.services = []
        self.tasks = {}
        self.tokens = {}
        self.service_revisions = {}
        self.tags = {}  # ARN -> {key: value}

    @property
    def timeline(self):
        """When things happen."""
        return self.sandbox.timeline

    def arn(self, kind, *names):
        """The ARN of an object of ECS in this account and region."""
        return f"arn:{self.partition}:ecs:{self.region}:{self.account}:{kind}/{'/'.join(names)}"

    def cluster(self, name, active=True):
        """A cluster by name or ARN; ClusterNotFoundException when there is none."""
        found = self.clusters.get((name or "default").split("/")[-1])
        if found is None or (active and found["status"] != "ACTIVE"):
            raise Refusal("ClusterNotFoundException", "Cluster not found.")
        return found

    def service(self, cluster, name):
        """The newest service of that name or ARN in a cluster, or None."""
        wanted = name.split("/")[-1]
        for service in reversed(self.services):
            if service.name == wanted and service.cluster is cluster:
                return service
        return None

    def definition(self, name, message="Unable to describe task definition."):
        """A task definition by family, family:revision or ARN."""
        family, _, revision = name.split("task-definition/")[-1].partition(":")
        known = self.definitions.get(family, {})
        if revision:
            found = known.get(int(revision)) if revision.isdigit() else None
        else:
            active = [r for r, d in known.items() if d["status"] == "ACTIVE"]
            found = known[max(active)] if active else None
        if found is None:
            raise Refusal("ClientException", message)
        return found

    def tag(self, arn, tags):
        """Adds tags as ECS spells them: [{key, value}]."""
        if tags:
            self.tags.setdefault(arn, {}).update({t["key"]: t.get("value", "") for t in tags})

    def tags_of(self, arn):
        """Tags as ECS spells them."""
        return [{"key": key, "value": value} for key, value in self.tags.get(arn, {}).items()]


def world_of(sandbox, region):
    """The world of a region; it lives on moto's backend and goes with its reset."""
    backend = ecs_backends[sandbox.account][region]
    return wire.kept(backend, "sandbox_world", lambda: World(sandbox, region))


def invalid(message):
    """The refusal that ECS uses most."""
    return Refusal("InvalidParameterException", message)


def check_tags(tags):
    """Refuses a key that is given twice (each create, `tags`: "each tag key must be unique")."""
    keys = [tag["key"] for tag in tags or []]
    if len(set(keys)) < len(keys):
        raise invalid("Duplicate tag keys found. Each tag key must be unique.")
    for tag in tags or []:
        for text, most in ((tag["key"], 128), (tag.get("value", ""), 256)):
            # API model, TagKey and TagValue: letters, digits, spaces and these.
            if len(text) > most or not re.fullmatch(r"[\w\s.:/=+\-@]*", text):
                raise invalid("Tag keys and values may hold letters, numbers, spaces and _ . : / = + - @ only.")


def new_id():
    """An identifier as in task ARNs: 32 hexadecimal digits."""
    return uuid.uuid4().hex


def page(items, asked, default=100):
    """One page of a list: (items, nextToken or None)."""
    return wire.page(items, asked, size="maxResults", marker="nextToken", most=default)
