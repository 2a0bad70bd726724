//! Images, from anywhere into the stack's own repository. Prints nothing: what happens is told as events.
//!
//! No container engine ever sees ECR's token: an engine only builds and exports a file, and the
//! upload is done here.

mod archive;
mod blob;
mod blob_stream;
mod build;
mod checkout;
mod copy;
mod credentials;
mod hint;
mod lookup;
mod manifest;
mod registry_error;
mod remote;
mod retry;
mod source;
mod target;
mod wire;

pub use build::{Build, build};
pub use checkout::checkout;
pub use copy::{CopyRequest, CopyResult, copy};
pub use hint::command;
pub use lookup::{Found, LookupError, find_image};
pub use remote::Remote;
pub use source::Source;
pub(crate) use target::GRANTS;
pub use target::{Target, target};

use tokio::sync::mpsc::UnboundedSender;

/// What happens while an image is built and copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A builder has begun.
    Building {
        /// Its name.
        with: String,
        /// What it builds, for which platform.
        what: String,
    },
    /// A line that the builder said.
    Output(String),
    /// What is copied is known.
    Resolved {
        /// Where it comes from.
        from: String,
        /// Its digest.
        digest: String,
        /// Such as `linux/arm64`.
        platforms: Vec<String>,
    },
    /// A blob is in the repository already.
    There {
        /// Its digest.
        digest: String,
        /// Its size.
        bytes: u64,
    },
    /// A blob begins to be copied.
    Begun {
        /// Its digest.
        digest: String,
        /// Its size.
        bytes: u64,
    },
    /// A blob has come this far.
    Moved {
        /// Its digest.
        digest: String,
        /// How many bytes were sent.
        bytes: u64,
    },
    /// A blob is begun again.
    Again {
        /// Its digest.
        digest: String,
        /// Why.
        because: String,
    },
    /// A blob has arrived and is what its digest says.
    Arrived {
        /// Its digest.
        digest: String,
        /// Its size.
        bytes: u64,
        /// How long that took.
        elapsed_ms: u64,
    },
}

/// Where events go. Nobody listening is no error.
pub type Events = UnboundedSender<Event>;

/// The architecture as images name it, of AWS's `X86_64` or `ARM64`.
pub fn architecture(aws: &str) -> &'static str {
    if aws == "ARM64" { "arm64" } else { "amd64" }
}
