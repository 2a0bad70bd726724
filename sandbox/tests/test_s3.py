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


def test_without_its_encryption_a_bucket_has_no_configuration(s3):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket="shop", ServerSideEncryptionConfiguration={"Rules": [rule]})
    assert encryption(s3) == "aws:kms"
    s3.delete_bucket_encryption(Bucket="shop")
    assert not s3.get_bucket_encryption(Bucket="shop")["ServerSideEncryptionConfiguration"]


def test_encryption_is_one_rule_and_a_key_is_for_kms(s3):
    aes = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    for rules in ([], [aes, aes]):
        with refused("MalformedXML"):
            s3.put_bucket_encryption(Bucket="shop", ServerSideEncryptionConfiguration={"Rules": rules})
    aes["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] = "arn:aws:kms:us-east-1:123456789012:key/a"
    with refused("InvalidArgument", "KMSMasterKeyID is not applicable"):
        s3.put_bucket_encryption(Bucket="shop", ServerSideEncryptionConfiguration={"Rules": [aes]})


@pytest.mark.parametrize("tags", [
    [{"Key": "aws:x", "Value": "1"}],
    [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
    [{"Key": "a,b", "Value": "1"}],
    [{"Key": "a", "Value": "1,2"}],
])
def test_tags_that_are_refused(s3, tags):
    with refused("InvalidTag"):
        s3.put_bucket_tagging(Bucket="shop", Tagging={"TagSet": tags})
    with refused("InvalidTag"):
        s3.create_bucket(Bucket="shop-2", CreateBucketConfiguration={"Tags": tags})
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["shop"]


def test_an_account_as_principal_comes_back_as_its_root(s3):
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop/*"}
    one = {**statement, "Principal": {"AWS": "123456789012"}}
    two = {**statement, "Principal": {"AWS": ["123456789012", "arn:aws:iam::123456789012:root"]}}
    s3.put_bucket_policy(Bucket="shop", Policy=json.dumps({"Version": "2012-10-17", "Statement": [one, two]}))
    held = json.loads(s3.get_bucket_policy(Bucket="shop")["Policy"])["Statement"]
    assert held[0]["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert held[1]["Principal"] == {"AWS": ["arn:aws:iam::123456789012:root"] * 2}


def test_unfinished_uploads_go_with_their_bucket(s3):
    upload = s3.create_multipart_upload(Bucket="shop", Key="k", ContentType="text/plain")["UploadId"]
    s3.upload_part(Bucket="shop", Key="k", PartNumber=1, UploadId=upload, Body=b"1" * 10)
    s3.delete_bucket(Bucket="shop")
    s3.create_bucket(Bucket="shop")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="shop")


def test_a_copy_onto_itself_changes_something(s3):
    s3.put_object(Bucket="shop", Key="k", Body=b"1")
    with refused("InvalidRequest", "without changing the object's metadata"):
        s3.copy_object(Bucket="shop", Key="k", CopySource="shop/k")
    s3.copy_object(Bucket="shop", Key="k", CopySource="shop/k", MetadataDirective="REPLACE", Metadata={"a": "b"})
    s3.copy_object(Bucket="shop", Key="other", CopySource="shop/k")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket="shop", ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.copy_object(Bucket="shop", Key="k", CopySource="shop/k")


def test_a_bucket_made_again_is_ours_only_without_tags(s3, sandbox):
    s3.create_bucket(Bucket="shop")
    with refused("BucketAlreadyOwnedByYou"):
        s3.create_bucket(Bucket="shop", CreateBucketConfiguration={"Tags": TAGS})
    elsewhere = sandbox.client("s3", region="eu-west-1")
    here = {"LocationConstraint": "eu-west-1"}
    made = elsewhere.create_bucket(Bucket="shop-eu", CreateBucketConfiguration=here)
    assert made["BucketArn"] == "arn:aws:s3:::shop-eu"
    with refused("BucketAlreadyOwnedByYou"):
        elsewhere.create_bucket(Bucket="shop-eu", CreateBucketConfiguration=here)
    sandbox.control("POST", "seed", {"foreign_buckets": {"theirs": {}}})
    with refused("BucketAlreadyExists"):
        s3.create_bucket(Bucket="theirs")


def test_a_bucket_is_reached_in_its_region(sandbox, ticking):
    here = {"LocationConstraint": "eu-west-1"}
    for running, moved in ((sandbox, 301), (ticking, 307)):
        running.client("s3", region="eu-west-1").create_bucket(Bucket="shop-eu", CreateBucketConfiguration=here)
        # boto3 follows the redirect by itself.
        with refused("NoSuchTagSet"):
            running.client("s3").get_bucket_tagging(Bucket="shop-eu")
        assert moved in [request["status"] for request in running.control("GET", "requests")]


def test_the_owner_that_is_expected_is_the_owner(s3, sandbox):
    sandbox.control("POST", "seed", {"foreign_buckets": {"theirs": {"a": "b"}}})
    # Its owner lets us in, and says what we would say.
    assert s3.get_bucket_tagging(Bucket="theirs")["TagSet"] == [{"Key": "a", "Value": "b"}]
    for call in (s3.get_bucket_tagging, s3.delete_bucket, s3.list_object_versions, s3.head_bucket):
        with refused("403" if call == s3.head_bucket else "AccessDenied"):
            call(Bucket="theirs", ExpectedBucketOwner="123456789012")
    with refused("AccessDenied"):
        s3.put_object(Bucket="theirs", Key="k", Body=b"1", ExpectedBucketOwner="123456789012")
    with refused("InvalidBucketOwnerAWSAccountID"):
        s3.get_bucket_tagging(Bucket="shop", ExpectedBucketOwner="me")
    s3.put_object(Bucket="shop", Key="k", Body=b"1", ExpectedBucketOwner="123456789012")


def test_a_new_bucket_is_not_known_everywhere_and_its_lifecycle_settles(ticking):
    s3 = ticking.client("s3")
    s3.create_bucket(Bucket="shop", CreateBucketConfiguration={"Tags": TAGS})
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 9}}
    sent = {"Bucket": "shop", "LifecycleConfiguration": {"Rules": [rule]}}
    with refused("NoSuchBucket"):
        s3.put_bucket_lifecycle_configuration(**sent)
    s3.put_bucket_lifecycle_configuration(**sent)
    with refused("NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket="shop")
    assert s3.get_bucket_lifecycle_configuration(Bucket="shop")["Rules"] == [rule]
    with refused("NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket="shop")
    for _ in range(25):
        s3.list_buckets()
    for _ in range(3):
        assert s3.get_bucket_lifecycle_configuration(Bucket="shop")["Rules"] == [rule]


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
