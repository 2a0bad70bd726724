//! How long the credentials are good for, against how long `up` takes.
//!
//! Credentials of a session end after 15 minutes to 12 hours ("Temporary security credentials in IAM"). Those that a
//! profile, a role or IAM Identity Center gives out are renewed by the SDK; those of the environment are not.

use std::time::{Duration, SystemTime};

use super::{CheckContext, Finding};
use crate::aws::grant::Grant;
use crate::aws::signed::Lifetime;
use crate::engine::{Fault, Resource};
use crate::resources::{DbInstance, Service};

/// How long `up` takes where it makes a database: 5 to 17 minutes for that, and the tasks of the services stand on it
/// (public logs of Terraform; a service is stable in 2 to 5 minutes).
const WITH_DATABASE: Duration = Duration::from_secs(25 * 60);
/// How long it takes where it makes a service and no database: load balancer or NAT gateway, 3 minutes, and the tasks.
const WITH_SERVICE: Duration = Duration::from_secs(10 * 60);
/// How long it takes otherwise.
const OTHERWISE: Duration = Duration::from_secs(5 * 60);

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let lifetime = context.cloud.signed.lifetime().await?;
    let makes = |kind| context.made(kind).next().is_some();
    let expected = match () {
        () if makes(DbInstance::KIND) => WITH_DATABASE,
        () if makes(Service::KIND) => WITH_SERVICE,
        () => OTHERWISE,
    };
    Ok(vec![assess(lifetime, SystemTime::now(), expected)])
}

fn assess(lifetime: Lifetime, now: SystemTime, expected: Duration) -> Finding {
    let subject = "credentials";
    if !lifetime.temporary {
        return Finding::ok(subject, "do not expire");
    }
    if lifetime.renewed {
        return Finding::ok(subject, "are renewed by whoever gives them out");
    }
    let Some(ends) = lifetime.ends else {
        let reason = "are temporary, and the environment does not say when they expire";
        return Finding::skipped(subject, reason).fix(
            "set AWS_CREDENTIAL_EXPIRATION beside them, as `aws configure export-credentials` does",
        );
    };
    let left = ends.duration_since(now).unwrap_or_default().as_secs() / 60;
    let takes = expected.as_secs() / 60;
    if ends < now + expected {
        let reason = format!("expire in {left} minutes, and `up` takes about {takes}");
        return Finding::fail(subject, reason)
            .fix("get new ones (`aws sso login`, or the role again)");
    }
    Finding::ok(subject, format!("are good for {left} more minutes"))
}

/// The check reads nothing of its own.
pub(super) const GRANTS: &[Grant] = &[];

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::super::Level;
    use super::assess;
    use crate::aws::signed::Lifetime;

    #[test]
    fn only_credentials_that_nobody_renews_can_end_too_early() {
        let now = SystemTime::now();
        let expected = Duration::from_secs(600);
        let in_minutes = |minutes: u64| Some(now + Duration::from_secs(minutes * 60));
        for (temporary, renewed, ends, level) in [
            (false, false, None, Level::Ok),
            (true, true, in_minutes(1), Level::Ok),
            (true, false, None, Level::Skipped),
            (true, false, in_minutes(9), Level::Fail),
            (true, false, in_minutes(11), Level::Ok),
        ] {
            let lifetime = Lifetime {
                temporary,
                renewed,
                ends,
            };
            assert_eq!(assess(lifetime, now, expected).level, level, "{lifetime:?}");
        }
    }
}
