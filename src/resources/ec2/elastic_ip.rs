//! A public address that stays.

use aws_sdk_ec2::types as api;
use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{
    Cloud, Job, Required, Tags, all_tags, answer_of, create_idempotently, done, user_tags,
};
use crate::engine::{
    Address, Changes, Class, Fault, Found, Gone, Pace, ResolveContext, Resource, Ties,
};

use crate::resources::ec2::{list_owned, ours, remove, specify, tags_of, update_ec2_tags};
use crate::resources::live::Live;

const ALLOCATE: &str = "ec2:AllocateAddress";
const DESCRIBE: &str = "ec2:DescribeAddresses";

/// An Elastic IP address.
#[derive(Debug, Clone)]
pub struct ElasticIp {
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of an Elastic IP address.
#[derive(Debug, Clone, Serialize)]
pub struct ElasticIpProps {
    tags: Tags,
}

/// An Elastic IP address as AWS has it: `eipalloc-…`.
pub type ElasticIpLive = Live<ElasticIpProps>;

impl Resource for ElasticIp {
    type Cloud = Cloud;
    type Props = ElasticIpProps;
    type Live = ElasticIpLive;

    const KIND: &'static str = "elastic-ip";
    // A release is refused until the NAT gateway that had it is gone for good.
    const PACE: Pace = Pace::of(1, 900, 10);

    fn desired(&self, _: &ResolveContext<'_>) -> ElasticIpProps {
        ElasticIpProps {
            tags: self.tags.clone(),
        }
    }

    fn props(live: &ElasticIpLive) -> ElasticIpProps {
        live.props.clone()
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<ElasticIpLive>>, Fault> {
        list_owned(cloud, declared, owned(cloud, None)).await
    }

    /// It has no name and stands in nothing: a NAT gateway of the stack that has it shows whose it is.
    /// One that has left the file and is on no such gateway is never released by its tags alone.
    fn ties(live: &Self::Live) -> Ties {
        Ties {
            ids: vec![live.id.clone()],
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &ElasticIpProps) -> Result<ElasticIpLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let specification = specify(api::ResourceType::ElasticIp, &tags);
        create_idempotently(
            job,
            || async {
                let request = (job.ec2_once.allocate_address())
                    .domain(api::DomainType::Vpc)
                    .tag_specifications(specification.clone());
                let made = answer_of(ALLOCATE, request.send().await)?;
                Ok(ElasticIpLive {
                    id: made.allocation_id.required(ALLOCATE, "AllocationId")?,
                    props: want.clone(),
                    tags: tags.clone(),
                    more: (),
                })
            },
            || async { Ok(owned(job, Some(job.address())).await?.pop()) },
        )
        .await
        .map_err(|fault| match fault.code.as_str() {
            "AddressLimitExceeded" => fault.hint(
                "ask for more Elastic IP addresses in Service Quotas, or use fewer NAT gateways",
            ),
            _ => fault,
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &ElasticIpLive,
        want: &ElasticIpProps,
        changes: &Changes,
    ) -> Result<ElasticIpLive, Fault> {
        let tags = update_ec2_tags(job, &live.id, &want.tags, changes).await?;
        Ok(live.brought_to(want, tags))
    }

    async fn delete(job: &Job, live: &ElasticIpLive) -> Result<(), Fault> {
        removed(job, live).await.map(drop)
    }

    async fn gone(job: &Job, live: &ElasticIpLive) -> Result<Gone, Fault> {
        removed(job, live).await
    }
}

/// The stack's addresses; `DescribeAddresses` has no pages.
async fn owned(cloud: &Cloud, only: Option<&Address>) -> Result<Vec<ElasticIpLive>, Fault> {
    let request = (cloud.ec2.describe_addresses()).set_filters(Some(ours(cloud, only)));
    let answer = answer_of(DESCRIBE, request.send().await)?;
    answer
        .addresses
        .unwrap_or_default()
        .into_iter()
        .map(live)
        .collect()
}

fn live(address: api::Address) -> Result<ElasticIpLive, Fault> {
    let tags = tags_of(address.tags());
    Ok(ElasticIpLive {
        id: address.allocation_id.required(DESCRIBE, "AllocationId")?,
        props: ElasticIpProps {
            tags: user_tags(&tags),
        },
        tags,
        more: (),
    })
}

/// While the mapping of a NAT gateway that is gone lingers, EC2 answers as if the caller had no right to
/// the address (the provider repeats it, `ec2/ec2_eip.go`).
fn lingers(fault: Fault) -> Fault {
    match fault.code.as_str() {
        "AuthFailure" if fault.class == Class::Denied => Fault {
            class: Class::InUse,
            message: "a NAT gateway's mapping of it lingers".to_owned(),
            ..fault
        },
        _ => fault,
    }
}

async fn removed(job: &Job, live: &ElasticIpLive) -> Result<Gone, Fault> {
    remove(job, None, async {
        let request = (job.ec2.release_address()).allocation_id(&live.id);
        done("ec2:ReleaseAddress", request.send().await).map_err(lingers)
    })
    .await
    .map(Gone::from)
}

const ADDRESSES: &[&str] = &["ec2:elastic-ip/*"];

impl Permitted for ElasticIp {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&["ec2:DescribeAddresses"])]],
        create: &[&[
            on(ADDRESSES, &["ec2:AllocateAddress"]).tagged(),
            on(ADDRESSES, &["ec2:CreateTags"]).creating(),
        ]],
        update: &[&[on(ADDRESSES, &["ec2:CreateTags", "ec2:DeleteTags"]).owned()]],
        delete: &[&[on(ADDRESSES, &["ec2:ReleaseAddress"]).owned()]],
    };
}
