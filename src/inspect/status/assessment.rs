//! What the reads mean. Pure.

use super::{
    AlarmsSummary, CertificateSummary, DatabaseSummary, DriftReads, Health, Issue, LiveReads,
    ServiceSummary, Status,
};
use crate::aws::Place;
use crate::aws::timestamp::Timestamp;
use crate::message::{Message, commands, message};

/// ACM renews a certificate by itself 60 days before its end ("Managed certificate renewal").
const RENEWAL_IS_LATE_DAYS: u64 = 30;
/// From when on an end that comes near is a trouble of today.
const ENDS_SOON_DAYS: u64 = 7;

/// How the stack at `place` is. Without `wide`, what it would say is not there yet.
pub fn status(place: &Place, near: &LiveReads, wide: Option<&DriftReads>, at: Timestamp) -> Status {
    let mut services = near.services.clone();
    let mut unread = near.unread.clone();
    if let Some(wide) = wide {
        for service in &mut services {
            let Some((wanted, tag)) = wide.images.get(&service.name) else {
                continue;
            };
            let runs = service.image.get_or_insert_with(|| wanted.clone());
            if runs == wanted {
                service.image_tag.clone_from(tag);
            }
        }
        unread.extend(wide.unread.iter().cloned());
    }
    let certificate = wide.and_then(|wide| wide.certificate.clone());
    let mut troubles: Vec<Issue> = services.iter().flat_map(of_tasks).collect();
    let held = near.held.is_some();
    let stopped = services.iter().filter(|one| one.stopped);
    troubles.extend(stopped.filter_map(|one| of_stopped(one, wide)));
    if let Some(wide) = wide {
        troubles.extend(wide.missing.iter().cloned());
        troubles.extend(wide.unfit.iter().cloned());
        troubles.extend(wide.begun.iter().map(|begun| match held {
            true => begun.goes_on.clone(),
            false => begun.left.clone(),
        }));
    }
    if held {
        // What is not there, or stands still, is on its way while somebody works on it.
        let is_missing = |about: &str| {
            services
                .iter()
                .any(|one| one.name == about && matches!(one.health, Health::Absent | Health::Idle))
        };
        let missing = |trouble: &Issue| wide.is_some_and(|wide| wide.missing.contains(trouble));
        for trouble in &mut troubles {
            trouble.bad &= !missing(trouble) && !is_missing(&trouble.about);
        }
    }
    troubles.extend(wide.into_iter().flat_map(|wide| wide.changed.clone()));
    troubles.extend(near.database.iter().flat_map(of_database));
    troubles.extend(certificate.iter().flat_map(|one| of_certificate(one, at)));
    troubles.extend(near.alarms.iter().flat_map(of_alarms));
    troubles.sort_by_key(|trouble| !trouble.bad);
    let rolled_back = services.iter().any(|one| one.health == Health::RolledBack);
    let changing = held
        || services.iter().any(|one| one.health == Health::Changing)
        || near
            .database
            .as_ref()
            .is_some_and(|one| one.health == Health::Changing);
    let health = if troubles.iter().any(|trouble| trouble.bad) {
        Health::Unhealthy
    } else if !unread.is_empty() {
        Health::Unread
    } else if changing {
        Health::Changing
    } else if rolled_back {
        Health::RolledBack
    } else {
        Health::Healthy
    };
    Status {
        stack: place.stack.clone(),
        account: place.account.clone(),
        region: place.region.clone(),
        at,
        health,
        held: near.held.clone(),
        troubles,
        address: wide.and_then(|wide| wide.address.clone()),
        services,
        database: near.database.clone(),
        certificate,
        alarms: near.alarms.clone(),
        pending: wide.and_then(|wide| wide.pending),
        notes: wide.map_or_else(Vec::new, |wide| wide.notes.clone()),
        unread,
    }
}

/// How a service is, by what was read of it.
pub(super) fn of_service(summary: &ServiceSummary) -> Health {
    if matches!(summary.health, Health::Absent | Health::Unread) {
        summary.health
    } else if summary.desired == 0 && summary.running + summary.pending == 0 {
        Health::Idle
    } else if of_tasks(summary).iter().any(|trouble| trouble.bad) {
        Health::Unhealthy
    } else if is_going_on(summary) || summary.running != summary.desired || starting(summary) {
        Health::Changing
    } else if deployment(summary) == "rollback successful" {
        Health::RolledBack
    } else {
        Health::Healthy
    }
}

fn deployment(summary: &ServiceSummary) -> &str {
    summary
        .deployment
        .as_ref()
        .map_or("", |one| one.status.as_str())
}

fn is_going_on(summary: &ServiceSummary) -> bool {
    [
        "in progress",
        "pending",
        "rollback in progress",
        "rollback requested",
    ]
    .contains(&deployment(summary))
}

fn starting(summary: &ServiceSummary) -> bool {
    let targets = summary.targets.as_ref();
    targets.is_some_and(|targets| targets.healthy < summary.desired)
}

/// What is wrong with a service.
fn of_tasks(summary: &ServiceSummary) -> Vec<Issue> {
    let mut troubles = Vec::new();
    let mut tell = |bad: bool, what: Message| {
        troubles.push(Issue {
            bad,
            about: summary.name.clone(),
            what,
        });
    };
    if summary.health == Health::Absent {
        tell(
            true,
            message!["it is not there: ", commands::up(), " makes it"],
        );
    }
    let mut add = |bad: bool, what: String| tell(bad, what.into());
    let because = || {
        let reason = summary
            .deployment
            .as_ref()
            .and_then(|one| one.reason.clone());
        reason.map_or_else(String::new, |reason| format!(": {reason}"))
    };
    match deployment(summary) {
        // What ran before runs again: whether that is well is told by its tasks.
        "rollback successful" => add(
            false,
            format!("its newest deployment was rolled back{}", because()),
        ),
        "rollback in progress" => add(
            false,
            format!("its newest deployment is being rolled back{}", because()),
        ),
        "rollback failed" => add(
            true,
            format!(
                "its newest deployment could not be rolled back{}",
                because()
            ),
        ),
        "failed" => add(true, format!("its deployment failed{}", because())),
        _ => {}
    }
    let failed = summary
        .deployment
        .as_ref()
        .map_or(0, |one| one.failed_tasks);
    if is_going_on(summary) && failed >= 2 && failed > summary.running {
        add(
            true,
            format!("{failed} tasks of its deployment have failed so far"),
        );
    }
    if summary.desired > 0 && summary.running == 0 && !is_going_on(summary) {
        add(true, format!("none of its {} tasks runs", summary.desired));
    } else if summary.running < summary.desired && !is_going_on(summary) {
        add(
            true,
            format!("{} of {} tasks run", summary.running, summary.desired),
        );
    }
    for target in summary.targets.iter().flat_map(|targets| &targets.others) {
        if target.state == "unhealthy" {
            let why = target.reason.as_deref().unwrap_or("no reason given");
            add(
                true,
                format!("target {} is unhealthy: {why}", target.target),
            );
        }
    }
    for task in summary
        .tasks
        .iter()
        .filter(|task| task.health.as_deref() == Some("unhealthy"))
    {
        add(true, format!("the health check of task {} fails", task.id));
    }
    if let Some(stopped) = &summary.last_stopped {
        add(
            false,
            format!("task {} stopped: {}", stopped.id, stopped.why()),
        );
    }
    troubles
}

/// A service that has no tasks, though the file does not say so. Where an upgrade or a restore was begun, or no
/// image is there, that is why, and a task that is started by hand would be wrong.
fn of_stopped(summary: &ServiceSummary, wide: Option<&DriftReads>) -> Option<Issue> {
    let explained = wide.is_some_and(|wide| {
        let unfit = wide.unfit.iter().any(|one| one.about == summary.name);
        !wide.begun.is_empty() || unfit
    });
    let name = &summary.name;
    (!explained).then(|| Issue {
        bad: true,
        about: name.clone(),
        what: message![
            "no task of it is to run: ",
            commands::scale(name, 1),
            " starts one; `count = 0` in the file says that this is meant",
        ],
    })
}

fn of_database(summary: &DatabaseSummary) -> Vec<Issue> {
    let about = || "database".to_owned();
    let mut troubles = Vec::new();
    if summary.health == Health::Unhealthy {
        troubles.push(Issue {
            bad: true,
            about: about(),
            what: format!("it is {}", summary.status).into(),
        });
    }
    let notes = summary.notes.iter().map(|note| Issue {
        bad: false,
        about: about(),
        what: note.into(),
    });
    troubles.extend(notes);
    troubles
}

fn of_certificate(summary: &CertificateSummary, now: Timestamp) -> Vec<Issue> {
    let trouble = |bad, what: String| Issue {
        bad,
        about: "certificate".to_owned(),
        what: what.into(),
    };
    match summary.status.as_str() {
        "issued" => {
            let Some(ends) = summary.ends else {
                return Vec::new();
            };
            let days = now.until(ends) / (24 * 3600 * 1000);
            if days >= RENEWAL_IS_LATE_DAYS {
                return Vec::new();
            }
            let renewal = match &summary.renewal {
                Some(status) => format!("; its renewal is {status}"),
                None => String::new(),
            };
            vec![trouble(
                days < ENDS_SOON_DAYS,
                format!("it ends in {days} days and was not renewed{renewal}"),
            )]
        }
        "pending validation" => {
            let what = match &summary.waits_for {
                Some((name, value)) => format!("ACM waits for the record {name} CNAME {value}"),
                None => "ACM has not named its record yet".to_owned(),
            };
            vec![trouble(false, what)]
        }
        status => vec![trouble(true, format!("it is {status}"))],
    }
}

fn of_alarms(summary: &AlarmsSummary) -> Vec<Issue> {
    let firing = summary.firing.iter().map(|alarm| Issue {
        bad: true,
        about: alarm.name.clone(),
        what: alarm.meaning.clone().into(),
    });
    firing.collect()
}

#[cfg(test)]
mod tests {
    use super::of_service;
    use crate::inspect::status::{Health, ServiceSummary, TargetsSummary};

    /// A service whose tasks all run, with so many of its two targets healthy.
    fn service(healthy: u32) -> ServiceSummary {
        ServiceSummary {
            name: "web".to_owned(),
            health: Health::Changing,
            desired: 2,
            running: 2,
            pending: 0,
            stopped: false,
            revision: None,
            image: None,
            image_tag: None,
            exec: false,
            deployment: None,
            targets: Some(TargetsSummary {
                total: 2,
                healthy,
                others: Vec::new(),
            }),
            tasks: Vec::new(),
            last_stopped: None,
        }
    }

    #[test]
    fn tasks_that_get_no_requests_yet_are_no_healthy_service() {
        assert_eq!(of_service(&service(2)), Health::Healthy);
        assert_eq!(of_service(&service(1)), Health::Changing);
    }
}
