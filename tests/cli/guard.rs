//! Data goes only when the operator names it, and only what was named.

use crate::binary::Desk;

const SMALL: &str = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\n[service.web]\nimage = \"ghcr.io/example/web:1.0\"\nport = 8080\npublic = true\n";
const OLD: &str = "tiny-uploads-123456789012-us-east-1";

fn buckets(desk: &Desk) -> Vec<String> {
    let all = desk.sandbox.inventory()["s3"]["buckets"].clone();
    let names = all.as_object().unwrap().keys();
    names
        .filter(|name| !name.contains("access-logs"))
        .cloned()
        .collect()
}

fn refused(desk: &Desk, words: &[&str], code: i32, says: &[&str]) {
    let before = desk.sandbox.inventory()["s3"].clone();
    let ended = desk.deploy(words);
    assert_eq!(ended.code, code, "{words:?}: {}", ended.err);
    for says in says {
        assert!(
            ended.err.contains(says),
            "{words:?}: `{says}` in {}",
            ended.err
        );
    }
    assert_eq!(desk.sandbox.inventory()["s3"], before, "{words:?}");
}

/// A bucket that has left the file, and one that is declared and would be replaced.
#[test]
fn data_goes_only_by_its_own_name() {
    let stored = |bucket: &str| format!("{SMALL}[storage]\n{bucket}");
    let desk = Desk::with(&stored(""));
    for (file, left) in [
        (SMALL.to_owned(), vec![]),
        (stored("bucket = \"tiny-files\"\n"), vec!["tiny-files"]),
    ] {
        desk.write(&stored(""));
        assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
        assert_eq!(buckets(&desk), [OLD]);
        desk.write(&file);
        let hint = "--delete-data bucket/uploads`";
        let says = ["the plan would take data away", "bucket/uploads", hint];
        refused(&desk, &["up", "--yes"], 3, &says);
        // What is named lets nothing else go.
        let other = ["up", "--yes", "--delete-data", "bucket/access-logs"];
        refused(&desk, &other, 3, &says);
        let unknown = ["up", "--yes", "--delete-data", "bucket/upload"];
        let says = ["names `bucket/upload`, which the stack tiny does not have"];
        refused(&desk, &unknown, 1, &says);
        let shapeless = ["up", "--yes", "--delete-data", "uploads"];
        refused(&desk, &shapeless, 1, &["kind/name"]);
        let up = desk.deploy(&["up", "--yes", "--delete-data", "bucket/uploads"]);
        assert_eq!(up.code, 0, "{}", up.err);
        assert_eq!(buckets(&desk), left);
        assert_eq!(desk.deploy(&["plan", "--detailed-exitcode"]).code, 0);
    }
}
