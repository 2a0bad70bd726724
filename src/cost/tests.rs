//! Sums against what is calculated by hand.

use serde_json::{Value, json};

use super::{Estimate, Line, Meter, Prices, Range, Thing, budget, lines};
use crate::stack::{Cost, OverBudget, Usage};

/// Round prices, so that the sums can be done in one's head.
const PRICES: &str = r#"
[[list]]
source = "made up for these tests"
date = "2026-01-01"
recorded = "here"
[list.usd]
fargate-vcpu-hour.r = 0.04
fargate-gb-hour.r = 0.005
fargate-arm-vcpu-hour.r = 0.03
fargate-arm-gb-hour.r = 0.004
fargate-storage-gb-hour.r = 0.0001
nat-gateway-hour.r = 0.05
nat-gateway-gb.r = 0.05
public-ipv4-hour.r = 0.005
alb-hour.r = 0.02
alb-lcu-hour.r = 0.01
"postgresql db.r7g.large hour".r = 0.25
"postgresql db.r7g.xlarge hour".r = 0.5
"postgresql gp3 gb-month".r = 0.1
"postgresql gp3 iops-month".r = 0.02
"valkey cache.t4g.small hour".r = 0.03
s3-gb-month.r = 0.02
ecr-gb-month.r = 0.1
log-gb.r = 0.5
alarm-month.r = 0.1
secret-month.r = 0.4
web-acl-month.r = 5.0
web-acl-rule-month.r = 1.0
web-acl-million-requests.r = 0.6
rds-backup-gb-month.r = 0.1
"#;

fn prices() -> Prices {
    toml::from_str(PRICES).expect("TOML")
}

fn thing(step: &'static str, address: &str, props: Value) -> Thing {
    let (kind, name) = address.split_once('/').expect("kind/name");
    Thing {
        step,
        kind: kind.to_owned(),
        name: name.to_owned(),
        props,
    }
}

const USAGE: Usage = Usage {
    hours: 700,
    nat_gb: 100,
    load_balancer_lcu: 2,
    logs_gb: 10,
    storage_gb: 50,
    images_gb: 5,
    backup_gb: 20,
    million_requests: 3,
};

fn billed(things: &[Thing]) -> Vec<Line> {
    lines(things, &USAGE, &prices(), "r")
}

/// Dollars a month of each line, as `item: low-high`.
fn dollars(things: &[Thing]) -> Vec<String> {
    let lines = billed(things);
    let sums = lines.iter().map(|line| match line.monthly() {
        Some(range) => format!("{}: {:.2}-{:.2}", line.item, range.low, range.high),
        None => format!("{}: unknown", line.item),
    });
    sums.collect()
}

fn estimate(after: &[Thing], before: Option<&[Thing]>) -> Estimate {
    Estimate {
        region: "r".to_owned(),
        known: true,
        refreshed: false,
        usage: USAGE,
        lines: billed(after),
        before: before.map(billed),
        unread: Vec::new(),
        order: vec!["network", "database", "app"],
    }
}

fn database(class: &str, multi_az: bool) -> Thing {
    let props = json!({
        "instance_class": class, "multi_az": multi_az, "storage_type": "gp3", "storage_gb": 200,
        "iops": null, "throughput": null,
    });
    thing("database", "db-instance/main", props)
}

fn nat(name: &str) -> [Thing; 2] {
    [
        thing("network", &format!("elastic-ip/{name}"), json!({})),
        thing("network", &format!("nat-gateway/{name}"), json!({})),
    ]
}

#[test]
fn a_network_costs_its_gateways_addresses_and_data() {
    let things: Vec<Thing> = nat("a").into_iter().chain(nat("b")).collect();
    assert_eq!(
        dollars(&things),
        [
            // 2 x 700 x 0.005, 2 x 700 x 0.05, 100 x 0.05
            "public addresses of NAT gateways: 7.00-7.00",
            "NAT gateways: 70.00-70.00",
            "data through NAT: 5.00-5.00",
        ]
    );
}

#[test]
fn a_database_costs_its_instance_storage_backups_and_speed_twice_in_two_zones() {
    assert_eq!(
        dollars(&[database("db.r7g.large", false)]),
        [
            // 700 x 0.25, 200 x 0.1, 20 x 0.1
            "db.r7g.large, PostgreSQL: 175.00-175.00",
            "storage, gp3: 20.00-20.00",
            "backups: 2.00-2.00",
        ]
    );
    let mut fast = database("db.r7g.large", true);
    fast.props["storage_gb"] = json!(400);
    fast.props["iops"] = json!(14_000);
    fast.props["throughput"] = json!(600);
    assert_eq!(
        dollars(&[fast]),
        [
            "db.r7g.large, PostgreSQL, two zones: 350.00-350.00",
            "storage, gp3, two zones: 80.00-80.00",
            // 2000 beyond the 12000 that gp3 has from 400 GB on, 0.02 each, in two zones
            "IOPS, two zones: 80.00-80.00",
            "throughput, two zones: unknown",
            "backups: 2.00-2.00",
        ]
    );
}

#[test]
fn a_service_costs_its_tasks_between_what_its_autoscaler_may_run() {
    let task = json!({"cpu": 512, "memory": 1024, "architecture": "X86_64", "ephemeral_gb": 50});
    let service = json!({"count": 2, "public_ip": true});
    let mut things = vec![
        thing("app", "task-definition/web", task),
        thing("app", "service/web", service),
    ];
    assert_eq!(
        dollars(&things),
        [
            // 2 tasks x 700 hours x (half a vCPU, a GB, 30 GB of disk, an address)
            "web: vCPU, x86: 28.00-28.00",
            "web: memory, x86: 7.00-7.00",
            "web: disk beyond 20 GB: 4.20-4.20",
            "web: public addresses of tasks: 7.00-7.00",
        ]
    );
    things[0].props["architecture"] = json!("ARM64");
    things.push(thing(
        "app",
        "scalable-target/web",
        json!({"min": 1, "max": 4}),
    ));
    let sums = dollars(&things);
    assert_eq!(sums[0], "web: vCPU, ARM: 10.50-42.00");
    assert_eq!(sums[1], "web: memory, ARM: 2.80-11.20");
}

#[test]
fn the_rest_is_counted_by_the_piece_and_by_what_the_file_takes_for_granted() {
    let rules = json!({"rules": {"one": {}, "two": {}}});
    let things = [
        thing(
            "network",
            "load-balancer/main",
            json!({"subnets": ["a", "b"]}),
        ),
        thing("network", "web-acl/main", rules),
        thing(
            "app",
            "cache/main",
            json!({"node_type": "cache.t4g.small", "nodes": 2}),
        ),
        thing("app", "secret/a", json!({})),
        thing("app", "secret/b", json!({})),
        thing("app", "alarm/a", json!({})),
        thing(
            "app",
            "cluster/main",
            json!({"container_insights": "enhanced"}),
        ),
        thing("app", "bucket/uploads", json!({})),
        thing("app", "bucket/access-logs", json!({})),
        thing("app", "repository/web", json!({})),
        thing("app", "log-group/web", json!({})),
        thing("app", "role/web", json!({})),
    ];
    assert_eq!(
        dollars(&things),
        [
            "load balancer: 14.00-14.00",
            // 2 LCU x 700 hours x 0.01
            "capacity of the load balancer: 14.00-14.00",
            "public addresses of the load balancer: 7.00-7.00",
            "web ACL: 5.00-5.00",
            "rules of the web ACL: 2.00-2.00",
            "cache.t4g.small, Valkey: 42.00-42.00",
            "secrets: 0.80-0.80",
            "alarms: 0.10-0.10",
            "metrics of Container Insights: unknown",
            "images: 0.50-0.50",
            "files and logs of access: 1.00-1.00",
            "logs of all steps: 5.00-5.00",
            "requests through WAF: 1.80-1.80",
        ]
    );
}

#[test]
fn a_larger_class_and_a_gateway_more_are_the_difference_of_a_plan() {
    let before = [database("db.r7g.large", false)];
    let after: Vec<Thing> = [database("db.r7g.xlarge", false)]
        .into_iter()
        .chain(nat("a"))
        .collect();
    let plan = estimate(&after, Some(&before));
    // 700 x 0.25 more for the instance; 3.50, 35 and 5 for the gateway
    assert_eq!(plan.difference().map(Range::cents), Some(Range::of(218.5)));
    let steps: Vec<(&str, Option<Range>)> = plan
        .steps()
        .iter()
        .map(|one| (one.step, one.difference.map(Range::cents)))
        .collect();
    assert_eq!(
        steps,
        [
            ("network", Some(Range::of(43.5))),
            ("database", Some(Range::of(175)))
        ]
    );
    let gone = estimate(&[], Some(&before));
    assert_eq!(gone.difference().map(Range::cents), Some(Range::of(-197)));
    assert_eq!(gone.steps().len(), 1, "the step that is emptied is there");
    assert_eq!(estimate(&before, None).difference(), None);
    // A step that the order does not have comes last.
    let mut orphan = database("db.r7g.large", false);
    orphan.step = "no longer in the file";
    let gone = estimate(&nat("a"), Some(&[orphan]));
    let steps = gone.steps();
    assert_eq!(steps[1].step, "no longer in the file");
    assert_eq!(steps[1].difference.map(Range::cents), Some(Range::of(-197)));
}

#[test]
fn in_an_unknown_region_all_is_unknown_and_nothing_is_zero() {
    let lines = lines(&nat("a"), &USAGE, &prices(), "elsewhere");
    assert!(!lines.is_empty());
    for line in lines {
        assert_eq!(
            (line.price.clone(), line.monthly()),
            (None, None),
            "{line:?}"
        );
    }
}

#[test]
fn a_budget_refuses_only_what_makes_a_stack_above_it_dearer() {
    let cost = |usd, over_budget| Cost {
        budget: Some(usd),
        over_budget,
        usage: USAGE,
    };
    let (small, large) = (
        [database("db.r7g.large", false)],
        [database("db.r7g.xlarge", false)],
    );
    let grows = estimate(&large, Some(&small));
    let shrinks = estimate(&small, Some(&large));
    let verdict = |cost: &Cost, of: &Estimate| {
        let verdict = budget(cost, of).expect("there is a budget");
        (verdict.over, verdict.refused)
    };
    // 350 + 20 + 2, and 175 + 20 + 2
    assert_eq!(
        verdict(&cost(372, OverBudget::Refuse), &grows),
        (false, false)
    );
    assert_eq!(
        verdict(&cost(371, OverBudget::Refuse), &grows),
        (true, true)
    );
    assert_eq!(verdict(&cost(371, OverBudget::Warn), &grows), (true, false));
    assert_eq!(
        verdict(&cost(100, OverBudget::Refuse), &shrinks),
        (true, false)
    );
    let none = Cost {
        budget: None,
        ..cost(1, OverBudget::Warn)
    };
    assert_eq!(budget(&none, &grows), None);
}

#[test]
fn every_meter_that_is_built_in_is_asked_for_by_its_own_name() {
    let keys = |prices: &Prices| -> Vec<String> {
        let all = prices.lists.iter().flat_map(|list| list.usd.keys());
        all.cloned().collect()
    };
    let known: Vec<String> = billed_of_all().iter().map(Meter::key).collect();
    for key in keys(Prices::built_in()) {
        let family = |known: &String| {
            known == &key
                || ["postgresql ", "valkey "]
                    .iter()
                    .any(|start| known.starts_with(start) && key.starts_with(start))
        };
        assert!(known.iter().any(family), "`{key}` is no meter's");
    }
}

/// A meter of each sort.
fn billed_of_all() -> Vec<Meter> {
    let (kind, class) = ("gp3".to_owned(), "db.t4g.micro".to_owned());
    let multi_az = false;
    vec![
        Meter::FargateCpu { arm: false },
        Meter::FargateCpu { arm: true },
        Meter::FargateMemory { arm: false },
        Meter::FargateMemory { arm: true },
        Meter::FargateDisk,
        Meter::NatGateway,
        Meter::NatData,
        Meter::PublicAddress,
        Meter::LoadBalancer,
        Meter::LoadBalancerCapacity,
        Meter::Database { class, multi_az },
        Meter::DatabaseStorage { kind, multi_az },
        Meter::DatabaseBackup,
        Meter::Cache {
            node: "cache.t4g.small".to_owned(),
        },
        Meter::ObjectStorage,
        Meter::ImageStorage,
        Meter::LogData,
        Meter::Alarm,
        Meter::Secret,
        Meter::WebAcl,
        Meter::WebAclRule,
        Meter::WebAclRequests,
    ]
}
