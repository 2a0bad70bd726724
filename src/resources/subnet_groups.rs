//! What the subnet groups of RDS and of ElastiCache have in common. Both services keep their names in lowercase.

use std::future::Future;

use serde::Serialize;

use crate::aws::{Cloud, Job, Tags, spoken};
use crate::engine::{Address, Fault, Found, Link, Resource, Seen};

use crate::resources::Subnet;
use crate::resources::own_tags::{Near, near};
use crate::resources::ownership::{bears, is_ours};

/// What can be said of a subnet group.
#[derive(Debug, Serialize)]
pub struct SubnetGroupProps {
    pub(super) name: String,
    /// Ids, sorted.
    pub(super) subnets: Vec<String>,
    pub(super) tags: Tags,
}

/// A subnet group as AWS has it.
#[derive(Debug, Clone)]
pub struct SubnetGroupLive {
    /// Its name.
    pub name: String,
    pub(super) arn: String,
    /// Ids, sorted.
    pub(super) subnets: Vec<String>,
    pub(super) tags: Tags,
}

impl SubnetGroupLive {
    /// What there is after a create or an update.
    pub(super) fn made(want: &SubnetGroupProps, arn: String, tags: Tags) -> Self {
        Self {
            name: want.name.clone(),
            arn,
            subnets: want.subnets.clone(),
            tags,
        }
    }

    /// What can be said of it.
    pub(super) fn props(&self) -> SubnetGroupProps {
        SubnetGroupProps {
            name: self.name.clone(),
            subnets: self.subnets.clone(),
            tags: spoken(&self.tags),
        }
    }
}

/// What is wanted of the group that the file calls `name`.
pub(super) fn wanted<R: Resource<Live = SubnetGroupLive>>(
    seen: &Seen<'_>,
    name: &str,
    subnets: &[Link<Subnet>],
    tags: &Tags,
) -> SubnetGroupProps {
    let subnets = subnets.iter();
    SubnetGroupProps {
        name: seen.name::<R>(&name.to_ascii_lowercase(), |live| live.name.clone()),
        subnets: sorted(subnets.map(|subnet| subnet.id(seen, |subnet| subnet.id.clone()))),
        tags: tags.clone(),
    }
}

/// Ids in the order in which they are compared.
pub(super) fn sorted(ids: impl Iterator<Item = String>) -> Vec<String> {
    let mut ids: Vec<String> = ids.collect();
    ids.sort();
    ids
}

/// Those of `groups` that bear one of the `declared` names or that the index lists, with the tags that `own`
/// reads by ARN.
///
/// # Errors
/// The fault of a request.
pub(super) async fn found<F>(
    cloud: &Cloud,
    declared: &[(&Address, &str)],
    groups: impl Future<Output = Result<Vec<SubnetGroupLive>, Fault>> + Send,
    own: impl Fn(String) -> F + Send,
) -> Result<Vec<Found<SubnetGroupLive>>, Fault>
where
    F: Future<Output = Result<Tags, Fault>> + Send,
{
    let (_, groups) = tokio::try_join!(cloud.tagged(), groups)?;
    let named = |group: &SubnetGroupLive| {
        let mut declared = declared.iter();
        let named = declared.find(|(_, name)| name.eq_ignore_ascii_case(&group.name));
        named.map(|(address, _)| *address)
    };
    let near = near(cloud, groups, named, |group| &group.arn, own).await?;
    let found = near.into_iter().filter_map(|Near { live, named, tags }| {
        Some(Found {
            owner: cloud.owner(&tags, named)?,
            id: live.name.clone(),
            live: SubnetGroupLive { tags, ..live },
        })
    });
    Ok(found.collect())
}

/// Whether a group has the name that the file says or that ajuda gives ([`Resource::named`]).
pub(super) fn named(
    cloud: &Cloud,
    address: &Address,
    said: Option<&str>,
    live: &SubnetGroupLive,
) -> Option<bool> {
    let said = said.map(str::to_ascii_lowercase);
    bears(cloud, address, &live.name, said, |place, name| {
        (name == "main").then(|| place.name(name).to_ascii_lowercase())
    })
}

/// A create that was refused with `code` because the group is there: after a reply that was lost, its tags say
/// that it is the one made then.
///
/// # Errors
/// The refusal, when the group is another one's, and every other fault.
pub(super) async fn made_before(
    job: &Job,
    created: Result<(), Fault>,
    code: &str,
    own: impl Future<Output = Result<Tags, Fault>>,
) -> Result<(), Fault> {
    match created {
        Err(fault) if fault.code == code && is_ours(job, &own.await?) => Ok(()),
        created => created,
    }
}
