//! Lists the sandbox's Python sources, so that the binary carries them all. Its harness and tests stay behind.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

const ROOM: &str = "sandbox";
const PACKAGE: &str = "ajuda_sandbox";
const LAUNCHER: &str = "launch.py";

fn main() -> io::Result<()> {
    for source in [PACKAGE, LAUNCHER] {
        println!("cargo::rerun-if-changed={ROOM}/{source}");
    }
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let room = Path::new(&root).join(ROOM);
    let mut names = vec![LAUNCHER.to_owned()];
    modules(&room, PACKAGE, &mut names)?;
    names.sort();
    let mut list = String::from("&[\n");
    for name in names {
        let path = room.join(&name);
        writeln!(list, "    ({name:?}, include_str!({path:?})),").map_err(io::Error::other)?;
    }
    list.push(']');
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("sandbox_sources.rs"), list)
}

/// Adds the modules of a package and of the packages in it, by their paths below `room`.
fn modules(room: &Path, package: &str, names: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(room.join(package))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = format!("{package}/{name}");
        if entry.file_type()?.is_dir() {
            modules(room, &path, names)?;
        } else if path.ends_with(".py") {
            names.push(path);
        }
    }
    Ok(())
}
