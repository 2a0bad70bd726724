"""What RDS offers for PostgreSQL: engine versions and instance classes. Versions
as in CloudFormation's resource schema of October 2026."""

from __future__ import annotations

# Minor versions by major, oldest first; True marks those that can no longer be created.
VERSIONS = {
    "15": [("15.13", False), ("15.14", False), ("15.15", False), ("15.16", False), ("15.17", False), ("15.18", False)],
    "16": [
        ("16.8", True),
        ("16.9", False),
        ("16.10", False),
        ("16.11", False),
        ("16.12", False),
        ("16.13", False),
        ("16.14", False),
        ("16.15", False),
    ],
    "17": [("17.5", False), ("17.6", False), ("17.7", False), ("17.8", False), ("17.9", False), ("17.10", False)],
}
DEFAULTS = {"15": "15.17", "16": "16.14", "17": "17.9"}

# Class families and their sizes; the Graviton families run PostgreSQL 16 everywhere.
CLASSES = {
    "db.t4g": ["micro", "small", "medium", "large", "xlarge", "2xlarge"],
    "db.t3": ["micro", "small", "medium", "large", "xlarge", "2xlarge"],
    "db.m5": ["large", "xlarge", "2xlarge", "4xlarge"],
    "db.m6i": ["large", "xlarge", "2xlarge", "4xlarge"],
    "db.m7i": ["large", "xlarge", "2xlarge", "4xlarge"],
    "db.r5": ["large", "xlarge", "2xlarge", "4xlarge"],
    "db.r6i": ["large", "xlarge", "2xlarge", "4xlarge"],
    "db.r7i": ["large", "xlarge", "2xlarge", "4xlarge"],
    "db.m6g": ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge"],
    "db.m7g": ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"],
    "db.m8g": ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge"],
    "db.r6g": ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"],
    "db.r7g": ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"],
    "db.r8g": ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge"],
}
# us-east-1e offers none of the newer classes.
OLD_ZONE = "e"


def majors() -> list[str]:
    """The major versions on offer."""
    return list(VERSIONS)


def resolve(version: str | None) -> str | None:
    """The minor version that `version` (a major, a minor, or nothing) names, if it can be created."""
    version = version or "17"
    if version in DEFAULTS:
        return DEFAULTS[version]
    major = version.split(".")[0]
    return next((v for v, gone in VERSIONS.get(major, []) if v == version and not gone), None)


def order(version: str) -> tuple:
    """For comparing versions."""
    return tuple(int(part) for part in version.split("."))


def described(version: str, gone: bool) -> dict:
    """DBEngineVersion."""
    major = version.split(".")[0]
    newer = [v for line in VERSIONS.values() for v, _ in line if order(v) > order(version)]
    return {
        "Engine": "postgres",
        "MajorEngineVersion": major,
        "EngineVersion": version,
        "DBParameterGroupFamily": f"postgres{major}",
        "DBEngineDescription": "PostgreSQL",
        "DBEngineVersionDescription": f"PostgreSQL {version}-R1",
        "ValidUpgradeTarget": [
            {
                "Engine": "postgres",
                "EngineVersion": target,
                "Description": f"PostgreSQL {target}-R1",
                "AutoUpgrade": target == DEFAULTS[major],
                "IsMajorVersionUpgrade": target.split(".")[0] != major,
            }
            for target in newer
        ],
        "ExportableLogTypes": ["postgresql", "upgrade", "iam-db-auth-error"],
        "SupportsLogExportsToCloudwatchLogs": True,
        "SupportsReadReplica": True,
        "SupportedFeatureNames": ["Bedrock", "Lambda", "s3Export", "s3Import"],
        "Status": "deprecated" if gone else "available",
        "SupportsParallelQuery": False,
        "SupportsGlobalDatabases": False,
        "TagList": [],
        "SupportsBabelfish": False,
        "SupportsCertificateRotationWithoutRestart": True,
        "SupportedCACertificateIdentifiers": ["rds-ca-rsa2048-g1", "rds-ca-ecc384-g1", "rds-ca-rsa4096-g1"],
        "SupportsLocalWriteForwarding": False,
        "SupportsIntegrations": False,
    }


def engine_versions(sent: dict) -> list[dict]:
    """DescribeDBEngineVersions: deprecated ones only with IncludeAll; DefaultOnly per engine or major."""
    if sent.get("Engine") not in (None, "postgres"):
        return []
    wanted, found = sent.get("EngineVersion"), []
    for major, line in VERSIONS.items():
        for version, gone in line:
            if gone and not sent.get("IncludeAll"):
                continue
            if wanted and wanted not in (major, version):
                continue
            if sent.get("DBParameterGroupFamily") not in (None, f"postgres{major}"):
                continue
            found.append(described(version, gone))
    if sent.get("DefaultOnly"):
        # Without a version, the engine's one default (DescribeDBEngineVersions, DefaultOnly).
        narrowed = wanted or sent.get("DBParameterGroupFamily")
        found = [
            v
            for v in found
            if v["EngineVersion"] == (DEFAULTS[v["MajorEngineVersion"]] if narrowed else DEFAULTS["17"])
        ]
    return found


def offered(instance_class: str) -> bool:
    """Whether PostgreSQL runs on that class."""
    family, _, size = instance_class.rpartition(".")
    return size in CLASSES.get(family, [])


def orderable(sent: dict, region: str, zones: list[str]) -> list[dict]:
    """DescribeOrderableDBInstanceOptions for PostgreSQL."""
    options = []
    for version in [sent["EngineVersion"]] if sent.get("EngineVersion") else list(DEFAULTS.values()):
        known = resolve(version) if version not in DEFAULTS else None
        if known is None or sent.get("Engine") != "postgres":
            continue
        for family, sizes in CLASSES.items():
            for size in sizes:
                name = f"{family}.{size}"
                if sent.get("DBInstanceClass") not in (None, name):
                    continue
                for storage in ("gp2", "gp3", "io1", "io2"):
                    options.append(_option(known, name, storage, family, zones))
    return options


def _option(version: str, name: str, storage: str, family: str, zones: list[str]) -> dict:
    old = family in ("db.t3", "db.m6g", "db.r6g", "db.t4g")
    return {
        "Engine": "postgres",
        "EngineVersion": version,
        "DBInstanceClass": name,
        "LicenseModel": "postgresql-license",
        "AvailabilityZones": [{"Name": z} for z in zones if old or not z.endswith(OLD_ZONE)],
        "MultiAZCapable": True,
        "ReadReplicaCapable": True,
        "Vpc": True,
        "SupportsStorageEncryption": True,
        "StorageType": storage,
        "SupportsIops": storage != "gp2",
        "SupportsStorageThroughput": storage == "gp3",
        "SupportsEnhancedMonitoring": True,
        "SupportsIAMDatabaseAuthentication": True,
        "SupportsPerformanceInsights": True,
        "MinStorageSize": 20 if storage.startswith("gp") else 100,
        "MaxStorageSize": 65536,
        "AvailableProcessorFeatures": [],
        "SupportedEngineModes": ["provisioned"],
        "SupportsStorageAutoscaling": True,
        "SupportsKerberosAuthentication": True,
        "OutpostCapable": False,
        "SupportedNetworkTypes": ["IPV4", "DUAL"],
        "SupportsClusters": False,
        "SupportsDedicatedLogVolume": storage.startswith("io"),
    }
