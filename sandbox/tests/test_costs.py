"""What AWS asks for, and what it billed."""

import json

import pytest
from botocore.exceptions import ClientError


def test_products_are_found_by_their_attributes_page_by_page(sandbox):
    pricing = sandbox.client("pricing")
    filters = [
        {"Type": "TERM_MATCH", "Field": "regionCode", "Value": "eu-central-1"},
        {"Type": "TERM_MATCH", "Field": "productFamily", "Value": "NAT Gateway"},
    ]
    asked = {"ServiceCode": "AmazonEC2", "Filters": filters, "FormatVersion": "aws_v1", "MaxResults": 1}
    first = pricing.get_products(**asked)
    second = pricing.get_products(**asked, NextToken=first["NextToken"])
    assert "NextToken" not in second
    products = [json.loads(text) for page in (first, second) for text in page["PriceList"]]
    usages = {one["product"]["attributes"]["usagetype"] for one in products}
    assert usages == {"EUC1-NatGateway-Hours", "EUC1-NatGateway-Bytes"}
    for one in products:
        (term,) = one["terms"]["OnDemand"].values()
        (rate,) = term["priceDimensions"].values()
        assert float(rate["pricePerUnit"]["USD"]) > 0 and rate["beginRange"] == "0"
    with pytest.raises(ClientError, match="MaxResults"):
        pricing.get_products(**(asked | {"MaxResults": 101}))


def test_nothing_is_billed_under_a_tag_before_it_is_a_cost_allocation_tag(sandbox):
    asked = {
        "TimePeriod": {"Start": "2026-10-01", "End": "2026-11-28"}, "Granularity": "MONTHLY",
        "Metrics": ["UnblendedCost"], "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
        "Filter": {"Tags": {"Key": "ajuda:stack", "Values": ["shop"]}},
    }
    explorer = sandbox.client("ce")
    months = explorer.get_cost_and_usage(**asked)["ResultsByTime"]
    assert [(one["TimePeriod"], one["Estimated"], one["Groups"]) for one in months] == [
        ({"Start": "2026-10-01", "End": "2026-11-01"}, False, []),
        ({"Start": "2026-11-01", "End": "2026-11-28"}, True, []),
    ]
    sandbox.control("POST", "account", {"cost_tag": True})
    months = explorer.get_cost_and_usage(**asked)["ResultsByTime"]
    assert all(one["Groups"] for one in months)
    with pytest.raises(ClientError, match="before end date"):
        explorer.get_cost_and_usage(**(asked | {"TimePeriod": {"Start": "2026-11-28", "End": "2026-11-28"}}))
