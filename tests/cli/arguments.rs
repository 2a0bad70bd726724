//! What is known to be wrong on a command line is refused with what would be right, before AWS is asked.

use crate::binary::{Desk, repository, run};

const TINY: &str = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\n[service.web]\nimage = \"ghcr.io/example/web:1.0\"\nport = 8080\n";

#[test]
fn what_cannot_be_right_is_refused_before_aws_is_asked() {
    let desk = Desk::with(TINY);
    let future = "2999-01-01T00:00:00Z";
    for (words, says) in [
        (
            &["cost", "--region", "us-esat-1"][..],
            "did you mean `us-east-1`?",
        ),
        (
            &["plan", "--region", "us-east-1a"],
            "its region is `us-east-1`",
        ),
        (&["up", "--region", "moon"], "must look like `us-east-1`"),
        (&["logs", "--since", "yesterday"], "write it like `10m`"),
        (&["logs", "--since", future], "is in the future"),
        (
            &["logs", "--since", "1h", "--until", "2h"],
            "--until is not after --since",
        ),
        (&["logs", "--task", "web"], "32 digits"),
        (&["exec", "--task", "web"], "32 digits"),
        (&["tunnel", "--task", "web"], "32 digits"),
        (&["tunnel", "--port", "0"], "1..=65535"),
        (
            &["db", "cleanup", "--older-than", future],
            "is in the future",
        ),
        (
            &["db", "restore", "--snapshot", "a b"],
            "is not the name of a snapshot",
        ),
        (
            &["rollback", "--restore-snapshot", "a b"],
            "is not the name of a snapshot",
        ),
        (&["rollback", "--to", "0"], "is not in 1.."),
        (&["status", "--interval", "9"], "--watch"),
        (&["update", "--count", "-1"], "unexpected argument"),
        (
            &["update", "--image", ""],
            "`` is neither a tag nor a digest",
        ),
        (
            &["update", "--image", "example/web:v 2"],
            "`v 2` is neither a tag nor a digest",
        ),
        (&["push", "--from", "web:1", "--tag", ".1"], "is not a tag"),
        (
            &["db", "upgrade", "--to", "banana"],
            "is not a version of PostgreSQL",
        ),
        (&["update", "--timeout", "1x"], "write it like `0s`"),
        (&["up", "--lock-timeout", "soon"], "write it like `0s`"),
        (&["history", "--limit", "0"], "is not in 1..=500"),
        (
            &["plan", "--output", "yaml"],
            "possible values: human, json",
        ),
    ] {
        let mut command = desk.command();
        command.arg("deploy").args(words);
        // Nobody listens there: whoever asks AWS says so.
        let ended = run(command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9"));
        assert_eq!(ended.code, 1, "{words:?}: {}", ended.err);
        assert!(
            ended.err.contains(says),
            "{words:?}: `{says}` in {}",
            ended.err
        );
        assert_eq!(ended.out, "", "{words:?}");
    }
}

/// What the file alone tells needs no credentials.
#[test]
fn a_service_that_is_not_in_the_file_is_told_before_aws_is_asked() {
    let desk = Desk::with(TINY);
    for words in [
        &["logs", "wbe"][..],
        &["logs", "--service", "wbe"],
        &["exec", "wbe"],
        &["tunnel", "wbe"],
        &["run", "wbe", "--", "ls"],
        &["update", "wbe", "--restart"],
        &["rollback", "wbe"],
        &["rollback", "wbe", "--restore-snapshot"],
        &["history", "wbe"],
        &["scale", "wbe=2"],
        &["scale", "--service", "wbe", "--count", "2"],
        &["push", "--service", "wbe", "--tag", "v1"],
    ] {
        let mut command = desk.command();
        command.arg("deploy").args(words);
        let ended = run(command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9"));
        assert_eq!(ended.code, 1, "{words:?}: {}", ended.err);
        for says in ["there is no service `wbe` in the file", "the file has web"] {
            assert!(
                ended.err.contains(says),
                "{words:?}: `{says}` in {}",
                ended.err
            );
        }
    }
}

/// A region that the environment or a profile names has no hosts either.
#[test]
fn a_region_that_there_is_none_of_is_told_wherever_it_comes_from() {
    let desk = Desk::with(&TINY.replace("region = \"us-east-1\"\n", ""));
    let with = |variable: &str, words: &[&str]| {
        let mut command = desk.command();
        command.arg("deploy").args(words);
        run(command
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "x")
            .env(variable, "us-esat-1"))
    };
    let ended = with("AWS_REGION", &["plan"]);
    assert_eq!(ended.code, 1, "{}", ended.err);
    for says in ["`us-esat-1` is not a region", "or pass --region"] {
        assert!(ended.err.contains(says), "`{says}` in {}", ended.err);
    }
    let ended = with("AJUDA_REGION", &["cost"]);
    assert_eq!(ended.code, 1, "{}", ended.err);
    assert!(
        ended.err.contains("did you mean `us-east-1`?"),
        "{}",
        ended.err
    );
    // Prices of a region that is one, and not in the table, are unknown and said to be.
    let mut command = desk.command();
    command.args(["deploy", "cost", "--region", "mx-central-1", "--file"]);
    let ended = run(command.arg(repository("stacks/small.toml")));
    assert_eq!(ended.code, 0, "{}", ended.err);
}
