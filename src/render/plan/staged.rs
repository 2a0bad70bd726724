//! A change in stages, for people: what differs, then what happens, then what to know.

use std::fmt::Write;

use super::super::Style;
use super::{Detail, field};
use crate::engine::{StageAction, StagedChange, Subject};
use crate::message::StackOptions;

/// One change; `when` says when it comes, beside others. Its warnings are about the stack that `place` names.
pub(super) fn staged(
    text: &mut String,
    change: &StagedChange,
    when: &str,
    place: &StackOptions,
    style: Style,
) {
    let (name, what) = heading(&change.subject);
    let about = style.dim(format!("{what}{when}"));
    let _ = writeln!(text, "{}  {about}", style.heading(&name));
    for one in &change.changes {
        field(text, one, Detail::Headline, style);
    }
    if change.is_empty() {
        let _ = writeln!(text, "nothing to do: {name} runs like that already");
    }
    for (number, action) in change.actions().enumerate() {
        let _ = writeln!(text, "  {}. {}", number + 1, words(action));
    }
    for warning in &change.warnings {
        let _ = writeln!(text, "{} {}", style.accent("warning:"), warning.at(place));
    }
}

fn heading(subject: &Subject) -> (String, String) {
    match subject {
        Subject::Service {
            name, revision, to, ..
        } => {
            let what = match to {
                None => format!("revision {revision} → a new one"),
                Some(to) if to != revision => format!("revision {revision} → {to}"),
                Some(_) => format!("revision {revision}"),
            };
            (name.clone(), what)
        }
        Subject::Database { instance, backup } => {
            (format!("database {instance}"), format!("back to {backup}"))
        }
    }
}

fn tasks(count: u32) -> String {
    match count {
        1 => "1 task".to_owned(),
        count => format!("{count} tasks"),
    }
}

fn words(action: &StageAction) -> String {
    match action {
        StageAction::Snapshot { name } => format!("a snapshot of the database, {name}"),
        StageAction::Suspend => "autoscaling is suspended until the end".to_owned(),
        StageAction::Register => "a new revision is registered".to_owned(),
        StageAction::Stop { tasks: count } => format!(
            "{}: the service is down from here on, because two versions must not use the database at once",
            match count {
                1 => "the task stops".to_owned(),
                count => format!("all {count} tasks stop"),
            }
        ),
        StageAction::Restore { snapshot } => {
            format!("the database goes back to the snapshot {snapshot}")
        }
        StageAction::StopService {
            service,
            tasks: count,
        } => format!(
            "{service} stops, {}: it is down from here on",
            tasks(*count)
        ),
        StageAction::ReachBackups => {
            "RDS uploads what was written last, which it does every five minutes".to_owned()
        }
        StageAction::RestoreBeside => {
            "the backup is restored into a new instance beside what is there".to_owned()
        }
        StageAction::CheckRestored => "the set-up task logs in to the new instance".to_owned(),
        StageAction::SwapNames => {
            "the new instance takes the name; what was written since the backup stays in the \
             old one, under another name"
                .to_owned()
        }
        StageAction::StartService { service } => format!("{service} starts"),
        StageAction::Migrate => "one task starts, and migrates the database".to_owned(),
        StageAction::First => "one task starts".to_owned(),
        StageAction::Grow { tasks: count } => format!("the others start, {} in all", tasks(*count)),
        StageAction::Roll { tasks: count } => format!(
            "{} replaced by ECS, which goes back by itself if that fails",
            match count {
                1 => "the task is".to_owned(),
                count => format!("{} are", tasks(*count)),
            }
        ),
        StageAction::Shift {
            tasks: count,
            minutes,
        } => format!(
            "{} beside what runs, then ECS moves the traffic; {} until the old {} stopped",
            match count {
                1 => "a new task starts".to_owned(),
                count => format!("{} start", tasks(*count)),
            },
            match minutes {
                1 => "1 minute".to_owned(),
                minutes => format!("{minutes} minutes"),
            },
            if *count == 1 { "one is" } else { "ones are" },
        ),
        StageAction::Scale { from, to } => format!("the number of tasks goes from {from} to {to}"),
        StageAction::Follow => "a deployment of it goes on already, and is waited for".to_owned(),
    }
}
