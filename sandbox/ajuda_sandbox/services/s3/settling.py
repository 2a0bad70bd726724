"""S3: what a bucket is like in the first moments after it was made or changed."""

from __future__ import annotations

from moto.s3.exceptions import MissingBucket, S3ClientError
from moto.s3.models import S3Backend

from ...core import clock

# AWS seconds. The provider for Terraform retries `NoSuchBucket` of settings for two minutes after a create
# (internal/service/s3/bucket.go), and reads a lifecycle configuration until it is the same three times, for
# three minutes (bucket_lifecycle_configuration.go).
UNKNOWN, BUSY, BY_TURNS = 6, 1, 60

SETTINGS = (
    "put_bucket_encryption", "put_bucket_lifecycle_configuration", "put_bucket_ownership_controls", "put_bucket_policy",
    "put_bucket_tagging", "put_bucket_versioning", "put_public_access_block",
)


class OperationAborted(S3ClientError):
    """S3 API, "Error responses": two changes of one bucket at once."""

    code = "OperationAborted"


def install(sandbox) -> None:
    """Makes S3 as late as it is. With an instant clock nothing is late."""
    for name in SETTINGS:
        setattr(S3Backend, name, _late(sandbox, getattr(S3Backend, name)))
    _lifecycle(sandbox)
    create = S3Backend.create_bucket

    def create_bucket(backend, *args, **kwargs):
        bucket = create(backend, *args, **kwargs)
        # What comes with the call itself is never late.
        bucket.known = clock.monotonic()
        bucket.answers = 0
        return bucket

    S3Backend.create_bucket = create_bucket


def _late(sandbox, change):
    """Every other call of a new bucket's settings meets a server that does not know the bucket yet; one that
    comes right after another meets that one."""

    def changed(backend, bucket_name, *args, **kwargs):
        bucket = backend.get_bucket(bucket_name)
        known = getattr(bucket, "known", None)
        if known is not None and not sandbox.clock.due(known, UNKNOWN):
            bucket.answers += 1
            if bucket.answers % 2:
                raise MissingBucket(bucket=bucket_name)
        busy = getattr(bucket, "busy", None)
        if busy is not None and not sandbox.clock.due(busy, BUSY):
            raise OperationAborted(
                "A conflicting conditional operation is currently in progress against this resource. Please try again."
            )
        change(backend, bucket_name, *args, **kwargs)
        bucket.busy = clock.monotonic()

    return changed


def _lifecycle(sandbox):
    put, get = S3Backend.put_bucket_lifecycle_configuration, S3Backend.get_bucket_lifecycle_configuration

    def put_lifecycle(backend, bucket_name, rules):
        bucket = backend.get_bucket(bucket_name)
        before = list(bucket.rules)
        put(backend, bucket_name, rules)
        bucket.rules_before, bucket.rules_since, bucket.rules_asked = before, clock.monotonic(), 0

    def get_lifecycle(backend, bucket_name):
        bucket = backend.get_bucket(bucket_name)
        since = getattr(bucket, "rules_since", None)
        if since is not None and not sandbox.clock.due(since, BY_TURNS):
            bucket.rules_asked += 1
            if bucket.rules_asked % 2:
                return bucket.rules_before
        return get(backend, bucket_name)

    S3Backend.put_bucket_lifecycle_configuration = put_lifecycle
    S3Backend.get_bucket_lifecycle_configuration = get_lifecycle
