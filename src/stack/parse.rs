//! The file as a whole: table by table, or what can be said of a broken one.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::DeTable;

use super::model::Stack;
use super::preset::PresetRules;
use super::problem::{Problem, Problems, Span};
use super::read::Table;
use super::report::Report;
use super::{
    alarms, cluster, cost, database, load_balancer, models, names, network, registry, secret_scan,
    service, sign_in, stack_table, storage,
};

/// A file that has every table which the user names, for [`keys`].
const SKELETON: &str = "[stack]\nname = 'a-name'\n[provider.NAME]\nkey = {}\n[service.NAME]\nenvironment.NAME = {}\n\
    secrets.NAME = {}\npolicies = [{}]\n[sign_in.google]\nclient_secret = {}\n[admin]\npassword = {}\n";

/// Reads every table; absent ones give their defaults.
pub(crate) fn read(
    document: &DeTable<'_>,
    report: &Report,
    presets: &[&'static PresetRules],
) -> Stack {
    let mut root = Table::root(report, document);
    let stack_table = stack_table::read(&mut root);
    let (network, egress) = network::read(&mut root, &stack_table);
    let services = service::read(&mut root, &stack_table, &egress, presets);
    let (own_storage, storage) = storage::read(&mut root, &stack_table);
    let (own_database, database) = database::read(&mut root, &stack_table, presets);
    let needs = |need: fn(&PresetRules) -> bool| {
        let mut named = services.values().filter_map(|service| service.preset);
        named.any(need)
    };
    let database = (own_database || needs(|one| one.needs_database)).then_some(database);
    let storage = (own_storage || needs(|one| one.needs_storage)).then_some(storage);
    let (first_user_is_admin, google) = sign_in::read(&mut root, &stack_table);
    let (log_days, log_key) = cluster::logs(&mut root, &stack_table);
    let stack = Stack {
        network,
        egress,
        registry: registry::read(&mut root, &stack_table),
        storage,
        cluster: cluster::read(&mut root, &stack_table),
        load_balancer: load_balancer::read(&mut root, &stack_table),
        domain: load_balancer::domain(&mut root, &stack_table),
        google,
        first_user_is_admin,
        admin: sign_in::admin(&mut root, &stack_table),
        models: models::read(&mut root),
        providers: models::providers(&mut root, &stack_table),
        redis: cluster::redis(&mut root),
        secrets_key: cluster::secrets(&mut root, &stack_table),
        log_days,
        log_key,
        alarms: alarms::read(&mut root, &stack_table, database.as_ref()),
        cost: cost::read(&mut root),
        adopt: names::adopt(&mut root),
        moved: names::moved(&mut root),
        database,
        services,
        name: stack_table.name,
        region: stack_table.region,
        account: stack_table.account,
        tags: stack_table.tags,
        disposable: stack_table.disposable,
        unmanaged: stack_table.unmanaged,
    };
    root.finish();
    report.report_unknown_keys();
    stack
}

/// Looks for credentials in every text, read or not.
pub(crate) fn search_leaks(document: &DeTable<'_>, report: &Report) {
    for (name, value) in document {
        secret_scan::search(report, name.get_ref(), value);
    }
}

/// Every key there is.
pub(crate) fn keys() -> BTreeSet<String> {
    let (document, _) = DeTable::parse_recoverable(SKELETON);
    let report = Report::default();
    let _ = read(document.get_ref(), &report, &[]);
    report.into_asked()
}

/// The syntax errors, and of what could be read the problems on lines that have none.
///
/// Nothing is said about what is missing or about how tables fit together: it may be on a line that was lost.
pub(crate) fn broken(
    source: &str,
    name: &str,
    document: &Spanned<DeTable<'_>>,
    errors: &[toml::de::Error],
    presets: &[&'static PresetRules],
) -> Problems {
    let mut problems: Vec<Problem> = errors.iter().map(|error| syntax(source, error)).collect();
    let lines = lines_of(source, &problems);
    let report = Report::on(source);
    let _ = read(document.get_ref(), &report, presets);
    search_leaks(document.get_ref(), &report);
    let (found, mut hidden) = report.into_problems();
    let clear = |span: &Span| {
        // Of those that begin before it ends, the last ends last.
        let before = lines.partition_point(|line| line.start <= span.end);
        lines[..before]
            .last()
            .is_none_or(|line| span.start >= line.end)
    };
    problems.extend(
        found
            .into_iter()
            .filter(|problem| !problem.label.starts_with("needs `") && clear(&problem.span)),
    );
    hidden.extend(secret_scan::hide_lines(source));
    Problems::new(source, name, problems, hidden)
}

/// The whole lines that these problems lie on, in the order of the file; none lies in another.
fn lines_of(source: &str, problems: &[Problem]) -> Vec<Span> {
    let ends: Vec<usize> = source
        .match_indices('\n')
        .map(|(at, _)| at)
        .chain([source.len()])
        .collect();
    let mut lines: Vec<Span> = problems
        .iter()
        .map(|problem| {
            let first = ends.partition_point(|end| *end < problem.span.start);
            let last = ends.partition_point(|end| *end < problem.span.end);
            let start = first.checked_sub(1).and_then(|before| ends.get(before));
            start.map_or(0, |end| end + 1)..ends.get(last).copied().unwrap_or(source.len())
        })
        .collect();
    lines.sort_by_key(|line| (line.start, line.end));
    let mut merged: Vec<Span> = Vec::new();
    for line in lines {
        match merged.last_mut() {
            Some(last) if line.start <= last.end => last.end = last.end.max(line.end),
            _ => merged.push(line),
        }
    }
    merged
}

/// A syntax error in the words of the other problems.
fn syntax(source: &str, error: &toml::de::Error) -> Problem {
    let span = error.span().unwrap_or(0..0);
    let span = span.start.min(source.len())..span.end.min(source.len());
    let message = error.message();
    let (what, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    let label = match expected {
        "" => String::new(),
        "literal string" => "neither a number, nor true or false, nor text in quotes".to_owned(),
        expected => format!("expected {expected}"),
    };
    let problem = Problem::new(span, format!("not TOML: {what}"), label);
    if what.contains("must be quoted") {
        problem.hint("text stands in quotes, such as name = \"chat\"")
    } else if what.contains("unquoted key") {
        problem.hint("a key with other characters stands in quotes")
    } else {
        problem
    }
}
