//! Another image, environment, number of tasks; the same anew; what history makes of it.

use serde_json::Value;

use crate::binary::{Desk, run};
use crate::stage::{
    WEB, brought_up, changes, definition, forget, image, push, said, service, settled, web,
};

#[test]
fn another_image_runs_by_its_digest_and_nothing_else_differs() {
    let desk = web();
    let before = definition(&desk, "web");
    push(&desk, "web:v2", "ok");
    forget(&desk);
    let update = desk.deploy(&["update", "--image", "v2", "--yes"]);
    said(
        &update,
        0,
        &["revision 1 → a new one", "changed   service/web"],
    );
    assert_eq!(
        changes(&desk),
        ["PutImage", "RegisterTaskDefinition", "UpdateService"]
    );

    let after = definition(&desk, "web");
    let digest = image(&desk, "web");
    assert!(digest.contains("/web@sha256:"), "{digest}");
    let tags: String = after["tags"].to_string();
    for tag in ["ajuda:image-tag", "ajuda:stack", "ajuda:by"] {
        assert!(tags.contains(tag), "{tag} in {tags}");
    }
    let without = |definition: &Value| {
        let mut said = definition.clone();
        for key in ["taskDefinitionArn", "revision", "registeredAt", "tags"] {
            said[key] = Value::Null;
        }
        said["containerDefinitions"][0]["image"] = Value::Null;
        said
    };
    assert_eq!(without(&before), without(&after));
    settled(&desk);

    let again = desk.deploy(&["update", "--image", "v2", "--yes"]);
    said(&again, 0, &["nothing to do"]);
    settled(&desk);
}

/// What the file says otherwise is for `up`: an update lays what was asked for over what runs.
#[test]
fn an_update_leaves_to_up_what_else_the_file_says() {
    let desk = web();
    push(&desk, "web:v2", "ok");
    desk.write(&format!(
        "{WEB}environment = {{ A = \"b\" }}\ncpu = 512\nmemory = 1024\n"
    ));
    let update = desk.deploy(&["update", "--image", "v2", "--count", "2", "--yes"]);
    said(&update, 0, &["count  1 → 2"]);
    let after = definition(&desk, "web");
    assert_eq!(after["cpu"], "256");
    let environment = after["containerDefinitions"][0]["environment"].to_string();
    assert!(!environment.contains("\"A\""), "{environment}");
    let plan = desk.deploy(&["plan"]);
    assert!(plan.out.contains("environment.A"), "{}", plan.out);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    assert!(image(&desk, "web").contains('@'), "up keeps the image");
    assert_eq!(service(&desk, "web")["runningCount"], 2);
    settled(&desk);
}

/// A service that the file has renamed keeps the name that ECS has of it, and only its tags tell which that is.
#[test]
fn a_renamed_service_is_found_under_the_name_it_kept() {
    let desk = web();
    let renamed = WEB.replace("[service.web]", "[service.front]");
    desk.write(&format!(
        "{renamed}\n[moved]\n\"service/web\" = \"service/front\"\n"
    ));
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    push(&desk, "web:v2", "ok");
    let update = desk.deploy(&["update", "--service", "front", "--image", "v2", "--yes"]);
    said(&update, 0, &["changed   service/front"]);
    let back = desk.deploy(&["rollback", "--service", "front", "--yes"]);
    said(&back, 0, &["changed   service/front"]);
    let history = desk.deploy(&["history", "--service", "front"]);
    assert!(history.out.contains('▸'), "{}", history.out);
}

#[test]
fn history_tells_when_who_what_and_how_it_ended() {
    let desk = web();
    push(&desk, "web:v2", "ok");
    push(&desk, "web:v3", "crash");
    assert_eq!(desk.deploy(&["update", "--image", "v2", "--yes"]).code, 0);
    assert_eq!(desk.deploy(&["update", "--image", "v3", "--yes"]).code, 5);
    forget(&desk);
    let history = desk.deploy(&["history", "--output", "json"]);
    assert_eq!(history.code, 0, "{}", history.err);
    assert_eq!(changes(&desk), [""; 0], "history only reads");
    let read: Value = serde_json::from_str(&history.out).unwrap();
    assert_eq!(read["format_version"], 4);
    let all = read["deployments"].as_array().unwrap();
    let column = |key: &str| -> Vec<Value> { all.iter().map(|one| one[key].clone()).collect() };
    assert_eq!(column("revision"), [3, 2, 1]);
    assert_eq!(column("tag"), ["v3", "v2", "v1"]);
    assert_eq!(
        column("outcome"),
        ["rollback successful", "successful", "successful"]
    );
    assert_eq!(column("current"), [false, true, false]);
    for one in all {
        assert_eq!(one["by"], "sandbox");
        assert!(one["digest"].as_str().unwrap().starts_with("sha256:"));
        assert!(one["started"].as_str().unwrap().starts_with("20"));
    }
    let shown = desk.deploy(&["history"]);
    assert!(shown.out.contains("▸ 2"), "{}", shown.out);
    assert!(shown.out.contains("rollback successful"), "{}", shown.out);
}

#[test]
fn going_back_runs_what_ran_well_before() {
    let desk = web();
    let first = image(&desk, "web");
    push(&desk, "web:v2", "ok");
    assert_eq!(desk.deploy(&["update", "--image", "v2", "--yes"]).code, 0);
    let back = desk.deploy(&["rollback", "--yes"]);
    said(&back, 0, &["revision 2 → 1"]);
    assert_eq!(image(&desk, "web"), first);
    settled(&desk);
    let forth = desk.deploy(&["rollback", "--to", "2", "--yes"]);
    said(&forth, 0, &["revision 1 → 2"]);
    assert!(image(&desk, "web").contains('@'));
    said(
        &desk.deploy(&["rollback", "--to", "9", "--yes"]),
        1,
        &["no revision 9"],
    );
    let here = desk.deploy(&["rollback", "--to", "2", "--yes"]);
    said(&here, 0, &["nothing to do"]);
}

#[test]
fn a_variable_is_set_until_the_next_up() {
    let desk = web();
    let update = desk.deploy(&["update", "--env", "LEVEL=debug", "--yes"]);
    said(
        &update,
        0,
        &[
            "environment.LEVEL",
            "the next `ajuda deploy up --sandbox` takes LEVEL away again",
        ],
    );
    let secret = desk.deploy(&["update", "--env", "A_TOKEN=x", "--yes"]);
    said(
        &secret,
        3,
        &["A_TOKEN sounds like a secret", "[service.web.secrets]"],
    );
    let environment =
        definition(&desk, "web")["containerDefinitions"][0]["environment"].to_string();
    assert!(environment.contains("\"LEVEL\""), "{environment}");
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 2, "{}", plan.out);
    desk.write(&format!(
        "{}[service.web.environment]\nLEVEL = \"debug\"\n",
        desk.text()
    ));
    settled(&desk);
}

#[test]
fn a_restart_is_a_new_deployment_of_the_same() {
    let desk = web();
    let before = service(&desk, "web");
    forget(&desk);
    let update = desk.deploy(&["update", "--restart", "--yes"]);
    said(&update, 0, &["changed   service/web"]);
    assert_eq!(changes(&desk), ["UpdateService"]);
    let after = service(&desk, "web");
    assert_eq!(before["taskDefinition"], after["taskDefinition"]);
    assert_ne!(
        before["deployments"][0]["id"],
        after["deployments"][0]["id"]
    );
    settled(&desk);
}

/// A value that was changed since the tasks started: the new revision says which one they have read.
#[test]
fn a_restart_reads_secrets_anew_and_plan_knows_it() {
    let text = format!("{WEB}secrets = {{ KEY = {{ env = \"KEY\" }} }}\n");
    let desk = Desk::deployed(&text);
    settled(&desk);
    let mut set = desk.command();
    set.env("OTHER", "another-value")
        .args(["deploy", "secrets"]);
    set.args(["set", "web/KEY", "--env", "OTHER", "--yes", "--sandbox"]);
    let set = run(&mut set);
    assert_eq!(set.code, 0, "{}", set.err);
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 2, "{}", plan.out);
    forget(&desk);
    let update = desk.deploy(&["update", "--restart", "--yes"]);
    said(&update, 0, &["restart: secret web/KEY changed"]);
    assert_eq!(changes(&desk), ["RegisterTaskDefinition", "UpdateService"]);
    settled(&desk);
}

/// What the file leaves to what runs stays when something else changes, and so does its tag.
#[test]
fn another_change_of_the_file_keeps_the_image() {
    let desk = web();
    push(&desk, "web:v2", "ok");
    assert_eq!(desk.deploy(&["update", "--image", "v2", "--yes"]).code, 0);
    let chosen = image(&desk, "web");
    push(&desk, "web:v3", "ok");
    desk.write(&format!("{WEB}environment = {{ A = \"b\" }}\n"));
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    assert_eq!(image(&desk, "web"), chosen);
    let status = desk.deploy(&["status"]);
    assert!(status.out.contains("  v2\n"), "{}", status.out);
    settled(&desk);
    desk.write(&format!("{WEB}environment = {{ A = \"b\" }}\n").replace("\"web\"", "\"web:v2\""));
    settled(&desk);
}

/// A secret that is made of others follows them in `up` alone.
#[test]
fn a_restart_is_refused_while_a_secret_has_not_followed() {
    let desk = Desk::deployed_copy("examples/sandbox.toml");
    let mut set = desk.command();
    set.env("OTHER", "another-gateway-key")
        .args(["deploy", "secrets"]);
    set.args(["set", "gateway-key", "--env", "OTHER", "--yes", "--sandbox"]);
    let set = run(&mut set);
    assert_eq!(set.code, 0, "{}", set.err);
    let update = desk.deploy(&["update", "--restart", "--yes"]);
    said(
        &update,
        3,
        &[
            "has not followed what it is made of",
            "`ajuda deploy up --sandbox` renews it",
        ],
    );
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    settled(&desk);
}

#[test]
fn the_number_of_tasks_is_whose_who_scales() {
    let desk = web();
    let scale = desk.deploy(&["scale", "web=3", "--yes"]);
    said(&scale, 0, &["the number of tasks goes from 1 to 3"]);
    assert_eq!(service(&desk, "web")["runningCount"], 3);
    settled(&desk);
    push(&desk, "web:v2", "ok");
    let update = desk.deploy(&["update", "--image", "v2", "--count", "2", "--yes"]);
    said(&update, 0, &["count  3 → 2"]);
    assert_eq!(service(&desk, "web")["runningCount"], 2);
    settled(&desk);
    assert_eq!(
        desk.deploy(&["scale", "--service", "web", "--count", "2", "--yes"])
            .code,
        0
    );
}

#[test]
fn not_waiting_leaves_it_to_ecs() {
    let desk = web();
    push(&desk, "web:v2", "slow");
    let update = desk.deploy(&["update", "--image", "v2", "--no-wait", "--yes"]);
    said(&update, 0, &[]);
    assert!(image(&desk, "web").contains('@'));
}

#[test]
fn results_are_json_lines() {
    let desk = web();
    push(&desk, "web:v2", "ok");
    let words = ["update", "--image", "v2", "--yes", "--output", "json"];
    let update = desk.deploy(&words);
    assert_eq!(update.code, 0, "{}", update.err);
    let lines: Vec<Value> = update
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (first, last) = (&lines[0], lines.last().unwrap());
    assert_eq!(
        (&first["event"], &first["format_version"]),
        (&"plan".into(), &4.into())
    );
    let [staged] = first["staged"].as_array().unwrap().as_slice() else {
        panic!("one service is changed: {first:#}")
    };
    assert_eq!(staged["service"], "web");
    let fields = staged["changes"].as_array().unwrap();
    let fields: Vec<&str> = fields
        .iter()
        .filter_map(|one| one["path"].as_str())
        .collect();
    assert_eq!(fields, ["tag", "image"], "what people know comes first");
    assert_eq!(staged["stages"][0]["do"], "register");
    assert_eq!(
        (&last["event"], &last["exit_code"]),
        (&"report".into(), &0.into())
    );
}

#[test]
fn what_waits_for_its_image_runs_with_the_first_update() {
    let desk = Desk::with(WEB);
    assert_eq!(desk.deploy(&["plan"]).code, 0);
    push(&desk, "web:v1", "missing");
    let desk = brought_up(desk);
    assert_eq!(service(&desk, "web")["desiredCount"], 0);
    push(&desk, "web:v2", "ok");
    let update = desk.deploy(&["update", "--image", "v2", "--yes"]);
    said(&update, 0, &[]);
    assert_eq!(service(&desk, "web")["runningCount"], 1);
    settled(&desk);
}
