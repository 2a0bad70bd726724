//! How long work takes, for people: one line with its longest chain.

use std::time::Duration;

use crate::engine::{Schedule, Work};

/// Below this an operation is no part of what is waited for, if there is a longer one.
const SHORT: Duration = Duration::from_secs(10);
/// Columns of a line, as far as nothing in it is longer.
const WIDTH: usize = 80;

/// `time: about 16 min: db-instance/main (12 min) → database-setup/main (2 min) → …`; `None` where there is nothing to
/// do.
pub fn duration(schedule: &Schedule) -> Option<String> {
    if schedule.0.is_empty() {
        return None;
    }
    let path = schedule.critical_path();
    let is_long = |work: &&&Work| work.estimate.takes >= SHORT;
    let long: Vec<String> = path.iter().filter(is_long).map(|work| leg(work)).collect();
    let total = about(schedule.total());
    if long.is_empty() {
        return Some(format!("time: about {total}"));
    }
    let line = format!("time: about {total}: {}", long.join(" → "));
    Some(match line.chars().count() {
        0..=WIDTH => line,
        _ => format!("time: about {total}{}", wrapped(&long)),
    })
}

/// A line or more below.
fn wrapped(legs: &[String]) -> String {
    let mut text = String::new();
    let mut width = WIDTH;
    for (index, leg) in legs.iter().enumerate() {
        let leg = match index {
            0 => leg.clone(),
            _ => format!("→ {leg}"),
        };
        let needs = leg.chars().count() + 1;
        let gap = match width + needs > WIDTH {
            true => "\n  ",
            false => " ",
        };
        width = if gap == " " { width + needs } else { needs + 1 };
        text.push_str(gap);
        text.push_str(&leg);
    }
    text
}

fn leg(work: &Work) -> String {
    let takes = about(work.estimate.takes);
    match &work.estimate.basis {
        Some(basis) => format!("{} ({takes}, as {basis})", work.address),
        None => format!("{} ({takes})", work.address),
    }
}

/// As exact as it is: `10 s`, `50 s`, `2 min`, `1 h 10 min`.
pub fn about(time: Duration) -> String {
    let seconds = time.as_secs();
    // What is guessed is not told to the second, and rather a little too long than too short.
    let minutes = (seconds + 29) / 60;
    match seconds {
        0..=90 => format!("{} s", seconds.div_ceil(10).max(1) * 10),
        _ if minutes < 60 => format!("{minutes} min"),
        _ if minutes.is_multiple_of(60) => format!("{} h", minutes / 60),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{about, duration};
    use crate::engine::{Address, Estimate, Schedule, Verb};

    #[test]
    fn what_is_guessed_is_not_told_to_the_second() {
        for (seconds, expected) in [
            (0, "10 s"),
            (41, "50 s"),
            (85, "90 s"),
            (90, "90 s"),
            (91, "2 min"),
            (95, "2 min"),
            (720, "12 min"),
            (3600, "1 h"),
            (4200, "1 h 10 min"),
        ] {
            assert_eq!(about(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn what_is_short_is_left_out_and_what_it_rests_on_is_said() {
        let one = |address: &str, seconds, basis: Option<&str>| {
            let estimate = Estimate {
                takes: Duration::from_secs(seconds),
                basis: basis.map(str::to_owned),
            };
            (Address::parse(address).unwrap(), Verb::Update, estimate)
        };
        assert_eq!(duration(&Schedule::default()), None);
        let many = (0..5).map(|number| one(&format!("db-instance/a-long-name-{number}"), 60, None));
        assert_eq!(
            duration(&Schedule::chain(many)).unwrap(),
            "time: about 5 min\n  db-instance/a-long-name-0 (60 s) → db-instance/a-long-name-1 (60 s)\n  \
             → db-instance/a-long-name-2 (60 s) → db-instance/a-long-name-3 (60 s)\n  → \
             db-instance/a-long-name-4 (60 s)"
        );
        let short = Schedule::chain([one("role/web", 1, None)]);
        assert_eq!(duration(&short).unwrap(), "time: about 10 s");
        let long = Schedule::chain([
            one("role/web", 1, None),
            one("db-instance/main", 300, None),
            one("service/web", 130, Some("in its last 3 rollouts")),
        ]);
        assert_eq!(
            duration(&long).unwrap(),
            "time: about 7 min\n  db-instance/main (5 min) → service/web (2 min, as in its last 3 rollouts)"
        );
    }
}
