"""What the set-up task of a database says: the sandbox runs no PostgreSQL, so it says it itself.

The script that the task runs on AWS is tested against a real PostgreSQL in tests/database_setup.
"""

from __future__ import annotations

import json

from moto.rds.models import rds_backends

from . import rds_catalogue
from .rds_store import store

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
    offered = next(v for since, v in PGVECTOR if rds_catalogue.order(version) >= rds_catalogue.order(since))
    before = instance.get("_pgvector")
    if mode != "look":
        instance["_pgvector"] = offered
    said = {"task": "database-setup", "ok": True, "server": version}
    said["extension"] = "kept" if mode == "look" or before == offered else "updated" if before else "created"
    if mode in ("look", "upgrade"):
        installed = instance.get("_pgvector")
        said["extensions"] = [
            {"name": "plpgsql", "installed": "1.0", "available": "1.0"},
            {"name": "vector", "installed": installed, "available": offered},
        ]
    return [json.dumps(said)]


def _instance(task, host):
    here = rds_backends[task.world.account][task.world.region]
    for instance in store(here, "instance").values():
        if host and instance.get("Endpoint", {}).get("Address") == host:
            return instance
    return None
