//! What is going to be done to a running service, for people.

use std::fmt::Write;

use super::plan::{Detail, field};
use super::{Style, duration};
use crate::rollout::deployment_plan::{DeploymentPlan, Line};

/// What differs, then what happens, then what to know.
pub fn deployment_plan(plan: &DeploymentPlan, style: Style) -> String {
    let mut text = String::new();
    let DeploymentPlan {
        service, revision, ..
    } = plan;
    let to = match plan.to {
        None => format!("revision {revision} → a new one"),
        Some(to) if to != *revision => format!("revision {revision} → {to}"),
        Some(_) => format!("revision {revision}"),
    };
    let _ = writeln!(text, "{}  {}", style.heading(service), style.dim(to));
    for change in &plan.changes {
        field(&mut text, change, Detail::Headline, style);
    }
    if plan.stages.is_empty() {
        let _ = writeln!(text, "nothing to do: {service} runs like that already");
    }
    for (number, stage) in plan.stages.iter().enumerate() {
        let _ = writeln!(text, "  {}. {}", number + 1, words(stage));
    }
    if let Some(time) = duration(&plan.schedule) {
        let _ = writeln!(text, "{time}");
    }
    for warning in &plan.warnings {
        let _ = writeln!(text, "{} {warning}", style.accent("warning:"));
    }
    text.truncate(text.trim_end().len());
    text
}

fn tasks(count: u32) -> String {
    match count {
        1 => "1 task".to_owned(),
        count => format!("{count} tasks"),
    }
}

fn words(stage: &Line) -> String {
    match stage {
        Line::Snapshot { name } => format!("a snapshot of the database, {name}"),
        Line::Suspend => "autoscaling is suspended until the end".to_owned(),
        Line::Register => "a new revision is registered".to_owned(),
        Line::Stop { tasks: count } => format!(
            "{}: the service is down from here on, because two versions must not use the database at once",
            match count {
                1 => "the task stops".to_owned(),
                count => format!("all {count} tasks stop"),
            }
        ),
        Line::Restore { snapshot } => format!("the database goes back to the snapshot {snapshot}"),
        Line::Migrate => "one task starts, and migrates the database".to_owned(),
        Line::First => "one task starts".to_owned(),
        Line::Grow { tasks: count } => format!("the others start, {} in all", tasks(*count)),
        Line::Roll { tasks: count } => format!(
            "{} replaced by ECS, which goes back by itself if that fails",
            match count {
                1 => "the task is".to_owned(),
                count => format!("{} are", tasks(*count)),
            }
        ),
        Line::Shift {
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
        Line::Scale { from, to } => format!("the number of tasks goes from {from} to {to}"),
        Line::Follow => "a deployment of it goes on already, and is waited for".to_owned(),
    }
}
