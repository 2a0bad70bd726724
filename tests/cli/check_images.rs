//! `check` on images of the stack's repositories: there, without known holes, and of sources that do what the file asks.

use serde_json::{Value, json};

use crate::binary::Desk;
use crate::check::{check, of};

/// An assistant whose documents are embedded by the model that older gateways do not know.
const CHAT: &str = r#"[stack]
name = "chat"
region = "us-east-1"
disposable = true
[load_balancer]
plain_http = true
[sign_in]
first_user_is_admin = true
[models]
embedding = "amazon.titan-embed-text-v1"
chat = ["us.amazon.nova-2-lite-v1:0"]
[service.open-webui]
preset = "open-webui"
image = "ajuda-digital:v1"
[service.bedrock-gateway]
preset = "bedrock-gateway"
image = "bedrock-gateway:v1"
"#;

const APP: &str = "service.open-webui.image";
const GATEWAY: &str = "service.bedrock-gateway.image";

fn announce(desk: &Desk, image: Value) {
    desk.sandbox.control("POST", "images", Some(image));
}

#[test]
fn a_gateway_that_does_not_know_the_embedding_model_is_warned_of() {
    let desk = Desk::deployed(CHAT);
    // The commit that knows it is of May 2026.
    announce(
        &desk,
        json!({ "image": "bedrock-gateway:v0", "pushed": 1_767_225_600 }),
    );
    announce(
        &desk,
        json!({ "image": "bedrock-gateway:main-9579458", "pushed": 1_767_225_600 }),
    );
    for (tag, level, says) in [
        ("v0", "warn", "v0 was pushed before 9579458 was made"),
        ("main-9579458", "ok", "main-9579458 is built from 9579458"),
        (
            "v1",
            "skipped",
            "nothing says whether v1 is built from 9579458 or later",
        ),
    ] {
        let image = format!("\"bedrock-gateway:{tag}\"");
        desk.write(&CHAT.replace("\"bedrock-gateway:v1\"", &image));
        let (code, found) = check(&desk);
        assert_eq!(code, 0, "it stops nothing: {found:#?}");
        let said = of(&found, "gateway");
        assert_eq!(said.len(), 1, "{said:?}");
        assert_eq!(said[0].0, format!("{level} {GATEWAY}"), "{said:?}");
        assert!(said[0].1.starts_with(says), "`{says}` in {said:?}");
        let push = "`ajuda deploy push --sandbox --service bedrock-gateway` builds a newer one";
        assert_eq!(said[0].1.ends_with(push), level == "warn", "{said:?}");
    }
    // Another model is known to every gateway.
    let other = CHAT.replace("amazon.titan-embed-text-v1", "amazon.titan-embed-text-v2:0");
    desk.write(&other);
    assert_eq!(of(&check(&desk).1, "gateway"), []);
}

#[test]
fn holes_that_a_scan_found_are_told_of_what_is_about_to_start() {
    let desk = Desk::deployed(CHAT);
    let holes = json!({ "CRITICAL": 2, "HIGH": 1, "LOW": 40 });
    announce(
        &desk,
        json!({ "image": "ajuda-digital:v2", "findings": holes }),
    );
    announce(
        &desk,
        json!({ "image": "ajuda-digital:v3", "findings": { "LOW": 40 } }),
    );
    for (tag, heads) in [
        ("v2", &[format!("ok {APP}"), format!("warn {APP}")][..]),
        ("v3", &[format!("ok {APP}")]),
    ] {
        desk.write(&CHAT.replace("ajuda-digital:v1", &format!("ajuda-digital:{tag}")));
        let (code, found) = check(&desk);
        assert_eq!(code, 0, "a hole stops nothing: {found:#?}");
        let said = of(&found, "image-fit");
        let told: Vec<String> = said.iter().map(|(head, _)| head.clone()).collect();
        assert_eq!(told, heads, "{said:?}");
        if tag == "v2" {
            let words = "v2 has known holes: ECR's scan found 2 critical and 1 high ones";
            assert!(said[1].1.starts_with(words), "{said:?}");
            let list = "ecr describe-image-scan-findings --repository-name ajuda-digital --image-id imageTag=v2";
            assert!(said[1].1.contains(list), "{said:?}");
        }
    }
}

#[test]
fn an_image_that_is_not_in_the_registry_is_told_with_the_command_that_brings_it() {
    let desk = Desk::deployed(CHAT);
    let (_, found) = check(&desk);
    let said = of(&found, "images");
    let heads: Vec<&str> = said.iter().map(|(head, _)| head.as_str()).collect();
    assert_eq!(heads, [format!("ok {GATEWAY}"), format!("ok {APP}")]);
    announce(
        &desk,
        json!({ "image": "ajuda-digital:v9", "behaviour": "missing" }),
    );
    desk.write(&CHAT.replace("ajuda-digital:v1", "ajuda-digital:v9"));
    let (code, found) = check(&desk);
    let said = of(&found, "images");
    assert_eq!(code, 0, "`up` goes on without: {said:?}");
    assert_eq!(said[1].0, format!("warn {APP}"), "{said:?}");
    for words in [
        "is not in the registry",
        "`ajuda deploy push --sandbox --service open-webui ",
        "` brings one",
    ] {
        assert!(said[1].1.contains(words), "`{words}` in {said:?}");
    }
}
