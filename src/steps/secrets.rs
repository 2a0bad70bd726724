//! Secrets in Secrets Manager: what presets share and what services have of their own.

use std::collections::BTreeMap;

use super::Site;
use crate::engine::Ref;
use crate::presets::{Made, SharedSecret, shared_secrets, workload};
use crate::resources::{Cache, DbInstance, Secret, SecretKey, SecretValue};
use crate::stack::{SecretRef, SecretSource};

const STEP: &str = "secrets";

/// A secret of the stack, or one that the operator keeps.
#[derive(Clone)]
pub(super) enum Held {
    Ours(Ref<Secret>),
    /// ARN, with or without `:key::`.
    Theirs(String),
}

/// Secrets by their short name; a service's own under `<service>/<VARIABLE>`.
pub(super) struct Secrets {
    pub(super) held: BTreeMap<String, Held>,
    /// Not declared yet, because they are made of what later steps declare.
    waiting: Vec<SharedSecret>,
}

impl Secrets {
    pub(super) fn ours(&self, name: &str) -> Option<Ref<Secret>> {
        match self.held.get(name) {
            Some(Held::Ours(secret)) => Some(secret.clone()),
            _ => None,
        }
    }

    /// What a container names to get a secret into its environment.
    pub(super) fn key(
        &self,
        service: &str,
        variable: &str,
        secret: &SecretRef,
    ) -> Option<SecretKey> {
        let whole = |held: &Held| match held {
            Held::Ours(secret) => SecretKey::Whole(secret.clone()),
            Held::Theirs(arn) => SecretKey::Arn(arn.clone()),
        };
        let of_database =
            |key: &str| Some(SecretKey::Key(self.ours("database-app")?, key.to_owned()));
        match secret {
            SecretRef::Own(_) => self.held.get(&own_name(service, variable)).map(whole),
            SecretRef::DatabaseUrl => of_database("url"),
            SecretRef::VerifiedDatabaseUrl => of_database("verified_url"),
            SecretRef::DatabasePassword => of_database("password"),
            SecretRef::RedisUrl => self.held.get("redis").map(whole),
            SecretRef::Shared(name) => self.held.get(*name).map(whole),
        }
    }
}

/// Declares every secret that is made of nothing else.
pub(super) fn declare(site: &mut Site<'_>) -> Secrets {
    let mut secrets = Secrets {
        held: BTreeMap::new(),
        waiting: Vec::new(),
    };
    for shared in shared_secrets(site.stack) {
        let value = match &shared.made {
            Made::Generate { length, .. } => SecretValue::Generated { length: *length },
            Made::Env(variable) => SecretValue::Environment(variable.clone()),
            Made::DatabaseMaster { username } => SecretValue::DatabaseMaster {
                username: username.clone(),
            },
            Made::Existing(arn) => {
                secrets.held.insert(shared.name, Held::Theirs(arn.clone()));
                continue;
            }
            Made::Joined { .. } | Made::DatabaseApp { .. } | Made::RedisUrl { .. } => {
                secrets.waiting.push(shared);
                continue;
            }
        };
        add(site, &mut secrets, &shared.name, &shared.why, value);
    }
    let stack = site.stack;
    for service in stack.services.values() {
        for (variable, secret) in workload(stack, service).secrets {
            let SecretRef::Own(source) = secret else {
                continue;
            };
            let name = own_name(&service.name, &variable);
            let why = format!("{variable} of {}", service.name);
            let value = match source {
                SecretSource::Generate(length) => SecretValue::Generated { length },
                SecretSource::Env(variable) => SecretValue::Environment(variable),
                SecretSource::Arn(arn) => {
                    secrets.held.insert(name, Held::Theirs(arn));
                    continue;
                }
            };
            add(site, &mut secrets, &name, &why, value);
        }
    }
    secrets
}

/// Declares the application's database credentials, once the instance is declared.
pub(super) fn of_database(site: &mut Site<'_>, secrets: &mut Secrets, instance: &Ref<DbInstance>) {
    for shared in secrets.waiting.clone() {
        if let Made::DatabaseApp { username, database } = &shared.made {
            let value = SecretValue::DatabaseApp {
                username: username.clone(),
                database: instance.clone(),
                name: database.clone(),
            };
            add(site, secrets, &shared.name, &shared.why, value);
        }
    }
}

/// Declares the cache's connection string, once the cache is declared.
pub(super) fn of_cache(site: &mut Site<'_>, secrets: &mut Secrets, cache: &Ref<Cache>) {
    for shared in secrets.waiting.clone() {
        if let Made::RedisUrl { token } = &shared.made
            && let Some(token) = secrets.ours(token)
        {
            let value = SecretValue::CacheUrl {
                token,
                cache: cache.clone(),
            };
            add(site, secrets, &shared.name, &shared.why, value);
        }
    }
}

/// Declares what is joined of other secrets.
pub(super) fn join(site: &mut Site<'_>, secrets: &mut Secrets) {
    for shared in secrets.waiting.clone() {
        if let Made::Joined { parts, separator } = &shared.made {
            let parts = parts
                .iter()
                .filter_map(|part| secrets.held.get(part))
                .map(|held| match held {
                    Held::Ours(secret) => crate::resources::Part::Secret(secret.clone()),
                    Held::Theirs(arn) => crate::resources::Part::Arn(arn.clone()),
                })
                .collect();
            let value = SecretValue::Joined {
                parts,
                separator: (*separator).to_owned(),
            };
            add(site, secrets, &shared.name, &shared.why, value);
        }
    }
}

fn own_name(service: &str, variable: &str) -> String {
    format!("{service}/{variable}")
}

fn add(site: &mut Site<'_>, secrets: &mut Secrets, name: &str, why: &str, value: SecretValue) {
    let variable = match &value {
        SecretValue::Environment(variable) => Some(variable.clone()),
        _ => None,
    };
    let secret = Secret {
        name: site.called::<Secret>(name, format!("{}/{name}", site.place.stack)),
        description: why.to_owned(),
        value,
        recovery_days: (!site.stack.disposable).then_some(30),
        kms_key: site.stack.secrets_key.clone(),
        disposable: site.stack.disposable,
        tags: site.tags(),
    };
    let secret = site.graph.add(STEP, name, secret);
    if let Some(variable) = variable {
        site.inputs.push((secret.address().clone(), variable));
    }
    secrets.held.insert(name.to_owned(), Held::Ours(secret));
}
