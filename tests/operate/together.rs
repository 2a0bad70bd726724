//! Two at once, and one that was cut short.

use serde_json::{Value, json};

use crate::binary::{Ended, begin, end};
use crate::stage::{changes, forget, image, killed_at, push, requests, said, settled, web};
use crate::support::held::{Heard, hold, release, until, until_held};

#[test]
fn of_two_updates_one_wins_and_the_other_is_told_who() {
    let desk = web();
    for tag in ["v2", "v3"] {
        push(&desk, &format!("web:{tag}"), "ok");
    }
    hold(&desk.sandbox, "RegisterTaskDefinition");
    let both = ["v2", "v3"].map(|tag| begin(&desk, &["update", "--image", tag, "--yes"]));
    let mut both = both.map(Heard::of);
    until("the end of one", || both.iter_mut().any(Heard::has_ended));
    until_held(&desk.sandbox);
    release(&desk.sandbox);
    let both = both.map(|one| Ended::from(one.end()));
    let mut codes = both.each_ref().map(|one| one.code);
    codes.sort_unstable();
    assert_eq!(codes, [0, 3], "{both:#?}");
    let told = both.iter().find(|one| one.code == 3).unwrap();
    said(
        told,
        3,
        &[
            "somebody else is changing the stack",
            ":user/sandbox on",
            "--lock-timeout",
        ],
    );
    settled(&desk);
}

/// Killed at each call that changes something, before it is carried out and after: the same command
/// ends it, and nothing is doubled.
#[test]
fn an_update_that_was_killed_is_resumed_by_the_same_command() {
    let desk = web();
    let mut number = 1;
    for operation in ["RegisterTaskDefinition", "UpdateService"] {
        for when in ["hold-before", "hold-after"] {
            number += 1;
            let tag = format!("v{number}");
            push(&desk, &format!("web:{tag}"), "ok");
            let words = ["update", "--image", &tag, "--yes"];
            let rule = json!({ "operation": operation, "action": when });
            assert!(killed_at(&desk, rule, &words), "{operation} {when}");
            assert_eq!(desk.deploy(&["unlock", "--yes"]).code, 0);
            let again = desk.deploy(&words);
            assert_eq!(again.code, 0, "{operation} {when}: {}", again.err);
            settled(&desk);
            let all = desk.sandbox.ecs()["task-definitions"].clone();
            assert_eq!(all.as_object().unwrap().len(), number, "{operation} {when}");
            assert!(image(&desk, "web").contains('@'));
        }
    }
}

#[test]
fn a_signal_stops_the_wait_in_order() {
    let desk = web();
    push(&desk, "web:v2", "stuck");
    let child = begin(&desk, &["update", "--image", "v2", "--yes"]);
    until("the wait", || {
        let is = |request: &Value| request["operation"] == "DescribeServiceDeployments";
        requests(&desk).iter().any(is)
    });
    let kill = std::process::Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let update = end(child);
    said(
        &update,
        130,
        &["interrupted", "update --sandbox --image v2` to continue"],
    );
    forget(&desk);
    let mut again = Heard::of(begin(&desk, &["update", "--image", "v2", "--yes"]));
    again.until_said("goes on already, and is waited for");
    push(&desk, "web:v2", "ok");
    said(&Ended::from(again.end()), 0, &[]);
    assert_eq!(changes(&desk), [""; 0], "it only waits");
}
