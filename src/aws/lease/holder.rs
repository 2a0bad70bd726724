//! Who holds a lease, as the tags of its log group tell it.

use std::collections::HashMap;

use crate::engine::{Class, Fault};

use super::super::{Cloud, Tags, tag_value};
use super::process::Process;

const ID: &str = "ajuda:lease-id";
const OWNER: &str = "ajuda:lease-owner";
const HOST: &str = "ajuda:lease-host";
const PROCESS: &str = "ajuda:lease-process";
/// Milliseconds from the group's `creationTime` to the end of the lease.
pub(super) const LASTS: &str = "ajuda:lease-lasts";

/// Who holds a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Random, another for every run.
    pub id: String,
    /// The caller's ARN (STS API, `GetCallerIdentity`).
    pub owner: String,
    /// The name of the machine.
    pub host: String,
    /// The process on that machine.
    pub(super) process: Process,
    /// The file's tags.
    pub(super) tags: Tags,
}

impl Holder {
    /// This process, on the machine called `host`.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn here(cloud: &Cloud, host: &str) -> Result<Self, Fault> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|_| {
            Fault::new(
                "the lease",
                Class::Other,
                "the system gives no random bytes",
            )
        })?;
        Ok(Self {
            id: format!("{:016x}", u64::from_be_bytes(random)),
            owner: tag_value(&cloud.caller),
            host: tag_value(host),
            process: Process::own(),
            tags: Tags::new(),
        })
    }

    /// The same, whose lease carries these tags of the file beside its own: an account may refuse to make
    /// anything without them.
    #[must_use]
    pub fn carrying(self, tags: Tags) -> Self {
        Self { tags, ..self }
    }

    /// The number of its process; 0 where none is known.
    pub fn pid(&self) -> u32 {
        self.process.pid
    }

    pub(super) fn tags(&self, lasts: i64) -> HashMap<String, String> {
        let own = [
            (ID, self.id.clone()),
            (OWNER, self.owner.clone()),
            (HOST, self.host.clone()),
            (PROCESS, self.process.to_string()),
            (LASTS, lasts.to_string()),
        ];
        let own = own.map(|(key, value)| (key.to_owned(), value));
        self.tags.clone().into_iter().chain(own).collect()
    }

    /// The holder of these tags, and how long its lease lasts.
    pub(super) fn read(tags: &HashMap<String, String>) -> (Self, Option<i64>) {
        let text = |key: &str| tags.get(key).cloned();
        let holder = Self {
            id: text(ID).unwrap_or_default(),
            owner: text(OWNER).unwrap_or_else(|| "somebody unknown".to_owned()),
            host: text(HOST).unwrap_or_else(|| "a machine unknown".to_owned()),
            process: Process::parse(&text(PROCESS).unwrap_or_default()),
            tags: Tags::new(),
        };
        (holder, text(LASTS).and_then(|text| text.parse().ok()))
    }
}
