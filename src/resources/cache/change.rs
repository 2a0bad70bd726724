//! Changes of a replication group of ElastiCache, which takes one at a time.

use aws_sdk_elasticache::types as api;

use crate::aws::{Job, Tags, all_tags, fault, tags_taken_out};
use crate::engine::{Class, Fault};

use super::super::elasticache::retag_cache;
use super::super::held_secret::held_value;
use super::super::patience::Patience;
use super::read::one;
use super::{CacheLive, CacheProps, TOKEN_TAG};

/// Brings a cache that is available to what is wanted, one change after the other.
pub(super) async fn change(
    job: &Job,
    live: &CacheLive,
    want: &CacheProps,
) -> Result<CacheLive, Fault> {
    let have = &live.props;
    // A single node cannot fail over, so replicas come before and go after.
    if want.nodes > have.nodes {
        replicas(job, live, want.nodes).await?;
    }
    if (want.failover, want.multi_az) != (have.failover, have.multi_az) {
        until_available(job, &live.name).await?;
        let request = modify(job, live)
            .automatic_failover_enabled(want.failover)
            .multi_az_enabled(want.multi_az);
        request.send().await.map_err(fault(MODIFY))?;
    }
    if want.nodes < have.nodes {
        replicas(job, live, want.nodes).await?;
    }
    if want.node_type != have.node_type {
        until_available(job, &live.name).await?;
        let request = modify(job, live).cache_node_type(&want.node_type);
        request.send().await.map_err(fault(MODIFY))?;
    }
    if want.groups != have.groups {
        until_available(job, &live.name).await?;
        let request = modify(job, live).set_security_group_ids(Some(want.groups.clone()));
        request.send().await.map_err(fault(MODIFY))?;
    }
    if want.token != have.token {
        until_available(job, &live.name).await?;
        // The former token stays good until the next change of it (ElastiCache, "AUTH").
        let request = modify(job, live)
            .auth_token(held_value(job, &want.token).await?)
            .auth_token_update_strategy(api::AuthTokenUpdateStrategyType::Rotate);
        request.send().await.map_err(fault(MODIFY))?;
    }
    let gone = tags_taken_out(job);
    let mut tags: Tags = live.tags.clone();
    tags.retain(|key, _| !gone.contains(key));
    tags.extend(all_tags(job, &want.tags));
    tags.insert(TOKEN_TAG.to_owned(), want.token.clone());
    if tags != live.tags {
        // Tags, too, are taken only while it is available; last, so that they tell of what is done.
        until_available(job, &live.name).await?;
        retag_cache(job, &live.arn, &tags).await?;
    }
    Ok(live.clone().tagged(tags))
}

const MODIFY: &str = "elasticache:ModifyReplicationGroup";

type Modify = aws_sdk_elasticache::operation::modify_replication_group::builders::ModifyReplicationGroupFluentBuilder;

fn modify(job: &Job, live: &CacheLive) -> Modify {
    job.elasticache
        .modify_replication_group()
        .replication_group_id(&live.name)
        .apply_immediately(true)
}

async fn replicas(job: &Job, live: &CacheLive, nodes: usize) -> Result<(), Fault> {
    until_available(job, &live.name).await?;
    // One of the nodes is the primary.
    let count = i32::try_from(nodes.saturating_sub(1)).unwrap_or(i32::MAX);
    if nodes > live.props.nodes {
        job.elasticache
            .increase_replica_count()
            .replication_group_id(&live.name)
            .new_replica_count(count)
            .apply_immediately(true)
            .send()
            .await
            .map_err(fault("elasticache:IncreaseReplicaCount"))?;
    } else {
        job.elasticache
            .decrease_replica_count()
            .replication_group_id(&live.name)
            .new_replica_count(count)
            .apply_immediately(true)
            .send()
            .await
            .map_err(fault("elasticache:DecreaseReplicaCount"))?;
    }
    Ok(())
}

/// Waits between two changes of one update.
pub(super) async fn until_available(job: &Job, name: &str) -> Result<CacheLive, Fault> {
    let mut patience = Patience::new();
    loop {
        let status = match one(job, name).await? {
            Some(now) if now.usable()? => return Ok(now),
            Some(now) => now.status,
            None => "spreading".to_owned(),
        };
        patience.wait(job, still(name, &status)).await?;
    }
}

/// Waits for a cache that is being deleted.
pub(super) async fn until_gone(job: &Job, name: &str) -> Result<(), Fault> {
    let mut patience = Patience::new();
    while let Some(now) = one(job, name).await? {
        patience.wait(job, still(name, &now.status)).await?;
    }
    Ok(())
}

fn still(name: &str, status: &str) -> Fault {
    Fault::new(name, Class::TimedOut, format!("still {status}"))
}
