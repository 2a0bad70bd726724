//! The reads behind a status: those that are quick and change by the second, and those that say how
//! far AWS is from the file.

use std::collections::{BTreeMap, BTreeSet};

use super::super::marks;
use super::super::names;
use super::{AlarmsLook, CertificateLook, DatabaseLook, ServiceLook, Trouble, UnreadLook};
use super::{alarms, certificate, database, services};
use crate::aws::Cloud;
use crate::engine::{Address, AnyLive, Graph, Observed, Plan, Summary};
use crate::outputs::{live, outputs};
use crate::resources::{Certificate, DbInstance, TaskDefinition};
use crate::stack::Stack;

/// What changes by the second.
#[derive(Debug, Clone, Default)]
pub struct Near {
    pub(super) services: Vec<ServiceLook>,
    pub(super) database: Option<DatabaseLook>,
    pub(super) alarms: Option<AlarmsLook>,
    pub(super) unread: Vec<UnreadLook>,
}

/// What changes when somebody changes it.
#[derive(Debug, Clone)]
pub struct Wide {
    pub(super) address: Option<String>,
    pub(super) certificate: Option<CertificateLook>,
    pub(super) pending: Summary,
    pub(super) notes: Vec<String>,
    /// Images by service, for those without a task.
    pub(super) images: BTreeMap<String, (String, Option<String>)>,
    /// What was begun and has not ended.
    pub(super) begun: Vec<Trouble>,
    pub(super) unread: Vec<UnreadLook>,
}

/// Reads services, database and alarms side by side: two requests for any number of tasks (and one
/// more for each hundred), one for ten services, one for the database, one for all alarms; and for
/// each service one about its deployments and one about its targets, which AWS does not batch.
pub async fn near(cloud: &Cloud, stack: &Stack, graph: &Graph<Cloud>) -> Near {
    let (identifier, watched) = (names::database(graph), names::alarms(graph));
    let (services, database, alarms) = tokio::join!(
        services::look(cloud, stack, graph),
        database::look(cloud, identifier.as_deref()),
        alarms::look(cloud, &watched),
    );
    let (services, mut unread) = services;
    let mut keep = |what: &str, fault| unread.push(UnreadLook::new(what, &fault));
    let database = database.unwrap_or_else(|fault| {
        keep("database", fault);
        None
    });
    let alarms = alarms.map_err(|fault| keep("alarms", fault)).ok().flatten();
    Near {
        services,
        database,
        alarms,
        unread,
    }
}

/// Reads the certificate, and says what `plan` says in short.
pub async fn wide(cloud: &Cloud, stack: &Stack, observed: &Observed, plan: &Plan) -> Wide {
    let mut unread: Vec<UnreadLook> = observed
        .unread
        .iter()
        .map(|unread| UnreadLook::new(unread.kind, &unread.fault))
        .collect();
    let certificate = match certificate_arn(stack, &observed.found) {
        Some(arn) => certificate::look(cloud, &arn)
            .await
            .unwrap_or_else(|fault| {
                unread.push(UnreadLook::new("certificate", &fault));
                None
            }),
        None => None,
    };
    let notes: BTreeSet<&String> = plan.items.iter().flat_map(|item| &item.notes).collect();
    Wide {
        address: outputs(stack, &cloud.place, &observed.found).address,
        certificate,
        pending: plan.summary(),
        notes: notes.into_iter().cloned().collect(),
        images: images(stack, &observed.found),
        begun: begun(stack, &observed.found),
        unread,
    }
}

/// The certificate of the file, or the one that was made for it.
fn certificate_arn(stack: &Stack, found: &BTreeMap<Address, AnyLive>) -> Option<String> {
    let given = stack.domain.as_ref()?.certificate.clone();
    given.or_else(|| Some(live::<Certificate>(found, "main")?.arn.clone()))
}

/// Upgrades and restores that were interrupted, or go on elsewhere.
fn begun(stack: &Stack, found: &BTreeMap<Address, AnyLive>) -> Vec<Trouble> {
    let trouble = |about: &str, what: String| Trouble {
        bad: true,
        about: about.to_owned(),
        what,
    };
    let mut all = Vec::new();
    for name in stack.services.keys() {
        let task = live::<TaskDefinition>(found, name);
        if task.is_some_and(|task| task.tag(marks::TASKS).is_some()) {
            let what = format!(
                "an upgrade of it was begun and has not ended: `ajuda deploy update --service {name} --image TAG` \
                 goes on, `ajuda deploy rollback --service {name} --restore-snapshot` goes back"
            );
            all.push(trouble(name, what));
        }
    }
    let database = live::<DbInstance>(found, "main");
    if database.is_some_and(|live| live.displaces().is_some()) {
        let what = "it was restored, and what uses it has not come up since: the same command again goes on";
        all.push(trouble("database", what.to_owned()));
    }
    all
}

fn images(
    stack: &Stack,
    found: &BTreeMap<Address, AnyLive>,
) -> BTreeMap<String, (String, Option<String>)> {
    stack
        .services
        .keys()
        .filter_map(|name| {
            let task = live::<TaskDefinition>(found, name)?;
            let tag = task.image_tag().map(str::to_owned);
            Some((name.clone(), (task.image.clone(), tag)))
        })
        .collect()
}
