//! What every service stands on, declared before them, and values that name it.

use std::collections::BTreeMap;

use super::BuildContext;
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
    context: &BuildContext<'_>,
    shared: &Shared<'_>,
    values: &BTreeMap<String, Value>,
) -> BTreeMap<String, EnvironmentValue> {
    values
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), resolve(context, shared, value)?)))
        .collect()
}

/// `None` for what the stack does not have, which the file's validation has refused.
fn resolve(
    context: &BuildContext<'_>,
    shared: &Shared<'_>,
    value: &Value,
) -> Option<EnvironmentValue> {
    let text = |text: String| Some(EnvironmentValue::Text(text));
    match value {
        Value::Text(literal) => text(literal.clone()),
        Value::From(Output::Bucket) => {
            Some(EnvironmentValue::Bucket(shared.storage.uploads.clone()?))
        }
        Value::From(Output::DatabaseHost) => {
            Some(EnvironmentValue::DatabaseHost(shared.database?.clone()))
        }
        Value::From(Output::DatabasePort) => {
            Some(EnvironmentValue::DatabasePort(shared.database?.clone()))
        }
        Value::From(Output::DatabaseName) => text(context.stack.database.as_ref()?.name.clone()),
        Value::From(Output::DatabaseCa) => {
            let certificates = rds_ca::certificates(context.stack, &context.place.region)?;
            text(certificates.to_owned())
        }
        Value::From(Output::Region) => text(context.place.region.clone()),
        Value::From(Output::Url) => match &context.stack.domain {
            Some(domain) => text(format!("https://{}", domain.name)),
            None => Some(EnvironmentValue::BalancerUrl(
                shared.balancer?.balancer.clone(),
            )),
        },
    }
}
