//! A stand-in for AWS's session manager plugin.

use std::os::unix::fs::PermissionsExt;

/// A directory with a stand-in of the plugin, which does `act` for a session.
pub struct Plugin {
    dir: tempfile::TempDir,
}

/// Its environment is not the caller's: what it is to do stands in it.
pub fn plugin(act: &str) -> Plugin {
    versioned("1.2.707.0", act)
}

/// The same of that version.
pub fn versioned(version: &str, act: &str) -> Plugin {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("session-manager-plugin");
    let text =
        format!("#!/bin/sh\nif [ \"$1\" = --version ]; then echo {version}; exit 0; fi\n{act}\n");
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    Plugin { dir }
}

impl Plugin {
    /// A `PATH` that begins with it.
    pub fn path(&self) -> String {
        format!("{}:/usr/bin:/bin", self.dir.path().display())
    }

    /// A file in its directory.
    pub fn file(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }
}
