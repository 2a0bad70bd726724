//! Changes of a replication group of ElastiCache, which takes one at a time.

use std::time::Duration;

use aws_sdk_elasticache::types as api;

use crate::aws::{Job, Tags, all_tags, done, tags_taken_out};
use crate::engine::{Fault, Ready, Resource};

use super::read::{BUSY, one};
use super::{Cache, CacheLive, CacheProps, TOKEN_TAG};
use crate::resources::elasticache::{own_cache_tags, retag_cache};
use crate::resources::secrets_manager::secret_version::held_value;

/// Brings a cache that is available to what is wanted, one change after the other. What comes back says what
/// was asked for, so that one can tell when ElastiCache shows it.
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
        let request = modify(job, live)
            .automatic_failover_enabled(want.failover)
            .multi_az_enabled(want.multi_az);
        when_available(job, &live.name, || send(request.clone())).await?;
    }
    if want.nodes < have.nodes {
        replicas(job, live, want.nodes).await?;
    }
    if want.node_type != have.node_type {
        let request = modify(job, live).cache_node_type(&want.node_type);
        when_available(job, &live.name, || send(request.clone())).await?;
    }
    if want.groups != have.groups {
        let request = modify(job, live).set_security_group_ids(Some(want.groups.clone()));
        when_available(job, &live.name, || send(request.clone())).await?;
    }
    if want.token != have.token {
        // The former token stays good until the next change of it (ElastiCache, "AUTH").
        let request = modify(job, live)
            .auth_token(held_value(job, &want.token).await?)
            .auth_token_update_strategy(api::AuthTokenUpdateStrategyType::Rotate);
        when_available(job, &live.name, || send(request.clone())).await?;
    }
    let gone = tags_taken_out(job);
    let mut tags: Tags = live.tags.clone();
    tags.retain(|key, _| !gone.contains(key));
    tags.extend(all_tags(job, &want.tags));
    tags.insert(TOKEN_TAG.to_owned(), want.token.to_string());
    if tags != live.tags {
        // Tags, too, are taken only while it is available; last, so that they tell of what is done.
        when_available(job, &live.name, || retag_cache(job, &live.arn, &tags)).await?;
    }
    let changed = CacheLive {
        props: want.clone(),
        ..live.clone()
    };
    Ok(changed.tagged(tags))
}

const MODIFY: &str = "elasticache:ModifyReplicationGroup";

type Modify = aws_sdk_elasticache::operation::modify_replication_group::builders::ModifyReplicationGroupFluentBuilder;

fn modify(job: &Job, live: &CacheLive) -> Modify {
    job.elasticache
        .modify_replication_group()
        .replication_group_id(&live.name)
        .apply_immediately(true)
}

async fn send(request: Modify) -> Result<(), Fault> {
    done(MODIFY, request.send().await)
}

async fn replicas(job: &Job, live: &CacheLive, nodes: usize) -> Result<(), Fault> {
    // One of the nodes is the primary.
    let count = i32::try_from(nodes.saturating_sub(1)).unwrap_or(i32::MAX);
    let call = || async {
        if nodes > live.props.nodes {
            let request = job.elasticache.increase_replica_count();
            let request = request.replication_group_id(&live.name);
            let request = request.new_replica_count(count).apply_immediately(true);
            done("elasticache:IncreaseReplicaCount", request.send().await)
        } else {
            let request = job.elasticache.decrease_replica_count();
            let request = request.replication_group_id(&live.name);
            let request = request.new_replica_count(count).apply_immediately(true);
            done("elasticache:DecreaseReplicaCount", request.send().await)
        }
    };
    when_available(job, &live.name, call).await
}

/// Makes one change when the cache is available. It says `available` for some seconds after the change before,
/// and refuses the next one meanwhile (the provider waits 30 seconds, `elasticache/replication_group.go`): such
/// a refusal did nothing and says what its status does not.
async fn when_available<T, F>(job: &Job, name: &str, call: impl Fn() -> F) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    let probe = || async {
        if let Ready::NotYet(status) = availability(job, name).await? {
            return Ok(Ready::NotYet(status));
        }
        match call().await {
            Err(fault) if fault.code == BUSY => Ok(Ready::NotYet("about to change".to_owned())),
            done => done.map(Ready::Yes),
        }
    };
    job.until(Cache::PACE, probe).await
}

/// The cache as it is once it is available, with its own tags.
pub(super) async fn read_when_available(job: &Job, live: &CacheLive) -> Result<CacheLive, Fault> {
    let tags = when_available(job, &live.name, || own_cache_tags(job, &live.arn)).await?;
    let now = job.until(Cache::PACE, || availability(job, &live.name));
    Ok(now.await?.tagged(tags))
}

/// The cache, once the next change can be made.
async fn availability(job: &Job, name: &str) -> Result<Ready<CacheLive>, Fault> {
    Ok(match one(job, name).await? {
        Some(now) if now.usable()? => Ready::Yes(now),
        Some(now) => Ready::NotYet(now.status),
        None => Ready::NotYet("spreading".to_owned()),
    })
}

/// Waits some seconds for one that is there already, as a create was told: describes lag behind.
pub(super) async fn until_described(job: &Job, name: &str) -> Result<Option<CacheLive>, Fault> {
    const LOOKS: u32 = 7;
    for attempt in 0..LOOKS {
        if let Some(there) = one(job, name).await? {
            return Ok(Some(there));
        }
        job.pause(Duration::from_millis(250 << attempt)).await?;
    }
    one(job, name).await
}

/// Waits for a cache that is being deleted.
pub(super) async fn until_gone(job: &Job, name: &str) -> Result<(), Fault> {
    let probe = || async {
        Ok(match one(job, name).await? {
            Some(now) => Ready::NotYet(now.status),
            None => Ready::Yes(()),
        })
    };
    job.until(Cache::PACE, probe).await
}
