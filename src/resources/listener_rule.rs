//! A rule of a listener: requests for some paths go to a target of their own.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types as api;
use serde::Serialize;

use crate::aws::{Cloud, Job, Tags, absent_is_done, all_tags, fault, spoken};
use crate::engine::{
    Address, Changes, Effect, Fault, Found, Ref, Replacement, Resource, Seen,
};

use super::elb::{elb_tags, own_elb_tags, tag_elb};
use super::listener::{action, said};
use super::listeners::{described, tags_of_all};
use super::ownership::is_ours;
use super::sdk::together;
use super::{Listener, TargetGroup};

const DESCRIBE: &str = "elasticloadbalancing:DescribeRules";

/// Sends some paths to a target.
#[derive(Debug, Clone)]
pub struct ListenerRule {
    /// Its listener; cannot be changed.
    pub listener: Ref<Listener>,
    /// 1-50000; the lowest is asked first, and each belongs to one rule.
    pub priority: u32,
    /// Path patterns, `/api/*`; at most five.
    pub paths: Vec<String>,
    /// Where matching requests go.
    pub target: Ref<TargetGroup>,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a rule.
#[derive(Debug, Clone, Serialize)]
pub struct ListenerRuleProps {
    listener: String,
    priority: String,
    /// Sorted; anything but paths is in it by AWS's name of the field.
    paths: Vec<String>,
    action: String,
    tags: Tags,
}

/// A rule as AWS has it.
#[derive(Debug, Clone)]
pub struct ListenerRuleLive {
    /// Its ARN.
    pub arn: String,
    props: ListenerRuleProps,
    tags: Tags,
}

impl Resource for ListenerRule {
    type Cloud = Cloud;
    type Props = ListenerRuleProps;
    type Live = ListenerRuleLive;

    const KIND: &'static str = "listener-rule";
    // A priority has one rule.
    const REPLACEMENT: Replacement = Replacement::DeleteFirst;

    fn want(&self, seen: &Seen<'_>) -> ListenerRuleProps {
        let mut paths = self.paths.clone();
        paths.sort();
        let group = seen.text(&self.target, |live| live.arn.clone());
        ListenerRuleProps {
            listener: seen.text(&self.listener, |live| live.arn.clone()),
            priority: self.priority.to_string(),
            paths,
            action: format!("forward {group}"),
            tags: self.tags.clone(),
        }
    }

    fn props(live: &ListenerRuleLive) -> ListenerRuleProps {
        ListenerRuleProps {
            tags: spoken(&live.tags),
            ..live.props.clone()
        }
    }

    fn effect(path: &str) -> Effect {
        match path {
            "listener" => Effect::Replace,
            _ => Effect::InPlace,
        }
    }

    /// One request a listener: AWS has no batched one.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<ListenerRuleLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(Self::KIND).await? {
            return Ok(Vec::new());
        }
        let listeners = described(cloud).await?;
        let listeners: Vec<&str> = listeners.iter().filter_map(api::Listener::listener_arn).collect();
        let rules = together(listeners.iter().map(|arn| rules_of(cloud, arn))).await?;
        let rules: Vec<ListenerRuleLive> = rules.into_iter().flatten().collect();
        let arns: Vec<&str> = rules.iter().map(|rule| rule.arn.as_str()).collect();
        let mut tags: BTreeMap<String, Tags> = tags_of_all(cloud, &arns).await?;
        let mut found = Vec::new();
        for mut live in rules {
            live.tags = tags.remove(&live.arn).unwrap_or_default();
            if let Some(owner) = cloud.owner(&live.tags, None) {
                let id = live.arn.clone();
                found.push(Found { owner, id, live });
            }
        }
        Ok(found)
    }

    async fn create(&self, job: &Job, want: &ListenerRuleProps) -> Result<ListenerRuleLive, Fault> {
        const OPERATION: &str = "elasticloadbalancing:CreateRule";
        let tags = all_tags(job, &want.tags);
        let made = job
            .elb
            .create_rule()
            .listener_arn(&want.listener)
            .set_priority(want.priority.parse().ok())
            .conditions(condition(&want.paths))
            .actions(action(&want.action))
            .set_tags(Some(elb_tags(&tags)))
            .send()
            .await
            .map_err(fault(OPERATION));
        let arn = match made {
            Ok(made) => made
                .rules()
                .first()
                .and_then(|made| made.rule_arn().map(str::to_owned))
                .ok_or_else(|| Fault::incomplete(OPERATION, "RuleArn"))?,
            // A reply that was lost: the tags say whether the rule is the one made then.
            Err(fault) if fault.code == "PriorityInUse" => {
                made_before(job, want).await?.ok_or(fault)?
            }
            Err(fault) => return Err(fault),
        };
        Ok(ListenerRuleLive {
            arn,
            props: want.clone(),
            tags,
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &ListenerRuleLive,
        want: &ListenerRuleProps,
        changes: &Changes,
    ) -> Result<ListenerRuleLive, Fault> {
        if changes.touch_any(&["paths", "action"]) {
            job.elb
                .modify_rule()
                .rule_arn(&live.arn)
                .conditions(condition(&want.paths))
                .actions(action(&want.action))
                .send()
                .await
                .map_err(fault("elasticloadbalancing:ModifyRule"))?;
        }
        if changes.touch("priority") {
            let priority = api::RulePriorityPair::builder()
                .rule_arn(&live.arn)
                .set_priority(want.priority.parse().ok())
                .build();
            job.elb
                .set_rule_priorities()
                .rule_priorities(priority)
                .send()
                .await
                .map_err(fault("elasticloadbalancing:SetRulePriorities"))?;
        }
        let tags = all_tags(job, &want.tags);
        if changes.touch("tags") {
            tag_elb(job, &live.arn, &tags).await?;
        }
        Ok(ListenerRuleLive {
            props: want.clone(),
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &ListenerRuleLive) -> Result<(), Fault> {
        job.elb
            .delete_rule()
            .rule_arn(&live.arn)
            .send()
            .await
            .map_err(fault("elasticloadbalancing:DeleteRule"))
            .map(|_| ())
            .or_else(absent_is_done)
    }
}

fn condition(paths: &[String]) -> api::RuleCondition {
    let patterns = api::PathPatternConditionConfig::builder()
        .set_values(Some(paths.to_vec()))
        .build();
    api::RuleCondition::builder()
        .field("path-pattern")
        .path_pattern_config(patterns)
        .build()
}

/// The rules of a listener, but for its default, which belongs to the listener.
async fn rules_of(cloud: &Cloud, listener: &str) -> Result<Vec<ListenerRuleLive>, Fault> {
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
    let arn = rule.rule_arn().ok_or_else(|| Fault::incomplete(DESCRIBE, "RuleArn"))?;
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

/// The rule that an earlier create of this job made.
async fn made_before(job: &Job, want: &ListenerRuleProps) -> Result<Option<String>, Fault> {
    for rule in rules_of(job, &want.listener).await? {
        if rule.props.priority == want.priority {
            let tags = own_elb_tags(job, &[&rule.arn]).await?;
            let ours = tags.get(&rule.arn).is_some_and(|tags| is_ours(job, tags));
            return Ok(ours.then_some(rule.arn));
        }
    }
    Ok(None)
}
