//! A security group without rules of its own; its rules are resources beside it.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::aws::grant::{Grant, Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Place, Tags, all_tags, user_tags};
use crate::engine::{
    Address, Changes, Extra, Fault, Field, Found, Gone, Link, Pace, ResolveContext, Resource,
    Takes, Ties,
};
use crate::resources::durations;
use crate::{field, fields};

use self::calls::{
    create_group, described, owned_groups, removed, revoke_default_egress, strangers,
    without_managed_rules,
};
use crate::resources::Vpc;
use crate::resources::ec2::default_security_group::DEFAULT;
use crate::resources::ec2::security_group_rule::rules::{RuleProps, owned_rules};
use crate::resources::ec2::{filter, owned_of, security_group_extras, unused, update_ec2_tags};
use crate::resources::ownership::{bears, is_ours};

pub(super) mod calls;

/// A security group. Its name is the address's; while it takes another's place, a few digits longer.
#[derive(Debug, Clone)]
pub struct SecurityGroup {
    /// Its VPC; cannot be changed.
    pub vpc: Link<Vpc>,
    /// What it is for, at most 255 characters; cannot be changed (EC2 API, `CreateSecurityGroup`).
    pub description: String,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a security group.
#[derive(Debug, Serialize)]
pub struct SecurityGroupProps {
    vpc: String,
    description: String,
    /// Whether it still has the rule that EC2 puts into every new group: everything out.
    open_egress: bool,
    tags: Tags,
}

/// A security group as AWS has it.
#[derive(Debug, Clone)]
pub struct SecurityGroupLive {
    /// `sg-…`.
    pub id: String,
    pub(super) name: String,
    pub(super) vpc: String,
    pub(super) description: String,
    /// The ranges to which everything is let out by rules that are not resources of the stack.
    pub(super) open_to: Vec<String>,
    /// The rules that are not resources of the stack, those of `open_to` aside; from [`Resource::list`].
    pub(super) added: Vec<RuleProps>,
    pub(super) tags: Tags,
}

impl Resource for SecurityGroup {
    type Cloud = Cloud;
    type Props = SecurityGroupProps;
    type Live = SecurityGroupLive;

    const KIND: &'static str = "security-group";
    const CREATE_ONLY: &'static [Field] = &fields!(SecurityGroupProps, vpc);
    // A delete is refused while network interfaces linger.
    const TAKES: Takes = durations::SECURITY_GROUP;
    const PACE: Pace = Self::TAKES.pace(1200, 10);

    fn desired(&self, context: &ResolveContext<'_>) -> SecurityGroupProps {
        SecurityGroupProps {
            vpc: self.vpc.id(context, |vpc| vpc.id.clone()),
            description: context.name::<Self>(&self.description, |live| live.description.clone()),
            open_egress: false,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &SecurityGroupLive) -> SecurityGroupProps {
        SecurityGroupProps {
            vpc: live.vpc.clone(),
            description: live.description.clone(),
            open_egress: !live.open_to.is_empty(),
            tags: user_tags(&live.tags),
        }
    }

    fn extras(live: &SecurityGroupLive) -> Vec<Extra> {
        live.added
            .iter()
            .map(security_group_extras::extra)
            .collect()
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<SecurityGroupLive>>, Fault> {
        if unused(cloud, declared).await? {
            return Ok(Vec::new());
        }
        let (owned, rules, mut strange) = tokio::try_join!(
            owned_groups(cloud),
            owned_rules(cloud),
            strangers(cloud, declared),
        )?;
        // A VPC's own group is another kind's.
        let own = owned.iter().filter(|group| group.name != DEFAULT);
        let own = own.map(|group| without_managed_rules(group.clone(), &rules));
        strange.extend(owned_of(cloud, own.collect(), |live| {
            (&live.id, &live.tags)
        }));
        Ok(strange)
    }

    /// One that replaces another while that is there has a name that ends in a mark.
    fn named(
        cloud: &Cloud,
        address: &Address,
        _: Option<&Self>,
        live: &SecurityGroupLive,
    ) -> Option<bool> {
        const MARK: usize = "-1234".len();
        let at = |place: &Place, name: &str| Some(place.name(name));
        let end = live.name.len().saturating_sub(MARK);
        let without_mark = live.name.get(..end).unwrap_or_default();
        bears(cloud, address, &live.name, None, at)
            .filter(|named| *named)
            .or_else(|| bears(cloud, address, without_mark, None, at))
    }

    /// Names of groups are each VPC's own, and a group with a name of ours shows whose the VPC is.
    fn ties(live: &SecurityGroupLive) -> Ties {
        Ties {
            ids: vec![live.id.clone()],
            within: vec![live.vpc.clone()],
            vouches: vec![live.vpc.clone()],
            ..Ties::default()
        }
    }

    async fn create(
        &self,
        job: &Job,
        want: &SecurityGroupProps,
    ) -> Result<SecurityGroupLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let name = job.name(job.address());
        let create_group = |name: String| {
            let tags = &tags;
            async move { create_group(job, &name, &want.vpc, &want.description, tags).await }
        };
        let made = match create_group(name.clone()).await {
            Err(refused) if refused.code == "InvalidGroup.Duplicate" => {
                let filters = vec![filter("vpc-id", &want.vpc), filter("group-name", &name)];
                match described(job, filters).await?.pop() {
                    // A reply that was lost.
                    Some(one) if is_ours(job, &one.tags) && one.description == want.description => {
                        one
                    }
                    // The one that this one replaces has the name.
                    Some(one) if is_ours(job, &one.tags) => {
                        let digest = Sha256::digest(&want.description);
                        create_group(format!("{name}-{:02x}{:02x}", digest[0], digest[1])).await?
                    }
                    _ => return Err(refused.hint("a group of that name is in the VPC already")),
                }
            }
            made => made?,
        };
        revoke_default_egress(job, &made.id, &made.open_to).await?;
        Ok(SecurityGroupLive {
            open_to: Vec::new(),
            added: Vec::new(),
            ..made
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &SecurityGroupLive,
        want: &SecurityGroupProps,
        changes: &Changes,
    ) -> Result<SecurityGroupLive, Fault> {
        if changes.changed(field!(SecurityGroupProps, open_egress)) {
            revoke_default_egress(job, &live.id, &live.open_to).await?;
        }
        if changes.remove_extras() {
            security_group_extras::remove(job, &live.id, &live.added).await?;
        }
        let tags = update_ec2_tags(job, &live.id, &want.tags, changes).await?;
        Ok(SecurityGroupLive {
            open_to: Vec::new(),
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &SecurityGroupLive) -> Result<(), Fault> {
        removed(job, live).await.map(drop)
    }

    async fn gone(job: &Job, live: &SecurityGroupLive) -> Result<Gone, Fault> {
        removed(job, live).await
    }
}

const GROUPS: &[&str] = &["ec2:security-group/*"];
const RULES: Grant = on(
    GROUPS,
    &[
        "ec2:RevokeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
    ],
)
.owned();

impl Permitted for SecurityGroup {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&[
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSecurityGroupRules",
            "ec2:DescribeVpcs",
        ])]],
        create: &[&[
            on(GROUPS, &["ec2:CreateSecurityGroup"]).tagged(),
            on(&["ec2:vpc/{vpc}"], &["ec2:CreateSecurityGroup"]).in_network(),
            on(GROUPS, &["ec2:CreateTags"]).creating(),
            RULES,
        ]],
        update: &[&[
            on(GROUPS, &["ec2:CreateTags", "ec2:DeleteTags"]).owned(),
            RULES,
        ]],
        delete: &[&[
            // The last rules that name it go with it.
            RULES,
            on(GROUPS, &["ec2:DeleteSecurityGroup"]).owned(),
        ]],
    };
}
