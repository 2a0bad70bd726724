//! What the comparison of file and AWS says of how the stack is: what is not there, what was begun and
//! did not end, what others changed.

use std::collections::{BTreeMap, BTreeSet};

use super::Issue;
use crate::aws::Cloud;
use crate::engine::{Action, Address, AnyLive, Cause, Fault, Plan, Resource};
use crate::message::{Message, commands, message};
use crate::outputs::live;
use crate::resources::ecs::revision_tags;
use crate::resources::{Cache, Cluster, DbInstance, LoadBalancer, Service, TaskDefinition};
use crate::rollout::unfinished_rollback::UnfinishedRollback;
use crate::stack::Stack;

/// How many addresses are named before the rest is counted.
const NAMED: usize = 5;

/// Something that was begun.
#[derive(Debug, Clone)]
pub(super) struct Begun {
    /// While nobody changes the stack: it was interrupted.
    pub(super) left: Issue,
    /// While somebody does.
    pub(super) goes_on: Issue,
}

/// Rollbacks that were interrupted, or go on elsewhere. Nothing is asked where no service went back.
///
/// # Errors
/// The fault of a read.
pub(super) async fn rollbacks(
    cloud: &Cloud,
    stack: &Stack,
    found: &BTreeMap<Address, AnyLive>,
) -> Result<Vec<Begun>, Fault> {
    let mut all = Vec::new();
    for name in stack.services.keys() {
        let Some(task) = live::<TaskDefinition>(found, name) else {
            continue;
        };
        let Some(rollback) = UnfinishedRollback::of(cloud, &task.arn, task.tags()).await? else {
            continue;
        };
        let to = rollback.to;
        let trouble = |bad, what: Message| Issue {
            bad,
            about: name.clone(),
            what,
        };
        all.push(Begun {
            left: trouble(
                true,
                message![
                    format!("a rollback of it to revision {to} is unfinished: "),
                    commands::rollback_to(name, to),
                    " completes it",
                ],
            ),
            goes_on: trouble(
                false,
                format!("a rollback of it to revision {to} goes on").into(),
            ),
        });
    }
    Ok(all)
}

/// Upgrades and restores that were interrupted, or go on elsewhere.
pub(super) fn in_progress(stack: &Stack, found: &BTreeMap<Address, AnyLive>) -> Vec<Begun> {
    let trouble = |bad, about: &str, what: Message| Issue {
        bad,
        about: about.to_owned(),
        what,
    };
    let mut all = Vec::new();
    for name in stack.services.keys() {
        let task = live::<TaskDefinition>(found, name);
        if task.is_some_and(|task| task.tag(revision_tags::TASKS).is_some()) {
            let what = message![
                "an upgrade of it is unfinished: ",
                commands::update(name, "TAG"),
                " goes on, ",
                commands::rollback_with_database(name),
                " goes back",
            ];
            all.push(Begun {
                left: trouble(true, name, what),
                goes_on: trouble(false, name, "an upgrade of it goes on".into()),
            });
        }
    }
    let database = live::<DbInstance>(found, "main");
    if database.is_some_and(|live| live.displaces().is_some()) {
        let what = "it was restored, and what uses it has not come up since: the same command again goes on";
        let goes_on = "it was restored, and what uses it comes up".into();
        all.push(Begun {
            left: trouble(true, "database", what.into()),
            goes_on: trouble(false, "database", goes_on),
        });
    }
    all
}

/// What the file declares and AWS does not have: what people know by name each for itself, the rest in
/// one line. Services are told by what was read of them.
pub(super) fn missing(plan: &Plan) -> Vec<Issue> {
    let issue = |about: String, what: Message| Issue {
        bad: true,
        about,
        what,
    };
    let mut all = Vec::new();
    let mut rest = Vec::new();
    for item in plan
        .items
        .iter()
        .filter(|item| item.action == Action::Create)
    {
        let name = match item.address.kind() {
            Service::KIND => continue,
            Cluster::KIND => "cluster",
            DbInstance::KIND => "database",
            LoadBalancer::KIND => "load balancer",
            Cache::KIND => "cache",
            _ => {
                rest.push(item.address.to_string());
                continue;
            }
        };
        all.push(issue(
            name.to_owned(),
            message!["it is not there: ", commands::up(), " makes it"],
        ));
    }
    for conflict in &plan.conflicts {
        let what = format!("`{}` is in its place", conflict.id);
        all.push(issue(conflict.address.to_string(), what.into()));
    }
    if !rest.is_empty() {
        let more = rest.len().saturating_sub(NAMED);
        rest.truncate(NAMED);
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let what = message![
            format!("{}{more} not there: ", rest.join(", ")),
            commands::plan(),
            " shows what the file has and AWS has not",
        ];
        all.push(issue("resources".to_owned(), what));
    }
    all
}

/// Images that are not in the registry: of a service that runs, no new task can start; of another, none.
pub(super) fn images(stack: &Stack, found: &BTreeMap<Address, AnyLive>) -> Vec<Issue> {
    let tasks = stack.services.keys();
    let tasks = tasks.filter_map(|name| Some((name, live::<TaskDefinition>(found, name)?)));
    let issue = tasks.flat_map(|(name, task)| {
        let notes = TaskDefinition::notes(task).into_iter();
        notes.map(|what| Issue {
            bad: !task.image_present,
            about: name.clone(),
            what,
        })
    });
    issue.collect()
}

/// What others have added to objects of the stack, and what they have changed of them.
pub(super) fn changed(plan: &Plan) -> Vec<Issue> {
    let added = plan.unmanaged.iter().map(|one| Issue {
        bad: one.extra.open,
        about: one.address.to_string(),
        what: match one.extra.open {
            true => format!(
                "{} is not in the file: OPEN TO THE INTERNET",
                one.extra.what
            ),
            false => format!("{} is not in the file", one.extra.what),
        }
        .into(),
    });
    let edited = plan.items.iter().filter_map(|item| {
        let by_others = item.changes.fields.iter().filter(|change| {
            matches!(change.cause, Some(Cause::Aws | Cause::Both)) && !change.is_of_extras()
        });
        let paths: BTreeSet<&str> = by_others.map(|change| change.path.as_str()).collect();
        let paths: Vec<&str> = paths.into_iter().collect();
        (!paths.is_empty()).then(|| Issue {
            bad: false,
            about: item.address.to_string(),
            what: format!("changed on AWS, not in the file: {}", paths.join(", ")).into(),
        })
    });
    added.chain(edited).collect()
}
