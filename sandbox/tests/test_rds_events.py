"""RDS: what has happened to an instance, when, and for how long it is told."""

import pytest
from stack_parts import refused, wait
from test_rds import Database


def messages(rds, **more):
    """(category, message, seconds since the first) of every event, in the order of the answer."""
    events = rds.describe_events(SourceType="db-instance", SourceIdentifier="main", **more)["Events"]
    first = events[0]["Date"] if events else None
    return [(e["EventCategories"][0], e["Message"], round((e["Date"] - first).total_seconds())) for e in events]


def test_changes_begin_and_end_in_the_clock_of_the_sandbox(ticking):
    database = Database(ticking)
    database.create(MultiAZ=False)
    wait(lambda: database.read()["DBInstanceStatus"], "available")
    made = messages(database.rds, Duration=20160)
    assert made == [
        ("creation", "DB instance created", 0),
        ("backup", "Backing up DB instance", 0),
        ("backup", "Finished DB Instance backup", 90),
    ]
    database.modify(DBInstanceClass="db.r7g.xlarge", MultiAZ=True, ApplyImmediately=True)
    begun = messages(database.rds, Duration=20160, EventCategories=["configuration change"])
    assert begun == [], "it begins some seconds later"
    wait(lambda: database.read()["MultiAZ"], True)
    assert messages(database.rds, Duration=20160, EventCategories=["configuration change"]) == [
        ("configuration change", "Applying modification to database instance class", 0),
        ("configuration change", "Finished applying modification to DB instance class", 145),
        ("configuration change", "Applying modification to convert to a Multi-AZ DB instance", 145),
        ("configuration change", "Finished applying modification to convert to a Multi-AZ DB instance", 290),
    ]
    # The longest that RDS keeps them is two weeks, the default an hour.
    assert len(messages(database.rds, Duration=1)) < len(messages(database.rds))
    assert database.rds.describe_events(SourceType="db-instance", SourceIdentifier="other")["Events"] == []


def test_what_waits_for_the_maintenance_window_has_not_happened(database):
    database.create()
    database.read()
    database.modify(DBInstanceClass="db.r7g.xlarge")
    assert messages(database.rds, EventCategories=["configuration change"]) == []


def test_a_source_is_named_with_its_type(database):
    with refused("InvalidParameterCombination", "without source type"):
        database.rds.describe_events(SourceIdentifier="main")


@pytest.fixture
def database(sandbox):
    return Database(sandbox)
