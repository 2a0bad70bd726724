"""S3: defaults of a new bucket, policies that are read, emptiness."""

import json

import pytest
from stack_parts import TAGS, refused

TLS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::shop", "arn:aws:s3:::shop/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ],
}


@pytest.fixture
def s3(sandbox):
    client = sandbox.client("s3")
    client.create_bucket(Bucket="shop")
    return client


def encryption(s3):
    rules = s3.get_bucket_encryption(Bucket="shop")["ServerSideEncryptionConfiguration"]["Rules"]
    return rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]


def test_a_new_bucket_is_encrypted_private_and_without_acls(s3):
    assert encryption(s3) == "AES256"
    assert all(s3.get_public_access_block(Bucket="shop")["PublicAccessBlockConfiguration"].values())
    rules = s3.get_bucket_ownership_controls(Bucket="shop")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_deleting_the_encryption_brings_the_default_back(s3):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket="shop", ServerSideEncryptionConfiguration={"Rules": [rule]})
    assert encryption(s3) == "aws:kms"
    s3.delete_bucket_encryption(Bucket="shop")
    assert encryption(s3) == "AES256"


def test_policies_are_read_before_they_are_kept(s3):
    with refused("MalformedPolicy", "valid JSON"):
        s3.put_bucket_policy(Bucket="shop", Policy="{nope")
    with refused("MalformedPolicy", "invalid resource"):
        s3.put_bucket_policy(Bucket="shop", Policy=json.dumps(TLS).replace(":::shop", ":::other"))
    with refused("AccessDenied", "BlockPublicPolicy"):
        public = {**TLS["Statement"][0], "Effect": "Allow"}
        del public["Condition"]
        s3.put_bucket_policy(Bucket="shop", Policy=json.dumps({**TLS, "Statement": [public]}))
    s3.put_bucket_policy(Bucket="shop", Policy=json.dumps(TLS))
    s3.put_object(Bucket="shop", Key="k", Body=b"a policy that demands TLS locks nobody out")


def test_versions_and_markers_keep_a_bucket(s3):
    s3.put_bucket_versioning(Bucket="shop", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="shop", Key="k", Body=b"1")
    s3.delete_object(Bucket="shop", Key="k")
    with refused("BucketNotEmpty"):
        s3.delete_bucket(Bucket="shop")
    found = s3.list_object_versions(Bucket="shop")
    objects = [{"Key": o["Key"], "VersionId": o["VersionId"]} for o in found["Versions"] + found["DeleteMarkers"]]
    s3.delete_objects(Bucket="shop", Delete={"Objects": objects})
    s3.delete_bucket(Bucket="shop")


def test_tags_and_lifecycle_are_answered_as_sent(s3):
    s3.put_bucket_tagging(Bucket="shop", Tagging={"TagSet": TAGS})
    assert s3.get_bucket_tagging(Bucket="shop")["TagSet"] == TAGS
    rule = {
        "ID": "old",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    s3.put_bucket_lifecycle_configuration(Bucket="shop", LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_lifecycle_configuration(Bucket="shop")["Rules"] == [rule]


def test_names_follow_the_rules(s3):
    for name in ("Bad_Name", "ends-with-", "two..dots", "192.168.5.4"):
        with refused("InvalidBucketName"):
            s3.create_bucket(Bucket=name)


def test_tags_can_come_with_the_creation(s3):
    s3.create_bucket(Bucket="shop-2", CreateBucketConfiguration={"Tags": TAGS})
    assert s3.get_bucket_tagging(Bucket="shop-2")["TagSet"] == TAGS


def test_an_owner_who_enforces_takes_no_acls(s3):
    with refused("AccessControlListNotSupported"):
        s3.put_bucket_acl(Bucket="shop", ACL="public-read")
    s3.put_bucket_ownership_controls(
        Bucket="shop", OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )
    s3.put_bucket_acl(Bucket="shop", ACL="private")


def test_logs_go_only_where_a_policy_lets_them(s3):
    s3.create_bucket(Bucket="logs")
    status = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "s3/"}}
    with refused("InvalidTargetBucketForLogging"):
        s3.put_bucket_logging(Bucket="shop", BucketLoggingStatus=status)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": ["logging.s3.amazonaws.com"]},
        "Action": ["s3:PutObject"],
        "Resource": ["arn:aws:s3:::logs/other/*"],
    }
    s3.put_bucket_policy(Bucket="logs", Policy=json.dumps({"Statement": [statement]}))
    with refused("InvalidTargetBucketForLogging"):
        s3.put_bucket_logging(Bucket="shop", BucketLoggingStatus=status)
    scalar = {**statement, "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"}
    for allowed in (statement, scalar):
        allowed = {**allowed, "Resource": "arn:aws:s3:::logs/s3/*"}
        s3.put_bucket_policy(Bucket="logs", Policy=json.dumps({"Statement": [allowed]}))
        s3.put_bucket_logging(Bucket="shop", BucketLoggingStatus=status)
        assert s3.get_bucket_logging(Bucket="shop")["LoggingEnabled"] == status["LoggingEnabled"]
        s3.put_bucket_logging(Bucket="shop", BucketLoggingStatus={})
        assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket="shop")
