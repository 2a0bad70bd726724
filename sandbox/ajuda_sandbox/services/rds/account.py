"""What RDS tells about itself and the account: versions, classes, certificates, quotas."""

from __future__ import annotations

from datetime import datetime, timezone

from moto.rds.responses import RDSResponse

from ...core import wire
from ..ec2 import interfaces
from . import catalogue as rds_catalogue
from .state import arn, backend, store
from ...core.wire import replaces

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html, default quotas.
QUOTAS = {
    "DBInstances": ("instance", 40),
    "ManualSnapshots": ("snapshot", 100),
    "DBSubnetGroups": ("subnet_group", 50),
    "DBParameterGroups": ("parameter_group", 50),
}
CERTIFICATES = {"rds-ca-rsa2048-g1": 2061, "rds-ca-rsa4096-g1": 2121, "rds-ca-ecc384-g1": 2121}


def catalogue() -> None:
    """DescribeDBEngineVersions and its kin, which only read."""

    @replaces(RDSResponse, "DescribeDBEngineVersions")
    def versions(response, sent):
        found, marker = wire.page(rds_catalogue.engine_versions(sent), sent)
        return {"DBEngineVersions": found, "Marker": marker}

    @replaces(RDSResponse, "DescribeOrderableDBInstanceOptions")
    def orderable(response, sent):
        zones = [z.name for z in interfaces.backend_of(response).describe_availability_zones()]
        options = rds_catalogue.orderable(sent, response.region, zones)
        found, marker = wire.page(options, sent)
        return {"OrderableDBInstanceOptions": found, "Marker": marker}

    @replaces(RDSResponse, "DescribeCertificates")
    def certificates(response, sent):
        here = backend(response)
        found = [
            {
                "CertificateIdentifier": name,
                "CertificateType": "CA",
                "ValidFrom": datetime(2021, 5, 25, tzinfo=timezone.utc),
                "ValidTill": datetime(year, 5, 25, tzinfo=timezone.utc),
                "CertificateArn": arn(here, "cert", name).replace(f":{here.account_id}:", "::"),
                "CustomerOverride": False,
            }
            for name, year in CERTIFICATES.items()
            if sent.get("CertificateIdentifier") in (None, name)
        ]
        return {"DefaultCertificateForNewLaunches": "rds-ca-rsa2048-g1", "Certificates": found}

    @replaces(RDSResponse, "DescribeAccountAttributes")
    def quotas(response, sent):
        here = backend(response)
        storage = sum(instance["AllocatedStorage"] for instance in store(here, "instance").values())
        listed = [{"AccountQuotaName": "AllocatedStorage", "Used": storage, "Max": 100000}]
        for name, (kind, most) in QUOTAS.items():
            used = [item for item in store(here, kind).values() if item.get("SnapshotType") != "automated"]
            listed.append({"AccountQuotaName": name, "Used": len(used), "Max": most})
        return {"AccountQuotas": listed}

    @replaces(RDSResponse, "DescribePendingMaintenanceActions")
    def maintenance(response, sent):
        return {"PendingMaintenanceActions": []}
