//! What a web ACL's rules are: AWS's managed groups, and which of their rules only count.

use std::collections::BTreeMap;

use aws_sdk_wafv2::types as api;
use aws_smithy_types::error::operation::BuildError;
use serde::Serialize;

use crate::resources::sdk::sorted;

/// What can be said of one rule of a web ACL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::resources::wafv2) struct Rule {
    /// The lowest is asked first.
    priority: i32,
    /// The managed group of AWS, or what else the rule says, in a word.
    group: String,
    /// Rules of the group that count requests and block none.
    counts: Vec<String>,
    /// Whether the group's other rules block.
    blocks: bool,
}

/// Name, group, and the rules of it that look into bodies.
///
/// Those only count. Requests of an assistant carry what people type and upload: a question about a
/// script, a path or an exploit holds the very text that these rules look for, and a file or a long
/// prompt is over the 8 KB that `SizeRestrictions_BODY` lets through and that AWS WAF inspects for a load
/// balancer ("Baseline rule groups" in the AWS WAF developer guide). A name that a group does not have
/// changes nothing (WAF API, `RuleActionOverride`).
const GROUPS: [(&str, &str, &[&str]); 3] = [
    (
        "ip-reputation",
        "AWSManagedRulesAmazonIpReputationList",
        &[],
    ),
    (
        "common",
        "AWSManagedRulesCommonRuleSet",
        &[
            "CrossSiteScripting_BODY",
            "EC2MetaDataSSRF_BODY",
            "GenericLFI_BODY",
            "GenericRFI_BODY",
            "SizeRestrictions_BODY",
        ],
    ),
    (
        "known-bad-inputs",
        "AWSManagedRulesKnownBadInputsRuleSet",
        &[
            "JavaDeserializationRCE_BODY",
            "Log4JRCE_BODY",
            "ReactJSRCE_BODY",
        ],
    ),
];

/// The rules of a web ACL of ours, by name.
pub(super) fn wanted() -> BTreeMap<String, Rule> {
    let groups = GROUPS.iter().zip(0..);
    groups
        .map(|((name, group, counts), priority)| {
            let rule = Rule {
                priority,
                group: (*group).to_owned(),
                counts: counts.iter().map(|rule| (*rule).to_owned()).collect(),
                blocks: true,
            };
            ((*name).to_owned(), rule)
        })
        .collect()
}

/// The rules of a web ACL as AWS has it, by name.
pub(super) fn answered(rules: &[api::Rule]) -> BTreeMap<String, Rule> {
    rules
        .iter()
        .map(|rule| {
            let statement = rule.statement();
            let group = statement.and_then(api::Statement::managed_rule_group_statement);
            let overrides = group.map(api::ManagedRuleGroupStatement::rule_action_overrides);
            let counted = overrides.unwrap_or_default().iter().map(|one| {
                let count = one
                    .action_to_use()
                    .is_some_and(|action| action.count().is_some());
                let name = one.name();
                if count {
                    name.to_owned()
                } else {
                    format!("{name} (another action)")
                }
            });
            let counts = sorted(counted);
            let observed = Rule {
                priority: rule.priority(),
                group: group.map_or_else(
                    || "not a managed group".to_owned(),
                    |group| match (group.vendor_name(), group.scope_down_statement()) {
                        ("AWS", None) => group.name().to_owned(),
                        ("AWS", Some(_)) => format!("{} for some requests", group.name()),
                        (vendor, _) => format!("{vendor} {}", group.name()),
                    },
                ),
                counts,
                blocks: rule
                    .override_action()
                    .is_some_and(|action| action.none().is_some()),
            };
            (rule.name().to_owned(), observed)
        })
        .collect()
}

/// Rules in the SDK's own type; all of them are managed groups of AWS.
///
/// # Errors
/// When the SDK misses a field, which none of these does.
pub(super) fn sent(rules: &BTreeMap<String, Rule>) -> Result<Vec<api::Rule>, BuildError> {
    rules.iter().map(|(name, rule)| one(name, rule)).collect()
}

fn one(name: &str, rule: &Rule) -> Result<api::Rule, BuildError> {
    let count = api::RuleAction::builder().count(api::CountAction::builder().build());
    let count = count.build();
    let overrides = rule.counts.iter().map(|name| {
        let one = api::RuleActionOverride::builder().name(name);
        one.action_to_use(count.clone()).build()
    });
    let group = api::ManagedRuleGroupStatement::builder()
        .vendor_name("AWS")
        .name(&rule.group)
        .set_rule_action_overrides(Some(overrides.collect::<Result<_, _>>()?))
        .build()?;
    let action = api::OverrideAction::builder();
    let action = if rule.blocks {
        action.none(api::NoneAction::builder().build())
    } else {
        action.count(api::CountAction::builder().build())
    };
    api::Rule::builder()
        .name(name)
        .priority(rule.priority)
        .statement(
            api::Statement::builder()
                .managed_rule_group_statement(group)
                .build(),
        )
        .override_action(action.build())
        .visibility_config(visibility(name)?)
        .build()
}

/// Metrics, and no samples: a sample shows the headers of a request, session cookies among them, to
/// whoever may call `GetSampledRequests`.
///
/// # Errors
/// When the SDK misses a field, which this does not.
pub(super) fn visibility(metric: &str) -> Result<api::VisibilityConfig, BuildError> {
    api::VisibilityConfig::builder()
        .cloud_watch_metrics_enabled(true)
        .sampled_requests_enabled(false)
        .metric_name(metric)
        .build()
}
