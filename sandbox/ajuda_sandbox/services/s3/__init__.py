"""S3: the defaults of every new bucket since 2023, policies that are read before they are
kept, buckets that are empty only without versions."""

from __future__ import annotations

import fnmatch
import json
import re

from moto.core.serialize import S3Serializer
from moto.iam.access_control import PermissionResult
from moto.iam.models import iam_backends
from moto.s3.exceptions import InvalidBucketName, S3ClientError
from moto.s3.models import FakeBucket, PublicAccessBlock, S3Backend, s3_backends
from moto.s3.utils import bucket_policy_is_public


class Malformed(S3ClientError):
    """A refusal in S3's own error class, which is the one its dispatcher answers."""

    code = "MalformedPolicy"


class NoAcls(S3ClientError):
    """Object ownership enforced means that no access control list counts."""

    code = "AccessControlListNotSupported"


class PublicPolicy(S3ClientError):
    """BlockPublicPolicy at work."""

    code = "AccessDenied"


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
NOT_A_NAME = re.compile(r"\.\.|^\d+\.\d+\.\d+\.\d+$|^xn--|^sthree-|-s3alias$|--ol-s3$")

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
DEFAULT_ENCRYPTION = {
    "Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}
}

# Root elements of replies as the API reference shows them: botocore's model leaves them out and
# its parser does not look, other clients do.
ROOTS = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectTagging": "Tagging",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}


def install(sandbox) -> None:
    """Mends S3."""
    create, delete, put_policy = S3Backend.create_bucket, S3Backend.delete_bucket, S3Backend.put_bucket_policy
    put_acl = S3Backend.put_bucket_acl

    def put_bucket_acl(backend, bucket_name, acl):
        if backend.get_bucket(bucket_name).ownership_rule == "BucketOwnerEnforced":
            raise NoAcls("The bucket does not allow ACLs")
        put_acl(backend, bucket_name, acl)

    def create_bucket(backend, bucket_name, *args, **kwargs):
        if not NAME.fullmatch(bucket_name) or NOT_A_NAME.search(bucket_name):
            raise InvalidBucketName()
        bucket = create(backend, bucket_name, *args, **kwargs)
        bucket.encryption, bucket.encryption_is_chosen = json.loads(json.dumps(DEFAULT_ENCRYPTION)), False
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
        bucket.public_access_block = PublicAccessBlock("true", "true", "true", "true")
        bucket.ownership_rule = "BucketOwnerEnforced"
        return bucket

    def delete_bucket(backend, bucket_name):
        bucket = backend.get_bucket(bucket_name)
        # Versions and delete markers count (DeleteBucket). Unfinished uploads do not: they go with the
        # bucket (moto's tests that were verified against AWS clean up so:
        # test_s3_multipart::test_create_multipart_upload_with_content_type).
        if bucket.keys:
            return None
        backend.tagger.delete_all_tags_for_resource(bucket.arn)
        return delete(backend, bucket_name)

    def put_bucket_policy(backend, bucket_name, policy):
        bucket = backend.get_bucket(bucket_name)
        _check_policy(backend, bucket, policy)
        put_policy(backend, bucket_name, _with_whole_principals(bucket, policy))

    serialize = S3Serializer._serialized_result_to_response

    def serialized(serializer, *args):
        reply = serialize(serializer, *args)
        operation = serializer.operation_model.name
        if operation in ROOTS:
            for opening in ("<", "</"):
                reply["body"] = reply["body"].replace(f"{opening}{operation}Response", opening + ROOTS[operation])
        return reply

    S3Serializer._serialized_result_to_response = serialized
    # Moto's reset forgets the buckets and not whose they were.
    sandbox.on_reset(s3_backends.bucket_accounts.clear)
    S3Backend.create_bucket = create_bucket
    S3Backend.delete_bucket = delete_bucket
    S3Backend.put_bucket_policy = put_bucket_policy
    S3Backend.put_bucket_acl = put_bucket_acl
    # Moto enforces statements for everybody without their conditions: a policy that only
    # demands TLS would lock everybody out.
    FakeBucket._log_permissions_enabled_policy = staticmethod(_may_log)
    FakeBucket.get_permission = lambda bucket, action, resource: PermissionResult.NEUTRAL


def _may_log(target_bucket, target_prefix) -> bool:
    """Whether the target's policy lets S3 write logs under the prefix, in whichever form it says so.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    ("Permissions for log delivery")
    """

    def listed(value):
        return value if isinstance(value, list) else [value]

    object_arn = f"{target_bucket.arn}/{target_prefix or ''}key"
    statements = listed(json.loads(target_bucket.policy or "{}").get("Statement", []))
    for statement in statements:
        principal = statement.get("Principal")
        services = listed(principal.get("Service", [])) if isinstance(principal, dict) else []
        if (
            statement.get("Effect") == "Allow"
            and "logging.s3.amazonaws.com" in services
            and {"s3:PutObject", "s3:*"} & set(listed(statement.get("Action")))
            and any(fnmatch.fnmatchcase(object_arn, resource) for resource in listed(statement.get("Resource")))
        ):
            return True
    return False


def _check_policy(backend, bucket, policy) -> None:
    text = policy.decode() if isinstance(policy, bytes) else policy
    try:
        document = json.loads(text)
        statements = document["Statement"]
        statements = [statements] if isinstance(statements, dict) else list(statements)
    except (ValueError, TypeError):
        raise Malformed("Policies must be valid JSON and the first byte must be '{'") from None
    except KeyError:
        raise Malformed("Missing required field Statement") from None
    for statement in statements:
        for field in ("Effect", "Principal", "Action", "Resource"):
            if field not in statement and f"Not{field}" not in statement:
                raise Malformed(f"Missing required field {field}")
        resources = statement.get("Resource", [])
        for resource in [resources] if isinstance(resources, str) else resources:
            if resource != bucket.arn and not resource.startswith((bucket.arn + "/", bucket.arn + "*")):
                raise Malformed("Policy has invalid resource")
        actions = statement.get("Action", [])
        for action in [actions] if isinstance(actions, str) else actions:
            if not action.startswith(("s3:", "s3-object-lambda:", "*")):
                raise Malformed("Policy has invalid action")
        _check_principal(backend, statement.get("Principal"))
    public = any(s["Effect"] == "Allow" for s in statements) and bucket_policy_is_public(text.encode())
    if public and bucket.public_access_block is not None and bucket.public_access_block.block_public_policy:
        raise PublicPolicy(
            f"User: arn:{bucket.partition}:iam::{bucket.account_id}:root is not authorized to perform: s3:PutBucketPolicy on "
            f'resource: "{bucket.arn}" because public policies are blocked by the BlockPublicPolicy block public access setting.',
        )


def _with_whole_principals(bucket, policy) -> bytes:
    """The policy as GetBucketPolicy answers it: a bare account id is the ARN of the account's root
    (IAM user guide, "AWS JSON policy elements: Principal")."""
    document = json.loads(policy)
    statements = document["Statement"]
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal")
        if not isinstance(principal, dict) or "AWS" not in principal:
            continue
        named = principal["AWS"]
        whole = [
            f"arn:{bucket.partition}:iam::{who}:root" if re.fullmatch(r"\d{12}", who) else who
            for who in ([named] if isinstance(named, str) else named)
        ]
        principal["AWS"] = whole[0] if isinstance(named, str) else whole
    return json.dumps(document).encode()


def _check_principal(backend, principal) -> None:
    named = principal.get("AWS", []) if isinstance(principal, dict) else []
    for arn in [named] if isinstance(named, str) else named:
        kind, _, name = arn.partition(":role/")
        account = kind.split(":")[4] if kind.count(":") >= 4 else None
        if name and account == backend.account_id:
            roles = iam_backends[account][backend.partition].roles.values()
            if arn not in {role.arn for role in roles}:
                raise Malformed("Invalid principal in policy")
