//! Whatever is done to a good file, reading it ends in a stack or in problems that can be drawn.

use proptest::prelude::*;

use crate::files;

#[path = "../../fuzz/src/stack_file.rs"]
mod stack_file;

const PIECES: [&str; 24] = [
    "\"",
    "'",
    "\"\"\"",
    "[",
    "]",
    "[[",
    "{",
    "}",
    "=",
    ".",
    "#",
    "\n",
    "\r",
    "\t",
    "\u{feff}",
    "é",
    "日本",
    "🇹🇱",
    "99999999999999999999",
    "-1",
    "1e999",
    "0xffffffffffffffffff",
    "1979-05-27T07:32:00Z",
    "\0",
];

#[derive(Debug, Clone)]
enum Edit {
    Remove(usize, usize),
    Insert(usize, usize),
    Copy(usize, usize, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<usize>(), 1..40usize).prop_map(|(at, length)| Edit::Remove(at, length)),
        (any::<usize>(), 0..PIECES.len()).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (any::<usize>(), 1..200usize, any::<usize>())
            .prop_map(|(from, length, to)| Edit::Copy(from, length, to)),
    ]
}

fn apply(text: &mut Vec<char>, edit: &Edit) {
    let place = |at: usize, length: usize| if length == 0 { 0 } else { at % (length + 1) };
    match *edit {
        Edit::Remove(at, length) => {
            let start = place(at, text.len());
            let end = (start + length).min(text.len());
            text.drain(start..end);
        }
        Edit::Insert(at, piece) => {
            let start = place(at, text.len());
            text.splice(start..start, PIECES[piece].chars());
        }
        Edit::Copy(from, length, to) => {
            let start = place(from, text.len());
            let end = (start + length).min(text.len());
            let copied = text[start..end].to_vec();
            let to = place(to, text.len());
            text.splice(to..to, copied);
        }
    }
}

fn survive(source: &str) {
    stack_file::run(source.as_bytes());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn on_edited_files(which in any::<usize>(), edits in prop::collection::vec(edit(), 1..12)) {
        let sources = sources();
        let mut text: Vec<char> = sources[which % sources.len()].chars().collect();
        for edit in &edits {
            apply(&mut text, edit);
        }
        survive(&text.into_iter().collect::<String>());
    }

    #[test]
    fn on_any_text(text in "\\PC{0,200}") {
        survive(&text);
    }
}

fn sources() -> Vec<String> {
    let folders = ["stacks", "examples", "tests/stack"];
    let mut sources: Vec<String> = folders
        .iter()
        .flat_map(|folder| files(folder).into_values())
        .collect();
    sources.push(include_str!("../../deploy.example.toml").to_owned());
    sources
}

/// A stack with everything that has an address of its own beside the services.
const FULL: &str = r#"
[stack]
name = "full"
region = "us-east-1"
[network]
nat = "per-zone"
zones = 3
[database]
log_exports = ["postgresql", "upgrade", "iam-db-auth-error"]
[storage]
[redis]
[cluster]
container_insights = "enhanced"
[alarms]
email = "name@example.org"
[domain]
name = "chat.example.org"
[load_balancer]
waf = true
[service.shifting]
image = "web"
public = true
paths = ["/shifting/*"]
deployment = { strategy = "canary" }
"#;

/// Whatever a service is called, reading ends in a problem or in a stack that can be planned: as any part
/// of any address that a full stack has, alone and beside words that names are put together with.
#[test]
fn on_services_called_like_anything_that_the_stack_has() {
    let stack = ajuda::presets::parse(FULL, "deploy.toml").unwrap();
    let place = stack_file::place(&stack.name);
    let graph = ajuda::steps::declare(&stack, &place, &ajuda::steps::Choice::default()).graph;
    let mut words = std::collections::BTreeSet::new();
    for (address, _) in graph.iter() {
        words.insert(address.kind().to_owned());
        let names = address.name().split(['/', '.']);
        for name in names {
            words.insert(name.to_owned());
            let cuts = name
                .match_indices('-')
                .flat_map(|(at, _)| [&name[..at], &name[at + 1..]]);
            words.extend(cuts.map(str::to_owned));
        }
    }
    words.extend(["main", "stack", "alternate", "to", "from", "lease-1"].map(str::to_owned));
    assert!(
        words.contains("flow-logs") && words.contains("container-insights"),
        "{words:?}"
    );
    let service = |name: &str, more: &str| {
        format!("[service.{name}]\nimage = \"web\"\nuses = [\"database\", \"redis\"]\n{more}")
    };
    for word in &words {
        survive(&format!("{FULL}{}", service(word, "")));
    }
    let all: String = words.iter().map(|word| service(word, "")).collect();
    survive(&format!("{FULL}{all}"));
    for parts in [
        ["a", "a-to-b", "b-to-c", "c"],
        ["a", "a-from-b", "b-from-c", "c"],
        ["a-to", "a", "to-b", "b"],
        ["a", "a-alternate", "a-task", "a-execution"],
    ] {
        let exposed = |name: &&str| service(name, &format!("expose = \"{name}:80\"\n"));
        let all: String = parts.iter().map(exposed).collect();
        survive(&format!("{FULL}{all}"));
    }
    let public = "public = true\npaths = [\"/alternate/*\"]\n";
    survive(&format!("{FULL}{}", service("shifting-alternate", public)));
}

#[test]
fn on_deep_and_empty_files() {
    for source in [
        String::new(),
        "\u{feff}".to_owned(),
        "[".repeat(100_000),
        format!("a = {}", "[".repeat(10_000)),
        format!("a = {}1{}", "{ a = ".repeat(5_000), " }".repeat(5_000)),
        format!("[{}]", vec!["a"; 5_000].join(".")),
        format!("{} = 1", vec!["a"; 5_000].join(".")),
        format!("[service.{}]\nimage = 'a'", "x".repeat(100_000)),
        "service = 3\nstack = []\nprovider = [[]]\nnetwork = 1\n".to_owned(),
        "[[service]]\nname = 'a'\n[[stack]]\n".to_owned(),
    ] {
        survive(&source);
    }
}
