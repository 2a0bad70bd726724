//! What listeners and their rules share: the stack's balancers' listeners, and tags by ARN.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_elasticloadbalancingv2::types as api;

use crate::aws::{Cloud, Tags, fault};
use crate::engine::Fault;

use super::elb::{balancers, own_elb_tags};
use super::sdk::together;

/// Every listener of the load balancers that may be the stack's: one request a balancer (AWS has no
/// batched one), and a stack has one.
pub(super) async fn described(cloud: &Cloud) -> Result<Arc<Vec<api::Listener>>, Fault> {
    const OPERATION: &str = "elasticloadbalancing:DescribeListeners";
    cloud
        .memo
        .once(OPERATION, || async {
            let (all, tagged) = tokio::try_join!(balancers(cloud), cloud.tagged())?;
            // The index of tags lags behind, and a name of ours does not.
            let ours = all.iter().filter_map(|one| {
                let arn = one.load_balancer_arn()?;
                let named = one.load_balancer_name() == Some(cloud.place.stack.as_str());
                (named || tagged.contains_key(arn)).then_some(arn)
            });
            let listeners = together(ours.map(|arn| async move {
                let mut pages = cloud
                    .elb
                    .describe_listeners()
                    .load_balancer_arn(arn)
                    .into_paginator()
                    .items()
                    .send();
                let mut listeners = Vec::new();
                while let Some(listener) = pages.next().await {
                    listeners.push(listener.map_err(fault(OPERATION))?);
                }
                Ok(listeners)
            }))
            .await?;
            Ok(listeners.into_iter().flatten().collect())
        })
        .await
}

/// The tags of objects: from the index of tags, and from the objects themselves where it has none.
pub(super) async fn tags_of_all(
    cloud: &Cloud,
    arns: &[&str],
) -> Result<BTreeMap<String, Tags>, Fault> {
    let tagged = cloud.tagged().await?;
    let (known, unknown): (Vec<&str>, Vec<&str>) =
        arns.iter().partition(|arn| tagged.contains_key(**arn));
    let mut tags = own_elb_tags(cloud, &unknown).await?;
    for arn in known {
        if let Some(own) = tagged.get(arn) {
            tags.insert(arn.to_owned(), own.clone());
        }
    }
    Ok(tags)
}

/// A listener's port.
pub(super) fn port_of(listener: &api::Listener) -> Result<u16, Fault> {
    listener
        .port()
        .and_then(|port| u16::try_from(port).ok())
        .ok_or_else(|| Fault::incomplete("elasticloadbalancing:DescribeListeners", "Port"))
}

/// The ARN of a listener's default certificate.
pub(super) fn certificate(listener: &api::Listener) -> Option<String> {
    listener
        .certificates()
        .first()?
        .certificate_arn()
        .map(str::to_owned)
}
