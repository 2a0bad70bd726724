//! A rollback that is unfinished, as tags on the revision that it leaves and on the one
//! that it goes to tell it. Written before the first change and taken off after the last, so that the
//! same command after a kill goes on with it instead of going back once more.
//!
//! They are on revisions, not on the service: a service hands its tags on to its tasks.

use crate::aws::{Cloud, Tags};
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::Fault;
use crate::message::{commands, message};
use crate::resources::ecs::family;
use crate::resources::ecs::revision_tags::{BACK, ROLLBACK};
use crate::resources::ecs::task_definition::{describe_revision, revision};

/// A rollback that is unfinished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnfinishedRollback {
    /// The ARN of the revision that it leaves.
    pub(crate) from: String,
    /// The number of the revision that it goes to.
    pub(crate) to: i32,
    /// How many tasks there are to be.
    pub(crate) count: u32,
    /// Whether all tasks stop before one of the other revision starts.
    pub(crate) alone: bool,
}

impl UnfinishedRollback {
    /// What the tag of the revision that is left says: `to=2 count=1 alone=true`.
    fn read(left: &str, tags: &Tags) -> Option<Self> {
        let text = tags.get(ROLLBACK)?;
        let word = |key: &str| {
            let mut words = text.split(' ').filter_map(|word| word.split_once('='));
            words.find(|(name, _)| *name == key).map(|(_, value)| value)
        };
        Some(Self {
            from: left.to_owned(),
            to: word("to")?.parse().ok()?,
            count: word("count")?.parse().ok()?,
            alone: word("alone")?.parse().ok()?,
        })
    }

    /// What the tag says.
    pub(super) fn text(&self) -> String {
        let Self {
            to, count, alone, ..
        } = self;
        format!("to={to} count={count} alone={alone}")
    }

    /// The one of the service that is to run the revision of this ARN and with these tags: it may have moved
    /// already.
    ///
    /// # Errors
    /// The fault of a read.
    pub(crate) async fn of(
        cloud: &Cloud,
        running: &str,
        tags: &Tags,
    ) -> Result<Option<Self>, Fault> {
        if let Some(rollback) = Self::read(running, tags) {
            return Ok(Some(rollback));
        }
        let Some(left) = tags.get(BACK) else {
            return Ok(None);
        };
        let left = describe_revision(cloud, &format!("{}:{left}", family(running))).await?;
        let rollback = left.and_then(|left| Self::read(left.arn(), &left.tags));
        Ok(rollback.filter(|rollback| rollback.to == revision(running)))
    }

    /// Why something else cannot be done to the service meanwhile.
    pub(crate) fn refusal(&self, service: &str) -> CommandError {
        let to = self.to;
        let what = format!("a rollback of {service} to revision {to} is unfinished");
        CommandError::new(ErrorKind::Refused, what).hint(message![
            commands::rollback_to(service, to),
            " completes it",
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::{ROLLBACK, UnfinishedRollback};
    use crate::aws::Tags;

    fn read(tag: &str) -> Option<UnfinishedRollback> {
        let arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:3";
        UnfinishedRollback::read(arn, &Tags::from([(ROLLBACK.to_owned(), tag.to_owned())]))
    }

    #[test]
    fn what_was_written_is_read() {
        let read_back = read("to=2 count=4 alone=true");
        assert_eq!(
            read_back.as_ref().map(UnfinishedRollback::text),
            Some("to=2 count=4 alone=true".to_owned())
        );
        assert_eq!(
            read_back.map(|one| (one.to, one.count, one.alone)),
            Some((2, 4, true))
        );
        for foreign in [
            "",
            "to=2",
            "to=two count=1 alone=true",
            "to=2 count=-1 alone=true",
        ] {
            assert_eq!(read(foreign), None, "{foreign}");
        }
    }
}
