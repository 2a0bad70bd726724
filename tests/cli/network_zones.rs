//! In which zones a stack stands: what the file says, what the account has, and what is there already.

use crate::binary::Desk;

const US_WEST_1: &str = r#"
[stack]
name = "shop"
region = "us-west-1"
disposable = true

[network]
nat = "none"
zones = 3

[service.web]
image = "ghcr.io/example/web:v1"
"#;

#[test]
fn more_zones_than_the_account_has_are_refused_at_their_place() {
    let desk = Desk::with(US_WEST_1);
    let plan = desk.deploy(&["plan"]);
    assert_eq!(plan.code, 1, "{}{}", plan.out, plan.err);
    for said in [
        "3 zones are asked for",
        "deploy.toml:9:9",
        "us-west-1a",
        "us-west-1b",
        "must be 2 or fewer",
    ] {
        assert!(plan.err.contains(said), "`{said}` in {}", plan.err);
    }
}

#[test]
fn a_stack_stands_in_the_zones_that_the_file_names_and_stays_there() {
    let named = US_WEST_1
        .replace("us-west-1", "us-east-1")
        .replace("zones = 3", "zones = [\"us-east-1d\", \"us-east-1b\"]");
    let desk = Desk::with(&named);
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    // By number, the first two of the alphabet would be others: those that are there are kept.
    for zones in ["zones = 2", "zones = [\"us-east-1b\", \"us-east-1d\"]"] {
        desk.write(&named.replace("zones = [\"us-east-1d\", \"us-east-1b\"]", zones));
        let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
        assert_eq!(plan.code, 0, "{zones}: {}{}", plan.out, plan.err);
    }
    desk.write(&named.replace("us-east-1d", "us-east-1z"));
    let plan = desk.deploy(&["plan"]);
    assert_eq!(plan.code, 1, "{}", plan.out);
    assert!(
        plan.err
            .contains("`us-east-1z` is no availability zone of this account"),
        "{}",
        plan.err
    );
}
