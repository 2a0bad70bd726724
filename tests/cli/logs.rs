//! What `logs` reads: merged, filtered, followed, each line once.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ajuda::aws::Cloud;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use serde_json::{Value, json};

use crate::binary::Desk;
use crate::one_off::{TINY, up};

const TASK: &str = "0123456789abcdef0123456789abcdef";

fn two() -> String {
    format!("{TINY}[service.worker]\nimage = \"ghcr.io/example/worker:1.0\"\nport = 9000\n")
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// A writer beside the containers.
struct Writer {
    runtime: tokio::runtime::Runtime,
    cloud: Arc<Cloud>,
}

impl Writer {
    fn new(desk: &Desk) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let cloud = runtime.block_on(desk.sandbox.cloud("tiny"));
        Self { runtime, cloud }
    }

    /// Writes lines as a task of a service, each with its time.
    fn write(&self, service: &str, lines: &[(i64, String)]) {
        let group = format!("/ecs/tiny/{service}");
        let stream = format!("ecs/{service}/{TASK}");
        self.runtime.block_on(async {
            let made = self.cloud.logs.create_log_stream();
            // It may be there from the last time.
            let _ = made
                .log_group_name(&group)
                .log_stream_name(&stream)
                .send()
                .await;
            let events = lines.iter().map(|(time, text)| {
                InputLogEvent::builder()
                    .timestamp(*time)
                    .message(text)
                    .build()
                    .unwrap()
            });
            let put = self
                .cloud
                .logs
                .put_log_events()
                .log_group_name(&group)
                .log_stream_name(&stream);
            put.set_log_events(Some(events.collect()))
                .send()
                .await
                .unwrap();
        });
    }

    fn one(&self, service: &str, time: i64, text: &str) {
        self.write(service, &[(time, text.to_owned())]);
    }
}

fn messages(out: &str) -> Vec<String> {
    let of = |line: &str| line.splitn(4, ' ').nth(3).unwrap_or_default().to_owned();
    out.lines().map(of).collect()
}

#[test]
fn lines_of_all_services_come_by_their_times() {
    let desk = up(&two());
    let (writer, begin) = (Writer::new(&desk), now() - 60_000);
    writer.write(
        "web",
        &[(begin, "first".into()), (begin + 20, "third".into())],
    );
    writer.write(
        "worker",
        &[
            (begin + 10, "second".into()),
            (begin + 30, "Fourth is FATAL".into()),
        ],
    );

    let logs = desk.deploy(&["logs", "--task", "0123"]);
    assert_eq!(logs.code, 0, "{}", logs.err);
    assert_eq!(
        messages(&logs.out),
        ["first", "second", "third", "Fourth is FATAL"]
    );
    assert!(logs.out.contains("Z web/01234567  first"), "{}", logs.out);
    assert!(
        !logs.out.contains('\u{1b}'),
        "no colour where no terminal is"
    );

    let all = desk.deploy(&["logs"]).out;
    assert!(all.contains("listening"), "containers' own lines: {all}");
    let said = |words: &[&str]| {
        messages(
            &desk
                .deploy(&[&["logs", "--task", "0123"], words].concat())
                .out,
        )
    };
    assert_eq!(said(&["--filter", "fatal"]), ["Fourth is FATAL"]);
    assert_eq!(said(&["--pattern", "third"]), ["third"]);
    assert_eq!(
        said(&["--service", "worker", "--lines", "1"]),
        ["Fourth is FATAL"]
    );
    assert_eq!(said(&["--since", "30s"]), [""; 0]);
    let until = aws_smithy_types::DateTime::from_millis(begin + 999);
    let until = until
        .fmt(aws_smithy_types::date_time::Format::DateTime)
        .unwrap();
    assert_eq!(said(&["--until", &until]).len(), 4);

    let lines = desk
        .deploy(&["logs", "--task", "0123", "--output", "json"])
        .out;
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (
            &lines[1]["service"],
            &lines[1]["task"],
            &lines[1]["message"]
        ),
        (&json!("worker"), &json!(TASK), &json!("second"))
    );
}

#[test]
fn no_line_of_a_long_log_is_lost_or_given_twice() {
    let desk = up(&two());
    let (writer, begin) = (Writer::new(&desk), now() - 60_000);
    for part in 0..3 {
        let lines: Vec<(i64, String)> = (0..5000)
            .map(|at| {
                (
                    begin + part * 5000 + at,
                    format!("line {}", part * 5000 + at),
                )
            })
            .collect();
        writer.write("web", &lines);
    }
    writer.one("worker", begin + 7_500, "between");
    let logs = desk.deploy(&["logs", "--task", "0123", "--output", "json"]);
    let lines: Vec<Value> = logs
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 15_001);
    let times: Vec<&str> = lines
        .iter()
        .map(|line| line["time"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted());
    let at = lines
        .iter()
        .position(|line| line["service"] == "worker")
        .unwrap();
    assert!((7_500..=7_502).contains(&at), "{at}");
}

#[test]
fn what_is_not_there_is_said() {
    let desk = up(&two());
    let unknown = desk.deploy(&["logs", "--service", "wbe"]);
    assert_eq!(unknown.code, 1);
    assert!(
        unknown.err.contains("no service `wbe`") && unknown.err.contains("web, worker"),
        "{}",
        unknown.err
    );
    let wrong = desk.deploy(&["logs", "--since", "yesterday"]);
    assert_eq!(wrong.code, 1);
    assert!(wrong.err.contains("write it like `10m`"), "{}", wrong.err);

    let writer = Writer::new(&desk);
    let delete = writer
        .cloud
        .logs
        .delete_log_group()
        .log_group_name("/ecs/tiny/worker");
    writer.runtime.block_on(delete.send()).unwrap();
    let gone = desk.deploy(&["logs", "--service", "worker"]);
    assert_eq!(gone.code, 1, "{}", gone.out);
    assert!(
        gone.err.contains("the service worker has no log group"),
        "{}",
        gone.err
    );
    assert!(gone.err.contains("ajuda deploy up"), "{}", gone.err);
    let rest = desk.deploy(&["logs"]);
    assert_eq!(rest.code, 0, "the others are read: {}", rest.err);
    assert!(
        rest.out.contains("web/") && rest.err.contains("worker has no log group"),
        "{}",
        rest.err
    );
    assert!(
        desk.deploy(&["logs", "--task", "ffff"])
            .err
            .contains("no such lines")
    );
}

/// A running `logs --follow` and what it writes.
struct Follower {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

fn follow(desk: &Desk) -> Follower {
    let mut command = desk.command();
    command.args(["deploy", "logs", "--sandbox", "--follow", "--task", "0123"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    Follower { child, lines }
}

impl Follower {
    fn next(&mut self) -> String {
        messages(&self.lines.next().unwrap().unwrap()).remove(0)
    }
}

#[test]
fn following_gives_each_line_once_and_late_ones_too_and_ends_with_130() {
    let desk = up(&two());
    let (writer, begin) = (Writer::new(&desk), now() - 5_000);
    writer.one("web", begin, "before");
    let mut follower = follow(&desk);
    assert_eq!(follower.next(), "before");
    writer.one("worker", begin + 2_000, "new");
    assert_eq!(follower.next(), "new");
    // Written before the one that was shown, and arrived after it.
    writer.one("web", begin - 1_000, "late");
    assert_eq!(follower.next(), "late");
    writer.one("web", begin + 3_000, "last");
    assert_eq!(follower.next(), "last", "nothing is given twice in between");
    let pid = follower.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(follower.child.wait().unwrap().code(), Some(130));
    assert!(follower.lines.next().is_none());
}

#[test]
fn following_ends_when_nobody_reads() {
    let desk = up(&two());
    let (writer, begin) = (Writer::new(&desk), now() - 5_000);
    writer.one("web", begin, "before");
    let mut follower = follow(&desk);
    assert_eq!(follower.next(), "before");
    drop(follower.lines);
    writer.one("web", begin + 1_000, "unheard");
    assert_eq!(follower.child.wait().unwrap().code(), Some(0));
}
