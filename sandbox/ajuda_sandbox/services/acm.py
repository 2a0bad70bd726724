"""ACM: a certificate is issued some time after its CNAME exists in Route 53, and never
otherwise; it cannot be deleted while a listener presents it."""

from __future__ import annotations

import hashlib
import re

from moto.acm.models import CertBundle, acm_backends
from moto.acm.responses import AWSCertificateManagerResponse
from moto.elbv2.models import elbv2_backends

from ..core import wire
from . import route53
from ..core.late import Rule
from ..core.wire import Refusal, amends, checks

# RequestCertificate, DomainName.
DOMAIN = re.compile(r"(\*\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])")
# Seconds on AWS: the validation record is known soon after the request; issuing takes minutes.
RECORD_KNOWN, ISSUED = 5, 120
# The same for an instant clock, where no time passes.
RECORD = Rule("acm", ("DescribeCertificate",), "", RECORD_KNOWN, 1, "facts, ACM: ResourceRecord is missing for seconds")


def install(sandbox) -> None:
    """Mends ACM."""

    def record(account: str, domain: str) -> dict:
        # The same for every certificate of an account and domain, and for its wildcard
        # (https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html).
        base = domain.removeprefix("*.")
        digest = hashlib.sha256(f"{account} {base}".encode()).hexdigest()
        return {
            "Name": f"_{digest[:32]}.{base}.",
            "Type": "CNAME",
            "Value": f"_{digest[32:]}.{digest[3:13]}.acm-validations.aws.",
        }

    def advance(account: str, certificate) -> None:
        if certificate.type != "AMAZON_ISSUED" or certificate.status != "PENDING_VALIDATION":
            return
        if getattr(certificate, "validation", "DNS") != "DNS":
            return
        for domain in certificate.sans or [certificate.common_name]:
            wanted = record(account, domain)
            if wanted["Value"].rstrip(".") not in route53.cname(account, wanted["Name"]):
                certificate.proved = None
                return
        if getattr(certificate, "proved", None) is None:
            certificate.proved = wire.monotonic()
        if sandbox.clock.due(certificate.proved, ISSUED):
            certificate.status = "ISSUED"
            certificate.issued_at = wire.now()
            # Load balancers hear of it later (settling/rules.py, CertificateNotFound).
            sandbox.late.happened("issued", certificate.arn)

    def users(response, arn: str) -> list[str]:
        found = []
        for balancer in elbv2_backends[response.current_account][response.region].load_balancers.values():
            if any(arn in (listener.certificates or []) for listener in balancer.listeners.values()):
                found.append(balancer.arn)
        return found

    # Time alone validates nothing.
    CertBundle.check = lambda certificate: None

    def everything(response) -> None:
        for certificate in response.acm_backend._certificates.values():
            advance(response.current_account, certificate)

    @amends(AWSCertificateManagerResponse, "RequestCertificate")
    def requested(response, sent, reply):
        certificate = response.acm_backend._certificates[reply["CertificateArn"]]
        certificate.validation = sent.get("ValidationMethod", "EMAIL")
        certificate.requested = getattr(certificate, "requested", wire.monotonic())
        certificate.key_algorithm = sent.get("KeyAlgorithm", "RSA_2048")

    @checks(AWSCertificateManagerResponse, "RequestCertificate")
    def request(response, sent):
        if len(sent["DomainName"]) > 64:
            raise Refusal(
                "InvalidParameterException",
                f"The first domain name can be no longer than 64 octets, including periods: {sent['DomainName']}",
            )
        names = [sent["DomainName"], *sent.get("SubjectAlternativeNames", [])]
        for name in names:
            if not DOMAIN.fullmatch(name):
                raise Refusal(
                    "ValidationException",
                    f"1 validation error detected: Value '{name}' at 'domainName' failed to satisfy constraint: Member must "
                    f"satisfy regular expression pattern: {DOMAIN.pattern}",
                )
        if any(name.endswith((".elb.amazonaws.com", ".amazonaws.com")) for name in names):
            raise Refusal(
                "InvalidDomainValidationOptionsException", f"The domain {sent['DomainName']} is not supported."
            )

    @checks(AWSCertificateManagerResponse, "DescribeCertificate", "ListCertificates", "GetCertificate")
    def describe(response, sent):
        everything(response)

    @amends(AWSCertificateManagerResponse, "DescribeCertificate")
    def described(response, sent, reply):
        shown = reply["Certificate"]
        certificate = response.acm_backend._certificates[shown["CertificateArn"]]
        shown["InUseBy"] = users(response, certificate.arn)
        if certificate.type != "AMAZON_ISSUED":
            return
        # Asked for as RSA_2048, answered as RSA-2048 (LS acm, all snapshots).
        shown["KeyAlgorithm"] = getattr(certificate, "key_algorithm", "RSA_2048").replace("RSA_", "RSA-")
        issued = certificate.status == "ISSUED"
        if issued and hasattr(certificate, "issued_at"):
            shown["IssuedAt"] = certificate.issued_at
        if issued:
            shown["RenewalEligibility"] = "ELIGIBLE" if shown["InUseBy"] else "INELIGIBLE"
        else:
            for key in ("IssuedAt", "NotBefore", "NotAfter", "Serial", "Issuer"):
                shown.pop(key, None)
        options = []
        requested = sandbox.late.at("requested", certificate.arn, getattr(certificate, "requested", 0))
        known = not sandbox.late.lasts(RECORD, requested)
        names = [shown["DomainName"], *(n for n in shown["SubjectAlternativeNames"] if n != shown["DomainName"])]
        for name in names:
            option = {
                "DomainName": name,
                "ValidationDomain": name,
                "ValidationStatus": "SUCCESS" if issued else "PENDING_VALIDATION",
                "ValidationMethod": getattr(certificate, "validation", "DNS"),
            }
            if option["ValidationMethod"] == "DNS" and known and sandbox.clock.due(
                getattr(certificate, "requested", 0), RECORD_KNOWN
            ):
                option["ResourceRecord"] = record(response.current_account, name)
            options.append(option)
        shown["DomainValidationOptions"] = options

    @amends(AWSCertificateManagerResponse, "ListCertificates")
    def listed(response, sent, reply):
        for summary in reply.get("CertificateSummaryList", []):
            summary["InUse"] = bool(users(response, summary["CertificateArn"]))
            certificate = response.acm_backend._certificates[summary["CertificateArn"]]
            summary["SubjectAlternativeNameSummaries"] = certificate.sans

    @checks(AWSCertificateManagerResponse, "DeleteCertificate")
    def delete(response, sent):
        arn = sent["CertificateArn"]
        if arn not in acm_backends[response.current_account][response.region]._certificates:
            return
        if users(response, arn):
            raise Refusal(
                "ResourceInUseException", f"Certificate {arn} in account {response.current_account} is in use."
            )
        # A token stands for a certificate, as long as there is one.
        tokens = response.acm_backend._idempotency_tokens
        for token in [token for token, held in tokens.items() if held["arn"] == arn]:
            del tokens[token]
