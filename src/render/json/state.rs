//! How a stack is, what ran before, and what it gives its operator. Which stack that is stands in the envelope.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::aws::timestamp::Timestamp;
use crate::database;
use crate::engine::Summary;
use crate::inspect::status::{
    AlarmsSummary, CertificateSummary, DatabaseSummary, Health, HeldSummary, ServiceSummary,
    Status, UnreadSummary,
};
use crate::message::{Message, StackOptions};
use crate::outputs::{Admin, Database, DnsRecord, Google, Outputs};
use crate::rollout::history::{Deployed, History};

#[derive(Serialize)]
struct StatusDocument<'a> {
    at: &'a Timestamp,
    health: Health,
    held: Option<&'a HeldSummary>,
    troubles: Vec<IssueDocument<'a>>,
    address: Option<&'a str>,
    services: &'a [ServiceSummary],
    database: Option<DatabaseSummaryDocument<'a>>,
    certificate: Option<&'a CertificateSummary>,
    alarms: Option<&'a AlarmsSummary>,
    pending: Option<&'a Summary>,
    notes: Vec<String>,
    unread: &'a [UnreadSummary],
}

#[derive(Serialize)]
struct IssueDocument<'a> {
    bad: bool,
    about: &'a str,
    what: String,
}

#[derive(Serialize)]
struct DatabaseSummaryDocument<'a> {
    #[serde(flatten)]
    database: &'a DatabaseSummary,
    notes: Vec<String>,
}

/// Messages about the stack that `place` names.
fn rendered<'a>(all: impl IntoIterator<Item = &'a Message>, place: &StackOptions) -> Vec<String> {
    all.into_iter().map(|one| one.at(place)).collect()
}

/// How a stack is; commands are about the one that `place` names.
pub fn status<'a>(status: &'a Status, place: &StackOptions) -> impl Serialize + use<'a> {
    let issues = status.troubles.iter().map(|one| IssueDocument {
        bad: one.bad,
        about: &one.about,
        what: one.what.at(place),
    });
    let database = status.database.as_ref();
    let database = database.map(|database| DatabaseSummaryDocument {
        database,
        notes: rendered(&database.notes, place),
    });
    StatusDocument {
        at: &status.at,
        health: status.health,
        held: status.held.as_ref(),
        troubles: issues.collect(),
        address: status.address.as_deref(),
        services: &status.services,
        database,
        certificate: status.certificate.as_ref(),
        alarms: status.alarms.as_ref(),
        pending: status.pending.as_ref(),
        notes: rendered(&status.notes, place),
        unread: &status.unread,
    }
}

#[derive(Serialize)]
struct DatabaseDocument<'a> {
    #[serde(flatten)]
    status: &'a database::Status,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct DatabaseStatusDocument<'a> {
    database: DatabaseDocument<'a>,
}

/// How a database is.
pub fn database<'a>(
    status: &'a database::Status,
    place: &StackOptions,
) -> impl Serialize + use<'a> {
    DatabaseStatusDocument {
        database: DatabaseDocument {
            status,
            notes: rendered(&status.notes, place),
        },
    }
}

#[derive(Serialize)]
struct LeftoversDocument<'a> {
    leftovers: Vec<LeftoverDocument<'a>>,
}

#[derive(Serialize)]
struct LeftoverDocument<'a> {
    name: &'a str,
    kind: database::Kind,
    size_gb: Option<u32>,
    since: Option<&'a str>,
    age_s: Option<i64>,
    protected: Option<String>,
    blocked: Option<String>,
}

/// What ajuda has left of a database.
pub fn leftovers<'a>(
    all: &'a [database::Leftover],
    place: &StackOptions,
) -> impl Serialize + use<'a> {
    let leftovers = all.iter().map(|one| LeftoverDocument {
        name: &one.name,
        kind: one.kind,
        size_gb: one.size_gb,
        since: one.since.as_deref(),
        age_s: one.age_s,
        protected: one.protected.as_ref().map(|why| why.at(place)),
        blocked: one.blocked.as_ref().map(|why| why.at(place)),
    });
    LeftoversDocument {
        leftovers: leftovers.collect(),
    }
}

#[derive(Serialize)]
struct HistoryDocument<'a> {
    service: &'a str,
    deployments: &'a [Deployed],
}

/// The deployments of a service.
pub fn history(history: &History) -> impl Serialize {
    HistoryDocument {
        service: &history.service,
        deployments: &history.deployments,
    }
}

#[derive(Serialize)]
struct OutputsDocument<'a> {
    address: Option<&'a str>,
    load_balancer: Option<&'a str>,
    dns_record: Option<&'a DnsRecord>,
    google: Option<&'a Google>,
    admin: Option<&'a Admin>,
    cluster: Option<&'a str>,
    bucket: Option<&'a str>,
    database: Option<&'a Database>,
    registry: &'a BTreeMap<String, String>,
    log_groups: &'a BTreeMap<String, String>,
    secrets: &'a BTreeMap<String, String>,
}

/// What a stack gives its operator.
pub fn outputs(outputs: &Outputs) -> impl Serialize {
    OutputsDocument {
        address: outputs.address.as_deref(),
        load_balancer: outputs.load_balancer.as_deref(),
        dns_record: outputs.dns_record.as_ref(),
        google: outputs.google.as_ref(),
        admin: outputs.admin.as_ref(),
        cluster: outputs.cluster.as_deref(),
        bucket: outputs.bucket.as_deref(),
        database: outputs.database.as_ref(),
        registry: &outputs.registry,
        log_groups: &outputs.log_groups,
        secrets: &outputs.secrets,
    }
}

#[derive(Serialize)]
struct OutputsLine<T> {
    event: &'static str,
    outputs: T,
}

/// The same at the end of a run.
pub fn outputs_line(of: &Outputs) -> impl Serialize {
    OutputsLine {
        event: "outputs",
        outputs: outputs(of),
    }
}
