//! The name of a resource in the stack.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `kind/name`, given by the stack and never an AWS id. It is also the value of the ownership tag.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    kind: String,
    name: String,
}

impl Address {
    /// The address of `name` among resources of `kind`.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            name: name.into(),
        }
    }

    /// Reads `kind/name`; `None` when there is no slash or a side is empty.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once('/')?;
        (!kind.is_empty() && !name.is_empty()).then(|| Self::new(kind, name))
    }

    /// The kind: `subnet`, `db-instance` …
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The name within the kind.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.kind, self.name))
    }
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not `kind/name`")))
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn a_name_may_hold_slashes_a_kind_may_not() {
        let address = Address::parse("log-group//ecs/app").unwrap();
        assert_eq!(address.kind(), "log-group");
        assert_eq!(address.name(), "/ecs/app");
        assert_eq!(Address::parse("vpc"), None);
        assert_eq!(Address::parse("vpc/"), None);
    }
}
