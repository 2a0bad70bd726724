//! What a change of a service has to know beside the service: the database behind it, and the versions of
//! the secrets that its tasks read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ecs::types as api;
use futures_util::future::try_join_all;

use super::service_state::ServiceState;
use crate::aws::Cloud;
use crate::command_error::CommandError;
use crate::engine::{Address, Fault, Graph, Observed, ResolveContext, Resource};
use crate::outputs::live;
use crate::resources::ecs::task_definition::VERSION_LABEL;
use crate::resources::scope::observe_kinds;
use crate::resources::{DbInstance, Secret, Service, TaskDefinition, physical_names};

/// What stands around a service.
#[derive(Debug, Default)]
pub struct Dependencies {
    /// The identifier of the database that it uses.
    pub(crate) database: Option<String>,
    /// The version of each secret that its tasks read, by the secret's name in the file.
    pub(crate) secrets: BTreeMap<String, String>,
}

impl Dependencies {
    /// Reads them.
    ///
    /// # Errors
    /// As [`database`], or the fault of a read.
    pub async fn read(
        cloud: &Arc<Cloud>,
        graph: &Arc<Graph<Cloud>>,
        state: &ServiceState,
    ) -> Result<Self, CommandError> {
        let cannot = |fault: Fault| CommandError::fault("cannot read the secrets", &fault);
        let secrets = async { versions(cloud, graph, state).await.map_err(cannot) };
        let (database, secrets) = tokio::try_join!(database(cloud, graph, state.name()), secrets)?;
        Ok(Self { database, secrets })
    }
}

/// The identifier of the database that the service called `name` in the file uses; `None` where it uses
/// none, or that is not there.
///
/// # Errors
/// When it cannot be read, or a restore of it has not ended: nothing may write to it meanwhile.
pub async fn database(
    cloud: &Arc<Cloud>,
    graph: &Arc<Graph<Cloud>>,
    name: &str,
) -> Result<Option<String>, CommandError> {
    let declared = graph.get(&Address::new(Service::KIND, name));
    let declared = declared.and_then(|entry| entry.node.declaration().downcast_ref::<Service>());
    if declared.is_none_or(|service| service.after_setup.is_none()) {
        return Ok(None);
    }
    let observed = complete(cloud, graph, &[DbInstance::KIND]).await?;
    let there = live::<DbInstance>(&observed.found, "main");
    Ok(there.map(|there| there.identifier.clone()))
}

/// A secret that the tasks of the service called `name` read and that does not follow yet what it is made of:
/// only `up` renews it, and tasks that start before would read what it was.
///
/// # Errors
/// When the secrets or what they are made of cannot be read.
pub async fn stale_secret(
    cloud: &Arc<Cloud>,
    graph: &Arc<Graph<Cloud>>,
    name: &str,
) -> Result<Option<Address>, CommandError> {
    let needs = |address: &Address| {
        let entry = graph.get(address);
        entry.into_iter().flat_map(|entry| &entry.needs)
    };
    let is_secret = |address: &&Address| address.kind() == Secret::KIND;
    let task = Address::new(TaskDefinition::KIND, name);
    let mut open: Vec<&Address> = needs(&task).filter(is_secret).collect();
    // What they are made of: other secrets, and what these name.
    let mut secrets = BTreeSet::new();
    let mut kinds = BTreeSet::new();
    while let Some(secret) = open.pop() {
        secrets.insert(secret);
        kinds.insert(secret.kind());
        kinds.extend(needs(secret).map(Address::kind));
        open.extend(needs(secret).filter(is_secret));
    }
    if secrets.is_empty() {
        return Ok(None);
    }
    let kinds: Vec<&str> = kinds.into_iter().collect();
    let observed = complete(cloud, graph, &kinds).await?;
    let find = |address: &Address| observed.found.get(address).cloned();
    let follows = |address: &Address| {
        let (entry, live) = (graph.get(address)?, find(address)?);
        let want = entry
            .node
            .desired(&ResolveContext::new(&find, Some(Arc::clone(&live))));
        let kind = entry.node.kind();
        Some(kind.diff(&want, &kind.props(&live)).is_empty())
    };
    let mut secrets = secrets.into_iter();
    let stale = secrets.find(|address| follows(address) != Some(true));
    Ok(stale.cloned())
}

/// What AWS has of these kinds.
///
/// # Errors
/// When one of them cannot be read.
async fn complete(
    cloud: &Arc<Cloud>,
    graph: &Arc<Graph<Cloud>>,
    kinds: &[&str],
) -> Result<Observed, CommandError> {
    let observed = observe_kinds(cloud, graph, kinds).await;
    match observed.unread.first() {
        Some(unread) => {
            let what = format!("cannot read what there is of {}", unread.kind);
            Err(CommandError::fault(&what, &unread.fault))
        }
        None => Ok(observed),
    }
}

/// The newest version of each secret that the revision names one of. One request for each: lists of secrets
/// are minutes late.
async fn versions(
    cloud: &Cloud,
    graph: &Graph<Cloud>,
    state: &ServiceState,
) -> Result<BTreeMap<String, String>, Fault> {
    let container = state.revision.container(state.name());
    let labels = container.and_then(api::ContainerDefinition::docker_labels);
    let read = labels
        .into_iter()
        .flatten()
        .filter_map(|(label, _)| label.strip_prefix(VERSION_LABEL))
        .filter_map(|name| {
            let entry = graph.get(&Address::new(Secret::KIND, name))?;
            let secret: &Secret = entry.node.declaration().downcast_ref()?;
            Some((name, secret))
        });
    let read = try_join_all(read.map(async |(name, secret)| {
        let there = match secret.read(cloud).await? {
            Some(there) => Some(there),
            None => under_its_own_name(cloud, graph, name, secret).await?,
        };
        let version = there.map(|there| there.version).unwrap_or_default();
        Ok((name.to_owned(), version))
    }))
    .await?;
    let known = |(_, version): &(String, String)| !version.is_empty();
    Ok(read.into_iter().filter(known).collect())
}

/// A secret that was taken over and keeps the name it had, which only its tags tell.
async fn under_its_own_name(
    cloud: &Cloud,
    graph: &Graph<Cloud>,
    name: &str,
    secret: &Secret,
) -> Result<Option<<Secret as Resource>::Live>, Fault> {
    let kept = physical_names::kept(cloud, graph).await?;
    match kept.get(&Address::new(Secret::KIND, name)) {
        Some(name) => {
            let called = Secret {
                name: name.clone(),
                ..secret.clone()
            };
            called.read(cloud).await
        }
        None => Ok(None),
    }
}
