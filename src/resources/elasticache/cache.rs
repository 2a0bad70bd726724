//! A replication group of ElastiCache: Valkey, spoken to over TLS with a token.

use std::time::Duration;

use serde::Serialize;

use crate::aws::{
    Cloud, Job, Required, Tags, absent_is_done, all_tags, answer_of, done, user_tags,
};
use crate::engine::{
    Address, Changes, Fault, Field, Found, Gone, Pace, Piece, Ready, Ref, Replacement,
    ResolveContext, Resource, Takes, Verb, as_one,
};
use crate::resources::durations;
use crate::{field, fields};

use crate::resources::elasticache::cache_tags;
use crate::resources::ownership::{bears, declared_as, is_ours};
use crate::resources::sdk::{sorted, try_join_bounded};
use crate::resources::secrets_manager::secret_version::{SecretVersion, held_value, version_of};
use crate::resources::{CacheSubnetGroup, Secret, SecurityGroup};
use change::{change, read_when_available, until_described, until_gone};
use read::BUSY;
use read::{all, description, live, one, owned};

mod change;
mod permissions;
mod read;

/// The tag that says which version of its secret the token is: AWS does not tell a token.
pub(super) const TOKEN_TAG: &str = "ajuda:token";

const CREATE: &str = "elasticache:CreateReplicationGroup";

/// The first cache of an account makes ElastiCache's own role, which takes a moment to spread
/// (ElastiCache user guide, "Using service-linked roles"; `ServiceLinkedRoleNotFoundFault` in its API model).
fn is_linked_role_missing(fault: &Fault) -> bool {
    let declared_name = fault.message.to_ascii_lowercase().replace('-', " ");
    fault.operation == CREATE
        && (fault.code == "ServiceLinkedRoleNotFoundFault"
            || declared_name.contains("service linked role"))
}

/// One primary node and its replicas, which take over by themselves.
#[derive(Debug, Clone)]
pub struct Cache {
    /// Its name, 1-40 of `a-z0-9-` (ElastiCache API, `CreateReplicationGroup.ReplicationGroupId`).
    pub name: String,
    /// Such as `cache.t4g.small`.
    pub node_type: String,
    /// Nodes, 1-6; two or more fail over across zones.
    pub nodes: u8,
    /// Where the nodes stand; cannot be changed.
    pub subnet_group: Ref<CacheSubnetGroup>,
    /// Who may connect.
    pub groups: Vec<Ref<SecurityGroup>>,
    /// Its AUTH token: 16-128 characters, letters, digits and `!&#$^<>-`.
    pub token: Ref<Secret>,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a cache.
#[derive(Debug, Clone, Serialize)]
pub struct CacheProps {
    pub(super) name: String,
    /// Whether it has come up once and is not being deleted.
    pub(super) available: bool,
    pub(crate) node_type: String,
    pub(crate) nodes: usize,
    pub(super) failover: bool,
    pub(super) multi_az: bool,
    pub(super) tls: bool,
    pub(super) encrypted: bool,
    /// The secret and the version of it that is the token; empty when it asks for none.
    #[serde(serialize_with = "as_one")]
    pub(super) token: SecretVersion,
    pub(super) subnet_group: String,
    pub(super) groups: Vec<String>,
    pub(super) tags: Tags,
}

/// A cache as AWS has it.
#[derive(Debug, Clone)]
pub struct CacheLive {
    /// Its name.
    pub name: String,
    /// Host name of the primary; empty until it has come up.
    pub endpoint: String,
    /// The port it listens on.
    pub port: u16,
    pub(super) arn: String,
    pub(super) description: String,
    pub(super) status: String,
    /// Whether it asks for a token.
    pub(super) auth: bool,
    pub(super) props: CacheProps,
    pub(super) tags: Tags,
    /// Whether ElastiCache answered its tags; what was known of them before may be old.
    pub(super) tags_read: bool,
}

impl Resource for Cache {
    type Cloud = Cloud;
    type Props = CacheProps;
    type Live = CacheLive;

    const KIND: &'static str = "cache";
    const HEADLINE: &'static [Field] = &fields!(CacheProps, node_type, nodes, multi_az);
    const CREATE_ONLY: &'static [Field] = &fields!(CacheProps, subnet_group, tls, encrypted);
    // The name is taken until the old one is gone.
    const REPLACEMENT: Replacement = Replacement::DeleteFirst;
    const TAKES: Takes = durations::CACHE;
    const PACE: Pace = Self::TAKES.pace(2700, 15);

    fn takes(piece: &Piece<'_, Self>) -> Duration {
        let scales = piece.verb == Verb::Update
            && piece
                .changes
                .any_changed(&fields!(CacheProps, node_type, nodes));
        match scales {
            true => Duration::from_secs(durations::CACHE_SCALED),
            false => Self::TAKES.of(piece.verb),
        }
    }

    fn desired(&self, context: &ResolveContext<'_>) -> CacheProps {
        let groups = self.groups.iter();
        let groups = sorted(groups.map(|group| context.text(group, |group| group.id.clone())));
        CacheProps {
            // ElastiCache keeps names in lowercase letters.
            name: context.name::<Self>(&self.name.to_ascii_lowercase(), |live| live.name.clone()),
            available: true,
            node_type: self.node_type.clone(),
            nodes: usize::from(self.nodes),
            failover: self.nodes > 1,
            multi_az: self.nodes > 1,
            tls: true,
            encrypted: true,
            token: version_of(context, &self.token),
            subnet_group: context.text(&self.subnet_group, |group| group.name.clone()),
            groups,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &CacheLive) -> CacheProps {
        CacheProps {
            tags: user_tags(&live.tags),
            ..live.props.clone()
        }
    }

    fn has_version_of(&self, other: &Address, path: &str) -> bool {
        field!(CacheProps, token).covers(path) && self.token.address() == other
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<CacheLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(Self::KIND).await? {
            return Ok(Vec::new());
        }
        let (tagged, caches) = tokio::try_join!(cloud.tagged(), all(cloud))?;
        let mut near = Vec::new();
        for cache in caches {
            let named = declared_as(declared, |declared| {
                declared.name.eq_ignore_ascii_case(&cache.name)
            });
            if named.is_some() || tagged.lists(&cache.arn) {
                near.push((cache, named));
            }
        }
        let index = &tagged;
        let near = try_join_bounded(near.into_iter().map(|(cache, named)| async move {
            let last_known = index.last_known(&cache.arn);
            Ok((owned(cloud, cache, named, last_known).await?, named))
        }))
        .await?;
        let found = near.into_iter().filter_map(|(live, named)| {
            Some(Found {
                owner: cloud.owner(&live.tags, named)?,
                id: live.name.clone(),
                live,
            })
        });
        Ok(found.collect())
    }

    fn named(
        cloud: &Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &Self::Live,
    ) -> Option<bool> {
        let declared_name = declared.map(|one| one.name.to_ascii_lowercase());
        bears(cloud, address, &live.name, declared_name, |place, name| {
            (name == "main").then(|| place.name(name).to_ascii_lowercase())
        })
    }

    fn made_with(&self) -> Vec<Address> {
        vec![self.token.address().clone()]
    }

    async fn create(&self, job: &Job, want: &CacheProps) -> Result<CacheLive, Fault> {
        let mut tags = all_tags(job, &want.tags);
        tags.insert(TOKEN_TAG.to_owned(), want.token.to_string());
        let request = job
            .elasticache
            .create_replication_group()
            .replication_group_id(&want.name)
            .replication_group_description(description(job, job.address()))
            .engine("valkey")
            .cache_node_type(&want.node_type)
            .num_cache_clusters(i32::from(self.nodes))
            .automatic_failover_enabled(want.failover)
            .multi_az_enabled(want.multi_az)
            .transit_encryption_enabled(want.tls)
            .at_rest_encryption_enabled(want.encrypted)
            .auth_token(held_value(job, &want.token).await?)
            .cache_subnet_group_name(&want.subnet_group)
            .set_security_group_ids(Some(want.groups.clone()))
            .set_tags(Some(cache_tags(&tags)));
        let created = job
            .settle(is_linked_role_missing, || async {
                answer_of(CREATE, request.clone().send().await)
            })
            .await;
        match created {
            // Describes lag behind creates; what was asked for is shown when it is up.
            Ok(answer) => {
                let made = live(
                    answer
                        .replication_group
                        .required(CREATE, "ReplicationGroup")?,
                    &[],
                )?;
                let asked = CacheLive {
                    props: want.clone(),
                    ..made
                };
                Ok(asked.tagged(tags))
            }
            // A reply that was lost: the tags say whether the group is the one made then.
            Err(fault) if fault.code == "ReplicationGroupAlreadyExists" => {
                let Some(there) = until_described(job, &want.name).await? else {
                    return Err(fault);
                };
                let there = owned(job, there, Some(job.address()), None).await?;
                let ours = is_ours(job, &there.tags);
                let props = CacheProps {
                    token: there.props.token.clone(),
                    ..want.clone()
                };
                ours.then_some(CacheLive { props, ..there }).ok_or(fault)
            }
            Err(fault) => Err(fault),
        }
    }

    async fn update(
        &self,
        job: &Job,
        live: &CacheLive,
        want: &CacheProps,
        _: &Changes,
    ) -> Result<CacheLive, Fault> {
        if live.status == "deleting" {
            // A deletion that nobody waited for to end.
            until_gone(job, &live.name).await?;
            return self.create(job, want).await;
        }
        // What was read while it came up or changed may be wrong, its tags above all.
        let live = if live.props.available && live.tags_read {
            live.clone()
        } else {
            read_when_available(job, live).await?
        };
        change(job, &live, want).await
    }

    /// Nothing is kept: what it holds are sessions.
    async fn delete(job: &Job, live: &CacheLive) -> Result<(), Fault> {
        let request = (job.elasticache.delete_replication_group()).replication_group_id(&live.name);
        let deleted = done("elasticache:DeleteReplicationGroup", request.send().await);
        match deleted {
            // It is busy: asked again while waiting for it to be gone.
            Err(fault) if fault.code == BUSY => Ok(()),
            deleted => deleted.or_else(absent_is_done),
        }
    }

    async fn ready(job: &Job, live: &CacheLive) -> Result<Ready<CacheLive>, Fault> {
        let Some(now) = one(job, &live.name).await? else {
            return Ok(Ready::NotYet("spreading".to_owned()));
        };
        let now = now.tagged(live.tags.clone());
        Ok(match now.usable()? {
            true if now.shows(&live.props) => Ready::Yes(now),
            true => Ready::NotYet("changing".to_owned()),
            false => Ready::NotYet(now.status),
        })
    }

    async fn gone(job: &Job, live: &CacheLive) -> Result<Gone, Fault> {
        let Some(now) = one(job, &live.name).await? else {
            return Ok(Gone::Yes);
        };
        if now.status != "deleting" {
            Self::delete(job, live).await?;
        }
        Ok(Gone::NotYet(now.status))
    }
}
