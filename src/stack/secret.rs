//! Where a secret comes from: `{ env = … }`, `{ generate = … }` or `{ arn = … }`, never the value.

use toml::Spanned;
use toml::de::DeValue;

use super::arn;
use super::model::SecretSource;
use super::operator::source_variable;
use super::problem::Problem;
use super::read::Table;
use super::value_error::ValueError;

/// Whether a secret may be made up: a Google client secret cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Making {
    /// `generate` is allowed.
    Allowed,
    /// Somebody else made it.
    Elsewhere,
}

/// Reads a key that names a secret.
pub(crate) fn read(
    table: &mut Table<'_>,
    key: &'static str,
    making: Making,
    region: Option<&str>,
) -> Option<SecretSource> {
    let value = table.raw(key)?;
    let path = table.path_of(key);
    let mut inner = open(table, key, key, &path, value)?;
    let source = source(&mut inner, making, region, &[]);
    inner.finish();
    source
}

/// The table a secret is written as; a text there is a leak.
pub(crate) fn open<'r>(
    table: &Table<'r>,
    name: &str,
    pattern: &str,
    path: &str,
    value: &'r Spanned<DeValue<'r>>,
) -> Option<Table<'r>> {
    let report = table.report();
    match value.get_ref() {
        DeValue::Table(entries) => Some(table.inner(name, pattern, value.span(), Some(entries))),
        DeValue::String(_) | DeValue::Integer(_) => {
            report.hide(value.span());
            let variable = variable(path);
            let problem = Problem::new(
                value.span(),
                format!("`{path}` holds a secret's value"),
                "must say where the secret is, not what it is",
            );
            report.reject(
                path,
                problem.hint(format!(
                    "write {{ env = \"{variable}\" }} and set ${variable} where the stack is brought up"
                )),
            );
            None
        }
        _ => {
            report.hide(value.span());
            let problem =
                super::read::wrong_type(path, "a table, such as { env = \"NAME\" }", value);
            report.reject(path, problem);
            None
        }
    }
}

/// Exactly one of `env`, `generate`, `arn` and the `others` a caller reads by itself.
pub(crate) fn source(
    inner: &mut Table<'_>,
    making: Making,
    region: Option<&str>,
    others: &[&str],
) -> Option<SecretSource> {
    let env = inner.parsed("env", source_variable).map(SecretSource::Env);
    let generate = match making {
        Making::Allowed => inner
            .number("generate", 16..=128, "characters")
            .map(SecretSource::Generate),
        Making::Elsewhere if inner.has("generate") => {
            let problem = Problem::new(
                inner.span(),
                format!("`{}` cannot be generated", inner.path()),
                "somebody else made it",
            );
            let _ = inner.raw("generate");
            inner
                .report()
                .add(problem.hint("write { env = \"NAME\" } or { arn = \"arn:…\" }"));
            return None;
        }
        Making::Elsewhere => None,
    };
    let arn = inner
        .parsed("arn", |text| secret_arn(text, region))
        .map(SecretSource::Arn);
    let ways: &[&str] = match making {
        Making::Allowed => &["env", "generate", "arn"],
        Making::Elsewhere => &["env", "arn"],
    };
    let written = ways
        .iter()
        .chain(others)
        .filter(|key| inner.has(key))
        .count();
    if written != 1 {
        let all: Vec<&str> = ways.iter().chain(others).copied().collect();
        let problem = Problem::new(
            inner.span(),
            format!("`{}` must name one source", inner.path()),
            format!("exactly one of {}", super::suggest::list(all)),
        );
        inner.report().reject(inner.path(), problem);
        return None;
    }
    env.or(generate).or(arn)
}

/// The ARN of a secret, with or without `:key:stage:version`.
fn secret_arn(text: &str, region: Option<&str>) -> Result<String, ValueError> {
    let arn = arn::arn(text, "secretsmanager", &["secret:"])?;
    let parts = text.split(':').count();
    if parts != 7 && parts != 10 {
        return Err(ValueError::new(
            "is not a secret's ARN",
            "after the name come all three of `:key:stage:version`, or nothing",
        )
        .hint("for the key `api_key` end it in `:api_key::`"));
    }
    arn::same_region(arn, region)
}

/// The ARN of a whole secret, without `:key:stage:version`.
pub(crate) fn parse_whole_secret(text: &str, region: Option<&str>) -> Result<String, ValueError> {
    let arn = secret_arn(text, region)?;
    match arn.splitn(8, ':').nth(7) {
        None => Ok(arn),
        Some(_) => Err(ValueError::new(
            "names a part of a secret",
            "must be the whole secret's ARN, without `:key:stage:version`",
        )),
    }
}

/// The variable a secret at this path would be taken from.
pub(crate) fn variable(path: &str) -> String {
    let parts: Vec<&str> = path.split('.').collect();
    let name = match parts.as_slice() {
        ["provider", provider, "key"] => format!("{provider}_api_key"),
        [.., "secrets", name] => (*name).to_owned(),
        [.., table, key] => format!("{table}_{key}"),
        _ => path.to_owned(),
    };
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect()
}
