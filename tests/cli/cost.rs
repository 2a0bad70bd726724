//! What a stack costs: below its plan, held against its budget, by AWS's own list, and by AWS's bill.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::binary::{Desk, repository, run};
use crate::support::lease::is_of_lease;

/// A database, a service with a public address, and no NAT gateway.
pub const SHOP: &str = r#"[stack]
name = "shop"
region = "us-east-1"
disposable = true
[network]
zones = 2
nat = "none"
[database]
instance_class = "db.t4g.micro"
storage_gb = 20
multi_az = false
[cluster]
container_insights = "disabled"
[load_balancer]
plain_http = true
[service.web]
image = "web:v1"
port = 8080
public = true
"#;

fn json_of(desk: &Desk, words: &[&str]) -> Value {
    let ended = desk.deploy(&[words, &["--output", "json"]].concat());
    serde_json::from_str(&ended.out)
        .unwrap_or_else(|error| panic!("{error}: {}{}", ended.out, ended.err))
}

/// The low end of what a plan says of a step, or of all, when nothing scales.
fn added(cost: &Value, step: &str) -> f64 {
    let steps = cost["steps"].as_array().unwrap();
    let one = steps.iter().find(|one| one["step"] == step).unwrap();
    one["difference"]["low"].as_f64().unwrap()
}

#[test]
fn the_production_stack_costs_just_this() {
    let desk = Desk::with(SHOP);
    let mut command = desk.command();
    command
        .args(["deploy", "cost", "--file"])
        .arg(repository("stacks/production.toml"))
        .args(["--region", "us-east-1"]);
    let ended = run(&mut command);
    assert_eq!(ended.code, 0, "{}", ended.err);
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("cost_of_production", ended.out);
    });
}

#[test]
fn a_plan_ends_with_what_it_costs_and_asks_aws_nothing_for_it() {
    let desk = Desk::with(SHOP);
    let plan = desk.deploy(&["plan"]);
    assert_eq!(plan.code, 0, "{}", plan.err);
    let end = plan.out.split("\ncost: ").nth(1);
    let end = end.unwrap_or_else(|| panic!("{}", plan.out));
    // 730 hours of db.t4g.micro at $0.016, and 20 GB at $0.115
    assert!(end.contains("database +$13.98"), "{end}");
    assert!(
        end.contains("`ajuda deploy cost --sandbox` shows each line"),
        "{end}"
    );
    assert!(end.contains("; prices of 20"), "with their days: {end}");
    assert!(end.lines().count() <= 4, "a few lines: {end}");
    let requests = desk.sandbox.control("GET", "requests", None);
    let services: BTreeSet<&str> = requests
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["service"].as_str())
        .collect();
    assert!(services.len() > 10, "{services:?}");
    assert!(
        !services.contains("pricing") && !services.contains("ce"),
        "{services:?}"
    );

    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    let (told, made) = (up.err.find("cost: about $"), up.err.find("vpc/main"));
    assert!(told.is_some() && made < told, "below the plan: {}", up.err);
    let plan = desk.deploy(&["plan"]);
    assert!(
        plan.out
            .contains("a month, which this plan does not change"),
        "{}",
        plan.out
    );
    let cost = &json_of(&desk, &["plan"])["cost"];
    assert_eq!(
        cost["difference"],
        json!({"low": 0.0, "high": 0.0}),
        "{cost:#}"
    );

    // A larger class and two NAT gateways are just their difference; what is deleted is subtracted.
    let larger = SHOP.replace("db.t4g.micro", "db.t4g.small");
    desk.write(&larger.replace("\"none\"", "\"per-zone\""));
    let cost = &json_of(&desk, &["plan"])["cost"];
    assert_eq!(
        added(cost, "database"),
        11.68,
        "730 x (0.032 - 0.016): {cost:#}"
    );
    // two gateways and two addresses of 730 hours, and 50 GB
    assert_eq!(added(cost, "network"), 75.25, "{cost:#}");
    // no task has an address of its own any more
    assert_eq!(added(cost, "app"), -3.65, "{cost:#}");
    let web = SHOP.split("[database]").next().unwrap().to_owned();
    let rest = SHOP.split_once("[cluster]").unwrap().1;
    desk.write(&format!("{web}[cluster]{rest}"));
    let plan = desk.deploy(&["plan"]);
    // 13.98, two secrets and three alarms
    let gone = "  no longer in the file -$15.08\n";
    assert!(plan.out.contains(gone), "{}", plan.out);
}

#[test]
fn a_budget_warns_or_refuses_before_anything_is_changed() {
    let desk = Desk::with(&format!("{SHOP}[cost]\nbudget = 20\n"));
    let plan = desk.deploy(&["plan"]);
    assert_eq!(plan.code, 0, "a warning: {}", plan.err);
    assert!(
        plan.out.contains("budget: $20.00 a month, exceeded by $"),
        "{}",
        plan.out
    );
    desk.write(&format!(
        "{SHOP}[cost]\nbudget = 20\nover_budget = \"refuse\"\n"
    ));
    let plan = desk.deploy(&["plan"]);
    assert_eq!(plan.code, 3, "{}", plan.err);
    desk.sandbox.control("DELETE", "requests", None);
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 3, "{}", up.err);
    for words in [
        "the stack would cost more than its budget of $20 a month; nothing was changed",
        "`ajuda deploy cost --sandbox` shows each line",
    ] {
        assert!(up.err.contains(words), "`{words}` in {}", up.err);
    }
    let requests = desk.sandbox.control("GET", "requests", None);
    let changes = requests.as_array().unwrap().iter();
    let changes = changes.filter(|one| one["reading"] != true && !is_of_lease(one));
    assert_eq!(changes.count(), 0);
    // In a pipeline's words.
    let budget = &json_of(&desk, &["plan"])["cost"]["budget"];
    assert_eq!(
        *budget,
        json!({"usd": 20, "over": true, "then": "refuse", "refused": true})
    );
    // A stack that is above it already can be made cheaper, and looked at.
    desk.write(SHOP);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    let cheaper = SHOP.replace("instance_class", "backup_days = 1\ninstance_class");
    desk.write(&format!(
        "{cheaper}[cost]\nbudget = 20\nover_budget = \"refuse\"\n"
    ));
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
}

#[test]
fn a_region_without_prices_is_unknown_and_not_free() {
    let desk = Desk::with(&SHOP.replace("us-east-1", "us-gov-west-1"));
    let mut command = desk.command();
    command.args(["deploy", "cost"]);
    let ended = run(&mut command);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.out.contains("cost: unknown\n"), "{}", ended.out);
    assert!(!ended.out.contains("$0.00"), "{}", ended.out);
    assert!(
        ended.out.contains("no prices of us-gov-west-1"),
        "{}",
        ended.out
    );
    let mut command = desk.command();
    command.args(["deploy", "cost", "--output", "json"]);
    let said: Value = serde_json::from_str(&run(&mut command).out).unwrap();
    assert_eq!(said["cost"]["monthly"], Value::Null);
    assert_eq!(said["cost"]["known"], false);
    // Whoever names no region is told to.
    let desk = Desk::with(&SHOP.replace("region = \"us-east-1\"\n", ""));
    let mut command = desk.command();
    command.args(["deploy", "cost"]);
    let ended = run(&mut command);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("pass --region"), "{}", ended.err);
}

#[test]
fn prices_are_read_from_awss_list_and_written_as_a_table() {
    let desk = Desk::with(&SHOP.replace("\"none\"", "\"one\""));
    let cost = json_of(&desk, &["cost", "--refresh", "--write", "prices.toml"]);
    let cost = &cost["cost"];
    assert_eq!(cost["prices"]["refreshed"], true);
    let lines = cost["lines"].as_array().unwrap();
    let of = |meter: &str| {
        let line = lines.iter().find(|line| line["meter"] == meter);
        line.unwrap_or_else(|| panic!("{meter} in {lines:#?}"))
    };
    // The sandbox's list has prices of its own.
    for (meter, usd) in [
        ("nat-gateway-hour", 0.046),
        ("fargate-gb-hour", 0.0045),
        ("postgresql db.t4g.micro hour", 0.017),
        ("postgresql gp3 gb-month", 0.116),
        ("secret-month", 0.41),
    ] {
        assert_eq!(of(meter)["usd"], usd, "{meter}");
        let source = of(meter)["source"].as_str().unwrap();
        assert!(
            source.starts_with("AWS Price List, GetProducts of"),
            "{source}"
        );
    }
    let path = desk
        .command()
        .get_current_dir()
        .unwrap()
        .join("prices.toml");
    let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let lists = table["list"].as_array().unwrap();
    let prices = |meter: &str, region: &str| -> Vec<f64> {
        let found = lists
            .iter()
            .filter_map(|list| list["usd"].get(meter)?.get(region)?.as_float());
        found.collect()
    };
    assert_eq!(prices("nat-gateway-hour", "us-east-1"), [0.046], "renewed");
    assert_eq!(
        prices("nat-gateway-hour", "eu-west-1"),
        [0.048],
        "of another region"
    );
    let rule = json!({ "service": "pricing", "operation": "GetProducts", "action": "deny", "times": 1000 });
    desk.sandbox
        .control("POST", "faults", Some(json!({ "rules": [rule] })));
    let denied = desk.deploy(&["cost", "--refresh"]);
    assert_eq!(denied.code, 6, "{}", denied.err);
    assert!(denied.err.contains("pricing:GetProducts"), "{}", denied.err);
}

#[test]
fn what_aws_billed_is_asked_once_and_only_when_it_is_wanted() {
    let desk = Desk::with(SHOP);
    let absent = desk.deploy(&["cost", "--actual"]);
    assert_eq!(absent.code, 1, "{}", absent.err);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    // The file says something else meanwhile: what runs is what counts.
    desk.write(&SHOP.replace("db.t4g.micro", "db.r7g.large"));
    desk.sandbox.control("DELETE", "requests", None);
    let ended = desk.deploy(&["cost", "--actual"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    for words in [
        "db.t4g.micro, PostgreSQL",
        "Cost Explorer has nothing under the tag ajuda:stack",
        "\"Cost allocation tags\", activate ajuda:stack",
        "asking Cost Explorer cost $0.01",
    ] {
        assert!(ended.out.contains(words), "`{words}` in {}", ended.out);
    }
    let requests = desk.sandbox.control("GET", "requests", None);
    let asked = requests.as_array().unwrap().iter();
    assert_eq!(asked.filter(|one| one["service"] == "ce").count(), 1);
    let settings = json!({ "cost_tag": true });
    desk.sandbox.control("POST", "account", Some(settings));
    let ended = desk.deploy(&["cost", "--actual"]);
    // What cost nothing is left out.
    assert!(
        ended.out.contains("Amazon Elastic Container Service"),
        "{}",
        ended.out
    );
    assert!(
        !ended.out.contains("Amazon Simple Storage Service"),
        "{}",
        ended.out
    );
    assert!(
        ended.out.contains(": $59.62"),
        "41.12 + 18.50: {}",
        ended.out
    );
    let months = json_of(&desk, &["cost", "--actual"]);
    let months = months["billed"].as_array().unwrap().clone();
    assert!(!months.is_empty() && months.len() <= 2, "{months:?}");
    assert_eq!(months[0]["estimated"], false, "last month is final");
    let rule =
        json!({ "service": "ce", "operation": "GetCostAndUsage", "action": "deny", "times": 1000 });
    desk.sandbox
        .control("POST", "faults", Some(json!({ "rules": [rule] })));
    let denied = desk.deploy(&["cost", "--actual"]);
    assert_eq!(denied.code, 6, "{}", denied.err);
    assert!(
        denied.out.contains("db.t4g.micro"),
        "the estimate is there: {}",
        denied.out
    );
    assert!(denied.err.contains("ce:GetCostAndUsage"), "{}", denied.err);
    assert!(denied.err.contains("management account"), "{}", denied.err);
}
