//! The service deployments that ECS remembers.

use aws_sdk_ecs::types as api;

use crate::aws::{Cloud, answer_of};
use crate::engine::Fault;

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
