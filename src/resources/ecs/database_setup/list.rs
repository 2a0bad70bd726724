//! Finds which databases of the stack were prepared.

use crate::aws::{Cloud, answer_of};
use crate::engine::{Address, Fault, Found, Ownership, Resource};

use super::{DatabaseSetup, DatabaseSetupLive, SETUP_TAG};
use crate::resources::DbInstance;
use crate::resources::rds::tags_of_rds;

/// One request: the tag is read from the instances themselves, because the tagging index lags behind.
pub(super) async fn list(
    cloud: &Cloud,
    declared: &[(&Address, &DatabaseSetup)],
) -> Result<Vec<Found<DatabaseSetupLive>>, Fault> {
    if declared.is_empty() && !cloud.has_tagged(DbInstance::KIND).await? {
        return Ok(Vec::new());
    }
    let items = (cloud.rds.describe_db_instances().into_paginator()).items();
    let instances = answer_of("rds:DescribeDBInstances", items.send().try_collect().await)?;
    let mut found = Vec::new();
    for instance in instances {
        let tags = tags_of_rds(instance.tag_list());
        let (Some(version), Some(Ownership::Ours(database)), Some(arn)) = (
            tags.get(SETUP_TAG),
            cloud.owner(&tags, None),
            instance.db_instance_arn,
        ) else {
            continue;
        };
        let address = declared
            .iter()
            .find(|(_, setup)| *setup.database.address() == database.address)
            .map_or_else(
                || Address::new(DatabaseSetup::KIND, database.address.name()),
                |(address, _)| (*address).clone(),
            );
        found.push(Found {
            owner: Ownership::Ours(address.into()),
            id: format!("{} of {arn}", SETUP_TAG),
            live: DatabaseSetupLive {
                version: version.clone(),
                database: arn,
                task: None,
            },
        });
    }
    Ok(found)
}
