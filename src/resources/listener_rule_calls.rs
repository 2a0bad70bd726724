//! The calls on rules of a listener. A priority belongs to one rule, and rules may move at the same
//! time, so whoever finds its priority taken waits a little and then moves the other out of the way.

use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types as api;

use crate::aws::{Cloud, Job, Tags, fault};
use crate::engine::{Fault, Owner};

use super::elb::{elb_tags, own_elb_tags};
use super::listener_actions::{action, said};
use super::listener_rule::{ListenerRuleLive, ListenerRuleProps};

const CREATE: &str = "elasticloadbalancing:CreateRule";
const DESCRIBE: &str = "elasticloadbalancing:DescribeRules";
const MOVE: &str = "elasticloadbalancing:SetRulePriorities";
const TAKEN: &str = "PriorityInUse";

/// How often a priority is asked for before its rule is moved away.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);
/// The highest priority (`CreateRule.Priority`).
const LAST: u32 = 50_000;

/// Makes a rule; its ARN.
pub(super) async fn born(
    job: &Job,
    want: &ListenerRuleProps,
    tags: &Tags,
) -> Result<String, Fault> {
    let mut tries = 0;
    loop {
        let made = job
            .elb
            .create_rule()
            .listener_arn(&want.listener)
            .set_priority(want.priority.parse().ok())
            .conditions(condition(&want.paths))
            .actions(action(&want.action))
            .set_tags(Some(elb_tags(tags)))
            .send()
            .await
            .map_err(fault(CREATE));
        let taken = match made {
            Ok(made) => {
                let arn = made.rules().first().and_then(api::Rule::rule_arn);
                let arn = arn.map(str::to_owned);
                return arn.ok_or_else(|| Fault::incomplete(CREATE, "RuleArn"));
            }
            Err(fault) if fault.is(CREATE, &[TAKEN]) => fault,
            Err(fault) => return Err(fault),
        };
        let rules = rules_of(job, &want.listener).await?;
        let holder = rules
            .iter()
            .find(|rule| rule.props.priority == want.priority);
        if let Some(holder) = holder {
            match owner(job, &holder.arn).await? {
                // A reply that was lost.
                Some(Owner::Ours(claim)) if claim.address == *job.address() => {
                    return Ok(holder.arn.clone());
                }
                Some(_) => {}
                None => return Err(taken),
            }
        }
        tries += 1;
        match holder {
            Some(holder) if tries == TRIES => set(job, &[(&holder.arn, &free(&rules))]).await?,
            _ if tries > TRIES => return Err(taken),
            _ => job.pause(PAUSE).await?,
        }
    }
}

/// Gives a rule another priority.
pub(super) async fn move_to(
    job: &Job,
    live: &ListenerRuleLive,
    priority: &str,
) -> Result<(), Fault> {
    let mut tries = 0;
    loop {
        let taken = match set(job, &[(&live.arn, priority)]).await {
            Err(fault) if fault.is(MOVE, &[TAKEN]) => fault,
            done => return done,
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
            return Ok(());
        }
        if owner(job, &holder.arn).await?.is_none() {
            return Err(taken);
        }
        // The two change places in one call; each of two that want the other's place asks for the same.
        return set(
            job,
            &[(&own.arn, priority), (&holder.arn, &own.props.priority)],
        )
        .await;
    }
}

async fn set(job: &Job, priorities: &[(&str, &str)]) -> Result<(), Fault> {
    let pairs = priorities.iter().map(|(arn, priority)| {
        api::RulePriorityPair::builder()
            .rule_arn(*arn)
            .set_priority(priority.parse().ok())
            .build()
    });
    job.elb
        .set_rule_priorities()
        .set_rule_priorities(Some(pairs.collect()))
        .send()
        .await
        .map_err(fault(MOVE))?;
    Ok(())
}

/// A priority that no rule has, as late as can be.
fn free(rules: &[ListenerRuleLive]) -> String {
    let mut priority = LAST;
    while rules
        .iter()
        .any(|rule| rule.props.priority == priority.to_string())
    {
        priority -= 1;
    }
    priority.to_string()
}

async fn owner(job: &Job, arn: &str) -> Result<Option<Owner>, Fault> {
    let tags = own_elb_tags(job, &[arn]).await?;
    Ok(tags.get(arn).and_then(|tags| job.owner(tags, None)))
}

/// The rules of a listener, but for its default, which belongs to the listener.
pub(super) async fn rules_of(
    cloud: &Cloud,
    listener: &str,
) -> Result<Vec<ListenerRuleLive>, Fault> {
    let mut pages = cloud
        .elb
        .describe_rules()
        .listener_arn(listener)
        .into_paginator()
        .items()
        .send();
    let mut rules = Vec::new();
    while let Some(rule) = pages.next().await {
        let rule = rule.map_err(fault(DESCRIBE))?;
        if rule.is_default() != Some(true) {
            rules.push(live(&rule, listener)?);
        }
    }
    Ok(rules)
}

fn live(rule: &api::Rule, listener: &str) -> Result<ListenerRuleLive, Fault> {
    let arn = rule
        .rule_arn()
        .ok_or_else(|| Fault::incomplete(DESCRIBE, "RuleArn"))?;
    let mut paths: Vec<String> = rule
        .conditions()
        .iter()
        .flat_map(|condition| match condition.path_pattern_config() {
            Some(patterns) => patterns.values().to_vec(),
            None if condition.field() == Some("path-pattern") => condition.values().to_vec(),
            None => condition.field().map(str::to_owned).into_iter().collect(),
        })
        .collect();
    paths.sort();
    Ok(ListenerRuleLive {
        arn: arn.to_owned(),
        props: ListenerRuleProps {
            listener: listener.to_owned(),
            priority: rule.priority().unwrap_or_default().to_owned(),
            paths,
            action: said(rule.actions()),
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
