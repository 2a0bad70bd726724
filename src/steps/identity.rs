//! IAM: one execution role and one task role for each service, with the least they need.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::BuildContext;
use super::cluster::{Logs, SETUP};
use super::registry::Registry;
use super::secret_keys::decrypt;
use super::secrets::Secrets;
use super::storage::uploads_name;
use crate::aws::Place;
use crate::engine::Ref;
use crate::presets::database_setup::{SetupImage, setup_task};
use crate::presets::workload;
use crate::resources::{Arn, Document, PolicyStatement, Role, SecretKey, secret_of};
use crate::stack::Image;

const STEP: &str = "identity";

/// The two roles of a service.
pub(super) struct Pair {
    pub(super) execution: Ref<Role>,
    pub(super) task: Ref<Role>,
}

/// Roles by service.
pub(super) type Roles = BTreeMap<String, Pair>;

/// A trust policy for an AWS service that sends no `aws:SourceAccount`: its documents show none, and a
/// condition on a key that is not in the request refuses it.
pub(super) fn plain_trust(service: &str) -> Json {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": "sts:AssumeRole",
        }],
    })
}

/// A trust policy for an AWS service, for this account alone ("The confused deputy problem" in the
/// IAM user guide); `source` narrows the caller to ARNs of its own.
pub(super) fn trust(place: &Place, service: &str, source: Option<String>) -> Json {
    let mut condition = json!({ "StringEquals": { "aws:SourceAccount": place.account } });
    if let Some(source) = source {
        condition["ArnLike"] = json!({ "aws:SourceArn": source });
    }
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": "sts:AssumeRole",
            "Condition": condition,
        }],
    })
}

pub(super) fn declare(
    context: &mut BuildContext<'_>,
    logs: &Logs,
    registry: &Registry,
    secrets: &Secrets,
) -> Roles {
    let stack = context.stack;
    let mut roles = Roles::new();
    for service in stack.services.values() {
        let workload = workload(stack, service);
        let keys = workload
            .secrets
            .iter()
            .filter_map(|(variable, secret)| secrets.key(&service.name, variable, secret))
            .chain(service.registry_credentials.clone().map(SecretKey::Arn))
            .collect();
        let statements = workload
            .statements
            .iter()
            .map(|statement| PolicyStatement {
                actions: statement.actions.clone(),
                resources: statement
                    .resources
                    .iter()
                    .map(|arn| fill(context, arn))
                    .collect(),
                conditions: Json::Null,
            })
            .collect();
        let pair = pair(
            context,
            logs,
            registry,
            &service.name,
            Some(&service.image),
            keys,
            statements,
        );
        roles.insert(service.name.clone(), pair);
    }
    if let Some(setup) = setup_task(stack) {
        let image = match &setup.image {
            SetupImage::OfService(name) => stack.services.get(name).map(|service| &service.image),
            SetupImage::Public(_) => None,
        };
        let keys = setup
            .secrets
            .values()
            .filter_map(|key| {
                Some(SecretKey::Key(
                    secrets.ours(key.secret)?,
                    key.key.to_owned(),
                ))
            })
            .chain(
                setup
                    .registry_credentials(stack)
                    .map(|secret| SecretKey::Arn(secret.to_owned())),
            )
            .collect();
        let pair = pair(context, logs, registry, SETUP, image, keys, Vec::new());
        roles.insert(SETUP.to_owned(), pair);
    }
    roles
}

fn pair(
    context: &mut BuildContext<'_>,
    logs: &Logs,
    registry: &Registry,
    service: &str,
    image: Option<&Image>,
    keys: Vec<SecretKey>,
    task: Vec<PolicyStatement>,
) -> Pair {
    let group = logs.of.get(service);
    let mut execution: Vec<PolicyStatement> = group
        .map(|group| {
            PolicyStatement::on(
                &["logs:CreateLogStream", "logs:PutLogEvents"],
                Arn::LogStreams(group.clone()),
            )
        })
        .into_iter()
        .collect();
    if let Some(repository) = image.and_then(|image| match image.ours {
        true => registry.get(&image.name).cloned().map(Arn::Repository),
        // Another repository of ECR, whose own policy decides as well where it is another account's.
        false => image.ecr_repository().map(Arn::Text),
    }) {
        execution.push(PolicyStatement::allow(
            &["ecr:GetAuthorizationToken"],
            ["*".to_owned()],
        ));
        execution.push(PolicyStatement {
            actions: [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ]
            .map(str::to_owned)
            .to_vec(),
            resources: vec![repository],
            conditions: Json::Null,
        });
    }
    let mut resources: Vec<Arn> = Vec::new();
    let mut operators = BTreeSet::new();
    for key in keys {
        let arn = match key {
            SecretKey::Whole(secret) | SecretKey::Key(secret, _) => Arn::Secret(secret),
            SecretKey::Arn(arn) => {
                let arn = secret_of(&arn);
                operators.insert(arn.clone());
                Arn::Text(arn)
            }
        };
        if !resources.contains(&arn) {
            resources.push(arn);
        }
    }
    if !resources.is_empty() {
        execution.push(PolicyStatement {
            actions: vec!["secretsmanager:GetSecretValue".to_owned()],
            resources,
            conditions: Json::Null,
        });
        if let Some(key) = &context.stack.secrets_key {
            let through = format!("secretsmanager.{}.amazonaws.com", context.place.region);
            execution.push(PolicyStatement {
                actions: vec!["kms:Decrypt".to_owned()],
                resources: vec![Arn::Text(key.clone())],
                conditions: json!({ "StringEquals": { "kms:ViaService": through } }),
            });
        }
    }
    execution.extend(decrypt(context.choice, &operators));
    let execution = role(
        context,
        service,
        "execution",
        "starts the tasks of",
        execution,
    );
    let task = role(context, service, "task", "is what the tasks may do:", task);
    Pair { execution, task }
}

fn role(
    context: &mut BuildContext<'_>,
    service: &str,
    what: &str,
    why: &str,
    statements: Vec<PolicyStatement>,
) -> Ref<Role> {
    let source = context.place.arn("ecs", "*");
    let policies = if statements.is_empty() {
        BTreeMap::new()
    } else {
        BTreeMap::from([(what.to_owned(), Document { statements })])
    };
    let role = Role {
        // IAM is one for all regions, and so are its names.
        name: context.physical_name::<Role>(
            &format!("{service}-{what}"),
            context.name(&format!("{service}-{what}-{}", context.place.region)),
        ),
        description: format!("{why} {service}"),
        trust: trust(context.place, "ecs-tasks.amazonaws.com", Some(source)),
        policies,
        managed: Vec::new(),
        tags: context.tags(),
    };
    context.graph.add(STEP, format!("{service}-{what}"), role)
}

/// A preset's ARN with this stack's place in it.
fn fill(context: &BuildContext<'_>, arn: &str) -> Arn {
    let wanted = context
        .stack
        .storage
        .as_ref()
        .and_then(|storage| storage.bucket.as_deref());
    Arn::Text(
        arn.replace("{partition}", &context.place.partition)
            .replace("{region}", &context.place.region)
            .replace("{account}", &context.place.account)
            .replace("{bucket}", &uploads_name(context, wanted)),
    )
}
