//! What would make `up` fail half-way, found before it begins: each check looks at one thing, reads what AWS says of
//! it, and answers findings.
//!
//! Nothing here changes AWS or prints. A check is a file and a line in [`CHECKS`]; what it cannot read is skipped, and
//! says so. `docs/preflight.md` has a line for each.

use futures_util::future::{BoxFuture, join_all};

use crate::aws::Cloud;
use crate::aws::grant::Grant;
use crate::engine::{Class, Fault};
use crate::stack::Stack;

mod certificate;
mod clock;
mod context;
pub mod credentials;
mod database;
pub mod embedding;
mod file;
mod finding;
mod foreseen;
mod free_plan;
mod gateway;
mod guards;
mod hosted_zone;
mod image_elsewhere;
mod image_fit;
pub mod images;
pub mod keys;
mod live;
mod models;
mod names;
mod network;
mod permissions;
mod place;
mod quotas;
mod secret_keys;
mod secrets;
mod service_roles;
mod unread;
pub mod values;
mod web_acl;

pub use context::CheckContext;
pub use finding::{Counts, Finding, Level, Written, counts};

/// Who runs a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// `check` and `plan --check`. Every `plan` and `up` reads it anyway, and says it in its own words.
    Planning,
    /// `check` and `plan --check`, and `up` before it changes anything: `up` would fail half-way.
    BeforeUp,
    /// `check` and `plan --check` alone: nothing of it makes `up` fail.
    OnRequest,
}

/// One check.
#[derive(Clone, Copy)]
pub struct Check {
    /// Its name: what a line of the output begins with, and `check` in the JSON.
    pub name: &'static str,
    /// Who runs it.
    pub when: When,
    /// What IAM must allow for it.
    pub grants: &'static [Grant],
    run: for<'g> fn(&'g CheckContext<'g>) -> Answer<'g>,
}

type Answer<'g> = BoxFuture<'g, Result<Vec<Finding>, Fault>>;

macro_rules! checks {
    ($($module:ident, $name:literal, $when:ident;)*) => {
        /// Every check, in the order in which they are told.
        pub const CHECKS: &[Check] = &[$(Check {
            name: $name,
            when: When::$when,
            grants: $module::GRANTS,
            run: |context| Box::pin($module::check(context)),
        },)*];
    };
}

checks! {
    place, "account", BeforeUp;
    credentials, "credentials", BeforeUp;
    clock, "clock", BeforeUp;
    file, "file", Planning;
    unread, "permissions", Planning;
    permissions, "permissions", BeforeUp;
    names, "names", Planning;
    foreseen, "changes", Planning;
    network, "network", Planning;
    certificate, "certificate", Planning;
    hosted_zone, "hosted-zone", BeforeUp;
    web_acl, "web-acl", BeforeUp;
    secrets, "secrets", BeforeUp;
    secret_keys, "secret-keys", BeforeUp;
    keys, "keys", BeforeUp;
    values, "values", Planning;
    images, "images", Planning;
    image_fit, "image-fit", BeforeUp;
    image_elsewhere, "image-elsewhere", OnRequest;
    gateway, "gateway", OnRequest;
    live, "live", BeforeUp;
    database, "database", BeforeUp;
    free_plan, "free-plan", BeforeUp;
    quotas, "quotas", BeforeUp;
    models, "models", Planning;
    service_roles, "service-roles", OnRequest;
    guards, "guards", OnRequest;
}

/// Runs the checks that `wanted` takes, all at once, and answers what each found, in the order of [`CHECKS`].
///
/// Reads only. The number of requests does not grow with the stack: one to three a check, one for each service's image
/// and for each KMS key that the file names, and none for what the plan does not touch.
pub async fn run(context: &CheckContext<'_>, wanted: impl Fn(When) -> bool) -> Vec<Finding> {
    let checks = CHECKS.iter().filter(|check| wanted(check.when));
    let asked = checks.map(|check| async move {
        let found = match (check.run)(context).await {
            Ok(found) => found,
            Err(fault) => vec![Finding::unread(check.name, &fault)],
        };
        let named = found.into_iter().map(|finding| Finding {
            check: check.name,
            ..finding
        });
        named.collect::<Vec<_>>()
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// What is to be said of the ids and ARNs that the file names and every plan looks at, an existing network and a
/// certificate, in the order of the file. Remembered, so that a check asks nothing again.
///
/// One round trip: four requests for an existing network, more only where a VPC has pages of route tables; one for a
/// certificate. None for what the stack makes itself.
pub async fn named(cloud: &Cloud, stack: &Stack) -> Vec<Finding> {
    let (network, certificate) = tokio::join!(
        network::findings(cloud, stack),
        certificate::findings(cloud, stack)
    );
    let mut found = Vec::new();
    for (checked, what, actions) in [
        (network, "the network", network::ACTIONS),
        (certificate, "the certificate", certificate::ACTIONS),
    ] {
        match checked {
            Ok(findings) => found.extend(findings),
            Err(fault) => found.push(unchecked(what, actions, &fault)),
        }
    }
    found.retain(|finding| finding.level != Level::Ok);
    found
}

/// That what the file names could not be looked at.
fn unchecked(what: &str, actions: &str, fault: &Fault) -> Finding {
    let reason = format!("{what} that the file names could not be checked: {fault}");
    let skipped = Finding::skipped(what, reason);
    match fault.class {
        Class::Denied => skipped.fix(format!("allow {actions} to whoever runs this")),
        _ => skipped,
    }
}
