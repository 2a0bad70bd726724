//! Credentials of a session that end while a stack is changed.

use std::process::Command;
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use serde_json::json;

use crate::binary::{Desk, Ended, run};

const SHOP: &str = r#"[stack]
name = "shop"
region = "us-east-1"
disposable = true
[load_balancer]
plain_http = true
[service.web]
image = "web:v1"
port = 8080
public = true
"#;

/// A session whose credentials end in so many seconds, by whoever set the environment.
fn session(desk: &Desk, words: &[&str], seconds: u64) -> Command {
    let ends = SystemTime::now() + Duration::from_secs(seconds);
    let ends = DateTime::from(ends).fmt(Format::DateTime).unwrap();
    let mut command = desk.command();
    command
        .arg("deploy")
        .args(words)
        .env("AWS_ENDPOINT_URL", &desk.sandbox.url)
        .env("AWS_ACCESS_KEY_ID", "ASIAENVIRONMENT")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .env("AWS_SESSION_TOKEN", "x")
        .env("AWS_CREDENTIAL_EXPIRATION", ends)
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// The same, ended.
pub fn ended(desk: &Desk, words: &[&str], seconds: u64) -> Ended {
    run(&mut session(desk, words, seconds))
}

/// Nothing was written but the lease, which is given back.
pub fn nothing_was_changed(desk: &Desk) {
    let requests = desk.sandbox.control("GET", "requests", None);
    for request in requests.as_array().unwrap() {
        let lease = request["service"] == "logs";
        assert!(lease || request["reading"] == true, "{request}");
    }
}

/// Ten minutes are enough for tasks behind a load balancer, and not for a database.
#[test]
fn an_up_is_refused_that_takes_longer_than_its_credentials_last() {
    let desk = Desk::with(&(SHOP.to_owned() + "\n[database]\n"));
    desk.sandbox.control("DELETE", "requests", None);
    let short = ended(&desk, &["up", "--yes"], 600);
    assert_eq!(short.code, 3, "{}{}", short.out, short.err);
    assert!(
        short.err.contains("credentials: expire in "),
        "{}",
        short.err
    );
    assert!(
        short.err.contains("`ajuda deploy up` takes about 1"),
        "{}",
        short.err
    );
    nothing_was_changed(&desk);
    desk.write(SHOP);
    let enough = ended(&desk, &["check"], 600);
    assert!(
        !enough.out.contains("fail     credentials"),
        "{}",
        enough.out
    );
    assert!(enough.out.contains("credentials: "), "{}", enough.out);
}

#[test]
fn a_run_stops_before_its_credentials_end_and_goes_on_with_new_ones() {
    let desk = Desk::with(SHOP);
    let pushed = json!({ "image": "web:v1", "behaviour": "ok" });
    desk.sandbox.control("POST", "images", Some(pushed));
    let cut = ended(&desk, &["up", "--yes", "--no-check"], 55);
    assert_eq!(cut.code, 130, "{}{}", cut.out, cut.err);
    assert!(
        cut.err
            .contains("stopping this run: the credentials expire in"),
        "{}",
        cut.err
    );
    assert!(cut.err.contains("get new ones"), "{}", cut.err);
    let whole = ended(&desk, &["up", "--yes"], 3600);
    assert_eq!(whole.code, 0, "{}{}", whole.out, whole.err);
    assert!(!whole.err.contains("credentials expire"), "{}", whole.err);

    // What takes more than they last is refused beforehand, by every verb that waits.
    desk.sandbox.control("DELETE", "requests", None);
    for words in [
        &["destroy", "--yes"][..],
        &["update", "--service", "web", "--restart", "--yes"],
    ] {
        let refused = ended(&desk, words, 60);
        assert_eq!(refused.code, 3, "{words:?}: {}{}", refused.out, refused.err);
        let why = "the credentials expire in ";
        assert!(refused.err.contains(why), "{words:?}: {}", refused.err);
    }
    nothing_was_changed(&desk);
}

#[test]
fn a_database_is_not_touched_by_what_outlasts_its_credentials() {
    let older = "\n[database]\nversion = \"16.12\"\nauto_minor_version = false\n";
    let desk = Desk::with(&(SHOP.to_owned() + older));
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    desk.sandbox.control("DELETE", "requests", None);
    for words in [
        &["db", "restore", "--to-time", "latest", "--yes"][..],
        &["db", "upgrade", "--to", "16.15", "--now", "--yes"],
        &["secrets", "rotate", "database-app", "--yes"],
    ] {
        let refused = ended(&desk, words, 60);
        assert_eq!(refused.code, 3, "{words:?}: {}{}", refused.out, refused.err);
        let why = "the credentials expire in ";
        assert!(refused.err.contains(why), "{words:?}: {}", refused.err);
        let again = format!("`ajuda deploy {} {}", words[0], words[1]);
        assert!(refused.err.contains(&again), "{words:?}: {}", refused.err);
    }
    nothing_was_changed(&desk);
}
