//! What a stack gives its operator: addresses, what to enter at Google, names of things. Never a secret's value.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::aws::Place;
use crate::engine::{Address, AnyLive, Resource};
use crate::presets::google_callback;
use crate::presets::secrets::ADMIN_PASSWORD;
use crate::resources::{Bucket, Cluster, DbInstance, LoadBalancer, LogGroup, Repository, Secret};
use crate::stack::Stack;

/// The outputs of a stack; what does not exist yet is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Outputs {
    /// The stack's name.
    pub stack: String,
    /// The account it is in.
    pub account: String,
    /// The region it is in.
    pub region: String,
    /// What users type.
    pub address: Option<String>,
    /// The load balancer's own name: what a DNS record elsewhere must point to.
    pub load_balancer: Option<String>,
    /// The record to make where the domain is kept, which is not in a zone of this account.
    pub dns_record: Option<DnsRecord>,
    /// What to enter at Google.
    pub google: Option<Google>,
    /// The first administrator.
    pub admin: Option<Admin>,
    /// The ECS cluster.
    pub cluster: Option<String>,
    /// The bucket of uploads.
    pub bucket: Option<String>,
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

/// A DNS record that ajuda cannot make.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DnsRecord {
    /// The name that users type.
    pub name: String,
    /// `CNAME`. A name that is a zone itself takes none (RFC 1034, 3.6.2): there it is whatever the DNS provider
    /// calls an alias.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Where it points: the load balancer's own name.
    pub value: String,
}

/// Who signs in first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Admin {
    /// E-mail address.
    pub email: String,
    /// The command that prints the password.
    pub password_command: String,
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

/// The kinds that outputs are read of, and no others.
pub const KINDS: &[&str] = &[
    Bucket::KIND,
    Cluster::KIND,
    DbInstance::KIND,
    LoadBalancer::KIND,
    LogGroup::KIND,
    Repository::KIND,
    Secret::KIND,
];

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
        dns_record: stack
            .domain
            .as_ref()
            .filter(|domain| domain.zone.is_none())
            .zip(balancer.as_ref())
            .map(|(domain, balancer)| DnsRecord {
                name: domain.name.clone(),
                kind: "CNAME",
                value: balancer.clone(),
            }),
        load_balancer: balancer,
        admin: None,
        cluster: live::<Cluster>(found, "main").map(|live| live.name.clone()),
        bucket: live::<Bucket>(found, "uploads").map(|live| live.name.clone()),
        google: (stack.google.as_ref().and(https))
            .zip(google_callback(stack))
            .map(|(origin, path)| Google {
                redirect_uri: format!("{origin}{path}"),
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

impl Outputs {
    /// The same with the first administrator; `get` is the command that prints a secret, without its name.
    #[must_use]
    pub fn with_admin(self, stack: &Stack, get: impl Fn(&str) -> String) -> Self {
        // One whose password is the operator's own has no secret of the stack.
        let made = self.secrets.contains_key(ADMIN_PASSWORD);
        let admin = stack.admin.as_ref().filter(|_| made).map(|admin| Admin {
            email: admin.email.clone(),
            password_command: get(ADMIN_PASSWORD),
        });
        Self { admin, ..self }
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
