//! What a service's container may do to itself: as whom it runs, and where it writes.

use std::collections::BTreeSet;

use super::model::SecurityContext;
use super::preset::Defaults;
use super::problem::Problem;
use super::read::Table;
use super::text::all;
use super::value_error::ValueError;

/// `user`, `read_only_root` and `writable` of a service; `exec` is what the file says of ECS Exec.
pub(crate) fn read(table: &mut Table<'_>, defaults: &Defaults, exec: bool) -> SecurityContext {
    let user = table.parsed("user", user);
    let read_only_root = table.flag("read_only_root", defaults.read_only_root && !exec);
    let written = table.parsed_list("writable", directory);
    let security = SecurityContext {
        user: user.or_else(|| defaults.user.map(str::to_owned)),
        read_only_root,
        writable: writable(read_only_root, defaults, written.unwrap_or_default()),
    };
    refuse(table, &security, exec);
    security
}

fn writable(read_only: bool, defaults: &Defaults, written: Vec<String>) -> BTreeSet<String> {
    if !read_only {
        return BTreeSet::new();
    }
    let preset = defaults.writable.iter().map(|path| (*path).to_owned());
    preset.chain(written).collect()
}

/// Keys that exclude each other, and one that would do nothing.
fn refuse(table: &Table<'_>, security: &SecurityContext, exec: bool) {
    let report = table.report();
    let [root, list, shell] = ["read_only_root", "writable", "exec"].map(|key| table.path_of(key));
    // ECS developer guide, "Monitor Amazon ECS containers with ECS Exec": the agent makes directories.
    if exec && security.read_only_root {
        report.add(
            Problem::new(
                report.at(&root),
                "ECS Exec does not work in a container with a read-only root file system",
                "must be false while `exec` is true",
            )
            .also(report.at(&shell), "switched on here")
            .hint("remove one of the two; without `exec` the root file system can be read only"),
        );
    }
    if table.has("writable") && !security.read_only_root && report.sound(&[&root, &list]) {
        let problem = Problem::new(
            report.key(&list),
            format!("`{list}` does nothing: the whole root file system is writable"),
            "only together with `read_only_root = true`",
        );
        report.add(if exec {
            problem.also(report.at(&shell), "ECS Exec needs it writable")
        } else {
            problem.hint("add read_only_root = true, or remove `writable`")
        });
    }
}

/// A user of the image, by name or number, with or without a group (ECS API, `ContainerDefinition.user`).
fn user(text: &str) -> Result<String, ValueError> {
    let name = |text: &str| {
        all(text, |c| c.is_ascii_alphanumeric() || "_.-".contains(c)) && !text.starts_with('-')
    };
    let good = match text.split_once(':') {
        Some((user, group)) => name(user) && name(group),
        None => name(text),
    };
    if good {
        Ok(text.to_owned())
    } else {
        Err(ValueError::new(
            "is not a user",
            "must be a user, or a user and a group, such as `1000:1000`",
        ))
    }
}

/// A directory that a volume can be mounted on.
fn directory(text: &str) -> Result<String, ValueError> {
    let parts = text.strip_prefix('/').unwrap_or_default().split('/');
    let good = text.len() <= 255
        && parts.clone().all(|part| {
            !["", ".", ".."].contains(&part)
                && all(part, |c| c.is_ascii_alphanumeric() || "_.-".contains(c))
        });
    if good {
        return Ok(text.to_owned());
    }
    let wrong = ValueError::new(
        "is not a directory below the root",
        "must look like `/tmp` or `/var/cache/app`",
    );
    Err(if text == "/" {
        wrong.hint("read_only_root = false makes everything writable")
    } else {
        wrong
    })
}
