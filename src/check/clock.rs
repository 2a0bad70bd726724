//! This machine's clock, against that of AWS's answers.
//!
//! AWS refuses what was signed more than five minutes before or after its own time ("Troubleshoot Signature Version 4
//! signing of AWS API requests", IAM user guide), and a run takes longer than that: a clock that is wrong by less is still
//! told.

use super::{CheckContext, Finding, place};
use crate::aws::grant::{Grant, anywhere};
use crate::engine::Fault;

/// Seconds from which on it is told.
const TOLD: i64 = 60;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let ahead = place::read(context).await?.clock.ahead();
    Ok(vec![match ahead {
        Some(millis) => assess(millis / 1000),
        None => Finding::skipped("clock", "AWS's answer has no `Date`"),
    }])
}

/// `ahead`: seconds by which AWS's clock is ahead of ours.
fn assess(ahead: i64) -> Finding {
    let by = ahead.abs();
    if by < TOLD {
        return Finding::ok("clock", "agrees with AWS's");
    }
    let side = if ahead > 0 { "behind" } else { "ahead of" };
    let reason = format!(
        "this machine's clock is {by} seconds {side} AWS's: at 300, AWS refuses every request"
    );
    Finding::warn("clock", reason).fix("turn time synchronization on (`timedatectl set-ntp true`)")
}

/// What the check reads.
pub(super) const GRANTS: &[Grant] = &[anywhere(&["ec2:DescribeRegions"])];

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::assess;
    use crate::message::StackOptions;

    #[test]
    fn a_clock_that_is_wrong_is_told_on_both_sides() {
        for (ahead, level, words) in [
            (0, Level::Ok, "agrees"),
            (-59, Level::Ok, "agrees"),
            (61, Level::Warn, "61 seconds behind"),
            (-200, Level::Warn, "200 seconds ahead of"),
        ] {
            let found = assess(ahead);
            assert_eq!(found.level, level, "{ahead}");
            let reason = found.reason.at(&StackOptions::default());
            assert!(reason.contains(words), "{reason}");
        }
    }
}
