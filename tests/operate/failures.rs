//! The verdict on what does not run: soon, whole, and with what ran before running again.

use serde_json::json;

use crate::binary::Desk;
use crate::stage::{changes, faults, forget, image, push, said, service, settled, web};

/// Updates to `web:bad` and expects the verdict.
fn fails(desk: &Desk, words: &[&str]) {
    let before = image(desk, "web");
    let update = desk.deploy(&["update", "--image", "bad", "--yes"]);
    // Whoever waited until the end of the time would end with 4.
    said(&update, 5, words);
    said(
        &update,
        5,
        &[
            "tiny-web:2 does not run",
            "revision 1 runs again",
            "the last events:",
        ],
    );
    assert_eq!(image(desk, "web"), before);
    assert_eq!(service(desk, "web")["runningCount"], 1);
    settled(desk);
}

#[test]
fn a_crash_is_told_with_its_last_words() {
    let desk = web();
    push(&desk, "web:bad", "crash");
    fails(
        &desk,
        &[
            "container web exited with code 1",
            "fatal: the configuration is not usable",
            "`ajuda deploy logs --sandbox --service web --since 1h` has more of its log",
        ],
    );
}

#[test]
fn too_much_memory_is_told() {
    let desk = web();
    push(&desk, "web:bad", "oom");
    fails(&desk, &["exited with code 137: OutOfMemoryError"]);
}

#[test]
fn failing_health_checks_are_told() {
    let desk = web();
    push(&desk, "web:bad", "unhealthy");
    fails(&desk, &["failed ELB health checks", "answering 503"]);
}

/// What ECS does by itself ends the same.
#[test]
fn a_rollback_by_the_circuit_breaker_is_no_success() {
    let desk = web();
    push(&desk, "web:bad", "crash");
    faults(
        &desk,
        json!([{ "operation": "StopServiceDeployment", "action": "deny" }]),
    );
    fails(&desk, &["container web exited with code 1"]);
    let history = desk.deploy(&["history"]);
    assert!(
        history.out.contains("rollback successful"),
        "{}",
        history.out
    );
    assert!(history.out.contains("circuit breaker"), "{}", history.out);
}

#[test]
fn a_restart_that_is_rolled_back_is_no_success() {
    let desk = web();
    push(&desk, "web:v1", "crash");
    let update = desk.deploy(&["update", "--restart", "--yes"]);
    said(
        &update,
        5,
        &[
            "tiny-web:1 does not run",
            "container web exited with code 1",
        ],
    );
}

#[test]
fn an_image_that_is_not_there_changes_nothing() {
    let desk = web();
    forget(&desk);
    let update = desk.deploy(&["update", "--image", "v9", "--yes"]);
    said(
        &update,
        1,
        &[
            "web:v9 is not in the registry",
            "the newest there is `v1`",
            "deploy push --sandbox DIRECTORY --service web --tag v9` brings it there",
        ],
    );
    assert_eq!(changes(&desk), [""; 0]);
}

#[test]
fn an_image_for_another_processor_changes_nothing() {
    let desk = web();
    let arm = json!({ "image": "web:arm", "architectures": ["arm64"] });
    desk.sandbox.control("POST", "images", Some(arm));
    forget(&desk);
    let update = desk.deploy(&["update", "--image", "arm", "--yes"]);
    said(
        &update,
        1,
        &[
            "is built for arm64",
            "--platform linux/amd64",
            "architecture = \"arm64\"",
        ],
    );
    assert_eq!(changes(&desk), [""; 0]);
}

#[test]
fn the_end_of_the_time_is_no_verdict() {
    let desk = web();
    push(&desk, "web:v2", "stuck");
    let words = ["update", "--image", "v2", "--yes", "--timeout", "1s"];
    let update = desk.deploy(&words);
    said(
        &update,
        4,
        &["still not done", "update --sandbox --image v2"],
    );
}
