//! What listeners and their rules share: the stack's balancers' listeners, and tags by ARN.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_elasticloadbalancingv2::types as api;

use crate::aws::{Cloud, Required, Tags, answer_of};
use crate::engine::{Address, Fault, Ownership};

use crate::resources::elbv2::{balancer_tags, balancers, own_elb_tags};
use crate::resources::sdk::try_join_bounded;

const DESCRIBE: &str = "elasticloadbalancing:DescribeListeners";

/// Every listener of the stack's load balancers, with the balancer's address: one request a balancer
/// (AWS has no batched one), and a stack has one.
pub(super) async fn described(cloud: &Cloud) -> Result<Arc<Vec<(Address, api::Listener)>>, Fault> {
    cloud
        .memo
        .once(DESCRIBE, || async {
            let (all, tagged) = tokio::try_join!(balancers(cloud), cloud.tagged())?;
            let arns = all.iter().filter_map(api::LoadBalancer::load_balancer_arn);
            let (known, others): (Vec<&str>, Vec<&str>) = arns.partition(|arn| tagged.lists(arn));
            let (tags, mut listeners) = tokio::try_join!(
                balancer_tags(cloud),
                try_join_bounded(known.into_iter().map(|arn| listeners_of(cloud, arn))),
            )?;
            let address = |arn: &str| match cloud.owner(tags.get(arn)?, None) {
                Some(Ownership::Ours(claim)) => Some(claim.address),
                _ => None,
            };
            // The index of tags lags behind creates.
            let late = others.into_iter().filter(|arn| address(arn).is_some());
            listeners.extend(try_join_bounded(late.map(|arn| listeners_of(cloud, arn))).await?);
            Ok(listeners
                .into_iter()
                .flatten()
                .filter_map(|one| Some((address(one.load_balancer_arn()?)?, one)))
                .collect())
        })
        .await
}

/// The listeners of one load balancer.
pub(super) async fn listeners_of(
    cloud: &Cloud,
    balancer: &str,
) -> Result<Vec<api::Listener>, Fault> {
    let request = cloud.elb.describe_listeners().load_balancer_arn(balancer);
    let items = request.into_paginator().items().send();
    answer_of(DESCRIBE, items.try_collect().await)
}

/// The own tags of listeners and rules. Those that the index lists are asked for first, once a run, while
/// the objects themselves are still being read.
pub(super) async fn tags_of_all(
    cloud: &Cloud,
    arns: &[&str],
) -> Result<BTreeMap<String, Tags>, Fault> {
    let listed = tags_of_listed(cloud).await?;
    let (known, unknown): (Vec<&str>, Vec<&str>) =
        arns.iter().partition(|arn| listed.contains_key(**arn));
    let mut tags = own_elb_tags(cloud, &unknown).await?;
    for arn in known {
        if let Some(own) = listed.get(arn) {
            tags.insert(arn.to_owned(), own.clone());
        }
    }
    Ok(tags)
}

/// The own tags of the listeners and rules that the index lists.
pub(super) async fn tags_of_listed(cloud: &Cloud) -> Result<Arc<BTreeMap<String, Tags>>, Fault> {
    let ask = || async {
        let tagged = cloud.tagged().await?;
        let markers = ["listener/", "listener-rule/"]
            .map(|kind| cloud.place.arn("elasticloadbalancing", kind));
        let listed: Vec<&str> = tagged
            .arns()
            .filter(|arn| markers.iter().any(|marker| arn.starts_with(marker)))
            .collect();
        own_elb_tags(cloud, &listed).await
    };
    let question = "elasticloadbalancing:DescribeTags listeners";
    cloud.memo.once(question, ask).await
}

/// A listener's port.
pub(super) fn port_of(listener: &api::Listener) -> Result<u16, Fault> {
    listener
        .port()
        .and_then(|port| u16::try_from(port).ok())
        .required(DESCRIBE, "Port")
}

/// The ARN of a listener's default certificate.
pub(super) fn certificate(listener: &api::Listener) -> Option<String> {
    listener
        .certificates()
        .first()?
        .certificate_arn()
        .map(str::to_owned)
}
