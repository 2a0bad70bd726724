//! What belongs to the file is changed in the file, and what is not there is said so.

use crate::binary::Desk;
use crate::stage::{WEB, changes, forget, said, web};

fn with(line: &str) -> Desk {
    Desk::deployed(&format!("{WEB}{line}\n"))
}

fn refused(desk: &Desk, words: &[&str], code: i32, say: &[&str]) {
    forget(desk);
    let ended = desk.deploy(words);
    said(&ended, code, say);
    assert_eq!(changes(desk), [""; 0]);
}

#[test]
fn the_file_owns_what_it_says() {
    let desk = Desk::deployed(&WEB.replace("\"web\"\nport", "\"web:v1\"\nport"));
    refused(
        &desk,
        &["update", "--image", "v2", "--yes"],
        3,
        &[
            "the file says that web runs `v1`",
            "service.web.image (deploy.toml:6)",
            "deploy up",
        ],
    );
    let desk = with("count = 2");
    refused(
        &desk,
        &["scale", "web=3", "--yes"],
        3,
        &["has 2 tasks", "service.web.count"],
    );
    refused(
        &desk,
        &["update", "--count", "3", "--yes"],
        3,
        &["service.web.count"],
    );
    let desk = with("environment = { LEVEL = \"info\" }");
    refused(
        &desk,
        &["update", "--env", "LEVEL=debug", "--yes"],
        3,
        &[
            "the file sets LEVEL",
            "service.web.environment.LEVEL (deploy.toml:9)",
        ],
    );
}

#[test]
fn scaling_stays_within_the_bounds_of_the_file() {
    let desk = with("autoscaling = { min = 1, max = 3 }");
    refused(
        &desk,
        &["scale", "web=4", "--yes"],
        3,
        &["between 1 and 3 tasks", "service.web.autoscaling"],
    );
    let scale = desk.deploy(&["scale", "web=3", "--yes"]);
    said(&scale, 0, &["autoscaling goes on"]);
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}", plan.out);
}

#[test]
fn open_webui_needs_redis_for_more_than_one_task() {
    let desk = Desk::deployed_copy("examples/sandbox.toml");
    for words in [
        &["scale", "open-webui=2", "--yes"][..],
        &["update", "--count", "2", "--yes"],
    ] {
        refused(&desk, words, 3, &["needs Redis", "add [redis]"]);
    }
    refused(
        &desk,
        &["update", "--env", "WEBUI_URL=x", "--yes"],
        3,
        &["follows from the rest of the file"],
    );
}

#[test]
fn what_is_not_there_is_said() {
    let desk = Desk::with(WEB);
    for verb in [
        &["update", "--restart"][..],
        &["rollback"],
        &["history"],
        &["scale", "web=1"],
    ] {
        refused(
            &desk,
            verb,
            1,
            &["the service web is not there", "deploy up"],
        );
    }
    let desk = web();
    refused(
        &desk,
        &["history", "--service", "wep"],
        1,
        &["no service `wep`", "the file has web"],
    );
    refused(&desk, &["update", "--yes"], 1, &["nothing to update"]);
    refused(
        &desk,
        &["update", "--image", "other/thing:v1", "--yes"],
        3,
        &["runs images of web, not of other/thing"],
    );
    refused(
        &desk,
        &["rollback", "--yes"],
        1,
        &["has run nothing older than revision 1"],
    );
    refused(
        &desk,
        &["update", "--restart"],
        3,
        &["no terminal to confirm on"],
    );
}

#[test]
fn a_stranger_of_that_name_is_left_alone() {
    let desk = web();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cloud = desk.sandbox.cloud("tiny").await;
        let arn = crate::stage::service(&desk, "web")["serviceArn"].clone();
        let untag = cloud
            .ecs
            .untag_resource()
            .resource_arn(arn.as_str().unwrap());
        untag.tag_keys("ajuda:stack").send().await.unwrap();
    });
    refused(
        &desk,
        &["update", "--restart", "--yes"],
        3,
        &["does not belong to this stack"],
    );
}
