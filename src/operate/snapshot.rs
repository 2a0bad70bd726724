//! A snapshot of the database, taken before something that cannot be undone without it.

use super::database::{SNAPSHOT, take as take_one};
use super::moment::stamp;
use crate::aws::Cloud;
use crate::engine::{Address, Class, Fault, Halted, Resource, Verb, Workflow};
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
    let name = format!("{instance}-{}-{image}", stamp());
    name.trim_end_matches('-').to_ascii_lowercase()
}

/// Takes it, unless an interrupted run has begun it, and waits until it is whole. `before` says what it
/// is taken before ([`taken_before`](super::database::taken_before)).
///
/// # Errors
/// When it fails, which the report tells.
pub(crate) async fn take(
    workflow: &mut Workflow<Cloud>,
    instance: &str,
    name: &str,
    before: Option<&str>,
    begun: bool,
) -> Result<(), Halted> {
    workflow
        .step(address(), Verb::Create, SNAPSHOT, async |step| {
            step.job().note(format!("snapshot {name} of {instance}"));
            let live = DbInstanceLive::read(step.job(), instance).await?;
            let live = live.ok_or_else(|| {
                let what = format!("the instance `{instance}` is gone: somebody deleted it");
                Fault::new(database().to_string(), Class::Absent, what)
            })?;
            take_one(step, &database(), &live, name, before, begun)
                .await
                .map(|_| ())
        })
        .await
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
