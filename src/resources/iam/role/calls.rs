//! The calls that put policies into a role and take them out.

use aws_sdk_iam::types::Tag;

use crate::aws::{Job, Tags, deleted, done};
use crate::engine::Fault;

use crate::resources::iam::policy::{Statements, document};
use crate::resources::sdk::built_tags;

pub(super) async fn put(
    job: &Job,
    role: &str,
    name: &str,
    policy: &Statements,
) -> Result<(), Fault> {
    let request = (job.iam.put_role_policy())
        .role_name(role)
        .policy_name(name)
        .policy_document(document(policy).to_string());
    done("iam:PutRolePolicy", request.send().await)
}

pub(super) async fn drop_inline(job: &Job, role: &str, name: &str) -> Result<(), Fault> {
    let request = (job.iam.delete_role_policy())
        .role_name(role)
        .policy_name(name);
    deleted("iam:DeleteRolePolicy", request.send().await)
}

pub(super) async fn attach(job: &Job, role: &str, policy: &str) -> Result<(), Fault> {
    let request = (job.iam.attach_role_policy())
        .role_name(role)
        .policy_arn(policy);
    done("iam:AttachRolePolicy", request.send().await)
}

pub(super) async fn detach(job: &Job, role: &str, policy: &str) -> Result<(), Fault> {
    let request = (job.iam.detach_role_policy())
        .role_name(role)
        .policy_arn(policy);
    deleted("iam:DetachRolePolicy", request.send().await)
}

/// Tags in the service's own type.
pub(super) fn iam_tags(tags: &Tags) -> Result<Vec<Tag>, Fault> {
    built_tags("iam:TagRole", tags, |key, value| {
        Tag::builder().key(key).value(value).build()
    })
}
