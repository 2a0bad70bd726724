//! A quota is told at once, with AWS's words; a throttle is tried again.

use serde_json::json;

use crate::binary::Desk;

const APP: &str = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\n[service.web]\nimage = \"web\"\nport = 8080\npublic = true\n";

/// How `up` ends, and how often it asked for a repository, when the first time is refused.
fn refused_once(code: &str) -> (String, usize) {
    let desk = Desk::with(APP);
    let rule = json!({ "service": "ecr", "operation": "CreateRepository", "code": code, "http": 400, "message": "not now", "times": 1 });
    desk.sandbox
        .control("POST", "faults", Some(json!({ "rules": [rule] })));
    let up = desk.deploy(&["up", "--yes"]);
    let requests = desk.sandbox.control("GET", "requests", None).to_string();
    let asked = requests.matches("\"CreateRepository\"").count();
    (up.err, asked)
}

#[test]
fn a_quota_is_not_asked_again_and_a_throttle_is() {
    let (said, asked) = refused_once("LimitExceededException");
    assert_eq!(asked, 1, "{said}");
    assert!(said.contains("LimitExceededException"), "{said}");
    let (said, asked) = refused_once("ThrottlingException");
    assert_eq!(asked, 2, "{said}");
    assert!(!said.contains("ThrottlingException"), "{said}");
}
