//! Finds roles with their policies: all by one call where the account has few, those whose names are near
//! one by one where it has many or all may not be read.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_iam::types as api;
use percent_encoding::percent_decode_str;

use crate::aws::{Cloud, Required, Tags, answer_of, tags_from};
use crate::engine::{Class, Fault};

use super::RoleLive;
use crate::resources::iam::policy::{self, Statements};
use crate::resources::sdk::{sorted, try_join_bounded};

const DETAILS: &str = "iam:GetAccountAuthorizationDetails";

/// How many roles are read with all their policies rather than chosen by name: a role has up to 10,240
/// characters of inline policies and 2,048 of trust (IAM user guide, "IAM and AWS STS quotas"), so some
/// megabytes at worst.
const FEW: usize = 300;

/// The account's roles that may be the stack's: all of them where they are few. Of many, those with one of
/// `names` and those whose name begins as the stack's do; but all, where one of `names` is not among them,
/// because it may have been adopted under another name, and when the stack is being removed.
///
/// # Errors
/// The fault of any call.
pub(super) async fn roles(cloud: &Cloud, names: &[&str]) -> Result<Vec<RoleLive>, Fault> {
    let described = listed(cloud).await?;
    let same = |name: &str, other: &str| name.eq_ignore_ascii_case(other);
    let missing = names
        .iter()
        .any(|name| !described.keys().any(|there| same(there, name)));
    if described.len() <= FEW || missing || cloud.removing {
        match details(cloud).await {
            Ok(details) => {
                let described = |role: RoleLive| RoleLive {
                    description: described.get(&role.name).cloned().unwrap_or_default(),
                    ..role
                };
                return Ok(details.iter().cloned().map(described).collect());
            }
            Err(fault) if fault.class == Class::Denied => {}
            Err(fault) => return Err(fault),
        }
    }
    let own = format!("{}-", cloud.place.stack);
    let near = (described.keys())
        .filter(|name| name.starts_with(&own) || names.iter().any(|one| same(one, name)));
    let read = try_join_bounded(near.map(|name| one(cloud, name))).await?;
    Ok(read.into_iter().flatten().collect())
}

/// Descriptions are not in it (IAM API, `RoleDetail`).
async fn details(cloud: &Cloud) -> Result<Arc<Vec<RoleLive>>, Fault> {
    cloud
        .memo
        .once(DETAILS, || async {
            let request = (cloud.iam.get_account_authorization_details())
                .filter(api::EntityType::Role)
                .max_items(1000);
            let pages = request.into_paginator().send();
            let pages = answer_of(DETAILS, pages.try_collect().await)?;
            let roles = pages.into_iter().filter_map(|page| page.role_detail_list);
            roles.flatten().map(detailed).collect()
        })
        .await
}

fn detailed(role: api::RoleDetail) -> Result<RoleLive, Fault> {
    let policies = role
        .role_policy_list()
        .iter()
        .filter_map(|policy| {
            Some((
                policy.policy_name()?.to_owned(),
                read(policy.policy_document()),
            ))
        })
        .collect();
    Ok(RoleLive {
        description: String::new(),
        trust: read(role.assume_role_policy_document()),
        policies,
        managed: attached(role.attached_managed_policies()),
        added: Vec::new(),
        tags: tags_of(role.tags()),
        name: role.role_name.required(DETAILS, "RoleName")?,
        arn: role.arn.required(DETAILS, "Arn")?,
    })
}

/// The description of every role, by its name.
async fn listed(cloud: &Cloud) -> Result<BTreeMap<String, String>, Fault> {
    let request = cloud.iam.list_roles().max_items(1000);
    let items = request.into_paginator().items().send();
    let roles = answer_of("iam:ListRoles", items.try_collect().await)?.into_iter();
    let described = |role: api::Role| (role.role_name, role.description.unwrap_or_default());
    Ok(roles.map(described).collect())
}

/// The role of that name, `None` when there is none.
///
/// # Errors
/// The fault of any call.
pub(super) async fn one(cloud: &Cloud, name: &str) -> Result<Option<RoleLive>, Fault> {
    let get = async {
        let request = cloud.iam.get_role().role_name(name);
        answer_of("iam:GetRole", request.send().await)
    };
    let read_all = tokio::try_join!(get, inline(cloud, name), managed(cloud, name));
    let (answer, policies, managed) = match read_all {
        Ok(read) => read,
        Err(fault) if fault.is_absent() => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let role = answer.role.required("iam:GetRole", "Role")?;
    Ok(Some(RoleLive {
        trust: read(role.assume_role_policy_document()),
        tags: tags_of(role.tags()),
        name: role.role_name,
        arn: role.arn,
        description: role.description.unwrap_or_default(),
        policies,
        managed,
        added: Vec::new(),
    }))
}

async fn inline(cloud: &Cloud, name: &str) -> Result<BTreeMap<String, Statements>, Fault> {
    let names = inline_names(cloud, name).await?;
    let read_one = |policy: String| async move {
        let request = (cloud.iam.get_role_policy())
            .role_name(name)
            .policy_name(&policy);
        let answer = answer_of("iam:GetRolePolicy", request.send().await)?;
        Ok((policy, read(Some(answer.policy_document()))))
    };
    let all = try_join_bounded(names.into_iter().map(read_one)).await?;
    Ok(all.into_iter().collect())
}

/// The names of a role's inline policies.
///
/// # Errors
/// The fault of the call.
pub(super) async fn inline_names(cloud: &Cloud, name: &str) -> Result<Vec<String>, Fault> {
    let request = cloud.iam.list_role_policies().role_name(name);
    let items = request.into_paginator().items().send();
    answer_of("iam:ListRolePolicies", items.try_collect().await)
}

/// The ARNs of the managed policies that are attached to a role, sorted.
///
/// # Errors
/// The fault of the call.
pub(super) async fn managed(cloud: &Cloud, name: &str) -> Result<Vec<String>, Fault> {
    let request = cloud.iam.list_attached_role_policies().role_name(name);
    let items = request.into_paginator().items().send();
    let all = answer_of("iam:ListAttachedRolePolicies", items.try_collect().await)?;
    Ok(attached(&all))
}

fn attached(policies: &[api::AttachedPolicy]) -> Vec<String> {
    let arns = policies.iter().filter_map(api::AttachedPolicy::policy_arn);
    sorted(arns.map(str::to_owned))
}

/// Documents come URL-encoded (IAM API, `GetAccountAuthorizationDetails`).
fn read(document: Option<&str>) -> Statements {
    let text = percent_decode_str(document.unwrap_or_default()).decode_utf8_lossy();
    policy::read(&text)
}

fn tags_of(tags: &[api::Tag]) -> Tags {
    tags_from(tags.iter().map(|tag| (tag.key(), tag.value())))
}
