//! The calls for clusters, and what makes them wait.

use aws_sdk_ecs::types as api;

use crate::aws::{Cloud, Job, Required, answer_of, done, optional, user_tags};
use crate::engine::{Class, Fault, Gone};

use super::{CREATE, ClusterLive, ClusterProps};
use crate::resources::ecs::{last, tags_of_ecs};
use crate::resources::sdk::{build_error, try_join_bounded};

const DESCRIBE: &str = "ecs:DescribeClusters";

/// Asks for the deletion, which is refused while services are there or tasks have not stopped.
pub(super) async fn remove(job: &Job, name: &str) -> Result<Gone, Fault> {
    let request = job.ecs.delete_cluster().cluster(name);
    match optional("ecs:DeleteCluster", request.send().await) {
        Ok(Some(_)) => Ok(Gone::NotYet("being deleted".to_owned())),
        Ok(None) => Ok(Gone::Yes),
        Err(fault) if fault.class == Class::InUse || fault.code == "UpdateInProgressException" => {
            Ok(Gone::NotYet(fault.message))
        }
        Err(fault) => Err(fault),
    }
}

/// The clusters of these names, with tags and settings, without those that are gone; a hundred to
/// a request, which is the most that `DescribeClusters` takes.
pub(super) async fn described(
    cloud: &Cloud,
    names: Vec<String>,
) -> Result<Vec<api::Cluster>, Fault> {
    let answers = names.chunks(100).map(|names| {
        let request = (cloud.ecs.describe_clusters())
            .set_clusters(Some(names.to_vec()))
            .include(api::ClusterField::Settings)
            .include(api::ClusterField::Tags);
        async move { answer_of(DESCRIBE, request.send().await) }
    });
    Ok(try_join_bounded(answers)
        .await?
        .into_iter()
        .flat_map(|answer| answer.clusters.unwrap_or_default())
        .filter(|cluster| cluster.status() != Some("INACTIVE"))
        .collect())
}

pub(super) fn live(cluster: &api::Cluster) -> Result<ClusterLive, Fault> {
    let arn = cluster.cluster_arn().required(DESCRIBE, "clusterArn")?;
    let insights = cluster
        .settings()
        .iter()
        .find(|setting| setting.name() == Some(&api::ClusterSettingName::ContainerInsights));
    let name = cluster.cluster_name().unwrap_or_else(|| last(arn));
    Ok(ClusterLive {
        name: name.to_owned(),
        arn: arn.to_owned(),
        observed: ClusterProps {
            name: name.to_owned(),
            container_insights: insights.and_then(|setting| setting.value.clone()),
            namespace: cluster
                .service_connect_defaults()
                .and_then(|defaults| defaults.namespace.clone()),
            tags: user_tags(&tags_of_ecs(cluster.tags())),
        },
    })
}

pub(super) fn settings(want: &ClusterProps) -> Option<Vec<api::ClusterSetting>> {
    let insights = want.container_insights.as_ref()?;
    let setting = api::ClusterSetting::builder()
        .name(api::ClusterSettingName::ContainerInsights)
        .value(insights)
        .build();
    Some(vec![setting])
}

pub(super) fn defaults(
    want: &ClusterProps,
) -> Result<Option<api::ClusterServiceConnectDefaultsRequest>, Fault> {
    want.namespace
        .as_ref()
        .map(|namespace| {
            api::ClusterServiceConnectDefaultsRequest::builder()
                .namespace(namespace)
                .build()
                .map_err(build_error(CREATE))
        })
        .transpose()
}

/// An account that has never used ECS has no role for it.
pub(super) fn is_role_missing(fault: &Fault) -> bool {
    fault.is(CREATE, &["InvalidParameterException"])
        && fault
            .message
            .contains("nable to assume the service linked role")
}

/// The role or the namespace was made a moment ago.
pub(super) fn settles(fault: &Fault) -> bool {
    is_role_missing(fault) || fault.is(CREATE, &["NamespaceNotFoundException"])
}

/// An active cluster of that name is there, with other settings (three public logs).
pub(super) fn has_other_settings(fault: &Fault) -> bool {
    fault.is(CREATE, &["InvalidParameterException"])
        && (fault.message).contains("Arguments on this idempotent request are inconsistent")
}

/// "Using service-linked roles for Amazon ECS": who lacks the permission may find it made already.
pub(super) async fn make_linked_role(job: &Job) -> Result<(), Fault> {
    let request = job.iam.create_service_linked_role();
    let request = request.aws_service_name("ecs.amazonaws.com");
    match done("iam:CreateServiceLinkedRole", request.send().await) {
        // The answer when the role is there: "… has been taken in this account".
        Err(fault) if fault.code == "InvalidInput" => Ok(()),
        made => made,
    }
}
