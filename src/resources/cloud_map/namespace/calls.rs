//! The calls for namespaces: reading them, their tags, and asking for their deletion.

use aws_sdk_servicediscovery::types as api;

use crate::aws::{Cloud, Job, Required, Tags, answer_of, tags_from};
use crate::engine::{Class, Fault, Gone};

use super::NamespaceLive;
use crate::resources::ownership::is_ours;
use crate::resources::sdk::{build_error, built_tags};

const LIST: &str = "servicediscovery:ListNamespaces";

/// Asks for the deletion, which is refused while Service Connect's names are in the namespace: ECS
/// removes those a while after their services are gone.
pub(super) async fn remove(job: &Job, id: &str) -> Result<Gone, Fault> {
    let request = job.servicediscovery.delete_namespace().id(id);
    let asked = answer_of("servicediscovery:DeleteNamespace", request.send().await);
    match asked {
        Ok(_) => Ok(Gone::NotYet("being deleted".to_owned())),
        Err(fault) if fault.is_absent() => Ok(Gone::Yes),
        Err(fault) if fault.code == "DuplicateRequest" => {
            Ok(Gone::NotYet("being deleted".to_owned()))
        }
        Err(fault) if fault.class == Class::InUse => Ok(Gone::NotYet(fault.message)),
        Err(fault) => Err(fault),
    }
}

/// The account's own namespaces, their tags not read yet.
pub(super) async fn all(cloud: &Cloud) -> Result<Vec<NamespaceLive>, Fault> {
    let own = api::NamespaceFilter::builder()
        .name(api::NamespaceFilterName::ResourceOwner)
        .values("SELF")
        .build()
        .map_err(build_error(LIST))?;
    let request = cloud.servicediscovery.list_namespaces().filters(own);
    let pages = request.into_paginator().send();
    let pages = answer_of(LIST, pages.try_collect().await)?;
    let namespaces = pages.into_iter().filter_map(|page| page.namespaces);
    namespaces.flatten().map(live).collect()
}

fn live(namespace: api::NamespaceSummary) -> Result<NamespaceLive, Fault> {
    Ok(NamespaceLive {
        id: namespace.id.required(LIST, "Id")?,
        arn: namespace.arn.required(LIST, "Arn")?,
        name: namespace.name.required(LIST, "Name")?,
        tags: Tags::new(),
        description: namespace.description.unwrap_or_default(),
        operation: None,
    })
}

/// The namespace that a create whose reply was lost has made.
pub(super) async fn made_before(job: &Job, name: &str) -> Result<Option<NamespaceLive>, Fault> {
    for namespace in all(job).await? {
        if namespace.name != name {
            continue;
        }
        let tags = own_tags(job, &namespace.arn).await?;
        if is_ours(job, &tags) {
            return Ok(Some(NamespaceLive { tags, ..namespace }));
        }
    }
    Ok(None)
}

pub(super) async fn own_tags(cloud: &Cloud, arn: &str) -> Result<Tags, Fault> {
    let request = (cloud.servicediscovery.list_tags_for_resource()).resource_arn(arn);
    let answer = answer_of("servicediscovery:ListTagsForResource", request.send().await)?;
    let tags = answer.tags().iter();
    Ok(tags_from(tags.map(|tag| (tag.key(), tag.value()))))
}

pub(super) fn list_of(tags: &Tags, operation: &'static str) -> Result<Vec<api::Tag>, Fault> {
    built_tags(operation, tags, |key, value| {
        api::Tag::builder().key(key).value(value).build()
    })
}
