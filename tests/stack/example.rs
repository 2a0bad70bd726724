//! `deploy.example.toml` names every key there is, with its true default, and nothing else.

use std::collections::BTreeSet;

use toml::Table;

use ajuda::presets::parse;
use ajuda::stack::keys;

use crate::read;

const EXAMPLE: &str = include_str!("../../deploy.example.toml");

/// Lines of one commented-out choice: consecutive lines that begin with `#` and no space.
struct Choice<'a> {
    first: usize,
    lines: Vec<&'a str>,
}

fn choices() -> Vec<Choice<'static>> {
    let mut choices: Vec<Choice<'_>> = Vec::new();
    for (index, line) in EXAMPLE.lines().enumerate() {
        let Some(text) = line
            .strip_prefix('#')
            .filter(|text| !text.starts_with(' ') && !text.is_empty())
        else {
            continue;
        };
        match choices.last_mut() {
            Some(choice) if choice.first + choice.lines.len() == index => choice.lines.push(text),
            _ => choices.push(Choice {
                first: index,
                lines: vec![text],
            }),
        }
    }
    choices
}

fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(" = ")?;
    key.chars()
        .all(|c| c.is_ascii_lowercase() || c == '_')
        .then_some(key)
}

/// The example with one choice made: it takes the place of the same keys, or of the same table.
fn with(choice: &Choice<'_>) -> String {
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    let header = |index: usize| {
        lines[..=index]
            .iter()
            .rposition(|line| line.starts_with('['))
    };
    let home = header(choice.first);
    let replaced: BTreeSet<&str> = choice.lines.iter().filter_map(|line| key(line)).collect();
    let table = choice.lines[0].starts_with('[').then_some(choice.lines[0]);
    let mut out = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if index == choice.first {
            out.extend(choice.lines.iter().copied());
        }
        let here = header(index);
        let gone = match table {
            Some(table) => here.is_some_and(|here| lines[here] == table) && !line.starts_with('#'),
            None => here == home && key(line).is_some_and(|key| replaced.contains(key)),
        };
        if !gone {
            out.push(line);
        }
    }
    out.join("\n")
}

#[test]
fn every_choice_can_be_made() {
    read("deploy.example.toml", EXAMPLE);
    let choices = choices();
    assert!(choices.len() > 10);
    for choice in choices {
        read(
            &format!("deploy.example.toml with line {}", choice.first + 1),
            &with(&choice),
        );
    }
}

#[test]
fn every_key_is_there_and_no_other() {
    let mut written = BTreeSet::new();
    for source in choices().iter().map(with).chain([EXAMPLE.to_owned()]) {
        leaves(
            "",
            &toml::Value::Table(source.parse::<Table>().unwrap()),
            &mut written,
        );
    }
    let known = keys();
    let leaf = |key: &&String| {
        !known
            .iter()
            .any(|other| other.starts_with(&format!("{key}.")))
    };
    let known: BTreeSet<String> = known.iter().filter(leaf).cloned().collect();
    let missing: Vec<_> = known.difference(&written).collect();
    let unknown: Vec<_> = written.difference(&known).collect();
    assert!(
        missing.is_empty(),
        "not in deploy.example.toml: {missing:#?}"
    );
    assert!(unknown.is_empty(), "not read by anything: {unknown:#?}");
}

/// The paths of all values, with `NAME` for what the user names.
fn leaves(path: &str, value: &toml::Value, found: &mut BTreeSet<String>) {
    let free = ["stack.tags", "database.parameters", "adopt", "moved"].contains(&path);
    let named = ["service", "provider"].contains(&path)
        || path.ends_with(".environment")
        || path.ends_with(".secrets");
    match value {
        toml::Value::Table(table) if !free => {
            for (key, value) in table {
                let key = if named { "NAME" } else { key };
                let path = if path.is_empty() {
                    key.to_owned()
                } else {
                    format!("{path}.{key}")
                };
                let text = path.ends_with(".environment.NAME") && value.is_str();
                if !text {
                    leaves(&path, value, found);
                }
            }
        }
        toml::Value::Array(items) if items.iter().any(toml::Value::is_table) => {
            items.iter().for_each(|item| leaves(path, item, found));
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

/// Leaving a line out that states a default changes nothing.
#[test]
fn its_defaults_are_true() {
    let whole = parse(EXAMPLE, "deploy.example.toml").unwrap();
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    let mut table = "";
    let exceptions = [
        "[stack] name",
        "[stack] region",
        "[stack] tags",
        "[domain] name",
        "[sign_in.google] client_id",
        "[sign_in.google] allowed_domains",
        "[admin] email",
        "[provider.sealion] url",
        "[provider.sealion] key",
        "[service.open-webui] preset",
        "[service.open-webui] image",
        "[service.bedrock-gateway] preset",
        "[service.reports] image",
        "[service.reports] public",
        "[service.reports] paths",
        "[service.reports] environment",
        "[service.reports] secrets",
        "[service.reports] policies",
    ];
    let mut used = BTreeSet::new();
    for (index, line) in lines.iter().enumerate() {
        if line.starts_with('[') {
            table = line;
        }
        let Some(key) = key(line) else {
            continue;
        };
        let name = format!("{table} {key}");
        if exceptions.contains(&name.as_str()) {
            used.insert(name);
            continue;
        }
        let without: Vec<&str> = lines
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != index)
            .map(|(_, line)| *line)
            .collect();
        let without = read(
            &format!("deploy.example.toml without {name}"),
            &without.join("\n"),
        );
        assert_eq!(without, whole, "{name} is not the default");
    }
    assert_eq!(used.len(), exceptions.len());
}
