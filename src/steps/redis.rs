//! ElastiCache, which more than one task of Open WebUI needs.

use super::Site;
use super::network::Network;
use super::secrets::{self, Secrets};
use crate::resources::{Cache, CacheSubnetGroup};

const STEP: &str = "cache";

pub(super) fn declare(site: &mut Site<'_>, network: &Network, secrets: &mut Secrets) {
    let (Some(wanted), Some(token)) = (site.stack.redis.clone(), secrets.ours("redis-token"))
    else {
        return;
    };
    let subnet_group = CacheSubnetGroup {
        name: site.called::<CacheSubnetGroup>("main", site.name("main")),
        subnets: network.private.clone(),
        tags: site.tags(),
    };
    let subnet_group = site.graph.add(STEP, "main", subnet_group);
    let cache = Cache {
        name: site.called::<Cache>("main", site.name("main")),
        node_type: wanted.node_type,
        nodes: wanted.nodes,
        subnet_group,
        groups: network.group("cache"),
        token,
        tags: site.tags(),
    };
    let cache = site.graph.add(STEP, "main", cache);
    secrets::of_cache(site, secrets, &cache);
}
