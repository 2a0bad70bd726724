//! The directory of the sandbox's files: this user's alone.

use std::fs;
use std::io;
use std::path::Path;

/// What the sandbox keeps there, by how its names begin.
const OURS: [&str; 5] = ["lock", "python-", "sandbox.log", "source-", "state.json"];

/// Makes `home`, and closes it to everybody else. Where others could have written to it, what the sandbox
/// kept there is deleted, to be made anew; says whether that was so.
///
/// # Errors
/// It cannot be made, or is another user's.
pub(super) fn claim(home: &Path) -> io::Result<bool> {
    let others = close(home)?;
    if others {
        for entry in fs::read_dir(home)? {
            let entry = entry?;
            let name = entry.file_name();
            if !OURS
                .iter()
                .any(|ours| name.to_string_lossy().starts_with(ours))
            {
                continue;
            }
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(others)
}

/// Whether others could write to it until now.
#[cfg(unix)]
fn close(home: &Path) -> io::Result<bool> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(home)?;
    let about = fs::metadata(home)?;
    if about.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it is another user's",
        ));
    }
    if about.mode() & 0o077 != 0 {
        fs::set_permissions(home, fs::Permissions::from_mode(0o700))?;
    }
    Ok(about.mode() & 0o022 != 0)
}

/// Elsewhere a user's cache directory is the user's alone.
#[cfg(not(unix))]
fn close(home: &Path) -> io::Result<bool> {
    fs::create_dir_all(home)?;
    Ok(false)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn what_others_could_write_is_not_kept() {
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let around = tempfile::tempdir().unwrap();
        let home = around.path().join("cache/sandbox");
        assert!(!claim(&home).unwrap());
        assert_eq!(mode(&home), 0o700);
        let (theirs, kept) = (around.path().join("theirs"), home.join("notes"));
        fs::write(&theirs, "").unwrap();
        fs::write(&kept, "").unwrap();
        let fill = || {
            fs::create_dir_all(home.join("source-1")).unwrap();
            fs::create_dir_all(home.join("python-1/bin")).unwrap();
            fs::write(home.join("state.json"), "").unwrap();
            symlink(&theirs, home.join("sandbox.log")).unwrap();
        };
        fill();
        for (open, others) in [(0o755, false), (0o775, true), (0o757, true)] {
            fs::set_permissions(&home, fs::Permissions::from_mode(open)).unwrap();
            assert_eq!(claim(&home).unwrap(), others, "{open:o}");
            assert_eq!(mode(&home), 0o700);
            assert_eq!(home.join("python-1").exists(), !others, "{open:o}");
            assert!(
                kept.exists() && theirs.exists(),
                "what is not the sandbox's"
            );
            if others {
                assert_eq!(fs::read_dir(&home).unwrap().count(), 1);
                fill();
            }
        }
    }

    #[test]
    fn another_users_directory_is_not_used() {
        // Only root can make one; nobody else's is at hand.
        let around = tempfile::tempdir().unwrap();
        if std::os::unix::fs::chown(around.path(), Some(65534), None).is_ok() {
            assert!(claim(around.path()).is_err());
        }
    }
}
