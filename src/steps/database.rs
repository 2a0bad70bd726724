//! RDS for PostgreSQL: subnet group, parameter group, instance, and the application's credentials.

use std::collections::BTreeMap;

use super::Site;
use super::cluster::Logs;
use super::identity::trust;
use super::network::Network;
use super::secrets::{self, Secrets};
use crate::engine::Ref;
use crate::resources::{DbInstance, DbParameterGroup, DbSubnetGroup, Role};

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
    let monitoring = (settings.enhanced_monitoring > 0).then(|| monitoring(site));
    let instance = DbInstance {
        identifier: site.called::<DbInstance>("main", site.name("main")),
        final_snapshot: settings.final_snapshot,
        settings,
        subnet_group,
        parameter_group,
        groups: network.group("database"),
        logs: logs.database.clone(),
        monitoring,
        master,
        disposable: site.stack.disposable,
        tags: site.tags(),
    };
    let instance = site.graph.add(STEP, "main", instance);
    secrets::of_database(site, secrets, &instance);
    Some(instance)
}

/// The role that writes the operating system's metrics to CloudWatch Logs ("Setting up and enabling
/// Enhanced Monitoring" in the RDS user guide has both policies). A restored instance takes it along, so
/// it is any instance's of the account and region.
fn monitoring(site: &mut Site<'_>) -> Ref<Role> {
    let name = "database-monitoring";
    let source = site.place.arn("rds", "db:*");
    let role = Role {
        name: site.called::<Role>(name, site.name(&format!("{name}-{}", site.place.region))),
        description: "writes the metrics of the database's operating system".to_owned(),
        trust: trust(site.place, "monitoring.rds.amazonaws.com", Some(source)),
        policies: BTreeMap::new(),
        managed: vec![format!(
            "arn:{}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
            site.place.partition
        )],
        tags: site.tags(),
    };
    site.graph.add(STEP, name, role)
}
