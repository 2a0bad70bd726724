//! A snapshot of the database, taken before something that cannot be undone without it.

use super::change::Database;
use crate::aws::Cloud;
use crate::aws::grant::{Grant, on};
use crate::aws::timestamp::stamp;
use crate::database::take as take_one;
use crate::engine::{Address, Class, Fault, Resource, Step};
use crate::resources::{DbInstance, DbInstanceLive};

/// The address of the stack's database.
fn database() -> Address {
    Address::new(DbInstance::KIND, "main")
}

/// The address that snapshots of the stack's database bear.
pub(crate) fn address() -> Address {
    Address::new("db-snapshot", "main")
}

/// A name for a snapshot of `instance`: when it is taken, and what ran until then. Letters, digits
/// and single hyphens (RDS API, `CreateDBSnapshot.DBSnapshotIdentifier`, at most 255).
pub(crate) fn name(instance: &str, image: &str) -> String {
    let version: String = image
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let words = version.split('-').filter(|word| !word.is_empty());
    let image: String = words
        .collect::<Vec<_>>()
        .join("-")
        .chars()
        .take(60)
        .collect();
    let name = format!("{instance}-{}-{image}", stamp());
    name.trim_end_matches('-').to_ascii_lowercase()
}

/// Takes the snapshot that is `wanted` of a database, unless an interrupted run has begun it, and waits until
/// it is whole.
///
/// # Errors
/// The instance is gone, the fault of a request, or an interruption: RDS goes on with the snapshot.
pub(crate) async fn take(step: &Step<Cloud>, wanted: &Database) -> Result<(), Fault> {
    let Database::Snapshot {
        of,
        name,
        before,
        begun,
        ..
    } = wanted
    else {
        return Ok(());
    };
    step.job().note(format!("snapshot {name} of {of}"));
    let live = DbInstanceLive::read(step.job(), of).await?;
    let live = live.ok_or_else(|| {
        let what = format!("the instance `{of}` is gone: somebody deleted it");
        Fault::new(database().to_string(), Class::Absent, what)
    })?;
    take_one(step, &database(), &live, name, before.as_deref(), *begun)
        .await
        .map(|_| ())
}

/// What a snapshot before a migration needs: RDS asks about the instance and about the snapshot.
pub(crate) const GRANTS: &[Grant] = &[
    on(
        &["rds:db:{stack}", "rds:db:{stack}-*", "rds:db:{db-instance}"],
        &["rds:CreateDBSnapshot"],
    )
    .owned(),
    on(
        &["rds:snapshot:{stack}-*", "rds:snapshot:{db-instance}-*"],
        &["rds:CreateDBSnapshot"],
    )
    .tagged(),
    on(
        &["rds:snapshot:{stack}-*", "rds:snapshot:{db-instance}-*"],
        &["rds:AddTagsToResource"],
    ),
];

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
