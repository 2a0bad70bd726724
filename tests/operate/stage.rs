//! A stack that is up, and ways to look at it from outside.

use serde_json::{Value, json};

use crate::binary::{Desk, Ended, begin};
use crate::support::held::{is_held, release, until};

/// One web app of a repository of ours: no database, so it rolls.
pub const WEB: &str = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\ndisposable = true\n[service.web]\nimage = \"web\"\nport = 8080\npublic = true\n";

/// The stack of `WEB`, up.
pub fn web() -> Desk {
    Desk::deployed(WEB)
}

/// A desk whose stack is brought up, where it needs a clock or a lag of its own.
pub fn brought_up(desk: Desk) -> Desk {
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    desk
}

/// Adds an image to the sandbox.
pub fn push(desk: &Desk, image: &str, behaviour: &str) {
    let said = json!({ "image": image, "behaviour": behaviour });
    desk.sandbox.control("POST", "images", Some(said));
}

/// Every request since the last `forget`.
pub fn requests(desk: &Desk) -> Vec<Value> {
    let requests = desk.sandbox.control("GET", "requests", None);
    requests.as_array().unwrap().clone()
}

/// Forgets the requests so far.
pub fn forget(desk: &Desk) {
    desk.sandbox.control("DELETE", "requests", None);
}

/// The names of the calls that changed something, the lease's aside.
pub fn changes(desk: &Desk) -> Vec<String> {
    let all = requests(desk);
    let changing = all.iter().filter(|request| request["reading"] == false);
    let of_us = changing.filter(|request| request["service"] != "logs");
    of_us
        .map(|request| request["operation"].as_str().unwrap().to_owned())
        .collect()
}

/// The ECS service of that name.
pub fn service(desk: &Desk, name: &str) -> Value {
    let all = desk.sandbox.ecs()["services"].clone();
    let all = all.as_object().unwrap();
    let found = all.iter().find(|(arn, _)| arn.ends_with(name));
    found.unwrap().1.clone()
}

/// The revision that a service is to run.
pub fn definition(desk: &Desk, name: &str) -> Value {
    let arn = service(desk, name)["taskDefinition"].clone();
    desk.sandbox.ecs()["task-definitions"][arn.as_str().unwrap()].clone()
}

/// The image of that.
pub fn image(desk: &Desk, name: &str) -> String {
    let definition = definition(desk, name);
    let image = &definition["containerDefinitions"][0]["image"];
    image.as_str().unwrap().to_owned()
}

/// Asserts that nothing is to be done.
pub fn settled(desk: &Desk) {
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);
}

/// Asserts how it ended and what was said.
pub fn said(ended: &Ended, code: i32, words: &[&str]) {
    assert_eq!(ended.code, code, "{}{}", ended.out, ended.err);
    for words in words {
        assert!(ended.err.contains(words), "`{words}` in {}", ended.err);
    }
}

/// Puts rules in force.
pub fn faults(desk: &Desk, rules: Value) {
    desk.sandbox
        .control("POST", "faults", Some(json!({ "rules": rules })));
}

/// Runs a command and kills it when a rule with a `hold` action has caught a call, then lets the
/// call go and waits until it was carried out. `false` when the command ended before.
pub fn killed_at(desk: &Desk, mut rule: Value, words: &[&str]) -> bool {
    // However late the kill comes: the SDK's next attempts are held as well.
    rule["times"] = 1_000.into();
    faults(desk, json!([rule]));
    let mut child = begin(desk, words);
    let mut caught = false;
    until("its end", || {
        let ended = child.try_wait().unwrap().is_some();
        caught = is_held(&desk.sandbox);
        caught || ended
    });
    child.kill().unwrap();
    child.wait().unwrap();
    release(&desk.sandbox);
    caught
}
