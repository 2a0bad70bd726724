//! Images in registries elsewhere that tasks are about to be started of: there, and built for the processor of the tasks.
//!
//! ECS pulls them when a task starts and no sooner: one that is not there is `CannotPullContainerError` after everything
//! else was made. They are asked for with the operator's own credentials, as `push --from` does; those that ECS is given
//! (`registry_credentials`) are not read.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use super::image_fit::{assess, started};
use super::{CheckContext, Finding};
use crate::aws::grant::Grant;
use crate::engine::Fault;
use crate::image_reference::join;
use crate::images::{LookupError, Remote, find_image};
use crate::stack::Service;

/// How long one registry may take: a check is to end in seconds.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let started = started(context).into_iter();
    let elsewhere = started.filter(|(service, _)| !service.image.ours);
    let asked = elsewhere.map(|(service, version)| one(context, service, version));
    Ok(join_all(asked).await)
}

async fn one(context: &CheckContext<'_>, service: &Service, version: &str) -> Finding {
    let path = format!("service.{}.image", service.name);
    let reference = join(&service.image.name, version);
    let untold = |why: &str| {
        let reason = format!("{reference} could not be looked for: {why}");
        Finding::skipped(&path, reason).in_file()
    };
    if service.registry_credentials.is_some() {
        return untold("it is pulled with credentials that only ECS reads");
    }
    let (named, bundle) = (reference.clone(), context.cloud.ca_bundle.clone());
    // Credential helpers are programs.
    let remote = move || Remote::of_reference(&named, bundle.as_ref());
    let (remote, version) = match tokio::task::spawn_blocking(remote).await {
        Ok(Ok(found)) => found,
        Ok(Err(stop)) => return untold(&stop.message),
        Err(_) => return untold("its credentials could not be read"),
    };
    match timeout(PATIENCE, find_image(&remote, &version)).await {
        Err(_) => untold("the registry does not answer"),
        Ok(Err(LookupError::Unreadable(why))) => untold(&why),
        Ok(Err(LookupError::Absent)) => {
            let reason = format!("{reference} is not there, so no task of it starts");
            let fix =
                "name one that is, or push it; where it is private, name `registry_credentials`";
            Finding::fail(path, reason).in_file().fix(fix)
        }
        Ok(Ok(found)) => assess(&path, service, &version, &found.architectures),
    }
}

/// The check asks other registries, and AWS nothing.
pub(super) const GRANTS: &[Grant] = &[];
