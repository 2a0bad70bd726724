"""Route 53: atomic record changes checked against what is there, changes that come into
sync, zones listed from a name onward."""

from __future__ import annotations

import secrets

from moto.elbv2.models import elbv2_backends
from moto.route53.models import HostedZoneIdentifier, RecordSet, route53_backends
from moto.route53.responses import Route53

from ..core import wire
from ..core.wire import Refusal, replaces

# Seconds on AWS until every name server knows a change ("generally within 60 seconds", GetChange).
IN_SYNC = 30


def install(sandbox) -> None:
    """Mends Route 53."""
    made = HostedZoneIdentifier.generate
    # As AWS's begin, in every example of its API reference; moto's begin with anything.
    HostedZoneIdentifier.generate = lambda self, **more: "Z" + made(self, **more)[1:]

    def canonical(name: str) -> str:
        name = name.lower().replace("*", "\\052")
        return name if name.endswith(".") else name + "."

    def change_info(response) -> dict:
        number = "C" + secrets.token_hex(10).upper()
        wire.kept(response.backend, "sandbox_changes")[number] = (wire.monotonic(), wire.now())
        return {"Id": f"/change/{number}", "Status": "PENDING", "SubmittedAt": wire.now()}

    def record(sent: dict) -> RecordSet:
        values = {**sent, "Name": canonical(sent["Name"])}
        if "ResourceRecords" in sent:
            values["ResourceRecords"] = [r["Value"] for r in sent["ResourceRecords"]]
        if "AliasTarget" in sent:
            values["AliasTarget"] = {**sent["AliasTarget"], "DNSName": canonical(sent["AliasTarget"]["DNSName"])}
        return RecordSet(values)

    def same(one: RecordSet, other: RecordSet) -> bool:
        return (one.name, one.type, one.set_identifier) == (other.name, other.type, other.set_identifier)

    @replaces(Route53, "ChangeResourceRecordSets")
    def change(response, sent):
        zone = response.backend.get_hosted_zone(sent["HostedZoneId"])
        records, problems = list(zone.rrsets), []
        for item in sent["ChangeBatch"]["Changes"]:
            wanted = record(item["ResourceRecordSet"])
            label = f"resource record set [name='{wanted.name}', type='{wanted.type}']"
            there = next((r for r in records if same(r, wanted)), None)
            if not wanted.name.endswith("." + zone.name) and wanted.name != zone.name:
                problems.append(f"RRSet with DNS name {wanted.name} is not permitted in zone {zone.name}")
                continue
            target = wanted.alias_target
            if item["Action"] != "DELETE" and target and not _lies_in(response, target):
                problems.append(
                    f"Tried to create an alias that targets {target['DNSName']}, type {wanted.type} in zone "
                    f"{target['HostedZoneId']}, but the alias target name does not lie within the target zone"
                )
                continue
            others = {r.type for r in records if r.name == wanted.name and not same(r, wanted)}
            if item["Action"] != "DELETE" and ("CNAME" in others or wanted.type == "CNAME" and others):
                problems.append(
                    f"RRSet of type {wanted.type} with DNS name {wanted.name} is not permitted as it conflicts with other records with the same DNS name in zone {zone.name}"
                )
                continue
            if item["Action"] == "CREATE" and there:
                problems.append(f"Tried to create {label} but it already exists")
            elif item["Action"] == "DELETE" and there is None:
                problems.append(f"Tried to delete {label} but it was not found")
            elif item["Action"] == "DELETE":
                whole = (sorted(there.records or []), there.ttl, there.alias_target)
                if whole != (sorted(wanted.records or []), wanted.ttl, wanted.alias_target):
                    problems.append(f"Tried to delete {label} but the values provided do not match the current values")
                records = [r for r in records if not same(r, wanted)]
            else:
                records = [r for r in records if not same(r, wanted)] + [wanted]
        if problems:
            raise Refusal("InvalidChangeBatch", "[" + ", ".join(problems) + "]")
        zone.rrsets = records
        return {"ChangeInfo": change_info(response)}

    @replaces(Route53, "GetChange")
    def get_change(response, sent):
        number = sent["Id"].rsplit("/", 1)[-1]
        since, at = wire.kept(response.backend, "sandbox_changes").get(number, (None, wire.now()))
        done = since is None or sandbox.clock.due(since, IN_SYNC)
        return {"ChangeInfo": {"Id": f"/change/{number}", "Status": "INSYNC" if done else "PENDING", "SubmittedAt": at}}

    @replaces(Route53, "ListHostedZonesByName")
    def by_name(response, sent):
        # From that name onward in reversed-label order: the first zone need not be the one asked for.
        def key(name: str) -> list[str]:
            return list(reversed(name.rstrip(".").split(".")))

        zones = sorted(response.backend.zones.values(), key=lambda zone: key(zone.name))
        if sent.get("DNSName"):
            zones = [zone for zone in zones if key(zone.name) >= key(canonical(sent["DNSName"]))]
        most = int(sent.get("MaxItems") or 100)
        shown = wire.plain(response, {"HostedZones": zones[:most]}, "ListHostedZones")["HostedZones"]
        reply = {"HostedZones": shown, "IsTruncated": len(zones) > most, "MaxItems": str(most)}
        if sent.get("DNSName"):
            reply["DNSName"] = canonical(sent["DNSName"])
        if len(zones) > most:
            reply.update(NextDNSName=zones[most].name, NextHostedZoneId=zones[most].id)
        return reply


def _lies_in(response, target: dict) -> bool:
    """Whether a load balancer of this account is in the hosted zone that an alias says (TF route53/record.go)."""
    name = target["DNSName"].rstrip(".").removeprefix("dualstack.")
    for here in elbv2_backends[response.current_account].values():
        for balancer in here.load_balancers.values():
            if balancer.dns_name.lower() == name:
                return balancer.canonical_hosted_zone_id == target["HostedZoneId"]
    return True


def cname(account: str, name: str) -> set[str]:
    """The values of a CNAME in any public zone of the account, without the final dot."""
    found = set()
    for backend in route53_backends[account].values():
        for zone in backend.zones.values():
            for record in zone.rrsets:
                if record.type == "CNAME" and not zone.private_zone and record.name.rstrip(".") == name.rstrip("."):
                    found |= {value.rstrip(".") for value in record.records}
    return found
