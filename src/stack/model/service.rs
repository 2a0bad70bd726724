//! What a stack file says of its services.

use std::collections::{BTreeMap, BTreeSet};

use super::{Egress, SecretSource, Store};
use crate::stack::preset::PresetRules;

/// A service on Fargate.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its name in the file.
    pub name: String,
    /// The workload it is.
    pub preset: Option<&'static PresetRules>,
    /// What runs.
    pub image: Image,
    /// The ARN of the secret that a registry outside of ECR asks for: JSON with `username` and `password` (ECS
    /// API, `RepositoryCredentials`).
    pub registry_credentials: Option<String>,
    /// CPU units; with `memory` one of Fargate's pairs.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    /// `X86_64` or `ARM64`, AWS's spelling.
    pub architecture: String,
    /// Tasks when nothing scales them; `None` leaves their number to whoever scales by hand, one to begin with.
    pub count: Option<u32>,
    /// Application Auto Scaling; then the count is not the file's.
    pub autoscaling: Option<Autoscaling>,
    /// How a new revision takes over, where it is not task by task or as the preset must have it.
    pub deployment: Option<Deployment>,
    /// Container port.
    pub port: u16,
    /// Behind the load balancer.
    pub public: bool,
    /// Path patterns at the load balancer; empty is the default action.
    pub paths: Vec<String>,
    /// `bedrock-gateway:80`: name and port other services reach it under, by Service Connect.
    pub expose: Option<(String, u16)>,
    /// Health check path of the load balancer.
    pub health_path: String,
    /// Seconds in which failing health checks are ignored after a task starts.
    pub health_grace: u32,
    /// Container health check command (`CMD-SHELL`), if any.
    pub health_command: Option<String>,
    /// Replaces the image's command.
    pub command: Vec<String>,
    /// Plain environment.
    pub environment: BTreeMap<String, Value>,
    /// Environment from Secrets Manager.
    pub secrets: BTreeMap<String, SecretRef>,
    /// Statements of the task role beside the preset's.
    pub policies: Vec<Statement>,
    /// Stores that it reaches although none of its variables names them.
    pub uses: Vec<Store>,
    /// Where it may connect to beyond what it needs.
    pub egress: Vec<Egress>,
    /// GiB of ephemeral storage, 21-200; `None` is Fargate's 20.
    pub ephemeral_gb: Option<u32>,
    /// ECS Exec.
    pub exec: bool,
    /// As whom its container runs, and where it writes.
    pub security: SecurityContext,
}

/// What a container may do to itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecurityContext {
    /// `user`, `user:group`, `uid` or `uid:gid`; `None` is the image's own.
    pub user: Option<String>,
    /// Whether its root file system is read only.
    pub read_only_root: bool,
    /// Absolute paths that it can write to all the same; empty unless the root file system is read only.
    pub writable: BTreeSet<String>,
}

/// A deployment in which all new tasks start beside the old ones before traffic moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deployment {
    /// How the traffic moves.
    pub shift: Shift,
    /// Minutes, 0-1440, that the old tasks stay when all traffic has moved: until then ECS can go
    /// back at once.
    pub bake_minutes: u32,
}

/// How traffic moves from the old tasks to the new ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// At once.
    AllAtOnce,
    /// In equal steps.
    Linear {
        /// Of the traffic, 3-100, each step.
        percent: u32,
        /// Minutes, 0-1440, between steps.
        step_minutes: u32,
    },
    /// A small part first, then the rest.
    Canary {
        /// Of the traffic, 1-100, first.
        percent: u32,
        /// Minutes, 0-1440, until the rest.
        step_minutes: u32,
    },
}

/// An image reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// `true`: `name` is a repository of this stack, made in ECR.
    pub ours: bool,
    /// Repository (ours) or whole reference without tag or digest.
    pub name: String,
    /// Tag or `sha256:…` written in the file, which then owns it.
    pub tag: Option<String>,
}

/// Autoscaling of a service's tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct Autoscaling {
    /// Fewest tasks.
    pub min: u32,
    /// Most tasks.
    pub max: u32,
    /// Target CPU percent.
    pub cpu_percent: u32,
}

/// A plain environment value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// As written.
    Text(String),
    /// Known once the stack is up.
    From(Output),
}

/// Something of the stack that a plain environment variable can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// `storage.bucket`.
    Bucket,
    /// `database.host`.
    DatabaseHost,
    /// `database.port`.
    DatabasePort,
    /// `database.name`.
    DatabaseName,
    /// `database.ca`: the certificates that its server is verified with, as PEM.
    DatabaseCa,
    /// `load_balancer.url`: `https://<domain>`, or `http://<load balancer>`.
    Url,
    /// `stack.region`.
    Region,
}

/// What a secret environment variable names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// A secret of the service's own.
    Own(SecretSource),
    /// `database.url`: the application's connection string.
    DatabaseUrl,
    /// The same, for a preset that verifies the server.
    VerifiedDatabaseUrl,
    /// `database.password`: the application's password.
    DatabasePassword,
    /// `redis.url`, with its token.
    RedisUrl,
    /// A secret that a preset shares in the stack, by its name (`app-key`, `gateway-key` …).
    Shared(&'static str),
}

/// An IAM policy statement (always `Allow`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// `service:Action`.
    pub actions: Vec<String>,
    /// ARNs; `*` must be written.
    pub resources: Vec<String>,
}
