"""Service Quotas: how much an account may have of what its settings limit, and what it has asked for.

https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListRequestedServiceQuotaChangeHistoryByQuota.html

Codes and defaults: "Amazon VPC quotas" and "AWS Fargate endpoints and quotas" (AWS General Reference). An account whose
setting says nothing has had its quotas raised, as the sandbox then refuses nothing.
"""

from moto.servicequotas.responses import ServiceQuotasResponse

from ..core import wire
from ..core.wire import Refusal

RAISED = 1000.0
# By service and code: the name, AWS's default, and the setting of the account that limits it.
QUOTAS = {
    ("ec2", "L-0263D0A3"): ("EC2-VPC Elastic IPs", 5.0, "addresses"),
    ("vpc", "L-F678F1CE"): ("VPCs per Region", 5.0, "vpcs"),
    ("vpc", "L-FE5A380F"): ("NAT gateways per Availability Zone", 5.0, "nat_gateways"),
    ("fargate", "L-3032A538"): ("Fargate On-Demand vCPU resource count", 6.0, "fargate_vcpus"),
}


def install(sandbox):
    """Answers what is applied in the account, and what it has asked for."""

    def described(response, asked, value):
        service, code = asked["ServiceCode"], asked["QuotaCode"]
        name = QUOTAS[service, code][0]
        arn = f"arn:aws:servicequotas:{response.region}:{response.current_account}:{service}/{code}"
        return {"Quota": {
            "ServiceCode": service, "QuotaCode": code, "QuotaName": name, "QuotaArn": arn, "Value": value,
            "Unit": "None", "Adjustable": True, "GlobalQuota": False,
        }}

    def known(asked):
        try:
            return QUOTAS[asked["ServiceCode"], asked["QuotaCode"]]
        except KeyError:
            raise Refusal("NoSuchResourceException", "The specified quota does not exist.") from None

    @wire.replaces(ServiceQuotasResponse, "GetServiceQuota")
    def get(response, asked):
        limited = getattr(sandbox.account_settings, known(asked)[2])
        return described(response, asked, RAISED if limited is None else float(limited))

    @wire.replaces(ServiceQuotasResponse, "GetAWSDefaultServiceQuota")
    def default(response, asked):
        return described(response, asked, known(asked)[1])

    @wire.replaces(ServiceQuotasResponse, "ListRequestedServiceQuotaChangeHistoryByQuota")
    def history(response, asked):
        name = known(asked)[0]
        desired = sandbox.account_settings.quota_requests.get(asked["QuotaCode"])
        if desired is None:
            return {"RequestedQuotas": []}
        return {"RequestedQuotas": [{
            "Id": "0123456789abcdef", "ServiceCode": asked["ServiceCode"], "QuotaCode": asked["QuotaCode"],
            "QuotaName": name, "DesiredValue": float(desired), "Status": "PENDING",
        }]}
