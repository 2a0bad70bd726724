//! What every service stands on, declared before them, and values that name it.

use std::collections::BTreeMap;

use super::Site;
use super::cluster::{Cluster, Logs};
use super::identity::Roles;
use super::load_balancer::Balancer;
use super::network::Network;
use super::registry::Registry;
use super::secrets::Secrets;
use super::storage::Storage;
use crate::engine::Ref;
use crate::presets::rds_ca;
use crate::resources::{DbInstance, EnvironmentValue};
use crate::stack::{Output, Value};

/// Everything that services stand on.
pub(super) struct Shared<'a> {
    pub(super) logs: &'a Logs,
    pub(super) network: &'a Network,
    pub(super) registry: &'a Registry,
    pub(super) storage: &'a Storage,
    pub(super) secrets: &'a Secrets,
    pub(super) database: Option<&'a Ref<DbInstance>>,
    pub(super) cluster: &'a Cluster,
    pub(super) roles: &'a Roles,
    pub(super) balancer: Option<&'a Balancer>,
}

/// Plain environment, with what is known only once the stack is up as references.
pub(super) fn environment(
    site: &Site<'_>,
    shared: &Shared<'_>,
    values: &BTreeMap<String, Value>,
) -> BTreeMap<String, EnvironmentValue> {
    values
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), resolve(site, shared, value)?)))
        .collect()
}

/// `None` for what the stack does not have, which the file's validation has refused.
fn resolve(site: &Site<'_>, shared: &Shared<'_>, value: &Value) -> Option<EnvironmentValue> {
    let text = |text: String| Some(EnvironmentValue::Text(text));
    match value {
        Value::Text(said) => text(said.clone()),
        Value::From(Output::Bucket) => {
            Some(EnvironmentValue::Bucket(shared.storage.uploads.clone()?))
        }
        Value::From(Output::DatabaseHost) => {
            Some(EnvironmentValue::DatabaseHost(shared.database?.clone()))
        }
        Value::From(Output::DatabasePort) => {
            Some(EnvironmentValue::DatabasePort(shared.database?.clone()))
        }
        Value::From(Output::DatabaseName) => text(site.stack.database.as_ref()?.name.clone()),
        Value::From(Output::DatabaseCa) => {
            let certificates = rds_ca::certificates(site.stack, &site.place.region)?;
            text(certificates.to_owned())
        }
        Value::From(Output::Region) => text(site.place.region.clone()),
        Value::From(Output::Url) => match &site.stack.domain {
            Some(domain) => text(format!("https://{}", domain.name)),
            None => Some(EnvironmentValue::BalancerUrl(
                shared.balancer?.balancer.clone(),
            )),
        },
    }
}
