//! `environment`, `secrets` and `policies` of a service.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use super::model::{Output, SecretRef, Value};
use super::problem::Problem;
use super::read::Table;
use super::secret::{self, Making};
use super::secret_scan;
use super::stack_table::StackTable;
use super::value_error::word;

/// What a plain variable can be taken from.
const OUTPUTS: [(&str, Output); 7] = [
    ("storage.bucket", Output::Bucket),
    ("database.host", Output::DatabaseHost),
    ("database.port", Output::DatabasePort),
    ("database.name", Output::DatabaseName),
    ("database.ca", Output::DatabaseCa),
    ("load_balancer.url", Output::Url),
    ("stack.region", Output::Region),
];

/// What a secret variable can be taken from.
#[derive(Debug, Clone, Copy)]
enum Shared {
    DatabaseUrl,
    DatabasePassword,
    RedisUrl,
}

const SHARED: [(&str, Shared); 3] = [
    ("database.url", Shared::DatabaseUrl),
    ("database.password", Shared::DatabasePassword),
    ("redis.url", Shared::RedisUrl),
];

/// `environment`.
pub(crate) fn plain(service: &mut Table<'_>) -> BTreeMap<String, Value> {
    let mut table = service.table("environment");
    let report = table.report();
    let mut environment = BTreeMap::new();
    for (name, value) in table.entries() {
        let path = table.path_of(name.value);
        if let Err(wrong) = super::text::variable_name(name.value) {
            report.reject(&path, wrong.at(&path, name.span.clone()));
        }
        let read = match value.get_ref() {
            DeValue::Table(entries) => {
                let mut inner = table.inner(name.value, "NAME", value.span(), Some(entries));
                let output = from(
                    &mut inner,
                    &OUTPUTS,
                    "secrets",
                    SHARED.map(|(name, _)| name).as_slice(),
                );
                inner.finish();
                output.map(Value::From)
            }
            _ => literal(&table, name.value, &path, value),
        };
        if let Some(read) = read {
            environment.insert(name.value.to_owned(), read);
        }
    }
    environment
}

/// A value as written, unless it is a secret.
fn literal(
    table: &Table<'_>,
    name: &str,
    path: &str,
    value: &Spanned<DeValue<'_>>,
) -> Option<Value> {
    let text = table.text_of(path, value)?;
    let kind = secret_scan::credential(&text).or_else(|| {
        secret_scan::is_misplaced(name, &text).then_some("one, by the variable's name")
    });
    let Some(kind) = kind else {
        return Some(Value::Text(text));
    };
    let report = table.report();
    report.hide(value.span());
    let service = table
        .path()
        .strip_suffix(".environment")
        .unwrap_or_default();
    report.reject(
        path,
        secret_scan::leaked(path, kind, value.span()).hint(format!(
            "move it to [{service}.secrets]: {} = {{ env = \"{}\" }}",
            key(name),
            secret::variable(name)
        )),
    );
    None
}

/// A variable's name as TOML takes it for a key.
fn key(name: &str) -> String {
    if name.contains('.') {
        format!("\"{name}\"")
    } else {
        name.to_owned()
    }
}

/// `secrets`.
pub(crate) fn secrets(
    service: &mut Table<'_>,
    stack_table: &StackTable,
) -> BTreeMap<String, SecretRef> {
    let mut table = service.table("secrets");
    let report = table.report();
    let mut secrets = BTreeMap::new();
    for (name, value) in table.entries() {
        let path = table.path_of(name.value);
        if let Err(wrong) = super::text::variable_name(name.value) {
            report.reject(&path, wrong.at(&path, name.span.clone()));
        }
        let Some(mut inner) = secret::open(&table, name.value, "NAME", &path, value) else {
            continue;
        };
        let shared = if inner.has("from") {
            from(
                &mut inner,
                &SHARED,
                "environment",
                OUTPUTS.map(|(name, _)| name).as_slice(),
            )
        } else {
            let _ = inner.raw("from");
            None
        };
        let own = secret::source(&mut inner, Making::Allowed, stack_table.region(), &["from"]);
        inner.finish();
        if let Some(secret) = shared.map(reference).or(own.map(SecretRef::Own)) {
            secrets.insert(name.value.to_owned(), secret);
        }
    }
    secrets
}

/// A word under `from`; one of the `others` belongs in another table.
fn from<T: Copy>(
    table: &mut Table<'_>,
    words: &[(&'static str, T)],
    other: &str,
    others: &[&str],
) -> Option<T> {
    if !table.has("from") {
        table.missing(
            "from",
            format!("such as {{ from = \"{}\" }}", words.first()?.0),
        );
    }
    table.parsed("from", |text| {
        word(text, words).map_err(|wrong| {
            if others.contains(&text) {
                wrong.hint(format!("`{text}` belongs in `{other}`"))
            } else {
                wrong
            }
        })
    })
}

fn reference(shared: Shared) -> SecretRef {
    match shared {
        Shared::DatabaseUrl => SecretRef::DatabaseUrl,
        Shared::DatabasePassword => SecretRef::DatabasePassword,
        Shared::RedisUrl => SecretRef::RedisUrl,
    }
}

/// Refuses variables that are in both tables.
pub(crate) fn refuse_both(
    service: &Table<'_>,
    plain: &BTreeMap<String, Value>,
    secrets: &BTreeMap<String, SecretRef>,
) {
    let report = service.report();
    for name in plain.keys().filter(|name| secrets.contains_key(*name)) {
        let problem = Problem::new(
            report.key(&service.path_of(&format!("secrets.{name}"))),
            format!("`{name}` is a secret and a plain variable"),
            "keep one of the two",
        );
        report.add(problem.also(
            report.key(&service.path_of(&format!("environment.{name}"))),
            "plain here",
        ));
    }
}
