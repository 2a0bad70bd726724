//! A web ACL of AWS WAF with AWS's managed rules, for a load balancer.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Tags, all_tags};
use crate::engine::{
    Address, Changes, Fault, Field, Found, Gone, Pace, ResolveContext, Resource, Takes, Ties,
};
use crate::resources::durations;
use crate::{field, fields};

use self::calls::{change, create_acl, read, remove, summaries, tag};
use self::rules::{Rule, wanted};
use crate::resources::ec2::unused;
use crate::resources::ownership::{bears, declared_as, is_ours};
use crate::resources::sdk::try_join_bounded;

pub(super) mod calls;
mod rules;

/// A regional web ACL that lets in what none of its rules blocks.
#[derive(Debug, Clone)]
pub struct WebAcl {
    /// Its name: 1-128 letters, digits, hyphens and underscores, unique in account and region; cannot
    /// be changed (WAF API, `CreateWebACL.Name`).
    pub name: String,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a web ACL.
#[derive(Debug, Clone, Serialize)]
pub struct WebAclProps {
    pub(super) name: String,
    /// Whether it lets in what no rule blocks.
    pub(super) lets_in: bool,
    pub(super) rules: BTreeMap<String, Rule>,
    pub(super) metrics: bool,
    /// Whether AWS keeps samples of requests, headers included.
    pub(super) samples: bool,
    pub(super) tags: Tags,
}

impl WebAclProps {
    /// The rules of one: each is billed.
    pub(crate) const RULES: Field = field!(WebAclProps, rules);
}

/// A web ACL as AWS has it.
#[derive(Debug, Clone)]
pub struct WebAclLive {
    /// Its ARN.
    pub arn: String,
    pub(super) id: String,
    pub(super) props: WebAclProps,
    pub(super) tags: Tags,
}

impl Resource for WebAcl {
    type Cloud = Cloud;
    type Props = WebAclProps;
    type Live = WebAclLive;

    const KIND: &'static str = "web-acl";
    // A delete is refused while an association that has ended has not spread.
    const TAKES: Takes = durations::WEB_ACL;
    const PACE: Pace = Self::TAKES.pace(900, 5);

    fn desired(&self, context: &ResolveContext<'_>) -> WebAclProps {
        WebAclProps {
            name: context.name::<Self>(&self.name, |live| live.props.name.clone()),
            lets_in: true,
            rules: wanted(),
            metrics: true,
            samples: false,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &WebAclLive) -> WebAclProps {
        live.props.clone()
    }

    fn named(
        cloud: &Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &WebAclLive,
    ) -> Option<bool> {
        let declared_name = declared.map(|one| one.name.clone());
        bears(
            cloud,
            address,
            &live.props.name,
            declared_name,
            |place, name| (name == "main").then(|| place.name(name)),
        )
    }

    fn ties(live: &WebAclLive) -> Ties {
        Ties {
            ids: vec![live.arn.clone()],
            ..Ties::default()
        }
    }

    /// WAF has no batched read of web ACLs and their tags: two calls for each of ours.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<WebAclLive>>, Fault> {
        if unused(cloud, declared).await? {
            return Ok(Vec::new());
        }
        let (tagged, all) = tokio::try_join!(cloud.tagged(), summaries(cloud))?;
        let known = |arn: Option<&str>| arn.is_some_and(|arn| tagged.lists(arn));
        let named =
            |name: Option<&str>| declared_as(declared, |one| Some(one.name.as_str()) == name);
        let ours = all
            .iter()
            .filter(|one| known(one.arn()) || named(one.name()).is_some());
        let read = try_join_bounded(ours.map(|one| read(cloud, one))).await?;
        Ok(read
            .into_iter()
            .flatten()
            .filter_map(|live| {
                let owner = cloud.owner(&live.tags, named(Some(&live.props.name)))?;
                let id = live.props.name.clone();
                Some(Found { owner, id, live })
            })
            .collect())
    }

    async fn create(&self, job: &Job, want: &WebAclProps) -> Result<WebAclLive, Fault> {
        let tags = all_tags(job, &want.tags);
        create_acl(job, want, &tags, |tags| is_ours(job, tags)).await
    }

    async fn update(
        &self,
        job: &Job,
        live: &WebAclLive,
        want: &WebAclProps,
        changes: &Changes,
    ) -> Result<WebAclLive, Fault> {
        if changes.any_changed(&fields!(WebAclProps, lets_in, rules, metrics, samples)) {
            change(job, live, want).await?;
        }
        let tags = all_tags(job, &want.tags);
        if changes.changed(Field::TAGS) {
            tag(job, &live.arn, &tags).await?;
        }
        Ok(WebAclLive {
            props: want.clone(),
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &WebAclLive) -> Result<(), Fault> {
        remove(job, live).await.map(drop)
    }

    async fn gone(job: &Job, live: &WebAclLive) -> Result<Gone, Fault> {
        remove(job, live).await
    }
}

const ACLS: &[&str] = &[
    "wafv2:regional/webacl/{stack}/*",
    "wafv2:regional/webacl/{stack}-*",
    "wafv2:regional/webacl/{name}/*",
];
// The rules of AWS's that it names are asked about as well ("Actions defined by AWS WAF V2").
const MANAGED: &[&str] = &["arn:{partition}:wafv2:{region}:aws:regional/managedruleset/*"];

impl Permitted for WebAcl {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            anywhere(&["wafv2:ListWebACLs"]),
            on(ACLS, &["wafv2:GetWebACL", "wafv2:ListTagsForResource"]),
        ]],
        create: &[&[
            on(ACLS, &["wafv2:CreateWebACL"]).tagged(),
            on(MANAGED, &["wafv2:CreateWebACL"]),
            on(ACLS, &["wafv2:TagResource"]),
        ]],
        update: &[&[
            on(ACLS, &["wafv2:TagResource", "wafv2:UntagResource"]),
            on(ACLS, &["wafv2:UpdateWebACL"]).owned(),
            on(MANAGED, &["wafv2:UpdateWebACL"]),
        ]],
        delete: &[&[on(ACLS, &["wafv2:DeleteWebACL"]).owned()]],
    };
}
