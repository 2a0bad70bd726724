//! `[cluster]`, `[logs]`, `[secrets]` and `[redis]`: small tables with little to go wrong.

use super::database::class;
use super::model::{Cluster, Redis};
use super::problem::Problem;
use super::read::Table;
use super::registry::kms_key;
use super::stack_table::StackTable;
use super::text::is_label;
use super::value_error::{ValueError, word};

/// The retention periods CloudWatch Logs takes (`PutRetentionPolicy`).
const RETENTION: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

pub(crate) fn read(root: &mut Table<'_>, stack_table: &StackTable) -> Cluster {
    let mut table = root.table("cluster");
    let insights = ["enhanced", "enabled", "disabled"].map(|name| (name, name));
    let cluster = Cluster {
        container_insights: table
            .parsed("container_insights", |text| word(text, &insights))
            .unwrap_or("enhanced")
            .to_owned(),
        namespace: table
            .parsed("namespace", namespace)
            .unwrap_or_else(|| format!("{}-cluster", stack_table.name)),
    };
    table.finish();
    cluster
}

/// A namespace is the end of host names, so it has their shape.
fn namespace(text: &str) -> Result<String, ValueError> {
    if text.len() <= 120 && text.split('.').all(is_label) {
        Ok(text.to_owned())
    } else {
        Err(ValueError::new(
            "cannot be a namespace",
            "must be lowercase letters, digits, hyphens and dots, such as `chat.internal`",
        ))
    }
}

/// `[logs]`: days, and the key.
pub(crate) fn logs(root: &mut Table<'_>, stack_table: &StackTable) -> (u32, Option<String>) {
    let mut table = root.table("logs");
    let key = kms_key(&mut table, stack_table);
    let days = table.number("days", 1..=3653, "days").unwrap_or(30);
    if !RETENTION.contains(&days) {
        let below = RETENTION.iter().rev().find(|allowed| **allowed < days);
        let above = RETENTION.iter().find(|allowed| **allowed > days);
        let near: Vec<String> = below.into_iter().chain(above).map(u32::to_string).collect();
        let path = table.path_of("days");
        let report = table.report();
        report.reject(
            &path,
            Problem::new(
                report.at(&path),
                format!("CloudWatch Logs cannot keep logs for {days} days"),
                format!("the nearest it can: {}", near.join(" or ")),
            ),
        );
    }
    table.finish();
    (days, key)
}

/// `[secrets]`: the key.
pub(crate) fn secrets(root: &mut Table<'_>, stack_table: &StackTable) -> Option<String> {
    let mut table = root.table("secrets");
    let key = kms_key(&mut table, stack_table);
    table.finish();
    key
}

/// `[redis]`.
pub(crate) fn redis(root: &mut Table<'_>) -> Option<Redis> {
    let mut table = root.table("redis");
    let nodes = table.number("nodes", 1..=6, "nodes");
    let redis = Redis {
        node_type: table
            .parsed("node_type", |text| class(text, "cache", "cache.t4g.small"))
            .unwrap_or_else(|| "cache.t4g.small".to_owned()),
        nodes: nodes
            .and_then(|nodes| u8::try_from(nodes).ok())
            .unwrap_or(2),
    };
    let written = table.written();
    table.finish();
    written.then_some(redis)
}
