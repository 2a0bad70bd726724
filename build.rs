//! Lists the sandbox's Python sources, so that the binary carries them all.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

const ROOM: &str = "src/sandbox";
const PACKAGE: &str = "ajuda_sandbox";
const LAUNCHER: &str = "launch.py";

fn main() -> io::Result<()> {
    for source in [PACKAGE, LAUNCHER] {
        println!("cargo::rerun-if-changed={ROOM}/{source}");
    }
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let room = Path::new(&root).join(ROOM);
    let mut names: Vec<String> = fs::read_dir(room.join(PACKAGE))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".py"))
        .map(|name| format!("{PACKAGE}/{name}"))
        .collect();
    names.push(LAUNCHER.to_owned());
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
