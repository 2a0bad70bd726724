//! `ajuda sandbox` and `--sandbox`: nothing runs that lies around, and nobody gets what is the sandbox's.
#![cfg(unix)]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use ajuda::aws::STACK_TAG;
use ajuda::sandbox::Running;
use aws_sdk_ecr::types::Tag;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::binary::{Desk, Ended, run};
use crate::lease::SMALL;
use crate::support::sandbox::{PREPARED, Sandbox, keep};

/// What would be imported by its name, if the current directory counted.
const MODULES: [&str; 8] = [
    "ajuda_sandbox/__init__",
    "ajuda_sandbox/__main__",
    "argparse",
    "json",
    "pip",
    "sitecustomize",
    "usercustomize",
    "venv",
];

/// A directory like a repository that somebody cloned, and a home for a sandbox of the binary's own.
struct Cloned {
    dir: TempDir,
    home: TempDir,
}

impl Drop for Cloned {
    fn drop(&mut self) {
        let _ = self.command().args(["sandbox", "stop"]).output();
    }
}

impl Cloned {
    /// With a home where Python is prepared already.
    fn ready() -> Self {
        let cloned = Self::bare();
        ajuda::sandbox::Sandbox::at(PREPARED)
            .prepare(&mut |_| {})
            .unwrap();
        for entry in fs::read_dir(PREPARED).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name().to_string_lossy().starts_with("python-") {
                symlink(entry.path(), cloned.home.path().join(entry.file_name())).unwrap();
            }
        }
        cloned
    }

    /// With an empty home.
    fn bare() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("deploy.toml"), SMALL).unwrap();
        Self {
            dir,
            home: tempfile::tempdir().unwrap(),
        }
    }

    /// Puts modules and an interpreter there that leave a mark when they run.
    fn trap(&self) {
        let mark = self.mark();
        let mark = mark.display();
        for module in MODULES {
            let file = self.dir.path().join(format!("{module}.py"));
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(
                file,
                format!(
                    "open({:?}, 'a').write({module:?} + '\\n')\n",
                    mark.to_string()
                ),
            )
            .unwrap();
        }
        self.script("python3", &format!("echo ./python3 >>'{mark}'\n"));
    }

    fn script(&self, name: &str, text: &str) {
        let file = self.dir.path().join(name);
        fs::write(&file, format!("#!/bin/sh\n{text}")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn mark(&self) -> PathBuf {
        self.dir.path().join("mark")
    }

    fn state(&self) -> PathBuf {
        self.home.path().join("state.json")
    }

    /// The binary, called from there by an operator with credentials, a proxy and Python's own variables.
    fn command(&self) -> Command {
        let dir = self.dir.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ajuda"));
        let path = std::env::var("PATH").unwrap();
        command
            .current_dir(dir)
            .env_clear()
            .env("PATH", format!(".:{path}"))
            .env("HOME", dir)
            .env("LC_ALL", "C.UTF-8")
            .env("AJUDA_SANDBOX_HOME", self.home.path())
            .env("AWS_ACCESS_KEY_ID", "AKIAOPERATOR")
            .env("AWS_SECRET_ACCESS_KEY", "of-the-operator")
            .env("AWS_SESSION_TOKEN", "of-the-operator")
            .env("GITHUB_TOKEN", "of-the-operator")
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .env("PYTHONPATH", dir)
            .env("PYTHONSTARTUP", dir.join("argparse.py"));
        command
    }

    fn run(&self, words: &[&str]) -> Ended {
        run(self.command().args(words))
    }
}

#[test]
fn the_sandbox_runs_nothing_that_lies_where_it_is_started() {
    let cloned = Cloned::ready();
    cloned.trap();
    let started = cloned.run(&["sandbox", "start"]);
    assert_eq!(started.code, 0, "{}", started.err);
    let ran = fs::read_to_string(cloned.mark()).unwrap_or_default();
    assert_eq!(ran, "");

    let state: Value = serde_json::from_str(&fs::read_to_string(cloned.state()).unwrap()).unwrap();
    let process = PathBuf::from(format!("/proc/{}", state["pid"]));
    let environment = fs::read(process.join("environ")).unwrap();
    let mut names: Vec<&str> = std::str::from_utf8(&environment)
        .unwrap()
        .split_terminator('\0')
        .map(|variable| variable.split_once('=').unwrap().0)
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["HOME", "LC_ALL", "PATH"]);
    let works_in = fs::read_link(process.join("cwd")).unwrap();
    assert_eq!(works_in, cloned.home.path().canonicalize().unwrap());
    for private in [
        cloned.home.path().to_owned(),
        cloned.state(),
        cloned.home.path().join("sandbox.log"),
    ] {
        let mode = fs::metadata(&private).unwrap().mode();
        assert_eq!(mode & 0o077, 0, "{} is {mode:o}", private.display());
    }
    let log = fs::read_to_string(cloned.home.path().join("sandbox.log")).unwrap();
    assert!(!log.contains(state["token"].as_str().unwrap()), "{log}");

    let status = cloned.run(&["sandbox", "status"]);
    assert!(
        status.out.contains("running at http://127.0.0.1:"),
        "{}",
        status.out
    );
    assert_eq!(cloned.run(&["sandbox", "stop"]).code, 0);
    assert!(!cloned.state().exists(), "it is gone when `stop` ends");
    assert_eq!(
        cloned.run(&["sandbox", "status"]).out,
        "not running; `ajuda sandbox start` starts it\n"
    );
}

#[test]
fn the_first_preparation_runs_nothing_that_lies_there_and_tells_python_no_credentials() {
    let cloned = Cloned::bare();
    cloned.trap();
    let seen = cloned.dir.path().join("seen");
    let usual = std::env::var("PATH").unwrap();
    cloned.script(
        "chosen",
        &format!(
            "env >>'{seen}'\npwd >>'{seen}'\nPATH='{usual}' exec python3 \"$@\"\n",
            seen = seen.display()
        ),
    );
    let nothing = tempfile::tempdir().unwrap();
    let mut command = cloned.command();
    command
        .args(["sandbox", "start"])
        .env("AJUDA_SANDBOX_PYTHON", "./chosen")
        .env("PIP_NO_INDEX", "1")
        .env("PIP_FIND_LINKS", nothing.path());
    let started = run(&mut command);
    // It comes as far as pip, which has no packages here.
    assert_eq!(started.code, 1, "{}", started.err);
    assert!(
        started.err.contains("packages cannot be installed"),
        "{}",
        started.err
    );
    let ran = fs::read_to_string(cloned.mark()).unwrap_or_default();
    assert_eq!(ran, "");
    let seen = fs::read_to_string(seen).unwrap();
    assert!(
        seen.contains(&format!(
            "\n{}\n",
            cloned.home.path().canonicalize().unwrap().display()
        )),
        "{seen}"
    );
    for hidden in ["AWS_", "of-the-operator", "PYTHONPATH", "PYTHONSTARTUP"] {
        assert!(!seen.contains(hidden), "{hidden} in {seen}");
    }
}

/// A server that is no sandbox, on a port of its own: what it is sent, and what it answers.
fn foreign(
    answer: impl Fn(&str) -> String + Send + Sync + 'static,
) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let all = Arc::new(Mutex::new(String::new()));
    let (sent, answer) = (Arc::clone(&all), Arc::new(answer));
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let (sent, answer) = (Arc::clone(&sent), Arc::clone(&answer));
            std::thread::spawn(move || serve(client, answer.as_ref(), &sent));
        }
    });
    (url, all)
}

fn serve(mut client: TcpStream, answer: &impl Fn(&str) -> String, sent: &Mutex<String>) {
    let mut part = [0; 1 << 16];
    while let Ok(read @ 1..) = client.read(&mut part) {
        let request = String::from_utf8_lossy(&part[..read]).into_owned();
        sent.lock().unwrap().push_str(&request);
        let body = answer(&request);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        if client
            .write_all(format!("{head}{body}").as_bytes())
            .is_err()
        {
            return;
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The lines that ask for something.
fn asked(sent: &Mutex<String>) -> Vec<String> {
    let sent = sent.lock().unwrap();
    sent.lines()
        .filter(|line| line.ends_with(" HTTP/1.1"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn who_has_taken_the_port_of_a_stale_state_file_gets_neither_its_token_nor_a_call() {
    let cloned = Cloned::ready();
    let pid = std::process::id();
    let lie = json!({ "pid": pid, "proof": "0".repeat(64) }).to_string();
    let (url, sent) = foreign(move |_| lie.clone());
    let token = "ab".repeat(32);
    let stale = json!({ "url": url, "pid": pid, "clock": "fast", "version": "1", "token": token });
    keep(&cloned.state(), &stale.to_string());

    let status = cloned.run(&["sandbox", "status"]);
    assert!(status.out.contains("not running"), "{}", status.out);
    assert_eq!(cloned.run(&["sandbox", "image", "app:v1"]).code, 1);
    let plan = cloned.run(&["deploy", "plan", "--sandbox"]);
    assert_eq!(plan.code, 0, "{}", plan.err);
    assert!(plan.err.contains("started a sandbox at"), "{}", plan.err);

    let asked = asked(&sent);
    assert!(!asked.is_empty(), "it was asked who it is");
    for line in asked {
        assert!(line.starts_with("GET /_sandbox/prove?nonce="), "{line}");
    }
    let sent = sent.lock().unwrap().to_lowercase();
    for word in [token.as_str(), "authorization", "x-amz"] {
        assert!(!sent.contains(word), "{word} in {sent}");
    }
}

#[test]
fn who_hands_the_question_on_to_the_real_one_is_not_believed() {
    let sandbox = Sandbox::instant();
    let real = sandbox.url.trim_start_matches("http://").to_owned();
    let there = real.clone();
    let (url, sent) = foreign(move |request| {
        let path = request.split(' ').nth(1).unwrap();
        let mut stream = TcpStream::connect(&there).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {there}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    });
    let state = fs::read_to_string(sandbox.home().join("state.json")).unwrap();
    let home = tempfile::tempdir().unwrap();
    keep(
        &home.path().join("state.json"),
        &state.replace(&sandbox.url, &url),
    );
    assert_eq!(ajuda::sandbox::Sandbox::at(home.path()).running(), None);
    assert_eq!(asked(&sent).len(), 1);
    keep(&home.path().join("state.json"), &state);
    assert!(ajuda::sandbox::Sandbox::at(home.path()).running().is_some());
}

#[test]
fn a_state_file_is_believed_only_when_nobody_else_can_read_it_and_it_names_this_machine() {
    let sandbox = Sandbox::instant();
    let state = fs::read_to_string(sandbox.home().join("state.json")).unwrap();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("state.json");
    let believed = |text: &str, mode: u32| {
        keep(&file, text);
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        ajuda::sandbox::Sandbox::at(home.path()).running().is_some()
    };
    assert!(believed(&state, 0o600));
    for mode in [0o640, 0o604, 0o620, 0o666] {
        assert!(!believed(&state, mode), "{mode:o}");
    }
    for other in [
        "http://localhost",
        "http://127.0.0.1@evil.example",
        "https://127.0.0.1",
        "http://10.0.0.1",
    ] {
        assert!(
            !believed(&state.replace("http://127.0.0.1", other), 0o600),
            "{other}"
        );
    }
    let mut another: Value = serde_json::from_str(&state).unwrap();
    another["pid"] = json!(std::process::id());
    assert!(!believed(&another.to_string(), 0o600), "another process");
    another["token"] = json!("x\r\nHost: evil.example");
    assert!(serde_json::from_value::<Running>(another).is_err());
}

#[test]
fn the_token_is_in_no_trace() {
    let sandbox = Sandbox::instant();
    let state: Value =
        serde_json::from_str(&fs::read_to_string(sandbox.home().join("state.json")).unwrap())
            .unwrap();
    let running: Running = serde_json::from_value(state.clone()).unwrap();
    assert!(!format!("{running:?}").contains(state["token"].as_str().unwrap()));
}

/// Every way of naming a proxy that programs know.
fn through_a_proxy(command: &mut Command, proxy: &str) {
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(name, proxy).env(name.to_lowercase(), proxy);
    }
}

#[test]
fn what_answers_on_this_machine_is_reached_without_a_proxy() {
    let desk = Desk::with(SMALL);
    let (proxy, sent) = foreign(|_| String::new());
    let mut command = desk.command();
    through_a_proxy(command.args(["deploy", "plan", "--sandbox"]), &proxy);
    let plan = run(&mut command);
    assert_eq!(plan.code, 0, "{}", plan.err);
    let mut command = desk.command();
    command
        .args(["deploy", "plan"])
        .env("AWS_ENDPOINT_URL", &desk.sandbox.url)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    through_a_proxy(&mut command, &proxy);
    let plan = run(&mut command);
    assert_eq!(plan.code, 0, "{}", plan.err);
    assert_eq!(asked(&sent), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn registries_on_this_machine_are_reached_without_a_proxy() {
    let desk = Desk::copy("examples/sandbox.toml");
    let cloud = desk.sandbox.cloud("open-webui").await;
    let ours = Tag::builder().key(STACK_TAG).value("open-webui").build();
    let make = cloud
        .ecr
        .create_repository()
        .repository_name("ajuda-digital");
    make.tags(ours.unwrap()).send().await.unwrap();
    let config = r#"{"architecture":"amd64","os":"linux"}"#;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": digest(config.as_bytes()),
            "size": config.len(),
        },
        "layers": [],
    });
    let (source, asked_there) = foreign(move |request| match request {
        request if request.contains("/manifests/") => manifest.to_string(),
        request if request.contains("/blobs/") => config.to_owned(),
        _ => "{}".to_owned(),
    });
    let (proxy, sent) = foreign(|_| String::new());
    let reference = format!("{}/app:v2", source.trim_start_matches("http://"));
    let mut command = desk.command();
    command.args(["deploy", "push", "--sandbox", "--from", &reference]);
    through_a_proxy(&mut command, &proxy);
    let pushed = run(&mut command);
    assert_eq!(pushed.code, 0, "{}", pushed.err);
    assert!(!asked(&asked_there).is_empty(), "the source was asked");
    assert_eq!(asked(&sent), [""; 0]);
}

#[test]
fn a_copy_that_has_stopped_already_is_a_stopped_one() {
    let sandbox = Sandbox::instant();
    let copy = sandbox.fork();
    let at = ajuda::sandbox::Sandbox::at(copy.home());
    at.stop(&at.running().unwrap()).unwrap();
    assert_eq!(at.running(), None);
    // Nobody answers what the end of the value asks.
    drop(copy);
    assert_eq!(sandbox.control("GET", "status", None)["clock"], "instant");
}
