//! Golden output: plans, events, reports and errors as people and machines see them, and the help.
//!
//! `INSTA_UPDATE=always cargo test --test render` rewrites them; the difference is reviewed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/schema.rs"]
mod schema;
#[path = "render/status.rs"]
mod status;
#[path = "support/terminal.rs"]
#[expect(
    dead_code,
    reason = "what is hostile and what is unruly is all that is used here"
)]
mod terminal;

use std::process::Command;
use std::time::Duration;

use ajuda::aws::timestamp::Timestamp;
use ajuda::command_error::CommandError;
use ajuda::engine::{
    Action, Address, Cause, Change, Changes, Class, Conflict, Doubt, Estimate, Event, Extra, Fault,
    Item, Obstacle, Plan, Report, Schedule, Sent, Stage, StageAction, StagedChange, Subject,
    Unmanaged, Unread, Unverified, Verb,
};
use ajuda::exit::Exit;
use ajuda::fields;
use ajuda::message::StackOptions;
use ajuda::message::commands::up;
use ajuda::render::{self, Detail, Style, json};
use serde::Serialize;
use serde_json::{Value, json};

fn origin() -> json::Origin {
    json::Origin {
        stack: "open-webui".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        sandbox: false,
    }
}

/// The stack of `deploy.toml`, in AWS.
fn here() -> StackOptions {
    StackOptions::default()
}

fn document(said: &impl Serialize) -> String {
    let text = json::document(said, Some(&origin()));
    schema::check(&text);
    text
}

fn line(said: &impl Serialize) -> String {
    let text = json::line(
        said,
        Timestamp::of_millis(1_769_903_999_007),
        Some(&origin()),
    );
    schema::check(&text);
    text
}

fn at(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// What the items below have in front.
struct Shown {
    cidr: (),
    zone: (),
}

fn item(address: &str, step: &'static str, action: Action, changes: Vec<Change>) -> Item {
    Item {
        address: at(address),
        step,
        orphan: None,
        action,
        changes: Changes::from(changes),
        data: address.starts_with("db-instance") || address.starts_with("bucket"),
        notes: Vec::new(),
        taken: None,
        headline: const { &fields!(Shown, cidr, zone) },
        is_revision: address.starts_with("task-definition"),
    }
}

fn change(path: &str, before: Value, after: Value) -> Change {
    Change {
        path: path.to_owned(),
        before,
        after,
        sensitive: false,
        replaces: false,
        unknown: false,
        cause: Some(Cause::File),
    }
}

fn fault() -> Fault {
    Fault {
        operation: "ec2:CreateNatGateway".to_owned(),
        class: Class::Quota,
        code: "NatGatewayLimitExceeded".to_owned(),
        message: "Performing this operation would exceed the limit of 5 NAT gateways".to_owned(),
        request_id: Some("59dbff89-35bd-4eac-99ed-be587EXAMPLE".to_owned()),
        sent: Sent::Answered,
        hint: Some("ask AWS for a higher quota, or set `nat = \"one\"` under [network]".into()),
    }
}

fn unmanaged(address: &str, what: &str, open: bool) -> Unmanaged {
    Unmanaged {
        address: at(address),
        extra: Extra {
            what: what.to_owned(),
            open,
        },
        removed: false,
    }
}

/// Another version of a service that migrates its database.
fn upgrade() -> StagedChange {
    let stage = |address: &str, verb, action| Stage {
        address: at(address),
        verb,
        actions: vec![action],
        estimate: Estimate::typical(Duration::from_secs(120)),
    };
    let name = "open-webui-before-v2".to_owned();
    StagedChange {
        subject: Subject::Service {
            name: "open-webui".to_owned(),
            revision: 3,
            image: "open-webui:v1".to_owned(),
            to: None,
        },
        changes: vec![change("tag", json!("v1"), json!("v2"))],
        stages: vec![
            stage(
                "db-snapshot/main",
                Verb::Create,
                StageAction::Snapshot { name },
            ),
            stage(
                "service/open-webui",
                Verb::Update,
                StageAction::Stop { tasks: 2 },
            ),
            stage("service/open-webui", Verb::Update, StageAction::Migrate),
        ],
        warnings: vec!["v2 is older than v1".into()],
    }
}

/// A database that goes back.
fn restore() -> StagedChange {
    let stage = |address: &str, action| Stage {
        address: at(address),
        verb: Verb::Update,
        actions: vec![action],
        estimate: Estimate::typical(Duration::from_secs(600)),
    };
    let service = || "open-webui".to_owned();
    let stop = StageAction::StopService {
        service: service(),
        tasks: 2,
    };
    let start = StageAction::StartService { service: service() };
    StagedChange {
        subject: Subject::Database {
            instance: "open-webui-db".to_owned(),
            backup: "snapshot nightly".to_owned(),
        },
        changes: vec![],
        stages: vec![
            stage("service/open-webui", stop),
            stage("db-instance/open-webui-db", StageAction::ReachBackups),
            stage(
                "db-instance/open-webui-db-restored",
                StageAction::RestoreBeside,
            ),
            stage("database-setup/main", StageAction::CheckRestored),
            stage("db-instance/open-webui-db", StageAction::SwapNames),
            stage("service/open-webui", start),
        ],
        warnings: vec![],
    }
}

#[test]
fn a_plan_of_stages_alone() {
    insta::assert_snapshot!(render::plan(
        &Plan::of_stages(restore()),
        Detail::Headline,
        &here(),
        Style::PLAIN
    ));
}

#[test]
fn stages_for_machines() {
    insta::assert_snapshot!(line(&json::planned(&Plan::of_stages(restore()), &here())));
}

fn plan() -> Plan {
    let mut database = item(
        "db-instance/main",
        "database",
        Action::Update,
        vec![change("storage_gb", json!(200), json!(400))],
    );
    database.notes =
        vec!["waits for the maintenance window sun:05:00-sun:06:00: instance class".into()];
    let mut orphan = item(
        "bucket/old",
        "no longer in the file",
        Action::Delete,
        vec![],
    );
    orphan.orphan = Some("open-webui-old-123456789012".to_owned());
    let secret = Change {
        sensitive: true,
        ..change("environment.API_TOKEN", Value::Null, Value::Null)
    };
    Plan {
        staged: vec![upgrade()],
        items: vec![
            item("vpc/main", "network", Action::Keep, vec![]),
            item(
                "subnet/public-c",
                "network",
                Action::Create,
                vec![
                    change("cidr", Value::Null, json!("10.0.32.0/20")),
                    change("vpc", Value::Null, json!("vpc-1")),
                    change("zone", Value::Null, json!("us-east-1c")),
                ],
            ),
            database,
            item(
                "target-group/open-webui",
                "load balancer",
                Action::Replace {
                    because: vec!["port".to_owned()],
                },
                vec![Change {
                    replaces: true,
                    ..change("port", json!(8080), json!(9090))
                }],
            ),
            item(
                "task-definition/open-webui",
                "app",
                Action::Replace {
                    because: vec!["environment.LOG".to_owned()],
                },
                vec![
                    change("environment.LOG", json!("info"), Value::Null),
                    secret,
                    change(
                        "environment.OPENAI_API_CONFIGS",
                        json!(r#"{"0":{"enable":true,"model_ids":["sonnet"]}}"#),
                        json!(r#"{"0":{"enable":true,"model_ids":["nova-lite","sonnet"]}}"#),
                    ),
                ],
            ),
            item(
                "service/open-webui",
                "app",
                Action::Later {
                    on: vec![at("target-group/open-webui")],
                },
                vec![Change {
                    unknown: true,
                    ..change(
                        "target",
                        json!("arn:aws:…/1"),
                        json!({
                            "known_after": ["target-group/open-webui"],
                            "text": "(known after target-group/open-webui)",
                        }),
                    )
                }],
            ),
            orphan,
        ],
        conflicts: vec![Conflict {
            address: at("cluster/main"),
            id: "open-webui-cluster".to_owned(),
            of: None,
            because: Obstacle::Name,
        }],
        unmanaged: vec![
            unmanaged(
                "listener/https",
                "listener rule at priority 40 for /robots.txt",
                false,
            ),
            unmanaged(
                "security-group/database",
                "ingress rule of tcp 5432 from 0.0.0.0/0",
                true,
            ),
        ],
        unverified: vec![Unverified {
            address: at("role/old-task"),
            id: "billing".to_owned(),
            because: Doubt::Name,
            holds_data: false,
        }],
        unread: vec![Unread {
            kind: "alarm",
            addresses: vec![at("alarm/latency")],
            fault: Fault {
                class: Class::Denied,
                operation: "cloudwatch:DescribeAlarms".to_owned(),
                code: "AccessDenied".to_owned(),
                message: "not authorized".to_owned(),
                hint: None,
                ..fault()
            },
        }],
        fingerprint: "0123".to_owned(),
        schedule: Schedule::default(),
    }
}

#[test]
fn a_plan_for_people() {
    insta::assert_snapshot!(render::plan(
        &plan(),
        Detail::Headline,
        &here(),
        Style::PLAIN
    ));
}

#[test]
fn a_plan_with_every_field() {
    insta::assert_snapshot!(render::plan(&plan(), Detail::Full, &here(), Style::PLAIN));
}

#[test]
fn a_plan_for_machines() {
    insta::assert_snapshot!(document(&json::plan(
        &plan(),
        vec!["the network has one NAT gateway".to_owned()],
        &[],
        &here()
    )));
}

#[test]
fn a_plan_with_nothing_to_do() {
    let nothing = Plan {
        items: vec![item("vpc/main", "network", Action::Keep, vec![])],
        ..Plan::default()
    };
    insta::assert_snapshot!(render::plan(
        &nothing,
        Detail::Headline,
        &here(),
        Style::PLAIN
    ));
}

#[test]
#[should_panic(expected = "format_version")]
fn what_the_schema_does_not_say_is_noticed() {
    schema::check(r#"{"event":"warning","message":"no envelope"}"#);
}

fn events() -> Vec<Event> {
    let address = at("db-instance/main");
    vec![
        Event::Started {
            address: address.clone(),
            verb: Verb::Create,
            expected_ms: 720_000,
        },
        Event::Waiting {
            address: address.clone(),
            elapsed_ms: 250_000,
            expected_ms: 720_000,
            doing: "creating".to_owned(),
        },
        Event::Retrying {
            address: at("service/app"),
            because:
                "ecs:CreateService answered InvalidParameterException: unable to assume the role"
                    .to_owned(),
            attempt: 2,
        },
        Event::Note {
            address: address.clone(),
            text: "restored from its recovery window".into(),
        },
        Event::Done {
            address,
            verb: Verb::Create,
            elapsed_ms: 702_000,
        },
        Event::Failed {
            address: at("nat-gateway/main"),
            verb: Verb::Create,
            fault: fault(),
            elapsed_ms: 1_400,
        },
        Event::Skipped {
            address: at("route-table/private"),
            verb: Verb::Create,
            because: Some(at("nat-gateway/main")),
        },
        Event::Skipped {
            address: at("alarm/latency"),
            verb: Verb::Update,
            because: None,
        },
    ]
}

#[test]
fn events_in_a_log() {
    let lines: Vec<String> = events()
        .iter()
        .map(|event| render::line(event, &StackOptions::default(), Style::PLAIN))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn events_for_machines() {
    let told = |event: &Event| line(&json::event(event, &here()));
    let lines: String = events().iter().map(told).collect();
    insta::assert_snapshot!(lines);
}

fn report() -> Report {
    Report {
        done: vec![
            (at("vpc/main"), Verb::Create),
            (at("alarm/old"), Verb::Delete),
            // A replacement and a new revision, each an object made and its predecessor removed.
            (at("target-group/open-webui"), Verb::Create),
            (at("target-group/open-webui"), Verb::Delete),
            (at("task-definition/open-webui"), Verb::Create),
            (at("task-definition/open-webui"), Verb::Delete),
        ],
        failed: vec![(at("nat-gateway/main"), Verb::Create, fault())],
        skipped: vec![(
            at("route-table/private"),
            Verb::Create,
            Some(at("nat-gateway/main")),
        )],
        interrupted: false,
        revised: [at("task-definition/open-webui")].into(),
    }
}

#[test]
fn the_end_of_a_run() {
    insta::assert_snapshot!(render::report(
        &report(),
        &up(),
        &["web runs v1, 1 of 1 healthy".to_owned()],
        &here(),
        Style::PLAIN
    ));
    insta::assert_snapshot!(line(&json::report(&report(), Exit::Partial, &here())));
    let interrupted = Report {
        failed: vec![],
        interrupted: true,
        skipped: vec![(at("alarm/latency"), Verb::Create, None)],
        ..report()
    };
    insta::assert_snapshot!(render::report(
        &interrupted,
        &up(),
        &[],
        &here(),
        Style::PLAIN
    ));
}

/// What was not begun is not done, although nothing failed.
#[test]
fn what_was_left_out_is_not_done() {
    let left = Report {
        done: vec![(at("vpc/main"), Verb::Create)],
        skipped: vec![(at("alarm/latency"), Verb::Create, None)],
        ..Report::default()
    };
    let said = render::report(&left, &up(), &[], &here(), Style::PLAIN);
    assert!(!said.contains("done:"), "{said}");
    assert!(said.contains("1 created, 1 not begun"), "{said}");
    assert!(said.contains("`ajuda deploy up`"), "{said}");
}

#[test]
fn a_command_that_cannot_begin() {
    let stop = CommandError::fault("cannot reach AWS", &fault());
    insta::assert_snapshot!(render::stop(&stop, &here(), Style::PLAIN));
    insta::assert_snapshot!(line(&json::error(&stop, &here())));
}

/// The words that lead to each command, those that only have others below them too.
fn commands(of: &clap::Command, words: &[String], all: &mut Vec<Vec<String>>) {
    all.push(words.to_vec());
    for below in of.get_subcommands() {
        let words = [words, &[below.get_name().to_owned()]].concat();
        commands(below, &words, all);
    }
}

#[test]
fn the_help_of_every_command() {
    let mut all = Vec::new();
    commands(
        &<ajuda::cli::Cli as clap::CommandFactory>::command(),
        &[],
        &mut all,
    );
    let mut said = String::new();
    for words in all {
        let output = Command::new(env!("CARGO_BIN_EXE_ajuda"))
            .args(&words)
            .arg("--help")
            .env("COLUMNS", "100")
            .output()
            .unwrap();
        assert!(output.status.success());
        let help = String::from_utf8(output.stdout).unwrap();
        let is_verb =
            words.first().is_some_and(|word| word == "deploy") && !help.contains("<COMMAND>");
        assert!(!is_verb || help.contains("Example"), "{words:?}: {help}");
        said.push_str(&format!(
            "$ ajuda {}\n{help}\n",
            [&words[..], &["--help".to_owned()]].concat().join(" ")
        ));
    }
    insta::assert_snapshot!(said);
}
