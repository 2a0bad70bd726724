//! What ran before: the deployments of a service, from AWS alone.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types as api;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use futures_util::future::try_join_all;
use serde::Serialize;

use crate::aws::grant::{Grant, on};
use crate::aws::{Cloud, fault};
use crate::engine::Fault;
use crate::image_reference::{ImageReference, names_digest};
use crate::resources::ecs::deployments::service_deployments;
use crate::resources::ecs::stopped_task::{StoppedTask, last_stopped};
use crate::resources::ecs::task_definition::{Revision, describe_revision, revision};
use crate::resources::ecs::tasks::{Of, arns, tasks};
use crate::resources::ecs::{last, revision_tags};

/// The most that `DescribeServiceRevisions` takes.
const BATCH: usize = 20;

/// The deployments of one service, newest first. ECS remembers them for 90 days
/// ("View service history", ECS developer guide).
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The stack.
    pub stack: String,
    /// The service.
    pub service: String,
    /// What was deployed.
    pub deployments: Vec<Deployed>,
}

/// One deployment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deployed {
    /// The number of the revision, for `rollback --to`.
    pub revision: i32,
    /// Its ARN.
    pub task_definition: String,
    /// When it began, RFC 3339.
    pub started: Option<String>,
    /// When it ended, RFC 3339.
    pub finished: Option<String>,
    /// How long it took.
    pub seconds: Option<u64>,
    /// ECS's word for how it ended, in lowercase: `successful`, `rollback successful` …; `failed` and
    /// `unfinished` for a migration of the database, which ECS does not see.
    pub outcome: String,
    /// What ECS says of that.
    pub reason: Option<String>,
    /// The image without tag and digest.
    pub image: Option<String>,
    /// The tag that it was chosen by.
    pub tag: Option<String>,
    /// The digest that ran.
    pub digest: Option<String>,
    /// Who had the revision registered.
    pub by: Option<String>,
    /// The snapshot of the database that was taken before its image ran for the first time.
    pub snapshot: Option<String>,
    /// The task of its revision that ended last without being told to: ECS remembers it for an hour.
    pub crashed: Option<StoppedTask>,
    /// Whether its revision is the one that runs.
    pub current: bool,
}

impl Deployed {
    /// Whether it came about.
    pub fn is_good(&self) -> bool {
        self.outcome == "successful"
    }
}

/// Reads the newest `most` deployments of `service`, which the file calls `name`.
///
/// # Errors
/// The fault of a read.
pub async fn history(
    cloud: &Cloud,
    service: &api::Service,
    name: &str,
    most: usize,
) -> Result<History, Fault> {
    let cluster = service.cluster_arn().unwrap_or_default();
    let called = service.service_name().unwrap_or_default();
    let ended = async {
        let of = Of::Service(called);
        let arns = arns(cloud, cluster, of, api::DesiredStatus::Stopped).await?;
        tasks(cloud, cluster, &arns).await
    };
    let ran = async {
        let mut briefs = service_deployments(cloud, cluster, called).await?;
        briefs.truncate(most);
        let arns: BTreeSet<&str> = briefs
            .iter()
            .filter_map(|brief| brief.target_service_revision_arn())
            .collect();
        let service_revisions = service_revisions(cloud, &arns).await?;
        let arns: BTreeSet<&str> = service_revisions
            .values()
            .filter_map(|one| one.task_definition())
            .collect();
        // ECS describes no two at once.
        let found = try_join_all(arns.into_iter().map(|arn| describe_revision(cloud, arn))).await?;
        Ok((briefs, service_revisions, found))
    };
    let ((briefs, service_revisions, found), stopped) = tokio::try_join!(ran, ended)?;
    let definitions: BTreeMap<&str, &Revision> = found
        .iter()
        .flatten()
        .map(|found| (found.arn(), found))
        .collect();
    let mut deployments: Vec<Deployed> = briefs
        .iter()
        .filter_map(|brief| {
            let of = service_revisions.get(brief.target_service_revision_arn()?)?;
            let definition = definitions.get(of.task_definition()?).copied();
            let mut one = deployed(name, brief, of, definition);
            one.current = service.task_definition() == of.task_definition();
            Some(one)
        })
        .collect();
    let mut tasks_seen = BTreeSet::new();
    for one in &mut deployments {
        // Deployed more than once, it is the last time's.
        if tasks_seen.insert(one.task_definition.clone()) {
            let of = |task: &&api::Task| task.task_definition_arn() == Some(&one.task_definition);
            one.crashed = last_stopped(stopped.iter().filter(of));
        }
    }
    // A revision may have been deployed more than once; the last time is the one that counts.
    let mut newest = true;
    for one in deployments.iter_mut().filter(|one| one.current) {
        one.current = std::mem::take(&mut newest);
    }
    Ok(History {
        stack: cloud.place.stack.clone(),
        service: name.to_owned(),
        deployments,
    })
}

async fn service_revisions(
    cloud: &Cloud,
    arns: &BTreeSet<&str>,
) -> Result<BTreeMap<String, api::ServiceRevision>, Fault> {
    let arns: Vec<String> = arns.iter().map(|&arn| arn.to_owned()).collect();
    let mut all = BTreeMap::new();
    for arns in arns.chunks(BATCH) {
        let answer = cloud
            .ecs
            .describe_service_revisions()
            .set_service_revision_arns(Some(arns.to_vec()))
            .send()
            .await
            .map_err(fault("ecs:DescribeServiceRevisions"))?;
        for one in answer.service_revisions.unwrap_or_default() {
            if let Some(arn) = one.service_revision_arn.clone() {
                all.insert(arn, one);
            }
        }
    }
    Ok(all)
}

fn deployed(
    name: &str,
    brief: &api::ServiceDeploymentBrief,
    of: &api::ServiceRevision,
    definition: Option<&Revision>,
) -> Deployed {
    let arn = of.task_definition().unwrap_or_default();
    let container = definition.and_then(|definition| definition.container(name)?.name());
    let ran = of
        .container_images()
        .iter()
        .find(|image| image.container_name() == Some(container.unwrap_or(name)));
    let image = definition
        .map(|definition| definition.image(name))
        .or_else(|| ran.and_then(|ran| ran.image()));
    let version = image.map(|image| ImageReference::of(image).version());
    let tagged = |key| {
        definition
            .and_then(|definition| definition.tags.get(key))
            .cloned()
    };
    // A failed migration ends with no tasks, which ECS calls successful.
    let marked = definition.and_then(|definition| {
        let marks = [
            (revision_tags::FAILED, "failed"),
            (revision_tags::TASKS, "unfinished"),
        ];
        let mut marks = marks.into_iter();
        marks.find_map(|(mark, outcome)| definition.tags.get(mark).map(|_| outcome))
    });
    let (started, finished) = (
        brief.started_at().or(brief.created_at()),
        brief.finished_at(),
    );
    Deployed {
        revision: revision(arn),
        task_definition: arn.to_owned(),
        started: started.and_then(time),
        finished: finished.and_then(time),
        seconds: started
            .zip(finished)
            .and_then(|(from, to)| u64::try_from(to.secs() - from.secs()).ok()),
        outcome: match (marked, brief.status()) {
            (Some(outcome), _) => outcome.to_owned(),
            (None, Some(status)) => status.as_str().to_lowercase().replace('_', " "),
            (None, None) => "unknown".to_owned(),
        },
        reason: brief.status_reason().map(str::to_owned),
        image: image.map(|image| ImageReference::of(image).name.to_owned()),
        tag: tagged(revision_tags::IMAGE).or_else(|| {
            version
                .filter(|version| !names_digest(version))
                .map(str::to_owned)
        }),
        digest: ran
            .and_then(|ran| ran.image_digest())
            .or(version.filter(|version| names_digest(version)))
            .map(str::to_owned),
        by: tagged(revision_tags::BY)
            .or_else(|| definition.and_then(|one| one.definition.registered_by.clone()))
            .map(|by| {
                by.rsplit_once(":user/")
                    .map_or(by.clone(), |(_, user)| user.to_owned())
            })
            .map(|by| {
                by.strip_prefix("arn:")
                    .map_or(by.clone(), |_| last_two(&by))
            }),
        snapshot: tagged(revision_tags::SNAPSHOT),
        crashed: None,
        current: false,
    }
}

/// `role/session` of the ARN of an assumed role.
fn last_two(arn: &str) -> String {
    let session = last(arn);
    let role = arn.trim_end_matches(session).trim_end_matches('/');
    format!("{}/{session}", last(role))
}

fn time(at: &DateTime) -> Option<String> {
    DateTime::from_secs(at.secs()).fmt(Format::DateTime).ok()
}

/// What the history needs.
pub(crate) const GRANTS: &[Grant] = &[
    on(
        &[
            "ecs:service/{cluster}/*",
            "ecs:service-revision/{cluster}/*",
        ],
        &["ecs:DescribeServiceRevisions"],
    ),
    on(
        &["ecs:service/{cluster}/*"],
        &["ecs:ListServiceDeployments"],
    ),
    on(
        &["ecr:repository/{repository}"],
        &["ecr:DescribeImages", "ecr:BatchGetImage"],
    ),
];

#[cfg(test)]
mod tests {
    use super::last_two;

    #[test]
    fn an_assumed_role_is_told_with_its_session() {
        let arn = "arn:aws:sts::123456789012:assumed-role/Deploy/anna";
        assert_eq!(last_two(arn), "Deploy/anna");
    }
}
