//! Golden cases: each file of this folder, and what is said about it.

use ajuda::render::problems::problems;
use ajuda::stack::{parse, refuse_region};

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

/// The region may come from the command line, and its certificates from the file.
#[test]
fn a_region_without_certificates_is_refused_wherever_it_is_named() {
    let file = "[stack]\nname = \"chat\"\n\n[service.app]\npreset = \"open-webui\"\n";
    let pem = "-----BEGIN CERTIFICATE-----\\nAA==\\n-----END CERTIFICATE-----";
    let given = format!("{file}\n[database]\nca_certificates = \"{pem}\"\n");
    let without = "[stack]\nname = \"chat\"\n\n[service.app]\nimage = \"shop:v1\"\n";
    for (source, region, refused) in [
        (file, "il-central-1", true),
        (file, "eu-west-1", false),
        (given.as_str(), "il-central-1", false),
        (without, "il-central-1", false),
    ] {
        let stack = parse(source, "stack.toml").unwrap();
        let found = refuse_region(source, "stack.toml", &stack, region);
        assert_eq!(found.is_some(), refused, "{region}\n{source}");
    }
}
