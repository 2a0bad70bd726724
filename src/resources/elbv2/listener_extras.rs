//! What others have put at a load balancer of ours: listeners, rules of listeners, certificates.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types as api;

use crate::aws::{Cloud, Job, answer_of, deleted};
use crate::engine::{Extra, Fault};

use crate::resources::elbv2::listener_rule::ListenerRuleLive;
use crate::resources::elbv2::listener_rule::calls::rules_once;
use crate::resources::elbv2::listeners::{described, port_of, tags_of_all};
use crate::resources::elbv2::own_elb_tags;
use crate::resources::sdk::try_join_bounded;

const REMOVE: &str = "elasticloadbalancing:RemoveListenerCertificates";

/// One of them: a listener or a rule by its ARN, or a certificate by its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Added {
    Listener { arn: String, what: String },
    Rule { arn: String, what: String },
    Certificate { arn: String },
}

impl Added {
    /// The ARN of what can have tags of its own here: a certificate is somebody's, wherever it is used.
    fn tagged(&self) -> Option<&str> {
        match self {
            Self::Listener { arn, .. } | Self::Rule { arn, .. } => Some(arn),
            Self::Certificate { .. } => None,
        }
    }
}

/// In words.
pub(super) fn extra(added: &Added) -> Extra {
    let what = match added {
        Added::Listener { what, .. } | Added::Rule { what, .. } => what.clone(),
        Added::Certificate { arn } => format!("certificate {arn}"),
    };
    Extra { what, open: false }
}

/// What others have put at these listeners of ours: two requests for each (AWS has no batched ones, and
/// a stack has two listeners at most).
pub(super) async fn at_listeners(
    cloud: &Cloud,
    listeners: &[(&str, bool)],
) -> Result<BTreeMap<String, Vec<Added>>, Fault> {
    let (rules, certificates) = tokio::try_join!(
        try_join_bounded(listeners.iter().map(|(arn, _)| rules_once(cloud, arn))),
        try_join_bounded(
            listeners
                .iter()
                .map(|(arn, secure)| certificates(cloud, arn, *secure))
        ),
    )?;
    let arns: Vec<&str> = rules
        .iter()
        .flat_map(|rules| rules.iter())
        .map(|rule| rule.arn.as_str())
        .collect();
    let tags = tags_of_all(cloud, &arns).await?;
    let theirs = |arn: &str| {
        tags.get(arn)
            .is_none_or(|tags| cloud.owner(tags, None).is_none())
    };
    let mut all = BTreeMap::new();
    for ((listener, _), (rules, certificates)) in
        listeners.iter().zip(rules.into_iter().zip(certificates))
    {
        let rules = rules.iter().filter(|rule| theirs(&rule.arn)).map(rule);
        let added = rules.chain(certificates);
        all.insert((*listener).to_owned(), added.collect());
    }
    Ok(all)
}

fn rule(rule: &ListenerRuleLive) -> Added {
    Added::Rule {
        arn: rule.arn.clone(),
        what: format!(
            "listener rule at priority {} for {}",
            rule.props.priority,
            rule.props.paths.join(", ")
        ),
    }
}

/// The certificates beside the default one, which SNI chooses from. The default one is in the answer too, and
/// twice where it is in the list as well (ELB API, `DescribeListenerCertificates`).
async fn certificates(cloud: &Cloud, listener: &str, secure: bool) -> Result<Vec<Added>, Fault> {
    if !secure {
        return Ok(Vec::new());
    }
    const OPERATION: &str = "elasticloadbalancing:DescribeListenerCertificates";
    let request = cloud
        .elb
        .describe_listener_certificates()
        .listener_arn(listener);
    let items = request.into_paginator().items().send();
    let all = answer_of(OPERATION, items.try_collect().await)?;
    let (default, others): (Vec<_>, Vec<_>) =
        (all.iter()).partition(|one| one.is_default() == Some(true));
    let default: BTreeSet<&str> = default
        .iter()
        .filter_map(|one| one.certificate_arn())
        .collect();
    let others = others.iter().filter_map(|one| one.certificate_arn());
    Ok(others
        .filter(|arn| !default.contains(arn))
        .map(|arn| Added::Certificate {
            arn: arn.to_owned(),
        })
        .collect())
}

/// The listeners of others at our load balancers, by the balancer's ARN.
pub(super) async fn listeners(cloud: &Cloud) -> Result<BTreeMap<String, Vec<Added>>, Fault> {
    let all = described(cloud).await?;
    let arns: Vec<&str> = all
        .iter()
        .filter_map(|(_, listener)| listener.listener_arn())
        .collect();
    let tags = tags_of_all(cloud, &arns).await?;
    let mut added: BTreeMap<String, Vec<Added>> = BTreeMap::new();
    for (_, listener) in all.iter() {
        let (Some(arn), Some(balancer)) = (listener.listener_arn(), listener.load_balancer_arn())
        else {
            continue;
        };
        if tags
            .get(arn)
            .is_some_and(|tags| cloud.owner(tags, None).is_some())
        {
            continue;
        }
        let protocol = listener.protocol().map_or("", api::ProtocolEnum::as_str);
        let one = Added::Listener {
            arn: arn.to_owned(),
            what: format!("listener for {protocol} at port {}", port_of(listener)?),
        };
        added.entry(balancer.to_owned()).or_default().push(one);
    }
    Ok(added)
}

/// Takes these out of our listener or load balancer, unless they carry the tags of the stack: those may not
/// have been read yet of what ajuda itself made a moment ago.
pub(super) async fn remove(job: &Job, of: &str, added: &[Added]) -> Result<(), Fault> {
    let arns = added.iter().filter_map(Added::tagged);
    let tags = own_elb_tags(job, &arns.collect::<Vec<_>>()).await?;
    for one in added {
        let tags = one.tagged().and_then(|arn| tags.get(arn));
        if tags.is_some_and(|tags| job.owner(tags, None).is_some()) {
            continue;
        }
        match one {
            Added::Listener { arn, .. } => {
                let request = job.elb.delete_listener().listener_arn(arn);
                deleted("elasticloadbalancing:DeleteListener", request.send().await)?;
            }
            Added::Rule { arn, .. } => {
                let request = job.elb.delete_rule().rule_arn(arn);
                deleted("elasticloadbalancing:DeleteRule", request.send().await)?;
            }
            Added::Certificate { arn } => {
                let certificate = api::Certificate::builder().certificate_arn(arn).build();
                let request = job.elb.remove_listener_certificates().listener_arn(of);
                deleted(REMOVE, request.certificates(certificate).send().await)?;
            }
        }
    }
    Ok(())
}
