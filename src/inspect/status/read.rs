//! The reads behind a status: those that are quick and change by the second, and those that say how
//! far AWS is from the file.

use std::collections::{BTreeMap, BTreeSet};

use super::drift::{self, Begun};
use super::{
    AlarmsSummary, CertificateSummary, DatabaseSummary, HeldSummary, Issue, ServiceSummary,
    UnreadSummary, alarms, certificate, database, services,
};
use crate::aws::Cloud;
use crate::aws::lease::{self, Pace};
use crate::engine::{Address, AnyLive, Graph, Observed, Plan, Summary};
use crate::message::Message;
use crate::outputs::{live, outputs};
use crate::resources::{Certificate, TaskDefinition, physical_names};
use crate::stack::Stack;

/// What changes by the second.
#[derive(Debug, Clone, Default)]
pub struct LiveReads {
    pub(super) services: Vec<ServiceSummary>,
    pub(super) database: Option<DatabaseSummary>,
    pub(super) alarms: Option<AlarmsSummary>,
    pub(super) held: Option<HeldSummary>,
    pub(super) unread: Vec<UnreadSummary>,
}

impl LiveReads {
    /// Whether somebody changes the stack now.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }
}

/// What changes when somebody changes it.
#[derive(Debug, Clone)]
pub struct DriftReads {
    pub(super) address: Option<String>,
    pub(super) certificate: Option<CertificateSummary>,
    pub(super) pending: Option<Summary>,
    pub(super) notes: Vec<Message>,
    /// Images by service, for those without a task.
    pub(super) images: BTreeMap<String, (String, Option<String>)>,
    /// What is unfinished.
    pub(super) begun: Vec<Begun>,
    /// What the file declares and AWS does not have.
    pub(super) missing: Vec<Issue>,
    /// Images that no task can start from.
    pub(super) unfit: Vec<Issue>,
    /// What others have changed or added.
    pub(super) changed: Vec<Issue>,
    pub(super) unread: Vec<UnreadSummary>,
}

/// Reads services, database and alarms side by side: two requests for any number of tasks (and one
/// more for each hundred), one for ten services, one for the database, one for all alarms; and for
/// each service one about its deployments and one about its targets, which AWS does not batch. One
/// asks who changes the stack, and one more who that is. `pace` is that of the cloud's leases.
pub async fn read_live(
    cloud: &Cloud,
    stack: &Stack,
    graph: &Graph<Cloud>,
    pace: Pace,
) -> LiveReads {
    let (identifier, watched) = (
        physical_names::database(graph),
        physical_names::alarms(graph),
    );
    let (services, database, alarms, leases) = tokio::join!(
        services::read(cloud, stack, graph),
        database::read(cloud, identifier.as_deref()),
        alarms::read(cloud, &watched),
        lease::list(cloud, pace),
    );
    let (services, mut unread) = services;
    let mut keep = |what: &str, fault| unread.push(UnreadSummary::new(what, &fault));
    let database = database.unwrap_or_else(|fault| {
        keep("database", fault);
        None
    });
    let alarms = alarms.map_err(|fault| keep("alarms", fault)).ok().flatten();
    let leases = leases.unwrap_or_else(|fault| {
        keep("who changes it", fault);
        Vec::new()
    });
    let held = leases.into_iter().find(|lease| !lease.over);
    LiveReads {
        services,
        database,
        alarms,
        held: held.map(|lease| HeldSummary {
            process: lease.holder.pid(),
            since: lease.since(),
            owner: lease.holder.owner,
            host: lease.holder.host,
        }),
        unread,
    }
}

/// Reads the certificate, and says what `plan` says in short.
pub async fn read_drift(
    cloud: &Cloud,
    stack: &Stack,
    observed: &Observed,
    plan: &Plan,
) -> DriftReads {
    let mut unread: Vec<UnreadSummary> = observed
        .unread
        .iter()
        .map(|unread| UnreadSummary::new(unread.kind, &unread.fault))
        .collect();
    let certificate = match certificate_arn(stack, &observed.found) {
        Some(arn) => certificate::read(cloud, &arn)
            .await
            .unwrap_or_else(|fault| {
                unread.push(UnreadSummary::new("certificate", &fault));
                None
            }),
        None => None,
    };
    let mut begun = drift::in_progress(stack, &observed.found);
    match drift::rollbacks(cloud, stack, &observed.found).await {
        Ok(rollbacks) => begun.extend(rollbacks),
        Err(fault) => unread.push(UnreadSummary::new("rollbacks", &fault)),
    }
    let notes: BTreeSet<&Message> = plan.items.iter().flat_map(|item| &item.notes).collect();
    DriftReads {
        address: outputs(stack, &cloud.place, &observed.found).address,
        certificate,
        // Of what could not be read nobody knows whether it has to change.
        pending: plan.unread.is_empty().then(|| plan.summary()),
        notes: notes.into_iter().cloned().collect(),
        images: images(stack, &observed.found),
        begun,
        missing: drift::missing(plan),
        changed: drift::changed(plan),
        unfit: drift::images(stack, &observed.found),
        unread,
    }
}

/// The certificate of the file, or the one that was made for it.
fn certificate_arn(stack: &Stack, found: &BTreeMap<Address, AnyLive>) -> Option<String> {
    let given = stack.domain.as_ref()?.certificate.clone();
    given.or_else(|| Some(live::<Certificate>(found, "main")?.arn.clone()))
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
