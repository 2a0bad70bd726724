//! Replication groups of ElastiCache as its calls answer them.

use aws_sdk_elasticache::types as api;

use crate::aws::{ADDRESS_TAG, Cloud, Required, STACK_TAG, Tags, answer_of, optional};
use crate::engine::{Address, Class, Fault};

use super::{CacheLive, CacheProps, TOKEN_TAG};
use crate::message::{Command, message};
use crate::resources::elasticache::own_cache_tags;
use crate::resources::sdk::sorted;
use crate::resources::secrets_manager::secret_version::SecretVersion;

/// What a group answers while it is being made or changed.
pub(super) const BUSY: &str = "InvalidReplicationGroupState";

const DESCRIBE: &str = "elasticache:DescribeReplicationGroups";

/// The description of a cache: names its owner where its tags cannot be read yet.
pub(super) fn description(cloud: &Cloud, address: &Address) -> String {
    format!("{address} of {}", cloud.place.stack)
}

impl CacheLive {
    /// The same with its tags.
    pub(super) fn tagged(mut self, tags: Tags) -> Self {
        let token = tags.get(TOKEN_TAG).filter(|_| self.auth);
        let token = token.map(|token| SecretVersion::parse(token));
        self.props.token = token.unwrap_or_default();
        self.tags = tags;
        self
    }

    /// Whether it takes connections and changes.
    ///
    /// # Errors
    /// When it never will.
    pub(super) fn usable(&self) -> Result<bool, Fault> {
        if self.status == "create-failed" {
            return Err(Fault::new(
                self.name.clone(),
                Class::Failed,
                "ElastiCache could not make it",
            )
            .hint(message![
                "its events say why: ",
                Command::aws("elasticache describe-events")
            ]));
        }
        Ok(self.status == "available" && !self.endpoint.is_empty())
    }

    /// Whether it shows what `asked` was asked to be: its status says `available` for some seconds after a
    /// change before it says that it changes (facts in `elasticache/replication_group.go` of the provider).
    pub(super) fn shows(&self, asked: &CacheProps) -> bool {
        let about = |props: &CacheProps| {
            let node_type = props.node_type.clone();
            (node_type, props.nodes, props.failover, props.multi_az)
        };
        about(&self.props) == about(asked)
    }
}

/// Every replication group of the account, tags not read yet.
pub(super) async fn all(cloud: &Cloud) -> Result<Vec<CacheLive>, Fault> {
    let groups = async {
        let request = cloud.elasticache.describe_replication_groups();
        let items = request.into_paginator().items().send();
        answer_of(DESCRIBE, items.try_collect().await)
    };
    let (groups, nodes) = tokio::try_join!(groups, nodes(cloud, None))?;
    groups
        .into_iter()
        .map(|group| live(group, &nodes))
        .collect()
}

/// One replication group, tags not read yet.
pub(super) async fn one(cloud: &Cloud, name: &str) -> Result<Option<CacheLive>, Fault> {
    let request = (cloud.elasticache.describe_replication_groups()).replication_group_id(name);
    let answer = optional(DESCRIBE, request.send().await)?;
    let Some(group) = answer.and_then(|answer| answer.replication_groups?.pop()) else {
        return Ok(None);
    };
    let first = group.member_clusters().first().cloned();
    let nodes = nodes(cloud, first).await?;
    live(group, &nodes).map(Some)
}

/// The same with its own tags. ElastiCache answers them only while a group is available (ListTagsForResource),
/// which its status may go on saying for some seconds after a change began: until then they are those that were
/// `last_known`, or the description says whose it is if it is `named`.
pub(super) async fn owned(
    cloud: &Cloud,
    cache: CacheLive,
    named: Option<&Address>,
    last_known: Option<&Tags>,
) -> Result<CacheLive, Fault> {
    let fault = match own_cache_tags(cloud, &cache.arn).await {
        Ok(tags) => return Ok(cache.tagged(tags)),
        Err(fault) => fault,
    };
    if cache.status == "available" && fault.code != BUSY {
        return Err(fault);
    }
    let cache = CacheLive {
        tags_read: false,
        ..cache
    };
    let described = named.filter(|named| cache.description == description(cloud, named));
    let tags = match (last_known, described) {
        (Some(tags), _) => tags.clone(),
        (None, Some(named)) => Tags::from([
            (STACK_TAG.to_owned(), cloud.place.stack.clone()),
            (ADDRESS_TAG.to_owned(), named.to_string()),
        ]),
        (None, None) => Tags::new(),
    };
    Ok(cache.tagged(tags))
}

/// Where nodes stand and who may connect: a replication group does not say.
async fn nodes(cloud: &Cloud, name: Option<String>) -> Result<Vec<api::CacheCluster>, Fault> {
    let request = (cloud.elasticache.describe_cache_clusters()).set_cache_cluster_id(name);
    let items = request.into_paginator().items().send();
    // It may go between the two calls.
    let nodes = optional(
        "elasticache:DescribeCacheClusters",
        items.try_collect().await,
    )?;
    Ok(nodes.unwrap_or_default())
}

/// What a create or describe answered, with what its nodes say.
///
/// # Errors
/// An answer that lacks what the API model promises.
pub(super) fn live(
    group: api::ReplicationGroup,
    nodes: &[api::CacheCluster],
) -> Result<CacheLive, Fault> {
    let status = group.status.clone().required(DESCRIBE, "Status")?;
    let endpoint = group
        .node_groups()
        .first()
        .and_then(|shard| shard.primary_endpoint());
    let host = endpoint.and_then(|endpoint| endpoint.address());
    let port = endpoint.and_then(|endpoint| endpoint.port());
    let name = group
        .replication_group_id
        .clone()
        .required(DESCRIBE, "ReplicationGroupId")?;
    let node = nodes
        .iter()
        .find(|node| node.replication_group_id() == Some(name.as_str()));
    let groups = sorted(
        node.map(|node| node.security_groups())
            .unwrap_or_default()
            .iter()
            .filter_map(|group| group.security_group_id().map(str::to_owned)),
    );
    let fails_over = matches!(
        group.automatic_failover,
        Some(api::AutomaticFailoverStatus::Enabled | api::AutomaticFailoverStatus::Enabling)
    );
    Ok(CacheLive {
        endpoint: host.unwrap_or_default().to_owned(),
        port: port
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(6379),
        arn: group.arn.clone().required(DESCRIBE, "ARN")?,
        description: group.description.clone().unwrap_or_default(),
        auth: group.auth_token_enabled.unwrap_or(false),
        props: CacheProps {
            name: name.clone(),
            available: host.is_some() && !["creating", "deleting"].contains(&status.as_str()),
            node_type: group.cache_node_type.clone().unwrap_or_default(),
            nodes: group.member_clusters().len(),
            failover: fails_over,
            multi_az: group.multi_az == Some(api::MultiAzStatus::Enabled),
            tls: group.transit_encryption_enabled.unwrap_or(false),
            encrypted: group.at_rest_encryption_enabled.unwrap_or(false),
            token: SecretVersion::default(),
            subnet_group: node
                .and_then(|node| node.cache_subnet_group_name())
                .unwrap_or_default()
                .to_owned(),
            groups,
            tags: Tags::new(),
        },
        tags: Tags::new(),
        tags_read: true,
        status,
        name,
    })
}
