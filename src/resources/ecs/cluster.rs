//! An ECS cluster for Fargate, with the namespace its services are named in.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, linked_role, on};
use crate::aws::{Cloud, Job, Required, Tags, all_tags, answer_of, done};
use crate::engine::{
    Address, Changes, Class, Fault, Field, Found, Gone, Pace, Ref, ResolveContext, Resource, Ties,
};
use crate::{field, fields};

use crate::resources::ecs::{ecs_tags, retag_ecs, tags_of_ecs};
use crate::resources::ownership::{bears, declared_as, is_ours};
use crate::resources::{LogGroup, Namespace};

mod calls;

use calls::{
    defaults, described, has_other_settings, is_role_missing, live, make_linked_role, remove,
    settings, settles,
};

/// A cluster.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Its name (ECS API, `CreateCluster.clusterName`).
    pub name: String,
    /// `enhanced`, `enabled` or `disabled` (ECS API, `ClusterSetting.value`).
    pub container_insights: String,
    /// The Service Connect namespace of services that name none.
    pub namespace: Ref<Namespace>,
    /// The log group of Container Insights: ECS makes it itself, without an end, where it is missing.
    pub logs: Option<Ref<LogGroup>>,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a cluster.
#[derive(Debug, Clone, Serialize)]
pub struct ClusterProps {
    name: String,
    pub(crate) container_insights: Option<String>,
    /// The namespace's ARN.
    namespace: Option<String>,
    tags: Tags,
}

/// A cluster as AWS has it.
#[derive(Debug, Clone)]
pub struct ClusterLive {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    observed: ClusterProps,
}

const CREATE: &str = "ecs:CreateCluster";

impl Resource for Cluster {
    type Cloud = Cloud;
    type Props = ClusterProps;
    type Live = ClusterLive;

    const KIND: &'static str = "cluster";
    const HEADLINE: &'static [Field] = &fields!(ClusterProps, container_insights);
    // A deletion waits for the last tasks to stop.
    const PACE: Pace = Pace::of(3, 600, 2);

    fn desired(&self, context: &ResolveContext<'_>) -> ClusterProps {
        if let Some(group) = &self.logs {
            context.after(group);
        }
        ClusterProps {
            name: context.name::<Self>(&self.name, |live| live.name.clone()),
            container_insights: Some(self.container_insights.clone()),
            namespace: Some(context.text(&self.namespace, |namespace| namespace.arn.clone())),
            tags: self.tags.clone(),
        }
    }

    fn props(live: &ClusterLive) -> ClusterProps {
        live.observed.clone()
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<ClusterLive>>, Fault> {
        let tagged = cloud.tagged().await?;
        let marker = cloud.place.arn("ecs", "cluster/");
        let names: BTreeSet<String> = declared
            .iter()
            .map(|(_, cluster)| cluster.name.clone())
            .chain(tagged.after(&marker).map(str::to_owned))
            .collect();
        let mut found = Vec::new();
        for cluster in described(cloud, names.into_iter().collect()).await? {
            let live = live(&cluster)?;
            let named = declared_as(declared, |one| one.name == live.name);
            if let Some(owner) = cloud.owner(&tags_of_ecs(cluster.tags()), named) {
                found.push(Found {
                    owner,
                    id: live.name.clone(),
                    live,
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
        bears(cloud, address, &live.name, declared_name, |place, name| {
            (name == "main").then(|| place.name("cluster"))
        })
    }

    fn ties(live: &Self::Live) -> Ties {
        Ties {
            ids: vec![live.name.clone()],
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &ClusterProps) -> Result<ClusterLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let request = (job.ecs.create_cluster())
            .cluster_name(&want.name)
            .set_settings(settings(want))
            .set_service_connect_defaults(defaults(want)?)
            .set_tags(Some(ecs_tags(&tags)));
        let send = || async { answer_of(CREATE, request.clone().send().await) };
        let answer = match send().await {
            Err(fault) if is_role_missing(&fault) => {
                make_linked_role(job).await?;
                job.settle(settles, send).await
            }
            Err(fault) if settles(&fault) => job.settle(settles, send).await,
            other => other,
        };
        if answer.as_ref().is_err_and(has_other_settings)
            && !is_there_and_ours(job, &want.name).await?
        {
            return Err(somebody_elses(&want.name));
        }
        let made = answer?.cluster.required(CREATE, "cluster")?;
        // An active cluster of that name and with these settings is answered as it is, whosever it is.
        if !is_ours(job, &tags_of_ecs(made.tags())) && !is_there_and_ours(job, &want.name).await? {
            return Err(somebody_elses(&want.name));
        }
        Ok(ClusterLive {
            observed: want.clone(),
            ..live(&made)?
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &ClusterLive,
        want: &ClusterProps,
        changes: &Changes,
    ) -> Result<ClusterLive, Fault> {
        const UPDATE: &str = "ecs:UpdateCluster";
        let mut request = job.ecs.update_cluster().cluster(&live.name);
        if changes.changed(field!(ClusterProps, container_insights)) {
            request = request.set_settings(settings(want));
        }
        if changes.changed(field!(ClusterProps, namespace)) {
            request = request.set_service_connect_defaults(defaults(want)?);
        }
        if changes.any_changed(&fields!(ClusterProps, container_insights, namespace)) {
            let fresh = |fault: &Fault| fault.is(UPDATE, &["NamespaceNotFoundException"]);
            let send = || async { done(UPDATE, request.clone().send().await) };
            job.settle(fresh, send).await?;
        }
        if changes.changed(Field::TAGS) {
            retag_ecs(job, &live.arn, &all_tags(job, &want.tags)).await?;
        }
        Ok(ClusterLive {
            observed: want.clone(),
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &ClusterLive) -> Result<(), Fault> {
        remove(job, &live.name).await.map(drop)
    }

    async fn gone(job: &Job, live: &ClusterLive) -> Result<Gone, Fault> {
        if described(job, vec![live.name.clone()]).await?.is_empty() {
            return Ok(Gone::Yes);
        }
        remove(job, &live.name).await
    }
}

/// Whether a cluster of that name is there that is of this stack.
async fn is_there_and_ours(job: &Job, name: &str) -> Result<bool, Fault> {
    let there = described(job, vec![name.to_owned()]).await?;
    let mut owners = there.iter().map(|there| tags_of_ecs(there.tags()));
    Ok(owners.any(|tags| is_ours(job, &tags)))
}

fn somebody_elses(name: &str) -> Fault {
    let message = format!("a cluster named {name} is there already and not of this stack");
    Fault::new(CREATE, Class::Conflict, message)
}

const CLUSTERS: &[&str] = &["ecs:cluster/{stack}-*", "ecs:cluster/{name}"];

impl Permitted for Cluster {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&["ecs:DescribeClusters"])]],
        create: &[&[
            on(CLUSTERS, &["ecs:CreateCluster"]).tagged(),
            on(CLUSTERS, &["ecs:TagResource"]),
            linked_role(
                &["iam:role/aws-service-role/ecs.amazonaws.com/*"],
                "ecs.amazonaws.com",
            ),
        ]],
        update: &[&[
            on(CLUSTERS, &["ecs:TagResource", "ecs:UntagResource"]),
            on(CLUSTERS, &["ecs:UpdateCluster"]).owned(),
        ]],
        delete: &[&[on(CLUSTERS, &["ecs:DeleteCluster"]).owned()]],
    };
}
