//! The secrets of a stack, looked at and given new values. A value is never in an answer.

use std::collections::{BTreeMap, BTreeSet};

use aws_smithy_types::date_time::Format;
use serde::Serialize;

use crate::aws::Cloud;
use crate::aws::grant::{Grant, on};
use crate::engine::{Address, AnyLive, Fault, Graph, Resource};
use crate::resources::{
    Cache, DbInstance, Secret, SecretKey, SecretLive, SecretValue, TaskDefinition,
    TaskDefinitionLive,
};

pub mod operator;
mod rotate;
mod set;

pub use rotate::{Rotation, in_progress, preview, renew, rest, with_secret};
pub use set::{Closed, Set, check_value, is_open, set};

/// One secret, without its value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SecretSummary {
    /// Its name in the stack.
    pub name: String,
    /// Its address.
    pub address: Option<Address>,
    /// Its name in Secrets Manager; its ARN where the operator keeps it.
    pub id: String,
    /// How its value is made.
    pub made: String,
    /// What uses it: `service/VARIABLE`, or a resource.
    pub used_by: Vec<String>,
    /// The id of its present version; nothing without a value.
    pub version: Option<String>,
    /// When it changed last, RFC 3339.
    pub changed: Option<String>,
    /// How it is.
    pub state: State,
    /// Services whose tasks were started for another version.
    pub outdated: Vec<String>,
    /// Whether Secrets Manager rotates it by a function.
    pub rotates: bool,
    /// From when on it cannot be restored, RFC 3339; only while it is scheduled for deletion.
    pub deletion: Option<String>,
}

/// How a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Every service runs with its present value.
    Current,
    /// A service still runs with a former value.
    Restart,
    /// It is declared and not there.
    Absent,
    /// It is there and has no value.
    Empty,
    /// It waits for its deletion and can be restored.
    Deleted,
    /// It is the operator's own, which ajuda only names.
    Theirs,
}

/// The declared secrets, by address.
pub fn declared(graph: &Graph<Cloud>) -> BTreeMap<&Address, &Secret> {
    graph
        .iter()
        .filter_map(|(address, entry)| Some((address, entry.node.declaration().downcast_ref()?)))
        .collect()
}

/// The declared secret that an operator calls `text`: by its name in the stack, its address, or its
/// name in Secrets Manager.
pub fn find<'g>(graph: &'g Graph<Cloud>, text: &str) -> Option<(&'g Address, &'g Secret)> {
    declared(graph).into_iter().find(|(address, secret)| {
        address.name() == text || address.to_string() == text || secret.name == text
    })
}

/// Every secret of the stack: the declared ones, those left over, and the operator's own.
///
/// # Errors
/// The fault of a request.
pub async fn list(
    cloud: &Cloud,
    graph: &Graph<Cloud>,
    found: &BTreeMap<Address, AnyLive>,
) -> Result<Vec<SecretSummary>, Fault> {
    let declared = declared(graph);
    let named: Vec<&str> = declared
        .values()
        .map(|secret| secret.name.as_str())
        .collect();
    let all = Secret::all(cloud, &named).await?;
    let mut rows = Vec::new();
    for (address, secret) in declared {
        let live = all.iter().find(|live| live.name == secret.name);
        rows.push(row(graph, found, address, secret, live));
    }
    for live in all
        .iter()
        .filter(|live| !named.contains(&live.name.as_str()))
    {
        let name = live.owner(cloud).unwrap_or_default();
        rows.push(SecretSummary {
            state: state(Some(live), &[]),
            made: "no longer in the file".to_owned(),
            ..summary(name, live.name.clone(), Some(live))
        });
    }
    rows.extend(theirs(graph));
    Ok(rows)
}

fn row(
    graph: &Graph<Cloud>,
    found: &BTreeMap<Address, AnyLive>,
    address: &Address,
    secret: &Secret,
    live: Option<&SecretLive>,
) -> SecretSummary {
    let version = live.map(|live| live.version.as_str()).unwrap_or_default();
    let outdated = outdated(found, address.name(), version);
    SecretSummary {
        address: Some(address.clone()),
        made: made(&secret.value),
        used_by: used_by(graph, address),
        state: state(live, &outdated),
        outdated,
        ..summary(address.name().to_owned(), secret.name.clone(), live)
    }
}

fn summary(name: String, id: String, live: Option<&SecretLive>) -> SecretSummary {
    let time = |time: &aws_smithy_types::DateTime| time.fmt(Format::DateTime).ok();
    SecretSummary {
        name,
        address: None,
        id,
        made: String::new(),
        used_by: Vec::new(),
        version: live
            .map(|live| live.version.clone())
            .filter(|version| !version.is_empty()),
        changed: live.and_then(SecretLive::changed).and_then(time),
        state: State::Absent,
        outdated: Vec::new(),
        rotates: live.is_some_and(SecretLive::rotates),
        deletion: live.and_then(SecretLive::deletion).and_then(time),
    }
}

fn state(live: Option<&SecretLive>, outdated: &[String]) -> State {
    match live {
        None => State::Absent,
        Some(live) if live.deletion().is_some() => State::Deleted,
        Some(live) if live.version.is_empty() => State::Empty,
        Some(_) if !outdated.is_empty() => State::Restart,
        Some(_) => State::Current,
    }
}

/// Services that were registered for another version of the secret.
fn outdated(found: &BTreeMap<Address, AnyLive>, secret: &str, version: &str) -> Vec<String> {
    let runs_with_another = |live: &TaskDefinitionLive| {
        let versions = live.secret_versions();
        versions.get(secret).is_some_and(|known| known != version)
    };
    found
        .iter()
        .filter(|(address, _)| address.kind() == TaskDefinition::KIND)
        .filter(|(_, live)| live.downcast_ref().is_some_and(runs_with_another))
        .map(|(address, _)| address.name().to_owned())
        .collect()
}

fn made(value: &SecretValue) -> String {
    match value {
        SecretValue::Generated { .. } => "made by ajuda".to_owned(),
        SecretValue::DatabaseMaster { .. } | SecretValue::DatabaseApp { .. } => {
            "password made by ajuda".to_owned()
        }
        SecretValue::Environment(variable) => format!("given by you, at first in {variable}"),
        SecretValue::Joined { .. } | SecretValue::CacheUrl { .. } => {
            let parts: Vec<&str> = value.parts().iter().map(|part| part.name()).collect();
            format!("made of {}", parts.join(", "))
        }
    }
}

/// The secret and every one whose value is made of it.
pub fn with_it(graph: &Graph<Cloud>, secret: &Address) -> BTreeSet<Address> {
    let mut all = BTreeSet::from([secret.clone()]);
    // Each is declared after those it is made of.
    for (address, entry) in graph.iter() {
        let Some(other) = entry.node.declaration().downcast_ref::<Secret>() else {
            continue;
        };
        if other.value.parts().iter().any(|part| all.contains(*part)) {
            all.insert(address.clone());
        }
    }
    all
}

/// What uses a secret, or one made of it: variables of services, and resources that are made with it.
pub fn used_by(graph: &Graph<Cloud>, secret: &Address) -> Vec<String> {
    let all = with_it(graph, secret);
    let mut uses = BTreeSet::new();
    for (address, entry) in graph.iter() {
        if let Some(task) = entry.node.declaration().downcast_ref::<TaskDefinition>() {
            for (variable, key) in &task.secrets {
                let (SecretKey::Whole(of) | SecretKey::Key(of, _)) = key else {
                    continue;
                };
                if all.contains(of.address()) {
                    uses.insert(format!("{}/{variable}", address.name()));
                }
            }
        } else if [DbInstance::KIND, Cache::KIND].contains(&address.kind())
            && entry.needs.contains(secret)
        {
            uses.insert(address.to_string());
        }
    }
    uses.into_iter().collect()
}

/// The services whose tasks read a secret, or one made of it, when they start.
pub fn readers(graph: &Graph<Cloud>, secret: &Address) -> Vec<String> {
    let all = with_it(graph, secret);
    let reads = |task: &TaskDefinition| {
        task.service.is_some()
            && task.secrets.values().any(|key| match key {
                SecretKey::Whole(of) | SecretKey::Key(of, _) => all.contains(of.address()),
                SecretKey::Arn(_) => false,
            })
    };
    graph
        .iter()
        .filter(|(_, entry)| entry.node.declaration().downcast_ref().is_some_and(reads))
        .map(|(address, _)| address.name().to_owned())
        .collect()
}

/// Secrets that the operator keeps, by ARN, with the variables that hold them.
fn theirs(graph: &Graph<Cloud>) -> Vec<SecretSummary> {
    let mut uses: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (address, entry) in graph.iter() {
        let Some(task) = entry.node.declaration().downcast_ref::<TaskDefinition>() else {
            continue;
        };
        for (variable, key) in &task.secrets {
            if let SecretKey::Arn(arn) = key {
                let uses = uses.entry(arn).or_default();
                uses.push(format!("{}/{variable}", address.name()));
            }
        }
    }
    uses.into_iter()
        .map(|(arn, used_by)| SecretSummary {
            made: "yours".to_owned(),
            state: State::Theirs,
            used_by,
            ..summary(
                arn.rsplit(":secret:").next().unwrap_or(arn).to_owned(),
                arn.to_owned(),
                None,
            )
        })
        .collect()
}

/// What reading, setting and rotating secrets needs.
pub(crate) const GRANTS: &[Grant] = &[
    on(
        &[
            "secretsmanager:secret:{stack}/*",
            "secretsmanager:secret:{secret}-??????",
        ],
        &[
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
        ],
    )
    .owned(),
    on(
        &[
            "secretsmanager:secret:{stack}/*",
            "secretsmanager:secret:{secret}-??????",
        ],
        &["secretsmanager:TagResource", "secretsmanager:UntagResource"],
    ),
    on(&["{key}"], &["kms:GenerateDataKey", "kms:Decrypt"]).via("secretsmanager"),
    on(
        &["rds:db:{stack}", "rds:db:{stack}-*", "rds:db:{db-instance}"],
        &["rds:ModifyDBInstance"],
    )
    .owned(),
    on(
        &["rds:db:{stack}", "rds:db:{stack}-*", "rds:db:{db-instance}"],
        &["rds:AddTagsToResource", "rds:RemoveTagsFromResource"],
    ),
    on(
        &["elasticache:replicationgroup:{cache}"],
        &[
            "elasticache:ModifyReplicationGroup",
            "elasticache:AddTagsToResource",
        ],
    )
    .owned(),
];
