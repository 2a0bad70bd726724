//! The stack file: parsed, validated, every default filled in.
//!
//! Pure: no I/O and no AWS. Everything that is wrong is found at once, each at its place.

mod alarms;
mod arn;
mod check;
mod cluster;
pub mod connections;
mod cost;
mod database;
mod deployment;
mod egress;
mod environment;
mod hosted_zone;
mod identifier;
mod image;
mod ip_range;
mod line;
mod load_balancer;
pub mod model;
mod models;
mod names;
mod secret_scan;
mod stack_table;
mod suggest;
pub(crate) use suggest::nearest;
mod network;
mod operator;
mod parse;
mod paths;
mod policy;
pub mod preset;
mod problem;
mod read;
mod registry;
mod report;
mod secret;
mod secret_names;
mod security;
mod service;
mod sign_in;
mod size;
mod storage;
mod text;
mod value_error;
mod values;
mod warnings;
mod window;

use std::collections::BTreeSet;

use toml::de::DeTable;

pub(crate) use database::DATABASE_LOGS;
pub use hosted_zone::is_zone_id;
pub use line::{line_naming, line_of};
pub use model::*;
pub(crate) use models::EXAMPLE as MODEL_EXAMPLE;
pub use names::InvalidName;
pub use paths::in_order as paths_in_order;
pub use preset::{Defaults, OneTask, PresetRules};
pub use problem::{Problem, Problems, Span};
pub use report::Report;
pub(crate) use secret_names::may_be_secret;
pub(crate) use text::region;
pub use warnings::warnings;

/// Reads a stack file. `name` is what the file is called in messages, `presets` are those that it can name.
///
/// # Errors
///
/// Everything that is wrong with the file, sorted by position; never an empty list.
pub fn parse(
    source: &str,
    name: &str,
    presets: &[&'static PresetRules],
) -> Result<Stack, Problems> {
    let (document, errors) = DeTable::parse_recoverable(source);
    let report = Report::on(source);
    if !errors.is_empty() {
        return Err(parse::broken(source, name, &document, &errors, presets));
    }
    let stack = parse::read(document.get_ref(), &report, presets);
    check::check(&stack, &report);
    parse::search_leaks(document.get_ref(), &report);
    let (problems, hidden) = report.into_problems();
    if problems.is_empty() {
        Ok(stack)
    } else {
        Err(Problems::new(source, name, problems, hidden))
    }
}

/// What is wrong with entries of `[adopt]` and `[moved]`, known only once everything is declared: each
/// with its table and key, what it is not, and what would be right.
pub fn refuse_names(source: &str, name: &str, wrong: &[InvalidName]) -> Problems {
    let (document, _) = DeTable::parse_recoverable(source);
    let problems = wrong
        .iter()
        .map(|one| one.problem(document.get_ref()))
        .collect();
    Problems::new(source, name, problems, Vec::new())
}

/// Says that nobody has the certificates of RDS for `region`, which another place than the file may have named:
/// at the file's region if it is that one, at its database or at its head.
pub fn refuse_region(source: &str, name: &str, region: &str) -> Problems {
    let (document, _) = DeTable::parse_recoverable(source);
    let document = document.get_ref();
    let written = document.get("stack").and_then(|stack| {
        let written = stack.get_ref().get("region")?;
        (written.get_ref().as_str() == Some(region)).then(|| written.span())
    });
    let key = |name: &str| Some(document.get_key_value(name)?.0.span());
    let span = written.or_else(|| key("database")).or_else(|| key("stack"));
    let problem = Problem::new(
        span.unwrap_or(0..0),
        format!("nothing verifies a database in {region}"),
        "ajuda has no certificates of RDS for this region",
    )
    .hint(
        "put them into the file: ca_certificates = \"\"\"…\"\"\" under [database], with AWS's bundle for the region \
         (RDS user guide, \"Using SSL/TLS to encrypt a connection to a DB instance\")",
    );
    Problems::new(source, name, vec![problem], Vec::new())
}

/// What is wrong with the names that a stack gets in `region`, where another than the file has named it.
/// `None` when nothing is, and for the file's own region, which [`parse()`] has judged.
pub fn refuse_names_in(source: &str, name: &str, stack: &Stack, region: &str) -> Option<Problems> {
    if stack.region.as_deref() == Some(region) {
        return None;
    }
    let (document, _) = DeTable::parse_recoverable(source);
    let report = Report::on(source);
    let presets: Vec<_> = stack
        .services
        .values()
        .filter_map(|one| one.preset)
        .collect();
    let _ = parse::read(document.get_ref(), &report, &presets);
    check::names::roles(stack, region, &report);
    let (problems, hidden) = report.into_problems();
    (!problems.is_empty()).then(|| Problems::new(source, name, problems, hidden))
}

/// Says that a region cannot give the zones that the file asks for: where it does, else at its head.
pub fn refuse_zones(source: &str, name: &str, message: &str, label: &str) -> Problems {
    let (document, _) = DeTable::parse_recoverable(source);
    let report = Report::default();
    let _ = parse::read(document.get_ref(), &report, &[]);
    let place = ["network.zones", "network"]
        .into_iter()
        .find(|path| report.written(path));
    let span = place.map_or_else(|| report.key("stack"), |path| report.at(path));
    let problem = Problem::new(span, message, label)
        .hint("write zones = 2, or name them: zones = [\"us-east-1a\", \"us-east-1c\"]");
    Problems::new(source, name, vec![problem], Vec::new())
}

/// What AWS says is wrong with the ids that a file names, known only once AWS was asked: each with the path of its
/// place, what is wrong, and what would be right.
pub fn refuse_ids<'a>(
    source: &str,
    name: &str,
    wrong: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
) -> Problems {
    let (document, _) = DeTable::parse_recoverable(source);
    let report = Report::on(source);
    let _ = parse::read(document.get_ref(), &report, &[]);
    let problem = |(path, message, right)| Problem::new(report.at(path), message, right);
    let problems = wrong.into_iter().map(problem).collect();
    Problems::new(source, name, problems, Vec::new())
}

/// The line, counted from 1, on which the value of a path stands, such as `network.private_subnets[1]`, else its nearest
/// table; `None` when the file does not write it.
pub fn line_at(source: &str, path: &str) -> Option<usize> {
    let (document, _) = DeTable::parse_recoverable(source);
    let report = Report::on(source);
    let _ = parse::read(document.get_ref(), &report, &[]);
    let span = report.at(path);
    let before = source.get(..span.start).filter(|_| span.end > 0)?;
    Some(before.matches('\n').count() + 1)
}

/// Every key there is, as `database.multi_az`; `NAME` stands for what the user names.
pub fn keys() -> BTreeSet<String> {
    parse::keys()
}
