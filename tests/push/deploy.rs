//! An image that is pushed and run by one command.

use serde_json::{Value, json};

use crate::binary::{Desk, Ended, run};
use crate::image::Image;
use crate::registry::Registry;

/// A stack that runs, and a registry with another image of its app.
struct Scene {
    desk: Desk,
    source: Registry,
    image: Image,
}

impl Scene {
    fn new(up: bool) -> Self {
        let scene = Self {
            desk: Desk::copy("stacks/production.toml"),
            source: Registry::open(),
            image: Image::new(41, "amd64", &[200_000]),
        };
        scene.image.put(&scene.source, "app", "v2");
        let verb: &[&str] = if up { &["up", "--yes"] } else { &["plan"] };
        assert_eq!(scene.desk.deploy(verb).code, 0);
        scene.desk.sandbox.control("DELETE", "requests", None);
        scene
    }

    fn push(&self, words: &[&str]) -> Ended {
        let from = format!("{}/app:v2", self.source.host);
        run(self
            .desk
            .command()
            .args(["deploy", "push", "--sandbox", "--from", &from])
            .args(words))
    }

    /// The calls that changed something, the lease's aside.
    fn changes(&self) -> Vec<String> {
        let all = self.desk.sandbox.control("GET", "requests", None);
        let all = all.as_array().unwrap().iter();
        all.filter(|call| call["reading"] == false && call["service"] != "logs")
            .map(|call| call["operation"].as_str().unwrap().to_owned())
            .collect()
    }

    fn runs(&self) -> String {
        let ecs = self.desk.sandbox.ecs();
        let services = ecs["services"].as_object().unwrap();
        let app = services
            .iter()
            .find(|(arn, _)| arn.ends_with("/open-webui-open-webui"));
        let task = app.unwrap().1["taskDefinition"].as_str().unwrap();
        let image = &ecs["task-definitions"][task]["containerDefinitions"][0]["image"];
        image.as_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_command_copies_pushes_and_runs_it_by_its_digest() {
    let scene = Scene::new(true);
    let ended = scene.push(&["--deploy", "--yes", "--output", "json"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    let lines: Vec<Value> = ended
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let events: Vec<&str> = lines
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    assert_eq!(events[..2], ["pushed", "plan"], "{events:?}");
    assert_eq!(*events.last().unwrap(), "report", "{events:?}");
    assert_eq!(lines[0]["digest"], scene.image.digest());
    assert_eq!(lines.last().unwrap()["exit_code"], 0);
    assert!(
        scene
            .runs()
            .ends_with(&format!("@{}", scene.image.digest())),
        "{}",
        scene.runs()
    );
    let calls = scene.changes();
    let at = |name: &str| calls.iter().position(|call| call == name).unwrap();
    assert!(at("CreateDBSnapshot") < at("UpdateService"), "{calls:?}");
    let plan = scene.desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);

    // A pipeline that runs twice.
    let again = scene.push(&["--deploy", "--yes"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.out.contains("nothing: it was there"), "{}", again.out);
    assert!(!again.err.contains("next:"), "{}", again.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_run_is_not_pushed() {
    let scene = Scene::new(true);
    for (words, code, says) in [
        (&["--deploy"][..], 3, "no terminal to confirm on"),
        (&["--yes"], 1, "--deploy"),
        (&["--timeout", "5m"], 1, "--deploy"),
        (&["--no-snapshot"], 1, "--deploy"),
    ] {
        let ended = scene.push(words);
        assert_eq!(ended.code, code, "{words:?}: {}", ended.err);
        assert!(ended.err.contains(says), "{words:?}: {}", ended.err);
    }
    let rule = json!({ "operation": "CreateDBSnapshot", "action": "deny", "times": 9 });
    assert_eq!(scene.changes(), [""; 0]);
    scene
        .desk
        .sandbox
        .control("POST", "faults", Some(json!({ "rules": [rule] })));
    let denied = scene.push(&["--deploy", "--yes"]);
    assert_ne!(denied.code, 0);
    assert!(
        denied
            .err
            .contains("update --sandbox --service open-webui --image v2"),
        "it is there, and the command that goes on is told: {}",
        denied.err
    );

    let none = Scene::new(false);
    let ended = none.push(&["--deploy", "--yes"]);
    assert_eq!(ended.code, 1, "{}", ended.err);
    assert!(ended.err.contains("up --sandbox"), "{}", ended.err);
    assert_eq!(none.changes(), [""; 0]);
}
