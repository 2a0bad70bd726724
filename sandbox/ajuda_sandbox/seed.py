"""What an account has before anything is deployed: hosted zones, images, certificates."""

import uuid


def prepare(sandbox, zones=(), images=(), certificates=(), foreign_buckets=None, region=None, zone_ids=None, keys=()):
    """Makes what is not there yet; harmless when repeated.

    `certificates` are domain names for which an issued certificate exists. `foreign_buckets` are buckets of
    another account, by name with their tags, whose owner lets everybody in. `zone_ids` are names of zones by the ids
    that they have. `keys` are ARNs of KMS keys. Zones are of the partition of
    `region`: each has a Route 53 of its own ("Getting Started with AWS services in Beijing Region", "AWS GovCloud
    (US) User Guide").
    """
    with sandbox.lock:
        return {
            "zones": {name: _zone(sandbox, name, region or sandbox.region) for name in zones},
            "zone_ids": [_zone_with_id(sandbox, *zone, region or sandbox.region) for zone in (zone_ids or {}).items()],
            "keys": [_key(arn) for arn in keys],
            "images": [sandbox.images.first(image)["image"] for image in images],
            "certificates": {name: _certificate(sandbox, name) for name in certificates},
            "foreign_buckets": [_foreign_bucket(sandbox, *bucket) for bucket in (foreign_buckets or {}).items()],
        }


def _zone(sandbox, name, region):
    from moto.route53.models import route53_backends
    from moto.utilities.utils import get_partition

    backend = route53_backends[sandbox.account][get_partition(region)]
    wanted = name.rstrip(".") + "."
    for zone in backend.zones.values():
        if zone.name == wanted and not zone.private_zone:
            return zone.id
    made = backend.create_hosted_zone(
        name=wanted, private_zone=False, caller_reference=str(uuid.uuid4()), comment="", vpcid=None, vpcregion=None
    )
    return made.id


def _zone_with_id(sandbox, number, name, region):
    from moto.route53.models import route53_backends
    from moto.utilities.utils import get_partition

    backend = route53_backends[sandbox.account][get_partition(region)]
    if number not in backend.zones:
        made = backend.create_hosted_zone(
            name=name.rstrip(".") + ".", private_zone=False, caller_reference=str(uuid.uuid4()), comment="", vpcid=None,
            vpcregion=None,
        )
        zone = backend.zones.pop(made.id)
        zone.id, backend.zones[number] = number, zone
    return number


def _key(arn):
    """A symmetric key for encryption, under the id that a file names."""
    from moto.kms.models import kms_backends

    _, _, _, region, account, resource = arn.split(":", 5)
    number = resource.removeprefix("key/")
    backend = kms_backends[account][region]
    if number not in backend.keys and not resource.startswith("alias/"):
        made = backend.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "", None)
        key = backend.keys.pop(made.id)
        key.id, key.arn, backend.keys[number] = number, arn, key
    return arn


def _foreign_bucket(sandbox, name, tags):
    from moto.s3.models import s3_backends

    account = "999999999999"
    backend = s3_backends[account]["aws"]
    if name not in backend.buckets:
        backend.create_bucket(name, sandbox.region)
    # moto reads a bucket's tags in the account of who asks.
    tagger = s3_backends[sandbox.account]["aws"].tagger
    tagger.tag_resource(backend.buckets[name].arn, [{"Key": key, "Value": value} for key, value in tags.items()])
    return name


def _certificate(sandbox, name):
    from moto.acm.models import acm_backends

    backend = acm_backends[sandbox.account][sandbox.region]
    for arn, bundle in backend._certificates.items():
        if bundle.common_name == name and bundle.status == "ISSUED":
            return arn
    arn = backend.request_certificate(
        domain_name=name, idempotency_token=uuid.uuid4().hex, subject_alt_names=[], tags=[], cert_authority_arn=None
    )
    backend._certificates[arn].status = "ISSUED"
    return arn
