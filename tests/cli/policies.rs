//! Plans for the policies of `examples/policies/`, which `tests/policies/` holds against them.

use serde_json::Value;

use crate::binary::Desk;
use crate::cost::SHOP;

/// Writes the plan of the file on the desk, as a pipeline would.
fn write(desk: &Desk, name: &str, words: &[&str]) -> Value {
    let plan = desk.deploy(&[&["plan", "--output", "json"], words].concat());
    assert_eq!(plan.code, 0, "{}", plan.err);
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/policies");
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(format!("{folder}/{name}.json"), &plan.out).unwrap();
    serde_json::from_str(&plan.out).unwrap()
}

#[test]
fn plans_have_what_the_policies_ask_for() {
    let desk = Desk::with(SHOP);
    let new = write(&desk, "new", &[]);
    let database = new["actions"].as_array().unwrap().iter();
    let mut database = database.filter(|action| action["kind"] == "db-instance");
    assert_eq!(database.next().unwrap()["holds_data"], true);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    write(&desk, "steady", &[]);
    // What AWS changed is no plan, and says nothing of what it would cost.
    let drift = write(&desk, "unestimated", &["--refresh-only"]);
    assert!(drift["cost"].is_null());

    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        use aws_sdk_ec2::types::Filter;
        let cloud = desk.sandbox.cloud("shop").await;
        let named = Filter::builder()
            .name("group-name")
            .values("shop-database")
            .build();
        let groups = cloud.ec2.describe_security_groups().filters(named);
        let groups = groups.send().await.unwrap();
        let group = groups.security_groups()[0].group_id().unwrap();
        let open = cloud.ec2.authorize_security_group_ingress().group_id(group);
        let open = open
            .ip_protocol("tcp")
            .from_port(5432)
            .to_port(5432)
            .cidr_ip("0.0.0.0/0");
        open.send().await.unwrap();
    });
    let opened = write(&desk, "open", &[]);
    let unmanaged = &opened["unmanaged"][0];
    assert_eq!(
        unmanaged["address"], "security-group/database",
        "{unmanaged}"
    );
    assert_eq!(unmanaged["open"], true, "{unmanaged}");

    let (before, rest) = SHOP.split_once("[database]").unwrap();
    let rest = rest.split_once("[cluster]").unwrap().1;
    desk.write(&format!("{before}[cluster]{rest}"));
    let deletion = write(&desk, "deletion", &[]);
    let data = deletion["actions"].as_array().unwrap().iter();
    let mut data = data.filter(|action| action["holds_data"] == true);
    assert_eq!(data.next().unwrap()["action"], "delete");
}
