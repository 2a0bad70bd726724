//! `policies` of a service: statements that its task role gets.

use toml::de::DeValue;

use super::arn::is_partition;
use super::model::Statement;
use super::problem::Problem;
use super::read::Table;
use super::stack_table::StackTable;
use super::text::{all, partition};
use super::value_error::ValueError;

/// What an ARN may leave to be filled in.
const BLANKS: [&str; 4] = ["{partition}", "{region}", "{account}", "{bucket}"];

pub(crate) fn read(service: &mut Table<'_>, stack_table: &StackTable) -> Vec<Statement> {
    let Some(value) = service.raw("policies") else {
        return Vec::new();
    };
    let path = service.path_of("policies");
    let report = service.report();
    let DeValue::Array(items) = value.get_ref() else {
        let expected = "a list of { actions = […], resources = […] }";
        report.reject(&path, super::read::wrong_type(&path, expected, value));
        return Vec::new();
    };
    let mut statements = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let name = format!("policies[{index}]");
        let DeValue::Table(entries) = item.get_ref() else {
            let expected = "a table: { actions = […], resources = […] }";
            report.add(super::read::wrong_type(
                &service.path_of(&name),
                expected,
                item,
            ));
            continue;
        };
        report.place(&service.path_of(&name), item.span(), item.span());
        let mut table = service.inner(&name, "policies", item.span(), Some(entries));
        let actions = list(&mut table, "actions", action);
        let resources = list(&mut table, "resources", |text| resource(text, stack_table));
        table.finish();
        statements.push(Statement { actions, resources });
    }
    statements
}

/// A list that must be there and hold something.
fn list(
    table: &mut Table<'_>,
    key: &'static str,
    parse: impl Fn(&str) -> Result<String, ValueError>,
) -> Vec<String> {
    let list = table.parsed_list(key, parse);
    let path = table.path_of(key);
    let report = table.report();
    if !table.has(key) {
        table.missing(key, "write actions = [\"s3:GetObject\"] and resources = [\"arn:{partition}:s3:::{bucket}/*\"]");
    } else if list.as_ref().is_some_and(Vec::is_empty) && report.sound(&[&path]) {
        report.add(Problem::new(
            report.at(&path),
            format!("`{path}` is empty"),
            "needs one or more",
        ));
    }
    list.unwrap_or_default()
}

fn action(text: &str) -> Result<String, ValueError> {
    let good = text.split_once(':').is_some_and(|(service, action)| {
        all(service, |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
        }) && all(action, |c| {
            c.is_ascii_alphanumeric() || c == '*' || c == '?'
        })
    });
    if good {
        Ok(text.to_owned())
    } else {
        Err(ValueError::new(
            "is not an action",
            "must look like `s3:GetObject`",
        ))
    }
}

/// An ARN, with blanks if need be, or `*`.
fn resource(text: &str, stack_table: &StackTable) -> Result<String, ValueError> {
    if text == "*" {
        return Ok(text.to_owned());
    }
    let filled = BLANKS
        .iter()
        .fold(text.to_owned(), |text, blank| text.replace(blank, ""));
    let unknown = filled
        .match_indices('{')
        .find(|(at, _)| !filled[..*at].ends_with('$'));
    if let Some((at, _)) = unknown {
        let name = filled[at + 1..].split('}').next().unwrap_or_default();
        return Err(ValueError::new(
            format!("has the unknown blank `{{{name}}}`"),
            format!("must be one of {}", super::suggest::list(BLANKS)),
        ));
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let shaped = match parts.as_slice() {
        ["arn", part, service, _, account, resource] => {
            (is_partition(part) || matches!(*part, "{partition}" | "*"))
                && all(service, |c| {
                    c.is_ascii_lowercase() || c.is_ascii_digit() || "-*".contains(c)
                })
                && (account.is_empty()
                    || matches!(*account, "{account}" | "*" | "aws")
                    || (account.len() == 12 && all(account, |c| c.is_ascii_digit())))
                && all(resource, |c| c.is_ascii_graphic() || c == ' ')
        }
        _ => false,
    };
    if !shaped {
        return Err(ValueError::new(
            "is not an ARN",
            "must look like `arn:{partition}:s3:::name/*`, or be `*`",
        ));
    }
    let written = parts.get(1).copied().unwrap_or_default();
    match stack_table.region().map(partition) {
        Some(right) if is_partition(written) && written != right => Err(ValueError::new(
            format!("is in the partition `{written}`"),
            format!("the stack's region lies in `{right}`"),
        )
        .hint("write {partition}, which is always right")),
        _ => Ok(text.to_owned()),
    }
}
