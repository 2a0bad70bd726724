//! How AWS is reached: as whom, through which network, and what is said when nothing answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::json;

use crate::binary::{Desk, Ended, repository, run};
use crate::support::terminal::on_a_terminal;

const SMALL: &str = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\ndisposable = true\n[service.web]\nimage = \"web\"\nport = 8080\npublic = true\n";

/// `ajuda deploy <words>` with keys in the environment.
fn command(desk: &Desk, words: &[&str]) -> Command {
    let mut command = desk.command();
    command
        .arg("deploy")
        .args(words)
        .env("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// Passes everything on to the sandbox and keeps whose key signed it.
struct Signers {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Signers {
    fn before(desk: &Desk) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let sandbox = desk.sandbox.url["http://".len()..].to_owned();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&seen);
        thread::spawn(move || {
            for come in listener.incoming() {
                let (come, sandbox, kept) = (come.unwrap(), sandbox.clone(), Arc::clone(&kept));
                thread::spawn(move || pass(come, &sandbox, &kept));
            }
        });
        Self { url, seen }
    }

    fn keys(&self) -> Vec<String> {
        let mut keys = std::mem::take(&mut *self.seen.lock().unwrap());
        keys.sort();
        keys.dedup();
        keys
    }
}

fn pass(mut come: TcpStream, sandbox: &str, kept: &Mutex<Vec<String>>) {
    let mut go = TcpStream::connect(sandbox).unwrap();
    let (mut back, mut answer) = (come.try_clone().unwrap(), go.try_clone().unwrap());
    thread::spawn(move || std::io::copy(&mut answer, &mut back));
    let mut part = [0; 65536];
    while let Ok(length @ 1..) = come.read(&mut part) {
        let text = String::from_utf8_lossy(&part[..length]).into_owned();
        for rest in text.split("Credential=").skip(1) {
            let key = rest.split('/').next().unwrap_or_default().to_owned();
            kept.lock().unwrap().push(key);
        }
        // The sandbox answers to its own name alone.
        let mut lines = text.split("\r\n").map(|line| {
            let is_host = line.to_ascii_lowercase().starts_with("host: ");
            if is_host {
                format!("Host: {sandbox}")
            } else {
                line.to_owned()
            }
        });
        let first = lines.next().unwrap_or_default();
        let text = lines.fold(first, |text, line| text + "\r\n" + &line);
        if go.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

#[test]
fn a_profile_names_the_credentials_and_nothing_else() {
    let desk = Desk::with(SMALL);
    let signers = Signers::before(&desk);
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("credentials");
    std::fs::write(
        &file,
        "[prod]\naws_access_key_id = AKIAPROD\naws_secret_access_key = x\n[bare]\nregion = us-east-1\n",
    )
    .unwrap();
    let with = |words: &[&str], profile: Option<&str>| {
        let mut command = command(&desk, &[&["unlock"], words].concat());
        command
            .env("AWS_SHARED_CREDENTIALS_FILE", &file)
            .env("AWS_ENDPOINT_URL", &signers.url);
        if let Some(profile) = profile {
            command.env("AWS_PROFILE", profile);
        }
        run(&mut command)
    };
    // Beside keys in the environment.
    let flag = with(&["--profile", "prod"], None);
    assert_eq!(flag.code, 0, "{}", flag.err);
    assert_eq!(signers.keys(), ["AKIAPROD"]);
    // With a slip in it, by the flag and by the variable.
    for slip in [with(&["--profile", "prdo"], None), with(&[], Some("prdo"))] {
        assert_eq!(slip.code, 1, "{}", slip.err);
        for said in ["there is no profile `prdo`", "bare, prod"] {
            assert!(slip.err.contains(said), "`{said}` in {}", slip.err);
        }
    }
    // One that has no credentials takes nobody else's.
    let bare = with(&["--profile", "bare"], None);
    assert_eq!(bare.code, 1, "{}", bare.err);
    assert!(bare.err.contains("cannot reach AWS"), "{}", bare.err);
    let sign_in = "`aws sso login --profile bare`";
    assert!(bare.err.contains(sign_in), "{}", bare.err);
    assert_eq!(signers.keys(), [""; 0], "nothing was signed");
    // Keys come before AWS_PROFILE, as in every AWS tool, and that is said.
    let both = with(&[], Some("prod"));
    assert_eq!(both.code, 0, "{}", both.err);
    assert_eq!(signers.keys(), ["AKIAENVIRONMENT"]);
    assert!(both.err.contains("pass --profile prod"), "{}", both.err);
    // The sandbox is nobody's profile.
    let mut sandbox = command(&desk, &["unlock", "--sandbox"]);
    let sandbox = run(sandbox.env("AWS_PROFILE", "prdo"));
    assert_eq!(sandbox.code, 0, "{}", sandbox.err);
}

/// A network that looks into TLS, in front of the sandbox; it ends with the value.
struct Company {
    home: tempfile::TempDir,
    port: String,
    child: Child,
}

impl Drop for Company {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Company {
    fn of(desk: &Desk) -> Self {
        let home = tempfile::tempdir().unwrap();
        let sandbox = desk.sandbox.url.rsplit(':').next().unwrap();
        let mut child = Command::new("python3")
            .arg(repository("tests/cli/tls.py"))
            .arg(sandbox)
            .arg(home.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        let said = child.stdout.take().unwrap();
        BufReader::new(said).read_line(&mut port).unwrap();
        let port = port.trim().to_owned();
        assert!(!port.is_empty(), "the proxy did not start");
        Self { home, port, child }
    }

    fn bundle(&self) -> String {
        self.home.path().join("ca.pem").display().to_string()
    }

    fn proxied(&self, command: &mut Command) -> Ended {
        run(command.env("HTTPS_PROXY", format!("http://127.0.0.1:{}", self.port)))
    }
}

#[test]
fn the_certificate_authority_of_a_network_is_trusted_where_it_is_named() {
    let desk = Desk::with(SMALL);
    let company = Company::of(&desk);
    let direct = format!("https://localhost:{}", company.port);
    let config = company.home.path().join("config");
    std::fs::write(
        &config,
        format!("[default]\nca_bundle = {}\n", company.bundle()),
    )
    .unwrap();
    let empty = company.home.path().join("empty.pem");
    std::fs::write(&empty, "# nothing\n").unwrap();
    let broken = company.home.path().join("broken.pem");
    let text = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(&broken, text).unwrap();
    let path = |path: &std::path::Path| path.display().to_string();
    for (variable, value, code, said) in [
        ("AWS_CA_BUNDLE", company.bundle(), 0, ""),
        ("AWS_CONFIG_FILE", path(&config), 0, ""),
        (
            "AWS_CA_BUNDLE",
            String::new(),
            1,
            "name the file of its certificate authority with AWS_CA_BUNDLE",
        ),
        (
            "AWS_CA_BUNDLE",
            "/nowhere.pem".to_owned(),
            1,
            "/nowhere.pem, the file that AWS_CA_BUNDLE names, cannot be read",
        ),
        ("AWS_CA_BUNDLE", path(&empty), 1, "has no certificate"),
        (
            "AWS_CA_BUNDLE",
            path(&broken),
            1,
            "has a certificate that cannot be used",
        ),
    ] {
        let mut plan = command(&desk, &["unlock"]);
        let plan = run(plan.env("AWS_ENDPOINT_URL", &direct).env(variable, &value));
        assert_eq!(plan.code, code, "{variable}={value}: {}", plan.err);
        assert!(plan.err.contains(said), "`{said}` in {}", plan.err);
    }
    // AWS's own hosts, through the proxy that the environment names.
    let mut unlock = command(&desk, &["unlock"]);
    let unlock = company.proxied(unlock.env("AWS_CA_BUNDLE", company.bundle()));
    assert_eq!(unlock.code, 0, "{}", unlock.err);
}

#[test]
fn a_registry_behind_the_network_is_trusted_as_well() {
    let desk = Desk::with(SMALL);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    let company = Company::of(&desk);
    let push = || {
        let from = [
            "push",
            "--from",
            "registry.example.test/app:v1",
            "--sandbox",
        ];
        command(&desk, &from)
    };
    let stranger = company.proxied(&mut push());
    assert_eq!(stranger.code, 1, "{}", stranger.err);
    assert!(stranger.err.contains("AWS_CA_BUNDLE"), "{}", stranger.err);
    let known = company.proxied(push().env("AWS_CA_BUNDLE", company.bundle()));
    // The sandbox's registry is behind it, and was asked.
    assert!(known.err.contains("Not Authorized"), "{}", known.err);
}

#[test]
fn the_sandbox_is_reached_straight_whatever_the_proxy() {
    let desk = Desk::with(SMALL);
    let mut plan = command(&desk, &["plan", "--sandbox"]);
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
    ] {
        plan.env(name, "http://127.0.0.1:9");
    }
    let plan = run(&mut plan);
    assert_eq!(plan.code, 0, "{}", plan.err);
}

#[test]
fn what_does_not_answer_is_told_once_and_given_up_soon() {
    let desk = Desk::with(SMALL);
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", hangs.local_addr().unwrap());
    // Connections are taken by the system and never answered.
    for (url, said) in [
        (silent.as_str(), "has not answered for 5 seconds"),
        ("http://127.0.0.1:9", "trying again"),
    ] {
        let mut plan = command(&desk, &["plan"]);
        plan.env("AWS_ENDPOINT_URL", url);
        let begun = std::time::Instant::now();
        let plan = run(&mut plan);
        // 385 seconds when nothing limited it, and twenty as it is: a busy machine has the time between.
        assert!(begun.elapsed().as_secs() < 300, "{:?}", begun.elapsed());
        assert_eq!(plan.code, 1, "{}", plan.err);
        assert_eq!(plan.err.matches(said).count(), 1, "{}", plan.err);
        assert!(
            plan.err.contains("is anything answering at"),
            "{}",
            plan.err
        );
    }
}

#[test]
fn a_denied_request_ends_every_verb_alike() {
    let desk = Desk::with(SMALL);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    for (service, operation, verbs) in [
        (
            "sts",
            "GetCallerIdentity",
            &["plan", "status", "outputs", "history"][..],
        ),
        (
            "ecs",
            "DescribeServices",
            &["plan", "status", "history", "scale"],
        ),
        (
            "elasticloadbalancing",
            "DescribeLoadBalancers",
            &["plan", "outputs"],
        ),
    ] {
        let rules = json!({ "rules": [{
            "service": service, "operation": operation, "action": "deny", "times": 1000,
        }] });
        desk.sandbox.control("DELETE", "faults", None);
        desk.sandbox.control("POST", "faults", Some(rules));
        for verb in verbs {
            let words: &[&str] = match *verb {
                "scale" => &["scale", "web=2", "--yes"],
                verb => &[verb],
            };
            let ended = desk.deploy(words);
            assert_eq!(
                ended.code, 6,
                "{operation} in {verb}: {}{}",
                ended.out, ended.err
            );
            let all = ended.out + &ended.err;
            assert!(all.contains(&format!("{service}:{operation}")), "{all}");
        }
    }
}

#[test]
fn a_question_is_left_at_a_signal() {
    let desk = Desk::with(SMALL);
    for keys in ["\u{3}", "SIGTERM"] {
        let up = command(&desk, &["up", "--sandbox"]);
        let up = on_a_terminal(&up, &["stdin", "stdout", "stderr"], &[("(yes/no)", keys)]);
        assert_eq!((up.code, up.same), (130, true), "{keys}: {}", up.said);
        assert!(up.said.contains("nothing was changed"), "{}", up.said);
    }
}

#[test]
fn a_terminal_that_cannot_draw_is_not_drawn_on() {
    let desk = Desk::with(SMALL);
    let mut watch = command(&desk, &["status", "--watch", "--sandbox"]);
    let watch = run(watch.env("TERM", "dumb"));
    assert_eq!(watch.code, 1, "{}", watch.err);
    assert!(watch.err.contains("TERM is `dumb`"), "{}", watch.err);
}
