//! KMS keys that the file names: there, on, symmetric and for encryption.
//!
//! RDS, S3, ECR, Secrets Manager, CloudWatch Logs and SNS take symmetric encryption keys that are enabled, in their own
//! region ("Key states of AWS KMS keys", "Special-purpose keys" in the KMS developer guide); the first of them that is made
//! under another fails.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{CheckContext, Finding};
use crate::aws::grant::{Grant, on};
use crate::aws::signed::KMS;
use crate::engine::Fault;
use crate::message::{Command, message};
use crate::stack::Stack;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let named = named(context.stack);
    let asked = named.keys().map(|key| {
        let body = json!({ "KeyId": key });
        async move { context.cloud.signed.read(&KMS, "DescribeKey", &body).await }
    });
    let answers = join_all(asked).await;
    let mut found = Vec::new();
    for ((key, paths), answer) in named.iter().zip(answers) {
        for path in paths {
            found.push(match &answer {
                Ok(answer) => assess(path, key, &answer["KeyMetadata"]),
                Err(fault) if fault.code == "NotFoundException" => {
                    Finding::fail(*path, format!("{key} is not in this account and region"))
                        .in_file()
                        .fix("name a key of the stack's region")
                }
                Err(fault) => Finding::unread(path, fault).in_file(),
            });
        }
    }
    Ok(found)
}

/// The paths of the file by the key that they name, by its ARN.
pub fn named(stack: &Stack) -> BTreeMap<&String, Vec<&'static str>> {
    let database = stack.database.as_ref();
    let storage = stack.storage.as_ref();
    let mut named: BTreeMap<&String, Vec<&str>> = BTreeMap::new();
    for (path, key) in [
        ("secrets.kms_key", stack.secrets_key.as_ref()),
        ("logs.kms_key", stack.log_key.as_ref()),
        ("registry.kms_key", stack.registry.kms_key.as_ref()),
        (
            "storage.kms_key",
            storage.and_then(|one| one.kms_key.as_ref()),
        ),
        (
            "database.kms_key",
            database.and_then(|one| one.kms_key.as_ref()),
        ),
        ("alarms.kms_key", stack.alarms.kms_key.as_ref()),
    ] {
        if let Some(key) = key {
            named.entry(key).or_default().push(path);
        }
    }
    named
}

fn assess(path: &str, key: &str, described: &Value) -> Finding {
    let word = |name: &str| described[name].as_str().unwrap_or_default();
    let (state, usage, spec) = (word("KeyState"), word("KeyUsage"), word("KeySpec"));
    let of_key = |operation| Command::aws(operation).option("--key-id", key);
    let failed = |reason: String| Finding::fail(path, reason).in_file();
    match (state, usage, spec) {
        ("Enabled", "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT") => {
            Finding::ok(path, "the key is enabled, and symmetric").in_file()
        }
        ("", _, _) => Finding::skipped(path, "KMS does not say what the key is").in_file(),
        ("Enabled", _, _) => failed(format!("{key} is {spec} for {usage}"))
            .fix("name a symmetric key for encryption: no service takes another"),
        ("Disabled", _, _) => failed(format!("{key} is disabled")).fix(of_key("kms enable-key")),
        ("PendingDeletion", _, _) => failed(format!("{key} is to be deleted")).fix(message![
            of_key("kms cancel-key-deletion"),
            ", then ",
            of_key("kms enable-key"),
        ]),
        (state, _, _) => failed(format!("{key} is in the state {state}")),
    }
}

/// What the check reads.
pub(super) const GRANTS: &[Grant] = &[on(&["{key}"], &["kms:DescribeKey"])];
