//! Versions of PostgreSQL on RDS: the newest of a major one, and never an older one.

use crate::aws::{Cloud, fault};
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
    let mut pages = cloud
        .rds
        .describe_db_engine_versions()
        .engine("postgres")
        .db_parameter_group_family(format!("postgres{version}"))
        .into_paginator()
        .items()
        .send();
    let mut newest: Option<String> = None;
    while let Some(found) = pages.next().await {
        let found = found.map_err(fault("rds:DescribeDBEngineVersions"))?;
        let offered = found.status().is_none_or(|status| status == "available");
        let Some(minor) = found.engine_version.filter(|_| offered) else {
            continue;
        };
        if newest
            .as_ref()
            .is_none_or(|newest| numbers(&minor) > numbers(newest))
        {
            newest = Some(minor);
        }
    }
    newest.ok_or_else(|| {
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
