//! The sources that images of presets are built from, where a stack needs something that older ones cannot: the Bedrock
//! gateway knows Titan G1 embeddings from one commit on (`presets::Oldest`).
//!
//! Nothing in a registry says from which commit an image was built, unless its tag does. One that was pushed before
//! the commit was made is certainly older.

use std::collections::BTreeSet;

use aws_smithy_types::DateTime;

use super::{CheckContext, Finding};
use crate::aws::grant::{Grant, on};
use crate::engine::Fault;
use crate::message::{commands, message};
use crate::presets::{self, Oldest};
use crate::resources::ecs::registry;
use crate::stack::Service;

/// Characters of a commit that a tag shows at least (`git rev-parse --short`).
const SHORT: usize = 7;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let mut found = Vec::new();
    for service in context.stack.services.values() {
        let preset = presets::of(service).filter(|_| service.image.ours);
        let Some(oldest) = preset.and_then(|preset| (preset.oldest)(context.stack)) else {
            continue;
        };
        let chosen = context.images.get(&service.name);
        let Some(version) = service.image.tag.as_ref().or(chosen) else {
            continue;
        };
        let name = &service.image.name;
        let held = registry::remembered(context.cloud, &BTreeSet::from([name.clone()])).await?;
        // What is not there is told as missing.
        let Some(pushed) = held.get(name).and_then(|images| images.pushed(version)) else {
            continue;
        };
        found.push(assess(service, version, &oldest, &pushed));
    }
    Ok(found)
}

fn assess(service: &Service, version: &str, oldest: &Oldest, pushed: &DateTime) -> Finding {
    let path = format!("service.{}.image", service.name);
    let commit = oldest.commit.get(..SHORT).unwrap_or(oldest.commit);
    let finding = match age(version, oldest, pushed) {
        Age::Known => Finding::ok(path, format!("{version} is built from {commit}")),
        Age::Older => {
            let reason = format!(
                "{version} was pushed before {commit} was made: {}",
                oldest.why
            );
            let push = commands::push_service(&service.name);
            Finding::warn(path, reason).fix(message![push, " builds a newer one"])
        }
        Age::Unknown => {
            let reason = format!("nothing says whether {version} is built from {commit} or later");
            Finding::skipped(path, reason)
        }
    };
    finding.in_file()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    Known,
    Older,
    Unknown,
}

fn age(version: &str, oldest: &Oldest, pushed: &DateTime) -> Age {
    let commit = oldest.commit.get(..SHORT).unwrap_or(oldest.commit);
    if version.contains(commit) {
        Age::Known
    } else if pushed.secs() < oldest.since {
        Age::Older
    } else {
        Age::Unknown
    }
}

/// What the check reads.
pub(super) const GRANTS: &[Grant] = &[on(
    &["ecr:repository/{repository}"],
    &["ecr:DescribeImages"],
)];

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::{Age, age};
    use crate::presets::Oldest;

    #[test]
    fn an_image_from_before_a_commit_is_built_of_older_sources() {
        let oldest = Oldest {
            commit: "95794585db942cf7ce9660f71edefe63ce6c9910",
            since: 1_778_716_800,
            why: "it is old",
        };
        for (version, pushed, expected) in [
            ("v1", 1_778_716_799, Age::Older),
            ("v1", 1_778_716_800, Age::Unknown),
            ("main-9579458", 1_778_716_799, Age::Known),
        ] {
            let pushed = DateTime::from_secs(pushed);
            assert_eq!(age(version, &oldest, &pushed), expected, "{version}");
        }
    }
}
