//! Golden cases: each file of this folder, and what is said about it.

use ajuda::render::problems::problems;
use ajuda::stack::parse;

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
