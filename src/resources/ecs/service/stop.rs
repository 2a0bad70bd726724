//! Stopping all tasks of a service, and waiting until none is left.

use aws_sdk_ecs::types as api;

use crate::aws::Cloud;
use crate::engine::{Fault, Ready, Step};

use super::request::{ServiceUpdate, update_service};
use crate::resources::ecs::tasks::remaining;
use crate::resources::ecs::{Presence, presence};

/// Tells a service, which was just described, to have no tasks and waits until the last has stopped.
/// `goes_back` is as in [`ServiceUpdate`].
///
/// # Errors
/// The fault of a call, the end of the time, or an interruption.
pub(crate) async fn stop_all(
    step: &Step<Cloud>,
    service: &api::Service,
    goes_back: Option<bool>,
) -> Result<(), Fault> {
    let none = ServiceUpdate {
        count: Some(0),
        goes_back,
        ..ServiceUpdate::default()
    };
    update_service(step.job(), service, &none).await?;
    let cluster = service.cluster_arn().unwrap_or_default();
    let name = service.service_name().unwrap_or_default();
    step.until(async || idle(step.job(), cluster, name).await)
        .await
}

/// Looks whether every task of a service has stopped, so that none writes to its database any more.
///
/// A read that lags behind the call which wanted no tasks shows what was wanted before, and is waited out.
async fn idle(cloud: &Cloud, cluster: &str, name: &str) -> Result<Ready<()>, Fault> {
    let (service, remaining) = tokio::try_join!(
        presence(cloud, cluster, name),
        remaining(cloud, cluster, name)
    )?;
    let counted = match service {
        Presence::There(service) if service.desired_count() > 0 => {
            return Ok(Ready::NotYet("about to stop its tasks".to_owned()));
        }
        Presence::There(service) => service.running_count() + service.pending_count(),
        Presence::Deleted(_) | Presence::Unknown => 0,
    };
    let left = remaining.max(usize::try_from(counted).unwrap_or(0));
    Ok(match left {
        0 => Ready::Yes(()),
        1 => Ready::NotYet("1 task stopping".to_owned()),
        left => Ready::NotYet(format!("{left} tasks stopping")),
    })
}
