"""What the set-up task of a database says: the sandbox runs no PostgreSQL, so it says it itself.

The script that the task runs on AWS is tested against a real PostgreSQL in tests/database_setup.
"""

from __future__ import annotations

import json

from moto.rds.models import rds_backends

from ..rds import catalogue
from ..rds.state import store

# pgvector by minor version, from this one on ("PostgreSQL extensions on RDS" has such a table).
PGVECTOR = [("16.15", "0.8.2"), ("16.12", "0.8.1"), ("0", "0.8.0")]


def told(task, container) -> list[str] | None:
    """The line of a task that runs the script; None for any other."""
    names = {secret["name"] for secret in container.get("secrets", [])}
    if not {"PGPASSWORD", "APP_PASSWORD"} <= names:
        return None
    environment = {pair["name"]: pair["value"] for pair in container.get("environment", [])}
    for override in task.settings.get("overrides", {}).get("containerOverrides", []):
        if override.get("name") == container["name"]:
            environment |= {pair["name"]: pair["value"] for pair in override.get("environment", [])}
    instance = _instance(task, environment.get("PGHOST"))
    if instance is None:
        return None
    version, mode = instance["EngineVersion"], environment.get("SETUP_MODE")
    wanted = environment.get("SETUP_EXTENSIONS", "").split()
    there = instance.setdefault("_extensions", {})
    before = dict(there)
    if mode != "look":
        there |= {name: _offered(name, version) for name in wanted}
    said = {"task": "database-setup", "ok": True, "server": version}
    if mode in ("look", "upgrade"):
        said["extension"] = "kept" if before == there else "updated"
        names = sorted({"plpgsql", *there, *wanted})
        said["extensions"] = [
            {"name": name, "installed": "1.0" if name == "plpgsql" else there.get(name), "available": _offered(name, version)}
            for name in names
        ]
    else:
        outcome = {name: "created" if name not in before else "kept" if before[name] == there[name] else "updated" for name in wanted}
        said["extensions"] = outcome
    return [json.dumps(said)]


def _offered(name, version):
    if name != "vector":
        return "1.0"
    return next(v for since, v in PGVECTOR if catalogue.order(version) >= catalogue.order(since))


def _instance(task, host):
    here = rds_backends[task.world.account][task.world.region]
    for instance in store(here, "instance").values():
        if host and instance.get("Endpoint", {}).get("Address") == host:
            return instance
    return None
