//! Whether a service that was told to have no tasks has none left.

use crate::aws::Cloud;
use crate::engine::{Fault, Ready};

use crate::resources::ecs::tasks::remaining;
use crate::resources::ecs::{Presence, presence};

/// Looks whether every task of a service has stopped, so that none writes to its database any more.
///
/// A read that lags behind the call which wanted no tasks shows what was wanted before, and is waited out.
///
/// # Errors
/// The fault of a read.
pub(crate) async fn idle(cloud: &Cloud, cluster: &str, name: &str) -> Result<Ready<()>, Fault> {
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
