//! What a stack gives its operator: addresses, what to enter at Google, names of things. Never a secret's value.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::aws::Place;
use crate::engine::{Address, AnyLive, Resource};
use crate::resources::{DbInstance, LoadBalancer, LogGroup, Repository, Secret};
use crate::stack::Stack;

/// The outputs of a stack; what does not exist yet is absent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outputs {
    /// The stack's name.
    #[serde(skip)]
    pub stack: String,
    /// The account it is in.
    #[serde(skip)]
    pub account: String,
    /// The region it is in.
    #[serde(skip)]
    pub region: String,
    /// What users type.
    pub address: Option<String>,
    /// The load balancer's own name: what a DNS record elsewhere must point to.
    pub load_balancer: Option<String>,
    /// What to enter at Google.
    pub google: Option<Google>,
    /// The database.
    pub database: Option<Database>,
    /// URIs of the repositories to push to, by name.
    pub registry: BTreeMap<String, String>,
    /// Log groups, by what writes to them.
    pub log_groups: BTreeMap<String, String>,
    /// Names of the secrets in Secrets Manager, by what they are in the stack.
    pub secrets: BTreeMap<String, String>,
}

/// What to enter at Google, "APIs & Services → Credentials → OAuth 2.0 Client ID".
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Google {
    /// "Authorized redirect URIs".
    pub redirect_uri: String,
    /// "Authorized JavaScript origins".
    pub javascript_origin: String,
}

/// Where the database answers, inside the network.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Database {
    /// Host name.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Database name.
    pub name: String,
}

/// The outputs of `stack` as AWS has it.
pub fn outputs(stack: &Stack, place: &Place, found: &BTreeMap<Address, AnyLive>) -> Outputs {
    let balancer = live::<LoadBalancer>(found, "main").map(|live| live.dns_name.clone());
    let https = stack
        .domain
        .as_ref()
        .map(|domain| format!("https://{}", domain.name));
    let plain = balancer.as_ref().map(|name| format!("http://{name}"));
    Outputs {
        stack: stack.name.clone(),
        account: place.account.clone(),
        region: place.region.clone(),
        address: balancer.as_ref().and(https.clone().or(plain)),
        load_balancer: balancer,
        google: stack.google.as_ref().and(https).map(|origin| Google {
            redirect_uri: format!("{origin}/oauth/google/callback"),
            javascript_origin: origin,
        }),
        database: live::<DbInstance>(found, "main")
            .zip(stack.database.as_ref())
            .map(|(live, wanted)| Database {
                host: live.host.clone(),
                port: live.port,
                name: wanted.name.clone(),
            }),
        registry: all::<Repository>(found, |live| live.uri.clone()),
        log_groups: all::<LogGroup>(found, |live| live.name.clone()),
        secrets: all::<Secret>(found, |live| live.name.clone()),
    }
}

/// What AWS has of the resource called `name` of a kind.
pub fn live<'f, R: Resource>(
    found: &'f BTreeMap<Address, AnyLive>,
    name: &str,
) -> Option<&'f R::Live> {
    found.get(&Address::new(R::KIND, name))?.downcast_ref()
}

/// A text of every resource of a kind, by name.
fn all<R: Resource>(
    found: &BTreeMap<Address, AnyLive>,
    pick: impl Fn(&R::Live) -> String,
) -> BTreeMap<String, String> {
    found
        .iter()
        .filter(|(address, _)| address.kind() == R::KIND)
        .filter_map(|(address, live)| Some((address.name().to_owned(), pick(live.downcast_ref()?))))
        .collect()
}
