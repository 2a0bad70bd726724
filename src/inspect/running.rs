//! What a service runs, as one line says it at the end of whatever changed it.

use super::status::{self, Health, ServiceSummary};
use crate::aws::Cloud;
use crate::engine::{Fault, Graph};
use crate::image_reference::{ImageReference, short_version};
use crate::resources::ecs::revision_tags;
use crate::resources::ecs::task_definition::describe_revision;
use crate::stack::Stack;

/// A service as it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Its name in the file.
    pub service: String,
    /// What it runs: the tag, the beginning of a digest, or the whole image where there is neither.
    pub version: String,
    /// Tasks that are healthy, or that run where nothing checks their health.
    pub good: u32,
    /// Tasks that are wanted.
    pub wanted: u32,
    /// Whether something checks their health.
    pub checked: bool,
    /// Whether ECS gave its newest deployment up and went back.
    pub rolled_back: bool,
    /// Whether users reach it through the load balancer.
    pub reached: bool,
}

/// How the services of these names run; one that AWS does not have is left out. What users reach comes last.
///
/// # Errors
/// The fault of a read.
pub async fn running(
    cloud: &Cloud,
    stack: &Stack,
    graph: &Graph<Cloud>,
    named: &[&str],
) -> Result<Vec<Running>, Fault> {
    let (looks, _) = status::services(cloud, stack, graph).await;
    let mut all = Vec::new();
    for summary in looks {
        let there = !matches!(summary.health, Health::Absent | Health::Unread);
        if there && named.contains(&summary.name.as_str()) {
            all.push(one(&summary, version(cloud, &summary).await?));
        }
    }
    all.sort_by_key(|one| one.reached);
    Ok(all)
}

fn one(summary: &ServiceSummary, version: String) -> Running {
    let checked = summary.tasks.iter().any(|task| task.health.is_some());
    let healthy = || {
        let healthy = summary.tasks.iter();
        let healthy = healthy.filter(|task| task.health.as_deref() == Some("healthy"));
        u32::try_from(healthy.count()).unwrap_or(u32::MAX)
    };
    Running {
        service: summary.name.clone(),
        version,
        good: match (&summary.targets, checked) {
            (Some(targets), _) => targets.healthy.min(summary.desired),
            (None, true) => healthy().min(summary.desired),
            (None, false) => summary.running,
        },
        wanted: summary.desired,
        checked: checked || summary.targets.is_some(),
        rolled_back: summary
            .deployment
            .as_ref()
            .is_some_and(|newest| newest.status.starts_with("rollback")),
        reached: summary.targets.is_some(),
    }
}

/// What the revision of a service is called by.
async fn version(cloud: &Cloud, summary: &ServiceSummary) -> Result<String, Fault> {
    let Some(revision) = &summary.revision else {
        return Ok(String::new());
    };
    let Some(revision) = describe_revision(cloud, &revision.to_string()).await? else {
        return Ok(revision.to_string());
    };
    let image = revision.image(&summary.name);
    if let Some(tag) = revision.tags.get(revision_tags::IMAGE) {
        return Ok(tag.clone());
    }
    Ok(short_version(ImageReference::of(image).version()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::status::{DeploymentSummary, TargetsSummary, TaskSummary};

    fn summary(health: Option<&str>, targets: Option<(u32, u32)>) -> ServiceSummary {
        let task = |id: &str| TaskSummary {
            id: id.to_owned(),
            status: "running".to_owned(),
            health: health.map(str::to_owned),
            revision: None,
            since: None,
        };
        ServiceSummary {
            name: "app".to_owned(),
            health: Health::Healthy,
            stopped: false,
            desired: 2,
            running: 2,
            pending: 0,
            revision: None,
            image: None,
            image_tag: None,
            exec: false,
            deployment: Some(DeploymentSummary {
                status: "rollback successful".to_owned(),
                since: None,
                reason: None,
                failed_tasks: 0,
            }),
            targets: targets.map(|(total, healthy)| TargetsSummary {
                total,
                healthy,
                others: Vec::new(),
            }),
            tasks: vec![task("one"), task("two")],
            last_stopped: None,
        }
    }

    #[test]
    fn the_load_balancer_says_what_is_healthy_then_the_health_checks_then_what_runs() {
        for (health, targets, good, checked) in [
            (Some("healthy"), Some((2, 1)), 1, true),
            // Targets of the old tasks, which are still leaving, are no more than what is wanted.
            (None, Some((4, 4)), 2, true),
            (Some("healthy"), None, 2, true),
            (Some("unhealthy"), None, 0, true),
            (None, None, 2, false),
        ] {
            let summarized = one(&summary(health, targets), "v2".to_owned());
            assert_eq!(
                (summarized.good, summarized.checked),
                (good, checked),
                "{summarized:?}"
            );
            assert!(summarized.rolled_back, "{summarized:?}");
            assert_eq!(summarized.reached, targets.is_some());
        }
    }
}
