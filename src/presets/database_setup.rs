//! The one-off task that prepares the database: pgvector, the application's role and its grants.
//!
//! It runs in the private subnets as the master user, in an image that has Python and psycopg.

use std::collections::{BTreeMap, BTreeSet};

use crate::stack::{Output, Preset, SecurityContext, Stack, Value};

/// What the task runs: `python -c` with this. Its first lines say what it does, and it is idempotent.
pub const SCRIPT: &str = include_str!("database_setup.py");

/// Open WebUI's own image, for a stack that has a database and no Open WebUI.
pub const PUBLIC_IMAGE: &str = "ghcr.io/open-webui/open-webui:v0.12.4";

/// The container of the set-up task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupTask {
    /// Whose image it is.
    pub image: SetupImage,
    /// Fargate CPU units.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    /// Replaces the image's command.
    pub command: Vec<String>,
    /// Plain environment.
    pub environment: BTreeMap<&'static str, Value>,
    /// Environment from keys of shared secrets.
    pub secrets: BTreeMap<&'static str, SecretKey>,
    /// As whom it runs, and where it writes.
    pub security: SecurityContext,
}

/// The image of the set-up task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupImage {
    /// The image of this service, which is Open WebUI.
    OfService(String),
    /// A public image, with its tag.
    Public(&'static str),
}

/// One key of a shared secret whose value is JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretKey {
    /// Name of the shared secret.
    pub secret: &'static str,
    /// Key in its JSON.
    pub key: &'static str,
}

/// The set-up task of a stack; `None` without a database.
pub fn setup_task(stack: &Stack) -> Option<SetupTask> {
    stack.database.as_ref()?;
    let app = stack
        .services
        .values()
        .find(|service| service.preset == Some(Preset::OpenWebui));
    let of = |secret, key| SecretKey { secret, key };
    Some(SetupTask {
        image: app.map_or(SetupImage::Public(PUBLIC_IMAGE), |service| {
            SetupImage::OfService(service.name.clone())
        }),
        cpu: 256,
        memory: 512,
        command: ["python", "-c", SCRIPT].map(str::to_owned).to_vec(),
        environment: BTreeMap::from([
            ("PGHOST", Value::From(Output::DatabaseHost)),
            ("PGPORT", Value::From(Output::DatabasePort)),
            ("PGDATABASE", Value::From(Output::DatabaseName)),
        ]),
        secrets: BTreeMap::from([
            ("PGUSER", of("database-master", "username")),
            ("PGPASSWORD", of("database-master", "password")),
            ("APP_USER", of("database-app", "username")),
            ("APP_PASSWORD", of("database-app", "password")),
        ]),
        security: SecurityContext {
            user: None,
            read_only_root: true,
            writable: BTreeSet::from(["/tmp".to_owned()]),
        },
    })
}

/// What an exit code of the script means, in the operator's words; `None` for 0 and for codes that are not its own.
pub fn explain(exit_code: i32) -> Option<&'static str> {
    Some(match exit_code {
        1 => "the database answered with an error: the task's log has it",
        10 => "a variable of the set-up task is missing",
        11 => {
            "the database could not be reached: check its security group and that it is available"
        }
        12 => "the database refused the master user's password: it was changed outside of ajuda",
        13 => "the connection could not be encrypted",
        14 => "the database does not exist on the instance",
        15 => "this version of PostgreSQL does not offer pgvector",
        16 => "the master user is not permitted to prepare the database",
        17 => {
            "the application's role exists already and is privileged: name another `username` in [database]"
        }
        18 => "the application's role cannot log in or cannot create tables",
        _ => return None,
    })
}
