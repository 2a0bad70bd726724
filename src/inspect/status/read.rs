//! The reads behind a status: those that are quick and change by the second, and those that say how
//! far AWS is from the file.

use std::collections::{BTreeMap, BTreeSet};

use super::compared::{self, Begun};
use super::{
    AlarmsLook, CertificateLook, DatabaseLook, HeldLook, ServiceLook, Trouble, UnreadLook, alarms,
    certificate, database, services,
};
use crate::aws::Cloud;
use crate::aws::lease::{self, Pace};
use crate::engine::{Address, AnyLive, Graph, Observed, Plan, Summary};
use crate::outputs::{live, outputs};
use crate::resources::{Certificate, TaskDefinition, physical_names};
use crate::stack::Stack;

/// What changes by the second.
#[derive(Debug, Clone, Default)]
pub struct Near {
    pub(super) services: Vec<ServiceLook>,
    pub(super) database: Option<DatabaseLook>,
    pub(super) alarms: Option<AlarmsLook>,
    pub(super) held: Option<HeldLook>,
    pub(super) unread: Vec<UnreadLook>,
}

impl Near {
    /// Whether somebody changes the stack now.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }
}

/// What changes when somebody changes it.
#[derive(Debug, Clone)]
pub struct Wide {
    pub(super) address: Option<String>,
    pub(super) certificate: Option<CertificateLook>,
    pub(super) pending: Option<Summary>,
    pub(super) notes: Vec<String>,
    /// Images by service, for those without a task.
    pub(super) images: BTreeMap<String, (String, Option<String>)>,
    /// What was begun and has not ended.
    pub(super) begun: Vec<Begun>,
    /// What the file declares and AWS does not have.
    pub(super) missing: Vec<Trouble>,
    /// Images that no task can start from.
    pub(super) unfit: Vec<Trouble>,
    /// What others have changed or added.
    pub(super) changed: Vec<Trouble>,
    pub(super) unread: Vec<UnreadLook>,
}

/// Reads services, database and alarms side by side: two requests for any number of tasks (and one
/// more for each hundred), one for ten services, one for the database, one for all alarms; and for
/// each service one about its deployments and one about its targets, which AWS does not batch. One
/// asks who changes the stack, and one more who that is. `pace` is that of the cloud's leases.
pub async fn near(cloud: &Cloud, stack: &Stack, graph: &Graph<Cloud>, pace: Pace) -> Near {
    let (identifier, watched) = (
        physical_names::database(graph),
        physical_names::alarms(graph),
    );
    let (services, database, alarms, leases) = tokio::join!(
        services::look(cloud, stack, graph),
        database::look(cloud, identifier.as_deref()),
        alarms::look(cloud, &watched),
        lease::look(cloud, pace),
    );
    let (services, mut unread) = services;
    let mut keep = |what: &str, fault| unread.push(UnreadLook::new(what, &fault));
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
    Near {
        services,
        database,
        alarms,
        held: held.map(|lease| HeldLook {
            process: lease.holder.pid(),
            since: lease.since(),
            owner: lease.holder.owner,
            host: lease.holder.host,
        }),
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
    let mut begun = compared::begun(stack, &observed.found);
    match compared::rollbacks(cloud, stack, &observed.found).await {
        Ok(rollbacks) => begun.extend(rollbacks),
        Err(fault) => unread.push(UnreadLook::new("rollbacks", &fault)),
    }
    let notes: BTreeSet<&String> = plan.items.iter().flat_map(|item| &item.notes).collect();
    Wide {
        address: outputs(stack, &cloud.place, &observed.found).address,
        certificate,
        // Of what could not be read nobody knows whether it has to change.
        pending: plan.unread.is_empty().then(|| plan.summary()),
        notes: notes.into_iter().cloned().collect(),
        images: images(stack, &observed.found),
        begun,
        missing: compared::missing(plan),
        changed: compared::changed(plan),
        unfit: compared::images(stack, &observed.found),
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
