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
    pub(super) said: String,
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
    Wrong,
    /// Anything else: trying again does not help.
    Final,
}

impl RegistryError {
    pub(super) fn new(kind: Kind, said: impl Into<String>) -> Self {
        let said = said.into();
        Self { kind, said }
    }

    /// Ends the command: `what` could not be done.
    pub(super) fn stop(&self, what: impl Into<String>) -> CommandError {
        let stop = CommandError::error(what).detail(self.said.clone());
        if self.said.contains(UNTRUSTED) {
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
        let said = chain(&error.without_url());
        let kind = if is_final || said.contains(UNTRUSTED) {
            Kind::Final
        } else {
            Kind::Passing
        };
        Self::new(kind, said)
    }
}

/// What a registry answers in an error ("Error Codes" of the OCI distribution specification).
#[derive(Deserialize)]
struct Envelope {
    errors: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    code: String,
    #[serde(default)]
    message: Option<String>,
}

impl RegistryError {
    /// What an answer of this status and text is.
    pub(super) fn of_status(code: u16, body: &str) -> Self {
        let said: Option<Envelope> = serde_json::from_str(body).ok();
        let told = said
            .filter(|said| !said.errors.is_empty())
            .map(from_envelope);
        match told {
            Some(told) if told.kind != Kind::Final => return told,
            _ => {}
        }
        let kind = match code {
            404 => Kind::Absent,
            401 | 403 => Kind::Denied,
            408 | 429 | 500.. => Kind::Passing,
            _ => Kind::Final,
        };
        let said = match (code, told.map(|told| told.said)) {
            (401, None) => "it asks for credentials (401)".to_owned(),
            (code, Some(said)) => format!("it answered {code}: {said}"),
            (code, None) => match short(body).as_str() {
                "" => format!("it answered {code}"),
                body => format!("it answered {code}: {body}"),
            },
        };
        Self::new(kind, said)
    }
}

fn from_envelope(envelope: Envelope) -> RegistryError {
    let kind = envelope
        .errors
        .iter()
        .map(|error| kind_of(&error.code))
        .find(|kind| *kind != Kind::Final)
        .unwrap_or(Kind::Final);
    let said: Vec<String> = envelope
        .errors
        .into_iter()
        .map(
            |error| match error.message.as_deref().unwrap_or_default().trim() {
                "" => error.code,
                message => message.to_owned(),
            },
        )
        .collect();
    RegistryError::new(kind, short(&said.join("; ")))
}

fn kind_of(code: &str) -> Kind {
    match code {
        "MANIFEST_UNKNOWN" | "NAME_UNKNOWN" | "NOT_FOUND" | "BLOB_UNKNOWN" => Kind::Absent,
        "UNAUTHORIZED" | "DENIED" => Kind::Denied,
        "DIGEST_INVALID" => Kind::Wrong,
        "TOOMANYREQUESTS" | "BLOB_UPLOAD_UNKNOWN" => Kind::Passing,
        _ => Kind::Final,
    }
}

/// An error and its causes, the outermost first, each said once.
fn chain(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        next = cause.source();
    }
    said
}

/// One line of at most 300 characters.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
