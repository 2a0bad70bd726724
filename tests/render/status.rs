//! A status as it is printed, and as the live view draws it.

use std::time::Duration;

use ajuda::aws::timestamp::Timestamp;
use ajuda::engine::Summary;
use ajuda::inspect::status::{
    AlarmSummary, AlarmsSummary, CertificateSummary, DatabaseSummary, DeploymentSummary, Health,
    HeldSummary, Issue, ServiceSummary, Status, StoppedTask, TargetSummary, TargetsSummary,
    TaskRevision, TaskSummary, UnreadSummary,
};
use ajuda::message::StackOptions;
use ajuda::render::watch::{View, paint};
use ajuda::render::{Style, json};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

fn at(millis: i64) -> Timestamp {
    Timestamp::of_millis(1_769_903_999_000 + millis)
}

fn service(name: &str, health: Health) -> ServiceSummary {
    ServiceSummary {
        name: name.to_owned(),
        health,
        desired: 2,
        running: 2,
        pending: 0,
        stopped: false,
        revision: Some(TaskRevision {
            family: format!("open-webui-{name}"),
            number: 4,
        }),
        image: Some(format!("example.org/{name}:v1")),
        image_tag: None,
        exec: false,
        deployment: Some(DeploymentSummary {
            status: "successful".to_owned(),
            since: Some(at(-3 * DAY)),
            reason: None,
            failed_tasks: 0,
        }),
        targets: None,
        tasks: vec![TaskSummary {
            id: "0123".to_owned(),
            status: "running".to_owned(),
            health: None,
            revision: None,
            since: Some(at(-DAY)),
        }],
        last_stopped: None,
    }
}

fn midnight() -> Status {
    let app = ServiceSummary {
        running: 1,
        pending: 1,
        deployment: Some(DeploymentSummary {
            status: "in progress".to_owned(),
            since: Some(at(-4 * MINUTE)),
            reason: None,
            failed_tasks: 3,
        }),
        targets: Some(TargetsSummary {
            total: 2,
            healthy: 1,
            others: vec![TargetSummary {
                target: "10.0.1.5:8080".to_owned(),
                state: "unhealthy".to_owned(),
                reason: Some("Health checks failed with these codes: [503]".to_owned()),
            }],
        }),
        last_stopped: Some(StoppedTask {
            id: "4567".to_owned(),
            at: Some(at(-MINUTE)),
            reason: "Essential container in task exited".to_owned(),
            container: Some("open-webui".to_owned()),
            exit_code: Some(137),
            container_reason: Some("OutOfMemoryError".to_owned()),
        }),
        ..service("open-webui", Health::Unhealthy)
    };
    let worker = ServiceSummary {
        desired: 0,
        running: 0,
        revision: None,
        image: None,
        image_tag: None,
        deployment: None,
        ..service("worker", Health::Absent)
    };
    let trouble = |bad, about: &str, what: &str| Issue {
        bad,
        about: about.to_owned(),
        what: what.into(),
    };
    let stopped = app
        .last_stopped
        .as_ref()
        .map(StoppedTask::why)
        .unwrap_or_default();
    Status {
        stack: "open-webui".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        at: at(0),
        health: Health::Unhealthy,
        held: None,
        troubles: vec![
            trouble(
                true,
                "open-webui",
                "target 10.0.1.5:8080 is unhealthy: Health checks failed with these codes: [503]",
            ),
            trouble(
                true,
                "open-webui-latency",
                "1 answer in 20 takes more than 30 s to begin",
            ),
            trouble(
                false,
                "open-webui",
                &format!("task 4567 stopped: {stopped}"),
            ),
        ],
        address: Some("https://chat.example.org".to_owned()),
        services: vec![service("bedrock-gateway", Health::Healthy), app, worker],
        database: Some(DatabaseSummary {
            identifier: "open-webui".to_owned(),
            status: "available".to_owned(),
            health: Health::Healthy,
            version: "16.10".to_owned(),
            storage_gb: 200,
            free_gb: Some(41.5),
            notes: Vec::new(),
        }),
        certificate: Some(CertificateSummary {
            domain: "chat.example.org".to_owned(),
            status: "issued".to_owned(),
            ends: Some(at(320 * DAY)),
            renewal: None,
            waits_for: None,
        }),
        alarms: Some(AlarmsSummary {
            total: 12,
            firing: vec![AlarmSummary {
                name: "open-webui-latency".to_owned(),
                meaning: "1 answer in 20 takes more than 30 s to begin".to_owned(),
                reason: "Threshold Crossed".to_owned(),
                since: Some(at(-10 * MINUTE)),
            }],
            silent: 0,
        }),
        pending: Some(Summary {
            update: 2,
            keep: 60,
            ..Summary::default()
        }),
        notes: vec!["a note of the plan".into()],
        unread: vec![UnreadSummary {
            what: "targets of bedrock-gateway".to_owned(),
            operation: "elasticloadbalancing:DescribeTargetHealth".to_owned(),
            code: "AccessDenied".to_owned(),
            message: "not allowed".to_owned(),
            request_id: Some("r-1".to_owned()),
        }],
    }
}

/// The stack of `deploy.toml`, in AWS.
fn here() -> StackOptions {
    StackOptions::default()
}

#[test]
fn a_status_at_midnight() {
    let text = ajuda::render::status(&midnight(), &here(), Style::PLAIN);
    insta::assert_snapshot!(text);
    insta::assert_snapshot!(json::document(&json::status(&midnight(), &here()), None));
    let coloured = ajuda::render::status(&midnight(), &here(), Style { color: true });
    assert!(
        coloured.contains("\u{1b}[31munhealthy\u{1b}[0m"),
        "{coloured:?}"
    );
}

#[test]
fn a_status_while_somebody_changes_the_stack() {
    let status = Status {
        health: Health::Changing,
        held: Some(HeldSummary {
            owner: "arn:aws:iam::123456789012:user/ops".to_owned(),
            host: "laptop".to_owned(),
            process: 4711,
            since: "2026-01-31T23:59:00Z".to_owned(),
        }),
        troubles: Vec::new(),
        pending: None,
        ..midnight()
    };
    let text = ajuda::render::status(&status, &here(), Style::PLAIN);
    let first: Vec<&str> = text.lines().take(2).collect();
    assert_eq!(
        first,
        [
            "open-webui in us-east-1, account 123456789012: changing",
            "arn:aws:iam::123456789012:user/ops on laptop (process 4711) changes it, since 2026-01-31T23:59:00Z",
        ]
    );
    assert!(
        text.contains("changes      not known: not everything could be read"),
        "{text}"
    );
}

fn drawn(width: u16, height: u16, status: Option<&Status>, scroll: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let view = View {
        status,
        place: &here(),
        now: at(2_000),
        every: Duration::from_secs(5),
        scroll,
        color: true,
    };
    terminal.draw(|frame| paint(frame, &view)).unwrap();
    terminal.backend().to_string()
}

#[test]
fn the_live_view_of_a_status() {
    let status = midnight();
    insta::assert_snapshot!(drawn(110, 22, Some(&status), 0));
    insta::assert_snapshot!(drawn(40, 6, Some(&status), 3));
    insta::assert_snapshot!(drawn(40, 3, None, 0));
    // However small the terminal becomes.
    for (width, height) in [(1, 1), (3, 1), (200, 2)] {
        drawn(width, height, Some(&status), 500);
    }
}

/// What AWS and containers say steers neither the live view nor a program that prints the JSON.
#[test]
fn a_hostile_status_is_text_in_every_view() {
    use crate::terminal::{HOSTILE, unruly};
    let mut status = midnight();
    status.troubles[0].what = HOSTILE.into();
    status.troubles[0].about = HOSTILE.to_owned();
    status.notes.push(HOSTILE.into());
    status.services[0].image = Some(HOSTILE.to_owned());
    let document = json::document(&json::status(&status, &here()), None);
    assert_eq!(unruly(&document), [""; 0], "{document:?}");
    let read: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(read["troubles"][0]["what"], HOSTILE);
    for style in [Style::PLAIN, Style { color: true }] {
        let text = ajuda::render::status(&status, &here(), style);
        assert_eq!(unruly(&style.clean(&text)), [""; 0]);
    }
    let mut terminal = Terminal::new(TestBackend::new(200, 40)).unwrap();
    let here = here();
    let view = View {
        status: Some(&status),
        place: &here,
        now: at(0),
        every: Duration::from_secs(5),
        scroll: 0,
        color: true,
    };
    terminal.draw(|frame| paint(frame, &view)).unwrap();
    let drawn: String = terminal
        .backend()
        .buffer()
        .content()
        .iter()
        .map(|cell| cell.symbol())
        .collect();
    assert_eq!(unruly(&drawn), [""; 0], "{drawn:?}");
    assert!(drawn.contains("evil\\x1b]0;owned"), "{drawn}");
}
