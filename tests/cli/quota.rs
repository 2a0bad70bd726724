//! A quota is told at once, with AWS's words; a throttle is tried again.

use serde_json::json;

use crate::binary::Desk;

const APP: &str = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\n[service.web]\nimage = \"web\"\nport = 8080\npublic = true\n";

/// How `up` ends, and how often it asked for a repository, when the first time is refused.
fn refused_once(code: &str) -> (String, usize) {
    let desk = Desk::with(APP);
    let rule = json!({ "service": "ecr", "operation": "CreateRepository", "code": code, "http": 400, "message": "not now", "times": 1 });
    desk.sandbox
        .control("POST", "faults", Some(json!({ "rules": [rule] })));
    let up = desk.deploy(&["up", "--yes"]);
    let requests = desk.sandbox.control("GET", "requests", None).to_string();
    let asked = requests.matches("\"CreateRepository\"").count();
    (up.err, asked)
}

#[test]
fn a_quota_is_not_asked_again_and_a_throttle_is() {
    let (said, asked) = refused_once("LimitExceededException");
    assert_eq!(asked, 1, "{said}");
    assert!(said.contains("LimitExceededException"), "{said}");
    let (said, asked) = refused_once("ThrottlingException");
    assert_eq!(asked, 2, "{said}");
    assert!(!said.contains("ThrottlingException"), "{said}");
}

/// The sentences that AWS has for new accounts name no way out.
#[test]
fn what_a_new_account_may_not_do_comes_with_what_to_do() {
    let data = "[redis]\n[database]\n[sign_in]\nfirst_user_is_admin = true\n[load_balancer]\nplain_http = true\n[service.open-webui]\npreset = \"open-webui\"\n[service.bedrock-gateway]\npreset = \"bedrock-gateway\"\n";
    let chat = format!("[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\n{data}");
    for (file, account, way) in [
        (chat.as_str(), json!({ "free_plan": true }), "Upgrade plan"),
        (APP, json!({ "load_balancers": false }), "AWS Support"),
        (APP, json!({ "fargate_vcpus": 0 }), "L-3032A538"),
    ] {
        let desk = Desk::with(file);
        desk.sandbox.control("POST", "account", Some(account));
        let up = desk.deploy(&["up", "--yes"]);
        assert_ne!(up.code, 0, "{way}");
        assert!(up.err.contains(way), "`{way}` in {}", up.err);
    }
}

/// The one service waits for its database, so that nothing but the task that prepares it meets the quota.
#[test]
fn a_task_that_a_new_account_may_not_run_comes_with_what_to_do() {
    let file = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\n[database]\n[sign_in]\nfirst_user_is_admin = true\n[load_balancer]\nplain_http = true\n[service.open-webui]\npreset = \"open-webui\"\n[provider.sealion]\nurl = \"https://api.sea-lion.ai/v1\"\nkey = { env = \"SEALION_API_KEY\" }\n";
    let desk = Desk::with(file);
    let full = json!({ "fargate_vcpus": 0 });
    desk.sandbox.control("POST", "account", Some(full));
    let up = desk.deploy(&["up", "--yes", "--no-check"]);
    assert_ne!(up.code, 0, "{}", up.err);
    for words in ["the task did not start", "L-3032A538"] {
        assert!(up.err.contains(words), "`{words}` in {}", up.err);
    }
}

#[test]
fn a_one_off_task_that_a_new_account_may_not_run_comes_with_what_to_do() {
    let desk = Desk::deployed(APP);
    let full = json!({ "fargate_vcpus": 0 });
    desk.sandbox.control("POST", "account", Some(full));
    let mut run = desk.command();
    let run = run.args(["deploy", "run", "--sandbox", "--", "true"]);
    let run = crate::binary::run(run);
    assert_ne!(run.code, 0, "{}", run.err);
    for words in ["ECS took no task", "L-3032A538"] {
        assert!(run.err.contains(words), "`{words}` in {}", run.err);
    }
}
