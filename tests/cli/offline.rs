//! What needs no AWS: the file checked, the example printed, and what the command line says of words of other
//! tools. Nothing of it reaches for a network, as there are no credentials and no sandbox.

use std::path::Path;
use std::process::Command;

use crate::binary::{Ended, run};

/// The binary in an empty directory, where nothing could tell it of an account.
fn ajuda(dir: &Path, words: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ajuda"));
    let command = command.args(words).current_dir(dir).env_clear();
    run(command.env("HTTPS_PROXY", "http://127.0.0.1:1"))
}

#[test]
fn the_example_is_printed_and_valid() {
    let dir = tempfile::tempdir().unwrap();
    let example = ajuda(dir.path(), &["deploy", "example"]);
    assert_eq!(example.code, 0, "{}", example.err);
    assert_eq!(example.out, include_str!("../../deploy.example.toml"));
    std::fs::write(dir.path().join("deploy.toml"), &example.out).unwrap();
    let validate = ajuda(dir.path(), &["deploy", "validate"]);
    assert_eq!(validate.code, 0, "{}", validate.err);
    let said = &validate.out;
    assert!(
        said.starts_with("deploy.toml is valid: stack ") && said.contains("open-webui"),
        "{said}"
    );
    let json = ajuda(dir.path(), &["deploy", "validate", "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["valid"], true);
    assert!(json["warnings"].is_array(), "{json:#}");
}

#[test]
fn a_file_is_refused_without_an_account() {
    let dir = tempfile::tempdir().unwrap();
    let check = |bytes: &[u8]| {
        std::fs::write(dir.path().join("bad.toml"), bytes).unwrap();
        let ended = ajuda(dir.path(), &["deploy", "validate", "--file", "bad.toml"]);
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{}", ended.err);
        ended.err
    };
    let said = check(b"[stack]\nname = \"chat\"\nregion = \"us-esat-1\"\n");
    assert!(said.contains("did you mean `us-east-1`?"), "{said}");
    let said = check(b"[stack]\nname = \"chat\"\nregion = \"cn-north-1\"\n[database]\n");
    assert!(said.contains("no certificates of RDS"), "{said}");
    // PowerShell's `>`, with and without its mark.
    let text = "[stack]\nname = \"chat\"\n[service.web]\nimage = \"web\"\n";
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xff, 0xfe][..], &wide].concat();
    for bytes in [wide, marked] {
        let said = check(&bytes);
        assert!(
            said.contains("encoded as UTF-16") && said.contains("save it as UTF-8"),
            "{said}"
        );
    }
    let said = check(b"[stack]\nname = \"chat\"\n# caf\xe9\n");
    assert!(
        said.contains("line 3, column 6 is not UTF-8 (byte 0xe9)"),
        "{said}"
    );
    let json = ajuda(
        dir.path(),
        &[
            "deploy", "validate", "--file", "bad.toml", "--output", "json",
        ],
    );
    assert!(
        json.code == 1 && json.out.contains("UTF-8"),
        "{}{}",
        json.out,
        json.err
    );
}
