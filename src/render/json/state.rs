//! How a stack is, what ran before, and what it gives its operator. Which stack that is stands in the envelope.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::aws::timestamp::Moment;
use crate::engine::Summary;
use crate::inspect::status::{
    AlarmsSummary, CertificateSummary, DatabaseSummary, Health, HeldSummary, Issue, ServiceSummary,
    Status, UnreadSummary,
};
use crate::outputs::{Admin, Database, DnsRecord, Google, Outputs};
use crate::rollout::history::{Deployed, History};

#[derive(Serialize)]
struct StatusDocument<'a> {
    at: &'a Moment,
    health: Health,
    held: Option<&'a HeldSummary>,
    troubles: &'a [Issue],
    address: Option<&'a str>,
    services: &'a [ServiceSummary],
    database: Option<&'a DatabaseSummary>,
    certificate: Option<&'a CertificateSummary>,
    alarms: Option<&'a AlarmsSummary>,
    pending: Option<&'a Summary>,
    notes: &'a [String],
    unread: &'a [UnreadSummary],
}

/// How a stack is.
pub fn status(status: &Status) -> impl Serialize {
    StatusDocument {
        at: &status.at,
        health: status.health,
        held: status.held.as_ref(),
        troubles: &status.troubles,
        address: status.address.as_deref(),
        services: &status.services,
        database: status.database.as_ref(),
        certificate: status.certificate.as_ref(),
        alarms: status.alarms.as_ref(),
        pending: status.pending.as_ref(),
        notes: &status.notes,
        unread: &status.unread,
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
