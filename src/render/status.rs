//! How a stack is, on one screen: the same lines for a terminal, a log and the live view.

use super::styled_text::{Line, Tone, aligned, paint};
use super::{Style, span};
use crate::aws::timestamp::Timestamp;
use crate::image_reference::{ImageReference, join, short_version};
use crate::inspect::status::{
    AlarmsSummary, CertificateSummary, DatabaseSummary, Health, ServiceSummary, Status,
};
use crate::message::{Message, StackOptions, commands, message};

/// One screen; commands are about the stack that `place` names.
pub fn status(status: &Status, place: &StackOptions, style: Style) -> String {
    let mut text = String::new();
    for line in lines(status, place, status.at) {
        for (tone, piece) in line {
            text.push_str(&paint(tone, &piece, style));
        }
        text.push('\n');
    }
    text
}

/// The lines of one screen, ages counted until `now`.
pub(super) fn lines(status: &Status, place: &StackOptions, now: Timestamp) -> Vec<Line> {
    let mut lines = vec![vec![
        (Tone::Head, status.stack.clone()),
        (
            Tone::Plain,
            format!(" in {}, account {}: ", status.region, status.account),
        ),
        (tone(status.health), word(status.health).to_owned()),
    ]];
    if let Some(held) = &status.held {
        let who = format!(
            "{} on {} (process {}) changes it, since {}",
            held.owner, held.host, held.process, held.since
        );
        lines.push(vec![(Tone::Look, who)]);
    }
    if let Some(address) = &status.address {
        lines.push(vec![(Tone::Plain, address.clone())]);
    }
    lines.push(Vec::new());
    lines.extend(services(&status.services, now));
    lines.push(Vec::new());
    let mut row = |name: &str, tone: Tone, value: String| {
        lines.push(vec![(Tone::Head, format!("{name:<13}")), (tone, value)]);
    };
    if let Some(database) = &status.database {
        row("database", tone(database.health), in_words(database));
    }
    if let Some(certificate) = &status.certificate {
        let tone = if certificate.status == "issued" {
            Tone::Good
        } else {
            Tone::Look
        };
        row("certificate", tone, ends(certificate, now));
    }
    if let Some(alarms) = &status.alarms {
        let (tone, words) = firing(alarms);
        row("alarms", tone, words);
    }
    let (tone, words) = pending(status, place);
    row("changes", tone, words);
    lines.extend(troubles(status, place));
    lines
}

fn services(all: &[ServiceSummary], now: Timestamp) -> Vec<Line> {
    let head = [
        "SERVICE",
        "STATE",
        "TASKS",
        "TARGETS",
        "DEPLOYMENT",
        "REVISION",
        "IMAGE",
    ];
    let mut rows = vec![head.map(|title| (Tone::Dim, title.to_owned())).to_vec()];
    for one in all {
        let there = !matches!(one.health, Health::Absent | Health::Unread);
        let targets = one.targets.as_ref();
        let deployment = one.deployment.as_ref().map(|deployment| {
            let age = deployment
                .since
                .map(|since| format!(" {} ago", age(since, now)));
            format!("{}{}", deployment.status, age.unwrap_or_default())
        });
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        rows.push(vec![
            (Tone::Head, one.name.clone()),
            (tone(one.health), word(one.health).to_owned()),
            (
                Tone::Plain,
                or_none(there.then(|| format!("{}/{}", one.running, one.desired))),
            ),
            (
                Tone::Plain,
                or_none(targets.map(|targets| format!("{}/{}", targets.healthy, targets.total))),
            ),
            (Tone::Plain, or_none(deployment)),
            // The family is the stack's and the service's name, which stand there already.
            (
                Tone::Plain,
                or_none(one.revision.as_ref().map(|one| one.number.to_string())),
            ),
            (
                Tone::Dim,
                or_none(
                    one.image
                        .as_deref()
                        .map(|image| short(image, one.image_tag.as_deref())),
                ),
            ),
        ]);
    }
    aligned(rows)
}

/// An image of an ECR repository, which is the stack's own, by the tag it was chosen by, or without one by the
/// beginning of its digest; any other image as a whole.
fn short(image: &str, tag: Option<&str>) -> String {
    let written = ImageReference::of(image);
    let ours = written
        .host()
        .is_some_and(|host| host.contains(".dkr.ecr."));
    match (written.digest, tag.or(written.tag)) {
        (_, Some(tag)) if ours => tag.to_owned(),
        (Some(_), Some(tag)) => join(written.name, tag),
        (Some(digest), None) => short_version(digest).to_owned(),
        (None, _) => image.to_owned(),
    }
}

fn in_words(summary: &DatabaseSummary) -> String {
    let mut text = format!("{}, PostgreSQL {}", summary.status, summary.version);
    match summary.free_gb {
        Some(free) => text.push_str(&format!(", {free} of {} GB free", summary.storage_gb)),
        None => text.push_str(&format!(", {} GB", summary.storage_gb)),
    }
    text
}

fn ends(summary: &CertificateSummary, now: Timestamp) -> String {
    let until = match summary.ends {
        Some(ends) => format!(", ends in {} days", now.until(ends) / (24 * 3600 * 1000)),
        None => String::new(),
    };
    format!("{} for {}{until}", summary.status, summary.domain)
}

fn firing(summary: &AlarmsSummary) -> (Tone, String) {
    let mut text = match summary.firing.len() {
        0 => format!("{}, none fires", summary.total),
        firing => format!("{firing} of {} fire", summary.total),
    };
    if summary.silent > 0 && summary.silent == summary.total {
        text.push_str("; no one is notified: `[alarms] email` is not set");
    }
    let quiet = summary.firing.is_empty();
    (if quiet { Tone::Good } else { Tone::Bad }, text)
}

fn pending(status: &Status, place: &StackOptions) -> (Tone, String) {
    let Some(pending) = &status.pending else {
        if !status.unread.is_empty() {
            return (
                Tone::Look,
                "not known: not everything could be read".to_owned(),
            );
        }
        return (Tone::Dim, "not compared yet".to_owned());
    };
    let left = pending.unverified;
    let shows = |what: String| message![what, commands::plan(), " shows them"].at(place);
    match pending.create + pending.update + pending.replace + pending.delete {
        0 if left == 0 => (Tone::Good, "none pending".to_owned()),
        0 => (
            Tone::Look,
            shows(format!("none pending, {left} not deleted; ")),
        ),
        count => (Tone::Look, shows(format!("{count} pending; "))),
    }
}

fn troubles(status: &Status, place: &StackOptions) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add = |tone: Tone, mark: &str, about: &str, what: &str| {
        lines.push(vec![
            (tone, format!("{mark} {about}: ")),
            (Tone::Plain, what.replace('\n', " ")),
        ]);
    };
    for trouble in &status.troubles {
        let (tone, mark) = if trouble.bad {
            (Tone::Bad, "✗")
        } else {
            (Tone::Look, "!")
        };
        add(tone, mark, &trouble.about, &trouble.what.at(place));
    }
    for service in &status.services {
        if let Some(stopped) = &service.last_stopped {
            let command = Message::from(commands::logs_of_task(&service.name, &stopped.id));
            add(Tone::Dim, " ", "logs", &command.at(place));
        }
    }
    for unread in &status.unread {
        let why = if unread.code.is_empty() {
            format!("{} got no answer: {}", unread.operation, unread.message)
        } else {
            format!(
                "{} answered {}: {}",
                unread.operation, unread.code, unread.message
            )
        };
        add(Tone::Look, "? unread", &unread.what, &why);
    }
    let is_new = |note: &&Message| status.troubles.iter().all(|trouble| trouble.what != **note);
    for note in status.notes.iter().filter(is_new) {
        lines.push(vec![(
            Tone::Dim,
            format!("  {}", note.at(place).replace('\n', " ")),
        )]);
    }
    if !lines.is_empty() {
        lines.insert(0, Vec::new());
    }
    lines
}

fn tone(health: Health) -> Tone {
    match health {
        Health::Healthy => Tone::Good,
        Health::Idle | Health::Absent => Tone::Dim,
        Health::Changing | Health::Unread | Health::RolledBack => Tone::Look,
        Health::Unhealthy => Tone::Bad,
    }
}

fn word(health: Health) -> &'static str {
    match health {
        Health::Healthy => "healthy",
        Health::Idle => "idle",
        Health::Absent => "not there",
        Health::Changing => "changing",
        Health::RolledBack => "rolled back",
        Health::Unread => "unread",
        Health::Unhealthy => "unhealthy",
    }
}

/// `3m`, `2h`, `5d`: as much as one glance takes in.
fn age(since: Timestamp, now: Timestamp) -> String {
    const DAY: u64 = 24 * 3600 * 1000;
    match since.until(now) {
        millis if millis >= 2 * DAY => format!("{}d", millis / DAY),
        millis if millis >= DAY / 24 => format!("{}h", millis / (DAY / 24)),
        millis if millis >= 60_000 => format!("{}m", millis / 60_000),
        millis => span(millis / 1000 * 1000),
    }
}
