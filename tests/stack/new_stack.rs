//! What a plan of a stack that is not there yet says of it.

use std::collections::{BTreeMap, BTreeSet};

use ajuda::engine::{Observed, Plan, plan};
use ajuda::message::StackOptions;
use ajuda::render::{self, Detail, Style};
use ajuda::resources::KINDS;

use crate::{ZONES, declared_in, read};

fn planned(file: &str) -> Plan {
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    let stack = read(file, &std::fs::read_to_string(path).unwrap());
    let graph = declared_in(ZONES, &stack).graph;
    plan(&graph, KINDS, &Observed::default())
}

#[test]
fn a_reviewer_reads_what_the_production_stack_will_be() {
    let text = render::plan(
        &planned("stacks/production.toml"),
        Detail::Headline,
        &StackOptions::default(),
        Style::PLAIN,
    );
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("production-plan", text);
    });
    // A name is not broken.
    let short = |line: &&str| !line.contains("its value comes") && !line.contains(" arn:");
    for line in text.lines().filter(short) {
        assert!(
            line.chars().count() <= 80,
            "too wide for a terminal: {line}"
        );
    }
}

/// The path of a field is its name in what is planned: one that serde calls otherwise would be left out in silence.
#[test]
fn a_headline_names_fields_that_its_kind_has() {
    let mut fields: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for file in [
        "stacks/production.toml",
        "deploy.example.toml",
        "tests/faults/before.toml",
    ] {
        for item in planned(file).items {
            let kind = KINDS.iter().find(|kind| kind.name() == item.address.kind());
            let of = fields.entry(kind.unwrap().name()).or_default();
            of.extend(item.changes.fields.into_iter().map(|change| change.path));
        }
    }
    for kind in KINDS {
        for field in kind.headline() {
            let (has, path) = (&fields[kind.name()], field.path());
            assert!(has.contains(path), "{} has no {path}: {has:?}", kind.name());
        }
    }
}
