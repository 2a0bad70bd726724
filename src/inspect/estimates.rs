//! What a stack itself tells of how long a plan of it takes.

use futures_util::future::{join, join_all};

use crate::aws::Cloud;
use crate::database::restore::RESTORE;
use crate::engine::{Action, Address, Estimate, Graph, Item, Observed, Plan, Resource, Verb};
use crate::inspect::lost_data::{Lost, Recovery};
use crate::resources::ecs::deployments::{service_deployments, usual};
use crate::resources::rds::db_instance::as_before;
use crate::resources::service::ServiceLive;
use crate::resources::{DbInstance, DbInstanceLive, KINDS, Service};

/// Of how many services at most ECS is asked: a plan takes as long as the longest, and the number of requests does
/// not grow with the stack.
const SERVICES: usize = 3;

/// Says in `plan` how long it takes, by what this stack's own rollouts and changes of its database took and by what is
/// restored: a request for each service that is rolled out, of three at most, and one where the database is changed so
/// that it takes long. Who may not ask is told what is typical.
pub async fn refine(
    cloud: &Cloud,
    graph: &Graph<Cloud>,
    plan: Plan,
    observed: &mut Observed,
    lost: &Lost,
) -> Plan {
    for (address, instead) in lost {
        if matches!(instead, Recovery::Snapshot(_)) {
            let of = (address.clone(), Verb::Create);
            let restored = Estimate::typical(RESTORE.expected);
            observed.estimates.insert(of, restored);
        }
    }
    let asked = rolled_out(&plan, observed);
    let asked = asked.into_iter().map(|(address, live)| async move {
        let all = service_deployments(cloud, &live.cluster, &live.name).await;
        Some((address, usual(&all.ok()?)?))
    });
    let databases = changed_databases(&plan, graph, observed);
    let databases = databases
        .into_iter()
        .map(|(item, declared, live)| async move {
            let estimate = as_before(cloud, declared, &live, &item.changes).await;
            Some((item.address.clone(), estimate?))
        });
    let (services, databases) = join(join_all(asked), join_all(databases)).await;
    for (address, estimate) in services.into_iter().chain(databases).flatten() {
        observed.estimates.insert((address, Verb::Update), estimate);
    }
    match observed.estimates.is_empty() {
        true => plan,
        false => plan.timed(graph, KINDS, observed),
    }
}

/// The databases that are changed where they stand: a stack has one at most.
fn changed_databases<'p>(
    plan: &'p Plan,
    graph: &'p Graph<Cloud>,
    observed: &Observed,
) -> Vec<(&'p Item, &'p DbInstance, DbInstanceLive)> {
    let of = |item: &'p Item| {
        let declared = graph.get(&item.address)?.node.declaration();
        let live = observed.found.get(&item.address)?;
        let live = live.downcast_ref::<DbInstanceLive>()?.clone();
        Some((item, declared.downcast_ref::<DbInstance>()?, live))
    };
    let items = plan.items.iter();
    let changed = items.filter(|item| item.action == Action::Update && item.orphan.is_none());
    changed.filter_map(of).collect()
}

/// The services that get new tasks the way they did before, those that take longest first.
fn rolled_out(plan: &Plan, observed: &Observed) -> Vec<(Address, ServiceLive)> {
    let rolls = |address: &Address| {
        let mut items = plan.items.iter();
        items.any(|item| {
            item.address == *address
                && matches!(item.action, Action::Update | Action::Later { .. })
                && item.changes.changed(Service::TASK)
                && !item.changes.changed(Service::STRATEGY)
        })
    };
    let mut all: Vec<_> = plan
        .schedule
        .0
        .iter()
        .filter(|work| work.address.kind() == Service::KIND && work.verb == Verb::Update)
        .filter(|work| rolls(&work.address))
        .filter_map(|work| {
            let live = observed.found.get(&work.address)?;
            let live = live.downcast_ref::<ServiceLive>()?.clone();
            Some((work.estimate.takes, work.address.clone(), live))
        })
        .collect();
    all.sort_by(|(one, at, _), (other, to, _)| other.cmp(one).then_with(|| at.cmp(to)));
    let all = all.into_iter().take(SERVICES);
    all.map(|(_, address, live)| (address, live)).collect()
}
