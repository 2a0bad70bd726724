//! How a stack is: one value that holds what an operator wants to see at midnight.
//!
//! Only reads. What could not be read is said in the value, never left out as if it were not there.

use serde::Serialize;

use crate::aws::grant::{Grant, anywhere, on};
use crate::aws::timestamp::Timestamp;
use crate::engine::{Fault, Summary};
use crate::message::Message;

mod alarms;
mod assessment;
mod certificate;
mod database;
mod drift;
mod read;
mod revision;
mod services;
mod targets;
mod tasks;

pub use crate::resources::ecs::stopped_task::StoppedTask;
pub use assessment::status;
pub use read::{DriftReads, LiveReads, read_drift, read_live};
pub use revision::TaskRevision;
pub use services::read as services;

/// How a stack is.
#[derive(Debug, Clone)]
pub struct Status {
    /// The stack's name.
    pub stack: String,
    /// The account it is in.
    pub account: String,
    /// The region it is in.
    pub region: String,
    /// When it was read, by this machine's clock.
    pub at: Timestamp,
    /// All in one word.
    pub health: Health,
    /// Who changes it now; none when nobody does.
    pub held: Option<HeldSummary>,
    /// What is wrong or needs a look, the worst first.
    pub troubles: Vec<Issue>,
    /// What users type.
    pub address: Option<String>,
    /// Its services, by name.
    pub services: Vec<ServiceSummary>,
    /// Its database; none where the file has none, or it is not there.
    pub database: Option<DatabaseSummary>,
    /// The certificate users see; none without a domain, or before it is there.
    pub certificate: Option<CertificateSummary>,
    /// Its alarms; none while they are unread.
    pub alarms: Option<AlarmsSummary>,
    /// How far AWS is from the file; none while that is unread, in whole or in part.
    pub pending: Option<Summary>,
    /// What an operator should know.
    pub notes: Vec<Message>,
    /// What could not be read.
    pub unread: Vec<UnreadSummary>,
}

/// How something is, all in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// As it should be.
    Healthy,
    /// Nothing runs, and nothing is to.
    Idle,
    /// Not there yet: `up` makes it.
    Absent,
    /// On its way.
    Changing,
    /// ECS went back to what ran before, which is as it should be.
    RolledBack,
    /// It could not be read.
    Unread,
    /// Not as it should be, and it will not come right by itself.
    Unhealthy,
}

/// Something that is wrong, or that needs a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Whether it makes the stack unhealthy; otherwise it only needs a look.
    pub bad: bool,
    /// What it is about: a service's name, `database`, `certificate`, an alarm's name.
    pub about: String,
    /// What is wrong.
    pub what: Message,
}

/// Who holds the stack's lease, and so changes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldSummary {
    /// The caller's ARN (STS API, `GetCallerIdentity`).
    pub owner: String,
    /// The name of the machine.
    pub host: String,
    /// The process on it; 0 where none is known.
    pub process: u32,
    /// Since when, like `2026-03-01T09:30:00Z`.
    pub since: String,
}

/// How a service is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceSummary {
    /// Its name in the file.
    pub name: String,
    /// All in one word.
    pub health: Health,
    /// Tasks that are wanted.
    pub desired: u32,
    /// Tasks that run.
    pub running: u32,
    /// Tasks that are starting.
    pub pending: u32,
    /// Whether no task is wanted, which the file does not ask for.
    pub stopped: bool,
    /// Its task definition.
    pub revision: Option<TaskRevision>,
    /// The image its tasks run.
    pub image: Option<String>,
    /// The tag that the image was chosen by, where it runs by its digest.
    pub image_tag: Option<String>,
    /// Whether ECS Exec is on.
    pub exec: bool,
    /// Its newest deployment.
    pub deployment: Option<DeploymentSummary>,
    /// What the load balancer says; none for a service that is behind none.
    pub targets: Option<TargetsSummary>,
    /// Its tasks that run or start.
    pub tasks: Vec<TaskSummary>,
    /// The task that ended last without being told to, within the hour that ECS remembers.
    pub last_stopped: Option<StoppedTask>,
}

/// A deployment of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeploymentSummary {
    /// ECS's word for it, small: `successful`, `in progress`, `rollback successful` …
    pub status: String,
    /// When it began.
    pub since: Option<Timestamp>,
    /// Why it is so, where ECS says.
    pub reason: Option<String>,
    /// How many of its tasks failed.
    pub failed_tasks: u32,
}

/// The targets of a service at the load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetsSummary {
    /// All that are registered and not leaving.
    pub total: u32,
    /// Those that get requests.
    pub healthy: u32,
    /// The others, in the load balancer's words.
    pub others: Vec<TargetSummary>,
}

/// A target that gets no requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TargetSummary {
    /// Its address and port.
    pub target: String,
    /// `initial`, `unhealthy`, `unused` …
    pub state: String,
    /// Why, where the load balancer says.
    pub reason: Option<String>,
}

/// A task that runs or starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskSummary {
    /// Its id.
    pub id: String,
    /// ECS's word for it, small.
    pub status: String,
    /// What its health check says, small; none without one.
    pub health: Option<String>,
    /// Its task definition, `family:revision`.
    pub revision: Option<String>,
    /// Since when it runs.
    pub since: Option<Timestamp>,
}

/// How the database is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatabaseSummary {
    /// Its identifier.
    pub identifier: String,
    /// RDS's word for what it does.
    pub status: String,
    /// All in one word.
    pub health: Health,
    /// Its engine's version.
    pub version: String,
    /// Gibibytes it has.
    pub storage_gb: u32,
    /// Gibibytes that were free lately; none where CloudWatch has no figure.
    pub free_gb: Option<f64>,
    /// What waits for a window or a restart, or is wrong.
    #[serde(skip)]
    pub notes: Vec<Message>,
}

/// How the certificate is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateSummary {
    /// The domain.
    pub domain: String,
    /// ACM's word for it, small: `issued`, `pending validation` …
    pub status: String,
    /// When it ends.
    pub ends: Option<Timestamp>,
    /// How ACM's own renewal stands, where it has begun.
    pub renewal: Option<String>,
    /// The CNAME, name and value, that ACM waits for.
    pub waits_for: Option<(String, String)>,
}

/// How the alarms are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlarmsSummary {
    /// How many there are.
    pub total: u32,
    /// Those that fire.
    pub firing: Vec<AlarmSummary>,
    /// How many speak to nobody.
    pub silent: u32,
}

/// An alarm that fires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlarmSummary {
    /// Its name.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// What CloudWatch says.
    pub reason: String,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// A part of the stack that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreadSummary {
    /// Which.
    pub what: String,
    /// `service:Operation`.
    pub operation: String,
    /// AWS's error code; empty when AWS did not answer.
    pub code: String,
    /// AWS's message.
    pub message: String,
    /// AWS's request id.
    pub request_id: Option<String>,
}

impl UnreadSummary {
    fn new(what: impl Into<String>, fault: &Fault) -> Self {
        Self {
            what: what.into(),
            operation: fault.operation.clone(),
            code: fault.code.clone(),
            message: fault.message.clone(),
            request_id: fault.request_id.clone(),
        }
    }
}

/// What looking at what runs needs.
pub(crate) const GRANTS: &[Grant] = &[
    anywhere(&[
        "ecs:DescribeServices",
        "ecs:DescribeTaskDefinition",
        "ecs:DescribeTasks",
        "ecs:ListTasks",
        "elasticloadbalancing:DescribeTargetHealth",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricStatistics",
        "rds:DescribeDBInstances",
    ]),
    on(
        &[
            "ecs:service/{cluster}/*",
            "ecs:service-deployment/{cluster}/*",
        ],
        &[
            "ecs:ListServiceDeployments",
            "ecs:DescribeServiceDeployments",
        ],
    ),
    on(&["{certificate}"], &["acm:DescribeCertificate"]),
];
