"""ACM and Route 53: a certificate is issued because its record exists."""

import pytest
from stack_parts import TAGS, Network, refused, wait


class Domain:
    """A hosted zone and the clients around it."""

    def __init__(self, sandbox):
        self.acm, self.route53 = sandbox.client("acm"), sandbox.client("route53")
        self.zone = self.route53.create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"]

    def request(self):
        return self.acm.request_certificate(
            DomainName="chat.example.org", ValidationMethod="DNS", IdempotencyToken="t", Tags=TAGS
        )["CertificateArn"]

    def read(self, arn):
        return self.acm.describe_certificate(CertificateArn=arn)["Certificate"]

    def change(self, action, name, kind="CNAME", value="x.example.net.", **alias):
        record = {"Name": name, "Type": kind, **(alias or {"TTL": 60, "ResourceRecords": [{"Value": value}]})}
        changes = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        return self.route53.change_resource_record_sets(HostedZoneId=self.zone, ChangeBatch=changes)["ChangeInfo"]

    def prove(self, arn):
        record = self.read(arn)["DomainValidationOptions"][0]["ResourceRecord"]
        return self.change("UPSERT", record["Name"], value=record["Value"])


@pytest.fixture
def domain(sandbox):
    return Domain(sandbox)


def test_a_certificate_waits_for_its_record(domain):
    arn = domain.request()
    assert domain.request() == arn
    assert domain.read(arn)["Status"] == domain.read(arn)["Status"] == "PENDING_VALIDATION"
    domain.prove(arn)
    assert domain.read(arn)["Status"] == "ISSUED"
    assert domain.acm.list_tags_for_certificate(CertificateArn=arn)["Tags"] == TAGS


def test_issuing_takes_the_clocks_time(ticking):
    domain = Domain(ticking)
    arn = domain.request()
    wait(lambda: "ResourceRecord" in domain.read(arn)["DomainValidationOptions"][0], True)
    change = domain.prove(arn)
    assert change["Status"] == "PENDING"
    assert wait(lambda: domain.read(arn)["Status"], "ISSUED") == ["PENDING_VALIDATION", "ISSUED"]
    assert domain.route53.get_change(Id=change["Id"])["ChangeInfo"]["Status"] == "INSYNC"


def test_a_certificate_in_use_stays(domain, sandbox):
    arn = domain.request()
    elb, network = sandbox.client("elbv2"), Network(sandbox)
    balancer = elb.create_load_balancer(Name="main", Subnets=network.subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    listener = {
        "LoadBalancerArn": balancer,
        "Protocol": "HTTPS",
        "Port": 443,
        "Certificates": [{"CertificateArn": arn}],
        "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    }
    with refused("UnsupportedCertificate"):
        elb.create_listener(**listener)
    domain.prove(arn)
    domain.read(arn)
    made = elb.create_listener(**listener)["Listeners"][0]
    assert made["Certificates"] == [{"CertificateArn": arn}] and made["SslPolicy"]
    assert domain.read(arn)["InUseBy"] == [balancer]
    with refused("ResourceInUseException"):
        domain.acm.delete_certificate(CertificateArn=arn)
    elb.delete_listener(ListenerArn=made["ListenerArn"])
    domain.acm.delete_certificate(CertificateArn=arn)


def test_records_are_checked_against_what_is_there(domain):
    domain.change("CREATE", "a.example.org")
    with refused("InvalidChangeBatch", "already exists"):
        domain.change("CREATE", "a.example.org")
    with refused("InvalidChangeBatch", "do not match"):
        domain.change("DELETE", "a.example.org", value="y.example.net.")
    with refused("InvalidChangeBatch", "was not found"):
        domain.change("DELETE", "b.example.org")
    with refused("InvalidChangeBatch", "not permitted in zone"):
        domain.change("CREATE", "a.example.com")
    domain.change("DELETE", "A.example.org.")


def test_zones_are_listed_from_a_name_onward(domain):
    domain.route53.create_hosted_zone(Name="zebra.org", CallerReference="2")
    names = [z["Name"] for z in domain.route53.list_hosted_zones_by_name(DNSName="missing.org")["HostedZones"]]
    assert names == ["zebra.org."]


def test_a_token_stands_for_a_certificate_that_is_there(domain):
    first = domain.request()
    domain.acm.delete_certificate(CertificateArn=first)
    assert domain.request() != first
