//! A rule of a listener: requests for some paths go to a target of their own.

use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Tags, all_tags, deleted, done, user_tags};
use crate::engine::{
    Address, Changes, Fault, Field, Found, Ownership, Ref, Replacement, ResolveContext, Resource,
    Ties, as_one,
};
use crate::{field, fields};

use self::calls::{ROOM, condition, create_rule, move_to, rules_once};
use crate::resources::elbv2::listener_actions::RequestAction;
use crate::resources::elbv2::listeners::{described, tags_of_all, tags_of_listed};
use crate::resources::elbv2::target_group::TargetGroupLive;
use crate::resources::elbv2::{LISTENERS, RULES, update_elb_tags};
use crate::resources::ownership::declared_as;
use crate::resources::sdk::try_join_bounded;
use crate::resources::{Listener, TargetGroup};

pub(super) mod calls;

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
    /// The second group of a service whose traffic ECS moves between two: which of them has how much
    /// is then ECS's business.
    pub alternate: Option<Ref<TargetGroup>>,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a rule.
#[derive(Debug, Clone, Serialize)]
pub struct ListenerRuleProps {
    pub(super) listener: String,
    pub(super) priority: u32,
    /// Sorted; anything but paths is in it by AWS's name of the field.
    pub(super) paths: Vec<String>,
    #[serde(serialize_with = "as_one")]
    pub(super) action: RequestAction,
    pub(super) tags: Tags,
}

/// A rule as AWS has it.
#[derive(Debug, Clone)]
pub struct ListenerRuleLive {
    /// Its ARN.
    pub arn: String,
    pub(super) props: ListenerRuleProps,
    pub(super) tags: Tags,
}

impl Resource for ListenerRule {
    type Cloud = Cloud;
    type Props = ListenerRuleProps;
    type Live = ListenerRuleLive;

    const KIND: &'static str = "listener-rule";
    const HEADLINE: &'static [Field] = &fields!(ListenerRuleProps, priority, paths, action);
    const CREATE_ONLY: &'static [Field] = &fields!(ListenerRuleProps, listener);
    // A priority has one rule.
    const REPLACEMENT: Replacement = Replacement::DeleteFirst;

    fn desired(&self, context: &ResolveContext<'_>) -> ListenerRuleProps {
        let mut paths = self.paths.clone();
        paths.sort();
        let arn = |group| context.text(group, |live: &TargetGroupLive| live.arn.clone());
        let first = arn(&self.target);
        let action = match self.alternate.as_ref().map(arn) {
            None => RequestAction::forward([first]),
            Some(second) => {
                let swapped = RequestAction::forward([second.clone(), first.clone()]);
                let own = context.live::<Self>();
                if own.is_some_and(|own| own.props.action == swapped) {
                    swapped
                } else {
                    RequestAction::forward([first, second])
                }
            }
        };
        ListenerRuleProps {
            listener: context.text(&self.listener, |live| live.arn.clone()),
            priority: self.place(context.live::<Self>()),
            paths,
            action,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &ListenerRuleLive) -> ListenerRuleProps {
        ListenerRuleProps {
            tags: user_tags(&live.tags),
            ..live.props.clone()
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
        let (listeners, _) = tokio::try_join!(described(cloud), tags_of_listed(cloud))?;
        let arns: Vec<&str> = listeners
            .iter()
            .filter_map(|(_, listener)| listener.listener_arn())
            .collect();
        let (rules, of_listeners) = tokio::try_join!(
            try_join_bounded(arns.iter().map(|arn| rules_once(cloud, arn))),
            tags_of_all(cloud, &arns),
        )?;
        let listener_of = |arn: &str| match cloud.owner(of_listeners.get(arn)?, None) {
            Some(Ownership::Ours(claim)) => Some(claim.address),
            _ => None,
        };
        let rules = rules.iter().flat_map(|rules| rules.iter().cloned());
        let rules: Vec<ListenerRuleLive> = rules.collect();
        let arns: Vec<&str> = rules.iter().map(|rule| rule.arn.as_str()).collect();
        let mut tags = tags_of_all(cloud, &arns).await?;
        let mut found = Vec::new();
        for mut live in rules {
            live.tags = tags.remove(&live.arn).unwrap_or_default();
            let listener = listener_of(&live.props.listener);
            let named = declared_as(declared, |one| {
                let mut paths = one.paths.clone();
                paths.sort();
                // For other paths it is a rule of others, beside which ours takes a free priority.
                Some(one.listener.address()) == listener.as_ref()
                    && one.priority == live.props.priority
                    && paths == live.props.paths
            });
            if let Some(owner) = cloud.owner(&live.tags, named) {
                let id = live.arn.clone();
                found.push(Found { owner, id, live });
            }
        }
        Ok(found)
    }

    fn ties(live: &Self::Live) -> Ties {
        Ties {
            within: vec![live.props.listener.clone()],
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &ListenerRuleProps) -> Result<ListenerRuleLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let (arn, priority) = create_rule(job, want, &tags).await?;
        Ok(ListenerRuleLive {
            arn,
            props: ListenerRuleProps {
                priority,
                ..want.clone()
            },
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
        if changes.any_changed(&fields!(ListenerRuleProps, paths, action)) {
            let request = (job.elb.modify_rule())
                .rule_arn(&live.arn)
                .conditions(condition(&want.paths))
                .actions(want.action.to_api());
            done("elasticloadbalancing:ModifyRule", request.send().await)?;
        }
        let mut priority = want.priority;
        if changes.changed(field!(ListenerRuleProps, priority)) {
            priority = move_to(job, live, want.priority).await?;
        }
        let tags = update_elb_tags(job, &live.arn, &want.tags, changes).await?;
        Ok(ListenerRuleLive {
            props: ListenerRuleProps {
                priority,
                ..want.clone()
            },
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &ListenerRuleLive) -> Result<(), Fault> {
        let request = job.elb.delete_rule().rule_arn(&live.arn);
        deleted("elasticloadbalancing:DeleteRule", request.send().await)
    }
}

impl ListenerRule {
    /// Its priority: the declared one, or the one that it took beside it because a rule of others had
    /// that.
    fn place(&self, own: Option<&ListenerRuleLive>) -> u32 {
        let near = self.priority..self.priority.saturating_add(ROOM);
        let own = own.map(|own| own.props.priority);
        own.filter(|own| near.contains(own))
            .unwrap_or(self.priority)
    }
}

impl Permitted for ListenerRule {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&[
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:DescribeTags",
        ])]],
        create: &[&[
            on(LISTENERS, &["elasticloadbalancing:CreateRule"]).owned(),
            on(RULES, &["elasticloadbalancing:AddTags"]),
        ]],
        update: &[&[
            on(
                RULES,
                &[
                    "elasticloadbalancing:AddTags",
                    "elasticloadbalancing:RemoveTags",
                ],
            ),
            on(
                RULES,
                &[
                    "elasticloadbalancing:ModifyRule",
                    "elasticloadbalancing:SetRulePriorities",
                ],
            )
            .owned(),
        ]],
        delete: &[&[on(RULES, &["elasticloadbalancing:DeleteRule"]).owned()]],
    };
}
