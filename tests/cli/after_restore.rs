//! How the application comes back after a restore.

use crate::binary::Desk;

const CHAT: &str = r#"
[stack]
name = "chat"
region = "us-east-1"
disposable = true

[load_balancer]
plain_http = true

[sign_in]
first_user_is_admin = true

[redis]

[database]

[service.open-webui]
preset = "open-webui"
count = 3

[service.bedrock-gateway]
preset = "bedrock-gateway"
"#;

/// How many tasks ECS says it has started, each time that it did, the oldest first.
fn starts(desk: &Desk) -> Vec<u32> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let answer = runtime.block_on(async {
        let cloud = desk.sandbox.cloud("chat").await;
        let asked = cloud.ecs.describe_services().cluster("chat-cluster");
        asked.services("chat-open-webui").send().await.unwrap()
    });
    let events = answer.services()[0].events().iter().rev();
    let started = events.filter_map(|event| {
        let (_, rest) = event.message()?.split_once("has started ")?;
        rest.split_once(" tasks")?.0.parse().ok()
    });
    started.collect()
}

/// A backup may be older than the application's tables, which several tasks that start together would all create.
#[test]
fn one_task_starts_first_and_the_others_once_it_is_healthy() {
    let desk = Desk::deployed(CHAT);
    let backup = desk.deploy(&["db", "backup"]);
    assert_eq!(backup.code, 0, "{}", backup.err);
    let before = starts(&desk).len();
    let words = ["db", "restore", "--snapshot", backup.out.trim(), "--yes"];
    let restored = desk.deploy(&words);
    assert_eq!(restored.code, 0, "{}", restored.err);
    assert_eq!(starts(&desk)[before..], [1, 2]);
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);
}
