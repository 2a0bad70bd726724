//! What stands open and what stands in front: a stack that is there is closed and opened in place.

use serde_json::Value;

use crate::binary::Desk;

/// The calls that changed something since the record was last cleared, in their order, by operation.
fn changes(desk: &Desk) -> Vec<String> {
    let requests = desk.sandbox.control("GET", "requests", None);
    let requests = requests.as_array().unwrap().iter();
    requests
        .filter(|request| request["reading"] == false)
        .filter(|request| request["service"] == "ec2" || request["service"] == "wafv2")
        .map(|request| request["operation"].as_str().unwrap().to_owned())
        .collect()
}

fn up_and_empty(desk: &Desk) {
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);
}

#[test]
fn a_running_stack_is_opened_and_closed_in_place() {
    let desk = Desk::copy("examples/sandbox.toml");
    let before = desk.sandbox.inventory();
    let closed = desk.text();
    up_and_empty(&desk);
    let open = format!(
        "{closed}\n[load_balancer]\nwaf = true\n[network]\negress = [\"anywhere\"]\ndeny_remote_login = true\n"
    );
    desk.write(&open);
    let plan = desk.deploy(&["plan", "--output", "json"]);
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    let said = plan["actions"].as_array().unwrap().iter();
    let mut said: Vec<String> = said
        .map(|one| format!("{} {}", one["action"], one["address"]).replace('"', ""))
        .collect();
    said.sort();
    assert_eq!(
        said,
        [
            "create security-group-rule/bedrock-gateway-to-0.0.0.0/0",
            "create security-group-rule/database-setup-to-0.0.0.0/0",
            "create security-group-rule/open-webui-to-0.0.0.0/0",
            "create web-acl-association/main",
            "create web-acl/main",
            "update default-network-acl/main",
        ]
    );
    desk.sandbox.control("DELETE", "requests", None);
    up_and_empty(&desk);
    let calls = changes(&desk);
    assert!(
        !calls.iter().any(|call| call.starts_with("Revoke")),
        "{calls:?}"
    );
    // Back again: what is narrow is there already, and only what is wide goes.
    desk.write(&closed);
    desk.sandbox.control("DELETE", "requests", None);
    up_and_empty(&desk);
    let calls = changes(&desk);
    let count = |name: &str| calls.iter().filter(|call| *call == name).count();
    assert_eq!(count("RevokeSecurityGroupEgress"), 3, "{calls:?}");
    assert_eq!(count("AuthorizeSecurityGroupEgress"), 0, "{calls:?}");
    assert_eq!(count("DeleteWebACL"), 1, "{calls:?}");
    let destroyed = desk.deploy(&["destroy", "--yes", "--delete-all-data"]);
    assert_eq!(destroyed.code, 0, "{}", destroyed.err);
    let after = desk.sandbox.inventory();
    assert_eq!(after["wafv2"], before["wafv2"]);
    assert_eq!(after["ec2"], before["ec2"]);
}
