//! Secret values that were written into the file, told by how they look.

use toml::Spanned;
use toml::de::DeValue;

use super::problem::{Problem, Span};
use super::report::Report;
use super::secret_names::is_secret;

/// Reports and hides every text in the file that looks like a credential.
pub(crate) fn search(report: &Report, path: &str, value: &Spanned<DeValue<'_>>) {
    match value.get_ref() {
        DeValue::String(text) => {
            if let Some(kind) = credential(text) {
                report.hide(value.span());
                if !report.found_at(&value.span()) {
                    report.reject(path, leaked(path, kind, value.span()));
                }
            } else if is_misplaced(path.rsplit('.').next().unwrap_or_default(), text)
                && !path.ends_with("kms_key")
            {
                report.hide(value.span());
            }
        }
        DeValue::Array(items) => items.iter().for_each(|item| search(report, path, item)),
        DeValue::Table(entries) => {
            for (name, value) in entries {
                let name = name.get_ref();
                let path = if path.is_empty() {
                    name.to_string()
                } else {
                    format!("{path}.{name}")
                };
                search(report, &path, value);
            }
        }
        _ if is_secret(path.rsplit('.').next().unwrap_or_default()) => report.hide(value.span()),
        _ => {}
    }
}

/// A value that must not stand in the file.
pub(crate) fn leaked(path: &str, kind: &str, span: Span) -> Problem {
    Problem::new(
        span,
        format!("`{path}` holds a secret's value"),
        format!("looks like {kind}"),
    )
    .hint("secrets stay out of the file: name it under `secrets` as { env = \"NAME\" }, and change it if it was ever shared")
}

/// What credential a text looks like, if any.
pub(crate) fn credential(text: &str) -> Option<&'static str> {
    let starts = [
        ("sk-", 20, "an API key"),
        ("GOCSPX-", 12, "a Google client secret"),
        ("ghp_", 20, "a GitHub token"),
        ("github_pat_", 20, "a GitHub token"),
        ("glpat-", 15, "a GitLab token"),
        ("xoxb-", 15, "a Slack token"),
        ("xoxp-", 15, "a Slack token"),
        ("hf_", 20, "a Hugging Face token"),
    ];
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')) {
        if is_access_key(word) {
            return Some("an AWS access key");
        }
        let found = starts
            .iter()
            .find(|(start, length, _)| word.starts_with(start) && word.len() >= *length);
        if let Some((_, _, kind)) = found {
            return Some(kind);
        }
    }
    has_password(text).then_some("an address with a password in it")
}

/// An access key id of a user or of a session: 20 capitals and digits.
fn is_access_key(word: &str) -> bool {
    word.len() == 20
        && (word.starts_with("AKIA") || word.starts_with("ASIA"))
        && word
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// `scheme://user:password@host`.
fn has_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, mark)| {
        let rest = text.get(at + mark.len()..).unwrap_or_default();
        let place = rest.split(['/', ' ', '"', '\'']).next().unwrap_or_default();
        let user = place.rsplit_once('@').map(|(user, _)| user);
        user.and_then(|user| user.split_once(':'))
            .is_some_and(|(_, password)| !password.is_empty() && !password.starts_with("${"))
    })
}

/// Whether a plain value stands where a secret is expected: by the name, or a key that looks random.
pub(crate) fn is_misplaced(name: &str, value: &str) -> bool {
    let key = matches!(
        name.rsplit(['_', '-', '.']).next(),
        Some("KEY" | "KEYS" | "key" | "keys")
    );
    let random = value.len() >= 16
        && value.chars().any(|c| c.is_ascii_digit())
        && value.chars().any(|c| c.is_ascii_alphabetic())
        && !value.contains([' ', '/', ':']);
    (is_secret(name) && !is_harmless(value)) || (key && random)
}

/// Too plain to be a secret: empty, a switch, a short number.
fn is_harmless(value: &str) -> bool {
    let plain = value.trim().to_ascii_lowercase();
    plain.is_empty()
        || matches!(
            plain.as_str(),
            "true" | "false" | "yes" | "no" | "on" | "off" | "none" | "null"
        )
        || (plain.len() <= 6 && plain.chars().all(|c| c.is_ascii_digit()))
}

/// At most the last `most` bytes of a text.
fn tail(text: &str, most: usize) -> &str {
    let mut start = text.len().saturating_sub(most);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..).unwrap_or_default()
}

/// What follows a name that sounds secret, to the end of its line, for files whose syntax is broken.
pub(crate) fn hide_lines(source: &str) -> Vec<Span> {
    let mut start = 0;
    let mut hidden = Vec::new();
    for line in source.split_inclusive('\n') {
        let text = line.trim_end();
        let secret = text.match_indices('=').find(|(at, _)| {
            let before = text.get(..*at).unwrap_or_default().trim_end();
            // What it sounds like is told by its end.
            let name = tail(before, 64)
                .rsplit([' ', '\t', '{', ','])
                .next()
                .unwrap_or_default();
            let after = text.get(at + 1..).unwrap_or_default().trim_start();
            let name = name.trim_matches(['"', '\'']);
            (is_secret(name) || name == "key") && !after.starts_with('{')
        });
        if let Some((at, _)) = secret {
            let value = text.get(at + 1..).unwrap_or_default();
            let blanks = value.len() - value.trim_start().len();
            hidden.push(start + at + 1 + blanks..start + text.len());
        } else if credential(text).is_some() {
            hidden.push(start..start + text.len());
        }
        start += line.len();
    }
    hidden
}
