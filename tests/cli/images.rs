//! Images that are not there yet, that are chosen, and that do not work.

use serde_json::json;

use crate::binary::Desk;

#[test]
fn without_images_all_else_comes_up_and_the_end_says_what_to_push() {
    let desk = Desk::copy("examples/sandbox.toml");
    let missing = json!({ "image": "ajuda-digital:v1", "behaviour": "missing" });
    desk.deploy(&["plan"]);
    desk.sandbox.control("POST", "images", Some(missing));
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    for said in [
        "ajuda-digital:v1 is not in the registry",
        "`ajuda deploy push --sandbox --service open-webui --from ghcr.io/open-webui/open-webui:v",
        " --tag v1`, then run `ajuda deploy up --sandbox` again",
    ] {
        assert!(up.err.contains(said), "`{said}` in {}", up.err);
    }
    assert_eq!(
        up.err.matches("is not in the registry").count(),
        1,
        "{}",
        up.err
    );
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(
        plan.code, 0,
        "it waits, and nothing is pending: {}",
        plan.out
    );
}

#[test]
fn an_image_that_crashes_is_told_with_its_last_words() {
    let desk = Desk::copy("examples/sandbox.toml");
    desk.deploy(&["plan"]);
    desk.sandbox.control(
        "POST",
        "images",
        Some(json!({ "image": "bedrock-gateway:v9", "behaviour": "crash" })),
    );
    let up = desk.deploy(&["up", "--yes", "--image", "bedrock-gateway=v9"]);
    assert_eq!(up.code, 5, "{}", up.err);
    assert!(
        up.err
            .contains("container bedrock-gateway exited with code 1"),
        "{}",
        up.err
    );
    assert!(
        up.err
            .contains("service/open-webui  needs service/bedrock-gateway"),
        "{}",
        up.err
    );
}

#[test]
fn what_runs_stays_unless_another_image_is_chosen() {
    let desk = Desk::copy("examples/sandbox.toml");
    assert_eq!(desk.deploy(&["up", "--yes", "--image", "v1"]).code, 0);
    desk.sandbox.control(
        "POST",
        "images",
        Some(json!({ "image": "ajuda-digital:v2", "behaviour": "ok" })),
    );
    assert_eq!(
        desk.deploy(&["plan", "--detailed-exitcode"]).code,
        0,
        "a newer image is not drift"
    );
    let up = desk.deploy(&["up", "--yes", "--image", "v2"]);
    assert_eq!(up.code, 0, "{}", up.err);
    let status = desk.deploy(&["status"]);
    assert!(status.out.contains("  v2\n"), "{}", status.out);
    assert_eq!(
        desk.deploy(&["plan", "--detailed-exitcode"]).code,
        0,
        "{}",
        status.out
    );
}

/// Which program is given the master user's password stands in the plan that makes its task.
#[test]
fn the_plan_shows_the_image_of_every_task_that_it_makes() {
    let desk = Desk::copy("examples/any-web-app.toml");
    let plan = desk.deploy(&["plan"]);
    let after = plan.out.split("task-definition/database-setup").nth(1);
    let next = after
        .and_then(|text| text.lines().nth(1))
        .unwrap_or_default();
    assert!(
        next.contains("image") && next.contains("ghcr.io/open-webui/open-webui@sha256:"),
        "{}",
        plan.out
    );
}
