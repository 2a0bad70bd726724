//! What RDS refuses though each value alone is good (`CreateDBInstance`).

use crate::stack::model::{Database, Stack};
use crate::stack::problem::Problem;
use crate::stack::report::Report;
use crate::stack::window;

pub(super) fn check(stack: &Stack, report: &Report) {
    if let Some(database) = &stack.database {
        speed(database, report);
        growth(database, report);
        users(database, report);
        windows(database, report);
    }
}

fn path(key: &str) -> String {
    format!("database.{key}")
}

/// Whether these keys, where written, could be read.
fn sound(report: &Report, keys: &[&str]) -> bool {
    keys.iter().all(|key| report.sound(&[&path(key)]))
}

/// Points at a second key where the file has it.
fn also(report: &Report, problem: Problem, key: &str, label: &str) -> Problem {
    if report.written(&path(key)) {
        problem.also(report.at(&path(key)), label)
    } else {
        problem
    }
}

/// gp3 for PostgreSQL: nothing to set below 400 GB; from there 12000 IOPS and 500 MiB/s at least.
fn speed(database: &Database, report: &Report) {
    let size = database.storage_gb;
    for key in ["iops", "throughput"] {
        if report.written(&path(key)) && sound(report, &["storage_gb"]) && size < 400 {
            let problem = Problem::new(
                report.key(&path(key)),
                format!("`{key}` cannot be set on {size} GB of gp3"),
                "only from 400 GB up",
            )
            .hint("below 400 GB every volume has 3000 IOPS and 125 MiB/s: leave it out, or write storage_gb = 400");
            report.add(also(report, problem, "storage_gb", "too small for it"));
        }
    }
    if let Some(iops) = database.iops {
        if size >= 400 && u64::from(iops) > u64::from(size) * 500 {
            report.add(Problem::new(
                report.at(&path("iops")),
                format!("{iops} IOPS are too many for {size} GB"),
                "at most 500 for each GB",
            ));
        }
        if let Some(throughput) = database
            .throughput
            .filter(|throughput| *throughput > iops / 4)
        {
            let problem = Problem::new(
                report.at(&path("throughput")),
                format!("{throughput} MiB/s are too many for {iops} IOPS"),
                format!("must be {} or less", iops / 4),
            );
            report.add(also(report, problem, "iops", "a quarter of this at most"));
        }
    }
}

/// Storage autoscaling's ceiling stands a tenth above the start.
fn growth(database: &Database, report: &Report) {
    let Some(max) = database.max_storage_gb else {
        return;
    };
    let least = database
        .storage_gb
        .saturating_add(database.storage_gb.div_ceil(10));
    if max < least && sound(report, &["storage_gb"]) {
        let problem = Problem::new(
            report.at(&path("max_storage_gb")),
            "`database.max_storage_gb` leaves no room to grow",
            format!("must be {least} or more, a tenth above `storage_gb`"),
        );
        report.add(also(report, problem, "storage_gb", "grows from here"));
    }
}

fn users(database: &Database, report: &Report) {
    if database.username == database.master_username
        && sound(report, &["username", "master_username"])
    {
        let (here, there) = if report.written("database.username") {
            ("username", "master_username")
        } else {
            ("master_username", "username")
        };
        let problem = Problem::new(
            report.at(&path(here)),
            format!(
                "`{}` is the master user and the application's",
                database.username
            ),
            "must differ: the application gets fewer rights",
        );
        report.add(also(report, problem, there, "the other one"));
    }
}

fn windows(database: &Database, report: &Report) {
    if let (Some(backup), Some(maintenance)) =
        (&database.backup_window, &database.maintenance_window)
        && window::overlap(backup, maintenance)
    {
        report.add(
            Problem::new(
                report.at(&path("maintenance_window")),
                "the maintenance window and the backup window overlap",
                "must not meet the backups",
            )
            .also(report.at(&path("backup_window")), "backups run here"),
        );
    }
}
