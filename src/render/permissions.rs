//! Policies, for people.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use super::Style;
use crate::message::{Command, Message, StackOptions, commands, message};
use crate::permissions::trust::Trust;
use crate::permissions::{LIMIT, Policy, Verb};

/// What can be had: a line for each verb, and how for the stack that `place` names.
pub fn permissions(all: &[(Verb, Vec<Policy>)], place: &StackOptions, style: Style) -> String {
    let mut text = String::new();
    for (verb, policies) in all {
        let name = style.heading(format!("{:<8}", verb.name()));
        let count = policies.len();
        let many = if count == 1 { "policy" } else { "policies" };
        let _ = writeln!(text, "{name}  {count} {many:<8}  for {}", verb.what());
    }
    let how = message![
        commands::permissions_of_up(),
        " prints those of one verb, and `--write DIRECTORY` writes them to files\n",
    ];
    text.push_str(&how.at(place));
    text
}

/// The line above a policy.
pub fn policy_head(policy: &Policy) -> String {
    let Policy { name, size, .. } = policy;
    format!("{name}: {size} of {LIMIT} characters")
}

/// The files that were written, and what makes policies of them in the account that `place` leads to.
pub fn policies_written(directory: &Path, policies: &[Policy], place: &StackOptions) -> String {
    let mut text = String::new();
    for policy in policies {
        let name = &policy.name;
        let file = directory.join(format!("{name}.json"));
        let create = Command::aws("iam create-policy")
            .option("--policy-name", name)
            .option("--policy-document", format!("file://{}", file.display()));
        let _ = writeln!(text, "{}", create.at(place));
    }
    text
}

/// A trust policy, as `aws iam create-role --assume-role-policy-document` takes it.
pub fn trust_document(document: &Value) -> String {
    // A value always has a JSON form.
    serde_json::to_string_pretty(document).unwrap_or_default() + "\n"
}

/// What has to be there for it, and what it leaves out.
pub fn trust_notice(trust: &Trust) -> Message {
    let (host, audience) = (trust.host(), trust.audience());
    let provider = message![
        format!("it takes the account's OIDC provider for {host}: "),
        Command::aws("iam create-open-id-connect-provider")
            .option("--url", format!("https://{host}"))
            .option("--client-id-list", audience),
    ];
    match trust {
        Trust::GitHub {
            ids: None,
            repository,
            ..
        } => message![
            provider,
            format!(
                "; a repository that was made, renamed or transferred since 2026-07-15 has immutable subject claims, and \
                 needs --owner-id and --repository-id: `gh api repos/{repository} --jq '.owner.id, .id'`"
            ),
        ],
        _ => provider,
    }
}
