//! Values on the command line that are known to be wrong before AWS is asked.

use crate::aws::timestamp::{Timestamp, parse};
use crate::image_reference::{ImageReference, is_reference, is_tag, is_version};
use crate::stack;

/// A region of AWS, as `region` in the file is one.
pub(super) fn region(text: &str) -> Result<String, String> {
    stack::region(text).map_err(|wrong| wrong.line())
}

/// A moment that is over: nothing is as old as one that is to come, or everything.
pub(super) fn past(text: &str) -> Result<Timestamp, String> {
    let time = parse(text)?;
    match time > Timestamp::now() {
        true => Err(format!(
            "is in the future: by this machine's clock it is {}",
            Timestamp::now()
        )),
        false => Ok(time),
    }
}

/// What a service runs: a tag, a digest or a whole reference.
pub(super) fn image(text: &str) -> Result<String, String> {
    let version = match is_reference(text) {
        true => ImageReference::of(text).version(),
        false => text,
    };
    match is_version(version) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "`{version}` is neither a tag nor a digest: write it like `v2` or `sha256:…`"
        )),
    }
}

/// A tag of an image.
pub(super) fn tag(text: &str) -> Result<String, String> {
    match is_tag(text) {
        true => Ok(text.to_owned()),
        false => Err(
            "is not a tag: letters, digits, `_`, `.` and `-`, at most 128, the first no `.` or `-`"
                .to_owned(),
        ),
    }
}

/// A version of PostgreSQL, such as `16.13`.
pub(super) fn engine_version(text: &str) -> Result<String, String> {
    let number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    match text.split('.').count() <= 2 && text.split('.').all(number) {
        true => Ok(text.to_owned()),
        false => Err("is not a version of PostgreSQL: write it like `16.13`".to_owned()),
    }
}

/// A task's id, or how it begins (`TaskArn`, ECS API: 32 digits of base 16).
pub(super) fn task(text: &str) -> Result<String, String> {
    let good = (1..=32).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
    match good {
        true => Ok(text.to_owned()),
        false => {
            Err("is not a task id, which is 32 digits from 0 to f, or its beginning".to_owned())
        }
    }
}

/// The name of a snapshot (RDS API, `CreateDBSnapshot.DBSnapshotIdentifier`). Those that RDS takes by itself begin with
/// `rds:`, those of AWS Backup with `awsbackup:`.
pub(super) fn snapshot(text: &str) -> Result<String, String> {
    let mut by = ["rds:", "awsbackup:"].into_iter();
    let name = by.find_map(|by| text.strip_prefix(by)).unwrap_or(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let good = (1..=255).contains(&name.len())
        && name.chars().all(plain)
        && name.starts_with(|c: char| c.is_ascii_alphabetic());
    match good {
        true => Ok(text.to_owned()),
        false => Err(
            "is not the name of a snapshot: letters, digits and `-`, the first a letter".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{past, region, snapshot, task};

    #[test]
    fn a_region_is_told_with_the_nearest() {
        assert_eq!(region("eu-central-1").as_deref(), Ok("eu-central-1"));
        for (wrong, says) in [
            ("us-esat-1", "did you mean `us-east-1`?"),
            ("us-east-1a", "its region is `us-east-1`"),
            ("", "must look like `us-east-1`"),
        ] {
            let refusal = region(wrong).unwrap_err();
            assert!(refusal.contains(says), "{refusal}");
        }
    }

    #[test]
    fn a_moment_that_is_over_is_taken() {
        for good in ["0s", "90d", "2026-01-31T23:59:59Z"] {
            assert!(past(good).is_ok(), "{good}");
        }
        assert!(
            past("2999-01-01T00:00:00Z")
                .unwrap_err()
                .contains("in the future")
        );
    }

    #[test]
    fn names_are_those_that_aws_gives() {
        for good in ["0a1b", "0123456789abcdef0123456789abcdef"] {
            assert!(task(good).is_ok(), "{good}");
        }
        for wrong in ["", "web", "0123456789abcdef0123456789abcdef0", "0A1B"] {
            assert!(task(wrong).is_err(), "{wrong}");
        }
        for good in [
            "chat-manual-20261123010203",
            "rds:chat-2026-11-23-03-05",
            "awsbackup:job-0a1b",
        ] {
            assert!(snapshot(good).is_ok(), "{good}");
        }
        for wrong in ["", "rds:", "chat manual", "2026", "chat/manual"] {
            assert!(snapshot(wrong).is_err(), "{wrong}");
        }
    }
}
