"""Cost Explorer: what was billed, month by month and by service.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html

The sandbox bills nobody: the amounts are made up. What is AWS's is that a tag counts only once it is a cost allocation
tag ("Activating user-defined cost allocation tags", Billing user guide), until when nothing is found under it.
"""

from datetime import date

from ..core.wire import Refusal

# Dollars a month by service, as Cost Explorer calls them.
MONTHLY = {
    "Amazon Relational Database Service": "41.1200000000",
    "Amazon Elastic Container Service": "18.5000000000",
    "Amazon Simple Storage Service": "0.0000000000",
}


def install(sandbox):
    """Answers GetCostAndUsage, in place of moto's, which knows neither tags nor months."""

    def usage(sandbox, asked):
        start, end = (date.fromisoformat(asked["TimePeriod"][key]) for key in ("Start", "End"))
        if start >= end:
            raise Refusal("ValidationException", "Start date (and hour) should be before end date (and hour)")
        known = sandbox.account_settings.cost_tag or "Tags" not in str(asked.get("Filter"))
        return {"ResultsByTime": [month(*span, known) for span in months(start, end)], "DimensionValueAttributes": []}

    sandbox.own["ce", "GetCostAndUsage"] = usage


def months(start, end):
    """The calendar months of a period, each from and to."""
    while start < end:
        following = date(start.year + start.month // 12, start.month % 12 + 1, 1)
        yield start, min(following, end)
        start = following


def month(start, end, known):
    """One month; the last is not final."""
    groups = [
        {"Keys": [service], "Metrics": {"UnblendedCost": {"Amount": usd, "Unit": "USD"}}}
        for service, usd in MONTHLY.items()
    ]
    return {
        "TimePeriod": {"Start": start.isoformat(), "End": end.isoformat()}, "Total": {},
        "Groups": groups if known else [], "Estimated": end.day != 1,
    }
