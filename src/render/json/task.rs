//! Tasks that are run once, and tunnels.

use serde::Serialize;

use crate::aws::timestamp::Timestamp;
use crate::inspect::tunnel::{ConnectHint, Database};

#[derive(Serialize)]
struct TaskStarted<'a> {
    event: &'static str,
    task: &'a str,
    task_definition: &'a str,
}

/// A task that was left running.
pub fn task_started<'a>(task: &'a str, definition: &'a str) -> impl Serialize + 'a {
    TaskStarted {
        event: "task-started",
        task,
        task_definition: definition,
    }
}

#[derive(Serialize)]
struct TaskLine<'a> {
    time: Timestamp,
    event: &'static str,
    message: &'a str,
}

/// Something that a task wrote, on one line without an envelope.
pub fn task_line(time: Timestamp, message: &str) -> String {
    super::bare(&TaskLine {
        time,
        event: "output",
        message,
    })
}

#[derive(Serialize)]
struct TaskEnded<'a> {
    event: &'static str,
    task: &'a str,
    exit_code: Option<u8>,
    details: &'a [String],
}

/// How a task ended; one that never ran has no exit code.
pub fn task_ended<'a>(
    task: &'a str,
    exit_code: Option<u8>,
    details: &'a [String],
) -> impl Serialize + 'a {
    TaskEnded {
        event: "ended",
        task,
        exit_code,
        details,
    }
}

#[derive(Serialize)]
struct TunnelLine<'a> {
    event: &'static str,
    host: &'static str,
    port: u16,
    database: &'a str,
    username: &'a str,
    secret: &'a str,
    psql: &'a str,
    password: &'a str,
}

/// A tunnel that is being opened: it is said while the tunnel is open.
pub fn tunnel<'a>(port: u16, database: &'a Database, how: &'a ConnectHint) -> impl Serialize + 'a {
    TunnelLine {
        event: "tunnel",
        host: "127.0.0.1",
        port,
        database: &database.name,
        username: &database.username,
        secret: &database.secret,
        psql: &how.psql,
        password: &how.password,
    }
}
