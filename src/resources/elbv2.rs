//! What the kinds of Elastic Load Balancing share: tags in its own type, read twenty objects a call,
//! and the balancers, which are read once for all of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_elasticloadbalancingv2::types::{self as api, LoadBalancerTypeEnum, Tag};

use crate::aws::{
    Cloud, Job, Tags, all_tags, answer_of, done, tag_list, tags_from, tags_taken_out,
};
use crate::engine::{Changes, Fault, Field};

use crate::resources::sdk::try_join_bounded;

mod listener_actions;
mod listener_extras;
mod listeners;

kinds! {
    load_balancer::LoadBalancer,
    target_group::TargetGroup,
    listener::Listener,
    listener_rule::ListenerRule,
}

/// Listeners and rules of the stack's load balancers, as objects in policies.
const LISTENERS: &[&str] = &[
    "elasticloadbalancing:listener/app/{stack}/*",
    "elasticloadbalancing:listener/app/{stack}-*",
    "elasticloadbalancing:listener/app/{load-balancer}/*",
];
const RULES: &[&str] = &[
    "elasticloadbalancing:listener-rule/app/{stack}/*",
    "elasticloadbalancing:listener-rule/app/{stack}-*",
    "elasticloadbalancing:listener-rule/app/{load-balancer}/*",
];

/// How many objects one `DescribeTags` takes (`DescribeTagsInput.ResourceArns`).
const AT_ONCE: usize = 20;

/// The tags of a create call.
pub(super) fn elb_tags(tags: &Tags) -> Vec<Tag> {
    tag_list(tags, |key, value| {
        Tag::builder().key(key).value(value).build()
    })
}

/// The own tags of objects, by ARN; of those that are gone there are none.
pub(super) async fn own_elb_tags(
    cloud: &Cloud,
    arns: &[&str],
) -> Result<BTreeMap<String, Tags>, Fault> {
    let parts = arns.chunks(AT_ONCE).map(|arns| own_tags_of(cloud, arns));
    Ok(try_join_bounded(parts)
        .await?
        .into_iter()
        .flatten()
        .collect())
}

/// The same of no more than one call takes. One object that is gone fails the call for all of them, and
/// the fault does not say which (API reference, DescribeTags, errors): each half is asked for alone then.
async fn own_tags_of(cloud: &Cloud, arns: &[&str]) -> Result<Vec<(String, Tags)>, Fault> {
    let mut found = Vec::new();
    let mut open = vec![arns];
    while let Some(arns) = open.pop() {
        let request = (cloud.elb.describe_tags())
            .set_resource_arns(Some(arns.iter().map(|arn| (*arn).to_owned()).collect()));
        let answer = answer_of("elasticloadbalancing:DescribeTags", request.send().await);
        match answer {
            Ok(answer) => found.extend(answer.tag_descriptions().iter().filter_map(|one| {
                let tags = tags_from(one.tags().iter().map(|tag| (tag.key(), tag.value())));
                Some((one.resource_arn()?.to_owned(), tags))
            })),
            Err(fault) if !fault.is_absent() => return Err(fault),
            Err(_) if arns.len() > 1 => {
                let (first, second) = arns.split_at(arns.len() / 2);
                open.extend([first, second]);
            }
            Err(_) => {}
        }
    }
    Ok(found)
}

/// Puts tags on an object that exists.
pub(super) async fn tag_elb(job: &Job, arn: &str, tags: &Tags) -> Result<(), Fault> {
    let request = (job.elb.add_tags())
        .resource_arns(arn)
        .set_tags(Some(elb_tags(tags)));
    done("elasticloadbalancing:AddTags", request.send().await)
}

/// Brings the tags of the job's object to these, without those that have left the file.
pub(super) async fn retag_elb(job: &Job, arn: &str, tags: &Tags) -> Result<(), Fault> {
    let gone = tags_taken_out(job);
    if !gone.is_empty() {
        let request = job.elb.remove_tags().resource_arns(arn);
        let request = request.set_tag_keys(Some(gone));
        done("elasticloadbalancing:RemoveTags", request.send().await)?;
    }
    tag_elb(job, arn, tags).await
}

/// Every tag of the job's object, brought to AWS where those of the file have changed.
pub(super) async fn update_elb_tags(
    job: &Job,
    arn: &str,
    of_file: &Tags,
    changes: &Changes,
) -> Result<Tags, Fault> {
    let tags = all_tags(job, of_file);
    if changes.changed(Field::TAGS) {
        retag_elb(job, arn, &tags).await?;
    }
    Ok(tags)
}

/// Every Application Load Balancer of the account and region: fifty, unless the quota was raised.
pub(super) async fn balancers(cloud: &Cloud) -> Result<Arc<Vec<api::LoadBalancer>>, Fault> {
    const OPERATION: &str = "elasticloadbalancing:DescribeLoadBalancers";
    cloud
        .memo
        .once(OPERATION, || async {
            let request = cloud.elb.describe_load_balancers();
            let items = request.into_paginator().items().send();
            let mut all = answer_of(OPERATION, items.try_collect().await)?;
            all.retain(|one| one.r#type() == Some(&LoadBalancerTypeEnum::Application));
            Ok(all)
        })
        .await
}

/// Their own tags, by ARN.
pub(super) async fn balancer_tags(cloud: &Cloud) -> Result<Arc<BTreeMap<String, Tags>>, Fault> {
    cloud
        .memo
        .once("elasticloadbalancing:DescribeTags balancers", || async {
            let all = balancers(cloud).await?;
            let arns: Vec<&str> = all
                .iter()
                .filter_map(api::LoadBalancer::load_balancer_arn)
                .collect();
            own_elb_tags(cloud, &arns).await
        })
        .await
}

/// The end of an ARN behind `:loadbalancer/` or `:`, as CloudWatch's dimensions name it
/// (`app/<name>/<id>`, `targetgroup/<name>/<id>`).
pub(super) fn full_name(arn: &str) -> String {
    let end = arn.rsplit(':').next().unwrap_or(arn);
    end.strip_prefix("loadbalancer/").unwrap_or(end).to_owned()
}
