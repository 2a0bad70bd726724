//! The sandbox's Python sources, as the binary carries them and as they lie on disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::short;

/// Path below `sandbox/` and text of each.
const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sandbox_sources.rs"));
/// Python's own, beside them.
const COMPILED: &str = "__pycache__";

/// Writes the sources into a directory of `home` that is named by their hash, and returns the file that
/// starts them. What lies there already stays only if it is exactly that.
pub(super) fn unpack(home: &Path) -> io::Result<PathBuf> {
    let mut hash = Sha256::new();
    for (name, text) in SOURCES {
        hash.update(name);
        hash.update(text);
    }
    let directory = home.join(format!("source-{}", short(&hash.finalize())));
    if !is_exactly(&directory) {
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        for (name, text) in SOURCES {
            let file = directory.join(name);
            fs::create_dir_all(file.parent().unwrap_or(&directory))?;
            fs::write(file, text)?;
        }
    }
    Ok(directory.join("launch.py"))
}

/// Whether every source is there, word for word, and nothing that Python would import beside them.
fn is_exactly(directory: &Path) -> bool {
    let same = SOURCES.iter().all(|(name, text)| {
        fs::read(directory.join(name)).is_ok_and(|there| there == text.as_bytes())
    });
    same && count(directory).is_ok_and(|files| files == SOURCES.len())
}

fn count(directory: &Path) -> io::Result<usize> {
    let mut files = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name() == COMPILED {
            continue;
        }
        files += if entry.file_type()?.is_dir() {
            count(&entry.path())?
        } else {
            1
        };
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_exactly_ours_is_written_anew() {
        let home = tempfile::tempdir().unwrap();
        let launcher = unpack(home.path()).unwrap();
        let package = launcher.with_file_name("ajuda_sandbox");
        let (server, planted) = (package.join("server.py"), package.join("aaa.py"));
        let text = fs::read(&server).unwrap();
        fs::write(&server, "print('planted')").unwrap();
        fs::create_dir(package.join(COMPILED)).unwrap();
        assert_eq!(unpack(home.path()).unwrap(), launcher);
        assert_eq!(fs::read(&server).unwrap(), text);
        assert!(!package.join(COMPILED).exists(), "nor what was compiled");
        fs::write(&planted, "print('planted')").unwrap();
        unpack(home.path()).unwrap();
        assert!(!planted.exists());
    }
}
