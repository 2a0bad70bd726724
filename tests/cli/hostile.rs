//! What others write reaches the operator's terminal as text, and never as an order to it: lines of
//! containers, messages of AWS, tags, values of the file; and the terminal is given back as it was.

use std::process::Command;

use serde_json::{Value, json};

use crate::binary::{Desk, Ended, run};
use crate::one_off::{TINY, up};
use crate::support::plugin::plugin;
use crate::support::terminal::{HOSTILE, Shown, on_a_terminal, unruly};

const ALL: [&str; 3] = ["stdin", "stdout", "stderr"];

fn command(desk: &Desk, words: &[&str]) -> Command {
    let mut command = desk.command();
    command.args(["deploy"]).args(words);
    command
}

/// The same words on a terminal, with colour and without, and on one that nobody can answer.
fn shown(desk: &Desk, words: &[&str]) -> [Shown; 3] {
    let mut plain = command(desk, words);
    plain.env("NO_COLOR", "1");
    [
        on_a_terminal(&command(desk, words), &ALL, &[]),
        on_a_terminal(&plain, &ALL, &[]),
        on_a_terminal(&command(desk, words), &["stderr"], &[]),
    ]
}

/// Without what a machine that is slow is told, wherever that stands.
fn without_notices(said: &str) -> String {
    let lines = said.split_inclusive('\n');
    lines
        .filter(|line| !line.contains("has not answered for"))
        .collect()
}

fn tame(said: &str, what: &str) {
    let mut left = said.to_owned();
    // How the live tree draws itself (`indicatif`): lines up and down, each wiped before it is drawn.
    for lines in 1..=20 {
        for way in ["A", "B"] {
            left = left.replace(&format!("\u{1b}[{lines}{way}"), "");
        }
    }
    let found = unruly(&left.replace("\r\u{1b}[2K", ""));
    assert!(
        found.is_empty(),
        "{what}: {:?}",
        &found[..found.len().min(9)]
    );
}

fn answer_with_hostile_text(desk: &Desk, service: &str, operation: &str) {
    let rule = json!({ "service": service, "operation": operation, "code": "ValidationException", "message": HOSTILE });
    desk.sandbox
        .control("POST", "faults", Some(json!({ "rules": [rule] })));
}

/// A line of a container, as a task of its own and as a log.
#[test]
fn lines_of_containers_are_text_on_a_terminal_and_themselves_in_a_pipe() {
    let desk = up(TINY);
    let words = ["run", "--sandbox", "--", "echo", HOSTILE];
    let piped = run(&mut command(&desk, &words));
    assert_eq!(piped.code, 0, "{}", piped.err);
    assert_eq!(
        piped.out,
        format!("{HOSTILE}\n"),
        "a pipe gets what was written"
    );
    for on in [ALL.as_slice(), &["stdout"]] {
        for color in [true, false] {
            let mut run = command(&desk, &words);
            if !color {
                run.env("NO_COLOR", "1");
            }
            let ran = on_a_terminal(&run, on, &[]);
            tame(&ran.said, "run");
            assert!(ran.said.contains("evil\\x1b]0;owned\\x07"), "{}", ran.said);
            assert!(ran.said.contains("\\u{9b}2J"), "{}", ran.said);
            assert!(ran.said.contains("\\u{202e}txt.exe"), "{}", ran.said);
        }
    }
    let piped = desk.deploy(&["logs"]);
    assert!(piped.out.contains(HOSTILE), "{:?}", piped.out);
    for logs in &shown(&desk, &["logs", "--sandbox"])[..2] {
        tame(&logs.said, "logs");
        assert!(
            logs.said.contains("evil\\x1b]0;owned\\x07"),
            "{}",
            logs.said
        );
    }
    let lines = desk.deploy(&["logs", "--output", "json"]);
    tame(&lines.out, "logs in JSON");
    let whole = lines.out.lines().any(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["message"] == HOSTILE
    });
    assert!(whole, "{}", lines.out);
}

/// Messages of AWS, in an error, in a status and in the live tree; tags, in a plan.
#[test]
fn messages_and_tags_of_aws_are_text_wherever_they_are_shown() {
    let desk = up(TINY);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cloud = desk.sandbox.cloud("tiny").await;
        let arn = cloud.place.arn("logs", "log-group:/ecs/tiny/web");
        let tag = cloud.logs.tag_resource().resource_arn(arn);
        tag.tags("ours", HOSTILE).send().await.unwrap();
    });
    desk.write(
        &format!("{TINY}[stack.tags]\nours = \"ours\"\n")
            .replace("[stack.tags]", "[logs]\ndays = 30\n[stack.tags]"),
    );
    for plan in shown(&desk, &["plan", "--sandbox"]) {
        tame(&plan.said, "plan");
    }
    let plan = run(&mut command(&desk, &["plan", "--sandbox"]));
    assert!(plan.out.contains("\\u{202e}txt.exe"), "{plan:?}");
    tame(&(plan.out + &plan.err), "a plan in a pipe");
    let plan = run(&mut command(
        &desk,
        &["plan", "--sandbox", "--output", "json"],
    ));
    assert!(
        plan.out.contains("\\\\u202e") || plan.out.contains("\\u202e"),
        "{plan:?}"
    );
    tame(&plan.out, "a plan in JSON");

    for (service, operation, words) in [
        ("logs", "DescribeLogGroups", &["plan", "--sandbox"][..]),
        ("ecs", "DescribeServices", &["status", "--sandbox"]),
        ("logs", "FilterLogEvents", &["logs", "--sandbox"]),
        ("logs", "PutRetentionPolicy", &["up", "--sandbox", "--yes"]),
        ("logs", "TagResource", &["up", "--sandbox", "--yes"]),
    ] {
        answer_with_hostile_text(&desk, service, operation);
        for told in shown(&desk, words) {
            tame(&told.said, operation);
        }
        let told = run(&mut command(&desk, words));
        tame(&(told.out + &told.err), operation);
        let json = [words, &["--output", "json"]].concat();
        let told = run(&mut command(&desk, &json));
        tame(&(told.out + &told.err), operation);
    }
}

#[test]
fn values_of_the_file_and_words_of_the_command_line_are_text() {
    let desk = Desk::with(
        "[stack]\n\"\\u001b]0;owned\\u0007\" = 1\nname = \"a\\u001b[2J\u{202e}\"\n# \u{9b}2J\u{202e}\nregion = 7 # \u{9b}2J\u{202e}\n",
    );
    for told in shown(&desk, &["plan", "--sandbox"]) {
        assert_eq!(told.code, 1, "{}", told.said);
        tame(&told.said, "mistakes");
    }
    let told = run(&mut command(&desk, &["plan", "--output", "json"]));
    tame(&(told.out + &told.err), "mistakes in JSON");
    for words in [
        &["plan", "--\u{1b}[2J"][..],
        &["plan", "--file", "\u{1b}]0;owned\u{7}\u{202e}"],
    ] {
        for told in shown(&desk, words) {
            tame(&told.said, "words");
        }
    }
}

#[test]
fn ctrl_backslash_gives_the_terminal_back() {
    let text = format!("{TINY}exec = true\nsecrets = {{ A = {{ env = \"A_VALUE\" }} }}\n");
    let desk = Desk::with(&text);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    // While a value is typed unseen.
    let set = command(&desk, &["secrets", "set", "web/A", "--sandbox", "--yes"]);
    let set = on_a_terminal(&set, &ALL, &[("(not shown):", "half a val\u{1c}")]);
    assert_eq!((set.code, set.same), (130, true), "{}", set.said);
    assert!(
        set.said.contains("in the sandbox at http://127.0.0.1"),
        "{}",
        set.said
    );
    // In the live view, whose raw terminal makes no signal of it.
    let watch = command(&desk, &["status", "--watch", "--sandbox"]);
    let watch = on_a_terminal(&watch, &ALL, &[("healthy", "\u{1c}")]);
    assert_eq!((watch.code, watch.same), (130, true), "{:?}", watch.said);
    assert!(
        watch.said.contains("\u{1b}[?1049l"),
        "the other screen is left"
    );
    // While the plugin has the terminal: it is for what runs there.
    let stays = plugin(
        "trap 'echo took it; exit 0' QUIT\nstty raw -echo isig\necho ready\nwhile :; do sleep 0.1; done",
    );
    let mut exec = command(&desk, &["exec", "--sandbox"]);
    exec.env("PATH", stays.path());
    let exec = on_a_terminal(&exec, &ALL, &[("ready", "\u{1c}")]);
    assert_eq!((exec.code, exec.same), (0, true), "{}", exec.said);
    assert!(exec.said.contains("took it"), "{}", exec.said);
}

#[test]
fn whoever_gets_the_requests_is_named_above_the_question() {
    let desk = Desk::with(TINY);
    let answered = |command: &Command| on_a_terminal(command, &ALL, &[("(yes/no)", "no\n")]);
    let sandbox = answered(&command(&desk, &["up", "--sandbox"]));
    assert_eq!(sandbox.code, 3, "{}", sandbox.said);
    let line = format!("in the sandbox at {}, not in AWS\n", desk.sandbox.url);
    let said = without_notices(&sandbox.said);
    assert!(said.starts_with(&line), "{}", sandbox.said);
    // The question itself says so.
    assert!(
        sandbox
            .said
            .contains("in the sandbox (us-east-1, account 123456789012)?"),
        "{}",
        sandbox.said
    );
    let mut set = command(&desk, &["up"]);
    set.env("AWS_ENDPOINT_URL", &desk.sandbox.url)
        .env("NO_COLOR", "1");
    set.env("AWS_ACCESS_KEY_ID", "a")
        .env("AWS_SECRET_ACCESS_KEY", "b");
    let set = answered(&set);
    let line = format!(
        "warning: requests go to {}, as AWS_ENDPOINT_URL or the profile says, not to AWS's own hosts\n",
        desk.sandbox.url
    );
    let said = without_notices(&set.said);
    assert!(said.starts_with(&line), "{}", set.said);
    assert!(said.contains(&format!("{line}create ")), "{}", set.said);
}

/// The first line of every verb that changes something, when nothing is asked.
#[test]
fn whoever_gets_the_requests_is_named_first_by_every_verb_that_changes() {
    let desk = Desk::with(TINY);
    let line = format!("warning: requests go to {},", desk.sandbox.url);
    let verbs: [&[&str]; 14] = [
        &["up", "--yes"],
        &["adopt", "vpc/main", "--yes"],
        &["push", "--from", "127.0.0.1:1/app:v1"],
        &["run", "--", "true"],
        &["exec"],
        &["tunnel"],
        &["update", "--restart", "--yes"],
        &["rollback", "--yes"],
        &["scale", "web=1", "--yes"],
        &["unlock", "--yes"],
        &["secrets", "set", "web/A", "--stdin"],
        &["secrets", "rotate", "web/A", "--yes"],
        &["db", "backup"],
        &["destroy", "--yes"],
    ];
    for words in verbs {
        let mut command = command(&desk, words);
        command
            .env("AWS_ENDPOINT_URL", &desk.sandbox.url)
            .env("AWS_ACCESS_KEY_ID", "a")
            .env("AWS_SECRET_ACCESS_KEY", "b");
        let Ended { err, .. } = run(&mut command);
        let said = without_notices(&err);
        assert!(said.starts_with(&line), "{words:?}: {err}");
    }
}

#[test]
fn an_endpoint_elsewhere_without_tls_is_refused_before_anything_is_sent() {
    let desk = Desk::with(TINY);
    let config = desk.text();
    let profile = |text: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    };
    let general = profile("[default]\nendpoint_url = http://192.0.2.1:4566\n");
    let service = profile(
        "[default]\nservices = mine\n[services mine]\necs =\n  endpoint_url = http://192.0.2.1:4566\n",
    );
    let path = |file: &tempfile::NamedTempFile| file.path().display().to_string();
    let http = "http://192.0.2.1:4566".to_owned();
    for (name, value) in [
        ("AWS_ENDPOINT_URL", http.clone()),
        ("AWS_ENDPOINT_URL_ECS", http.clone()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", http.clone()),
        ("AWS_ENDPOINT_URL_STS", http),
        ("AWS_CONFIG_FILE", path(&general)),
        ("AWS_CONFIG_FILE", path(&service)),
    ] {
        let mut up = command(&desk, &["up", "--yes"]);
        up.env(name, &value)
            .env("AWS_ACCESS_KEY_ID", "a")
            .env("AWS_SECRET_ACCESS_KEY", "b");
        let up = run(&mut up);
        assert_eq!(up.code, 1, "{name}: {}", up.err);
        let said = "is http://192.0.2.1:4566: another machine, and no TLS";
        assert!(up.err.contains(said), "{name}: {}", up.err);
    }
    assert_eq!(config, desk.text());
}

#[test]
fn a_plan_names_the_variable_that_a_value_comes_from() {
    let text = format!("{TINY}secrets = {{ A = {{ env = \"A_VALUE\" }} }}\n");
    let desk = Desk::with(&text);
    let plan = desk.deploy(&["plan"]);
    let said = "its value comes from the environment variable A_VALUE of this machine";
    assert!(plan.out.contains(said), "{}", plan.out);
    let plan = desk.deploy(&["plan", "--output", "json"]);
    assert!(plan.out.contains(said), "{}", plan.out);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    let plan = desk.deploy(&["plan"]);
    assert!(!plan.out.contains("A_VALUE"), "it is there: {}", plan.out);
}

#[test]
fn a_stack_file_is_a_regular_file_of_a_mebibyte() {
    let desk = Desk::with(TINY);
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let made = Command::new("mkfifo").arg(at("pipe")).status().unwrap();
    assert!(made.success());
    std::fs::write(at("large"), "#".repeat(1024 * 1024 + 1)).unwrap();
    for (name, said) in [
        ("/dev/zero".to_owned(), "it is no regular file"),
        (at("pipe"), "it is no regular file"),
        (at(""), "it is no regular file"),
        (at("large"), "more than 1 MiB"),
    ] {
        let plan = run(&mut command(&desk, &["plan", "--file", &name]));
        assert_eq!(plan.code, 1, "{}", plan.err);
        assert!(plan.err.contains(said), "{name}: {}", plan.err);
    }
    let many: String = (0..60).map(|number| format!("k{number} = 1\n")).collect();
    desk.write(&many);
    let plan = run(&mut command(&desk, &["plan"]));
    for said in [
        "mistakes in deploy.toml",
        "the first 50 are shown",
        "more follow",
    ] {
        assert!(plan.err.contains(said), "`{said}` in {}", plan.err);
    }
    let plan = run(&mut command(&desk, &["plan", "--output", "json"]));
    assert!(plan.out.contains("more follow"), "{}", plan.out);
}
