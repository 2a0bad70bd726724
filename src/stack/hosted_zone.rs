//! A hosted zone of Route 53: by its name, or by its id where a name is not enough.

use super::text::{all, host};
use super::value_error::ValueError;

/// Whether this is the id of a hosted zone, such as `Z0123456789ABCDEFGHIJ`: 32 characters at most (Route 53
/// API, `HostedZone.Id`), and no domain name, which is written in lowercase letters.
pub fn is_zone_id(text: &str) -> bool {
    let id = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    text.len() > 1 && text.len() <= 32 && text.starts_with('Z') && all(text, id)
}

/// `domain.zone`: an id, also as Route 53's API answers it, or a name without a final dot.
pub(crate) fn hosted_zone(text: &str) -> Result<String, ValueError> {
    let id = text.strip_prefix("/hostedzone/").unwrap_or(text);
    if is_zone_id(id) {
        return Ok(id.to_owned());
    }
    host(text.trim_end_matches('.')).map_err(|wrong| {
        if text.contains('.') {
            wrong
        } else {
            ValueError::new(
                "is not a hosted zone",
                "must be its name, such as `example.org`, or its id, such as `Z0123456789ABC`",
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::hosted_zone;

    #[test]
    fn a_zone_is_named_by_its_name_or_its_id() {
        for (text, zone) in [
            ("example.org", Some("example.org")),
            ("example.org.", Some("example.org")),
            ("Z0123456789ABCDEFGHIJ", Some("Z0123456789ABCDEFGHIJ")),
            ("/hostedzone/Z0123456789ABC", Some("Z0123456789ABC")),
            ("z0123456789abc", None),
            ("Z0123456789ABCDEFGHIJKLMNOPQRSTUVW", None),
            ("Example.org", None),
            ("Z", None),
        ] {
            assert_eq!(hosted_zone(text).ok().as_deref(), zone, "{text}");
        }
    }
}
