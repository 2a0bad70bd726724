//! How long the credentials are good for, against how long the plan takes.
//!
//! Credentials of a session end after 15 minutes to 12 hours ("Temporary security credentials in IAM"). Those that a
//! profile, a role or IAM Identity Center gives out are renewed by the SDK; those of the environment are not. A run
//! stops in order [`RESERVE`] before they end. How long it takes: `docs/durations.md`.

use std::time::{Duration, SystemTime};

use super::{CheckContext, Finding};
use crate::aws::Cloud;
use crate::aws::grant::Grant;
use crate::aws::signed::{Lifetime, RESERVE};
use crate::engine::Fault;
use crate::message::{Command, Message, commands, message};

/// What an operator does about it.
pub fn renewal() -> Message {
    message![
        "get new ones (",
        commands::sign_in(),
        ", or the role again)"
    ]
}

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let lifetime = context.cloud.signed.lifetime().await?;
    let expected = context.plan.schedule.total();
    Ok(vec![assess(lifetime, SystemTime::now(), expected)])
}

/// Why the credentials do not last for what takes `expected`, where they do not.
///
/// # Errors
/// There are no credentials.
pub async fn short(cloud: &Cloud, expected: Duration) -> Result<Option<String>, Fault> {
    let lifetime = cloud.signed.lifetime().await?;
    let left = lifetime.left(SystemTime::now());
    let short = left.filter(|left| *left < expected + RESERVE);
    Ok(short.map(|left| {
        let (end, takes) = in_words(left, expected);
        format!("expire {end}, and this takes about {takes}")
    }))
}

/// When the credentials end, and how long the work takes.
fn in_words(left: Duration, expected: Duration) -> (String, String) {
    let minutes = |time: Duration| match time.as_secs().div_ceil(60) {
        1 => "1 minute".to_owned(),
        many => format!("{many} minutes"),
    };
    let left = match left.as_secs() / 60 {
        0 => "in less than a minute".to_owned(),
        1 => "in 1 minute".to_owned(),
        many => format!("in {many} minutes"),
    };
    (left, minutes(expected.max(Duration::from_secs(1))))
}

fn too_short(left: Duration, expected: Duration) -> Message {
    let (end, takes) = in_words(left, expected);
    message![
        format!("expire {end}, and "),
        commands::up(),
        format!(" takes about {takes}"),
    ]
}

fn assess(lifetime: Lifetime, now: SystemTime, expected: Duration) -> Finding {
    let subject = "credentials";
    if !lifetime.temporary {
        return Finding::ok(subject, "do not expire");
    }
    if lifetime.renewed {
        return Finding::ok(subject, "are renewed by whoever gives them out");
    }
    let Some(left) = lifetime.left(now) else {
        let reason = "are temporary, and the environment does not say when they expire";
        return Finding::skipped(subject, reason).fix(message![
            "set AWS_CREDENTIAL_EXPIRATION beside them, as ",
            Command::aws("configure export-credentials"),
            " does",
        ]);
    };
    if left < expected + RESERVE {
        return Finding::fail(subject, too_short(left, expected)).fix(renewal());
    }
    // Half of all runs take longer than is typical.
    if left < expected * 3 / 2 + RESERVE {
        let reason = message![too_short(left, expected), ", or longer"];
        return Finding::warn(subject, reason).fix(renewal());
    }
    let minutes = left.as_secs() / 60;
    Finding::ok(subject, format!("are good for {minutes} more minutes"))
}

/// The check reads nothing of its own.
pub(super) const GRANTS: &[Grant] = &[];

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::super::Level;
    use super::assess;
    use crate::aws::signed::Lifetime;
    use crate::message::StackOptions;

    #[test]
    fn only_credentials_that_nobody_renews_can_end_too_early() {
        let now = SystemTime::now();
        let expected = Duration::from_secs(600);
        let in_minutes = |minutes: u64| Some(now + Duration::from_secs(minutes * 60));
        for (temporary, renewed, ends, level) in [
            (false, false, None, Level::Ok),
            (true, true, in_minutes(1), Level::Ok),
            (true, false, None, Level::Skipped),
            (true, false, in_minutes(10), Level::Fail),
            (true, false, in_minutes(12), Level::Warn),
            (true, false, in_minutes(17), Level::Ok),
        ] {
            let lifetime = Lifetime {
                temporary,
                renewed,
                ends,
            };
            assert_eq!(assess(lifetime, now, expected).level, level, "{lifetime:?}");
        }
    }

    #[test]
    fn it_counts_what_this_plan_takes() {
        let now = SystemTime::now();
        let lifetime = Lifetime {
            temporary: true,
            renewed: false,
            ends: Some(now + Duration::from_secs(300)),
        };
        let minutes = |minutes: u64| assess(lifetime, now, Duration::from_secs(minutes * 60));
        assert_eq!(minutes(1).level, Level::Ok);
        let long = minutes(16);
        assert_eq!(long.level, Level::Fail);
        assert_eq!(
            long.reason.at(&StackOptions::default()),
            "expire in 5 minutes, and `ajuda deploy up` takes about 16 minutes"
        );
    }
}
