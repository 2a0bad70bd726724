//! Versions of PostgreSQL on RDS: the newest of a major one, and never an older one.

use crate::aws::{Cloud, answer_of};
use crate::engine::{Class, Fault};

/// The version to want when the file says `file` (`16` or `16.10`) and `own` runs: what runs, unless
/// the file's is newer.
pub(super) fn keep_newer(file: &str, own: Option<&str>) -> String {
    match own {
        // A major version alone means any of its minor ones.
        Some(own) if numbers(own) >= numbers(file) || own.split('.').next() == Some(file) => {
            own.to_owned()
        }
        _ => file.to_owned(),
    }
}

/// Whether going from one version to the other is a major upgrade.
pub(super) fn is_major(from: &str, to: &str) -> bool {
    from.split('.').next() != to.split('.').next()
}

/// The minor version that `version` means: itself, or the newest that RDS creates.
pub(super) async fn resolve(cloud: &Cloud, version: &str) -> Result<String, Fault> {
    if version.contains('.') {
        return Ok(version.to_owned());
    }
    let request = (cloud.rds.describe_db_engine_versions())
        .engine("postgres")
        .db_parameter_group_family(format!("postgres{version}"));
    let items = request.into_paginator().items().send();
    let mut versions = answer_of("rds:DescribeDBEngineVersions", items.try_collect().await)?;
    versions.retain(|found| found.status().is_none_or(|status| status == "available"));
    let minors = versions
        .into_iter()
        .filter_map(|found| found.engine_version);
    minors.max_by_key(|minor| numbers(minor)).ok_or_else(|| {
        Fault::new(
            "rds:DescribeDBEngineVersions",
            Class::Invalid,
            format!("RDS offers no PostgreSQL {version} here"),
        )
    })
}

fn numbers(version: &str) -> Vec<u32> {
    version
        .split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::keep_newer;

    #[test]
    fn what_runs_is_never_downgraded() {
        for (file, own, wanted) in [
            ("16", None, "16"),
            ("16", Some("16.9"), "16.9"),
            ("16.10", Some("16.9"), "16.10"),
            ("16.10", Some("16.10"), "16.10"),
            ("16.9", Some("16.10"), "16.10"),
            ("16", Some("17.2"), "17.2"),
            ("17", Some("16.10"), "17"),
        ] {
            assert_eq!(keep_newer(file, own), wanted, "{file} {own:?}");
        }
    }
}
