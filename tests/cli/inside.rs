//! `exec` and `tunnel`, with a stand-in for AWS's session manager plugin that writes down how it was
//! called.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::binary::{Desk, Ended, run};
use crate::one_off::{TINY, up};
use crate::support::plugin::{plugin, versioned};

fn with_exec() -> String {
    format!("{TINY}exec = true\n")
}

fn with_database() -> String {
    format!(
        "{}[database]\ninstance_class = \"db.t4g.medium\"\n",
        with_exec()
    )
}

fn verb(desk: &Desk, words: &[&str]) -> Command {
    let mut command = desk.command();
    command.arg("deploy").args(words);
    command
}

/// Runs a verb with the stand-in; gives what it was called with, and at last its variable.
pub fn with_plugin(desk: &Desk, version: &str, words: &[&str], exit: &str) -> (Ended, Vec<String>) {
    let act = format!(
        "cd \"${{0%/*}}\"\nfor word in \"$@\"; do printf '%s\\n' \"$word\"; done >call\nprintf '%s\\n' \"$AWS_SSM_START_SESSION_RESPONSE\" >>call\nexit {exit}"
    );
    let plugin = versioned(version, &act);
    let mut command = verb(desk, words);
    let ended = run(command.env("PATH", plugin.path()));
    (ended, lines(&plugin.file("call")))
}

fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn operations(desk: &Desk) -> Vec<String> {
    let requests = desk.sandbox.control("GET", "requests", None);
    let requests = requests.as_array().unwrap().clone();
    requests
        .iter()
        .map(|one| {
            format!(
                "{}:{}",
                one["service"].as_str().unwrap(),
                one["operation"].as_str().unwrap()
            )
        })
        .collect()
}

#[test]
fn exec_hands_the_plugin_what_the_aws_cli_would() {
    let desk = up(&with_exec());
    let words = ["exec", "--sandbox", "--", "sh", "-c", "echo it"];
    let (ended, call) = with_plugin(&desk, "1.2.707.0", &words, "0");
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(
        ended.err.contains("in container web of task"),
        "{}",
        ended.err
    );
    let [
        response,
        region,
        operation,
        profile,
        request,
        endpoint,
        variable,
    ] = call.as_slice()
    else {
        panic!("{call:?}");
    };
    assert_eq!(
        response, "AWS_SSM_START_SESSION_RESPONSE",
        "the token is in no argument list"
    );
    assert_eq!(
        (region.as_str(), operation.as_str(), profile.as_str()),
        ("us-east-1", "StartSession", "")
    );
    assert_eq!(*endpoint, desk.sandbox.url);
    let request: Value = serde_json::from_str(request).unwrap();
    let target = request["Target"].as_str().unwrap();
    assert!(target.starts_with("ecs:tiny-cluster_"), "{target}");
    assert_eq!(target.split('_').count(), 3, "{target}");
    let session: Value = serde_json::from_str(variable).unwrap();
    for field in ["SessionId", "StreamUrl", "TokenValue"] {
        assert!(
            session[field].as_str().is_some_and(|text| !text.is_empty()),
            "{session:#}"
        );
    }
    assert!(operations(&desk).contains(&"ecs:ExecuteCommand".to_owned()));
}

/// The commands of docs/operations.md that need the plugin or a value, on the file that the README begins with.
#[test]
fn the_file_for_production_is_looked_into_and_its_keys_are_set() {
    let desk = Desk::copy("stacks/production.toml");
    let app = "[service.open-webui]\n";
    assert!(desk.text().contains(app));
    desk.write(&desk.text().replace(app, &format!("{app}exec = true\n")));
    let first = desk.deploy(&["up", "--yes"]);
    assert_eq!(first.code, 0, "{}", first.err);
    for words in [
        &["exec", "--sandbox"][..],
        &[
            "exec",
            "--sandbox",
            "--service",
            "open-webui",
            "--",
            "ls",
            "-l",
            "/app/backend/data",
        ],
        &["tunnel", "--sandbox", "--port", "15432"],
    ] {
        let (ended, call) = with_plugin(&desk, "1.2.707.0", words, "0");
        assert_eq!(ended.code, 0, "{words:?}: {}", ended.err);
        assert!(
            call.iter().any(|word| word == "StartSession"),
            "{words:?}: {call:?}"
        );
    }

    let secret = |desk: &Desk| {
        let all = desk.sandbox.inventory()["secretsmanager"]["secrets"].clone();
        let all = all.as_object().unwrap().clone();
        let (_, found) = all
            .into_iter()
            .find(|(name, _)| name.contains("provider-sealion"))
            .unwrap();
        found
    };
    let before = secret(&desk);
    let mut set = verb(
        &desk,
        &[
            "secrets",
            "set",
            "provider-sealion",
            "--env",
            "NEW_KEY",
            "--sandbox",
        ],
    );
    let ended = run(set.env("NEW_KEY", "another-value"));
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_ne!(secret(&desk), before);
    let plan = desk.deploy(&["plan"]);
    assert!(plan.out.contains("restart: secret"), "{}", plan.out);
}

#[test]
fn an_old_plugin_gets_the_session_as_its_first_word_and_its_exit_code_is_ours() {
    let desk = up(&with_exec());
    let (ended, call) = with_plugin(&desk, "1.2.497.0", &["exec", "--sandbox"], "7");
    assert_eq!(ended.code, 7, "{}", ended.err);
    let session: Value = serde_json::from_str(&call[0]).unwrap();
    assert!(session["TokenValue"].is_string(), "{session:#}");
}

#[test]
fn exec_without_the_plugin_says_how_to_get_it_and_opens_no_session() {
    let desk = up(&with_exec());
    for words in [&["exec", "--sandbox"][..], &["tunnel", "--sandbox"]] {
        let desk = if words[0] == "tunnel" {
            &up(&with_database())
        } else {
            &desk
        };
        let mut command = verb(desk, words);
        let ended = run(command.env("PATH", "/nowhere"));
        assert_eq!(ended.code, 1, "{}", ended.err);
        assert!(
            ended.err.contains("session-manager-plugin"),
            "{}",
            ended.err
        );
        assert!(ended.err.contains("install-plugin.html"), "{}", ended.err);
        let sent = operations(desk);
        assert!(!sent.contains(&"ecs:ExecuteCommand".to_owned()), "{sent:?}");
        assert!(!sent.contains(&"ssm:StartSession".to_owned()), "{sent:?}");
    }
}

#[test]
fn exec_that_is_off_names_the_line_of_the_file() {
    let desk = up(TINY);
    let (ended, call) = with_plugin(&desk, "1.2.707.0", &["exec", "--sandbox"], "0");
    assert_eq!((ended.code, call.len()), (1, 0), "{}", ended.err);
    assert!(
        ended.err.contains("exec is off for the service web"),
        "{}",
        ended.err
    );
    assert!(
        ended.err.contains("`exec = true` under [service.web]"),
        "{}",
        ended.err
    );
    desk.write(&with_exec());
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    let (ended, call) = with_plugin(&desk, "1.2.707.0", &["exec", "--sandbox"], "0");
    assert_eq!(
        (ended.code, call.len()),
        (0, 7),
        "the line helps: {}",
        ended.err
    );
}

#[test]
fn what_is_not_there_is_said() {
    let desk = Desk::with(&with_exec());
    let (absent, _) = with_plugin(&desk, "1.2.707.0", &["exec", "--sandbox"], "0");
    assert_eq!(absent.code, 1);
    assert!(
        absent.err.contains("the service web is not there"),
        "{}",
        absent.err
    );
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    let (unknown, _) = with_plugin(
        &desk,
        "1.2.707.0",
        &["exec", "--sandbox", "--task", "ffff0000ffff"],
        "0",
    );
    assert!(
        unknown.err.contains("has no running task ffff0000ffff"),
        "{}",
        unknown.err
    );
    let (unknown, _) = with_plugin(
        &desk,
        "1.2.707.0",
        &["exec", "--sandbox", "--service", "api"],
        "0",
    );
    assert!(unknown.err.contains("no service `api`"), "{}", unknown.err);
    let (tunnel, _) = with_plugin(&desk, "1.2.707.0", &["tunnel", "--sandbox"], "0");
    assert_eq!(tunnel.code, 1);
    assert!(
        tunnel.err.contains("the file has no database"),
        "{}",
        tunnel.err
    );
    desk.write(&format!("{}count = 0\n", with_exec()));
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    let (none, _) = with_plugin(&desk, "1.2.707.0", &["exec", "--sandbox"], "0");
    assert!(
        none.err.contains("no task of the service web runs"),
        "{}",
        none.err
    );
}

#[test]
fn a_tunnel_leads_to_the_database_and_shows_no_password() {
    let desk = up(&with_database());
    let words = ["tunnel", "--sandbox", "--port", "15499"];
    let (ended, call) = with_plugin(&desk, "1.2.707.0", &words, "0");
    assert_eq!(ended.code, 0, "{}", ended.err);
    let request: Value = serde_json::from_str(&call[4]).unwrap();
    assert_eq!(
        request["DocumentName"],
        "AWS-StartPortForwardingSessionToRemoteHost"
    );
    assert!(
        request["Target"]
            .as_str()
            .unwrap()
            .starts_with("ecs:tiny-cluster_")
    );
    assert_eq!(request["Parameters"]["localPortNumber"], json!(["15499"]));
    assert_eq!(request["Parameters"]["portNumber"], json!(["5432"]));
    let host = request["Parameters"]["host"][0].as_str().unwrap();
    assert!(
        host.starts_with("tiny.") && host.contains("rds.amazonaws.com"),
        "{host}"
    );
    assert!(operations(&desk).contains(&"ssm:StartSession".to_owned()));

    assert!(
        ended
            .err
            .contains("psql 'host=127.0.0.1 port=15499 dbname="),
        "{}",
        ended.err
    );
    let name = ended
        .err
        .split("--secret-id ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let value = runtime.block_on(async {
        let cloud = desk.sandbox.cloud("tiny").await;
        let answer = cloud
            .secrets
            .get_secret_value()
            .secret_id(name)
            .send()
            .await
            .unwrap();
        answer.secret_string.unwrap()
    });
    let secret: Value = serde_json::from_str(&value).unwrap();
    let password = secret["password"].as_str().unwrap();
    assert!(
        !ended.err.contains(password),
        "the password is named, not shown"
    );

    let (json, _) = with_plugin(
        &desk,
        "1.2.707.0",
        &["tunnel", "--sandbox", "--output", "json"],
        "0",
    );
    let said: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (&said["port"], &said["host"]),
        (&json!(5432), &json!("127.0.0.1")),
        "{said:#}"
    );
}

#[test]
fn a_port_that_is_taken_is_said_before_a_session_is_opened() {
    let desk = up(&with_database());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (ended, _) = with_plugin(
        &desk,
        "1.2.707.0",
        &["tunnel", "--sandbox", "--port", &port],
        "0",
    );
    assert_eq!(ended.code, 1, "{}", ended.err);
    assert!(
        ended
            .err
            .contains(&format!("port {port} of this machine cannot be used")),
        "{}",
        ended.err
    );
    assert!(!operations(&desk).contains(&"ssm:StartSession".to_owned()));
}

/// What the plugin is given of the operator's environment: no credential, and in the sandbox nothing
/// that leads out of it.
#[test]
fn the_plugin_gets_the_sandbox_and_no_secret() {
    let desk = up(&with_database());
    let secrets = [
        ("AWS_SECRET_ACCESS_KEY", "operators-secret"),
        ("AWS_SESSION_TOKEN", "operators-token"),
        ("AWS_PROFILE", "operators-profile"),
        ("GITHUB_TOKEN", "operators-github"),
        ("OPENAI_API_KEY", "operators-openai"),
        ("PGPASSWORD", "operators-password"),
    ];
    for words in [
        &["exec", "--sandbox", "--profile", "operators-profile"][..],
        &[
            "tunnel",
            "--sandbox",
            "--port",
            "15498",
            "--profile",
            "operators-profile",
        ],
    ] {
        let plugin = plugin(
            "cd \"${0%/*}\"\nenv >env\nfor word in \"$@\"; do printf '%s\\n' \"$word\"; done >call",
        );
        let mut command = verb(&desk, words);
        command.env("PATH", plugin.path()).envs(secrets);
        let ended = run(&mut command);
        assert_eq!(ended.code, 0, "{}", ended.err);
        let env = std::fs::read_to_string(plugin.file("env")).unwrap();
        assert!(!env.contains("operators-"), "{env}");
        let url = format!("AWS_ENDPOINT_URL={}", desk.sandbox.url);
        for line in [
            url.as_str(),
            "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
            "AWS_CONFIG_FILE=/dev/null",
            "AWS_EC2_METADATA_DISABLED=true",
        ] {
            assert!(env.lines().any(|said| said == line), "`{line}` in {env}");
        }
        let call = lines(&plugin.file("call"));
        assert_eq!(
            (call[3].as_str(), &call[5]),
            ("", &desk.sandbox.url),
            "{call:?}"
        );
    }
    // Against AWS it finds the profile, and nothing else of it.
    let plugin = plugin("cd \"${0%/*}\"\nenv >env");
    let mut command = verb(&desk, &["exec"]);
    command
        .env("AWS_ENDPOINT_URL", &desk.sandbox.url)
        .env("AWS_ACCESS_KEY_ID", "operators-key")
        .env("PATH", plugin.path())
        .envs(
            secrets
                .into_iter()
                .filter(|(name, _)| *name != "AWS_PROFILE"),
        );
    let ended = run(&mut command);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let env = std::fs::read_to_string(plugin.file("env")).unwrap();
    assert!(!env.contains("operators-"), "{env}");
}
