//! ElastiCache, which more than one task of some services needs.

use super::BuildContext;
use super::network::Network;
use super::secrets::{self, Secrets};
use crate::resources::{Cache, CacheSubnetGroup};

const STEP: &str = "cache";

pub(super) fn declare(context: &mut BuildContext<'_>, network: &Network, secrets: &mut Secrets) {
    let (Some(wanted), Some(token)) = (context.stack.redis.clone(), secrets.ours("redis-token"))
    else {
        return;
    };
    let subnet_group = CacheSubnetGroup {
        name: context.physical_name::<CacheSubnetGroup>("main", context.name("main")),
        subnets: network.private.clone(),
        tags: context.tags(),
    };
    let subnet_group = context.graph.add(STEP, "main", subnet_group);
    let cache = Cache {
        name: context.physical_name::<Cache>("main", context.name("main")),
        node_type: wanted.node_type,
        nodes: wanted.nodes,
        subnet_group,
        groups: network.group("cache"),
        token,
        tags: context.tags(),
    };
    let cache = context.graph.add(STEP, "main", cache);
    secrets::of_cache(context, secrets, &cache);
}
