//! The rules of the house: data flows one way, and each room does one thing.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

fn sources(place: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut open = vec![root.join(place), root.join(format!("{place}.rs"))];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(!found.is_empty(), "there is code in {place}");
    found
}

/// Lines of code (comments left out) that hold one of `words`.
fn lines_with<'w>(place: &str, words: &'w [&'w str]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources(place) {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if words.iter().any(|word| code.contains(word)) {
                found.push(format!(
                    "{}:{}: {}",
                    path.display(),
                    number + 1,
                    line.trim()
                ));
            }
        }
    }
    found
}

fn none(lines: Vec<String>, rule: &str) {
    assert!(lines.is_empty(), "{rule}:\n{}", lines.join("\n"));
}

#[test]
fn the_engine_knows_no_aws_no_terminal_and_no_file() {
    let words = [
        "aws_",
        "crate::aws",
        "crate::render",
        "crate::stack",
        "std::fs",
        "std::env",
        "std::io",
    ];
    none(lines_with("engine", &words), "engine/ is for any cloud");
}

#[test]
fn the_file_the_presets_and_the_steps_do_no_io() {
    for place in ["stack", "presets", "steps"] {
        let words = [
            "std::fs",
            "TcpStream",
            "UdpSocket",
            "ToSocketAddrs",
            "std::process",
            "std::env",
            "std::io",
            "tokio",
            "async ",
            "aws_sdk",
            ".await",
        ];
        none(
            lines_with(place, &words),
            "stack/, presets/ and steps/ are pure",
        );
    }
}

#[test]
fn data_flows_one_way() {
    for (place, later) in [
        (
            "stack",
            &[
                "crate::steps",
                "crate::resources",
                "crate::engine",
                "crate::render",
                "crate::cli",
            ][..],
        ),
        (
            "presets",
            &[
                "crate::steps",
                "crate::resources",
                "crate::engine",
                "crate::render",
                "crate::cli",
            ],
        ),
        (
            "aws",
            &[
                "crate::resources",
                "crate::steps",
                "crate::render",
                "crate::cli",
            ],
        ),
        (
            "resources",
            &["crate::steps", "crate::render", "crate::cli"],
        ),
        (
            "push",
            &[
                "crate::resources",
                "crate::steps",
                "crate::render",
                "crate::cli",
            ],
        ),
        ("steps", &["crate::render", "crate::cli"]),
        ("operate", &["crate::render", "crate::cli"]),
        ("render", &["crate::cli", "crate::aws"]),
    ] {
        none(
            lines_with(place, later),
            &format!("{place}/ comes before what it names"),
        );
    }
}

/// The file may not set what a preset owns, so reading it asks the presets for their names: that
/// and no more.
#[test]
fn the_file_asks_presets_for_one_thing() {
    let lines = lines_with("stack", &["crate::presets"]);
    let others = lines
        .into_iter()
        .filter(|line| !line.ends_with("use crate::presets::owned_variables;"))
        .collect();
    none(others, "stack/ knows presets by the names they own");
}

#[test]
fn only_render_prints() {
    let prints = [
        "println!",
        "eprintln!",
        "print!(",
        "eprint!(",
        "dbg!",
        "io::stdout",
        "io::stderr",
    ];
    for place in [
        "aws",
        "cli",
        "engine",
        "operate",
        "presets",
        "push",
        "resources",
        "sandbox",
        "stack",
        "steps",
        "exit",
        "operate",
        "outputs",
    ] {
        none(lines_with(place, &prints), "only render/ prints");
    }
}

/// What the page on security says is said by a test: each name in brackets is one.
#[test]
fn the_tests_that_the_security_page_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/security.md")).unwrap();
    let mut tests = String::new();
    let mut open = vec![root.join("tests"), root.join("src")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path
            .extension()
            .is_some_and(|end| end == "rs" || end == "py")
        {
            tests += &fs::read_to_string(&path).unwrap();
        }
    }
    let brackets = page
        .split('[')
        .skip(1)
        .filter_map(|rest| rest.split(']').next());
    let names: Vec<&str> = (brackets.filter(|inside| inside.starts_with('`')))
        .flat_map(|inside| inside.split('`').skip(1).step_by(2))
        .collect();
    assert!(names.len() > 30, "the page names its tests: {names:?}");
    let missing = names.into_iter().filter(|name| {
        ["fn", "def"]
            .iter()
            .all(|word| !tests.contains(&format!("{word} {name}(")))
    });
    assert_eq!(missing.collect::<Vec<_>>(), [""; 0]);
}

/// Whatever reaches a terminal passes `Style::clean` or `visible`: streams are opened in one place, and
/// what draws by itself is given clean text on the same line.
#[test]
fn what_is_written_passes_one_place() {
    let streams = lines_with("render", &["io::stdout", "io::stderr"]);
    let elsewhere = streams.into_iter().filter(|line| {
        let asks = line.contains("is_terminal()");
        !asks && !line.contains("render/console.rs:") && !line.contains("render/console/hidden.rs:")
    });
    none(elsewhere.collect(), "streams are opened by the console");
    let draws = [
        ".println(",
        ".set_message(",
        ".set_prefix(",
        "Span::styled(",
    ];
    let raw = lines_with("render", &draws).into_iter().filter(|line| {
        !line.contains("clean(")
            && !line.contains("visible(")
            && !line.contains("set_message(text)")
    });
    none(raw.collect(), "what draws by itself gets clean text");
}
