//! n8n 2.35 or later: workflows, as one main instance that keeps everything in the stack's database.
//!
//! Variables are those of its documentation ("Use environment variables", docs.n8n.io/deploy/host-n8n) and of
//! its sources (`packages/@n8n/config/src/configs`). 2.38.7 was seen to start with them, to take its owner and to
//! keep sessions over a restart: with a read-only root, as the role that the set-up task makes, in a database that
//! has tables `user`, `folder` and `migrations` already. It gives PostgreSQL 16 "compatibility support only" and
//! says so at each start (`packages/@n8n/db/src/connection/postgres-version-policy.ts`).

use super::secrets::{ADMIN_PASSWORD, SharedSecret, admin_password, generate};
use super::switches::{Switch, lost};
use super::{Command, ImageSource, Preset, Rotation, Settings};
use crate::stack::{Defaults, OneTask, Output, PresetRules, SecretRef, Service, Stack};

/// The administrator's password, which n8n takes only as a hash.
const PASSWORD: &str = "AJUDA_N8N_PASSWORD";

/// What encrypts the credentials that workflows use.
const KEY: &str = "n8n-encryption-key";

/// The only directory that it writes to: `.n8n` and `.cache` follow `N8N_USER_FOLDER`
/// (`packages/core/src/instance-settings`), and nothing in them has to outlive the task.
const FOLDER: &str = "/tmp";

/// The preset.
pub static PRESET: Preset = Preset {
    is_app: true,
    settings,
    command,
    secrets,
    rotation,
    ..Preset::new(
        RULES,
        ImageSource::Published {
            repository: "ghcr.io/n8n-io/n8n",
            release: "2.38.7",
        },
    )
};

const RULES: PresetRules = PresetRules {
    defaults: Defaults {
        cpu: 1024,
        memory: 2048,
        port: 5678,
        public: true,
        // "Monitoring": 200 once the database is there and migrated. `/healthz` says so before, and a version
        // that cannot migrate would be judged healthy.
        health_path: "/healthz/readiness",
        health_grace: 300,
        health_command: Some(
            "node -e \"fetch('http://127.0.0.1:{port}/healthz/readiness')\
             .then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))\"",
        ),
        // the image's own user, by its name (`docker/images/n8n/Dockerfile`)
        user: Some("node"),
        read_only_root: true,
        writable: &[FOLDER],
        ..Defaults::PLAIN
    },
    owned_variables: &[
        PASSWORD,
        "DB_POSTGRESDB_DATABASE",
        "DB_POSTGRESDB_HOST",
        "DB_POSTGRESDB_PASSWORD",
        "DB_POSTGRESDB_PORT",
        "DB_POSTGRESDB_SCHEMA",
        "DB_POSTGRESDB_SSL_CA",
        "DB_POSTGRESDB_SSL_ENABLED",
        "DB_POSTGRESDB_SSL_REJECT_UNAUTHORIZED",
        "DB_POSTGRESDB_USER",
        "DB_TABLE_PREFIX",
        "DB_TYPE",
        // a main instance in queue mode runs nothing, and there are no workers
        "EXECUTIONS_MODE",
        "N8N_EDITOR_BASE_URL",
        "N8N_ENCRYPTION_KEY",
        "N8N_HOST",
        "N8N_INSTANCE_OWNER_EMAIL",
        "N8N_INSTANCE_OWNER_MANAGED_BY_ENV",
        "N8N_INSTANCE_OWNER_PASSWORD_HASH",
        "N8N_LISTEN_ADDRESS",
        "N8N_MULTI_MAIN_SETUP_ENABLED",
        // in front of every path, and the load balancer takes none away
        "N8N_PATH",
        "N8N_PORT",
        "N8N_PROTOCOL",
        "N8N_PROXY_HOPS",
        "N8N_SECURE_COOKIE",
        "N8N_USER_FOLDER",
        "N8N_WEBHOOK_URL",
        // the former name, until 2.35
        "WEBHOOK_URL",
    ],
    needs_database: true,
    reads_admin: true,
    first_account: Some("n8n makes the first account that is set up its owner"),
    // "Enable queue mode", multi-main setup
    one_task: Some(OneTask {
        why: "n8n runs as one task: several main instances need its Enterprise license",
        until_redis: false,
    }),
    stops_first: Some(
        "two instances of n8n must not use one database at once: both would run every schedule",
    ),
    warnings: |_, service| lost(service, &SWITCHES),
    ..PresetRules::new("n8n", "n8n")
};

const SWITCHES: [Switch; 2] = [
    (
        "N8N_BLOCK_ENV_ACCESS_IN_NODE",
        "false",
        "every workflow reads the password of the database and the key of all credentials",
    ),
    (
        "N8N_DEFAULT_BINARY_DATA_MODE",
        "filesystem",
        "files of executions are gone when the task is replaced",
    ),
];

fn settings(stack: &Stack, service: &Service) -> Settings {
    let mut settings = Settings::default();
    settings.text("N8N_PORT", service.port);
    // its own default asks for IPv6
    settings.text("N8N_LISTEN_ADDRESS", "0.0.0.0");
    if service.security.read_only_root {
        settings.text("N8N_USER_FOLDER", FOLDER);
    }
    settings.secret("N8N_ENCRYPTION_KEY", SecretRef::Shared(KEY));
    // what a workflow computes must not read the container's secrets
    settings.text("N8N_BLOCK_ENV_ACCESS_IN_NODE", true);
    // a package would be gone with the task that installed it, and so would the workflows that need it
    settings.text("N8N_COMMUNITY_PACKAGES_ENABLED", false);
    settings.text("N8N_DIAGNOSTICS_ENABLED", false);
    // ECS kills what has not ended after 30 seconds, which is n8n's own default
    settings.text("N8N_GRACEFUL_SHUTDOWN_TIMEOUT", 25);
    be_reached(stack, service, &mut settings);
    keep_data(stack, &mut settings);
    // "Pre-provision the instance owner from environment variables", since 2.17: at every start
    if let Some(admin) = &stack.admin {
        settings.text("N8N_INSTANCE_OWNER_MANAGED_BY_ENV", true);
        settings.text("N8N_INSTANCE_OWNER_EMAIL", &admin.email);
        settings.secret(PASSWORD, SecretRef::Shared(ADMIN_PASSWORD));
    }
    settings
}

/// "Configure n8n webhooks with reverse proxy".
fn be_reached(stack: &Stack, service: &Service, settings: &mut Settings) {
    if !service.public {
        return;
    }
    settings.text("N8N_PROXY_HOPS", 1);
    match &stack.domain {
        Some(domain) => {
            let url = format!("https://{}/", domain.name);
            settings.text("N8N_HOST", &domain.name);
            settings.text("N8N_PROTOCOL", "https");
            settings.text("N8N_EDITOR_BASE_URL", &url);
            settings.text("N8N_WEBHOOK_URL", &url);
        }
        None => {
            settings.output("N8N_EDITOR_BASE_URL", Output::Url);
            settings.output("N8N_WEBHOOK_URL", Output::Url);
            // no browser sends it back over plain http
            settings.text("N8N_SECURE_COOKIE", false);
        }
    }
}

/// "Choose n8n's database", and files of executions in it: S3 needs an Enterprise license ("Use external
/// storage"), and a task's disk goes with the task.
fn keep_data(stack: &Stack, settings: &mut Settings) {
    settings.text("N8N_DEFAULT_BINARY_DATA_MODE", "database");
    let Some(database) = &stack.database else {
        return;
    };
    settings.text("DB_TYPE", "postgresdb");
    settings.output("DB_POSTGRESDB_HOST", Output::DatabaseHost);
    settings.output("DB_POSTGRESDB_PORT", Output::DatabasePort);
    settings.output("DB_POSTGRESDB_DATABASE", Output::DatabaseName);
    settings.text("DB_POSTGRESDB_USER", &database.username);
    settings.secret("DB_POSTGRESDB_PASSWORD", SecretRef::DatabasePassword);
    // the certificates themselves; the server's name is verified with them
    // (`packages/@n8n/db/src/connection/db-connection-options.ts`)
    settings.output("DB_POSTGRESDB_SSL_CA", Output::DatabaseCa);
    settings.text("DB_POSTGRESDB_SSL_REJECT_UNAUTHORIZED", true);
    // Open WebUI in the same database has tables of the same names
    settings.text("DB_TABLE_PREFIX", "n8n_");
}

/// Hashes the administrator's password before it starts what the image starts (its `ENTRYPOINT`), or the
/// file's command. `deploy run` gives the container another command, and that one runs the same way.
///
/// The salt is made of the password: another one at each start would be another password to n8n, which signs
/// its owner out then (`createJWTHash` in `packages/cli/src/auth/auth.service.ts`).
fn command(stack: &Stack, service: &Service) -> Command {
    if stack.admin.is_none() {
        return (Vec::new(), service.command.clone());
    }
    let hash = format!(
        "const bcrypt = require(\"bcryptjs\"), {{ N8N_ENCRYPTION_KEY, {PASSWORD} }} = process.env; \
         const salt = require(\"crypto\").createHmac(\"sha256\", N8N_ENCRYPTION_KEY).update({PASSWORD}).digest(); \
         process.stdout.write(bcrypt.hashSync({PASSWORD}, \"$2a$10$\" + bcrypt.encodeBase64(salt, 16)))"
    );
    let start = format!(
        "N8N_INSTANCE_OWNER_PASSWORD_HASH=\"$(cd /usr/local/lib/node_modules/n8n && node -e '{hash}')\" \
         && export N8N_INSTANCE_OWNER_PASSWORD_HASH && unset {PASSWORD} && exec \"$0\" \"$@\""
    );
    let command = if service.command.is_empty() {
        ["tini", "--", "/docker-entrypoint.sh"]
            .map(str::to_owned)
            .to_vec()
    } else {
        service.command.clone()
    };
    (vec!["sh".to_owned(), "-c".to_owned(), start], command)
}

fn secrets(stack: &Stack) -> Vec<SharedSecret> {
    let why = "encrypts the credentials in n8n's database, which nothing reads with another one";
    let key = SharedSecret::new(KEY, why, generate(48));
    [key].into_iter().chain(admin_password(stack)).collect()
}

fn rotation(secret: &str) -> Rotation {
    match secret {
        KEY => Rotation {
            loses: Some(
                "everybody is signed out, and no credential that is stored in n8n can ever be read again: each \
                 has to be entered anew",
            ),
            order: Some("the new key is stored, then n8n restarts"),
            by_hand: None,
        },
        _ => Rotation::default(),
    }
}
