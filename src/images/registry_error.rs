//! What a registry or a file answered when it did not do what was asked, in words.

use std::error::Error;

use serde::Deserialize;

use crate::command_error::CommandError;

/// What rustls says of a certificate that it does not trust.
const UNTRUSTED: &str = "invalid peer certificate";

/// Why something did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RegistryError {
    pub(super) kind: Kind,
    pub(super) detail: String,
}

/// What can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is not there.
    Absent,
    /// It may not be had, or not by this caller.
    Denied,
    /// It may work if it is tried again.
    Passing,
    /// It is not what its digest says.
    Corrupt,
    /// Anything else: trying again does not help.
    Final,
}

impl RegistryError {
    pub(super) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { kind, detail }
    }

    /// Ends the command: `what` could not be done.
    pub(super) fn stop(&self, what: impl Into<String>) -> CommandError {
        let stop = CommandError::error(what).detail(self.detail.clone());
        if self.detail.contains(UNTRUSTED) {
            return stop.hint(
                "a proxy of your network may answer in its place: name the file of its certificate \
                 authority with AWS_CA_BUNDLE",
            );
        }
        stop
    }
}

impl From<std::io::Error> for RegistryError {
    fn from(error: std::io::Error) -> Self {
        Self::new(Kind::Final, error.to_string())
    }
}

impl From<reqwest::Error> for RegistryError {
    fn from(error: reqwest::Error) -> Self {
        let is_final = error.is_redirect() || error.is_builder();
        // Addresses of blobs carry signatures.
        let detail = chain(&error.without_url());
        let kind = if is_final || detail.contains(UNTRUSTED) {
            Kind::Final
        } else {
            Kind::Passing
        };
        Self::new(kind, detail)
    }
}

/// What a registry answers in an error ("Error Codes" of the OCI distribution specification).
#[derive(Deserialize)]
struct Envelope {
    errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
struct ErrorEntry {
    code: String,
    #[serde(default)]
    message: Option<String>,
}

impl RegistryError {
    /// What an answer of this status and text is.
    pub(super) fn of_status(code: u16, body: &str) -> Self {
        let detail: Option<Envelope> = serde_json::from_str(body).ok();
        let entry = detail
            .filter(|detail| !detail.errors.is_empty())
            .map(from_envelope);
        match entry {
            Some(entry) if entry.kind != Kind::Final => return entry,
            _ => {}
        }
        let kind = match code {
            404 => Kind::Absent,
            401 | 403 => Kind::Denied,
            408 | 429 | 500.. => Kind::Passing,
            _ => Kind::Final,
        };
        let detail = match (code, entry.map(|entry| entry.detail)) {
            (401, None) => "it asks for credentials (401)".to_owned(),
            (code, Some(detail)) => format!("it answered {code}: {detail}"),
            (code, None) => match short(body).as_str() {
                "" => format!("it answered {code}"),
                body => format!("it answered {code}: {body}"),
            },
        };
        Self::new(kind, detail)
    }
}

fn from_envelope(envelope: Envelope) -> RegistryError {
    let kind = envelope
        .errors
        .iter()
        .map(|error| kind_of(&error.code))
        .find(|kind| *kind != Kind::Final)
        .unwrap_or(Kind::Final);
    let detail: Vec<String> = envelope
        .errors
        .into_iter()
        .map(
            |error| match error.message.as_deref().unwrap_or_default().trim() {
                "" => error.code,
                message => message.to_owned(),
            },
        )
        .collect();
    RegistryError::new(kind, short(&detail.join("; ")))
}

fn kind_of(code: &str) -> Kind {
    match code {
        "MANIFEST_UNKNOWN" | "NAME_UNKNOWN" | "NOT_FOUND" | "BLOB_UNKNOWN" => Kind::Absent,
        "UNAUTHORIZED" | "DENIED" => Kind::Denied,
        "DIGEST_INVALID" => Kind::Corrupt,
        "TOOMANYREQUESTS" | "BLOB_UPLOAD_UNKNOWN" => Kind::Passing,
        _ => Kind::Final,
    }
}

/// An error and its causes, the outermost first, each said once.
fn chain(error: &dyn Error) -> String {
    let mut detail = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !detail.contains(&text) {
            detail = format!("{detail}: {text}");
        }
        next = cause.source();
    }
    detail
}

/// One line of at most 300 characters.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
