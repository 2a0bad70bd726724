"""RDS: renamed instances, restores to a moment, the backups that RDS takes itself."""

import datetime

import pytest
from stack_parts import TAGS, refused, wait
from test_rds import Database


@pytest.fixture
def database(sandbox):
    database = Database(sandbox)
    database.create(DeletionProtection=False)
    database.read()
    return database


def instances(database):
    return {i["DBInstanceIdentifier"]: i for i in database.rds.describe_db_instances()["DBInstances"]}


def test_a_renamed_instance_keeps_its_tags_and_gets_another_endpoint(database):
    before = database.read()
    database.modify(NewDBInstanceIdentifier="Former", ApplyImmediately=True)
    found = instances(database)
    assert list(found) == ["former"]
    after = found["former"]
    assert after["DBInstanceStatus"] == "available" and after["TagList"] == TAGS
    assert after["DbiResourceId"] == before["DbiResourceId"]
    # ARN and endpoint carry the name ("Renaming a DB instance").
    assert after["DBInstanceArn"].endswith(":db:former")
    assert after["Endpoint"]["Address"] == before["Endpoint"]["Address"].replace("main.", "former.", 1)
    assert database.rds.list_tags_for_resource(ResourceName=after["DBInstanceArn"])["TagList"] == TAGS
    with refused("DBInstanceNotFound"):
        database.read()
    database.create(DeletionProtection=False)
    # Whoever takes the name gets the very endpoint.
    assert database.read()["Endpoint"] == before["Endpoint"]


def test_a_name_that_is_taken_is_refused(database):
    database.create(DBInstanceIdentifier="other")
    for name, code in (("other", "DBInstanceAlreadyExists"), ("-bad-", "InvalidParameterValue")):
        with refused(code):
            database.modify(NewDBInstanceIdentifier=name, ApplyImmediately=True)


def test_a_renaming_that_is_not_at_once_waits(database):
    database.modify(NewDBInstanceIdentifier="later")
    assert database.read()["PendingModifiedValues"]["DBInstanceIdentifier"] == "later"


def test_a_renaming_takes_its_time(ticking):
    database = Database(ticking)
    database.create()
    wait(lambda: database.read()["DBInstanceStatus"], "available")
    database.modify(NewDBInstanceIdentifier="former", ApplyImmediately=True)
    wait(lambda: database.read()["DBInstanceStatus"], "renaming")
    wait(lambda: list(instances(database)), ["former"])


def test_an_instance_comes_back_as_it_was_at_a_moment(database):
    until = database.read()["LatestRestorableTime"]
    window = database.rds.describe_db_instance_automated_backups(DBInstanceIdentifier="main")
    assert window["DBInstanceAutomatedBackups"][0]["RestoreWindow"]["EarliestTime"] <= until
    asked = {"SourceDBInstanceIdentifier": "main", "DBSubnetGroupName": "main", "DBParameterGroupName": "main"}
    made = database.rds.restore_db_instance_to_point_in_time(
        TargetDBInstanceIdentifier="again", UseLatestRestorableTime=True, Tags=TAGS, **asked
    )
    # Nobody sent a password that could be on its way.
    assert made["DBInstance"]["PendingModifiedValues"] == {}
    again = instances(database)["again"]
    kept = ("Engine", "EngineVersion", "AllocatedStorage", "MasterUsername", "StorageEncrypted")
    assert {k: again[k] for k in kept} == {k: database.read()[k] for k in kept}
    # Backups and windows are the new instance's own ("Restoring to a DB instance").
    assert again["BackupRetentionPeriod"] == 1
    never = until + datetime.timedelta(days=1)
    for moment in (never, until - datetime.timedelta(days=99)):
        with refused("InvalidRestoreFault"):
            database.rds.restore_db_instance_to_point_in_time(
                TargetDBInstanceIdentifier="x", RestoreTime=moment, **asked
            )
    with refused("DBInstanceAlreadyExists"):
        database.rds.restore_db_instance_to_point_in_time(
            TargetDBInstanceIdentifier="again", UseLatestRestorableTime=True, **asked
        )


def test_rds_takes_backups_itself_and_they_go_with_the_instance(database):
    of = {"DBInstanceIdentifier": "main", "SnapshotType": "automated"}
    found = database.rds.describe_db_snapshots(**of)["DBSnapshots"]
    assert len(found) == 1 and found[0]["DBSnapshotIdentifier"].startswith("rds:main-")
    name = found[0]["DBSnapshotIdentifier"]
    assert database.rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"][0]["Status"] == "available"
    with refused("InvalidDBSnapshotState"):
        database.rds.delete_db_snapshot(DBSnapshotIdentifier=name)
    database.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    assert database.rds.describe_db_snapshots()["DBSnapshots"] == []


def test_a_version_that_is_no_target_is_refused(database):
    targets = database.rds.describe_db_engine_versions(Engine="postgres", EngineVersion="16.12")
    offered = {t["EngineVersion"] for t in targets["DBEngineVersions"][0]["ValidUpgradeTarget"]}
    assert "16.15" in offered and "16.11" not in offered
    for version in ("16.11", "16.99"):
        with refused("InvalidParameterCombination"):
            database.modify(EngineVersion=version)
    database.modify(EngineVersion="16.15")
    assert database.read()["PendingModifiedValues"] == {"EngineVersion": "16.15"}
    database.modify(EngineVersion="16.15", ApplyImmediately=True)
    database.read()
    assert database.read()["EngineVersion"] == "16.15"
