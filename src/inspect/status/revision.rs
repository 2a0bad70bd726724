//! A revision of a task definition.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::resources::ecs::last;

/// Which one it is; as text `family:number`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRevision {
    /// Its family.
    pub family: String,
    /// Its number in that.
    pub number: i32,
}

impl TaskRevision {
    /// That of an ARN.
    pub(super) fn of(arn: &str) -> Option<Self> {
        let (family, number) = last(arn).rsplit_once(':')?;
        Some(Self {
            family: family.to_owned(),
            number: number.parse().ok()?,
        })
    }
}

impl fmt::Display for TaskRevision {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.family, self.number)
    }
}

impl Serialize for TaskRevision {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
