//! Shapes of single texts that several tables share. Each either returns the text or says what is wrong.

use super::suggest::nearest;
use super::value_error::ValueError;
use crate::regions;

/// Any text but an empty one.
pub(crate) fn filled(text: &str) -> Result<String, ValueError> {
    if text.trim().is_empty() {
        return Err(ValueError::new(
            "is empty",
            "write something or leave the key out",
        ));
    }
    Ok(text.to_owned())
}

/// An AWS region, such as `us-east-1` or `us-gov-west-1`: one that is listed, or that may have been opened
/// since the list was made.
pub(crate) fn region(text: &str) -> Result<String, ValueError> {
    let exists = |text: &str| regions::is_listed(text) || regions::may_be_new(text);
    if let Some(region) = text.strip_suffix(|c: char| c.is_ascii_lowercase())
        && exists(region)
    {
        return Err(
            ValueError::new("is not a region", "must look like `us-east-1`")
                .hint(format!("`{text}` is a zone; its region is `{region}`")),
        );
    }
    if is_region(text) && exists(text) {
        return Ok(text.to_owned());
    }
    Err(match nearest(text, regions::all()) {
        Some(near) => ValueError::new("is not a region", format!("did you mean `{near}`?")),
        None => ValueError::new("is not a region", "must look like `us-east-1`"),
    })
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        [first, middle @ .., number] => {
            (2..=4).contains(&first.len())
                && (1..=3).contains(&middle.len())
                && middle
                    .iter()
                    .chain([first])
                    .all(|part| all(part, |c| c.is_ascii_lowercase()))
                && number.len() <= 2
                && all(number, |c| c.is_ascii_digit())
        }
        _ => false,
    }
}

/// Not empty, and every character is one of these.
pub(crate) fn all(text: &str, allowed: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(allowed)
}

/// The partition a region lies in, as ARNs spell it.
pub(crate) fn partition(region: &str) -> &'static str {
    regions::partition_of(region).id
}

/// A host name in lowercase letters, without a scheme, a port or a path.
pub(crate) fn host(text: &str) -> Result<String, ValueError> {
    let wrong = |label: &str| Err(ValueError::new("is not a domain name", label));
    if let Some((_, rest)) = text.split_once("://") {
        let place = rest.split('/').next().unwrap_or_default();
        let host = place.rsplit('@').next().unwrap_or_default();
        return Err(
            ValueError::new("is not a domain name", "a name only, without the scheme")
                .hint(format!("write \"{host}\"")),
        );
    }
    if text.chars().any(|c| c.is_ascii_uppercase()) {
        let small = text.to_ascii_lowercase();
        return Err(
            ValueError::new("is not a domain name", "must be in lowercase letters")
                .hint(format!("write \"{small}\"")),
        );
    }
    if !text.is_ascii() {
        return wrong("must be in ASCII: write the `xn--` form");
    }
    if text.len() > 253 {
        return wrong("longer than 253 characters");
    }
    let labels: Vec<&str> = text.split('.').collect();
    let last = labels.last().copied().unwrap_or_default();
    if labels.len() < 2 || all(last, |c| c.is_ascii_digit()) || !labels.iter().all(|l| is_label(l))
    {
        return wrong("must look like `chat.example.org`");
    }
    Ok(text.to_owned())
}

/// One label of a domain name.
pub(crate) fn is_label(text: &str) -> bool {
    text.len() <= 63
        && all(text, |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
        })
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// An e-mail address, as far as a shape can tell.
pub(crate) fn email(text: &str) -> Result<String, ValueError> {
    let good = text.split_once('@').is_some_and(|(user, domain)| {
        all(user, |c| {
            c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c)
        }) && user.len() <= 64
            && host(&domain.to_ascii_lowercase()).is_ok()
    });
    if good {
        Ok(text.to_owned())
    } else {
        Err(ValueError::new(
            "is not an e-mail address",
            "must look like `name@example.org`",
        ))
    }
}

/// A base URL: https, a host, no credentials, no query; without its trailing slash.
pub(crate) fn https_url(text: &str) -> Result<String, ValueError> {
    let wrong = |label: &str| ValueError::new("is not an https address", label);
    let Some(rest) = text.strip_prefix("https://") else {
        let error = wrong("must begin with `https://`");
        return Err(match text.split_once("://") {
            Some(("http", rest)) if !rest.contains('@') => {
                error.hint(format!("write \"https://{rest}\""))
            }
            _ => error,
        });
    };
    if text.chars().any(char::is_whitespace) || text.contains(['?', '#', ';']) {
        return Err(wrong("must have no space, `?`, `#` or `;`"));
    }
    let place = rest.split('/').next().unwrap_or_default();
    if place.contains('@') {
        return Err(wrong("must hold no user and no password"));
    }
    let name = match place.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok_and(|port| port > 0) => name,
        Some(_) => return Err(wrong("has a port that is not one")),
        None => place,
    };
    host(name).map_err(|_| wrong("must look like `https://api.example.org/v1`"))?;
    Ok(text.trim_end_matches('/').to_owned())
}

/// A name of lower-case letters, digits and single hyphens that begins with a letter.
pub(crate) fn slug(text: &str, shortest: usize, longest: usize) -> Result<String, ValueError> {
    let wrong = |label: String| Err(ValueError::new("cannot be used as a name", label));
    if !all(text, |c| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
    }) {
        return wrong("must be lowercase letters, digits and hyphens".into());
    }
    if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        return wrong("must begin with a letter".into());
    }
    if text.ends_with('-') || text.contains("--") {
        return wrong("must not end in a hyphen nor have two together".into());
    }
    if !(shortest..=longest).contains(&text.len()) {
        return wrong(format!(
            "must be {shortest} to {longest} characters, this is {}",
            text.len()
        ));
    }
    Ok(text.to_owned())
}

/// A name that a variable of a container can have. ECS takes any; Elasticsearch, Spring and others are
/// configured by names with dots and hyphens.
pub(crate) fn variable_name(text: &str) -> Result<String, ValueError> {
    let good = all(text, |c| c.is_ascii_alphanumeric() || "_.-".contains(c))
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.len() <= 255;
    if good {
        Ok(text.to_owned())
    } else {
        Err(ValueError::new(
            "is not the name of an environment variable",
            "must be letters, digits and `_.-`, and begin with no digit",
        ))
    }
}
