"""Secrets: tombstoned names, tokens, lists."""

import pytest
from stack_parts import TAGS, refused, wait

TOKEN = "a" * 32


@pytest.fixture
def secrets(sandbox):
    client = sandbox.client("secretsmanager")
    client.create_secret(Name="shop/db", SecretString="one", ClientRequestToken=TOKEN, Tags=TAGS)
    return client


def test_a_name_stays_taken_until_the_deletion(secrets):
    secrets.delete_secret(SecretId="shop/db", RecoveryWindowInDays=7)
    with refused("InvalidRequestException", "already scheduled for deletion"):
        secrets.create_secret(Name="shop/db", SecretString="two")
    with refused("InvalidRequestException", "marked for deletion"):
        secrets.get_secret_value(SecretId="shop/db")
    assert secrets.list_secrets()["SecretList"] == []
    listed = secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert "DeletedDate" in listed[0] and listed[0]["Tags"] == TAGS
    secrets.restore_secret(SecretId="shop/db")
    assert secrets.get_secret_value(SecretId="shop/db")["SecretString"] == "one"


def test_a_forced_deletion_takes_a_while(ticking):
    secrets = ticking.client("secretsmanager")
    secrets.create_secret(Name="shop/db", SecretString="one")
    secrets.delete_secret(SecretId="shop/db", ForceDeleteWithoutRecovery=True)
    with refused("InvalidRequestException", "scheduled for deletion"):
        secrets.create_secret(Name="shop/db", SecretString="two")

    def create():
        try:
            return secrets.create_secret(Name="shop/db", SecretString="two")["Name"]
        except secrets.exceptions.InvalidRequestException:
            return None

    wait(create, "shop/db")


def test_tokens_make_creates_and_puts_idempotent(secrets):
    again = secrets.create_secret(Name="shop/db", SecretString="one", ClientRequestToken=TOKEN)
    assert again["Name"] == "shop/db"
    with refused("ResourceExistsException"):
        secrets.create_secret(Name="shop/db", SecretString="other", ClientRequestToken=TOKEN)
    for _ in range(2):
        secrets.put_secret_value(SecretId="shop/db", SecretString="two", ClientRequestToken="b" * 32)
    stages = secrets.describe_secret(SecretId="shop/db")["VersionIdsToStages"]
    assert stages == {TOKEN: ["AWSPREVIOUS"], "b" * 32: ["AWSCURRENT"]}


def test_lists_filter_by_tag_and_name_versions(secrets):
    filters = [{"Key": "tag-key", "Values": ["ajuda:stack"]}, {"Key": "tag-value", "Values": ["shop"]}]
    found = secrets.list_secrets(Filters=filters)["SecretList"]
    assert found[0]["SecretVersionsToStages"] == {TOKEN: ["AWSCURRENT"]}
    assert secrets.list_secrets(Filters=[{"Key": "name", "Values": ["other"]}])["SecretList"] == []


def test_a_batch_tells_what_it_could_not_read(secrets):
    secrets.create_secret(Name="shop/empty")
    reply = secrets.batch_get_secret_value(SecretIdList=["shop/db", "shop/empty", "shop/none"])
    assert [v["Name"] for v in reply["SecretValues"]] == ["shop/db"]
    assert {e["SecretId"]: e["ErrorCode"] for e in reply["Errors"]} == {
        "shop/empty": "ResourceNotFoundException",
        "shop/none": "ResourceNotFoundException",
    }
