//! Collects the environment of a workload.

use std::collections::BTreeMap;

use crate::stack::{Output, SecretRef, Value};

/// Environment under construction.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) environment: BTreeMap<String, Value>,
    pub(super) secrets: BTreeMap<String, SecretRef>,
}

impl Settings {
    /// Sets a variable to what is written here.
    pub(super) fn text(&mut self, name: &str, value: impl ToString) {
        self.environment
            .insert(name.to_owned(), Value::Text(value.to_string()));
    }

    /// Sets a variable to something that is known once the stack is up.
    pub(super) fn output(&mut self, name: &str, output: Output) {
        self.environment
            .insert(name.to_owned(), Value::From(output));
    }

    /// Sets a variable from Secrets Manager.
    pub(super) fn secret(&mut self, name: &str, secret: SecretRef) {
        self.secrets.insert(name.to_owned(), secret);
    }
}
