//! A listener of the load balancer: one port, and what is done with its requests.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types as api;
use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Required, Tags, all_tags, answer_of, deleted, done, user_tags};
use crate::engine::{
    Address, Changes, Extra, Fault, Field, Found, Link, Ownership, Ref, Replacement,
    ResolveContext, Resource, Ties, as_one,
};
use crate::fields;

use crate::resources::elbv2::listener_actions::RequestAction;
use crate::resources::elbv2::listener_extras::{self, Added};
use crate::resources::elbv2::listeners::{
    certificate, described, listeners_of, port_of, tags_of_all, tags_of_listed,
};
use crate::resources::elbv2::{LISTENERS, RULES, elb_tags, own_elb_tags, update_elb_tags};
use crate::resources::ownership::{declared_as, is_ours};
use crate::resources::{Certificate, LoadBalancer, TargetGroup};

const DESCRIBE: &str = "elasticloadbalancing:DescribeListeners";

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
    #[serde(serialize_with = "as_one")]
    pub(super) action: RequestAction,
    pub(super) tags: Tags,
}

/// A listener as AWS has it.
#[derive(Debug, Clone)]
pub struct ListenerLive {
    /// Its ARN.
    pub arn: String,
    pub(super) props: ListenerProps,
    /// Rules and certificates of others; from [`Resource::list`].
    added: Vec<Added>,
    pub(super) tags: Tags,
}

impl Resource for Listener {
    type Cloud = Cloud;
    type Props = ListenerProps;
    type Live = ListenerLive;

    const KIND: &'static str = "listener";
    const HEADLINE: &'static [Field] = &fields!(ListenerProps, port, protocol, action);
    const CREATE_ONLY: &'static [Field] = &fields!(ListenerProps, balancer);
    // A port has one listener.
    const REPLACEMENT: Replacement = Replacement::DeleteFirst;

    fn desired(&self, context: &ResolveContext<'_>) -> ListenerProps {
        let certificate = self
            .certificate
            .as_ref()
            .map(|certificate| certificate.id(context, |live| live.arn.clone()));
        ListenerProps {
            balancer: context.text(&self.balancer, |live| live.arn.clone()),
            port: self.port,
            protocol: self.protocol.clone(),
            certificate,
            ssl_policy: self.ssl_policy.clone(),
            action: match &self.action {
                ListenerAction::Forward(group) => {
                    RequestAction::forward([context.text(group, |live| live.arn.clone())])
                }
                ListenerAction::RedirectToHttps => RequestAction::RedirectToHttps,
                ListenerAction::NotFound => RequestAction::NotFound,
            },
            tags: self.tags.clone(),
        }
    }

    fn props(live: &ListenerLive) -> ListenerProps {
        ListenerProps {
            tags: user_tags(&live.tags),
            ..live.props.clone()
        }
    }

    fn extras(live: &ListenerLive) -> Vec<Extra> {
        live.added.iter().map(listener_extras::extra).collect()
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<ListenerLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(Self::KIND).await? {
            return Ok(Vec::new());
        }
        let (listeners, _) = tokio::try_join!(described(cloud), tags_of_listed(cloud))?;
        let arns: Vec<&str> = listeners
            .iter()
            .filter_map(|(_, listener)| listener.listener_arn())
            .collect();
        let mut tags = tags_of_all(cloud, &arns).await?;
        let mut found = Vec::new();
        for (balancer, listener) in listeners.iter() {
            let live = live(listener, &mut tags)?;
            let named = declared_as(declared, |one| {
                one.balancer.address() == balancer && one.port == live.props.port
            });
            if let Some(owner) = cloud.owner(&live.tags, named) {
                let id = live.arn.clone();
                found.push(Found { owner, id, live });
            }
        }
        let ours = found
            .iter()
            .filter(|one| matches!(one.owner, Ownership::Ours(_)));
        let ours: Vec<(&str, bool)> = ours
            .map(|one| (one.live.arn.as_str(), one.live.props.protocol == "HTTPS"))
            .collect();
        let mut added = listener_extras::at_listeners(cloud, &ours).await?;
        for one in &mut found {
            one.live.added = added.remove(&one.live.arn).unwrap_or_default();
        }
        Ok(found)
    }

    /// It shows whose its certificate is.
    fn ties(live: &Self::Live) -> Ties {
        Ties {
            ids: vec![live.arn.clone()],
            within: vec![live.props.balancer.clone()],
            vouches: live.props.certificate.iter().cloned().collect(),
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &ListenerProps) -> Result<ListenerLive, Fault> {
        const OPERATION: &str = "elasticloadbalancing:CreateListener";
        let tags = all_tags(job, &want.tags);
        let request = (job.elb.create_listener())
            .load_balancer_arn(&want.balancer)
            .port(i32::from(want.port))
            .protocol(api::ProtocolEnum::from(want.protocol.as_str()))
            .set_certificates(certificates(want))
            .set_ssl_policy(want.ssl_policy.clone())
            .default_actions(want.action.to_api())
            .set_tags(Some(elb_tags(&tags)));
        let made = answer_of(OPERATION, request.send().await);
        let arn = match made {
            Ok(made) => made
                .listeners()
                .first()
                .and_then(|made| made.listener_arn().map(str::to_owned))
                .required(OPERATION, "ListenerArn")?,
            // A reply that was lost: the tags say whether the listener is the one made then.
            Err(fault) if fault.code == "DuplicateListener" => {
                made_before(job, want).await?.ok_or(fault)?
            }
            Err(fault) => return Err(fault),
        };
        Ok(ListenerLive {
            arn,
            props: want.clone(),
            added: Vec::new(),
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
        if changes.any_changed(&fields!(
            ListenerProps,
            port,
            protocol,
            certificate,
            ssl_policy,
            action
        )) {
            let request = (job.elb.modify_listener())
                .listener_arn(&live.arn)
                .port(i32::from(want.port))
                .protocol(api::ProtocolEnum::from(want.protocol.as_str()))
                .set_certificates(certificates(want))
                .set_ssl_policy(want.ssl_policy.clone())
                .default_actions(want.action.to_api());
            done("elasticloadbalancing:ModifyListener", request.send().await)?;
        }
        if changes.remove_extras() {
            listener_extras::remove(job, &live.arn, &live.added).await?;
        }
        let tags = update_elb_tags(job, &live.arn, &want.tags, changes).await?;
        Ok(ListenerLive {
            props: want.clone(),
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &ListenerLive) -> Result<(), Fault> {
        let request = job.elb.delete_listener().listener_arn(&live.arn);
        deleted("elasticloadbalancing:DeleteListener", request.send().await)
    }
}

fn certificates(want: &ListenerProps) -> Option<Vec<api::Certificate>> {
    let arn = want.certificate.as_ref()?;
    Some(vec![
        api::Certificate::builder().certificate_arn(arn).build(),
    ])
}

fn live(
    listener: &api::Listener,
    tags: &mut BTreeMap<String, Tags>,
) -> Result<ListenerLive, Fault> {
    let arn = listener.listener_arn().required(DESCRIBE, "ListenerArn")?;
    let protocol = listener.protocol().required(DESCRIBE, "Protocol")?;
    let balancer = listener
        .load_balancer_arn()
        .required(DESCRIBE, "LoadBalancerArn")?;
    Ok(ListenerLive {
        arn: arn.to_owned(),
        props: ListenerProps {
            balancer: balancer.to_owned(),
            port: port_of(listener)?,
            protocol: protocol.as_str().to_owned(),
            certificate: certificate(listener),
            ssl_policy: listener.ssl_policy().map(str::to_owned),
            action: RequestAction::of_api(listener.default_actions()),
            tags: Tags::new(),
        },
        added: Vec::new(),
        tags: tags.remove(arn).unwrap_or_default(),
    })
}

/// The listener that an earlier create of this job made.
async fn made_before(job: &Job, want: &ListenerProps) -> Result<Option<String>, Fault> {
    for listener in listeners_of(job, &want.balancer).await? {
        let Some(arn) = listener.listener_arn() else {
            continue;
        };
        if port_of(&listener)? == want.port {
            let tags = own_elb_tags(job, &[arn]).await?;
            let ours = tags.get(arn).is_some_and(|tags| is_ours(job, tags));
            return Ok(ours.then(|| arn.to_owned()));
        }
    }
    Ok(None)
}

impl Permitted for Listener {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&[
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeListenerCertificates",
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:DescribeTags",
        ])]],
        create: &[&[
            on(
                &[
                    "elasticloadbalancing:loadbalancer/app/{stack}/*",
                    "elasticloadbalancing:loadbalancer/app/{stack}-*",
                    "elasticloadbalancing:loadbalancer/app/{load-balancer}/*",
                ],
                &["elasticloadbalancing:CreateListener"],
            )
            .owned(),
            on(LISTENERS, &["elasticloadbalancing:AddTags"]),
        ]],
        update: &[&[
            on(
                LISTENERS,
                &[
                    "elasticloadbalancing:AddTags",
                    "elasticloadbalancing:RemoveTags",
                ],
            ),
            on(LISTENERS, &["elasticloadbalancing:ModifyListener"]).owned(),
            // What others have added goes where the file has it removed.
            on(
                LISTENERS,
                &[
                    "elasticloadbalancing:RemoveListenerCertificates",
                    "elasticloadbalancing:DeleteListener",
                ],
            ),
            on(RULES, &["elasticloadbalancing:DeleteRule"]),
        ]],
        delete: &[&[on(LISTENERS, &["elasticloadbalancing:DeleteListener"]).owned()]],
    };
}
