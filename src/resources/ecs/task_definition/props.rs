//! What can be said of a task definition.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::aws::Tags;

pub(super) const OPERATION: &str = "ecs:RegisterTaskDefinition";

/// What is mounted on a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mount {
    /// A directory on the task's disk, empty at first.
    Disk,
    /// A tmpfs of at most this many MiB.
    Memory(i32),
    /// Something that the stack knows nothing of.
    Other(String),
}

impl fmt::Display for Mount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk => out.write_str("on disk"),
            Self::Memory(mib) => write!(out, "in memory, {mib} MiB at most"),
            Self::Other(what) => out.write_str(what),
        }
    }
}

impl Serialize for Mount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Begins the labels of a container that tell versions of secrets; the secret's name follows.
pub(crate) const VERSION_LABEL: &str = "ajuda.secret.";

/// The names of the variables of `awslogs`, the log driver of Fargate.
const DRIVER: &str = "awslogs";

/// What can be said of a task definition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskDefinitionProps {
    pub(super) family: String,
    /// Whether a service can still be moved to it.
    pub(super) active: bool,
    pub(super) container: String,
    /// Containers that the stack knows nothing of.
    pub(super) other_containers: Vec<String>,
    /// The image without its tag or digest.
    pub(super) repository: Option<String>,
    pub(super) image: Option<String>,
    /// The secret that the image's registry asks for; empty where it asks for none, or is ECR.
    pub(super) registry_credentials: String,
    pub(crate) cpu: u32,
    pub(crate) memory: u32,
    pub(crate) architecture: String,
    pub(crate) ephemeral_gb: u32,
    pub(super) execution_role: String,
    pub(super) task_role: String,
    pub(super) port: Port,
    pub(super) environment: BTreeMap<String, String>,
    /// Names to `valueFrom`.
    pub(super) secrets: BTreeMap<String, String>,
    /// The stack's secrets that its tasks read when they start, and the version of each that was there
    /// when it was registered: another one is a reason to start them anew.
    pub(super) secret_versions: BTreeMap<String, String>,
    pub(super) entry_point: Vec<String>,
    pub(super) command: Vec<String>,
    pub(super) health: Health,
    /// The log driver and its options.
    pub(super) log: BTreeMap<String, String>,
    pub(super) stop_timeout: u32,
    /// Empty is the image's own.
    pub(super) user: String,
    pub(super) read_only_root: bool,
    /// What it can write to beside its root file system, by path.
    pub(super) writable: BTreeMap<String, Mount>,
    pub(super) tags: Tags,
}

impl TaskDefinitionProps {
    /// GiB of a task that asks for none ("Fargate task ephemeral storage", ECS developer guide).
    pub(super) const EPHEMERAL_GB: u32 = 20;
    /// Seconds of a container that asks for none (ECS API, `ContainerDefinition.stopTimeout`).
    pub(super) const STOP_TIMEOUT: u32 = 30;
}

/// A container's port.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Port {
    pub(super) number: Option<u16>,
    pub(super) name: Option<String>,
    pub(super) protocol: Option<String>,
}

/// A container's health check; all `None` when it has none.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Health {
    pub(super) command: Option<String>,
    pub(super) interval: Option<i32>,
    pub(super) timeout: Option<i32>,
    pub(super) retries: Option<i32>,
    pub(super) start_period: Option<i32>,
}

/// The options of the log driver, and the driver under `driver`.
pub(super) fn log_options(group: &str, region: &str) -> BTreeMap<String, String> {
    BTreeMap::from(
        [
            ("driver", DRIVER),
            ("awslogs-group", group),
            ("awslogs-region", region),
            ("awslogs-stream-prefix", "ecs"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    )
}
