//! The rules of the house: data flows one way, and each room does one thing.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use ajuda::presets::PRESETS;

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
                "crate::presets",
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
                "crate::aws",
                "crate::images",
                "crate::operate",
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

/// What is particular to a workload stands in `src/presets/<preset>.rs`; everybody else asks the preset, and
/// one line of `src/presets.rs` says that it is there. Examples in help and in tests may name one.
#[test]
fn no_preset_is_named_outside_of_its_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut registered = 0;
    for (path, text) in sources("") {
        if path.starts_with(root.join("presets")) {
            continue;
        }
        let code = text.split("\n#[cfg(test)]").next().unwrap();
        for (number, line) in code.lines().enumerate() {
            let line = line.split(" //").next().unwrap().trim();
            if line.starts_with("//") {
                continue;
            }
            for rules in PRESETS.iter().map(|preset| &preset.rules) {
                let module = rules.name.replace('-', "_");
                if path == root.join("presets.rs") && line == format!("{module},") {
                    registered += 1;
                    continue;
                }
                let words = [rules.name, rules.title, &module].map(str::to_lowercase);
                let lower = line.to_lowercase();
                if words.iter().any(|word| lower.contains(word))
                    || line.contains(&in_one_word(rules.name))
                {
                    found.push(format!("{}:{}: {line}", path.display(), number + 1));
                }
            }
        }
    }
    none(
        found,
        "everybody but presets/ asks the preset and names none",
    );
    assert_eq!(registered, PRESETS.len(), "each is registered in one line");
}

/// `OpenWebui` for `open-webui`.
fn in_one_word(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let (first, rest) = part.split_at(1);
        first.to_uppercase() + rest
    });
    parts.collect()
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

/// Pages, with everything below `docs/`.
fn pages(root: &Path) -> Vec<PathBuf> {
    let mut found = vec![root.join("README.md"), root.join("examples/README.md")];
    let mut open = vec![root.join("docs")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn every_path_that_a_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rooms = ["src/", "tests/", "docs/", "examples/", "stacks/", "fuzz/"];
    let (mut missing, mut count) = (Vec::new(), 0);
    for page in pages(root) {
        let text = fs::read_to_string(&page).unwrap();
        let quoted = text.split('`').skip(1).step_by(2);
        let named = quoted
            .filter(|word| rooms.iter().any(|room| word.starts_with(room)))
            .filter(|word| !word.contains(|c: char| "<*{… \n".contains(c)))
            .map(|word| root.join(word));
        let linked = text.split("](").skip(1).filter_map(|rest| {
            let link = rest.split([')', '#']).next()?;
            let elsewhere = link.is_empty() || link.contains("://") || link.contains('`');
            (!elsewhere).then(|| page.parent().unwrap().join(link))
        });
        for path in named.chain(linked) {
            count += 1;
            if !path.exists() {
                missing.push(format!("{}: {}", page.display(), path.display()));
            }
        }
    }
    assert!(count > 100, "only {count} paths were found");
    none(missing, "what a page names is there");
}
