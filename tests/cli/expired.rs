//! An image that has left the registry while tasks run it: told, and nothing that starts tasks of it begins.

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::binary::{Desk, Ended};

const SHOP: &str = r#"
[stack]
name = "shop"
region = "us-east-1"
disposable = true

[service.web]
image = "web"
public = true
secrets = { SESSION_KEY = { generate = 32 } }

[service.web.environment]
LEVEL = "info"
"#;

fn good(ended: &Ended) {
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
}

/// Takes an image out of the repository, with the tag that holds it.
fn expire(desk: &Desk, version: &str) {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let cloud = desk.sandbox.cloud("shop").await;
        for tag in [version.to_owned(), format!("in-use.shop-web.{version}")] {
            let id = aws_sdk_ecr::types::ImageIdentifier::builder().image_tag(tag);
            let delete = cloud.ecr.batch_delete_image().repository_name("web");
            delete.image_ids(id.build()).send().await.unwrap();
        }
    });
}

/// Refused, and nothing was written but the lease.
fn refused(desk: &Desk, words: &[&str]) {
    desk.sandbox.control("DELETE", "requests", None);
    let ended = desk.deploy(words);
    assert_eq!(ended.code, 1, "{words:?}: {}{}", ended.out, ended.err);
    let text = format!("{}{}", ended.out, ended.err);
    assert!(text.contains("web:v1"), "{words:?}: {text}");
    assert!(text.contains("registry"), "{words:?}: {text}");
    let requests = desk.sandbox.control("GET", "requests", None);
    for request in requests.as_array().unwrap() {
        let lease = request["service"] == "logs";
        assert!(lease || request["reading"] == true, "{words:?}: {request}");
    }
}

#[test]
fn nothing_starts_of_an_image_that_has_left_the_registry() {
    let desk = Desk::with(SHOP);
    good(&desk.deploy(&["up", "--yes", "--image", "web=v1"]));
    expire(&desk, "v1");

    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    good(&plan);
    assert!(
        plan.out.contains("is not in the registry any more"),
        "{}",
        plan.out
    );
    let status = desk.deploy(&["status", "--output", "json"]);
    good(&status);
    let said: Value = serde_json::from_str(&status.out).unwrap();
    let trouble = &said["troubles"][0];
    assert_eq!(
        (&trouble["about"], &trouble["bad"]),
        (&"web".into(), &false.into()),
        "{said:#}"
    );

    // What starts nothing goes on.
    good(&desk.deploy(&["up", "--yes"]));
    refused(&desk, &["update", "--service", "web", "--restart", "--yes"]);
    refused(
        &desk,
        &["update", "--service", "web", "--env", "DEBUG=true", "--yes"],
    );
    refused(&desk, &["scale", "web=2", "--yes"]);
    refused(&desk, &["secrets", "rotate", "web/SESSION_KEY", "--yes"]);
    for change in [
        ("\"info\"", "\"debug\""),
        ("public = true\n", "public = true\ncount = 3\n"),
        (
            "public = true\n",
            "public = true\nautoscaling = { min = 2, max = 4 }\n",
        ),
    ] {
        desk.write(&SHOP.replace(change.0, change.1));
        refused(&desk, &["up", "--yes"]);
    }
    desk.write(SHOP);

    // Another image is the way out, and the one that is gone no way back.
    let pushed = json!({ "image": "web:v2", "behaviour": "ok" });
    desk.sandbox.control("POST", "images", Some(pushed));
    good(&desk.deploy(&["update", "--service", "web", "--image", "v2", "--yes"]));
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    good(&plan);
    assert!(!plan.out.contains("not in the registry"), "{}", plan.out);
    // Whatever the sandbox's registry has been given again with the other one.
    expire(&desk, "v1");
    refused(&desk, &["rollback", "--service", "web", "--yes"]);
}
