"""AWS's price list: a few products of each service that a stack is billed for.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html

Families, attributes and usage types are AWS's ("Reading the service price list files", Billing user guide), and so is
the form: each product is a text of JSON. The prices are the sandbox's own, and no region differs in them.
"""

import json

from ..core.wire import Refusal

# Prefixes of usage types by region; us-east-1 has none for services that are older than prefixes.
PREFIXES = {
    "us-east-1": "", "us-east-2": "USE2-", "us-west-2": "USW2-", "eu-west-1": "EU-", "eu-central-1": "EUC1-",
    "ap-southeast-2": "APS2-", "ap-northeast-1": "APN1-",
}
POSTGRES = {"databaseEngine": "PostgreSQL"}
# Service, family, usage type without its prefix, dollars, unit, and more attributes.
PRODUCTS = [
    ("AmazonECS", "Compute", "Fargate-vCPU-Hours:perCPU", "0.0410000000", "hours", {}),
    ("AmazonECS", "Compute", "Fargate-GB-Hours", "0.0045000000", "hours", {}),
    ("AmazonECS", "Compute", "Fargate-ARM-vCPU-Hours:perCPU", "0.0330000000", "hours", {}),
    ("AmazonECS", "Compute", "Fargate-ARM-GB-Hours", "0.0036000000", "hours", {}),
    ("AmazonECS", "Compute", "SpotUsage-Fargate-GB-Hours", "0.0010000000", "hours", {}),
    ("AmazonEC2", "NAT Gateway", "NatGateway-Hours", "0.0460000000", "Hrs", {}),
    ("AmazonEC2", "NAT Gateway", "NatGateway-Bytes", "0.0470000000", "GB", {}),
    ("AmazonVPC", "Cloud Connectivity", "PublicIPv4:InUseAddress", "0.0050000000", "Hrs", {}),
    ("AWSELB", "Load Balancer-Application", "LoadBalancerUsage", "0.0230000000", "Hrs", {}),
    ("AWSELB", "Load Balancer-Application", "LCUUsage", "0.0090000000", "LCU-Hrs", {}),
    ("AmazonRDS", "Database Storage", "RDS:GP3-Storage", "0.1160000000", "GB-Mo", {"databaseEngine": "Any"}),
    ("AmazonRDS", "Database Storage", "RDS:Multi-AZ-GP3-Storage", "0.2320000000", "GB-Mo", {"databaseEngine": "Any"}),
    ("AmazonS3", "Storage", "TimedStorage-ByteHrs", "0.0240000000", "GB-Mo", {"volumeType": "Standard"}),
    ("AmazonECR", "EC2 Container Registry", "TimedStorage-ByteHrs", "0.1100000000", "GB-Mo", {}),
    ("AmazonCloudWatch", "Data Payload", "DataProcessing-Bytes", "0.5100000000", "GB", {}),
    ("AmazonCloudWatch", "Alarm", "CW:AlarmMonitorUsage", "0.1100000000", "Alarms", {"alarmType": "Standard"}),
    ("AWSSecretsManager", "Secret", "AWSSecretsManager-Secrets", "0.4100000000", "Secrets", {}),
]
# Classes of databases: dollars in one zone; two cost twice.
CLASSES = {"db.t4g.micro": 0.017, "db.t4g.small": 0.034, "db.t4g.medium": 0.066, "db.r7g.large": 0.25}
# The most that a page has; GetProducts, MaxResults.
MOST = 100


def install(sandbox):
    """Answers GetProducts, whose service moto has not."""

    def products(sandbox, asked):
        if not 1 <= asked.get("MaxResults", MOST) <= MOST:
            raise Refusal("InvalidParameterException", "MaxResults must be between 1 and 100")
        found = [one for one in catalogue(asked["ServiceCode"]) if fits(one, asked.get("Filters", []))]
        start = int(asked.get("NextToken") or 0)
        end = start + asked.get("MaxResults", MOST)
        page = {"FormatVersion": "aws_v1", "PriceList": [json.dumps(one) for one in found[start:end]]}
        return page | ({"NextToken": str(end)} if end < len(found) else {})

    sandbox.own["pricing", "GetProducts"] = products


def catalogue(service):
    """Every product of a service in every region."""
    for region, prefix in PREFIXES.items():
        for code, family, usage, usd, unit, more in PRODUCTS:
            if code == service:
                yield product(code, family, region, prefix + usage, usd, unit, more)
        if service == "AmazonRDS":
            for name, usd in CLASSES.items():
                for zones, factor, usage in (("Single-AZ", 1, "InstanceUsage"), ("Multi-AZ", 2, "Multi-AZUsage")):
                    more = POSTGRES | {"instanceType": name, "deploymentOption": zones}
                    usage = f"{prefix}{usage}:{name}"
                    yield product("AmazonRDS", "Database Instance", region, usage, f"{usd * factor:.10f}", "Hrs", more)


def product(service, family, region, usage, usd, unit, more):
    """One product with its price on demand, as the price list writes it."""
    attributes = {"regionCode": region, "usagetype": usage, "servicecode": service} | more
    rate = {"unit": unit, "beginRange": "0", "endRange": "Inf", "pricePerUnit": {"USD": usd}}
    return {
        "product": {"productFamily": family, "attributes": attributes},
        "serviceCode": service,
        "terms": {"OnDemand": {"SKU.JRTCKXETXF": {"priceDimensions": {"SKU.JRTCKXETXF.6YS6EN2CT7": rate}}}},
    }


def fits(one, filters):
    """Whether a product has all that is asked for (Filter, TERM_MATCH)."""
    said = one["product"]["attributes"] | {"productFamily": one["product"]["productFamily"]}
    return all(said.get(term["Field"]) == term["Value"] for term in filters)
