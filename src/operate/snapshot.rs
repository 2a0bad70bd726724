//! A snapshot of the database, taken before something that cannot be undone without it.

use aws_sdk_rds::types as api;

use super::marks;
use crate::aws::{Cloud, all_tags, fault};
use crate::engine::{Address, Class, Fault, Halted, Pace, Ready, Verb, Work};
use crate::resources::database_setup::SETUP_TAG;
use crate::resources::db_instance::{DbInstanceLive, MASTER_TAG, one, patiently};
use crate::resources::rds::{rds_tags, tags_of_rds};

/// Tags of an instance that tell which passwords are in it.
pub(crate) const PASSWORDS: [&str; 2] = [SETUP_TAG, MASTER_TAG];

/// The address that snapshots of the stack's database bear.
pub(crate) fn address() -> Address {
    Address::new("db-snapshot", "main")
}

/// A name for a snapshot of `instance`: when it is taken, and what ran until then. Letters, digits
/// and single hyphens (RDS API, `CreateDBSnapshot.DBSnapshotIdentifier`, at most 255).
pub(crate) fn name(instance: &str, image: &str) -> String {
    let said: String = image
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let words = said.split('-').filter(|word| !word.is_empty());
    let image: String = words
        .collect::<Vec<_>>()
        .join("-")
        .chars()
        .take(60)
        .collect();
    let name = format!("{instance}-{}-{image}", marks::stamp());
    name.trim_end_matches('-').to_ascii_lowercase()
}

/// Takes it and waits until it is whole. `of` is the revision that runs until then.
///
/// # Errors
/// When it fails, which the report of the work tells.
pub(crate) async fn take(
    work: &mut Work<Cloud>,
    instance: &str,
    name: &str,
    of: &str,
) -> Result<(), Halted> {
    let pace = Pace::of(240, 2 * 60 * 60, 10);
    work.step(address(), Verb::Create, pace, async |step| {
        let job = step.job();
        job.note(format!("snapshot {name} of {instance}"));
        let mut tags = all_tags(job, &crate::aws::Tags::new());
        tags.insert(marks::FROM.to_owned(), of.to_owned());
        // Which passwords are in it.
        let source = one(job, instance).await?;
        let source = source.as_ref().map(DbInstanceLive::tags);
        let said = source.into_iter().flatten();
        tags.extend(
            said.filter(|(key, _)| PASSWORDS.contains(&key.as_str()))
                .map(|(key, value)| (key.clone(), value.clone())),
        );
        let request = job
            .rds
            .create_db_snapshot()
            .db_instance_identifier(instance)
            .db_snapshot_identifier(name)
            .set_tags(Some(rds_tags(&tags)));
        let made = patiently(job, instance, || async {
            let made = request.clone().send().await;
            made.map_err(fault("rds:CreateDBSnapshot"))
        })
        .await;
        match made {
            // The name bears the second: it is the one of a reply that was lost.
            Err(fault) if fault.code == "DBSnapshotAlreadyExists" => {}
            made => drop(made?),
        }
        step.until(async || {
            let Some(now) = describe(job, name).await? else {
                return Ok(Ready::NotYet("about to begin".to_owned()));
            };
            match now.status() {
                Some("available") => Ok(Ready::Yes(())),
                Some("failed") => Err(Fault::new(
                    job.address().to_string(),
                    Class::Other,
                    format!("the snapshot {name} failed"),
                )),
                _ => Ok(Ready::NotYet(format!(
                    "{} % of the snapshot",
                    now.percent_progress().unwrap_or(0)
                ))),
            }
        })
        .await
    })
    .await
}

/// A snapshot by its name.
///
/// # Errors
/// The fault of the call.
pub(crate) async fn describe(cloud: &Cloud, name: &str) -> Result<Option<api::DbSnapshot>, Fault> {
    let answer = cloud
        .rds
        .describe_db_snapshots()
        .db_snapshot_identifier(name)
        .send()
        .await
        .map_err(fault("rds:DescribeDBSnapshots"));
    match answer {
        Ok(answer) => Ok(answer.db_snapshots.unwrap_or_default().pop()),
        Err(fault) if fault.is_absent() => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Whether it was taken by this stack.
pub(crate) fn is_ours(cloud: &Cloud, snapshot: &api::DbSnapshot) -> bool {
    let tags = tags_of_rds(snapshot.tag_list());
    cloud.owner(&tags, None).is_some()
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_name_is_one_that_rds_takes() {
        let name = name("chat", "v0.12.4--x_");
        let parts: Vec<&str> = name.split('-').collect();
        assert_eq!((parts[0], parts[1].len()), ("chat", 14), "{name}");
        assert!(name.ends_with("-v0-12-4-x"), "{name}");
    }
}
