//! The one-off task that prepares the database: its extensions, the application's role and its grants.
//!
//! It runs in the private subnets as the master user, in an image that has Python and psycopg.

use std::collections::{BTreeMap, BTreeSet};

use super::{PRESETS, keeps_vectors, of, rds_ca};
use crate::image_reference::names_digest;
use crate::stack::{Output, SecurityContext, Service, Stack, Value};

/// What the task runs: `python -c` with this. Its first lines say what it does, and it is idempotent.
pub const SCRIPT: &str = include_str!("database_setup.py");

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
    /// The extensions of PostgreSQL that it makes: the file's, and pgvector for Open WebUI.
    pub extensions: BTreeSet<String>,
    /// As whom it runs, and where it writes.
    pub security: SecurityContext,
}

/// The image of the set-up task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupImage {
    /// The image of this service, which has Python and psycopg: from the stack's own repository, where its digest is
    /// looked up, or written with its digest in the file.
    OfService(String),
    /// A public image, with its digest.
    Public(&'static str),
}

impl SetupTask {
    /// The secret that the registry of its image asks for, which is the service's whose image it is.
    pub fn registry_credentials<'s>(&self, stack: &'s Stack) -> Option<&'s str> {
        match &self.image {
            SetupImage::OfService(name) => {
                stack.services.get(name)?.registry_credentials.as_deref()
            }
            SetupImage::Public(_) => None,
        }
    }
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
    let extensions = extensions(stack)?;
    let app = stack
        .services
        .values()
        .find(|service| has_psycopg(service) && is_pinned(service));
    let secret = |secret, key| SecretKey { secret, key };
    Some(SetupTask {
        image: match app {
            Some(service) => SetupImage::OfService(service.name.clone()),
            None => SetupImage::Public(PRESETS.iter().find_map(|preset| preset.psycopg_image)?),
        },
        cpu: 256,
        memory: 512,
        command: ["python", "-c", SCRIPT].map(str::to_owned).to_vec(),
        environment: BTreeMap::from([
            ("PGHOST", Value::From(Output::DatabaseHost)),
            ("PGPORT", Value::From(Output::DatabasePort)),
            ("PGDATABASE", Value::From(Output::DatabaseName)),
            (rds_ca::VARIABLE, Value::From(Output::DatabaseCa)),
            ("SETUP_EXTENSIONS", Value::Text(words(&extensions))),
        ]),
        secrets: BTreeMap::from([
            ("PGUSER", secret("database-master", "username")),
            ("PGPASSWORD", secret("database-master", "password")),
            ("APP_USER", secret("database-app", "username")),
            ("APP_PASSWORD", secret("database-app", "password")),
        ]),
        extensions,
        security: SecurityContext {
            user: None,
            read_only_root: true,
            writable: BTreeSet::from(["/tmp".to_owned()]),
        },
    })
}

/// The extensions that a stack's database has: those of the file, and pgvector where a service keeps its vectors
/// in it; `None` without a database.
pub fn extensions(stack: &Stack) -> Option<BTreeSet<String>> {
    let mut extensions = stack.database.as_ref()?.extensions.clone();
    if keeps_vectors(stack) {
        extensions.insert("vector".to_owned());
    }
    Some(extensions)
}

fn words(names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.join(" ")
}

/// Whether the image of a service has what the script needs.
fn has_psycopg(service: &Service) -> bool {
    of(service).is_some_and(|preset| preset.psycopg_image.is_some())
}

/// Whether nobody else can change what the image of a service is.
fn is_pinned(service: &Service) -> bool {
    let tag = service.image.tag.as_deref();
    service.image.ours || tag.is_some_and(names_digest)
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
        15 => {
            "this version of PostgreSQL does not offer an extension that the stack needs: the task's log names it"
        }
        16 => "the master user is not permitted to prepare the database",
        17 => {
            "the application's role exists already and is privileged: name another `username` in [database]"
        }
        18 => "the application's role cannot log in or cannot create tables",
        19 => {
            "whoever answers at the database's address is not the database: its certificate is not of RDS in \
             this region, or has another host name; no password was sent"
        }
        20 => {
            "tables of the database are owned by another role, so the application cannot migrate them: its log \
             names the owner; `username` in [database] may name that role"
        }
        _ => return None,
    })
}
