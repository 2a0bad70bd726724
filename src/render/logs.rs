//! Lines of logs, for people and for machines.

use serde::Serialize;

use super::{Style, json};
use crate::inspect::logs::Line;

/// `2026-01-31T23:59:59.123Z web/0123abcd  message`; each of `services` in a colour of its own.
pub fn log(line: &Line, services: &[String], style: Style) -> String {
    let at = services.iter().position(|name| *name == line.service);
    let task = line.task.as_deref().unwrap_or("-");
    let from = format!("{}/{}", line.service, short(task));
    format!(
        "{} {}  {}\n",
        style.dim(line.time),
        style.of_many(at.unwrap_or(0), from),
        line.message,
    )
}

#[derive(Serialize)]
struct LogLine<'a> {
    event: &'static str,
    #[serde(flatten)]
    line: &'a Line,
}

/// A line as one JSON object.
pub fn log_json(line: &Line) -> String {
    json::bare(&LogLine { event: "log", line })
}

/// As much of a task's id as tells it from the others.
pub(super) fn short(task: &str) -> &str {
    task.get(..8).unwrap_or(task)
}

#[cfg(test)]
mod tests {
    use super::log;
    use crate::aws::timestamp::Timestamp;
    use crate::inspect::logs::Line;
    use crate::render::Style;

    #[test]
    fn a_line_is_coloured_by_its_service_on_a_terminal_only() {
        let line = Line {
            time: Timestamp::of_millis(0),
            service: "web".to_owned(),
            task: Some("0123456789abcdef".to_owned()),
            message: "hello".to_owned(),
            id: "1".to_owned(),
        };
        let services = ["api".to_owned(), "web".to_owned()];
        assert_eq!(
            log(&line, &services, Style::PLAIN),
            "1970-01-01T00:00:00.000Z web/01234567  hello\n"
        );
        let coloured = log(&line, &services, Style { color: true });
        assert!(
            coloured.contains("\u{1b}[35mweb/01234567\u{1b}[0m"),
            "{coloured:?}"
        );
    }
}
