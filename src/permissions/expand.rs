//! Placeholders of grants, filled in for one stack.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::PolicyScope;
use crate::aws::STACK_TAG;
use crate::aws::grant::When;
use crate::check::keys;
use crate::engine::{ResolveContext, Resource};
use crate::resources::rds::db_instance::restore::{displaced_name, restored_name};
use crate::resources::{DbInstance, TaskDefinition};
use crate::stack::{Network, Waf};
use crate::steps::operators_secrets;

/// The calls that `ec2:CreateTags` is asked about as a part of (`ec2:CreateAction`, "Supported resource-level permissions
/// for tagging" in the EC2 user guide).
const CREATES: [&str; 11] = [
    "AllocateAddress",
    "AuthorizeSecurityGroupEgress",
    "AuthorizeSecurityGroupIngress",
    "CreateFlowLogs",
    "CreateInternetGateway",
    "CreateNatGateway",
    "CreateRouteTable",
    "CreateSecurityGroup",
    "CreateSubnet",
    "CreateVpc",
    "CreateVpcEndpoint",
];

/// What placeholders stand for. What AWS calls the declared objects is looked up once: a task definition takes long to say
/// what it wants.
pub(super) struct Values<'s> {
    scope: &'s PolicyScope<'s>,
    names: BTreeMap<&'s str, Vec<String>>,
}

impl<'s> Values<'s> {
    pub(super) fn of(scope: &'s PolicyScope<'s>) -> Self {
        let nothing = |_: &_| None;
        let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (address, entry) in scope.graph.iter() {
            let want = entry.node.desired(&ResolveContext::new(&nothing, None));
            let mut fields = ["identifier", "name", "family"].into_iter();
            if let Some(name) = fields.find_map(|field| want.get(field)?.as_str()) {
                names
                    .entry(address.kind())
                    .or_default()
                    .push(name.to_owned());
            }
        }
        let families = names.entry(TaskDefinition::KIND).or_default();
        families.extend(scope.families.iter().cloned());
        Self { scope, names }
    }

    /// The ARNs that the patterns of a grant stand for; `kind` is the one beside which it stands.
    pub(super) fn objects(&self, kind: Option<&str>, patterns: &[&str]) -> BTreeSet<String> {
        let written = patterns.iter().map(|pattern| arn(pattern));
        written
            .flat_map(|pattern| self.filled(kind, &pattern))
            .collect()
    }

    /// What AWS calls the declared objects of a kind.
    fn names(&self, kind: &str) -> Vec<String> {
        self.names.get(kind).cloned().unwrap_or_default()
    }

    /// What the declared database is called in another state.
    fn databases(&self, called: impl Fn(&str) -> String) -> Vec<String> {
        let names = self.names(DbInstance::KIND);
        names.iter().map(|name| called(name)).collect()
    }

    /// Every text that a pattern stands for, its placeholders filled in from the left.
    fn filled(&self, kind: Option<&str>, pattern: &str) -> Vec<String> {
        let Some((before, rest)) = pattern.split_once('{') else {
            return vec![pattern.to_owned()];
        };
        let (placeholder, after) = rest.split_once('}').unwrap_or((rest, ""));
        let ends = self.filled(kind, after);
        let values = self.values(kind, placeholder);
        let with = |value: &String| {
            let ends = ends.iter();
            let expanded = ends.map(|end| format!("{before}{value}{end}"));
            expanded.collect::<Vec<_>>()
        };
        values.iter().flat_map(with).collect()
    }

    fn values(&self, kind: Option<&str>, placeholder: &str) -> Vec<String> {
        let (stack, place) = (self.scope.stack, self.scope.place);
        let given = |named: Option<&String>| named.cloned().into_iter().collect();
        match placeholder {
            "partition" => vec![place.partition.clone()],
            "region" => vec![place.region.clone()],
            "account" => vec![place.account.clone()],
            "stack" => vec![place.stack.clone()],
            "vpc" => match &stack.network {
                Network::Own(_) => vec!["*".to_owned()],
                Network::Existing { vpc, .. } => vec![vpc.clone()],
            },
            "key" => keys::named(stack).into_keys().cloned().collect(),
            "operator-secret" => operators_secrets(stack).into_iter().collect(),
            "certificate" => given(
                stack
                    .domain
                    .as_ref()
                    .and_then(|one| one.certificate.as_ref()),
            ),
            "named-web-acl" => given(match &stack.load_balancer.waf {
                Waf::Existing(arn) => Some(arn),
                Waf::Off | Waf::Managed => None,
            }),
            "restored" => self.databases(restored_name),
            "displaced" => self.databases(|name| {
                let time_stamp = "0".repeat(14);
                displaced_name(name, &time_stamp).replace(&time_stamp, "*")
            }),
            "name" => self.names(kind.unwrap_or_default()),
            kind => self.names(kind),
        }
    }
}

/// A pattern as an ARN: services that are one for all regions have none there, and buckets no account either ("Resource
/// types defined by" each service, Service Authorization Reference).
fn arn(pattern: &str) -> String {
    if pattern == "*" || pattern.starts_with("arn:") || pattern.starts_with('{') {
        return pattern.to_owned();
    }
    let (service, rest) = pattern.split_once(':').unwrap_or((pattern, ""));
    let place = match service {
        "s3" | "route53" => ":",
        "iam" => ":{account}",
        _ => "{region}:{account}",
    };
    format!("arn:{{partition}}:{service}:{place}:{rest}")
}

/// A condition as IAM has it; null where there is none.
pub(super) fn when(scope: &PolicyScope<'_>, when: When) -> Value {
    let (stack, place) = (&scope.place.stack, scope.place);
    let of_object = format!("aws:ResourceTag/{STACK_TAG}");
    let of_request = format!("aws:RequestTag/{STACK_TAG}");
    match when {
        When::Always => Value::Null,
        When::Owned => json!({ "StringEquals": { of_object: stack } }),
        When::Unowned => json!({ "Null": { of_object: "true" } }),
        When::InNetwork => match &scope.stack.network {
            Network::Own(_) => json!({ "StringEquals": { of_object: stack } }),
            Network::Existing { .. } => Value::Null,
        },
        When::Tagged => json!({ "StringEquals": { of_request: stack } }),
        When::Claimed => json!({
            "StringEquals": { of_request: stack },
            "Null": { of_object: "true" },
        }),
        When::Creating => json!({
            "StringEquals": { of_request: stack, "ec2:CreateAction": CREATES },
        }),
        When::PassedTo(services) => {
            json!({ "StringEquals": { "iam:PassedToService": services } })
        }
        When::LinkedTo(service) => {
            json!({ "StringEquals": { "iam:AWSServiceName": service } })
        }
        When::Attaching(policies) => {
            let arn = |policy: &&str| format!("arn:{}:iam::aws:policy/{policy}", place.partition);
            let arns: Vec<String> = policies.iter().map(arn).collect();
            json!({ "ArnEquals": { "iam:PolicyARN": arns } })
        }
        When::Via(service) => {
            let host = format!("{service}.{}.amazonaws.com", place.region);
            json!({ "StringEquals": { "kms:ViaService": host } })
        }
        When::Records(types) => json!({
            "ForAllValues:StringEquals": { "route53:ChangeResourceRecordSetsRecordTypes": types },
        }),
    }
}
