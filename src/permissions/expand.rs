//! Placeholders of grants, filled in for one stack.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Site;
use crate::aws::STACK_TAG;
use crate::aws::grant::When;
use crate::check::keys;
use crate::engine::ResolveContext;
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

/// The ARNs that the patterns of a grant stand for; `kind` is the one beside which it stands.
pub(super) fn objects(site: &Site<'_>, kind: Option<&str>, patterns: &[&str]) -> BTreeSet<String> {
    let written = patterns.iter().map(|pattern| arn(pattern));
    written
        .flat_map(|pattern| filled(site, kind, &pattern))
        .collect()
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

/// Every text that a pattern stands for, its placeholders filled in from the left.
fn filled(site: &Site<'_>, kind: Option<&str>, pattern: &str) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('{') else {
        return vec![pattern.to_owned()];
    };
    let (placeholder, after) = rest.split_once('}').unwrap_or((rest, ""));
    let ends = filled(site, kind, after);
    let values = values(site, kind, placeholder);
    let with = |value: &String| {
        let ends = ends.iter();
        let whole = ends.map(|end| format!("{before}{value}{end}"));
        whole.collect::<Vec<_>>()
    };
    values.iter().flat_map(with).collect()
}

fn values(site: &Site<'_>, kind: Option<&str>, placeholder: &str) -> Vec<String> {
    let (stack, place) = (site.stack, site.place);
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
        "name" => names(site, kind.unwrap_or_default()),
        kind => names(site, kind),
    }
}

/// What AWS calls the declared objects of a kind.
fn names(site: &Site<'_>, kind: &str) -> Vec<String> {
    let nothing = |_: &_| None;
    let declared = site.graph.iter();
    let of = declared.filter(|(address, _)| address.kind() == kind);
    let names = of.filter_map(|(_, entry)| {
        let want = entry.node.desired(&ResolveContext::new(&nothing, None));
        let name = ["identifier", "name", "family"].into_iter();
        let name = name.filter_map(|field| want.get(field)?.as_str()).next()?;
        Some(name.to_owned())
    });
    names.collect()
}

/// A condition as IAM has it; null where there is none.
pub(super) fn when(site: &Site<'_>, when: When) -> Value {
    let (stack, place) = (&site.place.stack, site.place);
    let of_object = format!("aws:ResourceTag/{STACK_TAG}");
    let of_request = format!("aws:RequestTag/{STACK_TAG}");
    match when {
        When::Always => Value::Null,
        When::Owned => json!({ "StringEquals": { of_object: stack } }),
        When::InNetwork => match &site.stack.network {
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
