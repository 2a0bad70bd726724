//! A point in time as AWS tells it.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::{Serialize, Serializer};

/// A point in time, to the millisecond. Written as `2026-01-31T23:59:59.123Z`, always UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// So many milliseconds after 1970 began.
    pub const fn of_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970 began.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// By this machine's clock.
    pub fn now() -> Self {
        Self::from(&DateTime::from(std::time::SystemTime::now()))
    }

    /// Milliseconds from this moment until `later`; none when that is before it, as clocks differ.
    pub fn until(self, later: Self) -> u64 {
        u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0)
    }
}

/// Now as `20261123014500`, UTC: for names that no two runs make.
pub fn stamp() -> String {
    let now = DateTime::from(std::time::SystemTime::now());
    let text = now.fmt(Format::DateTime).unwrap_or_default();
    text.chars().filter(char::is_ascii_digit).take(14).collect()
}

/// A moment as an operator writes it: so long ago (`90s`, `10m`, `2h`, `1d`), or a time of day with its
/// date in UTC or with an offset (`2026-01-31T23:59:00Z`).
///
/// # Errors
/// What to write, for anything else.
pub fn parse(text: &str) -> Result<Timestamp, String> {
    let wrong = || "write it like `10m`, `2h`, `1d`, or `2026-01-31T23:59:00Z`".to_owned();
    if let Ok(time) = DateTime::from_str(text, Format::DateTimeWithOffset) {
        return Ok(Timestamp::from(&time));
    }
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        _ => return Err(wrong()),
    };
    let count = text
        .strip_suffix(unit)
        .and_then(|text| text.parse::<u32>().ok());
    let count = count.ok_or_else(wrong)?;
    let ago = i64::from(count) * seconds * 1000;
    Ok(Timestamp(Timestamp::now().0 - ago))
}

impl From<&DateTime> for Timestamp {
    fn from(time: &DateTime) -> Self {
        Self(time.to_millis().unwrap_or(i64::MAX))
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let second = DateTime::from_millis(self.0 - self.0.rem_euclid(1000));
        // Only years beyond 9999 have no form.
        let text = second.fmt(Format::DateTime).unwrap_or_default();
        let millis = self.0.rem_euclid(1000);
        write!(f, "{}.{millis:03}Z", text.trim_end_matches('Z'))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, parse};

    #[test]
    fn a_moment_is_written_in_utc_with_milliseconds() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_769_903_999_007, "2026-01-31T23:59:59.007Z"),
        ] {
            assert_eq!(Timestamp::of_millis(millis).to_string(), text);
        }
        let (early, late) = (Timestamp::of_millis(1), Timestamp::of_millis(5));
        assert_eq!((early.until(late), late.until(early)), (4, 0));
    }

    #[test]
    fn an_operator_writes_a_span_or_a_time() {
        for (text, seconds) in [("45s", 45), ("10m", 600), ("2h", 7200), ("1d", 86_400)] {
            let before = Timestamp::now().millis();
            let then = parse(text).map_or(0, Timestamp::millis) + seconds * 1000;
            // However long this machine takes for it.
            assert!(
                (before..=Timestamp::now().millis()).contains(&then),
                "{text}"
            );
        }
        let time = parse("2026-01-31T23:59:59Z").map(Timestamp::millis);
        assert_eq!(time, Ok(1_769_903_999_000));
        assert_eq!(
            parse("2026-02-01T00:59:59+01:00").map(Timestamp::millis),
            time
        );
        for wrong in ["", "m", "10", "ten minutes", "-5m", "10mm", "5é"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
