//! `[alarms]`: when somebody is told.

use super::model::{Alarms, Database};
use super::problem::Problem;
use super::read::Table;
use super::registry::kms_key;
use super::stack_table::StackTable;
use super::text;

/// Defaults that depend on the database follow it, so that an alarm can neither sound for ever nor never.
pub(crate) fn read(
    root: &mut Table<'_>,
    stack_table: &StackTable,
    database: Option<&Database>,
) -> Alarms {
    let mut table = root.table("alarms");
    let storage = database.map_or(200, |database| database.storage_gb);
    let alarms = Alarms {
        enabled: table.flag("enabled", true),
        email: table.parsed("email", text::email),
        kms_key: kms_key(&mut table, stack_table),
        errors: table
            .number("errors", 1..=1_000_000, "in five minutes")
            .unwrap_or(10),
        latency_seconds: table
            .number("latency_seconds", 1..=3600, "seconds")
            .unwrap_or(10),
        cpu_percent: table
            .number("cpu_percent", 1..=100, "percent")
            .unwrap_or(80),
        memory_percent: table
            .number("memory_percent", 1..=100, "percent")
            .unwrap_or(85),
        free_storage_gb: table
            .number("free_storage_gb", 1..=65536, "gibibytes")
            .unwrap_or_else(|| (storage / 10).clamp(1, 20)),
        connections: table
            .number("connections", 1..=5000, "connections")
            .unwrap_or_else(|| connections(database)),
    };
    let report = table.report();
    let key = table.path_of("kms_key");
    if alarms.kms_key.is_some() && !table.has("email") {
        report.add(
            Problem::new(
                report.key(&key),
                format!("`{key}` encrypts nothing: without `alarms.email` there is no topic"),
                "only together with `email`",
            )
            .hint("add email = \"ops@example.org\", or remove `kms_key`"),
        );
    }
    let path = table.path_of("free_storage_gb");
    if table.has("free_storage_gb")
        && report.sound(&[&path, "database.storage_gb"])
        && database.is_some()
        && alarms.free_storage_gb >= storage
    {
        report.add(Problem::new(
            report.at(&path),
            "`alarms.free_storage_gb` would always sound",
            format!("must be less than the database's {storage} GB"),
        ));
    }
    table.finish();
    alarms
}

/// About 70 % of what RDS allows by default on small classes (memory / 9531392), 400 on larger ones.
fn connections(database: Option<&Database>) -> u32 {
    let size = database.and_then(|database| database.instance_class.rsplit('.').next());
    match size {
        Some("micro") => 75,
        Some("small") => 150,
        Some("medium") => 300,
        _ => 400,
    }
}
