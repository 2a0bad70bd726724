"""S3's settings of buckets, and its list of them, are seconds behind; a new bucket is unknown for a while.

S3 answers by the query of its URL, so the operations are found by that.
"""

from __future__ import annotations

import copy

from moto.s3.exceptions import MissingBucket, S3ClientError
from moto.s3.responses import S3Response

from ..lag import NOW, Lag
from ..core.late import Rule

SETTINGS = {
    "lifecycle": "BucketLifecycleConfiguration",
    "versioning": "BucketVersioning",
    "policy": "BucketPolicy",
    "tagging": "BucketTagging",
    "encryption": "BucketEncryption",
    "publicAccessBlock": "PublicAccessBlock",
    "ownershipControls": "BucketOwnershipControls",
}
GETS = tuple("Get" + name for name in SETTINGS.values())
PUTS = tuple("Put" + name for name in SETTINGS.values())

LIFECYCLE = Lag(
    "s3", ("GetBucketLifecycleConfiguration",), "", 180, 4,
    "TF s3/bucket_lifecycle_configuration.go: old and new by turns for up to 3 minutes", turns=True,
)
SETTING = Lag("s3", GETS, "", 5, 1, "S3 user guide, data consistency: bucket configurations are eventually consistent")
NEW = Rule("s3", (*GETS, *PUTS), "NoSuchBucket", 5, 1, "TF s3/bucket.go: retried after the create")
MEET = Rule("s3", PUTS, "OperationAborted", 1, 1, "TF s3/bucket.go: two calls meet, retried")
LIST = Rule("s3", ("ListBuckets",), "", 5, 1, "API ListBuckets: can lag behind a create")


class Aborted(S3ClientError):
    """Two settings of a bucket at once."""

    code = "OperationAborted"
    status = 409


def install(sandbox, journals) -> None:
    """Puts the rules on S3's dispatch."""
    late = sandbox.late
    put, get = S3Response._bucket_response_put, S3Response._bucket_response_get
    delete, listed = S3Response._bucket_response_delete, S3Response.all_buckets

    def setting(query) -> str | None:
        return next((name for name in SETTINGS if name in query), None)

    def rule_of(name: str) -> Lag:
        return LIFECYCLE if name == "lifecycle" else SETTING

    def answered(response, bucket: str, name: str):
        """The reply to a read of a setting, or the refusal."""
        other = copy.copy(response)
        other.data = other.querystring = {name: [""], "BucketName": bucket}
        try:
            return get(other, bucket, {name: [""]})
        except S3ClientError as refused:
            return refused

    def refuse(response, bucket: str, name: str, method: str) -> None:
        if late.lasts(NEW, late.since("bucket", bucket), (method, name)):
            raise MissingBucket(bucket=bucket)

    def changed(response, bucket: str, query, change):
        name = setting(query)
        if not late.on or name is None or bucket not in response.backend.buckets:
            new = bucket not in response.backend.buckets
            reply = change()
            if new and bucket in response.backend.buckets:
                late.happened("bucket", bucket)
            return reply
        refuse(response, bucket, name, "put")
        if late.lasts(MEET, late.since("setting", bucket)):
            raise Aborted("A conflicting conditional operation is currently in progress against this resource. Please try again.")
        before = answered(response, bucket, name)
        reply = change()
        late.happened("setting", bucket)
        journals.of(rule_of(name), "").note({(bucket, name): before}, {(bucket, name): reply})
        return reply

    def bucket_response_put(response, request, bucket_name, querystring):
        return changed(response, bucket_name, querystring, lambda: put(response, request, bucket_name, querystring))

    def bucket_response_delete(response, bucket_name, querystring):
        return changed(response, bucket_name, querystring, lambda: delete(response, bucket_name, querystring))

    def bucket_response_get(response, bucket_name, querystring):
        name = setting(querystring)
        if not late.on or name is None or bucket_name not in response.backend.buckets:
            return get(response, bucket_name, querystring)
        refuse(response, bucket_name, name, "get")
        rule = rule_of(name)
        was = journals.of(rule, "").as_it_was(late, rule, (bucket_name, name))
        if was is NOW:
            return get(response, bucket_name, querystring)
        if isinstance(was, S3ClientError):
            raise was
        return was

    def all_buckets(response):
        hidden = [name for name in response.backend.buckets if late.lasts(LIST, late.since("bucket", name))]
        held = {name: response.backend.buckets.pop(name) for name in hidden}
        try:
            return listed(response)
        finally:
            response.backend.buckets.update(held)

    S3Response._bucket_response_put = bucket_response_put
    S3Response._bucket_response_delete = bucket_response_delete
    S3Response._bucket_response_get = bucket_response_get
    S3Response.all_buckets = all_buckets
