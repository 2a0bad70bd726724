//! Desks whose stack is up already.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use crate::binary::{Desk, repository};
use crate::support::sandbox::Sandbox;

/// Accounts with a stack that is up, by its file: they stay until the tests end, since no copy may outlive them.
type Deployed = HashMap<String, Arc<Mutex<Option<Sandbox>>>>;
static DEPLOYED: LazyLock<Mutex<Deployed>> = LazyLock::new(Mutex::default);

impl Desk {
    /// A desk whose stack is up. The first that asks for a file brings it up; each gets a copy of that account, in
    /// whose record of requests that `up` is not.
    pub fn deployed(text: &str) -> Self {
        let account = Arc::clone(DEPLOYED.lock().unwrap().entry(text.to_owned()).or_default());
        let mut account = account.lock().unwrap();
        let account = account.get_or_insert_with(|| {
            let desk = Self::with(text);
            let up = desk.deploy(&["up", "--yes"]);
            assert_eq!(up.code, 0, "{}", up.err);
            // It is never dropped, and nobody but its copies has to find it.
            std::fs::remove_dir_all(desk.sandbox.home()).unwrap();
            desk.sandbox
        });
        Self::of(account.fork(), text)
    }

    /// The same with a copy of a file of the repository.
    pub fn deployed_copy(file: &str) -> Self {
        Self::deployed(&std::fs::read_to_string(repository(file)).unwrap())
    }
}
