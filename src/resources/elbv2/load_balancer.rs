//! The Application Load Balancer that the internet reaches the stack by.

use aws_sdk_elasticloadbalancingv2::types as api;
use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, linked_role, on};
use crate::aws::{Cloud, Job, Tags, absent_is_done, deleted, done, may_destroy, user_tags};
use crate::engine::{
    Address, Changes, Class, Extra, Fault, Field, Found, Link, Pace, Ready, Ref, Replacement,
    ResolveContext, Resource, Takes, Ties, as_one,
};
use crate::resources::durations;
use crate::{field, fields};

use self::calls::{answered, attributes, create_balancer, described, set_attributes};
use crate::resources::access_log::AccessLogTarget;
use crate::resources::elbv2::listener_extras::{self, Added};
use crate::resources::elbv2::{balancer_tags, balancers, retag_elb};
use crate::resources::ownership::{bears, data_tags, declared_as, is_disposable};
use crate::resources::sdk::{sorted, try_join_bounded};
use crate::resources::{Bucket, InternetGateway, SecurityGroup, Subnet};

mod calls;

const SET: &str = "elasticloadbalancing:SetSecurityGroups";

/// An internet-facing Application Load Balancer.
#[derive(Debug, Clone)]
pub struct LoadBalancer {
    /// Its name: 32 characters at most, unique in account and region; cannot be changed
    /// (`CreateLoadBalancer.Name`).
    pub name: String,
    /// One subnet a zone, in two zones at least, all of one VPC with an internet gateway.
    pub subnets: Vec<Link<Subnet>>,
    /// That gateway, if it is the stack's: it comes before the load balancer and cannot go while the
    /// load balancer has public addresses (`DetachInternetGateway`).
    pub gateway: Option<Ref<InternetGateway>>,
    /// Its security groups.
    pub groups: Vec<Ref<SecurityGroup>>,
    /// Seconds that a connection may be silent, 1-4000.
    pub idle_timeout: u32,
    /// AWS refuses to delete it.
    pub deletion_protection: bool,
    /// The bucket that gets its access logs, below `alb/`; its policy must let them in.
    pub logs: Option<Ref<Bucket>>,
    /// `destroy` takes it although it is protected.
    pub disposable: bool,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a load balancer.
#[derive(Debug, Clone, Serialize)]
pub struct LoadBalancerProps {
    pub(super) name: String,
    pub(crate) subnets: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) idle_timeout: u32,
    pub(super) deletion_protection: bool,
    pub(super) drop_invalid_headers: bool,
    /// `<bucket>/<prefix>`, or `off`.
    #[serde(serialize_with = "as_one")]
    pub(super) access_logs: AccessLogTarget,
    pub(super) disposable: bool,
    pub(super) tags: Tags,
}

/// A load balancer as AWS has it.
#[derive(Debug, Clone)]
pub struct LoadBalancerLive {
    /// Its ARN.
    pub arn: String,
    /// AWS's name for it in DNS.
    pub dns_name: String,
    /// The hosted zone of that name, for alias records.
    pub hosted_zone_id: String,
    /// `app/<name>/<id>`, as CloudWatch's dimensions name it.
    pub full_name: String,
    pub(super) props: LoadBalancerProps,
    /// Listeners of others; from [`Resource::list`].
    pub(super) added: Vec<Added>,
    pub(super) tags: Tags,
}

impl LoadBalancerLive {
    fn tagged(mut self, tags: Tags) -> Self {
        self.props.disposable = is_disposable(&tags);
        self.props.tags = user_tags(&tags);
        self.tags = tags;
        self
    }
}

impl Resource for LoadBalancer {
    type Cloud = Cloud;
    type Props = LoadBalancerProps;
    type Live = LoadBalancerLive;

    const KIND: &'static str = "load-balancer";
    const HEADLINE: &'static [Field] =
        &fields!(LoadBalancerProps, deletion_protection, access_logs);
    // A target group can belong to one load balancer only, so the new one cannot take over while the
    // old one is there ("Quotas for your Application Load Balancers").
    const REPLACEMENT: Replacement = Replacement::DeleteFirst;
    const TAKES: Takes = durations::LOAD_BALANCER;
    const PACE: Pace = Self::TAKES.pace(15 * 60, 5);

    fn desired(&self, context: &ResolveContext<'_>) -> LoadBalancerProps {
        let subnets = self.subnets.iter();
        let subnets = sorted(subnets.map(|subnet| subnet.id(context, |subnet| subnet.id.clone())));
        let groups = self.groups.iter();
        let groups = sorted(groups.map(|group| context.text(group, |group| group.id.clone())));
        if let Some(gateway) = &self.gateway {
            context.after(gateway);
        }
        let logs = self.logs.as_ref();
        LoadBalancerProps {
            name: context.name::<Self>(&self.name, |live| live.props.name.clone()),
            subnets,
            groups,
            idle_timeout: self.idle_timeout,
            deletion_protection: self.deletion_protection,
            drop_invalid_headers: true,
            access_logs: logs.map_or_else(AccessLogTarget::default, |bucket| {
                AccessLogTarget::to(context.text(bucket, |bucket| bucket.name.clone()), "alb")
            }),
            disposable: self.disposable,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &LoadBalancerLive) -> LoadBalancerProps {
        live.props.clone()
    }

    fn extras(live: &LoadBalancerLive) -> Vec<Extra> {
        live.added.iter().map(listener_extras::extra).collect()
    }

    /// AWS has no batched read of attributes: one call a balancer of ours.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<LoadBalancerLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(Self::KIND).await? {
            return Ok(Vec::new());
        }
        let (tagged, all) = tokio::try_join!(cloud.tagged(), balancers(cloud))?;
        let mut ours = Vec::new();
        for one in all.iter() {
            let live = answered(one)?;
            let named = declared_as(declared, |declared| declared.name == live.props.name);
            if named.is_some() || tagged.lists(&live.arn) {
                ours.push((live, named));
            }
        }
        let (tags, mut listeners, attributes) = tokio::try_join!(
            balancer_tags(cloud),
            listener_extras::listeners(cloud),
            try_join_bounded(ours.iter().map(|(live, _)| attributes(cloud, &live.arn))),
        )?;
        let mut found = Vec::new();
        for ((mut live, named), attributes) in ours.into_iter().zip(attributes) {
            let tags = tags.get(&live.arn).cloned().unwrap_or_default();
            if let Some(owner) = cloud.owner(&tags, named) {
                attributes.write_into(&mut live.props);
                live.added = listeners.remove(&live.arn).unwrap_or_default();
                found.push(Found {
                    owner,
                    id: live.props.name.clone(),
                    live: live.tagged(tags),
                });
            }
        }
        Ok(found)
    }

    fn named(
        cloud: &Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &Self::Live,
    ) -> Option<bool> {
        let declared_name = declared.map(|one| one.name.clone());
        bears(
            cloud,
            address,
            &live.props.name,
            declared_name,
            |place, name| (name == "main").then(|| place.name(name)),
        )
    }

    fn ties(live: &Self::Live) -> Ties {
        Ties {
            ids: vec![live.arn.clone()],
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &LoadBalancerProps) -> Result<LoadBalancerLive, Fault> {
        let tags = data_tags(job, &want.tags, want.disposable);
        let live = create_balancer(job, want, &tags).await?;
        set_attributes(job, &live.arn, want, |_| true).await?;
        Ok(LoadBalancerLive {
            props: want.clone(),
            tags,
            ..live
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &LoadBalancerLive,
        want: &LoadBalancerProps,
        changes: &Changes,
    ) -> Result<LoadBalancerLive, Fault> {
        if changes.changed(field!(LoadBalancerProps, subnets)) {
            let request = (job.elb.set_subnets())
                .load_balancer_arn(&live.arn)
                .set_subnets(Some(want.subnets.clone()));
            done("elasticloadbalancing:SetSubnets", request.send().await)?;
        }
        if changes.changed(field!(LoadBalancerProps, groups)) {
            let request = (job.elb.set_security_groups())
                .load_balancer_arn(&live.arn)
                .set_security_groups(Some(want.groups.clone()));
            done(SET, request.send().await)?;
        }
        set_attributes(job, &live.arn, want, |field| changes.changed(field)).await?;
        if changes.remove_extras() {
            listener_extras::remove(job, &live.arn, &live.added).await?;
        }
        let tags = data_tags(job, &want.tags, want.disposable);
        if changes.any_changed(&fields!(LoadBalancerProps, tags, disposable)) {
            retag_elb(job, &live.arn, &tags).await?;
        }
        Ok(LoadBalancerLive {
            props: want.clone(),
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &LoadBalancerLive) -> Result<(), Fault> {
        const DELETE: &str = "elasticloadbalancing:DeleteLoadBalancer";
        let disposable = job.declared().is_some_and(|file: &Self| file.disposable);
        if live.props.deletion_protection {
            if !may_destroy(job, disposable) {
                return Err(
                    Fault::new(DELETE, Class::Conflict, "it is protected from deletion").hint(
                        format!("`--delete-data {}` deletes it all the same", job.address()),
                    ),
                );
            }
            let mut open = live.props.clone();
            open.deletion_protection = false;
            set_attributes(job, &live.arn, &open, |field| {
                field == field!(LoadBalancerProps, deletion_protection)
            })
            .await
            .or_else(absent_is_done)?;
        }
        let request = job.elb.delete_load_balancer().load_balancer_arn(&live.arn);
        deleted(DELETE, request.send().await)
    }

    async fn ready(job: &Job, made: &LoadBalancerLive) -> Result<Ready<LoadBalancerLive>, Fault> {
        let Some(one) = described(job, |request| request.load_balancer_arns(&made.arn)).await?
        else {
            return Ok(Ready::NotYet("spreading".to_owned()));
        };
        let state = one.state();
        let reason = state.and_then(|state| state.reason()).unwrap_or_default();
        Ok(match state.and_then(|state| state.code()) {
            // Impaired: it serves, and has not the resources to grow.
            Some(
                api::LoadBalancerStateEnum::Active | api::LoadBalancerStateEnum::ActiveImpaired,
            ) => Ready::Yes(made.clone()),
            Some(api::LoadBalancerStateEnum::Failed) => {
                return Err(Fault::new(
                    "elasticloadbalancing:DescribeLoadBalancers",
                    Class::Failed,
                    format!("the load balancer could not be set up: {reason}"),
                ));
            }
            _ => Ready::NotYet("provisioning".to_owned()),
        })
    }
}

const BALANCERS: &[&str] = &[
    "elasticloadbalancing:loadbalancer/app/{stack}/*",
    "elasticloadbalancing:loadbalancer/app/{stack}-*",
    "elasticloadbalancing:loadbalancer/app/{name}/*",
];

impl Permitted for LoadBalancer {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&[
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            "elasticloadbalancing:DescribeTags",
        ])]],
        create: &[&[
            on(BALANCERS, &["elasticloadbalancing:CreateLoadBalancer"]).tagged(),
            on(BALANCERS, &["elasticloadbalancing:AddTags"]),
            on(
                BALANCERS,
                &["elasticloadbalancing:ModifyLoadBalancerAttributes"],
            )
            .owned(),
            linked_role(
                &["iam:role/aws-service-role/elasticloadbalancing.amazonaws.com/*"],
                "elasticloadbalancing.amazonaws.com",
            ),
        ]],
        update: &[&[
            on(
                BALANCERS,
                &[
                    "elasticloadbalancing:AddTags",
                    "elasticloadbalancing:RemoveTags",
                ],
            ),
            on(
                BALANCERS,
                &[
                    "elasticloadbalancing:ModifyLoadBalancerAttributes",
                    "elasticloadbalancing:SetSecurityGroups",
                    "elasticloadbalancing:SetSubnets",
                ],
            )
            .owned(),
        ]],
        delete: &[&[
            // Its protection is taken off.
            on(
                BALANCERS,
                &[
                    "elasticloadbalancing:ModifyLoadBalancerAttributes",
                    "elasticloadbalancing:DeleteLoadBalancer",
                ],
            )
            .owned(),
            anywhere(&["ec2:DescribeNetworkInterfaces"]),
        ]],
    };
}
