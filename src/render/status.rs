//! How a stack is, for people.

use std::fmt::Write;

use super::Style;
use crate::outputs::Status;

/// One screen: services, database, address, and how far AWS is from the file. `plan` is the command
/// that shows what is pending.
pub fn status(status: &Status, plan: &str, style: Style) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "{}  {value}", style.head(format!("{name:<20}")));
    };
    row(
        "stack",
        &format!(
            "{} in {}, account {}",
            status.stack, status.region, status.account
        ),
    );
    if let Some(address) = &status.address {
        row("address", address);
    }
    for service in &status.services {
        let tasks = format!("{} of {} tasks running", service.running, service.desired);
        let tasks = if service.running >= service.desired {
            style.good(tasks)
        } else {
            style.look(tasks)
        };
        let image = service.image.as_deref().unwrap_or("no image");
        row(&service.name, &format!("{tasks}  {}", style.dim(image)));
    }
    if let Some(database) = &status.database {
        let shown = if database == "available" {
            style.good(database)
        } else {
            style.look(database)
        };
        row("database", &shown);
    }
    let pending = &status.pending;
    let count = pending.create + pending.update + pending.replace + pending.delete;
    row(
        "pending changes",
        &match count {
            0 => "none".to_owned(),
            _ => format!("{count}; `{plan}` shows them"),
        },
    );
    for note in &status.notes {
        row("note", note);
    }
    text
}
