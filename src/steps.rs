//! The ordered plan a person reads: each step declares the resources of one system of the stack.
//!
//! Pure: a [`Stack`] and its [`Place`] in, a graph out. No step reads or changes AWS.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::aws::{Cloud, Place, Tags};
use crate::engine::{Address, Graph, Resource};
use crate::resources::Encryption;
use crate::stack::{Stack, Unmanaged};

mod addresses;
mod cluster;
mod database;
mod identity;
mod load_balancer;
mod network;
mod observability;
mod redis;
mod registry;
mod secret_keys;
mod secrets;
mod security_groups;
mod services;
mod setup;
mod shared;
mod storage;
pub mod zones;

pub use addresses::{adopted, moved, wrong_addresses};
pub use secret_keys::{operators_references, operators_secrets};

/// The steps in the order in which they are printed, each with what it is for.
pub const STEPS: &[(&str, &str)] = &[
    ("network", "VPC, subnets, NAT, security groups, flow logs"),
    ("registry", "ECR repositories"),
    ("storage", "S3 buckets"),
    ("secrets", "Secrets Manager"),
    ("database", "RDS for PostgreSQL"),
    ("pgvector", "extensions, application role and grants"),
    // The same where no service keeps vectors.
    ("database set-up", "extensions, application role and grants"),
    ("cache", "ElastiCache"),
    (
        "cluster",
        "ECS cluster, Service Connect namespace, log groups",
    ),
    ("identity", "IAM roles"),
    ("load balancer", "ALB, certificate, DNS"),
    ("gateway", "services that lead to models"),
    ("app", "services"),
    ("observability", "alarms and who is notified"),
];

/// What one run knows beside the file: what the operator chose, and what the file only names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Image tags or digests by service (`--image`).
    pub images: BTreeMap<String, String>,
    /// What encrypts each of the operator's own secrets, by its ARN ([`operators_secrets`]); one that is missing
    /// needs no permission.
    pub secret_keys: BTreeMap<String, Encryption>,
}

/// A stack, declared.
pub struct Declared {
    /// Every resource.
    pub graph: Graph<Cloud>,
    /// Secrets whose first value comes from a variable of the operator's environment.
    pub inputs: Vec<(Address, String)>,
    /// What may have another name on AWS than we would give it (`[adopt]`).
    pub adoptable: BTreeSet<Address>,
}

/// What every step works with.
struct BuildContext<'a> {
    stack: &'a Stack,
    place: &'a Place,
    choice: &'a Choice,
    graph: Graph<Cloud>,
    inputs: Vec<(Address, String)>,
    adoptable: RefCell<BTreeSet<Address>>,
}

impl BuildContext<'_> {
    fn tags(&self) -> Tags {
        self.stack.tags.clone()
    }

    /// AWS's name for something of this stack.
    fn name(&self, name: &str) -> String {
        self.place.name(name)
    }

    /// AWS's name for a resource: what `[adopt]` says it is called there, or `ours`.
    fn physical_name<R: Resource>(&self, name: &str, ours: String) -> String {
        let address = Address::new(R::KIND, name);
        let theirs = self.stack.adopt.get(&address.to_string()).cloned();
        self.adoptable.borrow_mut().insert(address);
        theirs.unwrap_or(ours)
    }
}

/// Declares every resource of `stack` at `place`.
pub fn declare(stack: &Stack, place: &Place, choice: &Choice) -> Declared {
    // what a preset chooses by the region must not depend on who says the region: the file, a flag, a profile
    let stack = &Stack {
        region: Some(place.region.clone()),
        ..stack.clone()
    };
    let mut context = BuildContext {
        stack,
        place,
        choice,
        graph: Graph::default(),
        inputs: Vec::new(),
        adoptable: RefCell::default(),
    };
    if stack.unmanaged == Unmanaged::Remove {
        context.graph.remove_extras();
    }
    let logs = cluster::log_groups(&mut context);
    let mut network = network::declare(&mut context, &logs);
    security_groups::declare(&mut context, &mut network);
    let registry = registry::declare(&mut context);
    let storage = storage::declare(&mut context);
    let mut secrets = secrets::declare(&mut context);
    let database = database::declare(&mut context, &network, &logs, &mut secrets);
    redis::declare(&mut context, &network, &mut secrets);
    secrets::join(&mut context, &mut secrets);
    let cluster = cluster::declare(&mut context, &logs);
    let roles = identity::declare(&mut context, &logs, &registry, &secrets);
    let balancer = load_balancer::declare(&mut context, &network, &storage);
    let shared = shared::Shared {
        logs: &logs,
        network: &network,
        registry: &registry,
        storage: &storage,
        secrets: &secrets,
        database: database.as_ref(),
        cluster: &cluster,
        roles: &roles,
        balancer: balancer.as_ref(),
    };
    let services = services::declare(&mut context, &shared);
    observability::declare(&mut context, &shared, &services);
    Declared {
        graph: context.graph,
        inputs: context.inputs,
        adoptable: context.adoptable.into_inner(),
    }
}
