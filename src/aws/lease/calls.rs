//! Making and deleting the log group of a lease, each so that a lost reply does no harm.

use std::time::Duration;

use aws_config::retry::RetryConfig;

use crate::aws::grant::{Grant, anywhere, on};
use crate::engine::{Class, Fault, Sent};

use super::super::{Cloud, absent_is_done, fault};
use super::clock::Clock;
use super::log_group::name;
use super::{Holder, Pace, millis, state};

/// Makes the group, unless one of that name is there.
pub(super) async fn create_group(
    cloud: &Cloud,
    clock: &Clock,
    me: &Holder,
    generation: u32,
    pace: Pace,
) -> Result<bool, Fault> {
    let made = cloud
        .logs
        .create_log_group()
        .log_group_name(name(cloud, generation))
        .set_tags(Some(me.tags(millis(pace.expiry))))
        .customize()
        .interceptor(clock.clone())
        .send()
        .await
        .map_err(fault("logs:CreateLogGroup"));
    match made {
        Ok(_) => Ok(true),
        // CreateLogGroup: "OperationAbortedException: Multiple concurrent requests to update the same
        // resource were in conflict."
        Err(fault)
            if fault.is(
                "logs:CreateLogGroup",
                &[
                    "ResourceAlreadyExistsException",
                    "OperationAbortedException",
                ],
            ) =>
        {
            Ok(false)
        }
        Err(fault) => Err(fault),
    }
}

/// Deletes the group of the holder with this id. After a lost reply another holder's may stand there under the
/// same name, so nothing is repeated without looking: at the tags of that one group, because a list that is some
/// seconds old (facts, Logs) may not show what is there.
pub(super) async fn delete(
    cloud: &Cloud,
    clock: &Clock,
    generation: u32,
    holder: &str,
) -> Result<(), Fault> {
    const TRIES: u32 = 5;
    let once = aws_sdk_cloudwatchlogs::config::Builder::new().retry_config(RetryConfig::disabled());
    let mut tried = 0;
    loop {
        let deleted = cloud
            .logs
            .delete_log_group()
            .log_group_name(name(cloud, generation))
            .customize()
            .config_override(once.clone())
            .send()
            .await
            .map_err(fault("logs:DeleteLogGroup"))
            .map(|_| ())
            .or_else(absent_is_done);
        let Err(fault) = deleted else { return Ok(()) };
        tried += 1;
        let passes = fault.sent == Sent::Maybe
            || matches!(fault.class, Class::Other | Class::Throttled)
            || fault.is("logs:DeleteLogGroup", &["OperationAbortedException"]);
        if !passes || tried == TRIES {
            return Err(fault);
        }
        tokio::time::sleep(Duration::from_millis(100 << tried)).await;
        let there = state::holder(cloud, clock, generation).await?;
        if there.is_none_or(|there| there.id != holder) {
            return Ok(());
        }
    }
}

/// What holding the lease needs, beside [`READ`].
pub(crate) const GRANTS: &[Grant] = &[on(
    &["logs:log-group:/ajuda/{stack}/lease-*"],
    &[
        "logs:CreateLogGroup",
        "logs:TagResource",
        "logs:DeleteLogGroup",
    ],
)];

/// What seeing who holds the lease needs.
pub(crate) const READ: &[Grant] = &[
    anywhere(&["logs:DescribeLogGroups"]),
    on(
        &["logs:log-group:/ajuda/{stack}/lease-*"],
        &["logs:ListTagsForResource"],
    ),
];
