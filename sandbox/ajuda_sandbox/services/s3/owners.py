"""S3: whose a bucket is and where: the owner that a request expects, other regions, names that are taken."""

from __future__ import annotations

import xmltodict
from moto.s3.exceptions import BucketAlreadyOwnedByYou
from moto.s3.models import S3Backend, s3_backends
from moto.s3.responses import S3Response

from ...core import clock
from .rules import check_tags

# How long a new bucket of another region is answered with a redirect that is not for ever (S3 user guide,
# "Making requests", "Request redirection and the REST API": until its name is in the DNS).
NEW = 3600


def install(sandbox) -> None:
    """Mends who is let in."""
    create = S3Backend.create_bucket

    def create_bucket(backend, bucket_name, *args, **kwargs):
        bucket = create(backend, bucket_name, *args, **kwargs)
        bucket.begun = clock.monotonic()
        return bucket

    S3Backend.create_bucket = create_bucket
    for name in ("_bucket_response", "_key_response"):
        setattr(S3Response, name, _guarded(sandbox, getattr(S3Response, name)))
    S3Response._bucket_response_put = _created(S3Response._bucket_response_put)


def _there(name):
    """The bucket that has a name, whosever it is."""
    partition, account = s3_backends.bucket_accounts.get(name, (None, None))
    return s3_backends[account][partition].buckets.get(name) if account else None


def _refusal(status, code, message, bucket, more="", **headers):
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>'
        f"{more}<BucketName>{bucket}</BucketName></Error>"
    )
    return status, {"content-type": "application/xml", **headers}, body


def _guarded(sandbox, respond):
    def response(self, request, full_url):
        name = self.parse_bucket_name_from_url(request, full_url)
        bucket = _there(name) if name else None
        query = self._get_querystring(request, full_url)
        creates = request.method == "PUT" and not query and request.path.strip("/") == name
        if bucket is None or creates:
            return respond(self, request, full_url)
        # "General purpose bucket region-specific redirection": the answer names the right region.
        if bucket.region_name != self.region:
            where = {"x-amz-bucket-region": bucket.region_name}
            endpoint = f"<Endpoint>{name}.s3.{bucket.region_name}.amazonaws.com</Endpoint>"
            if self.region == "us-east-1" and not sandbox.clock.due(bucket.begun, NEW):
                return _refusal(
                    307, "TemporaryRedirect", "Please re-send this request to the specified temporary endpoint. "
                    "Continue to use the original request endpoint for future requests.", name, endpoint, **where,
                )
            return _refusal(
                301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the "
                "specified endpoint. Please send all future requests to this endpoint.", name, endpoint, **where,
            )
        # S3 user guide, "Verifying bucket ownership with bucket owner condition": 12 digits, and 403 when the
        # bucket is another account's.
        owner = request.headers.get("x-amz-expected-bucket-owner")
        if owner is not None and not (owner.isdigit() and len(owner) == 12):
            message = "The value of the expected bucket owner parameter must be an AWS Account ID"
            return _refusal(400, "InvalidBucketOwnerAWSAccountID", message, name)
        if owner is not None and owner != bucket.account_id:
            return _refusal(403, "AccessDenied", "Access Denied", name)
        return respond(self, request, full_url)

    return response


def _created(put):
    """CreateBucket of a bucket that is ours, the tags that come with the call, and its `BucketArn`."""

    def bucket_response_put(response, request, bucket_name, querystring):
        if querystring:
            return put(response, request, bucket_name, querystring)
        new = bucket_name not in response.backend.buckets
        tags = _tags(response.body)
        # Without tags it succeeds again in us-east-1, and with any, even the same, it does not (recorded:
        # LocalStack's s3_api, test_create_bucket_with_tags_us_east_1_idempotency).
        if not new and tags:
            raise BucketAlreadyOwnedByYou(bucket_name=bucket_name)
        check_tags(tags)
        reply = put(response, request, bucket_name, querystring)
        bucket = response.backend.buckets.get(bucket_name)
        if bucket is None or not isinstance(reply, tuple) or reply[0] != 200:
            return reply
        if new and tags:
            listed = [{"Key": key, "Value": value} for key, value in tags]
            response.backend.tagger.tag_resource(bucket.arn, listed)
        status, headers, body = reply
        # `CreateBucketOutput`: both travel as headers.
        return status, {**headers, "x-amz-bucket-arn": bucket.arn}, body

    return bucket_response_put


def _tags(body):
    """CreateBucketConfiguration.Tags."""
    if not body:
        return []
    tags = (xmltodict.parse(body).get("CreateBucketConfiguration") or {}).get("Tags") or {}
    listed = tags.get("Tag") or []
    listed = listed if isinstance(listed, list) else [listed]
    return [(tag["Key"], tag["Value"] or "") for tag in listed]
