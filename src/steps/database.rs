//! RDS for PostgreSQL: subnet group, parameter group, instance, and the application's credentials.

use super::Site;
use super::cluster::Logs;
use super::network::Network;
use super::secrets::{self, Secrets};
use crate::engine::Ref;
use crate::resources::{DbInstance, DbParameterGroup, DbSubnetGroup};

const STEP: &str = "database";

pub(super) fn declare(
    site: &mut Site<'_>,
    network: &Network,
    logs: &Logs,
    secrets: &mut Secrets,
) -> Option<Ref<DbInstance>> {
    let settings = site.stack.database.clone()?;
    let master = secrets.ours("database-master")?;
    let subnet_group = DbSubnetGroup {
        name: site.called::<DbSubnetGroup>("main", site.name("main")),
        subnets: network.private.clone(),
        tags: site.tags(),
    };
    let subnet_group = site.graph.add(STEP, "main", subnet_group);
    let major = settings.version.split('.').next().unwrap_or("16");
    let mut parameters = settings.parameters.clone();
    parameters.insert("rds.force_ssl".to_owned(), "1".to_owned());
    let parameter_group = DbParameterGroup {
        name: site.called::<DbParameterGroup>(
            &format!("postgres{major}"),
            site.name(&format!("postgres{major}")),
        ),
        family: format!("postgres{major}"),
        parameters,
        tags: site.tags(),
    };
    let parameter_group = site
        .graph
        .add(STEP, format!("postgres{major}"), parameter_group);
    let instance = DbInstance {
        identifier: site.called::<DbInstance>("main", site.name("main")),
        final_snapshot: settings.final_snapshot,
        settings,
        subnet_group,
        parameter_group,
        groups: network.group("database"),
        logs: logs.database.clone(),
        master,
        disposable: site.stack.disposable,
        tags: site.tags(),
    };
    let instance = site.graph.add(STEP, "main", instance);
    secrets::of_database(site, secrets, &instance);
    Some(instance)
}
