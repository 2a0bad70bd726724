//! What a task comes after: one that starts before its way out is there cannot pull its image, and stops.

use std::collections::BTreeSet;

use ajuda::engine::{Observed, Plan, plan};
use ajuda::resources::KINDS;

use crate::{ZONES, declared_in, read};

/// Each service and the database set-up, then what of the network they need, a line each.
fn order(source: &str) -> String {
    let stack = read("deploy.toml", source);
    let mut text = String::new();
    for (address, entry) in declared_in(ZONES, &stack).graph.iter() {
        if !["service", "database-setup"].contains(&address.kind()) {
            continue;
        }
        text.push_str(&format!("{address}\n"));
        let network = ["route-table", "vpc-endpoint", "security-group-rule"];
        let needs = entry.needs.iter();
        for need in needs.filter(|need| network.contains(&need.kind())) {
            text.push_str(&format!("  {need}\n"));
        }
    }
    text
}

const WORKER: &str = r#"
[stack]
name = "worker"

[service.worker]
image = "worker:v1"
port = 8080
"#;

#[test]
fn tasks_of_the_production_stack_come_after_just_this() {
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("order_of_production", order(include_str!("../../stacks/production.toml")));
    });
}

#[test]
fn tasks_come_after_the_way_out_that_their_network_has() {
    let with = |network: &str| order(&format!("{WORKER}\n[network]\n{network}\n"));
    let rule = "  security-group-rule/worker-to-0.0.0.0/0-tcp-443\n";
    assert_eq!(
        with("nat = \"none\""),
        format!("service/worker\n  route-table/public\n{rule}  vpc-endpoint/s3\n")
    );
    assert_eq!(
        with("nat = \"per-zone\"\ns3_endpoint = false"),
        format!("service/worker\n  route-table/private-a\n  route-table/private-b\n{rule}")
    );
    let theirs = r#"vpc = "vpc-0a1b2c3d4e5f60718"
private_subnets = ["subnet-0a1b2c3d4e5f60713", "subnet-0a1b2c3d4e5f60714"]
public_subnets = ["subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60712"]"#;
    assert_eq!(with(theirs), format!("service/worker\n{rule}"));
}

fn planned(source: &str) -> Plan {
    let stack = read("deploy.toml", source);
    plan(
        &declared_in(ZONES, &stack).graph,
        KINDS,
        &Observed::default(),
    )
}

/// What an operation of a plan waits for, directly or not.
fn waits_for(plan: &Plan, address: &str) -> BTreeSet<String> {
    let all = &plan.schedule.0;
    let is = |work: &ajuda::engine::Work| work.address.to_string() == address;
    let mut open = vec![all.iter().position(is).unwrap()];
    let mut seen = BTreeSet::new();
    while let Some(next) = open.pop() {
        for &need in &all[next].needs {
            if seen.insert(all[need].address.to_string()) {
                open.push(need);
            }
        }
    }
    seen
}

/// A small stack has nothing that takes as long as the NAT gateway: the time of its plan counts that.
#[test]
fn nothing_runs_before_the_nat_gateway_lets_it_out() {
    let plan = planned(WORKER);
    let before = waits_for(&plan, "service/worker");
    for address in ["nat-gateway/main", "route-table/private", "vpc-endpoint/s3"] {
        assert!(before.contains(address), "{address} in {before:?}");
    }
    let chain = plan.schedule.critical_path().into_iter();
    let chain: Vec<String> = chain.map(|work| work.address.to_string()).collect();
    assert!(chain.contains(&"nat-gateway/main".to_owned()), "{chain:?}");
    let database = planned(&format!("{WORKER}\n[database]\n"));
    let before = waits_for(&database, "database-setup/main");
    for address in [
        "route-table/private",
        "security-group-rule/database-from-database-setup",
        "security-group-rule/database-setup-to-0.0.0.0/0-tcp-443",
    ] {
        assert!(before.contains(address), "{address} in {before:?}");
    }
}
