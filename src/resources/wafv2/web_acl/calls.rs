//! The calls on web ACLs: reading, changing with the token that guards against another's change, deleting.

use std::sync::Arc;

use aws_sdk_wafv2::types as api;

use crate::aws::{
    Cloud, Job, Required, Tags, answer_of, done, optional, tags_from, tags_taken_out, user_tags,
};
use crate::engine::{Class, Fault, Gone};

use crate::resources::sdk::{build_error, built_tags};
use crate::resources::wafv2::web_acl::rules::{answered, sent, visibility};
use crate::resources::wafv2::web_acl::{WebAclLive, WebAclProps};

const CREATE: &str = "wafv2:CreateWebACL";
const GET: &str = "wafv2:GetWebACL";
const UPDATE: &str = "wafv2:UpdateWebACL";
const DELETE: &str = "wafv2:DeleteWebACL";

/// Answers that go away by themselves: what a web ACL refers to has not spread yet, its tags could not
/// be written, or somebody changed it between our two calls.
const PASSING: &[&str] = &[
    "WAFUnavailableEntityException",
    "WAFTagOperationInternalErrorException",
    "WAFOptimisticLockException",
];

/// Every regional web ACL of the account and region: a hundred, unless the quota was raised.
pub(in crate::resources::wafv2) async fn summaries(
    cloud: &Cloud,
) -> Result<Arc<Vec<api::WebAclSummary>>, Fault> {
    const LIST: &str = "wafv2:ListWebACLs";
    cloud.memo.once(LIST, || listed(cloud, LIST)).await
}

/// The same, asked anew.
async fn listed(cloud: &Cloud, operation: &'static str) -> Result<Vec<api::WebAclSummary>, Fault> {
    let mut all = Vec::new();
    let mut marker = None;
    loop {
        let request = (cloud.waf.list_web_acls())
            .scope(api::Scope::Regional)
            .limit(100)
            .set_next_marker(marker);
        let page = answer_of(operation, request.send().await)?;
        let more = !page.web_acls().is_empty();
        marker = page.next_marker.filter(|marker| more && !marker.is_empty());
        all.extend(page.web_acls.unwrap_or_default());
        if marker.is_none() {
            return Ok(all);
        }
    }
}

/// A web ACL and the token of its present state; `None` when it is gone.
pub(in crate::resources::wafv2) async fn got(
    cloud: &Cloud,
    name: &str,
    id: &str,
) -> Result<Option<(api::WebAcl, String)>, Fault> {
    let request = cloud.waf.get_web_acl().scope(api::Scope::Regional);
    let request = request.name(name).id(id);
    let Some(answer) = optional(GET, request.send().await)? else {
        return Ok(None);
    };
    Ok(Some((
        answer.web_acl.required(GET, "WebACL")?,
        answer.lock_token.required(GET, "LockToken")?,
    )))
}

/// The web ACL of a summary with its tags; `None` when it is gone.
pub(in crate::resources::wafv2) async fn read(
    cloud: &Cloud,
    summary: &api::WebAclSummary,
) -> Result<Option<WebAclLive>, Fault> {
    let (Some(name), Some(id), Some(arn)) = (summary.name(), summary.id(), summary.arn()) else {
        return Err(Fault::incomplete("wafv2:ListWebACLs", "Id"));
    };
    let (acl, tags) = match tokio::try_join!(got(cloud, name, id), own_tags(cloud, arn)) {
        Ok((Some((acl, _)), tags)) => (acl, tags),
        Ok((None, _)) => return Ok(None),
        Err(fault) if fault.is_absent() => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let seen = acl.visibility_config();
    let action = acl.default_action();
    Ok(Some(WebAclLive {
        props: WebAclProps {
            lets_in: action.is_some_and(|action| action.allow().is_some()),
            rules: answered(acl.rules()),
            metrics: seen.is_some_and(|seen| seen.cloud_watch_metrics_enabled()),
            samples: seen.is_some_and(|seen| seen.sampled_requests_enabled()),
            tags: user_tags(&tags),
            name: acl.name,
        },
        id: acl.id,
        arn: acl.arn,
        tags,
    }))
}

/// A web ACL's own tags.
pub(in crate::resources::wafv2) async fn own_tags(cloud: &Cloud, arn: &str) -> Result<Tags, Fault> {
    let request = (cloud.waf.list_tags_for_resource())
        .resource_arn(arn)
        .limit(100);
    let answer = answer_of("wafv2:ListTagsForResource", request.send().await)?;
    let tags = answer.tag_info_for_resource();
    let tags = tags
        .map(api::TagInfoForResource::tag_list)
        .unwrap_or_default();
    Ok(tags_from(tags.iter().map(|tag| (tag.key(), tag.value()))))
}

fn waf_tags(tags: &Tags, operation: &'static str) -> Result<Vec<api::Tag>, Fault> {
    built_tags(operation, tags, |key, value| {
        api::Tag::builder().key(key).value(value).build()
    })
}

/// Puts tags on a web ACL that exists, and takes off those that have left the file.
pub(in crate::resources::wafv2) async fn tag(
    job: &Job,
    arn: &str,
    tags: &Tags,
) -> Result<(), Fault> {
    const TAG: &str = "wafv2:TagResource";
    const UNTAG: &str = "wafv2:UntagResource";
    let passes = |fault: &Fault| PASSING.contains(&fault.code.as_str());
    let gone = tags_taken_out(job);
    if !gone.is_empty() {
        job.settle(passes, || async {
            let request = job.waf.untag_resource().resource_arn(arn);
            let request = request.set_tag_keys(Some(gone.clone()));
            answer_of(UNTAG, request.send().await)
        })
        .await?;
    }
    let tags = waf_tags(tags, TAG)?;
    job.settle(passes, || async {
        let request = job.waf.tag_resource().resource_arn(arn);
        let request = request.set_tags(Some(tags.clone()));
        answer_of(TAG, request.send().await)
    })
    .await?;
    Ok(())
}

fn lets_in() -> api::DefaultAction {
    let allow = api::AllowAction::builder().build();
    api::DefaultAction::builder().allow(allow).build()
}

/// Makes a web ACL. One of that name that is there already is answered if it is `ours`: a reply was lost.
pub(in crate::resources::wafv2) async fn create_acl(
    job: &Job,
    want: &WebAclProps,
    tags: &Tags,
    ours: impl Fn(&Tags) -> bool,
) -> Result<WebAclLive, Fault> {
    let rules = sent(&want.rules).map_err(build_error(CREATE))?;
    let seen = visibility(&want.name).map_err(build_error(CREATE))?;
    let carried = waf_tags(tags, CREATE)?;
    let made = job
        .settle(
            |fault| PASSING.contains(&fault.code.as_str()),
            || async {
                let request = job.waf.create_web_acl().scope(api::Scope::Regional);
                let request = request
                    .name(&want.name)
                    .default_action(lets_in())
                    .set_rules(Some(rules.clone()))
                    .visibility_config(seen.clone())
                    .set_tags(Some(carried.clone()));
                let made = answer_of(CREATE, request.send().await)?;
                made.summary.required(CREATE, "Summary")
            },
        )
        .await;
    let summary = match made {
        Err(refused) if refused.code == "WAFDuplicateItemException" => {
            let all = listed(job, "wafv2:ListWebACLs").await?;
            let same = all.into_iter().find(|one| one.name() == Some(&want.name));
            let there = match &same {
                Some(summary) => read(job, summary).await?,
                None => None,
            };
            return match there {
                Some(live) if ours(&live.tags) => Ok(live),
                _ => Err(refused.hint("a web ACL of that name is there already")),
            };
        }
        made => made?,
    };
    Ok(WebAclLive {
        id: summary.id.required(CREATE, "Id")?,
        arn: summary.arn.required(CREATE, "ARN")?,
        props: want.clone(),
        tags: tags.clone(),
    })
}

/// Makes the web ACL say what is wanted: all of it is sent, as the API demands.
pub(in crate::resources::wafv2) async fn change(
    job: &Job,
    live: &WebAclLive,
    want: &WebAclProps,
) -> Result<(), Fault> {
    let rules = sent(&want.rules).map_err(build_error(UPDATE))?;
    let seen = visibility(&want.name).map_err(build_error(UPDATE))?;
    job.settle(
        |fault| PASSING.contains(&fault.code.as_str()),
        || async {
            let Some((_, token)) = got(job, &live.props.name, &live.id).await? else {
                let message = format!("the web ACL {} is gone", live.props.name);
                return Err(Fault::new(UPDATE, Class::Absent, message));
            };
            let request = (job.waf.update_web_acl())
                .scope(api::Scope::Regional)
                .name(&live.props.name)
                .id(&live.id)
                .lock_token(token)
                .default_action(lets_in())
                .set_rules(Some(rules.clone()))
                .visibility_config(seen.clone());
            done(UPDATE, request.send().await)
        },
    )
    .await
}

/// Deletes a web ACL; one that still protects something, or seems to, is not gone yet.
pub(in crate::resources::wafv2) async fn remove(
    job: &Job,
    live: &WebAclLive,
) -> Result<Gone, Fault> {
    let Some((_, token)) = got(job, &live.props.name, &live.id).await? else {
        return Ok(Gone::Yes);
    };
    let request = job.waf.delete_web_acl().scope(api::Scope::Regional);
    let request = request
        .name(&live.props.name)
        .id(&live.id)
        .lock_token(token);
    match answer_of(DELETE, request.send().await) {
        Ok(_) => Ok(Gone::Yes),
        Err(fault) if fault.is_absent() => Ok(Gone::Yes),
        Err(fault) if fault.class == Class::InUse || PASSING.contains(&fault.code.as_str()) => {
            Ok(Gone::NotYet(fault.message))
        }
        Err(fault) => Err(fault),
    }
}
