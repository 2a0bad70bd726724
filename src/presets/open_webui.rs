//! Open WebUI 0.12: one task is a whole application; PostgreSQL, S3 and Redis hold what must outlive it.
//!
//! Variable names are those that its sources ask for; the list is in `open_webui/env.txt`.

use super::{Command, ImageSource, Preset, Settings, rds_ca};
use crate::message::{Message, commands, message};
use crate::stack::{Defaults, OneTask, Output, PresetRules, SecretRef, Service, Stack, Value};

mod accounts;
mod connections;
mod models;
mod secrets;
mod warnings;

/// Every environment variable that Open WebUI asks for, one a line; `#` begins a comment.
pub const VARIABLES: &str = include_str!("open_webui/env.txt");

/// Where Open WebUI keeps uploads and caches. Not its own `/app/backend/data`: a volume there would hide
/// the models that are in the image ("Use bind mounts with Amazon ECS": only what a `VOLUME` names is
/// copied), and it would load them from the internet instead.
const DATA: &str = "/data";

/// Filled anew from the image at every start (`config.py`, `STATIC_DIR`).
const STATIC: &str = "/app/backend/open_webui/static";

/// Open WebUI 0.11.4, the index of its image for `X86_64` and `ARM64`. The task that prepares the database is
/// given the master user's password, and a tag is whatever its registry answers.
///
/// The digest is the one that unrelated public repositories pin beside the tag `v0.11.4` (looked up on
/// 2026-11-28); none named one of 0.12 then. Of the image only Python and psycopg are used.
pub const PSYCOPG_IMAGE: &str = "ghcr.io/open-webui/open-webui@sha256:9591b13f13843c7721c2b8eaf7382846c81b3ffe126526d1888d1fed50c6a33f";

/// The preset.
pub static PRESET: Preset = Preset {
    is_app: true,
    psycopg_image: Some(PSYCOPG_IMAGE),
    vectors: Some(models::VECTORS),
    settings,
    command,
    secrets: secrets::of,
    rotation: secrets::rotation,
    adopted,
    ..Preset::new(
        RULES,
        ImageSource::Published {
            repository: "ghcr.io/open-webui/open-webui",
            release: "v0.12.4",
        },
    )
};

const RULES: PresetRules = PresetRules {
    defaults: Defaults {
        cpu: 1024,
        memory: 4096,
        public: true,
        health_path: "/health",
        health_grace: 300,
        read_only_root: true,
        writable: &[DATA, STATIC, "/tmp"],
        ..Defaults::PLAIN
    },
    owned_variables: &[
        rds_ca::VARIABLE,
        "BYPASS_MODEL_ACCESS_CONTROL",
        "CORS_ALLOW_ORIGIN",
        "DATA_DIR",
        // the parts, when all are set, beat DATABASE_URL
        "DATABASE_HOST",
        "DATABASE_NAME",
        "DATABASE_PASSWORD",
        "DATABASE_PORT",
        "DATABASE_TYPE",
        "DATABASE_URL",
        "DATABASE_USER",
        "GOOGLE_CLIENT_ID",
        "GOOGLE_CLIENT_SECRET",
        "GOOGLE_REDIRECT_URI",
        "OPENAI_API_BASE_URL",
        "OPENAI_API_BASE_URLS",
        "OPENAI_API_CONFIGS",
        "OPENAI_API_KEY",
        "OPENAI_API_KEYS",
        "PGVECTOR_CREATE_EXTENSION",
        "PGVECTOR_DB_URL",
        "PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH",
        "PORT",
        "REDIS_URL",
        "S3_ACCESS_KEY_ID",
        "S3_BUCKET_NAME",
        "S3_REGION_NAME",
        "S3_SECRET_ACCESS_KEY",
        "STATIC_DIR",
        "STORAGE_PROVIDER",
        "UVICORN_WORKERS",
        "VECTOR_DB",
        "WEBSOCKET_MANAGER",
        "WEBSOCKET_REDIS_URL",
        "WEBUI_ADMIN_EMAIL",
        "WEBUI_ADMIN_PASSWORD",
        "WEBUI_JWT_SECRET_KEY",
        "WEBUI_SECRET_KEY",
        "WEBUI_URL",
    ],
    needs_database: true,
    database_name: Some("openwebui"),
    needs_storage: true,
    reads_admin: true,
    google_callback: Some(accounts::GOOGLE_CALLBACK),
    reads_providers: true,
    first_account: Some("Open WebUI makes the first account that signs up its administrator"),
    // it keeps sessions and settings in memory, or in Redis
    one_task: Some(OneTask {
        why: "Open WebUI needs Redis to run as more than one task",
        until_redis: true,
    }),
    stops_first: Some("two versions of Open WebUI must never run against one database"),
    check: connections::check,
    warnings: warnings::of,
    ..PresetRules::new("open-webui", "Open WebUI")
};

fn settings(stack: &Stack, service: &Service) -> Settings {
    let mut settings = Settings::default();
    run(service, &mut settings);
    be_reached(stack, &mut settings);
    keep_data(stack, service, &mut settings);
    share_state(stack, &mut settings);
    accounts::sign_in(stack, &mut settings);
    models::connect(stack, &mut settings);
    allow_storage(stack, &mut settings);
    settings
}

/// Writes the database's certificates into a file, which is all that libpq reads them from, and starts what
/// the image starts (its `CMD`; it has no `ENTRYPOINT`), or the file's command. `deploy run` gives the
/// container another command, and that one runs the same way.
fn command(stack: &Stack, service: &Service) -> Command {
    if stack.database.is_none() {
        return (Vec::new(), service.command.clone());
    }
    let write = format!(
        "printf %s \"${}\" > {} && exec \"$0\" \"$@\"",
        rds_ca::VARIABLE,
        rds_ca::FILE
    );
    let command = if service.command.is_empty() {
        ["bash", "start.sh"].map(str::to_owned).to_vec()
    } else {
        service.command.clone()
    };
    (vec!["sh".to_owned(), "-c".to_owned(), write], command)
}

/// What becomes of what was set in the admin panel, unless the file lets it win over the file.
fn adopted(service: &Service) -> Option<Message> {
    let value = service.environment.get("ENABLE_PERSISTENT_CONFIG");
    if matches!(value, Some(Value::Text(text)) if text.trim().eq_ignore_ascii_case("true")) {
        return None;
    }
    let name = &service.name;
    Some(message![
        "after ",
        commands::up(),
        format!(
            " the file configures {name}, not its admin panel (ENABLE_PERSISTENT_CONFIG is False): what was set \
             in the panel has no effect any more, and what is changed there is gone at the next start; write it \
             under [service.{name}.environment]"
        ),
    ])
}

fn run(service: &Service, settings: &mut Settings) {
    // read by the image's start script
    settings.text("PORT", service.port);
    settings.text("UVICORN_WORKERS", 1);
    settings.text("THREAD_POOL_SIZE", 2000);
    // the file is the configuration: otherwise a setting stored on the first start beats it for ever
    settings.text("ENABLE_PERSISTENT_CONFIG", false);
    // a tool's or function's header must not install packages into a running task
    settings.text("ENABLE_PIP_INSTALL_FRONTMATTER_REQUIREMENTS", false);
    if service.security.read_only_root {
        settings.text("DATA_DIR", DATA);
    }
}

fn be_reached(stack: &Stack, settings: &mut Settings) {
    // an origin with a trailing slash matches no browser's, and the WebSocket is refused
    match &stack.domain {
        Some(domain) => {
            let origin = format!("https://{}", domain.name);
            settings.text("WEBUI_URL", &origin);
            settings.text("CORS_ALLOW_ORIGIN", &origin);
            settings.text("WEBUI_SESSION_COOKIE_SECURE", true);
            settings.text("WEBUI_AUTH_COOKIE_SECURE", true);
        }
        None => {
            settings.output("WEBUI_URL", Output::Url);
            settings.output("CORS_ALLOW_ORIGIN", Output::Url);
        }
    }
    settings.text("ENABLE_WEBSOCKET_SUPPORT", true);
}

fn keep_data(stack: &Stack, service: &Service, settings: &mut Settings) {
    if stack.database.is_some() {
        settings.secret("DATABASE_URL", SecretRef::VerifiedDatabaseUrl);
        settings.output(rds_ca::VARIABLE, Output::DatabaseCa);
        // all tasks together stay below what the class of the database takes
        let pools = connections::pools(stack, service);
        settings.text("DATABASE_POOL_SIZE", pools.engine);
        settings.text("DATABASE_POOL_MAX_OVERFLOW", pools.engine);
        settings.text("PGVECTOR_POOL_SIZE", pools.vectors);
        settings.text("PGVECTOR_POOL_MAX_OVERFLOW", pools.vectors);
        // below the 180 seconds after which a user counts as away
        settings.text("DATABASE_USER_ACTIVE_STATUS_UPDATE_INTERVAL", 120);
        settings.text("VECTOR_DB", "pgvector");
        settings.text(models::VECTORS.length, stack.models.dimensions);
        // the application's role may not, and the set-up task has done it
        settings.text("PGVECTOR_CREATE_EXTENSION", false);
    }
    if stack.storage.is_some() {
        // no keys: without them boto3 takes the task role
        settings.text("STORAGE_PROVIDER", "s3");
        settings.output("S3_BUCKET_NAME", Output::Bucket);
        settings.output("S3_REGION_NAME", Output::Region);
    }
}

fn share_state(stack: &Stack, settings: &mut Settings) {
    if stack.redis.is_some() {
        settings.secret("REDIS_URL", SecretRef::RedisUrl);
        settings.secret("WEBSOCKET_REDIS_URL", SecretRef::RedisUrl);
        settings.text("WEBSOCKET_MANAGER", "redis");
        // a fail-over leaves half-open connections behind: notice them before a user does
        settings.text("REDIS_SOCKET_CONNECT_TIMEOUT", 5);
        settings.text("REDIS_SOCKET_KEEPALIVE", true);
        settings.text("REDIS_HEALTH_CHECK_INTERVAL", 30);
    }
}

fn allow_storage(stack: &Stack, settings: &mut Settings) {
    let Some(storage) = &stack.storage else {
        return;
    };
    settings.allow(
        &[
            "s3:GetObject",
            "s3:PutObject",
            "s3:DeleteObject",
            "s3:AbortMultipartUpload",
        ],
        ["arn:{partition}:s3:::{bucket}/*"],
    );
    settings.allow(&["s3:ListBucket"], ["arn:{partition}:s3:::{bucket}"]);
    if let Some(key) = &storage.kms_key {
        settings.allow(&["kms:GenerateDataKey", "kms:Decrypt"], [key.as_str()]);
    }
}
