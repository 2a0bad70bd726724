//! What the file presupposes of the account: a hosted zone, once. And accounts of other partitions.

use std::process::Command;

use crate::binary::{Desk, Ended, run};

const SHOP: &str = "[stack]\nname = \"shop\"\nregion = \"us-east-1\"\ndisposable = true\n[domain]\nname = \"shop.dev.example.org\"\nzone = \"example.org\"\n[service.web]\nimage = \"ghcr.io/example/web:v1\"\npublic = true\n";

/// In the sandbox without what its first day brings: the zone of the file.
fn bare(desk: &Desk, words: &[&str]) -> Ended {
    let mut command: Command = desk.command();
    command
        .arg("deploy")
        .args(words)
        .env("AWS_ENDPOINT_URL", &desk.sandbox.url)
        .env("AWS_ACCESS_KEY_ID", "a")
        .env("AWS_SECRET_ACCESS_KEY", "b");
    run(&mut command)
}

async fn make_zone(desk: &Desk, name: &str, reference: &str) -> String {
    let cloud = desk.sandbox.cloud("shop").await;
    let made = cloud.route53.create_hosted_zone().name(name);
    let made = made.caller_reference(reference).send().await.unwrap();
    let id = made.hosted_zone().unwrap().id();
    id.trim_start_matches("/hostedzone/").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_zones_of_one_name_are_told_by_verbs_that_ask_for_one_and_do_not_keep_a_stack() {
    let desk = Desk::with(SHOP);
    let one = make_zone(&desk, "example.org", "one").await;
    let up = bare(&desk, &["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    // The domain moves to another registrar.
    let two = make_zone(&desk, "example.org", "two").await;
    for words in [&["plan"][..], &["up", "--yes"], &["status"]] {
        let told = bare(&desk, words);
        assert_eq!(told.code, 1, "{words:?}: {}{}", told.out, told.err);
        let all = told.out + &told.err;
        for said in [
            "write the id of the one that the domain is delegated to as `zone` under [domain]",
            &one,
            &two,
        ] {
            assert!(all.contains(said), "{words:?}: `{said}` in {all}");
        }
        assert!(!all.contains("permission"), "{words:?}: {all}");
    }
    // What asks for no zone is not in its way.
    for words in [&["outputs"][..], &["secrets", "list"]] {
        let told = bare(&desk, words);
        assert_eq!(told.code, 0, "{words:?}: {}{}", told.out, told.err);
    }
    let destroy = bare(&desk, &["destroy", "--yes"]);
    assert_eq!(destroy.code, 0, "{}", destroy.err);
    let cloud = desk.sandbox.cloud("shop").await;
    for zone in [one, two] {
        let left = cloud.route53.list_resource_record_sets();
        let left = left.hosted_zone_id(zone).send().await.unwrap();
        // The name servers and the start of authority are the zone's own.
        assert_eq!(left.resource_record_sets().len(), 2, "{left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_is_not_there_names_the_one_that_would_do() {
    let desk = Desk::with(&SHOP.replace("zone = \"example.org\"\n", ""));
    let nothing = bare(&desk, &["plan"]);
    assert_eq!(nothing.code, 1, "{}{}", nothing.out, nothing.err);
    assert!(
        nothing.err.contains("create it in Route 53"),
        "{}",
        nothing.err
    );
    make_zone(&desk, "example.org", "one").await;
    let plan = bare(&desk, &["plan"]);
    assert_eq!(plan.code, 1, "{}{}", plan.out, plan.err);
    assert!(
        plan.err.contains("write `zone = \"example.org\"`"),
        "{}",
        plan.err
    );
    let destroy = bare(&desk, &["destroy", "--yes"]);
    assert_eq!(destroy.code, 0, "{}", destroy.err);
}

#[test]
fn every_partition_works_in_the_sandbox() {
    for region in ["us-gov-west-1", "cn-north-1"] {
        let desk = Desk::with(&SHOP.replace("us-east-1", region));
        let up = desk.deploy(&["up", "--yes"]);
        assert_eq!(up.code, 0, "{region}: {}", up.err);
        let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
        assert_eq!(plan.code, 0, "{region}: {}", plan.out);
        let destroy = desk.deploy(&["destroy", "--yes"]);
        assert_eq!(destroy.code, 0, "{region}: {}", destroy.err);
    }
}

#[test]
fn what_is_not_there_names_where_it_was_looked_for() {
    let desk = Desk::with(&SHOP.replace("zone = \"example.org\"\n", ""));
    for words in [
        &["destroy", "--yes"][..],
        &["update", "--restart", "--yes"],
        &["status"],
        &["up"],
    ] {
        let told = desk.deploy(&[words, &["--region", "eu-west-1"]].concat());
        let said = "eu-west-1 of account ";
        assert!(
            told.err.contains(said) || told.err.contains("in eu-west-1 of account "),
            "{words:?}: {}",
            told.err
        );
    }
}
