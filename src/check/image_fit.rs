//! Images that tasks are about to be started of: built for the processor of the tasks, and without known holes.
//!
//! Fargate does not run an image of another architecture: the task ends with `exec format error` ("Specifying the
//! architecture", ECS developer guide). What a scan found is in the image's description (ECR API,
//! `ImageScanFindingsSummary`); it stops nothing.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::{CheckContext, Finding};
use crate::aws::grant::{Grant, on};
use crate::engine::{Action, Address, Fault, Resource};
use crate::message::{Command, message};
use crate::resources::TaskDefinition;
use crate::resources::ecs::registry;
use crate::rollout::image::{architectures, manifest};
use crate::stack::Service;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let started = started(context).into_iter();
    let started: Vec<_> = started.filter(|(service, _)| service.image.ours).collect();
    let answers = started
        .iter()
        .map(|(service, version)| one(context, service, version));
    let mut found = Vec::new();
    for ((service, _), answer) in started.iter().zip(join_all(answers).await) {
        let path = format!("service.{}.image", service.name);
        match answer {
            Ok(findings) => found.extend(findings),
            Err(fault) => found.push(Finding::unread(&path, &fault).in_file()),
        }
    }
    Ok(found)
}

/// The services whose tasks the plan starts anew, with the tag or digest of their image.
pub(super) fn started<'g>(context: &'g CheckContext<'_>) -> Vec<(&'g Service, &'g str)> {
    let services = context.stack.services.values();
    let started = services.filter_map(|service| {
        let address = Address::new(TaskDefinition::KIND, &service.name);
        let mut items = context.plan.items.iter();
        let starts = items.any(|item| item.address == address && item.action != Action::Keep);
        let chosen = context.images.get(&service.name);
        let version = service.image.tag.as_ref().or(chosen)?;
        starts.then_some((service, version.as_str()))
    });
    started.collect()
}

async fn one(
    context: &CheckContext<'_>,
    service: &Service,
    version: &str,
) -> Result<Vec<Finding>, Fault> {
    let path = format!("service.{}.image", service.name);
    let name = &service.image.name;
    let Some(found) = manifest(context.cloud, name, version).await? else {
        // What is not there is told as missing.
        return Ok(Vec::new());
    };
    let built = architectures(found.image_manifest().unwrap_or_default());
    let mut findings = vec![assess(&path, service, version, &built)];
    let repositories = BTreeSet::from([name.clone()]);
    let held = registry::remembered(context.cloud, &repositories).await?;
    let holes = held.get(name).map(|images| images.holes(version));
    let list = Command::aws("ecr describe-image-scan-findings")
        .option("--repository-name", name)
        .option("--image-id", format!("imageTag={version}"));
    findings.extend(holes.and_then(|found| scanned(&path, version, found, list)));
    Ok(findings)
}

/// What ECR's scan found of critical and high holes; nothing where it found none. `list` is the command that shows them.
fn scanned(path: &str, version: &str, found: (i32, i32), list: Command) -> Option<Finding> {
    let (critical, high) = found;
    if critical + high == 0 {
        return None;
    }
    let reason = format!(
        "{version} has known holes: ECR's scan found {critical} critical and {high} high ones"
    );
    Some(
        Finding::warn(path, reason)
            .in_file()
            .fix(message![list, " lists them"]),
    )
}

/// Whether an image is built for the tasks of its service. A manifest of one image alone does not say what it is built
/// for.
pub(super) fn assess(path: &str, service: &Service, version: &str, built: &[String]) -> Finding {
    let (wanted, other) = match service.architecture.as_str() {
        "ARM64" => ("arm64", "x86_64"),
        _ => ("amd64", "arm64"),
    };
    if built.is_empty() {
        let reason =
            format!("{version} is one image, whose manifest does not say what it is built for");
        return Finding::skipped(path, reason).in_file();
    }
    if built.iter().any(|one| one == wanted) {
        return Finding::ok(path, format!("{version} is built for {wanted}")).in_file();
    }
    let built = built.join(" and ");
    let reason = format!("{version} is built for {built}, and the tasks are {wanted}");
    Finding::fail(path, reason).in_file().fix(format!(
        "build it for {wanted} (`docker buildx build --platform linux/{wanted}`), or write architecture = \"{other}\" \
         under [service.{}]",
        service.name
    ))
}

/// What the check reads.
pub(super) const GRANTS: &[Grant] = &[on(
    &["ecr:repository/{repository}"],
    &["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
)];

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::scanned;
    use crate::message::{Command, StackOptions};

    #[test]
    fn holes_that_a_scan_found_are_told_and_stop_nothing() {
        assert_eq!(
            scanned("service.web.image", "v1", (0, 0), Command::aws("ecr x")),
            None
        );
        for (found, expected) in [
            ((2, 0), "ECR's scan found 2 critical and 0 high ones"),
            ((0, 7), "ECR's scan found 0 critical and 7 high ones"),
        ] {
            let finding = scanned("service.web.image", "v1", found, Command::aws("ecr x")).unwrap();
            assert_eq!(finding.level, Level::Warn);
            let here = StackOptions::default();
            let reason = finding.reason.at(&here);
            assert!(reason.ends_with(expected), "{reason}");
            let fix = finding.fix.map(|fix| fix.at(&here));
            assert_eq!(fix.as_deref(), Some("`aws ecr x` lists them"));
        }
    }
}
