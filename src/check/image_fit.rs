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
use crate::resources::TaskDefinition;
use crate::resources::ecs::registry;
use crate::rollout::image::{architectures, manifest};
use crate::stack::Service;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let services = context.stack.services.values();
    let started = services.filter_map(|service| {
        let address = Address::new(TaskDefinition::KIND, &service.name);
        let mut items = context.plan.items.iter();
        let starts = items.any(|item| item.address == address && item.action != Action::Keep);
        let chosen = context.images.get(&service.name);
        let version = service.image.tag.as_ref().or(chosen)?;
        starts.then_some((service, version.as_str()))
    });
    let started: Vec<_> = started.collect();
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

async fn one(
    context: &CheckContext<'_>,
    service: &Service,
    version: &str,
) -> Result<Vec<Finding>, Fault> {
    let path = format!("service.{}.image", service.name);
    let name = &service.image.name;
    if !service.image.ours {
        let reason = "is in a registry elsewhere, which is not asked";
        return Ok(vec![Finding::skipped(path, reason).in_file()]);
    }
    let Some(found) = manifest(context.cloud, name, version).await? else {
        // What is not there is told as missing.
        return Ok(Vec::new());
    };
    let built = architectures(found.image_manifest().unwrap_or_default());
    let mut findings = vec![assess(&path, service, version, &built)];
    let repositories = BTreeSet::from([name.clone()]);
    let held = registry::remembered(context.cloud, &repositories).await?;
    let holes = held.get(name).map(|images| images.holes(version));
    if let Some((critical, high)) = holes.filter(|(critical, high)| critical + high > 0) {
        let reason = format!(
            "{version} has known holes: ECR's scan found {critical} critical and {high} high ones"
        );
        let words = format!(
            "ecr describe-image-scan-findings --repository-name {name} --image-id imageTag={version}"
        );
        let fix = format!("`{}` lists them", context.commands.aws(&words));
        findings.push(Finding::warn(&path, reason).in_file().fix(fix));
    }
    Ok(findings)
}

/// Whether an image is built for the tasks of its service. A manifest of one image alone does not say what it is built
/// for.
fn assess(path: &str, service: &Service, version: &str, built: &[String]) -> Finding {
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
