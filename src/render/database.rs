//! The database, for people.

use std::fmt::Write;

use super::{Style, span};
use crate::database::{Backup, Extensions, Kind, Leftover, Status, Target};
use crate::message::StackOptions;

/// One screen: the instance, what waits, and how far its backups reach; commands are about the stack that `place` names.
pub fn database(status: &Status, place: &StackOptions, style: Style) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "{}  {value}", style.heading(format!("{name:<20}")));
    };
    let shown = if status.status == "available" {
        style.good(&status.status)
    } else {
        style.accent(&status.status)
    };
    row("instance", &format!("{}  {shown}", status.instance));
    let coming = if status.auto_minor_version {
        "automatic minor upgrades: on"
    } else {
        ""
    };
    row(
        "version",
        &format!("PostgreSQL {}  {}", status.version, style.dim(coming)),
    );
    let standby = if status.multi_az {
        "with a standby in another zone"
    } else {
        "in one zone"
    };
    row("class", &format!("{}, {standby}", status.instance_class));
    if let Some(size) = status.storage_gb {
        let most = status.max_storage_gb.filter(|most| *most > size);
        let grows = most.map(|most| format!(", grows to {most} GB by itself"));
        row(
            "storage",
            &format!("{size} GB{}", grows.unwrap_or_default()),
        );
    }
    if let Some(endpoint) = &status.endpoint {
        row("endpoint", endpoint);
    }
    let window = status.maintenance_window.as_deref().unwrap_or("unknown");
    row("maintenance window", &format!("{window} UTC"));
    if status.pending.is_empty() {
        row("pending changes", "none");
    }
    for pending in &status.pending {
        row("pending change", &style.accent(pending));
    }
    match (&status.backup_window, status.backup_days) {
        (Some(window), Some(days)) if days > 0 => {
            row(
                "backups",
                &format!("every day in {window} UTC, kept {days} days"),
            );
        }
        _ => row("backups", &style.bad("none of its own")),
    }
    match &status.last_backup {
        Some(last) => row(
            "last snapshot",
            &format!("{}  {} ago", last.name, age(last)),
        ),
        None => row("last snapshot", &style.accent("none")),
    }
    if let (Some(from), Some(to)) = (&status.earliest_restorable, &status.latest_restorable) {
        row("restorable", &format!("to any moment from {from} to {to}"));
    }
    if let Some(from) = &status.restored_from {
        row("restored", &format!("from {from}"));
    }
    for note in &status.notes {
        row("note", &note.at(place));
    }
    text
}

/// One line for each snapshot, the newest first.
pub fn backups(backups: &[Backup], style: Style) -> String {
    let mut text = String::new();
    let wide = |pick: &dyn Fn(&Backup) -> usize| backups.iter().map(pick).max().unwrap_or(0);
    let name = wide(&|backup| backup.name.len());
    let old = wide(&|backup| age(backup).len());
    for backup in backups {
        // One that is available is what is expected.
        let status = match backup.status.as_str() {
            "available" => String::new(),
            other => format!("  {}", style.accent(other)),
        };
        let size = backup
            .size_gb
            .map(|size| format!("{size} GB"))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "{}  {:<9}  {:>old$} ago  {size:>8}  PostgreSQL {}{status}",
            style.heading(format!("{:<name$}", backup.name)),
            backup.kind,
            age(backup),
            backup.version,
        );
    }
    if backups.is_empty() {
        text.push_str("there are no snapshots\n");
    }
    text
}

/// One line for each thing that ajuda has left of the stack that `place` names, and what keeps it.
pub fn leftovers(all: &[Leftover], place: &StackOptions, style: Style) -> String {
    let mut text = String::new();
    let wide = |pick: &dyn Fn(&Leftover) -> usize| all.iter().map(pick).max().unwrap_or(0);
    let old = |one: &Leftover| one.age_s.map_or_else(|| "?".to_owned(), of_seconds);
    let name = wide(&|one| one.name.len());
    let wide_age = wide(&|one| old(one).len());
    for one in all {
        let kind = match one.kind {
            Kind::Snapshot => "snapshot",
            Kind::Instance => "instance",
        };
        let size = one.size_gb.map(|size| format!("{size} GB"));
        let _ = writeln!(
            text,
            "{}  {kind}  {:>wide_age$} old  {:>8}",
            style.heading(format!("{:<name$}", one.name)),
            old(one),
            size.unwrap_or_default(),
        );
        for (mark, why) in [("protected:", &one.protected), ("stays:", &one.blocked)] {
            if let Some(why) = why {
                let _ = writeln!(text, "  {} {}", style.accent(mark), why.at(place));
            }
        }
    }
    if all.is_empty() {
        text.push_str("nothing is left that ajuda made\n");
    }
    text
}

/// The version, what it can be upgraded to, and what waits.
pub fn upgrade(status: &Status, targets: &[Target], style: Style) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}  PostgreSQL {}  {}",
        style.heading(&status.instance),
        status.version,
        status.status
    );
    for pending in &status.pending {
        let window = status.maintenance_window.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "  {} {pending}  {}",
            style.accent("waits:"),
            style.dim(format!("until {window} UTC"))
        );
    }
    for target in targets {
        let mut marks = Vec::new();
        if target.major {
            marks.push("another major version: write it into the file");
        }
        if target.automatic && status.auto_minor_version {
            marks.push("comes by itself");
        }
        let _ = writeln!(
            text,
            "  {}  {}",
            target.version,
            style.dim(marks.join(", "))
        );
    }
    if targets.is_empty() {
        text.push_str("  nothing newer is offered\n");
    }
    text
}

/// Each extension with the version that is there and the one that is offered.
pub fn extensions(report: &Extensions, style: Style) -> String {
    let mut text = format!("PostgreSQL {}\n", report.server);
    for one in &report.extensions {
        let offered = one.available.as_deref().unwrap_or("nothing");
        let line = match &one.installed {
            None => style.bad(format!("not installed; {offered} is offered")),
            Some(there) if Some(there) == one.available.as_ref() => {
                style.good(format!("{there}, the newest here"))
            }
            Some(there) => style.accent(format!("{there}; {offered} is offered")),
        };
        let name = if one.name == "vector" {
            "vector (pgvector)"
        } else {
            &one.name
        };
        let _ = writeln!(text, "  {}  {line}", style.heading(format!("{name:<18}")));
    }
    if report.extension == "updated" {
        text.push_str("the stack's extensions were brought up to date\n");
    }
    text
}

fn age(backup: &Backup) -> String {
    of_seconds(backup.age_s.unwrap_or(0))
}

fn of_seconds(age: i64) -> String {
    let seconds = u64::try_from(age).unwrap_or(0);
    match seconds / 86_400 {
        0 => span(seconds * 1000),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
