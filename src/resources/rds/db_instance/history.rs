//! How long earlier changes and backups of an instance took, as RDS remembers them.
//!
//! RDS keeps events for 14 days (RDS API, `DescribeEvents`), and "emits events on a best effort basis" ("Monitoring
//! Amazon RDS events", RDS user guide): one that is missing or out of order leaves its pair out. The texts are those of
//! "Amazon RDS event categories and event messages" in the RDS user guide; the numbers there (`RDS-EVENT-0012`) are not
//! answered by `DescribeEvents`. RDS writes them without the full stop of the guide and with other capitals ("Finished
//! DB Instance backup", in the example of `describe-events` in the AWS CLI reference).

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_rds::types as api;

use crate::aws::grant::{Grant, anywhere};
use crate::aws::{Cloud, answer_of};
use crate::engine::{Estimate, Fault};

/// For how many minutes RDS keeps events.
const MINUTES: i32 = 14 * 24 * 60;

/// Something that was done to an instance, of which RDS tells the beginning and the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Past {
    /// Another class: `RDS-EVENT-0012`, `RDS-EVENT-0014`.
    Class,
    /// A standby was added: `RDS-EVENT-0024`, `RDS-EVENT-0025`.
    Standby,
    /// Another minor version: `RDS-EVENT-0267`, `RDS-EVENT-0268`. Before another major version RDS runs a pre-check
    /// (`RDS-EVENT-0264`; "Performing a major version upgrade for RDS for PostgreSQL"), and two snapshots belong to it
    /// that lie outside of the two.
    Minor,
    /// A backup, RDS's own or a snapshot: `RDS-EVENT-0001`, `RDS-EVENT-0002`. Both store what has changed since the
    /// one before.
    Backup,
}

impl Past {
    /// The texts of its beginning and its end.
    const fn texts(self) -> [&'static str; 2] {
        match self {
            Self::Class => [
                "applying modification to database instance class",
                "finished applying modification to db instance class",
            ],
            Self::Standby => [
                "applying modification to convert to a multi-az db instance",
                "finished applying modification to convert to a multi-az db instance",
            ],
            Self::Minor => [
                "the engine version upgrade started",
                "the engine version upgrade finished",
            ],
            Self::Backup => ["backing up db instance", "finished db instance backup"],
        }
    }

    /// What begins one of another sort, whose end does not count.
    const fn other_sort(self) -> Option<&'static str> {
        match self {
            Self::Minor => Some("the pre-check started for the db engine version upgrade"),
            Self::Class | Self::Standby | Self::Backup => None,
        }
    }

    /// What makes earlier ones tell nothing of the next: with a standby, a class is changed one instance after the
    /// other.
    fn outdated_by(self, text: &str) -> bool {
        let standby = [
            "finished applying modification to convert to a multi-az db instance",
            "finished applying modification to convert to a standard (single-az) db instance",
        ];
        self == Self::Class && standby.contains(&text)
    }

    /// The category of its events.
    const fn category(self) -> &'static str {
        match self {
            Self::Class | Self::Standby => "configuration change",
            Self::Minor => "maintenance",
            Self::Backup => "backup",
        }
    }

    /// What one of them is called, and several.
    const fn words(self) -> [&'static str; 2] {
        match self {
            Self::Class => ["change of class", "changes of class"],
            Self::Standby => ["conversion", "conversions"],
            Self::Minor => ["minor upgrade", "minor upgrades"],
            Self::Backup => ["backup", "backups"],
        }
    }
}

/// Events of one instance.
pub(crate) struct History {
    /// When, in milliseconds since 1970, and the text, oldest first.
    events: Vec<(i64, String)>,
}

/// What RDS remembers of an instance: one request, because a page has a hundred events.
///
/// # Errors
/// The fault of the request.
pub(crate) async fn history(
    cloud: &Cloud,
    identifier: &str,
    of: &[Past],
) -> Result<History, Fault> {
    let categories: BTreeSet<&str> = of.iter().map(|one| one.category()).collect();
    let request = (cloud.rds.describe_events())
        .source_type(api::SourceType::DbInstance)
        .source_identifier(identifier)
        .duration(MINUTES)
        .set_event_categories(Some(categories.into_iter().map(str::to_owned).collect()));
    let items = request.into_paginator().items().send();
    let all: Vec<api::Event> = answer_of("rds:DescribeEvents", items.try_collect().await)?;
    Ok(History::of(all.iter().filter_map(|event| {
        Some((event.date()?.to_millis().ok()?, event.message()?))
    })))
}

impl History {
    fn of<'e>(events: impl Iterator<Item = (i64, &'e str)>) -> Self {
        let plain = |text: &str| text.trim_end_matches('.').to_lowercase();
        let mut events: Vec<_> = events.map(|(at, text)| (at, plain(text))).collect();
        events.sort_by_key(|(at, _)| *at);
        Self { events }
    }

    /// How long such work usually takes on this instance; `None` where none of it is remembered.
    pub(crate) fn usual(&self, past: Past) -> Option<Estimate> {
        let [begins, ends] = past.texts();
        let [one, many] = past.words();
        let (mut took, mut begun, mut other) = (Vec::new(), None, false);
        for (at, text) in &self.events {
            if text == begins {
                begun = Some(*at);
            } else if text == ends
                && let Some(begun) = begun.take()
                && !std::mem::take(&mut other)
            {
                took.push(Duration::from_millis(
                    u64::try_from(at - begun).unwrap_or(0),
                ));
            } else if past.other_sort() == Some(text.as_str()) {
                other = true;
            } else if past.outdated_by(text) {
                took.clear();
            }
        }
        Estimate::of_earlier(took.into_iter().rev(), one, many)
    }
}

/// What asking needs. `DescribeEvents` takes no object.
pub(super) const GRANTS: &[Grant] = &[anywhere(&["rds:DescribeEvents"])];

#[cfg(test)]
mod tests {
    use super::{History, Past};

    fn usual(events: &[(i64, &str)], past: Past) -> Option<(u64, String)> {
        let all = events.iter().map(|(minute, text)| (minute * 60_000, *text));
        let usual = History::of(all).usual(past)?;
        Some((usual.takes.as_secs() / 60, usual.basis?))
    }

    const BEGUN: &str = "Applying modification to database instance class";
    const ENDED: &str = "Finished applying modification to DB instance class";

    #[test]
    fn a_beginning_and_its_end_tell_how_long_it_took() {
        let once = [
            // As RDS writes it and as the guide does.
            (0, "Backing up DB instance"),
            (3, "Finished DB Instance backup"),
            (10, BEGUN),
            (16, "Multi-AZ instance failover started."),
            (21, ENDED),
        ];
        let class = |minutes, basis: &str| Some((minutes, basis.to_owned()));
        assert_eq!(
            usual(&once, Past::Class),
            class(11, "in its last change of class")
        );
        assert_eq!(usual(&once, Past::Backup), class(3, "in its last backup"));
        assert_eq!(usual(&once, Past::Standby), None);
        // Newest first is an order that AWS may answer as well.
        let mut turned = once;
        turned.reverse();
        assert_eq!(usual(&turned, Past::Class), usual(&once, Past::Class));
        let many: Vec<_> = [5, 90, 7, 9]
            .iter()
            .zip([0, 100, 200, 300])
            .flat_map(|(took, at)| [(at, BEGUN), (at + took, ENDED)])
            .collect();
        assert_eq!(
            usual(&many, Past::Class),
            class(9, "in its last 3 changes of class")
        );
    }

    #[test]
    fn what_has_no_end_or_no_beginning_tells_nothing() {
        assert_eq!(usual(&[(0, BEGUN)], Past::Class), None);
        assert_eq!(usual(&[(0, ENDED)], Past::Class), None);
        // The first one's end is missing.
        let two = [(0, BEGUN), (100, BEGUN), (108, ENDED)];
        assert_eq!(usual(&two, Past::Class).unwrap().0, 8);
    }

    #[test]
    fn what_was_done_otherwise_tells_nothing_of_the_next() {
        // It was a single instance then.
        let standby = [
            (0, BEGUN),
            (8, ENDED),
            (
                20,
                "Applying modification to convert to a Multi-AZ DB instance",
            ),
            (
                40,
                "Finished applying modification to convert to a Multi-AZ DB instance",
            ),
        ];
        assert_eq!(usual(&standby, Past::Class), None);
        assert_eq!(usual(&standby, Past::Standby).unwrap().0, 20);
        let major = [
            (
                0,
                "The pre-check started for the DB engine version upgrade.",
            ),
            (5, "The engine version upgrade started."),
            (15, "The engine version upgrade finished."),
        ];
        assert_eq!(usual(&major, Past::Minor), None);
        assert_eq!(usual(&major[1..], Past::Minor).unwrap().0, 10);
    }
}
