//! Every secret that the services of a stack share: what it is for and how its value is made, never the value.

use super::of_stack;
use crate::stack::{SecretSource, Stack};

/// Letters and digits: no value needs escaping anywhere, and RDS and ElastiCache take them all.
pub const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What the password of the administrator that `[admin]` names is called.
pub const ADMIN_PASSWORD: &str = "admin-password";

/// A secret in Secrets Manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedSecret {
    /// Short name, unique in the stack; what [`crate::stack::SecretRef::Shared`] names.
    pub name: String,
    /// Why it exists: its description in Secrets Manager.
    pub why: String,
    /// How its value is made.
    pub made: SecretOrigin,
}

impl SharedSecret {
    pub(super) fn new(name: &str, why: &str, made: SecretOrigin) -> Self {
        Self {
            name: name.to_owned(),
            why: why.to_owned(),
            made,
        }
    }
}

/// How the value of a secret is made. Generated values are made once and kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretOrigin {
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
    let mut add = |name: &str, why: &str, made: SecretOrigin| {
        secrets.push(SharedSecret::new(name, why, made));
    };
    if let Some(database) = &stack.database {
        let username = database.master_username.clone();
        add(
            "database-master",
            "master user of the database, for the set-up task only",
            SecretOrigin::DatabaseMaster { username },
        );
        let (username, database) = (database.username.clone(), database.name.clone());
        add(
            "database-app",
            "the application's role in the database",
            SecretOrigin::DatabaseApp { username, database },
        );
    }
    if stack.redis.is_some() {
        add("redis-token", "AUTH token of Redis", generate(64));
        add(
            "redis",
            "connection string of Redis",
            SecretOrigin::RedisUrl {
                token: "redis-token",
            },
        );
    }
    let mut services = stack.services.values();
    if services.any(|service| service.gateway().is_some()) {
        add(
            "gateway-key",
            "key of the Bedrock gateway's API",
            generate(48),
        );
    }
    for secret in of_stack(stack).flat_map(|preset| (preset.secrets)(stack)) {
        if secrets.iter().all(|other| other.name != secret.name) {
            secrets.push(secret);
        }
    }
    secrets
}

/// The password of the administrator that `[admin]` names, for the presets that make one of it.
pub(super) fn admin_password(stack: &Stack) -> Option<SharedSecret> {
    let admin = stack.admin.as_ref()?;
    let of = of_stack(stack).filter(|preset| preset.rules.reads_admin);
    let apps: Vec<&str> = of.map(|preset| preset.rules.title).collect();
    let why = format!(
        "password of the first administrator of {}",
        apps.join(" and ")
    );
    Some(SharedSecret::new(
        ADMIN_PASSWORD,
        &why,
        made_from(&admin.password),
    ))
}

/// What an operator must know before a shared secret gets a new value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotationImpact {
    /// What is lost for ever, if anything is.
    pub loses: Option<&'static str>,
    /// In which order things follow, why, and what does not work meanwhile.
    pub order: &'static str,
    /// What does not follow, and what has to be done in the app for it.
    pub by_hand: Option<&'static str>,
}

/// What a new value of the shared secret called `name` brings about in a stack.
pub fn consequence(stack: &Stack, name: &str) -> RotationImpact {
    let order = match name {
        "gateway-key" => {
            "the new key is stored, then the gateway restarts, then the app; until the app runs again the \
             gateway refuses its requests"
        }
        "database-app" => {
            "the new password is stored, so that it cannot be lost, then a task sets it in the database, then \
             the services restart; connections that are open go on, new ones of the old tasks are refused in \
             between"
        }
        "database-master" => {
            "the new password is stored, then RDS sets it; nothing restarts, because no service uses it"
        }
        "redis-token" => {
            "the new token is stored, then ElastiCache takes it beside the old one, then the services \
             restart; both are good meanwhile"
        }
        _ => "the new value is stored, then the services that use it restart",
    };
    let mut consequence = RotationImpact {
        loses: None,
        order,
        by_hand: None,
    };
    for rotation in of_stack(stack).map(|preset| (preset.rotation)(name)) {
        consequence.loses = consequence.loses.or(rotation.loses);
        consequence.order = rotation.order.unwrap_or(consequence.order);
        consequence.by_hand = consequence.by_hand.or(rotation.by_hand);
    }
    consequence
}

/// So many letters and digits.
pub(super) fn generate(length: u32) -> SecretOrigin {
    SecretOrigin::Generate {
        length,
        alphabet: ALPHANUMERIC,
    }
}

/// As the file says.
pub(super) fn made_from(source: &SecretSource) -> SecretOrigin {
    match source {
        SecretSource::Generate(length) => generate(*length),
        SecretSource::Env(variable) => SecretOrigin::Env(variable.clone()),
        SecretSource::Arn(arn) => SecretOrigin::Existing(arn.clone()),
    }
}
