//! RDS's windows: daily `hh:mm-hh:mm` for backups, weekly `ddd:hh:mm-ddd:hh:mm` for maintenance, both in UTC.

use super::value_error::ValueError;

const DAY: u32 = 24 * 60;
const WEEK: u32 = 7 * DAY;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// `03:00-04:00`, 30 minutes or longer.
pub(crate) fn daily(text: &str) -> Result<String, ValueError> {
    let wrong = || {
        ValueError::new(
            "is not a daily window",
            "must look like `03:00-04:00`, in UTC",
        )
    };
    let (_, length) = parse_daily(text).ok_or_else(wrong)?;
    if length < 30 {
        return Err(ValueError::new(
            "is too short",
            "must be 30 minutes or longer",
        ));
    }
    Ok(text.to_owned())
}

/// `sun:05:00-sun:06:00`, 30 minutes to a day.
pub(crate) fn weekly(text: &str) -> Result<String, ValueError> {
    let lower = text.to_ascii_lowercase();
    let wrong = || {
        ValueError::new(
            "is not a weekly window",
            "must look like `sun:05:00-sun:06:00`, in UTC",
        )
    };
    let (_, length) = parse_weekly(&lower).ok_or_else(wrong)?;
    if length < 30 {
        return Err(ValueError::new(
            "is too short",
            "must be 30 minutes or longer",
        ));
    }
    if length >= DAY {
        return Err(ValueError::new("is too long", "must be shorter than a day"));
    }
    Ok(lower)
}

/// Whether the daily window meets the weekly one on any day.
pub(crate) fn overlap(daily: &str, weekly: &str) -> bool {
    let (Some((start, length)), Some((from, span))) = (parse_daily(daily), parse_weekly(weekly))
    else {
        return false;
    };
    (0..7).any(|day| {
        let start = day * DAY + start;
        let gap = (from + WEEK - start) % WEEK;
        let back = (start + WEEK - from) % WEEK;
        gap < length || back < span
    })
}

/// Start and length in minutes.
fn parse_daily(text: &str) -> Option<(u32, u32)> {
    let (start, end) = text.split_once('-')?;
    let (start, end) = (clock(start)?, clock(end)?);
    Some((start, (end + DAY - start) % DAY))
}

/// Start in the week and length, in minutes.
fn parse_weekly(text: &str) -> Option<(u32, u32)> {
    let (start, end) = text.split_once('-')?;
    let time_of = |text: &str| {
        let (day, time) = text.split_once(':')?;
        let day = DAYS.iter().position(|name| *name == day)?;
        Some(u32::try_from(day).ok()? * DAY + clock(time)?)
    };
    let (start, end) = (time_of(start)?, time_of(end)?);
    Some((start, (end + WEEK - start) % WEEK))
}

/// `hh:mm` in minutes.
fn clock(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let two = |text: &str, limit: u32| {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        let number: u32 = text.parse().ok()?;
        (digits && number < limit).then_some(number)
    };
    Some(two(hour, 24)? * 60 + two(minute, 60)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_meet_on_any_day_and_across_midnight() {
        for (backup, maintenance, meet) in [
            ("03:00-04:00", "sun:04:00-sun:05:00", false),
            ("03:00-04:01", "sun:04:00-sun:05:00", true),
            ("23:30-00:30", "mon:00:00-mon:00:30", true),
            ("23:30-00:30", "sun:23:00-sun:23:30", false),
            ("00:10-00:40", "sun:23:30-mon:00:15", true),
            ("12:00-12:30", "wed:11:00-wed:14:00", true),
        ] {
            assert_eq!(overlap(backup, maintenance), meet, "{backup} {maintenance}");
        }
    }

    #[test]
    fn lengths_have_limits() {
        assert!(daily("23:45-00:15").is_ok());
        assert!(daily("03:00-03:29").is_err());
        assert!(daily("03:00-03:00").is_err());
        assert!(weekly("sun:23:30-mon:00:30").is_ok());
        assert!(weekly("sun:05:00-mon:05:00").is_err());
        assert!(daily("24:00-24:30").is_err());
    }
}
