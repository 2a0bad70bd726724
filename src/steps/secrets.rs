//! Secrets in Secrets Manager: what presets share and what services have of their own.

use std::collections::BTreeMap;

use super::BuildContext;
use crate::engine::Ref;
use crate::presets::{SecretOrigin, SharedSecret, shared_secrets, workload};
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
        let reference_of = |held: &Held| match held {
            Held::Ours(secret) => SecretKey::Whole(secret.clone()),
            Held::Theirs(arn) => SecretKey::Arn(arn.clone()),
        };
        let of_database =
            |key: &str| Some(SecretKey::Key(self.ours("database-app")?, key.to_owned()));
        match secret {
            SecretRef::Own(_) => self
                .held
                .get(&own_name(service, variable))
                .map(reference_of),
            SecretRef::DatabaseUrl => of_database("url"),
            SecretRef::VerifiedDatabaseUrl => of_database("verified_url"),
            SecretRef::DatabasePassword => of_database("password"),
            SecretRef::RedisUrl => self.held.get("redis").map(reference_of),
            SecretRef::Shared(name) => self.held.get(*name).map(reference_of),
        }
    }
}

/// Declares every secret that is made of nothing else.
pub(super) fn declare(context: &mut BuildContext<'_>) -> Secrets {
    let mut secrets = Secrets {
        held: BTreeMap::new(),
        waiting: Vec::new(),
    };
    for shared in shared_secrets(context.stack) {
        let value = match &shared.made {
            SecretOrigin::Generate { length, .. } => SecretValue::Generated { length: *length },
            SecretOrigin::Env(variable) => SecretValue::Environment(variable.clone()),
            SecretOrigin::DatabaseMaster { username } => SecretValue::DatabaseMaster {
                username: username.clone(),
            },
            SecretOrigin::Existing(arn) => {
                secrets.held.insert(shared.name, Held::Theirs(arn.clone()));
                continue;
            }
            SecretOrigin::Joined { .. }
            | SecretOrigin::DatabaseApp { .. }
            | SecretOrigin::RedisUrl { .. } => {
                secrets.waiting.push(shared);
                continue;
            }
        };
        add(context, &mut secrets, &shared.name, &shared.why, value);
    }
    let stack = context.stack;
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
            add(context, &mut secrets, &name, &why, value);
        }
    }
    secrets
}

/// Declares the application's database credentials, once the instance is declared.
pub(super) fn of_database(
    context: &mut BuildContext<'_>,
    secrets: &mut Secrets,
    instance: &Ref<DbInstance>,
) {
    for shared in secrets.waiting.clone() {
        if let SecretOrigin::DatabaseApp { username, database } = &shared.made {
            let value = SecretValue::DatabaseApp {
                username: username.clone(),
                database: instance.clone(),
                name: database.clone(),
            };
            add(context, secrets, &shared.name, &shared.why, value);
        }
    }
}

/// Declares the cache's connection string, once the cache is declared.
pub(super) fn of_cache(context: &mut BuildContext<'_>, secrets: &mut Secrets, cache: &Ref<Cache>) {
    for shared in secrets.waiting.clone() {
        if let SecretOrigin::RedisUrl { token } = &shared.made
            && let Some(token) = secrets.ours(token)
        {
            let value = SecretValue::CacheUrl {
                token,
                cache: cache.clone(),
            };
            add(context, secrets, &shared.name, &shared.why, value);
        }
    }
}

/// Declares what is joined of other secrets.
pub(super) fn join(context: &mut BuildContext<'_>, secrets: &mut Secrets) {
    for shared in secrets.waiting.clone() {
        if let SecretOrigin::Joined { parts, separator } = &shared.made {
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
            add(context, secrets, &shared.name, &shared.why, value);
        }
    }
}

fn own_name(service: &str, variable: &str) -> String {
    format!("{service}/{variable}")
}

fn add(
    context: &mut BuildContext<'_>,
    secrets: &mut Secrets,
    name: &str,
    why: &str,
    value: SecretValue,
) {
    let variable = match &value {
        SecretValue::Environment(variable) => Some(variable.clone()),
        _ => None,
    };
    let secret = Secret {
        name: context.physical_name::<Secret>(name, format!("{}/{name}", context.place.stack)),
        description: why.to_owned(),
        value,
        recovery_days: (!context.stack.disposable).then_some(30),
        kms_key: context.stack.secrets_key.clone(),
        disposable: context.stack.disposable,
        tags: context.tags(),
    };
    let secret = context.graph.add(STEP, name, secret);
    if let Some(variable) = variable {
        context.inputs.push((secret.address().clone(), variable));
    }
    secrets.held.insert(name.to_owned(), Held::Ours(secret));
}
