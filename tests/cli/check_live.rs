//! `check` on what only a value or a running stack tells: keys inside of secrets, what is going on already.

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::binary::Desk;
use crate::check::{check, of, refused};

const SHOP: &str = r#"[stack]
name = "shop"
region = "us-east-1"
disposable = true
[service.web]
image = "web:v1"
port = 8080
"#;

/// The ARN of an operator's secret of this value.
fn secret(desk: &Desk, name: &str, value: &str) -> String {
    Runtime::new().unwrap().block_on(async {
        let cloud = desk.sandbox.cloud("someone-else").await;
        let made = cloud.secrets.create_secret().name(name);
        let made = made.secret_string(value).send().await.unwrap();
        made.arn.unwrap()
    })
}

fn with(reference: &str) -> String {
    format!("{SHOP}[service.web.secrets]\nKEY = {{ arn = \"{reference}\" }}\n")
}

#[test]
fn a_key_that_a_secret_does_not_have_is_refused_and_its_value_is_told_to_nobody() {
    let desk = Desk::with(SHOP);
    let json_secret = secret(&desk, "shop/stripe", r#"{"api_key": "sk-live-1234"}"#);
    let plain = secret(&desk, "shop/plain", "sk-live-5678");
    desk.write(&with(&format!("{json_secret}:token::")));
    let head = format!("fail {json_secret}");
    refused(&desk, "secret-keys", &head, "has no key `token`");
    desk.write(&with(&format!("{plain}:token::")));
    let head = format!("fail {plain}");
    refused(&desk, "secret-keys", &head, "is no JSON object");

    desk.write(&with(&format!("{json_secret}:api_key::")));
    let ended = desk.deploy(&["check"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("has the key `api_key`"), "{}", ended.out);
    assert!(!format!("{}{}", ended.out, ended.err).contains("sk-live"));
    let head = format!("ok {json_secret}");
    assert_eq!(of(&check(&desk).1, "secret-keys")[0].0, head);
    // A whole secret has no key to look for, so nobody reads it.
    desk.write(&with(&json_secret));
    desk.sandbox.control("DELETE", "requests", None);
    let (code, found) = check(&desk);
    assert_eq!(
        (code, of(&found, "secret-keys").len()),
        (0, 0),
        "{found:#?}"
    );
    let requests = desk.sandbox.control("GET", "requests", None);
    let read = |one: &&Value| one["operation"] == "GetSecretValue";
    assert_eq!(requests.as_array().unwrap().iter().filter(read).count(), 0);

    // Who deploys may not always read it.
    let deny = json!({ "rules": [
        { "service": "secretsmanager", "operation": "GetSecretValue", "action": "deny", "times": 1000 },
    ]});
    desk.sandbox.control("POST", "faults", Some(deny));
    desk.write(&with(&format!("{json_secret}:token::")));
    let (code, found) = check(&desk);
    let said = of(&found, "secret-keys");
    assert_eq!(code, 0, "{said:?}");
    assert_eq!(said[0].0, format!("skipped {json_secret}"));
    assert!(
        said[0].1.contains("whether it has the key `token`"),
        "{said:?}"
    );
}

#[test]
fn a_database_that_is_stopped_or_busy_is_told_before_anything_waits_for_it() {
    let file = format!("{SHOP}[database]\ninstance_class = \"db.t4g.micro\"\nmulti_az = false\n");
    let desk = Desk::with(&file);
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}{}", up.out, up.err);
    let (code, found) = check(&desk);
    let said = of(&found, "live");
    assert_eq!(
        (code, said[0].0.as_str()),
        (0, "ok db-instance/main"),
        "{said:?}"
    );
    Runtime::new().unwrap().block_on(async {
        let cloud = desk.sandbox.cloud("shop").await;
        let all = cloud.rds.describe_db_instances().send().await.unwrap();
        let name = all.db_instances()[0].db_instance_identifier().unwrap();
        let stop = cloud.rds.stop_db_instance().db_instance_identifier(name);
        stop.send().await.unwrap();
    });
    // Nothing of the plan needs it.
    let (code, found) = check(&desk);
    let said = of(&found, "live");
    assert_eq!(code, 0, "{said:?}");
    assert_eq!(said[0].0, "warn db-instance/main", "{said:?}");
    desk.write(&file.replace("port = 8080", "port = 9090"));
    refused(&desk, "live", "fail db-instance/main", "stop");
}
