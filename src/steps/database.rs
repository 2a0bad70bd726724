//! RDS for PostgreSQL: subnet group, parameter group, instance, and the application's credentials.

use std::collections::BTreeMap;

use super::BuildContext;
use super::cluster::Logs;
use super::identity::trust;
use super::network::Network;
use super::secrets::{self, Secrets};
use crate::engine::Ref;
use crate::resources::{DbInstance, DbParameterGroup, DbSubnetGroup, Role};

const STEP: &str = "database";

pub(super) fn declare(
    context: &mut BuildContext<'_>,
    network: &Network,
    logs: &Logs,
    secrets: &mut Secrets,
) -> Option<Ref<DbInstance>> {
    let settings = context.stack.database.clone()?;
    let master = secrets.ours("database-master")?;
    let subnet_group = DbSubnetGroup {
        name: context.physical_name::<DbSubnetGroup>("main", context.name("main")),
        subnets: network.private.clone(),
        tags: context.tags(),
    };
    let subnet_group = context.graph.add(STEP, "main", subnet_group);
    let major = settings.version.split('.').next().unwrap_or("16");
    let mut parameters = settings.parameters.clone();
    parameters.insert("rds.force_ssl".to_owned(), "1".to_owned());
    let parameter_group = DbParameterGroup {
        name: context.physical_name::<DbParameterGroup>(
            &format!("postgres{major}"),
            context.name(&format!("postgres{major}")),
        ),
        family: format!("postgres{major}"),
        parameters,
        tags: context.tags(),
    };
    let parameter_group = context
        .graph
        .add(STEP, format!("postgres{major}"), parameter_group);
    let monitoring = (settings.enhanced_monitoring > 0).then(|| monitoring(context));
    let instance = DbInstance {
        identifier: context.physical_name::<DbInstance>("main", context.name("main")),
        final_snapshot: settings.final_snapshot,
        settings,
        subnet_group,
        parameter_group,
        groups: network.group("database"),
        logs: logs.database.clone(),
        monitoring,
        master,
        disposable: context.stack.disposable,
        tags: context.tags(),
    };
    let instance = context.graph.add(STEP, "main", instance);
    secrets::of_database(context, secrets, &instance);
    Some(instance)
}

/// The role that writes the operating system's metrics to CloudWatch Logs ("Setting up and enabling
/// Enhanced Monitoring" in the RDS user guide has both policies). A restored instance takes it along, so
/// it is any instance's of the account and region.
fn monitoring(context: &mut BuildContext<'_>) -> Ref<Role> {
    let name = "database-monitoring";
    let source = context.place.arn("rds", "db:*");
    let role = Role {
        name: context.physical_name::<Role>(
            name,
            context.name(&format!("{name}-{}", context.place.region)),
        ),
        description: "writes the metrics of the database's operating system".to_owned(),
        trust: trust(context.place, "monitoring.rds.amazonaws.com", Some(source)),
        policies: BTreeMap::new(),
        managed: vec![format!(
            "arn:{}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
            context.place.partition
        )],
        tags: context.tags(),
    };
    context.graph.add(STEP, name, role)
}
