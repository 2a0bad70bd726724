//! Secrets that the operator keeps beside the stack, and what a service's execution role needs to read those that
//! are encrypted by a KMS key of the operator's.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::Choice;
use crate::presets::{SecretOrigin, shared_secrets, workload};
use crate::resources::{Arn, Encryption, PolicyStatement, secret_of};
use crate::stack::{SecretRef, SecretSource, Stack};

/// The ARNs of the operator's own secrets that services of the stack, or the registries of their images, are given, without `:key:stage:version`.
pub fn operators_secrets(stack: &Stack) -> BTreeSet<String> {
    let registries = stack.services.values();
    let registries = registries.filter_map(|service| service.registry_credentials.clone());
    let given = operators_references(stack).into_iter();
    registries.chain(given.map(|one| secret_of(&one))).collect()
}

/// What services of the stack are given of the operator's own secrets, as the file names it: with
/// `:key:stage:version` where it says that.
pub fn operators_references(stack: &Stack) -> BTreeSet<String> {
    let shared = shared_secrets(stack);
    let mut all = BTreeSet::new();
    for service in stack.services.values() {
        for secret in workload(stack, service).secrets.values() {
            let arn = match secret {
                SecretRef::Own(SecretSource::Arn(arn)) => Some(arn),
                SecretRef::Shared(name) => shared.iter().find_map(|one| match &one.made {
                    SecretOrigin::Existing(arn) if one.name == *name => Some(arn),
                    _ => None,
                }),
                _ => None,
            };
            all.extend(arn.cloned());
        }
    }
    all
}

/// Permission to decrypt these secrets, through Secrets Manager alone; none for those under its own key, which
/// everybody in the account may use through it (Secrets Manager user guide, "Secret encryption and decryption").
pub(super) fn decrypt(choice: &Choice, secrets: &BTreeSet<String>) -> Vec<PolicyStatement> {
    let mut keys: BTreeSet<(String, String)> = BTreeSet::new();
    let mut others = Vec::new();
    for secret in secrets {
        let Some((through, every_key)) = place(secret) else {
            continue;
        };
        match choice.secret_keys.get(secret) {
            None | Some(Encryption::OfService) => {}
            Some(Encryption::Key(key)) => {
                keys.insert((through, key.clone()));
            }
            // A policy cannot name a key by its alias ("Controlling access to KMS keys", `kms:ResourceAliases`).
            Some(Encryption::Alias(alias)) => others.push(allowed(
                every_key,
                json!({
                    "StringEquals": { "kms:ViaService": through },
                    "ForAnyValue:StringEquals": { "kms:ResourceAliases": alias },
                }),
            )),
            // Secrets Manager encrypts each secret with its ARN as the context, whatever the key is.
            Some(Encryption::Unknown) => others.push(allowed(
                every_key,
                json!({
                    "StringEquals": {
                        "kms:ViaService": through,
                        "kms:EncryptionContext:SecretARN": secret,
                    },
                }),
            )),
        }
    }
    let of_keys = keys.into_iter().map(|(through, key)| {
        allowed(
            key,
            json!({ "StringEquals": { "kms:ViaService": through } }),
        )
    });
    of_keys.chain(others).collect()
}

fn allowed(keys: String, conditions: Json) -> PolicyStatement {
    PolicyStatement {
        actions: vec!["kms:Decrypt".to_owned()],
        resources: vec![Arn::Text(keys)],
        conditions,
    }
}

/// Secrets Manager's name to KMS in the region of a secret, and the ARN of every key that its account has there.
fn place(secret: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = secret.split(':').collect();
    let [_, partition, _, region, account, ..] = parts.as_slice() else {
        return None;
    };
    Some((
        format!("secretsmanager.{region}.amazonaws.com"),
        format!("arn:{partition}:kms:{region}:{account}:key/*"),
    ))
}
