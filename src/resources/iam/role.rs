//! An IAM role with its policies in it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::aws::grant::{Permissions, Permitted, ROLES, anywhere, attach_policy, on};
use crate::aws::{
    Cloud, Job, Required, Tags, all_tags, answer_of, deleted, done, tags_taken_out, user_tags,
};
use crate::engine::{
    Address, Changes, Class, Extra, Fault, Field, Found, ResolveContext, Resource, Ties,
};
use crate::{field, fields};

use crate::resources::iam::policy::{Statements, document, statements};
use crate::resources::ownership::{bears, declared_as, is_ours};

mod calls;
mod document;
mod extras;
mod read;

use calls::{attach, detach, drop_inline, iam_tags, put};
pub use document::{Arn, Document, PolicyStatement};
use extras::Added;
use read::{inline_names, managed, one, roles};

/// A role that services of AWS take on.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name, 1-64 of `A-Za-z0-9+=,.@_-`; unique whatever its case (IAM API, `CreateRole.RoleName`).
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who may take it on: a policy document.
    pub trust: Value,
    /// What it may do: inline policies, by name.
    pub policies: BTreeMap<String, Document>,
    /// ARNs of managed policies beside.
    pub managed: Vec<String>,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a role.
#[derive(Debug, Serialize)]
pub struct RoleProps {
    name: String,
    description: String,
    trust: Statements,
    policies: BTreeMap<String, Statements>,
    managed: Vec<String>,
    tags: Tags,
}

/// A role as AWS has it.
#[derive(Debug, Clone)]
pub struct RoleLive {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    description: String,
    trust: Statements,
    policies: BTreeMap<String, Statements>,
    managed: Vec<String>,
    /// Policies of others; from [`Resource::list`].
    added: Vec<Added>,
    tags: Tags,
}

impl Resource for Role {
    type Cloud = Cloud;
    type Props = RoleProps;
    type Live = RoleLive;

    const KIND: &'static str = "role";
    const HEADLINE: &'static [Field] = &fields!(RoleProps, managed);

    fn desired(&self, context: &ResolveContext<'_>) -> RoleProps {
        let mut managed = self.managed.clone();
        managed.sort();
        let policies = self.policies.iter();
        RoleProps {
            name: context.name::<Self>(&self.name, |live| live.name.clone()),
            description: self.description.clone(),
            trust: statements(&self.trust),
            policies: policies
                .map(|(name, policy)| (name.clone(), policy.statements(context)))
                .collect(),
            managed,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &RoleLive) -> RoleProps {
        RoleProps {
            name: live.name.clone(),
            description: live.description.clone(),
            trust: live.trust.clone(),
            policies: live.policies.clone(),
            managed: live.managed.clone(),
            tags: user_tags(&live.tags),
        }
    }

    fn extras(live: &RoleLive) -> Vec<Extra> {
        live.added.iter().map(extras::extra).collect()
    }

    /// Two calls where the account has few roles. Where it has many, or where
    /// `iam:GetAccountAuthorizationDetails` is not permitted, a few calls for each role whose name is near.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<RoleLive>>, Fault> {
        let names: Vec<&str> = declared.iter().map(|(_, it)| it.name.as_str()).collect();
        let mut found = Vec::new();
        for live in roles(cloud, &names).await? {
            let named = declared_as(declared, |declared| {
                declared.name.eq_ignore_ascii_case(&live.name)
            });
            if let Some(owner) = cloud.owner(&live.tags, named) {
                let id = live.name.clone();
                let of = |(address, _): &&(&Address, &Self)| *address == owner.address();
                let live = match declared.iter().find(of) {
                    Some((_, declared)) => extras::apart(live, declared),
                    None => live,
                };
                found.push(Found { owner, id, live });
            }
        }
        Ok(found)
    }

    /// A role ends in the region, because names of roles are one for all regions.
    fn named(
        cloud: &Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &RoleLive,
    ) -> Option<bool> {
        const WORDS: [&str; 3] = ["-execution", "-task", "-traffic"];
        let declared_name = declared.map(|one| one.name.clone());
        bears(cloud, address, &live.name, declared_name, |place, name| {
            let ours = name == "flow-logs" || WORDS.iter().any(|word| name.ends_with(word));
            ours.then(|| place.name(&format!("{name}-{}", place.region)))
        })
    }

    /// A policy that names a secret shows that the secret was the stack's when ajuda wrote it.
    fn ties(live: &RoleLive) -> Ties {
        let mut vouches = Vec::new();
        for policy in live.policies.values() {
            policy
                .values()
                .for_each(|statement| secrets_in(statement, &mut vouches));
        }
        Ties {
            vouches,
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &RoleProps) -> Result<RoleLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let request = (job.iam.create_role())
            .role_name(&want.name)
            .description(&want.description)
            .assume_role_policy_document(document(&want.trust).to_string())
            .set_tags(Some(iam_tags(&tags)?));
        let created = answer_of("iam:CreateRole", request.send().await);
        let arn = match created {
            Ok(answer) => answer.role.map(|role| role.arn),
            // A reply that was lost, or a list that did not know the role of a moment ago: the tags say whether
            // it is the one made then, once IAM shows it ("Changes that I make are not always immediately
            // visible" in the IAM user guide).
            Err(fault) if fault.code == "EntityAlreadyExists" => {
                let there = job.settle(Fault::is_absent, || async {
                    let there = one(job, &want.name).await?;
                    there.ok_or_else(|| {
                        Fault::new(
                            "iam:GetRole",
                            Class::Absent,
                            "IAM does not show the role yet",
                        )
                    })
                });
                let there = there.await?;
                if !is_ours(job, &there.tags) {
                    return Err(fault);
                }
                Some(there.arn)
            }
            Err(fault) => return Err(fault),
        };
        for (name, policy) in &want.policies {
            put(job, &want.name, name, policy).await?;
        }
        for policy in &want.managed {
            attach(job, &want.name, policy).await?;
        }
        Ok(RoleLive {
            name: want.name.clone(),
            arn: arn.required("iam:CreateRole", "Role")?,
            description: want.description.clone(),
            trust: want.trust.clone(),
            policies: want.policies.clone(),
            managed: want.managed.clone(),
            added: Vec::new(),
            tags,
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &RoleLive,
        want: &RoleProps,
        changes: &Changes,
    ) -> Result<RoleLive, Fault> {
        if changes.changed(field!(RoleProps, description)) {
            // `UpdateRole` would set the length of sessions too.
            let request = (job.iam.update_role_description())
                .role_name(&live.name)
                .description(&want.description);
            done("iam:UpdateRoleDescription", request.send().await)?;
        }
        if changes.changed(field!(RoleProps, trust)) {
            let request = (job.iam.update_assume_role_policy())
                .role_name(&live.name)
                .policy_document(document(&want.trust).to_string());
            done("iam:UpdateAssumeRolePolicy", request.send().await)?;
        }
        for (name, policy) in &want.policies {
            if live.policies.get(name) != Some(policy) {
                put(job, &live.name, name, policy).await?;
            }
        }
        for name in live.policies.keys() {
            if !want.policies.contains_key(name) {
                drop_inline(job, &live.name, name).await?;
            }
        }
        for policy in &want.managed {
            if !live.managed.contains(policy) {
                attach(job, &live.name, policy).await?;
            }
        }
        for policy in &live.managed {
            if !want.managed.contains(policy) {
                detach(job, &live.name, policy).await?;
            }
        }
        if changes.remove_extras() {
            extras::remove(job, &live.name, &live.added).await?;
        }
        let tags = all_tags(job, &want.tags);
        if changes.changed(Field::TAGS) {
            let gone = tags_taken_out(job);
            if !gone.is_empty() {
                // Before the others are written: IAM takes keys that differ in case only for one.
                let request = job.iam.untag_role().role_name(&live.name);
                let request = request.set_tag_keys(Some(gone));
                done("iam:UntagRole", request.send().await)?;
            }
            let request = (job.iam.tag_role())
                .role_name(&live.name)
                .set_tags(Some(iam_tags(&tags)?));
            done("iam:TagRole", request.send().await)?;
        }
        Ok(RoleLive {
            description: want.description.clone(),
            trust: want.trust.clone(),
            policies: want.policies.clone(),
            managed: want.managed.clone(),
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &RoleLive) -> Result<(), Fault> {
        // `DeleteConflict` until nothing is in it or attached to it, whoever put it there.
        // That it is not there, only the delete itself says: reads of a new role lag behind.
        let held = tokio::try_join!(inline_names(job, &live.name), managed(job, &live.name));
        let (inline, managed) = match held {
            Err(fault) if fault.is_absent() => Default::default(),
            held => held?,
        };
        for name in inline {
            drop_inline(job, &live.name, &name).await?;
        }
        for policy in managed {
            detach(job, &live.name, &policy).await?;
        }
        let request = job.iam.delete_role().role_name(&live.name);
        deleted("iam:DeleteRole", request.send().await)
    }
}

/// The ARNs of secrets in a policy statement.
fn secrets_in(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(":secret:") => into.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|one| secrets_in(one, into)),
        Value::Object(all) => all.values().for_each(|one| secrets_in(one, into)),
        _ => {}
    }
}

// Enhanced monitoring of RDS, and ECS moving traffic between target groups.
const POLICIES: &[&str] = &[
    "service-role/AmazonRDSEnhancedMonitoringRole",
    "AmazonECSInfrastructureRolePolicyForLoadBalancers",
];

impl Permitted for Role {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            anywhere(&["iam:ListRoles", "iam:GetAccountAuthorizationDetails"]),
            on(
                ROLES,
                &[
                    "iam:GetRole",
                    "iam:GetRolePolicy",
                    "iam:ListAttachedRolePolicies",
                    "iam:ListRolePolicies",
                ],
            ),
        ]],
        create: &[&[
            on(ROLES, &["iam:CreateRole"]).tagged(),
            on(ROLES, &["iam:TagRole", "iam:PutRolePolicy"]),
            attach_policy(POLICIES),
        ]],
        update: &[&[
            on(
                ROLES,
                &[
                    "iam:TagRole",
                    "iam:UntagRole",
                    "iam:UpdateAssumeRolePolicy",
                    "iam:UpdateRoleDescription",
                    "iam:PutRolePolicy",
                    "iam:DeleteRolePolicy",
                    "iam:DetachRolePolicy",
                ],
            ),
            attach_policy(POLICIES),
        ]],
        delete: &[&[on(
            ROLES,
            &[
                "iam:DeleteRole",
                "iam:DeleteRolePolicy",
                "iam:DetachRolePolicy",
            ],
        )]],
    };
}
