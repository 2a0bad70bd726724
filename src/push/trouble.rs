//! What a registry or a file answered when it did not do what was asked, in words.

use std::error::Error;

use oci_client::errors::{OciDistributionError, OciEnvelope, OciErrorCode};

use crate::exit::Stop;

/// Why something did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
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

impl Trouble {
    pub(super) fn new(kind: Kind, said: impl Into<String>) -> Self {
        let said = said.into();
        Self { kind, said }
    }

    /// Ends the command: `what` could not be done.
    pub(super) fn stop(&self, what: impl Into<String>) -> Stop {
        Stop::error(what).detail(self.said.clone())
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::new(Kind::Final, error.to_string())
    }
}

impl From<OciDistributionError> for Trouble {
    fn from(error: OciDistributionError) -> Self {
        use OciDistributionError as E;
        match error {
            E::RequestError(error) => {
                let status = error.status().map(|status| status.as_u16());
                // Addresses of blobs carry signatures.
                let error = error.without_url();
                match status {
                    Some(code) => from_status(code, ""),
                    None => Self::new(Kind::Passing, chain(&error)),
                }
            }
            E::RegistryError { envelope, .. } => from_envelope(&envelope),
            E::ServerError { code, message, .. } => from_status(code, &message),
            E::UnauthorizedError { .. } => Self::new(Kind::Denied, "it asks for credentials (401)"),
            E::AuthenticationFailure(said) => {
                Self::new(Kind::Denied, format!("it gives no token: {}", short(&said)))
            }
            E::ImageManifestNotFoundError(said) => Self::new(Kind::Absent, said),
            E::DigestError(error) => Self::new(Kind::Wrong, error.to_string()),
            E::IoError(error) => Self::new(Kind::Passing, chain(&error)),
            other => Self::new(Kind::Final, other.to_string()),
        }
    }
}

fn from_envelope(envelope: &OciEnvelope) -> Trouble {
    let kind = envelope
        .errors
        .iter()
        .map(|error| kind_of(&error.code))
        .find(|kind| *kind != Kind::Final)
        .unwrap_or(Kind::Final);
    let said: Vec<String> = envelope
        .errors
        .iter()
        .map(|error| match error.message.trim() {
            "" => format!("{:?}", error.code),
            message => message.to_owned(),
        })
        .collect();
    Trouble::new(kind, short(&said.join("; ")))
}

fn kind_of(code: &OciErrorCode) -> Kind {
    match code {
        OciErrorCode::ManifestUnknown
        | OciErrorCode::NameUnknown
        | OciErrorCode::NotFound
        | OciErrorCode::BlobUnknown => Kind::Absent,
        OciErrorCode::Unauthorized | OciErrorCode::Denied => Kind::Denied,
        OciErrorCode::DigestInvalid => Kind::Wrong,
        OciErrorCode::Toomanyrequests | OciErrorCode::BlobUploadUnknown => Kind::Passing,
        _ => Kind::Final,
    }
}

fn from_status(code: u16, body: &str) -> Trouble {
    if let Ok(envelope) = serde_json::from_str::<OciEnvelope>(body)
        && !envelope.errors.is_empty()
    {
        let said = from_envelope(&envelope);
        if said.kind != Kind::Final {
            return said;
        }
    }
    let kind = match code {
        404 => Kind::Absent,
        401 | 403 => Kind::Denied,
        408 | 429 | 500.. => Kind::Passing,
        _ => Kind::Final,
    };
    let said = match short(body).as_str() {
        "" => format!("it answered {code}"),
        body => format!("it answered {code}: {body}"),
    };
    Trouble::new(kind, said)
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
