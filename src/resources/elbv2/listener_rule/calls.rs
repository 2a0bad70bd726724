//! The calls on rules of a listener. A priority belongs to one rule, and rules may move at the same
//! time, so whoever finds its priority taken waits a little and then moves the other out of the way.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types as api;

use crate::aws::{Cloud, Job, Required, Tags, answer_of, done};
use crate::engine::{Fault, Ownership};

use crate::resources::elbv2::listener_actions::RequestAction;
use crate::resources::elbv2::listener_rule::{ListenerRuleLive, ListenerRuleProps};
use crate::resources::elbv2::{elb_tags, own_elb_tags};
use crate::resources::sdk::sorted;

const CREATE: &str = "elasticloadbalancing:CreateRule";
const DESCRIBE: &str = "elasticloadbalancing:DescribeRules";
const MOVE: &str = "elasticloadbalancing:SetRulePriorities";
const TAKEN: &str = "PriorityInUse";

/// How often a priority is asked for before its rule is moved away.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);
/// The highest priority (`CreateRule.Priority`).
const LAST: u32 = 50_000;

/// How many priorities a rule has for itself: it takes the first that no rule of others has, and is
/// still asked before the next rule of the stack.
pub(super) const ROOM: u32 = 10;

/// Makes a rule; its ARN and the priority that it got.
pub(super) async fn create_rule(
    job: &Job,
    want: &ListenerRuleProps,
    tags: &Tags,
) -> Result<(String, u32), Fault> {
    let mut tries = 0;
    let mut priority = want.priority;
    loop {
        let request = (job.elb.create_rule())
            .listener_arn(&want.listener)
            .priority(priority.cast_signed())
            .conditions(condition(&want.paths))
            .actions(want.action.to_api())
            .set_tags(Some(elb_tags(tags)));
        let made = answer_of(CREATE, request.send().await);
        let taken = match made {
            Ok(made) => {
                let arn = made.rules().first().and_then(api::Rule::rule_arn);
                let arn = arn.required(CREATE, "RuleArn")?;
                return Ok((arn.to_owned(), priority));
            }
            Err(fault) if fault.is(CREATE, &[TAKEN]) => fault,
            Err(fault) => return Err(fault),
        };
        let rules = rules_of(job, &want.listener).await?;
        let holder = rules.iter().find(|rule| rule.props.priority == priority);
        if let Some(holder) = holder {
            match owner(job, &holder.arn).await? {
                // A reply that was lost.
                Some(Ownership::Ours(claim)) if claim.address == *job.address() => {
                    return Ok((holder.arn.clone(), priority));
                }
                Some(_) => {}
                None => {
                    priority = next_priority(&rules, priority).ok_or(taken)?;
                    continue;
                }
            }
        }
        tries += 1;
        match holder {
            Some(holder) if tries == TRIES => set(job, &[(&holder.arn, free(&rules))]).await?,
            _ if tries > TRIES => return Err(taken),
            _ => job.pause(PAUSE).await?,
        }
    }
}

/// Gives a rule another priority, or one beside it where a rule of others has that; which one.
pub(super) async fn move_to(job: &Job, live: &ListenerRuleLive, wanted: u32) -> Result<u32, Fault> {
    let mut tries = 0;
    let mut priority = wanted;
    loop {
        let taken = match set(job, &[(&live.arn, priority)]).await {
            Err(fault) if fault.is(MOVE, &[TAKEN]) => fault,
            done => return done.map(|()| priority),
        };
        tries += 1;
        if tries < TRIES {
            job.pause(PAUSE).await?;
            continue;
        }
        let rules = rules_of(job, &live.props.listener).await?;
        let held = |rule: &&ListenerRuleLive| rule.props.priority == priority;
        let own = rules.iter().find(|rule| rule.arn == live.arn);
        let (Some(holder), Some(own)) = (rules.iter().find(held), own) else {
            return Err(taken);
        };
        if holder.arn == own.arn {
            return Ok(priority);
        }
        if owner(job, &holder.arn).await?.is_none() {
            priority = next_priority(&rules, priority).ok_or(taken)?;
            continue;
        }
        // The two change places in one call; each of two that want the other's place asks for the same.
        let places = [
            (own.arn.as_str(), priority),
            (holder.arn.as_str(), own.props.priority),
        ];
        set(job, &places).await?;
        return Ok(priority);
    }
}

async fn set(job: &Job, priorities: &[(&str, u32)]) -> Result<(), Fault> {
    let pairs = priorities.iter().map(|(arn, priority)| {
        api::RulePriorityPair::builder()
            .rule_arn(*arn)
            .priority(priority.cast_signed())
            .build()
    });
    let request = (job.elb.set_rule_priorities()).set_rule_priorities(Some(pairs.collect()));
    done(MOVE, request.send().await)
}

/// The first priority behind `taken` that no rule has, as long as it stays before the next rule of
/// the stack; those are [`ROOM`] apart.
fn next_priority(rules: &[ListenerRuleLive], taken: u32) -> Option<u32> {
    let end = (taken / ROOM + 1) * ROOM;
    (taken + 1..end.min(LAST + 1))
        .find(|priority| rules.iter().all(|rule| rule.props.priority != *priority))
}

/// A priority that no rule has, as late as can be.
fn free(rules: &[ListenerRuleLive]) -> u32 {
    let mut priority = LAST;
    while rules.iter().any(|rule| rule.props.priority == priority) {
        priority -= 1;
    }
    priority
}

async fn owner(job: &Job, arn: &str) -> Result<Option<Ownership>, Fault> {
    let tags = own_elb_tags(job, &[arn]).await?;
    Ok(tags.get(arn).and_then(|tags| job.owner(tags, None)))
}

/// The rules of a listener, but for its default, which belongs to the listener.
pub(super) async fn rules_of(
    cloud: &Cloud,
    listener: &str,
) -> Result<Vec<ListenerRuleLive>, Fault> {
    let request = cloud.elb.describe_rules().listener_arn(listener);
    let items = request.into_paginator().items().send();
    let mut rules = answer_of(DESCRIBE, items.try_collect().await)?;
    rules.retain(|rule| rule.is_default() != Some(true));
    rules.iter().map(|rule| live(rule, listener)).collect()
}

fn live(rule: &api::Rule, listener: &str) -> Result<ListenerRuleLive, Fault> {
    let arn = rule.rule_arn().required(DESCRIBE, "RuleArn")?;
    let priority = rule.priority().and_then(|number| number.parse().ok());
    let conditions = rule.conditions().iter();
    let paths = sorted(
        conditions.flat_map(|condition| match condition.path_pattern_config() {
            Some(patterns) => patterns.values().to_vec(),
            None if condition.field() == Some("path-pattern") => condition.values().to_vec(),
            None => condition.field().map(str::to_owned).into_iter().collect(),
        }),
    );
    Ok(ListenerRuleLive {
        arn: arn.to_owned(),
        props: ListenerRuleProps {
            listener: listener.to_owned(),
            priority: priority.required(DESCRIBE, "Priority")?,
            paths,
            action: RequestAction::of_api(rule.actions()),
            tags: Tags::new(),
        },
        tags: Tags::new(),
    })
}

/// The condition that a request is for one of `paths`.
pub(super) fn condition(paths: &[String]) -> api::RuleCondition {
    let patterns = api::PathPatternConditionConfig::builder()
        .set_values(Some(paths.to_vec()))
        .build();
    api::RuleCondition::builder()
        .field("path-pattern")
        .path_pattern_config(patterns)
        .build()
}

/// The rules of a listener, asked for once in a run: one request, which both kinds need.
pub(in crate::resources::elbv2) async fn rules_once(
    cloud: &Cloud,
    listener: &str,
) -> Result<Arc<Vec<ListenerRuleLive>>, Fault> {
    let question = format!("elasticloadbalancing:DescribeRules {listener}");
    let ask = || rules_of(cloud, listener);
    cloud.memo.once(question, ask).await
}
