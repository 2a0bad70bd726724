"""RDS: master passwords that RDS keeps in Secrets Manager itself, and those on their way.

moto's test_db_instance_managed_master_user_password_lifecycle (verified against AWS);
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
"""

from __future__ import annotations

import json
import secrets
import uuid

from moto.kms.models import kms_backends

from . import rules
from ...core.wire import Refusal


def key_of(here, key: str | None) -> str:
    """The ARN of the key; without one, of the key that AWS manages for Secrets Manager."""
    if key:
        return rules.key_arn(here, key)
    return kms_backends[here.account_id][here.region_name].describe_key("alias/aws/secretsmanager").arn


def _value(item: dict) -> str:
    return json.dumps({"username": item["MasterUsername"], "password": secrets.token_urlsafe(21)})


def manage(here, item: dict, key: str | None) -> None:
    """RDS makes the secret; it is `creating` until `settled`."""
    secret = here.secretsmanager.create_managed_secret(
        service_name="rds",
        secret_id=f"rds!db-{uuid.uuid4()}",
        secret_string=_value(item),
        description=f"The secret associated with the primary RDS DB instance: {item['DBInstanceArn']}",
        kms_key_id=key,
        tags=[{"Key": "aws:rds:primaryDBInstanceArn", "Value": item["DBInstanceArn"]}],
    )
    item["MasterUserSecret"] = {"SecretArn": secret.arn, "SecretStatus": "creating", "KmsKeyId": key_of(here, key)}


def release(here, item: dict) -> None:
    """The secret goes with the instance, or with a password of one's own."""
    held = item.pop("MasterUserSecret", None)
    if held:
        here.secretsmanager.delete_secret(held["SecretArn"], None, True)


def settled(item: dict) -> None:
    """What was on its way has come."""
    item["PendingModifiedValues"].pop("MasterUserPassword", None)
    if "MasterUserSecret" in item:
        item["MasterUserSecret"] = {**item["MasterUserSecret"], "SecretStatus": "active"}


def check(item: dict, sent: dict) -> None:
    """ModifyDBInstance: what does not go together."""
    managed = "MasterUserSecret" in item
    if sent.get("ManageMasterUserPassword") and "MasterUserPassword" in sent:
        raise Refusal(
            "InvalidParameterCombination",
            "You can't specify MasterUserPassword when ManageMasterUserPassword is enabled.",
        )
    if managed and sent.get("ManageMasterUserPassword") is False and "MasterUserPassword" not in sent:
        raise Refusal(
            "InvalidParameterCombination",
            "You must specify MasterUserPassword when you turn off the management of the master user password.",
        )
    if sent.get("RotateMasterUserPassword") and not managed:
        raise Refusal(
            "InvalidParameterCombination", "You can't rotate a master user password that RDS doesn't manage."
        )


def change(here, item: dict, sent: dict):
    """Begins what ModifyDBInstance asks for: a function that ends it, or None where nothing is asked."""
    managed = "MasterUserSecret" in item
    if sent.get("ManageMasterUserPassword") and not managed:
        manage(here, item, sent.get("MasterUserSecretKmsKeyId"))
        return settled
    if sent.get("ManageMasterUserPassword") is False and managed:
        return lambda later: release(here, later)
    if sent.get("RotateMasterUserPassword"):
        item["MasterUserSecret"] = {**item["MasterUserSecret"], "SecretStatus": "rotating"}
        here.secretsmanager.put_secret_value(
            item["MasterUserSecret"]["SecretArn"], _value(item), None, str(uuid.uuid4()), ["AWSCURRENT"]
        )
        return settled
    return None
