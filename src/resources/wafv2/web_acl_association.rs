//! The association of a load balancer with the web ACL that protects it.

use serde::Serialize;

use crate::aws::grant::{Grant, Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Tags, answer_of, deleted};
use crate::engine::{
    Address, Changes, Claim, Fault, Field, Found, Link, Ownership, Pace, Ready, Ref,
    ResolveContext, Resource, Takes, Ties,
};
use crate::fields;
use crate::resources::durations;

use crate::resources::elbv2::{balancer_tags, balancers};
use crate::resources::sdk::try_join_bounded;
use crate::resources::wafv2::web_acl::calls::own_tags;
use crate::resources::{LoadBalancer, WebAcl};

const ASSOCIATE: &str = "wafv2:AssociateWebACL";

/// Puts a web ACL in front of a load balancer, which has one at most: another one is replaced.
#[derive(Debug, Clone)]
pub struct WebAclAssociation {
    /// The load balancer; cannot be changed.
    pub balancer: Ref<LoadBalancer>,
    /// The web ACL: ours, or the ARN of one that exists.
    pub acl: Link<WebAcl>,
}

/// What can be said of an association.
#[derive(Debug, Serialize)]
pub struct WebAclAssociationProps {
    /// An ARN.
    balancer: String,
    /// An ARN.
    acl: String,
}

/// An association as AWS has it.
#[derive(Debug, Clone)]
pub struct WebAclAssociationLive {
    balancer: String,
    acl: String,
}

impl Resource for WebAclAssociation {
    type Cloud = Cloud;
    type Props = WebAclAssociationProps;
    type Live = WebAclAssociationLive;

    const KIND: &'static str = "web-acl-association";
    const CREATE_ONLY: &'static [Field] = &fields!(WebAclAssociationProps, balancer);
    // A web ACL and a load balancer that were just made are unknown to each other "from a few seconds
    // to a number of minutes" (`AssociateWebACL`).
    const TAKES: Takes = durations::WEB_ACL_ASSOCIATION;
    const PACE: Pace = Self::TAKES.pace(900, 5);

    fn desired(&self, context: &ResolveContext<'_>) -> WebAclAssociationProps {
        WebAclAssociationProps {
            balancer: context.text(&self.balancer, |balancer| balancer.arn.clone()),
            acl: self.acl.id(context, |acl| acl.arn.clone()),
        }
    }

    fn props(live: &WebAclAssociationLive) -> WebAclAssociationProps {
        WebAclAssociationProps {
            balancer: live.balancer.clone(),
            acl: live.acl.clone(),
        }
    }

    /// Nothing is told by its tags: it has none.
    fn ties(_: &WebAclAssociationLive) -> Ties {
        Ties {
            sure: true,
            ..Ties::default()
        }
    }

    /// An association has no tags: it is ours when its load balancer is and the file declares one, or
    /// when its web ACL is ours too. What somebody else has put in front of a load balancer of a file
    /// that says nothing of it is left alone.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<WebAclAssociationLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(WebAcl::KIND).await? {
            return Ok(Vec::new());
        }
        let (all, tags) = tokio::try_join!(balancers(cloud), balancer_tags(cloud))?;
        let claim_of = |tags: &Tags| match cloud.owner(tags, None) {
            Some(Ownership::Ours(claim)) => Some(claim),
            _ => None,
        };
        let ours = all.iter().filter_map(|one| {
            let arn = one.load_balancer_arn()?;
            Some((arn, claim_of(tags.get(arn)?)?.address))
        });
        let found = try_join_bounded(ours.map(|(arn, address)| async move {
            let acl = protecting(cloud, arn).await?;
            let of = declared
                .iter()
                .find(|(_, one)| *one.balancer.address() == address);
            let tags = match &acl {
                Some(acl) if of.is_none() => own_tags(cloud, acl).await,
                _ => Ok(Tags::new()),
            };
            let tags = match tags {
                Err(fault) if fault.is_absent() => Tags::new(),
                tags => tags?,
            };
            Ok((arn, address, acl, of, tags))
        }))
        .await?;
        Ok(found
            .into_iter()
            .filter_map(|(arn, balancer, acl, of, tags)| {
                let acl = acl?;
                let claim = match of {
                    Some((address, _)) => Claim::from((*address).clone()),
                    None => Claim {
                        address: Address::new(Self::KIND, balancer.name()),
                        ..claim_of(&tags)?
                    },
                };
                Some(Found {
                    owner: Ownership::Ours(claim),
                    id: acl.clone(),
                    live: WebAclAssociationLive {
                        balancer: arn.to_owned(),
                        acl,
                    },
                })
            })
            .collect())
    }

    async fn create(
        &self,
        job: &Job,
        want: &WebAclAssociationProps,
    ) -> Result<WebAclAssociationLive, Fault> {
        let live = WebAclAssociationLive {
            balancer: want.balancer.clone(),
            acl: want.acl.clone(),
        };
        // Not known yet, or not there at all: WAF answers the same.
        job.settle(Fault::is_absent, || associate(job, &live))
            .await
            .map(|_| live.clone())
    }

    async fn update(
        &self,
        job: &Job,
        _: &WebAclAssociationLive,
        want: &WebAclAssociationProps,
        _: &Changes,
    ) -> Result<WebAclAssociationLive, Fault> {
        self.create(job, want).await
    }

    async fn delete(job: &Job, live: &WebAclAssociationLive) -> Result<(), Fault> {
        let request = job.waf.disassociate_web_acl().resource_arn(&live.balancer);
        deleted("wafv2:DisassociateWebACL", request.send().await)
    }

    async fn ready(
        job: &Job,
        made: &WebAclAssociationLive,
    ) -> Result<Ready<WebAclAssociationLive>, Fault> {
        if protecting(job, &made.balancer).await?.as_deref() == Some(&made.acl) {
            return Ok(Ready::Yes(made.clone()));
        }
        associate(job, made).await
    }
}

/// Associates, which may be repeated; not yet when WAF does not know one of the two so far.
async fn associate(
    job: &Job,
    wanted: &WebAclAssociationLive,
) -> Result<Ready<WebAclAssociationLive>, Fault> {
    let request = job.waf.associate_web_acl().web_acl_arn(&wanted.acl);
    let request = request.resource_arn(&wanted.balancer);
    match answer_of(ASSOCIATE, request.send().await) {
        Ok(_) => Ok(Ready::Yes(wanted.clone())),
        Err(fault) if fault.is(ASSOCIATE, &["WAFUnavailableEntityException"]) => {
            Ok(Ready::NotYet("spreading".to_owned()))
        }
        Err(fault) if fault.is_absent() => {
            Err(fault.hint("is there a web ACL with this ARN in this region and account?"))
        }
        Err(fault) => Err(fault),
    }
}

/// The ARN of the web ACL in front of a load balancer.
async fn protecting(cloud: &Cloud, balancer: &str) -> Result<Option<String>, Fault> {
    let request = cloud.waf.get_web_acl_for_resource();
    let answer = request.resource_arn(balancer).send().await;
    match answer_of("wafv2:GetWebACLForResource", answer) {
        Ok(answer) => Ok(answer.web_acl.map(|acl| acl.arn)),
        // The load balancer is gone, or WAF does not know it yet.
        Err(fault) if fault.is_absent() || fault.code == "WAFUnavailableEntityException" => {
            Ok(None)
        }
        Err(fault) => Err(fault),
    }
}

const BOTH: &[&str] = &[
    "wafv2:regional/webacl/{web-acl}/*",
    "{named-web-acl}",
    "elasticloadbalancing:loadbalancer/app/{load-balancer}/*",
];
const BALANCERS: &[&str] = &["elasticloadbalancing:loadbalancer/app/{load-balancer}/*"];
// WAF asks Elastic Load Balancing for these of the caller: `SetWebAcl` takes no object ("Actions, resources, and condition keys
// for Elastic Load Balancing V2").
const SET: Grant = anywhere(&["elasticloadbalancing:SetWebAcl"]);

impl Permitted for WebAclAssociation {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            on(BALANCERS, &["wafv2:GetWebACLForResource"]),
            on(
                &["wafv2:regional/webacl/{web-acl}/*", "{named-web-acl}"],
                &["wafv2:GetWebACL", "wafv2:GetWebACLForResource"],
            ),
            on(BALANCERS, &["elasticloadbalancing:GetLoadBalancerWebACL"]),
        ]],
        create: &[&[
            on(BOTH, &["wafv2:AssociateWebACL"]),
            on(BALANCERS, &["elasticloadbalancing:CreateWebACLAssociation"]),
            SET,
        ]],
        update: &[&[
            on(BOTH, &["wafv2:AssociateWebACL"]),
            on(BALANCERS, &["elasticloadbalancing:CreateWebACLAssociation"]),
            SET,
        ]],
        delete: &[&[
            on(BALANCERS, &["wafv2:DisassociateWebACL"]),
            on(BALANCERS, &["elasticloadbalancing:DeleteWebACLAssociation"]),
            SET,
        ]],
    };
}
