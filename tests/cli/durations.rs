//! How long a plan takes, as the binary tells it.

use serde_json::{Value, json};

use crate::binary::Desk;
use crate::expiry::{ended, nothing_was_changed};

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

/// The addresses of a plan's chain, in order.
fn chain(plan: &Value) -> Vec<String> {
    let path = plan["duration"]["path"].as_array().unwrap().iter();
    path.map(|leg| leg["address"].as_str().unwrap().to_owned())
        .collect()
}

/// `time: about 10 min`, without its chain.
fn time_line(text: &str) -> &str {
    let line = text.lines().find(|line| line.starts_with("time: about "));
    line.unwrap().split(':').nth(1).unwrap()
}

/// Another version of Open WebUI in the file: the snapshot, the standstill and the migration come before all else, and
/// count.
#[test]
fn the_stages_of_an_upgrade_on_the_way_of_up_are_in_its_time() {
    let desk = Desk::deployed_copy("examples/sandbox.toml");
    let image = json!({ "image": "ajuda-digital:v2", "behaviour": "ok" });
    desk.sandbox.control("POST", "images", Some(image));
    let other = "\"ajuda-digital:v2\"";
    let upgraded = desk.text().replace("\"ajuda-digital\"", other);
    desk.write(&upgraded);
    let plan = planned(&desk);
    let addresses = chain(&plan);
    let chained = [
        "db-snapshot/main",
        "task-definition/open-webui",
        // All stop, one migrates the database, the others start.
        "service/open-webui",
        "service/open-webui",
        "service/open-webui",
        "task-definition/open-webui",
    ];
    assert_eq!(addresses[..chained.len()], chained);
    let rest = &addresses[chained.len()..];
    let again = |address: &String| address.ends_with("/open-webui");
    assert!(!rest.iter().any(again), "the image runs by then: {rest:?}");
    let seconds = plan["duration"]["seconds"].as_u64().unwrap();
    let legs = plan["duration"]["path"].as_array().unwrap().iter();
    let legs = legs.map(|leg| leg["seconds"].as_u64().unwrap());
    assert_eq!(seconds, legs.sum::<u64>(), "one after the other");
    // A snapshot alone takes four minutes.
    assert!(seconds > 240 + 180, "{seconds}");
    let [staged] = plan["staged"].as_array().unwrap().as_slice() else {
        panic!("one service is upgraded: {plan:#}")
    };
    assert_eq!(staged["service"], "open-webui");
    let stages = staged["stages"].as_array().unwrap().iter();
    let stages: Vec<&str> = stages.map(|one| one["do"].as_str().unwrap()).collect();
    assert_eq!(stages, ["snapshot", "register", "stop", "migrate"]);
    let text = desk.deploy(&["plan"]).out;
    assert!(text.contains("\n  db-snapshot/main (4 min) → "), "{text}");
    // Whoever reviews the plan reads that nobody can use it for a while.
    let down = "  3. the task stops: the service is down from here on";
    let (down, counts) = (text.find(down), text.find("\nplan: "));
    assert!(down.is_some() && down < counts, "{text}");

    desk.sandbox.control("DELETE", "requests", None);
    let short = ended(&desk, &["up", "--yes"], seconds);
    assert_eq!(short.code, 3, "{}{}", short.out, short.err);
    let why = "credentials: expire in ";
    assert!(short.err.contains(why), "{}", short.err);
    nothing_was_changed(&desk);
    let check = ended(&desk, &["check"], seconds);
    assert!(check.out.contains("fail     credentials"), "{}", check.out);

    // What else the file changes of the service comes after the upgrade, and takes its time.
    let both = upgraded.replace(
        "[service.open-webui]\n",
        "[service.open-webui]\nexec = true\n",
    );
    desk.write(&both);
    let both = planned(&desk);
    let addresses = chain(&both);
    assert_eq!(addresses[..chained.len()], chained);
    let rest = &addresses[chained.len()..];
    assert!(rest.contains(&"service/open-webui".to_owned()), "{rest:?}");

    desk.write(&upgraded);
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}{}", up.out, up.err);
    assert_eq!(time_line(&up.err), time_line(&text));
    assert_eq!(planned(&desk)["duration"], Value::Null);
}

/// The place of an event among the events of a run.
fn place(events: &[Value], event: &str, address: &str) -> usize {
    let is = |one: &Value| one["event"] == event && one["address"] == address;
    events.iter().position(is).unwrap()
}

/// Tasks end before what lets them out: they answer their last requests.
#[test]
fn a_stack_is_removed_in_the_order_in_which_it_can_be_used_to_the_end() {
    let desk = Desk::deployed(&workers(&["one"], "info"));
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);
    let destroy = desk.deploy(&["destroy", "--yes", "--output", "json"]);
    assert_eq!(destroy.code, 0, "{}{}", destroy.out, destroy.err);
    let events = destroy.out.lines().map(serde_json::from_str);
    let events: Vec<Value> = events.collect::<Result<_, _>>().unwrap();
    let gone = place(&events, "done", "service/one");
    for address in [
        "vpc-endpoint/s3",
        "route-table/private",
        "nat-gateway/main",
        "security-group-rule/one-to-0.0.0.0/0-tcp-443",
    ] {
        assert!(place(&events, "started", address) > gone, "{address}");
    }
}
