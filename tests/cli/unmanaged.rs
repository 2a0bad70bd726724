//! What others add to objects of a stack: told by plan and status, kept or removed as the file says.

use aws_sdk_ec2::types::{IpPermission, IpRange};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::binary::{Desk, Ended};

const SHOP: &str = r#"
[stack]
name = "shop"
region = "us-east-1"
disposable = true

[database]
multi_az = false
instance_class = "db.t4g.small"
storage_gb = 20

[service.web]
image = "ghcr.io/example/web:v1"
public = true
secrets = { DATABASE_URL = { from = "database.url" } }
"#;

fn good(ended: &Ended) {
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
}

/// Opens the database to everybody, and what runs to a colleague.
fn open(desk: &Desk) {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let cloud = desk.sandbox.cloud("shop").await;
        let groups = cloud.ec2.describe_security_groups().send().await.unwrap();
        for (end, port, range) in [
            ("-database", 5432, "0.0.0.0/0"),
            ("-web", 22, "192.0.2.1/32"),
        ] {
            let mut groups = groups.security_groups().iter();
            let group =
                groups.find(|group| group.group_name().is_some_and(|name| name.ends_with(end)));
            let rule = IpPermission::builder()
                .ip_protocol("tcp")
                .from_port(port)
                .to_port(port);
            let rule = rule
                .ip_ranges(IpRange::builder().cidr_ip(range).build())
                .build();
            let add = cloud
                .ec2
                .authorize_security_group_ingress()
                .ip_permissions(rule);
            add.group_id(group.unwrap().group_id().unwrap())
                .send()
                .await
                .unwrap();
        }
    });
}

#[test]
fn a_rule_that_somebody_added_is_told_aloud_and_kept_or_removed_as_the_file_says() {
    let desk = Desk::with(SHOP);
    good(&desk.deploy(&["up", "--yes"]));
    open(&desk);
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    good(&plan);
    let loud = "unmanaged security-group/database: ingress rule of tcp 5432 from 0.0.0.0/0  OPEN TO THE INTERNET  kept";
    let quiet = "unmanaged security-group/web: ingress rule of tcp 22 from 192.0.2.1/32  kept";
    let (first, second) = (plan.out.find(loud), plan.out.find(quiet));
    assert!(first.is_some() && first < second, "{}", plan.out);
    assert!(plan.out.contains("2 unmanaged"), "{}", plan.out);
    let plan = desk.deploy(&["plan", "--output", "json"]);
    let said: Value = serde_json::from_str(&plan.out).unwrap();
    let rule = json!({
        "address": "security-group/database", "what": "ingress rule of tcp 5432 from 0.0.0.0/0",
        "open": true, "removed": false,
    });
    assert_eq!(said["unmanaged"][0], rule, "{said:#}");
    let drift = desk.deploy(&["plan", "--refresh-only", "--detailed-exitcode"]);
    assert_eq!(drift.code, 2, "{}", drift.out);
    assert!(
        drift.out.contains("2 unmanaged, added by others"),
        "{}",
        drift.out
    );

    let status = desk.deploy(&["status"]);
    assert_eq!(status.code, 5, "{}", status.out);
    let says = "✗ security-group/database: ingress rule of tcp 5432 from 0.0.0.0/0 is not in the file: OPEN TO THE INTERNET";
    assert!(status.out.contains(says), "{}", status.out);
    assert!(
        status.out.contains("! security-group/web: "),
        "{}",
        status.out
    );

    good(&desk.deploy(&["up", "--yes"]));
    assert_eq!(desk.deploy(&["status"]).code, 5, "it is kept");
    desk.write(&SHOP.replace(
        "disposable = true",
        "disposable = true\nunmanaged = \"remove\"",
    ));
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 2, "{}", plan.out);
    assert!(
        plan.out.contains("OPEN TO THE INTERNET  removed"),
        "{}",
        plan.out
    );
    good(&desk.deploy(&["up", "--yes"]));
    good(&desk.deploy(&["status"]));
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    good(&plan);
    assert!(!plan.out.contains("unmanaged"), "{}", plan.out);
}

#[test]
fn a_strangers_rule_at_the_load_balancer_is_in_nobodys_way() {
    use aws_sdk_elasticloadbalancingv2::types as api;
    let shop = |names: &[&str]| {
        let mut file = "[stack]\nname = \"shop\"\nregion = \"us-east-1\"\ndisposable = true\n[service.web]\nimage = \"ghcr.io/example/web:v1\"\npublic = true\n".to_owned();
        for name in names {
            file.push_str(&format!("[service.{name}]\nimage = \"ghcr.io/example/{name}:v1\"\npublic = true\npaths = [\"/{name}/*\"]\n"));
        }
        file
    };
    let desk = Desk::with(&shop(&["reports"]));
    good(&desk.deploy(&["up", "--yes"]));
    let runtime = Runtime::new().unwrap();
    let cloud = runtime.block_on(desk.sandbox.cloud("shop"));
    runtime.block_on(async {
        let balancers = cloud.elb.describe_load_balancers().send().await.unwrap();
        let arn = balancers.load_balancers()[0].load_balancer_arn().unwrap();
        let listeners = cloud.elb.describe_listeners().load_balancer_arn(arn);
        let listeners = listeners.send().await.unwrap();
        let answer = api::FixedResponseActionConfig::builder().status_code("200");
        let action = api::Action::builder()
            .r#type(api::ActionTypeEnum::FixedResponse)
            .fixed_response_config(answer.build());
        let paths = api::RuleCondition::builder()
            .field("path-pattern")
            .values("/.well-known/security.txt");
        let listener = listeners.listeners()[0].listener_arn().unwrap();
        let rule = cloud.elb.create_rule().listener_arn(listener).priority(20);
        let rule = rule.conditions(paths.build()).actions(action.build());
        rule.send().await.unwrap();
    });
    desk.write(&shop(&["reports", "wiki"]));
    good(&desk.deploy(&["up", "--yes"]));
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    good(&plan);
    assert!(
        plan.out
            .contains("listener rule at priority 20 for /.well-known/security.txt  kept"),
        "{}",
        plan.out
    );
}
