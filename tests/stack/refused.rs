//! Golden cases: each file of this folder, and what is said about it.

use ajuda::presets::parse;
use ajuda::render::problems::problems;
use ajuda::stack::refuse_region;

use crate::files;

#[test]
fn every_bad_file_is_refused_at_its_place() {
    let files = files("tests/stack");
    assert!(!files.is_empty());
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        for (name, source) in files {
            let found = parse(&source, &name).expect_err(&name);
            let drawn = problems(&source, &name, &found, false);
            assert_eq!(found.to_string().lines().count(), found.count());
            insta::assert_snapshot!(name.trim_end_matches(".toml").to_owned(), drawn);
        }
    });
}

#[test]
fn no_secret_value_is_ever_shown() {
    for (name, source) in files("tests/stack") {
        let found = parse(&source, &name).expect_err(&name);
        for color in [true, false] {
            let drawn = problems(&source, &name, &found, color) + &found.to_string();
            for secret in [
                "hunter2",
                "AKIAIOSFODNN7EXAMPLE",
                "GOCSPX-",
                "987654321012",
                "sk-live",
                "s3cr3t",
            ] {
                assert!(!drawn.contains(secret), "{name} shows {secret}:\n{drawn}");
            }
        }
    }
}

/// The region may come from the command line: then the problem is drawn at the database, or at the head.
#[test]
fn a_region_without_certificates_is_refused_at_its_place() {
    let head = "[stack]\nname = \"chat\"\nregion = \"cn-north-1\"\n";
    let table = "\n[database]\nmulti_az = false\n";
    let mut drawn = String::new();
    for (source, region) in [
        (head.to_owned(), "cn-north-1"),
        (format!("{head}{table}"), "cn-northwest-1"),
        (head.to_owned(), "cn-northwest-1"),
    ] {
        let found = refuse_region(&source, "stack.toml", region);
        drawn += &problems(&source, "stack.toml", &found, false);
        drawn += "\n\n";
    }
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("region-without-certificates", drawn);
    });
}
