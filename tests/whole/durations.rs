//! How long a plan takes, as the binary tells it.

use serde_json::{Value, json};

use crate::binary::Desk;

/// Services that stand behind no load balancer, each with a variable of this value.
fn workers(names: &[&str], level: &str) -> String {
    let mut file =
        "[stack]\nname = \"shop\"\nregion = \"us-east-1\"\ndisposable = true\n".to_owned();
    for name in names {
        file.push_str(&format!(
            "[service.{name}]\nimage = \"{name}:v1\"\nport = 8080\nenvironment = {{ LEVEL = \"{level}\" }}\n"
        ));
    }
    file
}

fn planned(desk: &Desk) -> Value {
    desk.sandbox.control("DELETE", "requests", None);
    let ended = desk.deploy(&["plan", "--output", "json"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    serde_json::from_str(&ended.out).unwrap()
}

/// How often ECS was asked for rollouts.
fn asked(desk: &Desk) -> usize {
    let requests = desk.sandbox.control("GET", "requests", None);
    let requests = requests.as_array().unwrap().iter();
    requests
        .filter(|one| one["operation"] == "ListServiceDeployments")
        .count()
}

/// A new stack asks nothing of the past; a small change asks for what is rolled out, of three services at most.
#[test]
fn a_plan_says_how_long_it_takes_and_asks_little_for_it() {
    let names = ["one", "two", "three", "four"];
    let desk = Desk::with(&workers(&names, "info"));
    for name in names {
        let pushed = json!({ "image": format!("{name}:v1"), "behaviour": "ok" });
        desk.sandbox.control("POST", "images", Some(pushed));
    }
    let new = planned(&desk);
    let path = new["duration"]["path"].as_array().unwrap();
    let addresses: Vec<&str> = path
        .iter()
        .map(|leg| leg["address"].as_str().unwrap())
        .collect();
    assert!(addresses.contains(&"vpc/main"), "{addresses:?}");
    let legs = path.iter().map(|leg| leg["seconds"].as_u64().unwrap());
    assert_eq!(
        new["duration"]["seconds"],
        legs.sum::<u64>(),
        "one after the other"
    );
    assert_eq!(asked(&desk), 0);
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}{}", up.out, up.err);
    assert!(up.err.contains("\ntime: about "), "{}", up.err);

    let same = planned(&desk);
    assert_eq!((&same["duration"], asked(&desk)), (&Value::Null, 0));
    desk.write(&workers(&names, "debug"));
    let small = planned(&desk);
    let small = small["duration"]["seconds"].as_u64().unwrap();
    assert!(
        small < new["duration"]["seconds"].as_u64().unwrap(),
        "{small}"
    );
    assert_eq!(asked(&desk), 3);
    let text = desk.deploy(&["plan"]).out;
    let line = text
        .lines()
        .find(|line| line.starts_with("time: "))
        .unwrap();
    assert!(line.contains("service/"), "{line}");
}
