//! The calls that make a secret and give it a value.

use aws_sdk_secretsmanager::types::Tag;

use crate::aws::{Job, Required, Tags, answer_of, deleted, done, tag_list};
use crate::engine::{Fault, Ownership};

use super::read::describe;
use super::secret_string::SecretString;
use super::{INPUTS_TAG, MADE_TAG, OWN_KEY, RECOVERY_TAG, SecretLive, SecretProps};
use crate::message::{Command, commands, message};
use crate::resources::ownership::data_tags;

const CREATE: &str = "secretsmanager:CreateSecret";

/// What came of one try to make a secret.
pub(super) enum Made {
    /// It is new.
    New(SecretLive),
    /// It was made before and the reply was lost, or it was called back from its deletion.
    There(SecretLive),
}

/// One try to make a secret under a name that may be taken, or that may wait for its deletion.
///
/// # Errors
/// The refusal, when the name is another's or is not free yet.
pub(super) async fn create_secret(
    job: &Job,
    want: &SecretProps,
    value: &SecretString,
    tags: &Tags,
) -> Result<Made, Fault> {
    let key = Some(&want.kms_key).filter(|key| *key != OWN_KEY);
    let request = (job.secrets.create_secret())
        .name(&want.name)
        .description(&want.description)
        .set_kms_key_id(key.cloned())
        .client_request_token(value.version_id()?)
        .secret_string(value.reveal())
        .set_tags(Some(secret_tags(tags)));
    let created = answer_of(CREATE, request.send().await);
    let refused = match created {
        Ok(answer) => {
            return Ok(Made::New(SecretLive {
                name: want.name.clone(),
                arn: answer.arn.required(CREATE, "ARN")?,
                version: answer.version_id.required(CREATE, "VersionId")?,
                ours: true,
                description: want.description.clone(),
                kms_key: want.kms_key.clone(),
                deleted: false,
                deletion: None,
                changed: None,
                rotates: false,
                given: None,
                tags: tags.clone(),
            }));
        }
        Err(fault) if fault.code == "ResourceExistsException" || is_tombstone(&fault) => fault,
        Err(fault) => return Err(fault),
    };
    let Some(there) = describe(job, &want.name).await? else {
        return Err(refused);
    };
    if !matches!(job.owner(&there.tags, None), Some(Ownership::Ours(_))) {
        return Err(refused.hint("another secret of that name is there, or waits for its deletion"));
    }
    if there.is_forced() {
        // A restore could win against the deletion, and the value was to be gone.
        return Err(refused.hint(message![
            "it was deleted at once, which takes AWS up to a minute; if it was scheduled for deletion by hand, ",
            Command::aws("secretsmanager restore-secret").option("--secret-id", &want.name),
            " calls it back",
        ]));
    }
    if !there.ours {
        let address = job.address();
        return Err(refused.hint(message![
            "a secret of that name is there whose value ajuda did not put in: ",
            commands::up_adopting(address),
            " takes it over with that value",
        ]));
    }
    if there.deleted {
        match restore(job, &there.arn).await {
            Ok(()) => job.note("restored from scheduled deletion, with the value it had"),
            // It was deleted at once, by hand (facts, `RestoreSecret`).
            Err(fault) if fault.is_absent() || fault.code == "InvalidRequestException" => {
                return Err(refused);
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(Made::There(there))
}

/// Calls a secret back from its deletion.
///
/// # Errors
/// The fault of the request.
pub(super) async fn restore(job: &Job, arn: &str) -> Result<(), Fault> {
    let request = job.secrets.restore_secret().secret_id(arn);
    done("secretsmanager:RestoreSecret", request.send().await)
}

/// Whether a create was refused because the name waits for its deletion. After a deletion at once AWS
/// says either of two sentences (facts, `CreateSecret` after a forced delete).
pub(super) fn is_tombstone(fault: &Fault) -> bool {
    fault.is(CREATE, &["InvalidRequestException"])
        && ["scheduled for deletion", "was deleted"]
            .iter()
            .any(|wording| fault.message.contains(wording))
}

/// Makes the tag say how the secret is about to be deleted: for how many `days` it can be restored, 0
/// for not at all. What comes after the deletion cannot ask AWS, and no tag can be written then.
///
/// # Errors
/// The fault of the request; one that is gone is none.
pub(super) async fn note_recovery(job: &Job, live: &SecretLive, days: u32) -> Result<(), Fault> {
    if live.deleted || live.recovery_days() == days {
        return Ok(());
    }
    let recovery = Tags::from([(RECOVERY_TAG.to_owned(), days.to_string())]);
    let tagged = job
        .secrets
        .tag_resource()
        .secret_id(&live.arn)
        .set_tags(Some(secret_tags(&recovery)));
    deleted("secretsmanager:TagResource", tagged.send().await)
}

/// Puts a new value; returns its version id.
pub(super) async fn put(job: &Job, arn: &str, value: &SecretString) -> Result<String, Fault> {
    put_as(job, arn, value, value.version_id()?).await
}

/// Puts a new value as the version of this id, which it returns.
pub(super) async fn put_as(
    job: &Job,
    arn: &str,
    value: &SecretString,
    version: String,
) -> Result<String, Fault> {
    let request = (job.secrets.put_secret_value())
        .secret_id(arn)
        .client_request_token(version)
        .secret_string(value.reveal());
    let answer = answer_of("secretsmanager:PutSecretValue", request.send().await)?;
    answer
        .version_id
        .required("secretsmanager:PutSecretValue", "VersionId")
}

/// Every tag of a secret.
pub(super) fn tags_of(job: &Job, want: &SecretProps) -> Tags {
    let mut tags = data_tags(job, &want.tags, want.disposable);
    tags.insert(MADE_TAG.to_owned(), want.made.clone());
    tags.insert(INPUTS_TAG.to_owned(), want.inputs.clone());
    tags.insert(RECOVERY_TAG.to_owned(), want.recovery_days.to_string());
    tags
}

/// Tags in the service's own type.
pub(super) fn secret_tags(tags: &Tags) -> Vec<Tag> {
    tag_list(tags, |key, value| {
        Tag::builder().key(key).value(value).build()
    })
}
