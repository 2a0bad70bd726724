"""AWS Free Tier: which plan an account has.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_freetier_GetAccountPlanState.html
"""


def install(sandbox):
    """Answers GetAccountPlanState, whose service moto has not."""

    def state(sandbox, asked):
        plan = "FREE" if sandbox.account_settings.free_plan else "PAID"
        return {"accountId": sandbox.account, "accountPlanType": plan, "accountPlanStatus": "ACTIVE"}

    sandbox.own["freetier", "GetAccountPlanState"] = state
