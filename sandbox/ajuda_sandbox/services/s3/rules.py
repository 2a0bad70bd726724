"""S3: what is refused of encryption, tags and copies."""

from __future__ import annotations

import re

import xmltodict
from moto.s3.exceptions import InvalidArgumentError, InvalidTagError, MalformedXML
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response

# S3 user guide, "Using cost allocation S3 bucket tags" with "Tag restrictions"; `InvalidTag` for anything
# else is recorded (LocalStack's s3_api, test_tagging_validation).
TAG_TEXT = re.compile(r"[\w .:/=+\-@]*", re.UNICODE)


def install(sandbox) -> None:
    """Mends what moto takes and S3 does not."""
    _encryption()
    _tags()
    _copies()


def _encryption() -> None:
    def read(response):
        """Exactly one rule, and a key only for KMS (recorded: LocalStack's s3_api,
        test_s3_default_bucket_encryption_exc)."""
        rules = xmltodict.parse(response.body)["ServerSideEncryptionConfiguration"].get("Rule")
        if not isinstance(rules, dict):
            raise MalformedXML()
        default = rules.get("ApplyServerSideEncryptionByDefault") or {}
        if not default.get("SSEAlgorithm"):
            raise MalformedXML()
        if default["SSEAlgorithm"] == "AES256" and default.get("KMSMasterKeyID"):
            raise InvalidArgumentError(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
                "ApplyServerSideEncryptionByDefault",
                default["KMSMasterKeyID"],
            )
        return {"Rule": rules}

    put = S3Backend.put_bucket_encryption

    def put_bucket_encryption(backend, bucket_name, encryption):
        put(backend, bucket_name, encryption)
        backend.get_bucket(bucket_name).encryption_is_chosen = True

    get = S3Response.get_bucket_encryption

    def get_bucket_encryption(response):
        # "This resets the default encryption for the bucket as SSE-S3" (DeleteBucketEncryption), and the
        # answer is 200 without a configuration then (recorded: test_s3_default_bucket_encryption).
        if response.backend.get_bucket_encryption(response.bucket_name) is None:
            return 200, {}, ""
        return get(response)

    S3Response._encryption_config_from_body = read
    S3Backend.put_bucket_encryption = put_bucket_encryption
    S3Response.get_bucket_encryption = get_bucket_encryption


def _tags() -> None:
    put = S3Backend.put_bucket_tagging

    def put_bucket_tagging(backend, bucket_name, tags):
        check_tags(list(tags.items()))
        put(backend, bucket_name, {key: value or "" for key, value in tags.items()})

    S3Backend.put_bucket_tagging = put_bucket_tagging


def check_tags(pairs) -> None:
    """Refuses keys of AWS's own, keys that come twice, and characters that no tag has."""
    keys = [key for key, _ in pairs]
    if any((key or "").startswith("aws:") for key in keys):
        raise InvalidTagError("System tags cannot be added/updated by requester")
    if len(set(keys)) < len(keys):
        raise InvalidTagError("Cannot provide multiple Tags with the same key")
    for key, value in pairs:
        if not key or not TAG_TEXT.fullmatch(key):
            raise InvalidTagError("The TagKey you have provided is invalid")
        if not TAG_TEXT.fullmatch(value or ""):
            raise InvalidTagError("The TagValue you have provided is invalid")


def _copies() -> None:
    copy = S3Backend.copy_object

    def copy_object(backend, src_key, dest_bucket_name, *args, **kwargs):
        # A copy of an object onto itself must change something (CopyObject; verified: moto's
        # test_copy_key_without_changes_should_error). The encryption that every bucket begins with is no
        # change; one that somebody has put is.
        bucket = backend.get_bucket(dest_bucket_name)
        chosen, kept = getattr(bucket, "encryption_is_chosen", True), bucket.encryption
        bucket.encryption = kept if chosen else None
        try:
            copy(backend, src_key, dest_bucket_name, *args, **kwargs)
        finally:
            bucket.encryption = kept

    S3Backend.copy_object = copy_object
