"""RDS: echo, clocks, deferred changes, refusals."""

import pytest
from stack_parts import TAGS, Network, refused, wait

CREATE = {
    "DBInstanceIdentifier": "main",
    "Engine": "postgres",
    "EngineVersion": "16.12",
    "DBInstanceClass": "db.r7g.large",
    "AllocatedStorage": 200,
    "StorageType": "gp3",
    "MultiAZ": True,
    "StorageEncrypted": True,
    "MasterUsername": "owner",
    "MasterUserPassword": "correct-horse",
    "DBSubnetGroupName": "main",
    "DBParameterGroupName": "main",
    "BackupRetentionPeriod": 7,
    "DeletionProtection": True,
    "CopyTagsToSnapshot": True,
    "EnablePerformanceInsights": True,
    "PerformanceInsightsRetentionPeriod": 7,
    "EnableCloudwatchLogsExports": ["postgresql", "upgrade"],
    "EnableIAMDatabaseAuthentication": True,
    "MaxAllocatedStorage": 500,
    "PreferredBackupWindow": "02:00-03:00",
    "PreferredMaintenanceWindow": "Mon:04:00-Mon:05:00",
    "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
    "Tags": TAGS,
}


class Database:
    """An RDS client with the groups that an instance needs."""

    def __init__(self, sandbox):
        self.network = Network(sandbox)
        self.rds = sandbox.client("rds")
        self.rds.create_db_subnet_group(
            DBSubnetGroupName="Main", DBSubnetGroupDescription="d", SubnetIds=self.network.subnets, Tags=TAGS
        )
        self.rds.create_db_parameter_group(
            DBParameterGroupName="main", DBParameterGroupFamily="postgres16", Description="d", Tags=TAGS
        )

    def create(self, **more):
        parameters = {**CREATE, "VpcSecurityGroupIds": [self.network.group], **more}
        return self.rds.create_db_instance(**{k: v for k, v in parameters.items() if v is not None})["DBInstance"]

    def read(self):
        return self.rds.describe_db_instances(DBInstanceIdentifier="main")["DBInstances"][0]

    def modify(self, **changes):
        return self.rds.modify_db_instance(DBInstanceIdentifier="main", **changes)["DBInstance"]


@pytest.fixture
def database(sandbox):
    return Database(sandbox)


def test_everything_sent_is_answered(database):
    assert database.create()["DBInstanceStatus"] == "creating"
    made = database.read()
    assert made["DBInstanceStatus"] == "available"
    for key in set(CREATE) & set(made):
        expected = CREATE[key].lower() if key == "PreferredMaintenanceWindow" else CREATE[key]
        assert made[key] == expected, key
    assert made["PerformanceInsightsEnabled"] and made["IAMDatabaseAuthenticationEnabled"]
    assert made["EnabledCloudwatchLogsExports"] == ["postgresql", "upgrade"]
    assert made["TagList"] == TAGS
    assert (made["Iops"], made["StorageThroughput"]) == (3000, 125)
    assert made["Endpoint"]["Port"] == 5432 and made["DbiResourceId"].startswith("db-")


def test_states_pass_in_the_clocks_time(ticking):
    database = Database(ticking)
    database.create(DeletionProtection=False)
    with refused("InvalidDBInstanceState"):
        database.modify(BackupRetentionPeriod=8)
    assert "Endpoint" not in database.read()
    assert wait(lambda: database.read()["DBInstanceStatus"], "available") == ["creating", "backing-up", "available"]
    database.modify(DBInstanceClass="db.r7g.xlarge", ApplyImmediately=True)
    assert database.read()["PendingModifiedValues"] == {"DBInstanceClass": "db.r7g.xlarge"}
    wait(lambda: database.read()["DBInstanceStatus"], "modifying")
    wait(lambda: database.read()["DBInstanceStatus"], "available")
    assert database.read()["DBInstanceClass"] == "db.r7g.xlarge"
    database.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    assert database.read()["DBInstanceStatus"] == "deleting"
    with refused("DependencyViolation"):
        database.network.ec2.delete_security_group(GroupId=database.network.group)
    wait(lambda: len(database.rds.describe_db_instances()["DBInstances"]), 0)
    database.network.delete()


def test_what_waits_for_the_maintenance_window_is_pending(database):
    database.create()
    database.read()
    assert database.modify(DBInstanceClass="db.r7g.xlarge")["PendingModifiedValues"] == {
        "DBInstanceClass": "db.r7g.xlarge"
    }
    assert database.read()["DBInstanceClass"] == "db.r7g.large"
    assert database.modify(BackupRetentionPeriod=9)["BackupRetentionPeriod"] == 9
    assert database.modify(DBInstanceClass="db.r7g.large")["PendingModifiedValues"] == {}


def test_a_new_parameter_group_waits_for_a_restart(database):
    database.create(DBParameterGroupName=None)
    database.read()
    group = database.modify(DBParameterGroupName="main")["DBParameterGroups"]
    assert group == [{"DBParameterGroupName": "main", "ParameterApplyStatus": "pending-reboot"}]
    database.rds.reboot_db_instance(DBInstanceIdentifier="main")
    assert database.read()["DBParameterGroups"][0]["ParameterApplyStatus"] == "in-sync"


def test_four_hundred_gibibytes_change_the_rules_of_gp3(database):
    with refused("InvalidParameterCombination", "less than 400"):
        database.create(Iops=3000)
    with refused("InvalidParameterCombination", "at least 12000"):
        database.create(AllocatedStorage=400, MaxAllocatedStorage=None, Iops=3000)
    database.create()
    database.read()
    with refused("InvalidParameterCombination"):
        database.modify(AllocatedStorage=100)
    database.modify(AllocatedStorage=400, ApplyImmediately=True)
    made = database.read()
    assert (made["AllocatedStorage"], made["Iops"], made["StorageThroughput"]) == (400, 12000, 500)


@pytest.mark.parametrize(
    "change,code",
    [
        ({"MasterUserPassword": "p@ssword1"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "short"}, "InvalidParameterValue"),
        ({"MasterUsername": "admin"}, "InvalidParameterValue"),
        ({"EngineVersion": "16.99"}, "InvalidParameterCombination"),
        ({"EngineVersion": "16.8"}, "InvalidParameterCombination"),
        ({"EngineVersion": "15.17"}, "InvalidParameterCombination"),
        ({"DBInstanceClass": "db.x9z.large"}, "InvalidParameterCombination"),
        ({"DBInstanceIdentifier": "1-bad"}, "InvalidParameterValue"),
        ({"DBSubnetGroupName": "none"}, "DBSubnetGroupNotFoundFault"),
        ({"MonitoringInterval": 60}, "InvalidParameterCombination"),
        ({"PerformanceInsightsRetentionPeriod": 30}, "InvalidParameterValue"),
    ],
)
def test_creations_that_are_refused(database, change, code):
    with refused(code):
        database.create(**change)


def test_versions_only_go_up(database):
    database.create()
    database.read()
    with refused("InvalidParameterCombination", "Cannot upgrade postgres from 16.12 to 16.10"):
        database.modify(EngineVersion="16.10")
    with refused("InvalidParameterCombination", "AllowMajorVersionUpgrade"):
        database.modify(EngineVersion="17.9")
    database.modify(EngineVersion="16.14", ApplyImmediately=True)
    assert database.read()["EngineVersion"] == "16.14"


def test_deleting_asks_for_a_final_snapshot(database):
    database.create()
    database.read()
    with refused("InvalidParameterCombination", "Cannot delete protected"):
        database.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    database.modify(DeletionProtection=False)
    with refused("InvalidParameterCombination", "FinalDBSnapshotIdentifier is required"):
        database.rds.delete_db_instance(DBInstanceIdentifier="main")
    with refused("InvalidDBSubnetGroupStateFault"):
        database.rds.delete_db_subnet_group(DBSubnetGroupName="main")
    with refused("InvalidDBParameterGroupState"):
        database.rds.delete_db_parameter_group(DBParameterGroupName="main")
    database.rds.create_db_snapshot(DBInstanceIdentifier="main", DBSnapshotIdentifier="taken")
    database.read()
    with refused("DBSnapshotAlreadyExists"):
        database.rds.delete_db_instance(DBInstanceIdentifier="main", FinalDBSnapshotIdentifier="taken")
    database.rds.delete_db_instance(DBInstanceIdentifier="main", FinalDBSnapshotIdentifier="final")
    with refused("DBInstanceNotFound"):
        database.read()
    snapshot = database.rds.describe_db_snapshots(DBSnapshotIdentifier="final")["DBSnapshots"][0]
    assert snapshot["Status"] == "available" and snapshot["TagList"] == TAGS and snapshot["Encrypted"]
    database.rds.delete_db_subnet_group(DBSubnetGroupName="main")
    database.rds.delete_db_parameter_group(DBParameterGroupName="main")
    database.network.delete()


def test_exported_logs_leave_groups_behind(database, sandbox):
    database.create(DeletionProtection=False)
    database.read()
    database.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    groups = sandbox.client("logs").describe_log_groups(logGroupNamePrefix="/aws/rds/instance/main/")["logGroups"]
    assert [g["logGroupName"].rsplit("/", 1)[1] for g in groups] == ["postgresql", "upgrade"]


def test_groups_keep_tags_and_need_two_zones(database):
    arn = database.rds.describe_db_subnet_groups(DBSubnetGroupName="main")["DBSubnetGroups"][0]["DBSubnetGroupArn"]
    assert database.rds.list_tags_for_resource(ResourceName=arn)["TagList"] == TAGS
    database.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["ajuda:stack"])
    assert database.rds.list_tags_for_resource(ResourceName=arn)["TagList"] == []
    with refused("DBSubnetGroupDoesNotCoverEnoughAZs"):
        database.rds.create_db_subnet_group(
            DBSubnetGroupName="one", DBSubnetGroupDescription="d", SubnetIds=database.network.subnets[:1]
        )


def test_parameters_say_who_set_them(database):
    change = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
    database.rds.modify_db_parameter_group(DBParameterGroupName="main", Parameters=[change])
    mine = database.rds.describe_db_parameters(DBParameterGroupName="main", Source="user")["Parameters"]
    assert [(p["ParameterName"], p["ParameterValue"]) for p in mine] == [("rds.force_ssl", "1")]
    static = {"ParameterName": "shared_preload_libraries", "ParameterValue": "x", "ApplyMethod": "immediate"}
    with refused("InvalidParameterCombination"):
        database.rds.modify_db_parameter_group(DBParameterGroupName="main", Parameters=[static])


def test_the_catalogue_knows_versions_and_classes(sandbox):
    rds = sandbox.client("rds")
    versions = rds.describe_db_engine_versions(Engine="postgres", EngineVersion="16")["DBEngineVersions"]
    assert [v["EngineVersion"] for v in versions] == [f"16.{n}" for n in range(9, 16)]
    default = rds.describe_db_engine_versions(Engine="postgres", EngineVersion="16", DefaultOnly=True)
    assert len(default["DBEngineVersions"]) == 1
    options = rds.describe_orderable_db_instance_options(
        Engine="postgres", EngineVersion="16.14", DBInstanceClass="db.r7g.large"
    )["OrderableDBInstanceOptions"]
    gp3 = next(o for o in options if o["StorageType"] == "gp3")
    assert gp3["MultiAZCapable"] and len(gp3["AvailabilityZones"]) >= 2


def test_a_snapshot_comes_back_as_an_instance(database):
    database.create(DeletionProtection=False)
    database.read()
    database.rds.create_db_snapshot(DBInstanceIdentifier="main", DBSnapshotIdentifier="before", Tags=TAGS)
    database.read()
    database.rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="again",
        DBSnapshotIdentifier="before",
        DBSubnetGroupName="main",
        DBParameterGroupName="main",
        VpcSecurityGroupIds=[database.network.group],
        Tags=TAGS,
    )
    again = database.rds.describe_db_instances(DBInstanceIdentifier="again")["DBInstances"][0]
    kept = ("Engine", "EngineVersion", "AllocatedStorage", "MasterUsername", "StorageEncrypted")
    assert {k: again[k] for k in kept} == {k: database.read()[k] for k in kept}
    with refused("DBSnapshotNotFound"):
        database.rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="x", DBSnapshotIdentifier="none")


def test_an_instance_stops_and_starts(database):
    database.create()
    database.read()
    database.rds.stop_db_instance(DBInstanceIdentifier="main")
    assert database.read()["DBInstanceStatus"] == "stopped"
    with refused("InvalidDBInstanceState"):
        database.modify(BackupRetentionPeriod=8)
    database.rds.start_db_instance(DBInstanceIdentifier="main")
    assert database.read()["DBInstanceStatus"] == "available"


def test_quotas_count_what_is_there(database):
    database.create()
    quotas = {q["AccountQuotaName"]: q["Used"] for q in database.rds.describe_account_attributes()["AccountQuotas"]}
    assert (quotas["DBInstances"], quotas["AllocatedStorage"], quotas["DBSubnetGroups"]) == (1, 200, 1)
    names = [c["CertificateIdentifier"] for c in database.rds.describe_certificates()["Certificates"]]
    assert database.read()["CACertificateIdentifier"] in names
