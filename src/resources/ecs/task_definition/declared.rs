//! What is declared of a task definition.

use std::collections::BTreeMap;

use crate::aws::Tags;
use crate::engine::Ref;
use crate::stack::SecurityContext;

use crate::resources::{Bucket, DbInstance, LoadBalancer, LogGroup, Repository, Role, Secret};

/// What one task runs.
#[derive(Debug, Clone)]
pub struct TaskDefinition {
    /// Its family: the name that its revisions share (ECS API, `RegisterTaskDefinition.family`).
    pub family: String,
    /// The container's name.
    pub container: String,
    /// The cluster's name, to find what runs.
    pub cluster: String,
    /// The ECS service that runs it: its revision is the one that is there. `None`: the family's newest is.
    pub service: Option<String>,
    /// What it runs.
    pub image: TaskImage,
    /// The ARN of the secret that the image's registry asks for (ECS API, `RepositoryCredentials`).
    pub registry_credentials: Option<String>,
    /// CPU units; with `memory` one of Fargate's pairs.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    /// `X86_64` or `ARM64`.
    pub architecture: String,
    /// GiB, 21-200; `None` is Fargate's 20.
    pub ephemeral_gb: Option<u32>,
    /// Pulls the image, reads the secrets, writes the log.
    pub execution_role: Ref<Role>,
    /// What the container may do.
    pub task_role: Ref<Role>,
    /// The port it listens on.
    pub port: Option<u16>,
    /// The port's name, for Service Connect.
    pub port_name: Option<String>,
    /// `http`, `http2` or `grpc`; `None` is plain TCP.
    pub app_protocol: Option<String>,
    /// Plain environment.
    pub environment: BTreeMap<String, EnvironmentValue>,
    /// Environment from Secrets Manager.
    pub secrets: BTreeMap<String, SecretKey>,
    /// Replaces the image's entry point; empty keeps it.
    pub entry_point: Vec<String>,
    /// Replaces the image's command; empty keeps it.
    pub command: Vec<String>,
    /// The container's own health check.
    pub health: Option<ContainerHealth>,
    /// Where it writes its log.
    pub log_group: Ref<LogGroup>,
    /// Seconds from SIGTERM to SIGKILL, at most 120; `None` is ECS's 30.
    pub stop_timeout: Option<u32>,
    /// As whom its container runs, and where it writes.
    pub security: SecurityContext,
    /// The file's tags.
    pub tags: Tags,
}

/// Whose image a task runs.
#[derive(Debug, Clone)]
pub enum TaskImage {
    /// One of a repository of ours.
    Ours {
        /// The repository.
        repository: Ref<Repository>,
        /// Its tag or digest (`sha256:…`); `None` keeps what runs.
        tag: Option<String>,
    },
    /// A whole reference to a registry elsewhere.
    Foreign(String),
    /// The one of another task definition, by its digest where its repository is ours; kept while the
    /// registry still has it.
    SameAs(Ref<TaskDefinition>),
}

/// The value of a plain environment variable.
#[derive(Debug, Clone)]
pub enum EnvironmentValue {
    /// This.
    Text(String),
    /// A bucket's name.
    Bucket(Ref<Bucket>),
    /// A database's host name.
    DatabaseHost(Ref<DbInstance>),
    /// A database's port.
    DatabasePort(Ref<DbInstance>),
    /// `http://` and a load balancer's DNS name.
    BalancerUrl(Ref<LoadBalancer>),
}

/// What of Secrets Manager an environment variable holds.
#[derive(Debug, Clone)]
pub enum SecretKey {
    /// A whole secret.
    Whole(Ref<Secret>),
    /// One key of a secret whose value is JSON.
    Key(Ref<Secret>, String),
    /// A secret that was there before, in the form of `Secret.valueFrom` (ECS API).
    Arn(String),
}

/// `healthCheck` of a container; times in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerHealth {
    /// Run by `CMD-SHELL`.
    pub command: String,
    /// Between two checks, 5-300.
    pub interval: i32,
    /// Until a check counts as failed, 2-60.
    pub timeout: i32,
    /// Failures in a row until the container is unhealthy, 1-10.
    pub retries: i32,
    /// In which failures do not count, 0-300.
    pub start_period: i32,
}
