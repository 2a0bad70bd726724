//! The service deployments that ECS remembers.

use std::time::Duration;

use aws_sdk_ecs::types as api;

use super::primary;
use crate::aws::{Cloud, answer_of};
use crate::engine::{Estimate, Fault};

/// Every deployment of a service within the 90 days that ECS remembers ("View service history", ECS
/// developer guide), newest first. `ListServiceDeployments` promises no order, so all of its pages are
/// read; a page has a hundred.
///
/// # Errors
/// The fault of a request.
pub(crate) async fn service_deployments(
    cloud: &Cloud,
    cluster: &str,
    service: &str,
) -> Result<Vec<api::ServiceDeploymentBrief>, Fault> {
    let mut all = Vec::new();
    let mut token = None;
    loop {
        let request = (cloud.ecs.list_service_deployments())
            .cluster(cluster)
            .service(service)
            .max_results(100)
            .set_next_token(token);
        let answer = answer_of("ecs:ListServiceDeployments", request.send().await)?;
        all.extend(answer.service_deployments.unwrap_or_default());
        token = answer.next_token;
        if token.is_none() {
            break;
        }
    }
    let created = |one: &api::ServiceDeploymentBrief| {
        one.created_at()
            .or(one.started_at())
            .map(|at| at.as_nanos())
    };
    all.sort_by_key(|one| std::cmp::Reverse(created(one)));
    Ok(all)
}

/// How long a service's rollouts take, by the last that came to their end; `None` where ECS remembers none.
///
/// A rollout is from `startedAt` to `finishedAt` of a service deployment that is `SUCCESSFUL` (ECS API,
/// `ServiceDeploymentBrief`). `newest_first` is what [`service_deployments`] answers.
pub(crate) fn usual(newest_first: &[api::ServiceDeploymentBrief]) -> Option<Estimate> {
    let took = |one: &api::ServiceDeploymentBrief| {
        let (begun, ended) = (one.started_at()?, one.finished_at()?);
        let took = u64::try_from(ended.to_millis().ok()? - begun.to_millis().ok()?).ok()?;
        Some(Duration::from_millis(took))
    };
    let succeeded = |one: &&api::ServiceDeploymentBrief| {
        one.status() == Some(&api::ServiceDeploymentStatus::Successful)
    };
    let ended = newest_first.iter().filter(succeeded).filter_map(took);
    of_rollouts(ended)
}

/// A task on Fargate does not start in ten seconds: what took less moved none, and does not count.
fn of_rollouts(newest_first: impl Iterator<Item = Duration>) -> Option<Estimate> {
    Estimate::of_earlier(newest_first, "rollout", "rollouts")
}

/// How long the deployment took that a service has now, by what `DescribeServices` answers of it anyhow: from its
/// `createdAt` to the event "(deployment …) deployment completed." among the hundred newest; `None` where that has gone.
pub(crate) fn last_rollout(service: &api::Service) -> Option<Estimate> {
    let primary = primary(service)?;
    let end = format!("(deployment {}) deployment completed.", primary.id()?);
    let is_end = |event: &&api::ServiceEvent| event.message().is_some_and(|it| it.ends_with(&end));
    let ended = service.events().iter().find(is_end)?.created_at()?;
    let took = ended.to_millis().ok()? - primary.created_at()?.to_millis().ok()?;
    let takes = Duration::from_millis(u64::try_from(took).ok()?);
    of_rollouts([takes].into_iter())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_sdk_ecs::types::{Deployment, Service, ServiceEvent};
    use aws_sdk_ecs::types::{ServiceDeploymentBrief, ServiceDeploymentStatus as Status};
    use aws_smithy_types::DateTime;

    use super::{last_rollout, usual};

    fn rollout(status: Status, seconds: Option<i64>) -> ServiceDeploymentBrief {
        let at = |seconds: i64| DateTime::from_secs(1_790_000_000 + seconds);
        ServiceDeploymentBrief::builder()
            .status(status)
            .started_at(at(0))
            .set_finished_at(seconds.map(at))
            .build()
    }

    #[test]
    fn the_last_rollouts_that_succeeded_tell_how_long_the_next_takes() {
        let all = [
            rollout(Status::InProgress, None),
            rollout(Status::Successful, Some(150)),
            // It waited for ten minutes, and went back.
            rollout(Status::RollbackSuccessful, Some(900)),
            // A number of tasks that changed: nothing was started.
            rollout(Status::Successful, Some(1)),
            rollout(Status::Successful, Some(600)),
            rollout(Status::Successful, Some(170)),
            rollout(Status::Successful, Some(20)),
        ];
        let three = usual(&all).unwrap();
        assert_eq!(three.takes, Duration::from_secs(170));
        assert_eq!(three.basis.as_deref(), Some("in its last 3 rollouts"));
        let one = usual(&all[..3]).unwrap();
        assert_eq!(
            (one.takes.as_secs(), one.basis.as_deref()),
            (150, Some("in its last rollout"))
        );
        assert_eq!(usual(&all[..1]), None);
    }

    #[test]
    fn a_service_tells_how_long_its_own_deployment_took() {
        let at = |seconds: i64| DateTime::from_secs(1_790_000_000 + seconds);
        let event = |seconds, message: &str| {
            let event = ServiceEvent::builder().created_at(at(seconds));
            event.message(message).build()
        };
        let deployment = |id: &str| {
            let deployment = Deployment::builder().status("PRIMARY").id(id);
            deployment.created_at(at(0)).build()
        };
        let service = |id: &str, ended| {
            Service::builder()
                .deployments(deployment(id))
                .events(event(90_000, "(service web) has reached a steady state."))
                .events(event(
                    ended,
                    "(service web) (deployment ecs-svc/2) deployment completed.",
                ))
                .events(event(
                    -500,
                    "(service web) (deployment ecs-svc/1) deployment completed.",
                ))
                .build()
        };
        let latest = last_rollout(&service("ecs-svc/2", 144)).unwrap();
        assert_eq!(
            (latest.takes.as_secs(), latest.basis.as_deref()),
            (144, Some("in its last rollout"))
        );
        assert_eq!(
            last_rollout(&service("ecs-svc/2", 2)),
            None,
            "no task starts in two seconds"
        );
        assert_eq!(
            last_rollout(&service("ecs-svc/3", 144)),
            None,
            "it has not ended"
        );
    }
}
