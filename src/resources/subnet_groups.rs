//! What the subnet groups of RDS and of ElastiCache have in common. Both services keep their names in lowercase.

use std::future::Future;

use serde::Serialize;

use crate::aws::{Cloud, Job, Tags, user_tags};
use crate::engine::{Address, Fault, Link, ResolveContext, Resource};

use crate::resources::Subnet;
use crate::resources::live::Named;
use crate::resources::ownership::{bears, is_ours};
use crate::resources::sdk::sorted;

/// What can be said of a subnet group.
#[derive(Debug, Clone, Serialize)]
pub struct SubnetGroupProps {
    pub(super) name: String,
    /// Ids, sorted.
    pub(super) subnets: Vec<String>,
    pub(super) tags: Tags,
}

/// A subnet group as AWS has it.
pub type SubnetGroupLive = Named<SubnetGroupProps>;

/// What can be said of a group that is there.
pub(super) fn props(live: &SubnetGroupLive) -> SubnetGroupProps {
    SubnetGroupProps {
        tags: user_tags(&live.tags),
        ..live.props.clone()
    }
}

/// What is wanted of the group that the file calls `name`.
pub(super) fn wanted<R: Resource<Live = SubnetGroupLive>>(
    context: &ResolveContext<'_>,
    name: &str,
    subnets: &[Link<Subnet>],
    tags: &Tags,
) -> SubnetGroupProps {
    let subnets = subnets.iter();
    SubnetGroupProps {
        name: context.name::<R>(&name.to_ascii_lowercase(), |live| live.name.clone()),
        subnets: sorted(subnets.map(|subnet| subnet.id(context, |subnet| subnet.id.clone()))),
        tags: tags.clone(),
    }
}

/// A group as it is described, its tags not read yet.
pub(super) fn described<'s>(
    name: String,
    arn: String,
    subnets: impl Iterator<Item = &'s str>,
) -> SubnetGroupLive {
    SubnetGroupLive {
        props: SubnetGroupProps {
            name: name.clone(),
            subnets: sorted(subnets.map(str::to_owned)),
            tags: Tags::new(),
        },
        tags: Tags::new(),
        name,
        arn,
    }
}

/// Whether a group has the name that the file says or that ajuda gives ([`Resource::named`]).
pub(super) fn named(
    cloud: &Cloud,
    address: &Address,
    declared_name: Option<&str>,
    live: &SubnetGroupLive,
) -> Option<bool> {
    let declared_name = declared_name.map(str::to_ascii_lowercase);
    bears(cloud, address, &live.name, declared_name, |place, name| {
        (name == "main").then(|| place.name(name).to_ascii_lowercase())
    })
}

/// The group after its create call. Where that was refused with `code` because the group is there: after a reply
/// that was lost, its tags, which `own` reads, say that it is the one made then.
///
/// # Errors
/// The refusal, when the group is another one's, and every other fault.
pub(super) async fn made(
    job: &Job,
    created: Result<(), Fault>,
    code: &str,
    own: impl Future<Output = Result<Tags, Fault>>,
    of: SubnetGroupLive,
) -> Result<SubnetGroupLive, Fault> {
    match created {
        Err(fault) if fault.code == code && is_ours(job, &own.await?) => Ok(of),
        created => created.map(|()| of),
    }
}

/// A group that is as wanted.
pub(super) fn as_wanted(want: &SubnetGroupProps, arn: &str, tags: Tags) -> SubnetGroupLive {
    SubnetGroupLive {
        name: want.name.clone(),
        arn: arn.to_owned(),
        props: want.clone(),
        tags,
    }
}
