//! A listener of the load balancer: one port, and what is done with its requests.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types as api;
use serde::Serialize;

use crate::aws::{Cloud, Job, Tags, absent_is_done, all_tags, fault, spoken};
use crate::engine::{
    Address, Changes, Effect, Fault, Found, Link, Ref, Replacement, Resource, Seen,
};

use super::elb::{elb_tags, tag_elb};
use super::listeners::{certificate, described, port_of, tags_of_all};
use super::ownership::is_ours;
use super::{Certificate, LoadBalancer, TargetGroup};

/// One port of the load balancer.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Its load balancer; cannot be changed.
    pub balancer: Ref<LoadBalancer>,
    /// 1-65535; one listener a port.
    pub port: u16,
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// For `HTTPS`.
    pub certificate: Option<Link<Certificate>>,
    /// TLS policy, for `HTTPS` (ELB, "Security policies for your Application Load Balancer").
    pub ssl_policy: Option<String>,
    /// What is done with requests that no rule takes.
    pub action: ListenerAction,
    /// The file's tags.
    pub tags: Tags,
}

/// What a listener does with a request.
#[derive(Debug, Clone)]
pub enum ListenerAction {
    /// Gives it to a target.
    Forward(Ref<TargetGroup>),
    /// Answers that it is to be asked on port 443 (301).
    RedirectToHttps,
    /// Answers that there is nothing (404).
    NotFound,
}

/// What can be said of a listener.
#[derive(Debug, Clone, Serialize)]
pub struct ListenerProps {
    pub(super) balancer: String,
    pub(super) port: u16,
    pub(super) protocol: String,
    pub(super) certificate: Option<String>,
    pub(super) ssl_policy: Option<String>,
    /// `forward <ARN>`, `redirect to https`, `404`, or AWS's word for anything else.
    pub(super) action: String,
    pub(super) tags: Tags,
}

/// A listener as AWS has it.
#[derive(Debug, Clone)]
pub struct ListenerLive {
    /// Its ARN.
    pub arn: String,
    pub(super) props: ListenerProps,
    pub(super) tags: Tags,
}

impl Resource for Listener {
    type Cloud = Cloud;
    type Props = ListenerProps;
    type Live = ListenerLive;

    const KIND: &'static str = "listener";
    // A port has one listener.
    const REPLACEMENT: Replacement = Replacement::DeleteFirst;

    fn want(&self, seen: &Seen<'_>) -> ListenerProps {
        let certificate = self
            .certificate
            .as_ref()
            .map(|certificate| certificate.id(seen, |live| live.arn.clone()));
        ListenerProps {
            balancer: seen.text(&self.balancer, |live| live.arn.clone()),
            port: self.port,
            protocol: self.protocol.clone(),
            certificate,
            ssl_policy: self.ssl_policy.clone(),
            action: match &self.action {
                ListenerAction::Forward(group) => {
                    format!("forward {}", seen.text(group, |live| live.arn.clone()))
                }
                ListenerAction::RedirectToHttps => REDIRECT.to_owned(),
                ListenerAction::NotFound => NOT_FOUND.to_owned(),
            },
            tags: self.tags.clone(),
        }
    }

    fn props(live: &ListenerLive) -> ListenerProps {
        ListenerProps {
            tags: spoken(&live.tags),
            ..live.props.clone()
        }
    }

    fn effect(path: &str) -> Effect {
        match path {
            "balancer" => Effect::Replace,
            _ => Effect::InPlace,
        }
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<ListenerLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(Self::KIND).await? {
            return Ok(Vec::new());
        }
        let listeners = described(cloud).await?;
        let arns: Vec<&str> = listeners.iter().filter_map(api::Listener::listener_arn).collect();
        let mut tags = tags_of_all(cloud, &arns).await?;
        let mut found = Vec::new();
        for listener in listeners.iter() {
            let live = live(listener, &mut tags)?;
            if let Some(owner) = cloud.owner(&live.tags, None) {
                let id = live.arn.clone();
                found.push(Found { owner, id, live });
            }
        }
        Ok(found)
    }

    async fn create(&self, job: &Job, want: &ListenerProps) -> Result<ListenerLive, Fault> {
        const OPERATION: &str = "elasticloadbalancing:CreateListener";
        let tags = all_tags(job, &want.tags);
        let made = job
            .elb
            .create_listener()
            .load_balancer_arn(&want.balancer)
            .port(i32::from(want.port))
            .protocol(api::ProtocolEnum::from(want.protocol.as_str()))
            .set_certificates(certificates(want))
            .set_ssl_policy(want.ssl_policy.clone())
            .default_actions(action(&want.action))
            .set_tags(Some(elb_tags(&tags)))
            .send()
            .await
            .map_err(fault(OPERATION));
        let arn = match made {
            Ok(made) => made
                .listeners()
                .first()
                .and_then(|made| made.listener_arn().map(str::to_owned))
                .ok_or_else(|| Fault::incomplete(OPERATION, "ListenerArn"))?,
            // A reply that was lost: the tags say whether the listener is the one made then.
            Err(fault) if fault.code == "DuplicateListener" => {
                made_before(job, want).await?.ok_or(fault)?
            }
            Err(fault) => return Err(fault),
        };
        Ok(ListenerLive {
            arn,
            props: want.clone(),
            tags,
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &ListenerLive,
        want: &ListenerProps,
        changes: &Changes,
    ) -> Result<ListenerLive, Fault> {
        if changes.touch_any(&["port", "protocol", "certificate", "ssl_policy", "action"]) {
            job.elb
                .modify_listener()
                .listener_arn(&live.arn)
                .port(i32::from(want.port))
                .protocol(api::ProtocolEnum::from(want.protocol.as_str()))
                .set_certificates(certificates(want))
                .set_ssl_policy(want.ssl_policy.clone())
                .default_actions(action(&want.action))
                .send()
                .await
                .map_err(fault("elasticloadbalancing:ModifyListener"))?;
        }
        let tags = all_tags(job, &want.tags);
        if changes.touch("tags") {
            tag_elb(job, &live.arn, &tags).await?;
        }
        Ok(ListenerLive {
            props: want.clone(),
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &ListenerLive) -> Result<(), Fault> {
        job.elb
            .delete_listener()
            .listener_arn(&live.arn)
            .send()
            .await
            .map_err(fault("elasticloadbalancing:DeleteListener"))
            .map(|_| ())
            .or_else(absent_is_done)
    }
}

const REDIRECT: &str = "redirect to https";
const NOT_FOUND: &str = "404";

/// The action of a listener or a rule, in the words of its properties.
pub(super) fn action(said: &str) -> api::Action {
    let action = api::Action::builder();
    if let Some(group) = said.strip_prefix("forward ") {
        return action
            .r#type(api::ActionTypeEnum::Forward)
            .target_group_arn(group)
            .build();
    }
    if said == REDIRECT {
        let redirect = api::RedirectActionConfig::builder()
            .protocol("HTTPS")
            .port("443")
            .status_code(api::RedirectActionStatusCodeEnum::Http301)
            .build();
        return action
            .r#type(api::ActionTypeEnum::Redirect)
            .redirect_config(redirect)
            .build();
    }
    let answer = api::FixedResponseActionConfig::builder()
        .status_code("404")
        .content_type("text/plain")
        .message_body("nothing is here")
        .build();
    action
        .r#type(api::ActionTypeEnum::FixedResponse)
        .fixed_response_config(answer)
        .build()
}

/// Actions as AWS has them, in the words of the properties.
pub(super) fn said(actions: &[api::Action]) -> String {
    let [action] = actions else {
        return format!("{} actions", actions.len());
    };
    match action.r#type() {
        Some(api::ActionTypeEnum::Forward) => {
            let groups = action.forward_config().map(|config| config.target_groups());
            let group = match groups {
                Some([one]) => one.target_group_arn(),
                Some([_, _, ..]) => Some("several target groups"),
                _ => action.target_group_arn(),
            };
            format!("forward {}", group.unwrap_or_default())
        }
        Some(api::ActionTypeEnum::Redirect) => {
            let config = action.redirect_config();
            let to_https = config.is_some_and(|to| {
                to.protocol() == Some("HTTPS")
                    && to.port() == Some("443")
                    && to.status_code() == Some(&api::RedirectActionStatusCodeEnum::Http301)
                    && to.host().is_none_or(|host| host == "#{host}")
                    && to.path().is_none_or(|path| path == "/#{path}")
            });
            if to_https { REDIRECT } else { "another redirect" }.to_owned()
        }
        Some(api::ActionTypeEnum::FixedResponse) => {
            let status = action.fixed_response_config().and_then(|answer| answer.status_code());
            status.unwrap_or("a fixed answer").to_owned()
        }
        Some(other) => other.as_str().to_owned(),
        None => String::new(),
    }
}

fn certificates(want: &ListenerProps) -> Option<Vec<api::Certificate>> {
    let arn = want.certificate.as_ref()?;
    Some(vec![api::Certificate::builder().certificate_arn(arn).build()])
}

fn live(
    listener: &api::Listener,
    tags: &mut BTreeMap<String, Tags>,
) -> Result<ListenerLive, Fault> {
    let lacks = |field| Fault::incomplete("elasticloadbalancing:DescribeListeners", field);
    let arn = listener.listener_arn().ok_or_else(|| lacks("ListenerArn"))?;
    let protocol = listener.protocol().ok_or_else(|| lacks("Protocol"))?;
    let balancer = listener.load_balancer_arn().ok_or_else(|| lacks("LoadBalancerArn"))?;
    Ok(ListenerLive {
        arn: arn.to_owned(),
        props: ListenerProps {
            balancer: balancer.to_owned(),
            port: port_of(listener)?,
            protocol: protocol.as_str().to_owned(),
            certificate: certificate(listener),
            ssl_policy: listener.ssl_policy().map(str::to_owned),
            action: said(listener.default_actions()),
            tags: Tags::new(),
        },
        tags: tags.remove(arn).unwrap_or_default(),
    })
}

/// The listener that an earlier create of this job made.
async fn made_before(job: &Job, want: &ListenerProps) -> Result<Option<String>, Fault> {
    let mut pages = job
        .elb
        .describe_listeners()
        .load_balancer_arn(&want.balancer)
        .into_paginator()
        .items()
        .send();
    while let Some(listener) = pages.next().await {
        let listener = listener.map_err(fault("elasticloadbalancing:DescribeListeners"))?;
        let Some(arn) = listener.listener_arn() else { continue };
        if port_of(&listener)? == want.port {
            let tags = super::elb::own_elb_tags(job, &[arn]).await?;
            let ours = tags.get(arn).is_some_and(|tags| is_ours(job, tags));
            return Ok(ours.then(|| arn.to_owned()));
        }
    }
    Ok(None)
}
