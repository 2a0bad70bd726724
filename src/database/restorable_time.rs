//! Waiting until an instance's own backups reach what was written last.
//!
//! Transaction logs go to S3 every five minutes (RDS User Guide, "Restoring a DB instance to a specified
//! time"), so that the latest moment there is to restore is always some minutes ago: what was written
//! since would be lost although nothing has written any more.

use crate::aws::lease::clock::Clock;
use crate::aws::{Cloud, fault};
use crate::engine::{Fault, Pace, Ready, Step};

use crate::aws::timestamp::Timestamp;

/// What the next upload takes; longer than an hour means that RDS uploads nothing.
pub(super) const UPLOAD: Pace = Pace::of(300, 60 * 60, 10);

/// Waits until the instance called `identifier` can be restored to a moment after this call. To be
/// called when nothing writes to it any more.
///
/// # Errors
/// The fault of a request, an end of the time, or an interruption.
pub(super) async fn wait_until_restorable(
    step: &Step<Cloud>,
    identifier: &str,
) -> Result<(), Fault> {
    const OPERATION: &str = "rds:DescribeDBInstances";
    let clock = Clock::default();
    let mut still = None;
    step.until(async || {
        let answer = step
            .job()
            .rds
            .describe_db_instances()
            .db_instance_identifier(identifier)
            .customize()
            .interceptor(clock.clone())
            .send()
            .await
            .map_err(fault(OPERATION))?;
        // By AWS's clock, which tells whole seconds: the second that has begun counts as well.
        let still = *still.get_or_insert_with(|| Timestamp::of_millis(clock.now() + 1000));
        let latest = answer
            .db_instances()
            .first()
            .and_then(|instance| instance.latest_restorable_time())
            .map(Timestamp::from);
        Ok(match latest {
            Some(latest) if latest >= still => Ready::Yes(()),
            Some(latest) => Ready::NotYet(format!(
                "its backups reach {latest}; waiting until they reach {still}, when the last write had ended"
            )),
            None => Ready::NotYet("its first backup is not there yet".to_owned()),
        })
    })
    .await
}
