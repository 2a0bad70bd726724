//! Every secret that a stack's presets share: what it is for and how its value is made, never the value.

use super::{gateway_url, has};
use crate::stack::{Preset, SecretSource, Stack};

/// Letters and digits: no value needs escaping anywhere, and RDS and ElastiCache take them all.
pub const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A secret in Secrets Manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedSecret {
    /// Short name, unique in the stack; what [`crate::stack::SecretRef::Shared`] names.
    pub name: String,
    /// Why it exists: its description in Secrets Manager.
    pub why: String,
    /// How its value is made.
    pub made: Made,
}

/// How the value of a secret is made. Generated values are made once and kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// That many characters of an alphabet.
    Generate {
        /// Characters.
        length: u32,
        /// What they are drawn from, all with the same chance.
        alphabet: &'static str,
    },
    /// A variable of the operator's environment at `up`.
    Env(String),
    /// Not made: the operator's own secret, by its ARN (with or without `:key::`).
    Existing(String),
    /// The values of other shared secrets, in this order.
    Joined {
        /// Their names.
        parts: Vec<String>,
        /// Between two of them.
        separator: &'static str,
    },
    /// [`super::database_url::database_master_secret`] with a generated password.
    DatabaseMaster {
        /// The master user.
        username: String,
    },
    /// [`super::database_url::database_app_secret`] with a generated password, once the instance has a host.
    DatabaseApp {
        /// The application's role.
        username: String,
        /// Database name.
        database: String,
    },
    /// [`super::database_url::redis_url`], once the replication group has a host.
    RedisUrl {
        /// The shared secret that holds the AUTH token.
        token: &'static str,
    },
}

/// The secrets of a stack, each after those its value is made of.
pub fn shared_secrets(stack: &Stack) -> Vec<SharedSecret> {
    let mut secrets = Vec::new();
    let mut add = |name: &str, why: &str, made: Made| {
        secrets.push(SharedSecret {
            name: name.to_owned(),
            why: why.to_owned(),
            made,
        });
    };
    if let Some(database) = &stack.database {
        let username = database.master_username.clone();
        add(
            "database-master",
            "master user of the database, for the set-up task only",
            Made::DatabaseMaster { username },
        );
        let (username, database) = (database.username.clone(), database.name.clone());
        add(
            "database-app",
            "the application's role in the database",
            Made::DatabaseApp { username, database },
        );
    }
    if stack.redis.is_some() {
        add("redis-token", "AUTH token of Redis", generate(64));
        add(
            "redis",
            "connection string of Redis",
            Made::RedisUrl {
                token: "redis-token",
            },
        );
    }
    if has(stack, Preset::BedrockGateway) || has(stack, Preset::Litellm) {
        add(
            "gateway-key",
            "key of the Bedrock gateway's API",
            generate(48),
        );
    }
    if has(stack, Preset::OpenWebui) {
        add(
            "app-key",
            "signs sessions and encrypts tokens of Open WebUI: a new one signs everybody out",
            generate(64),
        );
        if let Some(admin) = &stack.admin {
            add(
                "admin-password",
                "password of the first administrator of Open WebUI",
                made_from(&admin.password),
            );
        }
        if let Some(google) = &stack.google {
            add(
                "google-client-secret",
                "client secret of Google sign-in",
                made_from(&google.client_secret),
            );
        }
        let mut parts: Vec<String> = gateway_url(stack)
            .map(|_| "gateway-key".to_owned())
            .into_iter()
            .collect();
        for (name, provider) in &stack.providers {
            let secret = format!("provider-{name}");
            add(
                &secret,
                &format!("API key of {name}"),
                made_from(&provider.key),
            );
            parts.push(secret);
        }
        if !parts.is_empty() {
            let why = "keys of the providers of models, in the order of OPENAI_API_BASE_URLS";
            add(
                "openai-api-keys",
                why,
                Made::Joined {
                    parts,
                    separator: ";",
                },
            );
        }
    }
    secrets
}

/// What an operator must know before a shared secret gets a new value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consequence {
    /// What is lost for ever, if anything is.
    pub loses: Option<&'static str>,
    /// In which order things follow, why, and what does not work meanwhile.
    pub order: &'static str,
    /// What does not follow, and what has to be done in the app for it.
    pub by_hand: Option<&'static str>,
}

/// What a new value of the shared secret called `name` brings about.
pub fn consequence(name: &str) -> Consequence {
    let (loses, order) = match name {
        "app-key" => (
            Some(
                "everybody is signed out, and what Open WebUI has encrypted with the key (OAuth sessions, \
                 keys of tools) can never be read again",
            ),
            "the new key is stored, then the app restarts",
        ),
        "gateway-key" => (
            None,
            "the new key is stored, then the gateway restarts, then the app; until the app runs again the \
             gateway refuses its requests",
        ),
        "database-app" => (
            None,
            "the new password is stored, so that it cannot be lost, then a task sets it in the database, then \
             the services restart; connections that are open go on, new ones of the old tasks are refused in \
             between",
        ),
        "database-master" => (
            None,
            "the new password is stored, then RDS sets it; nothing restarts, because no service uses it",
        ),
        "redis-token" => (
            None,
            "the new token is stored, then ElastiCache takes it beside the old one, then the services \
             restart; both are good meanwhile",
        ),
        _ => (
            None,
            "the new value is stored, then the services that use it restart",
        ),
    };
    // Open WebUI makes the administrator of `WEBUI_ADMIN_EMAIL` when it starts without a user, and never reads the
    // password again (`create_admin_user` in `open_webui/main.py`).
    let by_hand = (name == "admin-password").then_some(
        "Open WebUI reads this password only when it starts with no user in its database: the administrator keeps \
         the password that is in use until it is changed in Open WebUI (Settings, Account, Change Password)",
    );
    Consequence {
        loses,
        order,
        by_hand,
    }
}

fn generate(length: u32) -> Made {
    Made::Generate {
        length,
        alphabet: ALPHANUMERIC,
    }
}

fn made_from(source: &SecretSource) -> Made {
    match source {
        SecretSource::Generate(length) => generate(*length),
        SecretSource::Env(variable) => Made::Env(variable.clone()),
        SecretSource::Arn(arn) => Made::Existing(arn.clone()),
    }
}
