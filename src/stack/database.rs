//! `[database]`: the PostgreSQL instance.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::model::Database;
use super::preset::PresetRules;
use super::problem::Problem;
use super::read::Table;
use super::registry::kms_key;
use super::stack_table::StackTable;
use super::text::all;
use super::value_error::{ValueError, word};
use super::{identifier, window};

/// The logs of PostgreSQL that RDS writes to CloudWatch ("Publishing PostgreSQL logs to Amazon CloudWatch Logs").
pub(crate) const DATABASE_LOGS: [&str; 3] = ["postgresql", "upgrade", "iam-db-auth-error"];

/// What a database and its role are called where neither the file nor a preset says so.
const PLAIN_NAME: &str = "app";

/// The table as written, or `None` when it is absent; the defaults are the same either way.
pub(crate) fn read(
    root: &mut Table<'_>,
    stack_table: &StackTable,
    presets: &[&'static PresetRules],
) -> (bool, Database) {
    // Of all that there are, not of those in the file: stacks without one of them have had it from the beginning.
    let usual = presets.iter().find_map(|preset| preset.database_name);
    let usual = usual.unwrap_or(PLAIN_NAME);
    let mut table = root.table("database");
    let t = &mut table;
    let safe = !stack_table.disposable;
    let database = Database {
        name: t
            .parsed("name", identifier::database)
            .unwrap_or_else(|| usual.into()),
        username: t
            .parsed("username", identifier::role)
            .unwrap_or_else(|| usual.into()),
        master_username: t
            .parsed("master_username", identifier::master)
            .unwrap_or_else(|| "ajuda".into()),
        version: t.parsed("version", version).unwrap_or_else(|| "16".into()),
        instance_class: t
            .parsed("instance_class", instance_class)
            .unwrap_or_else(|| "db.r7g.large".into()),
        storage_gb: t
            .number("storage_gb", 20..=65536, "gibibytes")
            .unwrap_or(200),
        max_storage_gb: t.number("max_storage_gb", 22..=65536, "gibibytes"),
        iops: t.number("iops", 12000..=64000, "a second, and needs 400 GB"),
        throughput: t.number("throughput", 500..=4000, "MiB a second, and needs 400 GB"),
        multi_az: t.flag("multi_az", true),
        backup_days: t.number("backup_days", 1..=35, "days").unwrap_or(7),
        backup_window: t.parsed("backup_window", window::daily),
        maintenance_window: t.parsed("maintenance_window", window::weekly),
        deletion_protection: t.flag("deletion_protection", safe),
        performance_insights: t.flag("performance_insights", true),
        enhanced_monitoring: monitoring(t),
        iam_authentication: t.flag("iam_authentication", true),
        log_exports: log_exports(t),
        final_snapshot: t.flag("final_snapshot", safe),
        auto_minor_version: t.flag("auto_minor_version", true),
        apply_immediately: t.flag("apply_immediately", false),
        extensions: t
            .parsed_list("extensions", identifier::extension)
            .unwrap_or_default()
            .into_iter()
            .collect(),
        parameters: parameters(t),
        kms_key: kms_key(t, stack_table),
        ca_certificates: t.parsed("ca_certificates", certificates),
    };
    let written = table.written();
    table.finish();
    (written, database)
}

/// `16`, or a minor version of it that RDS still creates.
fn version(text: &str) -> Result<String, ValueError> {
    let wrong = || {
        Err(ValueError::new(
            "is not a version that runs here",
            "must be `16` or such as `16.10`",
        ))
    };
    let (major, minor) = text
        .split_once('.')
        .map_or((text, None), |(major, minor)| (major, Some(minor)));
    if major != "16" {
        return wrong();
    }
    match minor.map(|minor| (minor, minor.parse::<u16>())) {
        None => Ok(text.to_owned()),
        Some((minor, Ok(number)))
            if all(minor, |c| c.is_ascii_digit()) && minor == number.to_string() =>
        {
            if number < 9 {
                Err(ValueError::new(
                    format!("is {text}, which AWS no longer creates"),
                    "must be `16` or newer than 16.8",
                )
                .hint("\"16\" means the newest of 16"))
            } else {
                Ok(text.to_owned())
            }
        }
        Some(_) => wrong(),
    }
}

/// `db.<family>.<size>`.
fn instance_class(text: &str) -> Result<String, ValueError> {
    class(text, "db", "db.r7g.large")
}

/// `<start>.<family>.<size>`, as RDS and ElastiCache name what they run on.
pub(crate) fn class(text: &str, start: &str, example: &str) -> Result<String, ValueError> {
    let parts: Vec<&str> = text.split('.').collect();
    let good = match parts.as_slice() {
        [first, family, size] => *first == start && is_family(family) && is_size(size),
        _ => false,
    };
    if good {
        return Ok(text.to_owned());
    }
    let wrong = ValueError::new(
        "is not an instance class",
        format!("must look like `{example}`"),
    );
    Err(match parts.as_slice() {
        [family, size] if is_family(family) && is_size(size) => {
            wrong.hint(format!("write \"{start}.{text}\""))
        }
        _ => wrong,
    })
}

fn is_family(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.contains(|c: char| c.is_ascii_digit())
        && all(text, |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
        })
}

fn is_size(text: &str) -> bool {
    matches!(text, "micro" | "small" | "medium" | "large" | "xlarge")
        || text
            .strip_suffix("xlarge")
            .is_some_and(|count| all(count, |c| c.is_ascii_digit()))
}

/// Certificates as PEM. They travel in task definitions, which have 64 KiB in all ("Amazon ECS service quotas").
fn certificates(text: &str) -> Result<String, ValueError> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    const MOST: usize = 16 * 1024;
    let wrong = |label: String| ValueError::new("is not a list of certificates", label);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let mut inside = false;
    for line in &lines {
        let fits = match *line {
            BEGIN => !inside,
            END => inside,
            line => inside && all(line, |c| c.is_ascii_alphanumeric() || "+/=".contains(c)),
        };
        if !fits {
            return Err(wrong(format!(
                "must be PEM: `{BEGIN}` … `{END}`, and nothing else"
            )));
        }
        inside = if inside { *line != END } else { true };
    }
    if lines.is_empty() || inside {
        return Err(wrong(format!("must be PEM: `{BEGIN}` … `{END}`")));
    }
    let text = lines.join("\n") + "\n";
    if text.len() > MOST {
        return Err(wrong("must be 16 KiB or less".to_owned())
            .hint("take the bundle of the region, not the one of all regions"));
    }
    Ok(text)
}

/// What `MonitoringInterval` takes, in seconds (RDS API, `CreateDBInstance`); 0 is off.
const MONITORING: [u32; 7] = [0, 1, 5, 10, 15, 30, 60];

fn monitoring(table: &mut Table<'_>) -> u32 {
    let seconds = table
        .number("enhanced_monitoring", 0..=60, "seconds; 0 is off")
        .unwrap_or(60);
    if !MONITORING.contains(&seconds) {
        let path = table.path_of("enhanced_monitoring");
        let report = table.report();
        report.reject(
            &path,
            Problem::new(
                report.at(&path),
                format!("RDS cannot measure every {seconds} seconds"),
                "must be 1, 5, 10, 15, 30 or 60, or 0 for off",
            ),
        );
    }
    seconds
}

fn log_exports(table: &mut Table<'_>) -> Vec<String> {
    let logs = table.parsed_list("log_exports", |text| {
        word(text, &DATABASE_LOGS.map(|log| (log, log)))
    });
    let mut logs = logs.unwrap_or_else(|| vec!["postgresql", "upgrade"]);
    logs.sort_unstable();
    logs.dedup();
    logs.into_iter().map(str::to_owned).collect()
}

/// Parameters of the group; a number or a flag is taken as its text.
fn parameters(table: &mut Table<'_>) -> BTreeMap<String, String> {
    let report = table.report();
    let mut inner = table.table("parameters");
    let mut parameters = BTreeMap::new();
    for (name, value) in inner.entries() {
        let path = inner.path_of(name.value);
        let text = match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
            DeValue::Boolean(flag) => Some(if *flag { "1" } else { "0" }.to_owned()),
            _ => inner.text_of(&path, value),
        };
        if name.value == "rds.force_ssl" {
            report.add(Problem::new(
                name.span,
                "`rds.force_ssl` is ours",
                "always 1: connections are encrypted",
            ));
        } else if !all(name.value, |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c)
        }) {
            report.add(Problem::new(
                name.span,
                format!("`{}` is not the name of a parameter", name.value),
                "must be lowercase letters, digits, `_` and `.`",
            ));
        } else if let Some(text) = text {
            parameters.insert(name.value.to_owned(), text);
        }
    }
    parameters
}
