//! The words of the command line: by place, by flag and by variable, and what is said of wrong ones.

use serde_json::Value;

use crate::binary::{Desk, run};
use crate::support::terminal::on_a_terminal;

const SMALL: &str = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\n[service.web]\nimage = \"web\"\nport = 8080\npublic = true\n";

#[test]
fn variables_stand_for_options() {
    let desk = Desk::with("[stack]\nnmae = \"wrong\"\n");
    let mut command = desk.command();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("other.toml");
    std::fs::write(&file, SMALL).unwrap();
    command
        .args(["deploy", "destroy", "--yes"])
        .env("AJUDA_FILE", &file)
        .env("AJUDA_SANDBOX", "1")
        .env("AJUDA_REGION", "eu-west-1");
    let ended = run(&mut command);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.err.contains("eu-west-1 of account"), "{}", ended.err);
    // The words come first, and "off" is off.
    let mut command = desk.command();
    command
        .args(["deploy", "plan", "--file", "deploy.toml"])
        .env("AJUDA_FILE", &file)
        .env("AJUDA_SANDBOX", "0")
        .env("AJUDA_OUTPUT", "json");
    let ended = run(&mut command);
    let said: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(said["error"], "deploy.toml is not right", "{said}");
}

#[test]
fn a_service_is_named_by_its_place() {
    let desk = Desk::with(SMALL);
    for words in [
        &["history", "wbe"][..],
        &["rollback", "wbe", "--yes"],
        &["update", "wbe", "--restart", "--yes"],
        &["exec", "wbe"],
        &["tunnel", "wbe"],
        &["run", "wbe", "--", "true"],
        &["logs", "web", "wbe"],
        // Here it follows; the file has only its long name.
        &["logs", "-f", "wbe"],
    ] {
        let mut command = desk.command();
        let command = command.arg("deploy").args(words).env("AJUDA_SANDBOX", "1");
        let ended = run(command);
        assert_eq!(ended.code, 1, "{words:?}: {}", ended.err);
        let said = "there is no service `wbe` in the file";
        assert!(ended.err.contains(said), "{words:?}: {}", ended.err);
    }
}

#[test]
fn wrong_words_are_json_where_json_is_asked_for() {
    let desk = Desk::with(SMALL);
    for words in [
        &["plan", "--output", "json", "--detailed-exitcdoe"][..],
        &["restart", "--output=json"],
    ] {
        let mut command = desk.command();
        let ended = run(command.arg("deploy").args(words));
        assert_eq!(ended.code, 1, "{}", ended.err);
        assert_eq!(ended.err, "", "all of it is in the document");
        let said: Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!(said["exit_code"], 1, "{said}");
        assert!(
            said["error"]
                .as_str()
                .unwrap()
                .contains(words[words.len() - 1])
                || words[0] == "restart"
        );
        assert!(said["hint"].is_string(), "{said}");
    }
}

#[test]
fn words_of_other_tools_lead_to_ours() {
    let desk = Desk::with(SMALL);
    for (words, ours) in [
        (
            &["deploy", "restart"][..],
            "`ajuda deploy update --restart`",
        ),
        (&["deploy", "apply"], "`ajuda deploy up`"),
        (&["deploy", "diff"], "`ajuda deploy plan`"),
        (&["deploy", "rm"], "`ajuda deploy destroy`"),
        (&["status"], "`ajuda deploy status`"),
    ] {
        let ended = run(desk.command().args(words));
        assert_eq!(ended.code, 1, "{}", ended.err);
        assert!(ended.err.contains(ours), "{words:?}: {}", ended.err);
    }
}

#[test]
fn a_value_is_shown_to_a_terminal_or_where_it_is_asked_for() {
    let text = format!("{SMALL}secrets = {{ TOKEN = {{ env = \"TOKEN\" }} }}\n");
    let desk = Desk::with(&text);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    let name = "web/TOKEN";
    let listed = desk.deploy(&["secrets", "list"]);
    assert!(listed.out.contains(name), "{}", listed.out);
    let piped = desk.deploy(&["secrets", "get", name]);
    assert_eq!(piped.code, 3, "{}", piped.err);
    assert!(piped.err.contains("--stdout"), "{}", piped.err);
    assert_eq!(piped.out, "");
    let asked = desk.deploy(&["secrets", "get", name, "--stdout"]);
    assert_eq!(asked.code, 0, "{}", asked.err);
    assert_eq!(asked.out, "a-value-for-tests");
    let mut get = desk.command();
    get.args(["deploy", "secrets", "get", name, "--sandbox"]);
    let shown = on_a_terminal(&get, &["stdin", "stdout", "stderr"], &[]);
    assert_eq!(shown.code, 0, "{}", shown.said);
    assert!(
        shown.said.ends_with("a-value-for-tests\n"),
        "{}",
        shown.said
    );
    let other = desk.deploy(&["secrets", "get", "nobody", "--stdout"]);
    assert_eq!((other.code, other.out.as_str()), (1, ""), "{}", other.err);
}
