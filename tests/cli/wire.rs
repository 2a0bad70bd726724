//! What `plan` sends: reading calls only, few, and not deep.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::binary::Desk;
use crate::support::round_trips::{counted, depth};

/// The requests of one plan, by round trips.
fn requests_of_a_plan(desk: &Desk) -> Vec<Value> {
    let control = |method: &str, path: &str, body| desk.sandbox.control(method, path, body);
    control("DELETE", "requests", None);
    let plan = counted(&desk.sandbox, || desk.deploy(&["plan"]));
    assert_eq!(plan.code, 0, "{}", plan.err);
    let requests = control("GET", "requests", None);
    let requests = requests
        .as_array()
        .or_else(|| requests["requests"].as_array())
        .unwrap()
        .clone();
    assert!(requests.len() > 20, "the plan was recorded");
    requests
}

fn counts(requests: &[Value]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for request in requests {
        let operation = format!("{}:{}", request["service"], request["operation"]).replace('"', "");
        *counts.entry(operation).or_default() += 1;
    }
    counts
}

#[test]
fn a_plan_only_reads_at_most_three_round_trips_deep() {
    let desk = Desk::copy("stacks/production.toml");
    for stage in ["nothing is there", "all is there"] {
        let requests = requests_of_a_plan(&desk);
        for request in &requests {
            assert_eq!(request["reading"], true, "{stage}: {request}");
        }
        let deepest = depth(&requests);
        // The first round trip is the one that proves the credentials.
        assert!(
            deepest <= 4,
            "{stage}: {deepest} round trips: {requests:#?}"
        );
        let up = desk.deploy(&["up", "--yes"]);
        assert_eq!(up.code, 0, "{}", up.err);
    }
}

#[test]
fn requests_do_not_grow_with_what_is_declared() {
    let base = std::fs::read_to_string(crate::binary::repository("examples/sandbox.toml")).unwrap();
    let more_zones = format!(
        "{base}\n[network]\nzones = 3\nnat = \"per-zone\"\n[load_balancer]\nallow = [\"10.0.0.0/8\", \"192.168.0.0/16\", \"172.16.0.0/12\"]\n"
    );
    let more_secrets = format!(
        "{base}\n[provider.one]\nurl = \"https://one.example.org/v1\"\nkey = {{ env = \"ONE\" }}\n[provider.two]\nurl = \"https://two.example.org/v1\"\nkey = {{ env = \"TWO\" }}\n"
    );
    let service = |name: &str| {
        format!(
            "\n[service.{name}]\nimage = \"ghcr.io/example/{name}:1.0\"\nport = 9000\nhealth_path = \"/\"\n"
        )
    };
    let one_service = format!("{base}{}", service("worker"));
    let two_services = format!("{base}{}{}", service("worker"), service("mailer"));

    let steady = |text: &str| {
        let desk = Desk::with(text);
        let up = desk.deploy(&["up", "--yes"]);
        assert_eq!(up.code, 0, "{}", up.err);
        requests_of_a_plan(&desk)
    };
    let plain = steady(&base);
    let more = steady(&more_zones);
    assert_eq!(
        counts(&plain),
        counts(&more),
        "subnets and rules cost no request"
    );
    // Lists of secrets are minutes late: each secret is described, and nothing else grows with them.
    let mut more = counts(&steady(&more_secrets));
    let mut fewer = counts(&plain);
    let describes = |counts: &mut BTreeMap<String, usize>| {
        let count = counts.remove("secretsmanager:DescribeSecret");
        count.unwrap_or_default()
    };
    let (few, many) = (describes(&mut fewer), describes(&mut more));
    assert!(
        few < many && many <= few + 3,
        "two keys and what is joined of them: {few}, {many}"
    );
    assert_eq!(fewer, more, "secrets cost no other request");
    // Log groups, alarms and their like have no batched read of tags, and those of others cost nothing.
    let tags_apart = |requests: Vec<Value>| -> (usize, Vec<Value>) {
        let of_tags = |one: &Value| one["operation"] == "ListTagsForResource";
        let (tags, rest): (Vec<Value>, _) = requests.into_iter().partition(of_tags);
        (tags.len(), rest)
    };
    let (of_plain, plain) = tags_apart(plain);
    let (of_one, one) = tags_apart(steady(&one_service));
    let (of_two, two) = tags_apart(steady(&two_services));
    assert_eq!(of_one - of_plain, of_two - of_one, "each service its own");
    assert!(
        one.len() <= plain.len() + 1,
        "one more service: {:#?}\n{:#?}",
        counts(&plain),
        counts(&one)
    );
    assert!(
        two.len() <= plain.len() + 2,
        "two more services: {:#?}\n{:#?}",
        counts(&plain),
        counts(&two)
    );
}

#[test]
fn what_cannot_be_read_is_said_and_is_not_success() {
    let desk = Desk::deployed_copy("examples/sandbox.toml");
    let rule = json!({ "rules": [{ "service": "rds", "operation": "DescribeDBInstances", "action": "deny", "times": 1000 }] });
    desk.sandbox.control("POST", "faults", Some(rule));
    let plan = desk.deploy(&["plan", "--output", "json"]);
    assert_eq!(plan.code, 6, "{}", plan.err);
    let said: Value = serde_json::from_str(&plan.out).unwrap();
    let unread: Vec<&str> = said["unread"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["kind"].as_str())
        .collect();
    assert_eq!(unread, ["database-setup", "db-instance"], "{said:#}");
    assert_eq!(
        said["actions"],
        json!([]),
        "what stands on the unread is not guessed at"
    );
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(
        up.code, 6,
        "an up that cannot see does not begin: {}",
        up.err
    );
    assert!(up.err.contains("rds:DescribeDBInstances"), "{}", up.err);
}

#[test]
fn the_verbs_that_look_only_read_and_few_requests() {
    let desk = Desk::copy("stacks/production.toml");
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    for verb in [&["status"][..], &["outputs"], &["logs"]] {
        desk.sandbox.control("DELETE", "requests", None);
        let ended = desk.deploy(verb);
        assert_eq!(ended.code, 0, "{verb:?}: {}{}", ended.out, ended.err);
        let requests = desk.sandbox.control("GET", "requests", None);
        let requests = requests.as_array().unwrap();
        assert!(requests.len() > 2, "{verb:?} was recorded");
        for request in requests {
            assert_eq!(request["reading"], true, "{verb:?}: {request}");
        }
        let counts = counts(requests);
        if verb == ["status"] {
            for (operation, count) in [
                ("ecs:DescribeServices", 1),
                ("ecs:ListTasks", 2),
                // Those that run, and the set-up task that ended.
                ("ecs:DescribeTasks", 2),
                ("elasticloadbalancing:DescribeTargetHealth", 1),
                ("ecs:ListServiceDeployments", 2),
            ] {
                assert_eq!(
                    counts.get(operation),
                    Some(&count),
                    "{operation} in {counts:#?}"
                );
            }
        }
    }
}
