//! `[sign_in]` and `[admin]`: who may come in, and who is first.

use super::model::{Admin, Google, SecretSource};
use super::problem::Problem;
use super::read::Table;
use super::secret::{self, Making};
use super::stack_table::StackTable;
use super::text::{self, all};
use super::value_error::ValueError;

/// `[sign_in]`: whether the first account is the administrator's, and Google.
pub(crate) fn read(root: &mut Table<'_>, stack_table: &StackTable) -> (bool, Option<Google>) {
    let mut table = root.table("sign_in");
    let first_user_is_admin = table.flag("first_user_is_admin", false);
    let google = google(&mut table, stack_table);
    table.finish();
    (first_user_is_admin, google)
}

fn google(outer: &mut Table<'_>, stack_table: &StackTable) -> Option<Google> {
    let mut table = outer.table("google");
    let client_id = table.parsed("client_id", client_id);
    let client_secret = secret::read(
        &mut table,
        "client_secret",
        Making::Elsewhere,
        stack_table.region(),
    )
    .unwrap_or_else(|| SecretSource::Env("GOOGLE_CLIENT_SECRET".to_owned()));
    let allowed_domains = table.parsed_list("allowed_domains", allowed);
    let written = table.written();
    if written {
        if !table.has("client_id") {
            table.missing(
                "client_id",
                "Google's console shows it: client_id = \"….apps.googleusercontent.com\"",
            );
        }
        check(&table, allowed_domains.as_deref());
    }
    table.finish();
    written.then(|| Google {
        client_id: client_id.unwrap_or_default(),
        client_secret,
        allowed_domains: allowed_domains.unwrap_or_default(),
    })
}

fn check(table: &Table<'_>, allowed: Option<&[String]>) {
    let report = table.report();
    let path = table.path_of("allowed_domains");
    let hint = "write allowed_domains = [\"example.org\"]; [\"*\"] lets everybody with a Google account in";
    match allowed {
        None if !table.has("allowed_domains") => table.missing("allowed_domains", hint),
        Some([]) if report.sound(&[&path]) => {
            report.add(
                Problem::new(
                    report.at(&path),
                    format!("`{path}` is empty"),
                    "nobody could sign in",
                )
                .hint(hint),
            );
        }
        Some(domains) if domains.len() > 1 && domains.iter().any(|domain| domain == "*") => {
            report.add(Problem::new(
                report.at(&path),
                format!("`{path}` names `*` and others"),
                "`*` is everybody: write it alone",
            ));
        }
        _ => {}
    }
}

fn client_id(text: &str) -> Result<String, ValueError> {
    let good = text
        .strip_suffix(".apps.googleusercontent.com")
        .is_some_and(|id| {
            all(id, |c| {
                c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
            })
        });
    if good {
        Ok(text.to_owned())
    } else {
        Err(ValueError::new(
            "is not a Google client id",
            "must end in `.apps.googleusercontent.com`",
        ))
    }
}

fn allowed(text: &str) -> Result<String, ValueError> {
    if text == "*" {
        return Ok(text.to_owned());
    }
    if let Some((_, domain)) = text.rsplit_once('@') {
        return Err(
            ValueError::new("is not a domain", "must be what follows the `@`")
                .hint(format!("write \"{domain}\"")),
        );
    }
    text::host(text)
}

/// `[admin]`.
pub(crate) fn admin(root: &mut Table<'_>, stack_table: &StackTable) -> Option<Admin> {
    let mut table = root.table("admin");
    let email = table.parsed("email", text::email);
    let password = secret::read(
        &mut table,
        "password",
        Making::Allowed,
        stack_table.region(),
    );
    let written = table.written();
    if written && !table.has("email") {
        table.missing(
            "email",
            "write the administrator's address: email = \"name@example.org\"",
        );
    }
    table.finish();
    written.then(|| Admin {
        email: email.unwrap_or_default(),
        password: password.unwrap_or(SecretSource::Generate(24)),
    })
}
