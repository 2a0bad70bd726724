//! How far a run is, in one line: how long it takes, what of it is done and what all of the rest waits for.

use std::time::Duration;

use super::span;
use crate::engine::{Event, Outlook, Schedule, Tracker};

/// How often at most a plain log says how far a run is.
const EVERY: Duration = Duration::from_secs(60);

/// Follows one run. Times are since its beginning.
pub(super) struct Following {
    tracker: Tracker,
    /// When it was last said.
    last_line: Duration,
}

impl Following {
    pub(super) fn new(schedule: Schedule) -> Self {
        Self {
            tracker: Tracker::new(schedule),
            last_line: Duration::ZERO,
        }
    }

    /// The same as a part of a longer run.
    pub(super) fn within(self, earlier: &Schedule, later: &Schedule) -> Self {
        Self {
            tracker: self.tracker.within(earlier, later),
            ..self
        }
    }

    pub(super) fn note(&mut self, event: &Event, now: Duration) {
        self.tracker.note(event, now);
    }

    /// How far it is, for a view that is redrawn; `None` where nothing is known of how long it takes.
    pub(super) fn text(&self, now: Duration) -> Option<String> {
        (!self.tracker.is_empty()).then(|| words(&self.tracker.outlook(now)))
    }

    /// The same for a log, once in a while and as long as something is left.
    pub(super) fn line(&mut self, now: Duration) -> Option<String> {
        let due = now.saturating_sub(self.last_line) >= EVERY;
        if !due || self.tracker.is_empty() {
            return None;
        }
        let outlook = self.tracker.outlook(now);
        outlook.waits_for.as_ref()?;
        self.last_line = now;
        Some(format!("progress  {}", words(&outlook)))
    }
}

/// `4m 10s of about 16m, 41 of 76 done; all else waits for db-instance/main (3m 2s of about 12m)`.
fn words(outlook: &Outlook) -> String {
    let Outlook {
        elapsed,
        left,
        ended,
        of,
        ..
    } = outlook;
    let time = |time: Duration| span(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    // Shown to the second, it would seem to be known to the second.
    let rounded_up = |time: Duration| match time.as_secs() {
        seconds if seconds < 60 => time,
        seconds => Duration::from_secs(seconds.div_ceil(60) * 60),
    };
    let total = rounded_up(*elapsed + *left);
    let mut text = format!(
        "{} of about {}, {ended} of {of} done",
        time(*elapsed),
        time(total)
    );
    if let Some(on) = &outlook.waits_for {
        let expected = time(on.expected);
        let so_far = time(on.elapsed);
        text.push_str(&format!(
            "; waits for {} ({so_far} of about {expected})",
            on.address
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Following;
    use crate::engine::{Address, Estimate, Event, Schedule, Verb};

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn schedule() -> Schedule {
        let one = |address: &str, seconds| {
            let estimate = Estimate {
                takes: at(seconds),
                basis: None,
            };
            (Address::parse(address).unwrap(), Verb::Create, estimate)
        };
        Schedule::chain([
            one("vpc/main", 2),
            one("db-instance/main", 720),
            one("service/web", 120),
        ])
    }

    fn started(address: &str) -> Event {
        Event::Started {
            address: Address::parse(address).unwrap(),
            verb: Verb::Create,
            expected_ms: 0,
        }
    }

    fn done(address: &str) -> Event {
        Event::Done {
            address: Address::parse(address).unwrap(),
            verb: Verb::Create,
            elapsed_ms: 0,
        }
    }

    #[test]
    fn a_log_says_once_in_a_while_how_far_it_is() {
        let mut run = Following::new(schedule());
        run.note(&started("vpc/main"), at(0));
        run.note(&done("vpc/main"), at(2));
        run.note(&started("db-instance/main"), at(2));
        assert_eq!(run.line(at(30)), None);
        assert_eq!(
            run.line(at(62)).unwrap(),
            "progress  1m 2s of about 15m, 1 of 3 done; waits for db-instance/main (1m of about 12m)"
        );
        assert_eq!(run.line(at(100)), None, "said a moment ago");
        // What takes longer than usual moves the end.
        assert_eq!(
            run.line(at(900)).unwrap(),
            "progress  15m of about 17m, 1 of 3 done; waits for db-instance/main (14m 58s of about 12m)"
        );
        run.note(&done("db-instance/main"), at(930));
        run.note(&started("service/web"), at(930));
        assert_eq!(
            run.text(at(940)).unwrap(),
            "15m 40s of about 18m, 2 of 3 done; waits for service/web (10s of about 2m)"
        );
        run.note(&done("service/web"), at(1000));
        assert_eq!(run.line(at(1100)), None, "nothing is left");
    }

    /// A later part of a run counts from the beginning of that.
    #[test]
    fn a_part_says_how_far_the_whole_run_is() {
        let estimate = Estimate::typical(at(240));
        let snapshot = Address::parse("db-snapshot/main").unwrap();
        let before = Schedule::chain([(snapshot, Verb::Create, estimate)]);
        let mut run = Following::new(schedule()).within(&before, &Schedule::default());
        run.note(&started("vpc/main"), at(250));
        assert_eq!(
            run.line(at(251)).unwrap(),
            "progress  4m 11s of about 19m, 1 of 4 done; waits for vpc/main (1s of about 2s)"
        );
    }

    #[test]
    fn work_of_which_nothing_is_known_is_not_guessed_at() {
        let mut run = Following::new(Schedule::default());
        run.note(&started("vpc/main"), at(0));
        assert_eq!((run.text(at(70)), run.line(at(70))), (None, None));
    }
}
