//! What an instance is restored from: as its tag has it, and in words.

use std::fmt;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::{Serialize, Serializer};

use crate::message::{Command, commands};

/// What to restore.
#[derive(Debug, Clone, PartialEq)]
pub enum RestoreSource {
    /// A snapshot, by its name.
    Snapshot(String),
    /// The moment, to the second, from the instance's own backups.
    Time(DateTime),
    /// The last moment that the instance's own backups reach.
    Latest,
}

impl RestoreSource {
    /// As the tag of a restored instance has it, and JSON.
    pub fn as_tag(&self) -> String {
        match self {
            Self::Snapshot(name) => format!("snapshot {name}"),
            Self::Time(time) => format!("time {}", rfc3339(time)),
            Self::Latest => LATEST.to_owned(),
        }
    }

    /// What [`Self::as_tag`] wrote; `None` for what it never writes.
    pub fn parse(tag: &str) -> Option<Self> {
        if tag == LATEST {
            return Some(Self::Latest);
        }
        let (kind, of) = tag.split_once(' ')?;
        match kind {
            "snapshot" => Some(Self::Snapshot(of.to_owned())),
            "time" => {
                let time = DateTime::from_str(of, Format::DateTime).ok()?;
                Some(Self::Time(time))
            }
            _ => None,
        }
    }

    /// The command that restores it.
    pub fn command(&self) -> Command {
        match self {
            Self::Snapshot(name) => commands::db_restore(name),
            Self::Time(time) => commands::db_restore_to_time(rfc3339(time)),
            Self::Latest => commands::db_restore_to_time("latest"),
        }
    }
}

/// The tag of what was restored from [`RestoreSource::Latest`].
const LATEST: &str = "latest time";

/// RFC 3339, as whoever types it writes it.
fn rfc3339(time: &DateTime) -> String {
    // A year that RFC 3339 has no room for cannot be typed.
    time.fmt(Format::DateTime).unwrap_or_default()
}

/// In words, behind "from" or "back to".
impl fmt::Display for RestoreSource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Snapshot(name) => write!(out, "snapshot {name}"),
            Self::Time(time) => out.write_str(&rfc3339(time)),
            Self::Latest => out.write_str("the last moment of its backups"),
        }
    }
}

impl Serialize for RestoreSource {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.as_tag())
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::RestoreSource::{self, Latest, Snapshot, Time};

    /// Instances that were restored by earlier versions carry these.
    #[test]
    fn the_text_of_the_tag_stays_and_is_read_back() {
        let moment = DateTime::from_secs(1_795_656_600);
        for (source, tag) in [
            (Snapshot("rds:chat-1".to_owned()), "snapshot rds:chat-1"),
            (Time(moment), "time 2026-11-26T01:30:00Z"),
            (Latest, "latest time"),
        ] {
            assert_eq!(source.as_tag(), tag);
            assert_eq!(RestoreSource::parse(tag), Some(source));
        }
        for other in ["", "latest", "time yesterday", "backup x"] {
            assert_eq!(RestoreSource::parse(other), None, "{other}");
        }
    }
}
