//! What the kinds of EC2 share: tags, filters, tokens and deletes that something may hold up.

use std::future::Future;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_ec2::types::{
    Filter, NetworkInterface, ResourceType, Tag, TagSpecification, UnsuccessfulItem,
};
use sha2::{Digest, Sha256};

use crate::aws::{
    ADDRESS_TAG, Cloud, Job, STACK_TAG, Tags, absent_is_done, all_tags, classify, done, tag_list,
    tags_from, tags_taken_out,
};
use crate::engine::{Address, Changes, Class, Fault, Field, Found, Gone, Resource, Sent};

use crate::resources::live::Live;

mod security_group_extras;

kinds! {
    vpc::Vpc,
    internet_gateway::InternetGateway,
    subnet::Subnet,
    elastic_ip::ElasticIp,
    nat_gateway::NatGateway,
    route_table::RouteTable,
    vpc_endpoint::VpcEndpoint,
    security_group::SecurityGroup,
    security_group_rule::SecurityGroupRule,
    default_security_group::DefaultSecurityGroup,
    default_network_acl::DefaultNetworkAcl,
    flow_log::FlowLog,
}

/// A filter of a Describe call.
pub(super) fn filter(name: &str, value: &str) -> Filter {
    any_of(name, vec![value.to_owned()])
}

/// A filter of a Describe call that lets any of the values through, at most 200 (EC2 API, `Filter`).
pub(crate) fn any_of(name: &str, values: Vec<String>) -> Filter {
    let filter = Filter::builder().name(name);
    filter.set_values(Some(values)).build()
}

/// The filters of what the stack owns, or of what it owns under one address.
pub(super) fn ours(cloud: &Cloud, only: Option<&Address>) -> Vec<Filter> {
    let stack = filter(&format!("tag:{STACK_TAG}"), &cloud.place.stack);
    let address = only.map(|one| filter(&format!("tag:{ADDRESS_TAG}"), &one.to_string()));
    std::iter::once(stack).chain(address).collect()
}

/// Whether neither the file nor the account has any of a kind, so that there is nothing to read.
pub(super) async fn unused<R: Resource<Cloud = Cloud>>(
    cloud: &Cloud,
    declared: &[(&Address, &R)],
) -> Result<bool, Fault> {
    Ok(declared.is_empty() && !cloud.has_tagged(R::KIND).await?)
}

/// What of `all` the stack owns; `id_and_tags` gives id and tags.
pub(super) fn owned_of<L>(
    cloud: &Cloud,
    all: Vec<L>,
    id_and_tags: impl Fn(&L) -> (&str, &Tags),
) -> Vec<Found<L>> {
    all.into_iter()
        .filter_map(|live| {
            let (id, tags) = id_and_tags(&live);
            let owner = cloud.owner(tags, None)?;
            Some(Found {
                owner,
                id: id.to_owned(),
                live,
            })
        })
        .collect()
}

/// What of the objects that `read` answers the stack owns. It is not asked where neither the file nor the account
/// has any of the kind.
pub(super) async fn list_owned<R, P, M>(
    cloud: &Cloud,
    declared: &[(&Address, &R)],
    read: impl Future<Output = Result<Vec<Live<P, M>>, Fault>> + Send,
) -> Result<Vec<Found<Live<P, M>>>, Fault>
where
    R: Resource<Cloud = Cloud, Live = Live<P, M>>,
{
    if unused(cloud, declared).await? {
        return Ok(Vec::new());
    }
    Ok(owned_of(cloud, read.await?, |live| (&live.id, &live.tags)))
}

/// The tags of a create call.
pub(super) fn specify(kind: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder()
        .resource_type(kind)
        .set_tags(Some(ec2_tags(tags)))
        .build()
}

/// An answer's tags.
pub(super) fn tags_of(tags: &[Tag]) -> Tags {
    tags_from(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// Puts tags on an object that exists.
pub(super) async fn tag_ec2(job: &Job, id: &str, tags: &Tags) -> Result<(), Fault> {
    let request = (job.ec2.create_tags())
        .resources(id)
        .set_tags(Some(ec2_tags(tags)));
    done("ec2:CreateTags", request.send().await)
}

/// Every tag of the job's object, brought to AWS where those of the file have changed.
pub(super) async fn update_ec2_tags(
    job: &Job,
    id: &str,
    of_file: &Tags,
    changes: &Changes,
) -> Result<Tags, Fault> {
    let tags = all_tags(job, of_file);
    if changes.changed(Field::TAGS) {
        let gone = tags_taken_out(job);
        if !gone.is_empty() {
            delete_tags(job, id, gone.iter()).await?;
        }
        tag_ec2(job, id, &tags).await?;
    }
    Ok(tags)
}

/// Takes our tags off an object that stays, unless it is gone: those of ownership and those of the file.
pub(super) async fn untag_ec2(job: &Job, id: &str, tags: &Tags) -> Result<(), Fault> {
    let ours = tags.keys().filter(|key| !key.starts_with("aws:"));
    delete_tags(job, id, ours).await.or_else(absent_is_done)
}

async fn delete_tags(
    job: &Job,
    id: &str,
    keys: impl Iterator<Item = &String>,
) -> Result<(), Fault> {
    let keys = keys.map(|key| Tag::builder().key(key).build());
    let request = (job.ec2.delete_tags())
        .resources(id)
        .set_tags(Some(keys.collect()));
    done("ec2:DeleteTags", request.send().await)
}

/// An idempotency token for making the object of a job out of `parts`: 32 of the 64 ASCII
/// characters that EC2's `ClientToken` may have.
///
/// The minute is part of it, because EC2 remembers tokens for longer than objects: one that is made
/// again after a deletion must not get the answer of then. A later run finds what was made by its tags.
pub(super) fn token(job: &Job, tags: &Tags, parts: &[&str]) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let minute = now.map_or(0, |since| since.as_secs() / 60);
    let text = format!("{minute} {} {parts:?} {tags:?}", job.address());
    Sha256::digest(text)
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The fault in an answer that lists what it did not do (`Unsuccessful`).
///
/// # Errors
/// The first of `items`.
pub(super) fn all_done(operation: &str, items: &[UnsuccessfulItem]) -> Result<(), Fault> {
    let Some(error) = items.first().and_then(UnsuccessfulItem::error) else {
        return Ok(());
    };
    let (code, message) = (
        error.code().unwrap_or("Unknown"),
        error.message().unwrap_or("no message"),
    );
    Err(Fault {
        operation: operation.to_owned(),
        class: classify(code, message),
        code: code.to_owned(),
        message: message.to_owned(),
        request_id: None,
        sent: Sent::Answered,
        hint: None,
    })
}

/// What became of a delete.
pub(super) enum Removal {
    /// The object is gone.
    Gone,
    /// A network interface holds it; which, in words.
    Held(String),
    /// Something else does, in AWS's words.
    InUse(String),
}

impl From<Removal> for Gone {
    fn from(removal: Removal) -> Self {
        match removal {
            Removal::Gone => Self::Yes,
            Removal::Held(why) | Removal::InUse(why) => Self::NotYet(why),
        }
    }
}

/// Deletes by `call`. Network interfaces that AWS leaves behind for some minutes hold things up
/// (`DependencyViolation`): that is not a fault, and the one among those of `holders` is named.
pub(super) async fn remove<F>(job: &Job, holders: Option<Filter>, call: F) -> Result<Removal, Fault>
where
    F: Future<Output = Result<(), Fault>>,
{
    match call.await.or_else(absent_is_done) {
        Ok(()) => Ok(Removal::Gone),
        Err(fault) if fault.class == Class::InUse => {
            let holder = match holders {
                Some(filter) => holder(job, filter).await,
                None => None,
            };
            Ok(holder.map_or(Removal::InUse(fault.message), Removal::Held))
        }
        Err(fault) => Err(fault),
    }
}

/// A network interface, in words. Not being allowed to look must not fail a delete.
async fn holder(job: &Job, filter: Filter) -> Option<String> {
    let answer = job.ec2.describe_network_interfaces().filters(filter).send();
    let interfaces = answer.await.ok()?.network_interfaces.unwrap_or_default();
    let interface = interfaces
        .iter()
        .find(|interface| interface.association().is_some())
        .or(interfaces.first())?;
    let id = interface.network_interface_id()?;
    let what = interface.description().filter(|of| !of.is_empty());
    let what = what.map_or_else(String::new, |of| format!(" ({of})"));
    let others = match interfaces.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let owner = owner(interface);
    Some(format!(
        "held by network interface {id}{what} of {owner}{others}"
    ))
}

/// Whose an interface is: the instance it is attached to, the service or principal that made it
/// (EC2 API, `NetworkInterface.RequesterId`), or the account.
fn owner(interface: &NetworkInterface) -> String {
    let instance = interface.attachment().and_then(|held| held.instance_id());
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    text(instance)
        .or_else(|| text(interface.requester_id()))
        .or_else(|| text(interface.owner_id()).map(|account| format!("account {account}")))
        .unwrap_or_else(|| "an unknown owner".to_owned())
}

fn ec2_tags(tags: &Tags) -> Vec<Tag> {
    tag_list(tags, |key, value| {
        Tag::builder().key(key).value(value).build()
    })
}
