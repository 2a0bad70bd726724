//! Which room may use which, and what may be named where: data flows one way, and each room does one thing.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use ajuda::message::Verb;
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
    for place in ["stack", "presets", "steps", "permissions", "cost"] {
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
            "stack/, presets/, steps/, permissions/ and cost/ are pure",
        );
    }
}

/// Every room, with the rooms that it may use: those that come before it and no others. `docs/architecture.md`
/// draws them.
const ROOMS: &[(&str, &[&str])] = &[
    ("regions", &[]),
    ("image_reference", &[]),
    ("message", &[]),
    ("engine", &["message"]),
    ("stack", &["image_reference", "regions"]),
    ("presets", &["image_reference", "message", "stack"]),
    ("command_error", &["engine", "message"]),
    ("aws", &["engine", "message", "regions"]),
    (
        "resources",
        &[
            "aws",
            "engine",
            "image_reference",
            "message",
            "presets",
            "stack",
        ],
    ),
    (
        "steps",
        &[
            "aws",
            "engine",
            "image_reference",
            "presets",
            "resources",
            "stack",
        ],
    ),
    (
        "outputs",
        &["aws", "engine", "presets", "resources", "stack"],
    ),
    ("database", &["aws", "engine", "message", "resources"]),
    ("secrets", &["aws", "engine", "resources"]),
    ("bedrock", &["aws", "engine", "message", "presets", "stack"]),
    (
        "images",
        &[
            "aws",
            "command_error",
            "engine",
            "image_reference",
            "message",
            "presets",
            "stack",
        ],
    ),
    ("cost", &["engine", "message", "resources", "stack"]),
    (
        "rollout",
        &[
            "aws",
            "command_error",
            "database",
            "engine",
            "image_reference",
            "message",
            "outputs",
            "resources",
            "stack",
        ],
    ),
    (
        "inspect",
        &[
            "aws",
            "cost",
            "database",
            "engine",
            "image_reference",
            "message",
            "outputs",
            "resources",
            "rollout",
            "stack",
        ],
    ),
    (
        "check",
        &[
            "aws",
            "bedrock",
            "engine",
            "image_reference",
            "images",
            "message",
            "presets",
            "resources",
            "rollout",
            "secrets",
            "stack",
            "steps",
        ],
    ),
    (
        "permissions",
        &[
            "aws",
            "bedrock",
            "check",
            "database",
            "engine",
            "images",
            "inspect",
            "resources",
            "rollout",
            "secrets",
            "stack",
            "steps",
        ],
    ),
    ("exit", &["command_error"]),
    (
        "render",
        &[
            "aws",
            "bedrock",
            "check",
            "command_error",
            "cost",
            "database",
            "engine",
            "exit",
            "image_reference",
            "images",
            "inspect",
            "message",
            "outputs",
            "permissions",
            "resources",
            "rollout",
            "secrets",
            "stack",
            "steps",
        ],
    ),
    ("sandbox", &["command_error"]),
    (
        "cli",
        &[
            "aws",
            "bedrock",
            "check",
            "command_error",
            "cost",
            "database",
            "engine",
            "exit",
            "image_reference",
            "images",
            "inspect",
            "message",
            "outputs",
            "permissions",
            "presets",
            "regions",
            "render",
            "resources",
            "rollout",
            "sandbox",
            "secrets",
            "stack",
            "steps",
        ],
    ),
];

/// What `engine` gives everybody at the root of the crate.
const MACROS: [&str; 2] = ["field", "fields"];

/// Of AWS, `render` knows what a point in time is, and whose a lease is; it asks it nothing.
const RENDER_OF_AWS: [&str; 2] = ["crate::aws::timestamp", "crate::aws::lease"];

/// The module of a file, below the crate: `engine::plan::item`.
fn module(path: &Path) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let inside = path.strip_prefix(root).unwrap().with_extension("");
    let parts = inside.iter().map(|part| part.to_str().unwrap().to_owned());
    parts
        .filter(|part| part != "lib" && part != "main")
        .collect()
}

/// The paths of a `use` tree: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(tree: &str) -> Vec<String> {
    let tree = tree.split(" as ").next().unwrap().trim();
    let Some((before, rest)) = tree.split_once('{') else {
        return vec![tree.to_owned()];
    };
    // A sentence of a text that begins with "use" has no tree.
    let Some(end) = rest.rfind('}') else {
        return Vec::new();
    };
    let inside = &rest[..end];
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&inside[start..]);
    let items = items.into_iter().filter(|item| !item.trim().is_empty());
    items
        .flat_map(paths)
        .map(|path| format!("{}{path}", before.trim()))
        .collect()
}

/// What the product's part of a file uses of the crate, from the crate's root on.
fn uses(path: &Path, text: &str) -> Vec<Vec<String>> {
    let code: String = text
        .split("\n#[cfg(test)]")
        .next()
        .unwrap()
        .lines()
        .map(|line| line.split("//").next().unwrap().to_owned() + "\n")
        .collect();
    let own = module(path);
    let mut found: Vec<String> = Vec::new();
    let mut at = 0;
    for line in code.split_inclusive('\n') {
        let begins = line.trim_start();
        let begins = match begins.strip_prefix("pub") {
            Some(rest) => rest.trim_start_matches(|c: char| c != ' ').trim_start(),
            None => begins,
        };
        if let Some(tree) = begins.strip_prefix("use ") {
            let tree = &code[at + line.len() - tree.len()..];
            found.extend(paths(tree.split(';').next().unwrap()));
        }
        at += line.len();
    }
    for mark in ["crate::", "super::"] {
        found.extend(code.match_indices(mark).map(|(at, _)| {
            let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let end = code[at..].find(|c| !word(c)).unwrap_or(code.len() - at);
            code[at..at + end].to_owned()
        }));
    }
    let absolute = found.into_iter().filter_map(|path| {
        let mut parts: Vec<String> = path
            .split("::")
            .filter(|part| !part.is_empty() && *part != "self")
            .map(str::to_owned)
            .collect();
        match parts.first()?.as_str() {
            "crate" => Some(parts.split_off(1)),
            "super" => {
                let up = parts.iter().take_while(|part| *part == "super").count();
                let base = own.get(..own.len().checked_sub(up)?)?;
                Some([base, &parts[up..]].concat())
            }
            _ => None,
        }
    });
    absolute.filter(|path| !path.is_empty()).collect()
}

#[test]
fn data_flows_one_way() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for (path, text) in sources("") {
        let own = module(&path);
        let Some(room) = own.first() else {
            continue;
        };
        seen.insert(room.clone());
        let Some((_, may)) = ROOMS.iter().find(|(name, _)| name == room) else {
            wrong.push(format!("{room} is no room"));
            continue;
        };
        for used in uses(&path, &text) {
            let other = used[0].as_str();
            if other != room && !may.contains(&other) && !MACROS.contains(&other) {
                wrong.push(format!("{}: {}", path.display(), used.join("::")));
            }
        }
    }
    none(wrong, "a room uses those before it");
    let known: BTreeSet<String> = ROOMS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(known, seen, "the list has the rooms that there are");
    for (at, (room, may)) in ROOMS.iter().enumerate() {
        let before: Vec<&str> = ROOMS[..at].iter().map(|(name, _)| *name).collect();
        let later = may.iter().find(|other| !before.contains(other));
        assert_eq!(later, None, "{room} stands behind what it uses");
    }
    let of_aws: Vec<String> = lines_with("render", &["crate::aws"])
        .into_iter()
        .filter(|line| !RENDER_OF_AWS.iter().any(|path| line.contains(path)))
        .collect();
    none(of_aws, "render/ asks AWS nothing");
}

/// A file may be a part of another that is split; two that stand beside each other never need each other.
#[test]
fn no_two_files_need_each_other() {
    let files = sources("");
    let modules: BTreeSet<Vec<String>> = files.iter().map(|(path, _)| module(path)).collect();
    let mut needs: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for (path, text) in &files {
        let own = module(path);
        for mut used in uses(path, text) {
            while !used.is_empty() && !modules.contains(&used) {
                used.pop();
            }
            if !used.is_empty() && !used.starts_with(&own) && !own.starts_with(&used) {
                needs.entry(own.clone()).or_default().insert(used);
            }
        }
    }
    let mut circles = Vec::new();
    for (one, used) in &needs {
        for other in used {
            let back = needs.get(other).is_some_and(|back| back.contains(one));
            if back && one < other {
                circles.push(format!("{} and {}", one.join("::"), other.join("::")));
            }
        }
    }
    none(circles, "what two files need stands in a third");
}

/// What is particular to a workload stands in `src/presets/<preset>.rs`; everybody else asks the preset, and
/// one line of `src/presets.rs` says that it is there. Comments, of which help is made, name none by its title; their
/// examples may name one as a file does, and tests may.
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
            let line = line.trim();
            let (code, comment) = match line.starts_with("//") {
                true => ("", line),
                false => line.split_once(" //").unwrap_or((line, "")),
            };
            for rules in PRESETS.iter().map(|preset| &preset.rules) {
                let module = rules.name.replace('-', "_");
                if path == root.join("presets.rs") && code == format!("{module},") {
                    registered += 1;
                    continue;
                }
                let one_word = rules.name.replace('-', "");
                let words = [rules.name, rules.title, &module, &one_word].map(str::to_lowercase);
                let code = code.to_lowercase();
                if words.iter().any(|word| code.contains(word)) || comment.contains(rules.title) {
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
    for (place, _) in ROOMS.iter().filter(|(room, _)| *room != "render") {
        none(lines_with(place, &prints), "only render/ prints");
    }
}

/// How commands are written stands in `src/message/`; everybody else names them by their values, and `cli` and `render` by
/// their verbs. Examples in help are text.
#[test]
fn commands_are_told_as_values() {
    let verbs: BTreeSet<&str> = Verb::ALL
        .iter()
        .filter_map(|verb| verb.words().strip_prefix("deploy "))
        .collect();
    // A verb between backticks, alone or with words that belong to it.
    let verb = |quoted: &str| {
        let bare = quoted.split(" -").next().unwrap();
        verbs.contains(bare)
    };
    let text = |line: &str, room: &str| {
        // What is about no stack leads nowhere else.
        let line = line.replace("`aws sso", "").replace("`aws configure", "");
        // A key of the file.
        let line = match room {
            "stack" => line.replace("`exec`", "").replace("`secrets`", ""),
            _ => line,
        };
        let marks = ["`ajuda ", "ajuda deploy", "`aws "];
        marks.iter().any(|mark| line.contains(mark)) || line.split('`').skip(1).any(verb)
    };
    let mut found = Vec::new();
    for (path, source) in sources("") {
        let room = module(&path).into_iter().next();
        if room.as_deref() == Some("message") {
            continue;
        }
        let code = source.split("\n#[cfg(test)]").next().unwrap();
        // The help of the whole program.
        let code = match code.split_once("const AFTER: &str") {
            Some((before, help)) => before.to_owned() + help.split_once("\";").unwrap().1,
            None => code.to_owned(),
        };
        for line in code.lines() {
            let line = line.split("//").next().unwrap();
            if text(line, room.as_deref().unwrap_or_default()) {
                found.push(format!("{}: {}", path.display(), line.trim()));
            }
        }
    }
    none(found, "a command is a value until it is rendered");
}

/// What the page on security says is said by a test: each name in brackets is one.
#[test]
fn the_tests_that_the_security_page_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/security.md")).unwrap();
    let mut tests = String::new();
    let mut open = vec![
        root.join("tests"),
        root.join("sandbox/tests"),
        root.join("src"),
    ];
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
