"""Secrets Manager: names stay taken while a secret waits for its deletion."""

from __future__ import annotations

from moto.secretsmanager import exceptions
from moto.secretsmanager.responses import SecretsManagerResponse

from ..core import wire
from ..core.late import Rule
from ..core.wire import Refusal, amends, checks

# A forced deletion is asynchronous (DeleteSecret, ForceDeleteWithoutRecovery).
FORCED = 20
STILL = Rule(
    "secretsmanager", ("DescribeSecret",), "", 60, 2,
    "LS test_can_recreate_delete_secret: described, with DeletedDate, until a forced deletion is done",
)
TAKEN = Rule(
    "secretsmanager", ("CreateSecret",), "InvalidRequestException", 60, 2,
    "TF secretsmanager/secret.go: after a forced deletion one of two refusals, retried for 2 minutes",
)
# Both are said of one and the same state (TF matches either).
REFUSALS = (
    "You can't create this secret because a secret with this name is already scheduled for deletion.",
    "You can’t perform this operation on the secret because it was deleted.",
)


def _with_status(kind: type) -> None:
    """What is not found is answered with 400, as everything that JSON services refuse (LS test_secret_not_found)."""
    made = kind.__init__

    def init(self, *args, **kwargs):
        made(self, *args, **kwargs)
        self.code = 400

    kind.__init__ = init


def install(sandbox) -> None:
    """Mends Secrets Manager."""

    def tombstones(response) -> dict:
        return wire.kept(response.backend, "sandbox_tombstones")

    def held(response, name: str):
        """The secret of that name or ARN that is marked for deletion."""
        secret = response.backend.secrets.get(name) if name in response.backend.secrets else None
        return secret if secret is not None and secret.is_deleted() else None

    @checks(SecretsManagerResponse, "CreateSecret")
    def create(response, sent):
        name = sent["Name"]
        since = tombstones(response).get(name)
        if held(response, name):
            raise Refusal("InvalidRequestException", REFUSALS[0])
        if since is not None:
            going = sandbox.late.at("forced", name, since)
            going.asked["refused"] += 1
            if sandbox.late.lasts(TAKEN, going) or not sandbox.clock.due(since, FORCED):
                raise Refusal("InvalidRequestException", REFUSALS[sandbox.late.on and (going.asked["refused"] + 1) % 2])
        tombstones(response).pop(name, None)
        if len(name) > 512 or not name or not all(c.isascii() and (c.isalnum() or c in "/_+=.@-!") for c in name):
            raise Refusal(
                "ValidationException",
                "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
            )

    @checks(
        SecretsManagerResponse,
        "UpdateSecret",
        "PutSecretValue",
        "GetSecretValue",
        "TagResource",
        "UntagResource",
        "UpdateSecretVersionStage",
    )
    def marked(response, sent):
        if held(response, sent["SecretId"]):
            raise Refusal(
                "InvalidRequestException",
                "You can't perform this operation on the secret because it was marked for deletion.",
            )

    for kind in (exceptions.ResourceNotFoundException, exceptions.SecretNotFoundException,
                 exceptions.SecretHasNoValueException, exceptions.SecretStageVersionMismatchException):
        _with_status(kind)

    @checks(SecretsManagerResponse, "CreateSecret", "PutSecretValue", "UpdateSecret")
    def whole(response, sent):
        valued = "SecretString" in sent or "SecretBinary" in sent
        if valued and "ClientRequestToken" not in sent:
            # LS test_no_client_request_token
            raise Refusal(
                "InvalidRequestException",
                "You must provide a ClientRequestToken value. We recommend a UUID-type value.",
            )
        # Secrets Manager API, CreateSecret: "Maximum length of 65536" of either; counted in bytes by the quotas.
        for field in ("SecretString", "SecretBinary"):
            value = sent.get(field) or b""
            if len(value.encode() if isinstance(value, str) else value) > 65536:
                raise Refusal(
                    "ValidationException",
                    f"1 validation error detected: Value at '{field[0].lower()}{field[1:]}' failed to satisfy constraint: "
                    "Member must have length less than or equal to 65536",
                )

    @checks(SecretsManagerResponse, "GetSecretValue", "PutSecretValue")
    def key(response, sent):
        # "…kms:Decrypt … if you use a customer-managed key" (GetSecretValue), for whoever a fault rule denies it.
        if sent["SecretId"] in response.backend.secrets and sandbox.hooks.denies("kms:Decrypt"):
            own = response.backend.secrets[sent["SecretId"]].kms_key_id
            if own and "alias/aws/" not in own:
                raise Refusal("AccessDeniedException", "Access to KMS is not allowed")

    @checks(SecretsManagerResponse, "GetSecretValue")
    def version(response, sent):
        # LS test_get_secret_value_errors, test_secret_version_not_found
        if sent["SecretId"] not in response.backend.secrets:
            return
        versions = response.backend.secrets[sent["SecretId"]].versions
        text = "Secrets Manager can't find the specified secret value for"
        if sent.get("VersionId") and sent["VersionId"] not in versions:
            raise Refusal("ResourceNotFoundException", f"{text} VersionId: {sent['VersionId']}")
        stage = sent.get("VersionStage")
        if stage and not any(stage in held["version_stages"] for held in versions.values()):
            raise Refusal("ResourceNotFoundException", f"{text} staging label: {stage}")

    @checks(SecretsManagerResponse, "PutSecretValue")
    def put(response, sent):
        # PutSecretValue is idempotent by token: the same value again is no new version.
        if sent["SecretId"] not in response.backend.secrets:
            return None
        secret = response.backend.secrets[sent["SecretId"]]
        version = secret.versions.get(sent.get("ClientRequestToken"))
        if version is None:
            return None
        if version.get("secret_string") != sent.get("SecretString"):
            raise Refusal(
                "ResourceExistsException",
                f"You can't use ClientRequestToken {sent['ClientRequestToken']} because that value is already in use "
                f"for a version of secret {secret.arn}.",
            )
        return {
            "ARN": secret.arn,
            "Name": secret.name,
            "VersionId": sent["ClientRequestToken"],
            "VersionStages": version["version_stages"],
        }

    @checks(SecretsManagerResponse, "DeleteSecret")
    def delete(response, sent):
        if held(response, sent["SecretId"]) and not sent.get("ForceDeleteWithoutRecovery"):
            # Deleting what is being deleted answers the date that stands.
            secret = response.backend.secrets[sent["SecretId"]]
            return {"ARN": secret.arn, "Name": secret.name, "DeletionDate": secret.deleted_date}

    def going(response, name: str) -> str | None:
        """The name of a secret that a forced deletion took and that is not free yet."""
        name = name.split(":secret:")[1][:-7] if ":secret:" in name else name
        gone = name in tombstones(response) and name not in response.backend.secrets
        return name if gone else None

    @wire.around(SecretsManagerResponse, "DeleteSecret")
    def deleted(response, original):
        sent = wire.sent(response)
        there = sent["SecretId"] in response.backend.secrets
        described = wire.ask(response, "DescribeSecret", SecretId=sent["SecretId"]) if there else None
        reply = wire.read(response, original(response))
        if sent.get("ForceDeleteWithoutRecovery"):
            tombstones(response)[reply["Name"]] = wire.monotonic()
            last_words(response)[reply["Name"]] = {**(described or {}), "DeletedDate": wire.now()}
        return wire.Answer(reply)

    def last_words(response) -> dict:
        return wire.kept(response.backend, "sandbox_last_words")

    @checks(SecretsManagerResponse, "DescribeSecret")
    def still(response, sent):
        name = going(response, sent["SecretId"])
        shown = last_words(response).get(name) if name else None
        if shown and "ARN" in shown and sandbox.late.lasts(STILL, sandbox.late.at("forced", name, tombstones(response)[name])):
            return dict(shown)

    @checks(SecretsManagerResponse, "RestoreSecret")
    def restore(response, sent):
        # A fake and the order of events say so (facts, Secrets Manager, weak).
        name = going(response, sent["SecretId"])
        since = tombstones(response).get(name)
        if name and (sandbox.late.on or not sandbox.clock.due(since, FORCED)):
            raise Refusal("InvalidRequestException", REFUSALS[1])

    @amends(SecretsManagerResponse, "CreateSecret", "DescribeSecret", "ListSecrets", "RestoreSecret")
    def shown(response, sent, reply):
        for secret in reply.get("SecretList", [reply]):
            for key in [key for key, value in secret.items() if value is None]:
                del secret[key]
        if reply.get("NextToken") is None:
            reply.pop("NextToken", None)

    @checks(SecretsManagerResponse, "BatchGetSecretValue")
    def batch(response, sent):
        # What cannot be read is an entry of Errors, not a failure of the call.
        if "Filters" in sent or not sent.get("SecretIdList"):
            return None
        values, errors = [], []
        for name in sent["SecretIdList"]:
            try:
                if held(response, name):
                    raise Refusal(
                        "InvalidRequestException",
                        "You can't perform this operation on the secret because it was marked for deletion.",
                    )
                values.append(response.backend.get_secret_value(name, None, None))
            except Exception as failure:
                code = getattr(failure, "error_type", None) or getattr(failure, "code", "InternalServiceError")
                errors.append(
                    {"SecretId": name, "ErrorCode": str(code), "Message": getattr(failure, "message", str(failure))}
                )
        return {"SecretValues": values, "Errors": errors}
