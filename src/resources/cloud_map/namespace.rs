//! A Cloud Map HTTP namespace: where the names of Service Connect live.

use aws_sdk_servicediscovery::operation::create_http_namespace::CreateHttpNamespaceError;
use aws_sdk_servicediscovery::types as api;
use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{
    Cloud, Job, Place, Required, Tags, absent_is_done, all_tags, answer_of, done, fault,
    tags_taken_out, user_tags,
};
use crate::engine::{
    Address, Changes, Class, Fault, Field, Found, Gone, Pace, Ready, ResolveContext, Resource,
    Takes,
};
use crate::fields;
use crate::resources::durations;

use crate::resources::ecs::token;
use crate::resources::own_tags::{Candidate, candidates};
use crate::resources::ownership::declared_as;

mod calls;

use calls::{all, list_of, made_before, own_tags, remove};

/// A namespace whose names only Service Connect and the Cloud Map API resolve.
#[derive(Debug, Clone)]
pub struct Namespace {
    /// Its name (Cloud Map API, `CreateHttpNamespace.Name`).
    pub name: String,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a namespace.
#[derive(Debug, Serialize)]
pub struct NamespaceProps {
    name: String,
    tags: Tags,
}

/// A namespace as AWS has it.
#[derive(Debug, Clone)]
pub struct NamespaceLive {
    /// Its id; empty until it has been made.
    pub id: String,
    /// Its ARN; empty until it has been made.
    pub arn: String,
    /// Its name.
    pub name: String,
    tags: Tags,
    description: String,
    /// What makes it, until it has been made.
    operation: Option<String>,
}

const CREATE: &str = "servicediscovery:CreateHttpNamespace";

impl Resource for Namespace {
    type Cloud = Cloud;
    type Props = NamespaceProps;
    type Live = NamespaceLive;

    const KIND: &'static str = "namespace";
    const CREATE_ONLY: &'static [Field] = &fields!(NamespaceProps, name);
    const TAKES: Takes = durations::NAMESPACE;
    const PACE: Pace = Self::TAKES.pace(300, 2);

    fn desired(&self, _: &ResolveContext<'_>) -> NamespaceProps {
        NamespaceProps {
            name: self.name.clone(),
            tags: self.tags.clone(),
        }
    }

    fn props(live: &NamespaceLive) -> NamespaceProps {
        NamespaceProps {
            name: live.name.clone(),
            tags: user_tags(&live.tags),
        }
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<NamespaceLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(Self::KIND).await? {
            return Ok(Vec::new());
        }
        let (_, namespaces) = tokio::try_join!(cloud.tagged(), all(cloud))?;
        let named = |live: &NamespaceLive| declared_as(declared, |one| one.name == live.name);
        let own = |arn: String| async move { own_tags(cloud, &arn).await };
        let near = candidates(cloud, namespaces, named, |live| &live.arn, own).await?;
        let found = near
            .into_iter()
            .filter_map(|Candidate { live, named, tags }| {
                Some(Found {
                    owner: cloud.owner(&tags, named)?,
                    id: live.id.clone(),
                    live: NamespaceLive { tags, ..live },
                })
            });
        Ok(found.collect())
    }

    /// The file names it, so that it may have another name than it had: a description, which no tag
    /// changes, says whose it is.
    fn named(
        cloud: &Cloud,
        _: &Address,
        declared: Option<&Self>,
        live: &NamespaceLive,
    ) -> Option<bool> {
        let is_declared = declared.is_some_and(|one| one.name == live.name);
        Some(is_declared || live.description == description(&cloud.place))
    }

    async fn create(&self, job: &Job, want: &NamespaceProps) -> Result<NamespaceLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let created = job
            .servicediscovery
            .create_http_namespace()
            .name(&want.name)
            .description(description(&job.place))
            .creator_request_id(token(job))
            .set_tags(Some(list_of(&tags, CREATE)?))
            .send()
            .await;
        let operation = match created {
            Ok(answer) => answer.operation_id,
            Err(error) => match error.as_service_error() {
                // A reply that was lost, and the same request again.
                Some(CreateHttpNamespaceError::DuplicateRequest(same)) => {
                    same.duplicate_operation_id.clone()
                }
                Some(CreateHttpNamespaceError::NamespaceAlreadyExists(_)) => {
                    let fault = fault(CREATE)(error);
                    return made_before(job, &want.name).await?.ok_or(fault);
                }
                _ => return Err(fault(CREATE)(error)),
            },
        };
        Ok(NamespaceLive {
            id: String::new(),
            arn: String::new(),
            name: want.name.clone(),
            tags,
            description: description(&job.place),
            operation: Some(operation.required(CREATE, "OperationId")?),
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &NamespaceLive,
        want: &NamespaceProps,
        changes: &Changes,
    ) -> Result<NamespaceLive, Fault> {
        const TAG: &str = "servicediscovery:TagResource";
        let tags = all_tags(job, &want.tags);
        if changes.changed(Field::TAGS) {
            let gone = tags_taken_out(job);
            if !gone.is_empty() {
                let untag = job.servicediscovery.untag_resource();
                let untag = untag.resource_arn(&live.arn).set_tag_keys(Some(gone));
                done("servicediscovery:UntagResource", untag.send().await)?;
            }
            let request = (job.servicediscovery.tag_resource())
                .resource_arn(&live.arn)
                .set_tags(Some(list_of(&tags, TAG)?));
            done(TAG, request.send().await)?;
        }
        Ok(NamespaceLive {
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &NamespaceLive) -> Result<(), Fault> {
        remove(job, &live.id).await.map(drop)
    }

    async fn ready(job: &Job, live: &NamespaceLive) -> Result<Ready<NamespaceLive>, Fault> {
        const GET: &str = "servicediscovery:GetOperation";
        let Some(id) = &live.operation else {
            return Ok(Ready::Yes(live.clone()));
        };
        let request = job.servicediscovery.get_operation().operation_id(id);
        let answer = answer_of(GET, request.send().await)?;
        let operation = answer.operation.required(GET, "Operation")?;
        match operation.status() {
            Some(api::OperationStatus::Success) => {
                let id = operation
                    .targets()
                    .and_then(|targets| targets.get(&api::OperationTargetType::Namespace))
                    .required(GET, "Targets")?;
                Ok(Ready::Yes(NamespaceLive {
                    id: id.clone(),
                    arn: job
                        .place
                        .arn("servicediscovery", &format!("namespace/{id}")),
                    operation: None,
                    ..live.clone()
                }))
            }
            Some(api::OperationStatus::Fail) => {
                let why = operation.error_message().unwrap_or("no message");
                let mut failed = Fault::new(CREATE, Class::Failed, why);
                failed.code = operation.error_code().unwrap_or_default().to_owned();
                Err(failed)
            }
            _ => Ok(Ready::NotYet("being made".to_owned())),
        }
    }

    async fn gone(job: &Job, live: &NamespaceLive) -> Result<Gone, Fault> {
        let request = job.servicediscovery.get_namespace().id(&live.id);
        let there = answer_of("servicediscovery:GetNamespace", request.send().await);
        match there {
            // A delete that was refused a moment ago is asked for again.
            Ok(_) => remove(job, &live.id).await,
            Err(fault) => absent_is_done(fault).map(|()| Gone::Yes),
        }
    }
}

/// What ajuda says of a namespace that it makes.
fn description(place: &Place) -> String {
    format!("Service Connect of the stack {}", place.stack)
}

const NAMESPACES: &[&str] = &["servicediscovery:namespace/*"];

impl Permitted for Namespace {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&[
            "servicediscovery:ListNamespaces",
            "servicediscovery:ListTagsForResource",
        ])]],
        create: &[&[
            // It takes no object, and neither do tags.
            anywhere(&[
                "servicediscovery:CreateHttpNamespace",
                "servicediscovery:TagResource",
            ])
            .tagged(),
            anywhere(&["servicediscovery:GetOperation"]),
        ]],
        update: &[&[
            anywhere(&["servicediscovery:TagResource"]).tagged(),
            anywhere(&["servicediscovery:UntagResource"]),
        ]],
        delete: &[&[
            on(NAMESPACES, &["servicediscovery:DeleteNamespace"]).owned(),
            // It is looked at until it is gone, and then has no tags.
            on(NAMESPACES, &["servicediscovery:GetNamespace"]),
        ]],
    };
}
