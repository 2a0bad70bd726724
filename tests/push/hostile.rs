//! A registry that means harm: where it sends the operator's credentials, and how much it answers.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::binary::{Ended, run};
use crate::ground::{Ground, Where};
use crate::image::{Image, MANIFEST};
use crate::support::terminal::{HOSTILE, unruly};

/// More than anybody reads of an endless answer; a client that reads on gets no end of it.
const ENDLESS: usize = 64 * 1024 * 1024;

/// What a registry answers.
struct Reply {
    status: u16,
    head: Vec<String>,
    body: Vec<u8>,
    /// Whether the body is repeated without an end.
    endless: bool,
}

impl Reply {
    fn of(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            head: Vec::new(),
            body: body.into(),
            endless: false,
        }
    }

    fn with(mut self, head: impl Into<String>) -> Self {
        self.head.push(head.into());
        self
    }

    fn endless(self) -> Self {
        Self {
            endless: true,
            ..self
        }
    }
}

/// A registry on this machine that answers like this to a path and an authorization.
struct Foreign {
    host: String,
    /// What came: `path authorization`.
    asked: Arc<Mutex<Vec<String>>>,
    sent: Arc<AtomicUsize>,
}

impl Foreign {
    fn new(answer: impl Fn(&str, &str, &str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (asked, sent) = (
            Arc::<Mutex<Vec<String>>>::default(),
            Arc::<AtomicUsize>::default(),
        );
        let (heard, told, own) = (Arc::clone(&asked), Arc::clone(&sent), host.clone());
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, told, own) = (Arc::clone(&heard), Arc::clone(&told), own.clone());
                let answer = Arc::clone(&answer);
                std::thread::spawn(move || {
                    let (path, who) = request(&stream);
                    heard.lock().unwrap().push(format!("{path} {who}"));
                    send(stream, &answer(&own, &path, &who), &told);
                });
            }
        });
        Self { host, asked, sent }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn request(stream: &TcpStream) -> (String, String) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut who = String::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("authorization")
        {
            value.clone_into(&mut who);
        }
    }
    (path, who)
}

fn send(mut stream: TcpStream, reply: &Reply, sent: &AtomicUsize) {
    let mut head = format!("HTTP/1.1 {} Said\r\nConnection: close\r\n", reply.status);
    for line in &reply.head {
        head.push_str(&format!("{line}\r\n"));
    }
    if !reply.endless {
        head.push_str(&format!("Content-Length: {}\r\n", reply.body.len()));
    }
    let _ = stream.write_all(format!("{head}\r\n").as_bytes());
    let mut left = if reply.endless {
        ENDLESS
    } else {
        reply.body.len()
    };
    while left > 0 && stream.write_all(&reply.body).is_ok() {
        sent.fetch_add(reply.body.len(), Ordering::Relaxed);
        left = left.saturating_sub(reply.body.len());
    }
}

/// Copies from it with credentials in docker's configuration.
fn push(ground: &Ground, stranger: &Foreign) -> Ended {
    let config = tempfile::tempdir().unwrap();
    let auth = "b3BlcmF0b3I6aHVudGVyMg==";
    let text = json!({ "auths": { &stranger.host: { "auth": auth } } });
    std::fs::write(config.path().join("config.json"), text.to_string()).unwrap();
    let from = format!("{}/app:v2", stranger.host);
    run(ground
        .desk
        .command()
        .env("DOCKER_CONFIG", config.path())
        .args(["deploy", "push", "--sandbox", "--from", &from]))
}

fn refused(pushed: &Ended, said: &str) {
    assert_eq!(pushed.code, 1, "{}", pushed.err);
    assert!(pushed.err.contains(said), "`{said}` in {}", pushed.err);
    assert_eq!(unruly(&pushed.err), [""; 0], "{:?}", pushed.err);
}

fn challenge(realm: &str) -> Reply {
    let header = format!("WWW-Authenticate: Bearer realm=\"{realm}\",service=\"it\"");
    Reply::of(401, "").with(header)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_realm_elsewhere_without_tls_gets_no_credentials() {
    let ground = Ground::new(Where::Sandbox).await;
    for realm in [
        "http://192.0.2.1/token",
        "http://registry.example.org/token",
        "http://127.0.0.1@192.0.2.1/token",
        "ftp://127.0.0.1/token",
    ] {
        let stranger = Foreign::new(move |_, _, _| challenge(realm));
        refused(
            &push(&ground, &stranger),
            "which is not encrypted: nothing is sent there",
        );
        let asked = stranger.asked();
        assert!(asked.iter().all(|one| one.trim() == "/v2/"), "{asked:?}");
    }
    // One that has no address is no better.
    let stranger = Foreign::new(|_, _, _| challenge("token"));
    refused(&push(&ground, &stranger), "does not say where it is had");
    // On this machine it is asked, once, and what it gives opens the registry.
    let image = Image::new(41, "amd64", &[900]);
    let stranger = Foreign::new(move |host, path, who| match path {
        "/v2/" => challenge(&format!("http://{host}/token")),
        path if path.starts_with("/token?") => {
            assert_eq!(who, "Basic b3BlcmF0b3I6aHVudGVyMg==");
            Reply::of(200, "{\"access_token\":\"opens\",\"expires_in\":300}")
        }
        _ if who != "Bearer opens" => Reply::of(401, ""),
        path if path.contains("/manifests/") => {
            Reply::of(200, image.manifest.clone()).with(format!("Content-Type: {MANIFEST}"))
        }
        path => {
            let all = std::iter::once(&image.config).chain(&image.layers);
            let found = all
                .into_iter()
                .find(|blob| path.ends_with(&crate::image::digest(blob)));
            Reply::of(200, found.unwrap().clone())
        }
    });
    let pushed = push(&ground, &stranger);
    assert_eq!(pushed.code, 0, "{}", pushed.err);
    let asked = stranger.asked();
    let tokens: Vec<_> = asked
        .iter()
        .filter(|one| one.starts_with("/token"))
        .collect();
    assert_eq!(tokens.len(), 1, "{asked:?}");
    assert!(
        tokens[0].contains("scope=repository%3Aapp%3Apull&service=it"),
        "{tokens:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_an_end_is_not_read_to_it() {
    let ground = Ground::new(Where::Sandbox).await;
    let much = || Reply::of(200, vec![b' '; 65536]).endless();
    type Answer = fn(&str, &str) -> Option<Reply>;
    let cases: [(&str, &str, Answer); 4] = [
        (
            "a token",
            "more than 262144 bytes",
            |host, path| match path {
                "/v2/" => Some(challenge(&format!("http://{host}/token"))),
                path if path.starts_with("/token") => None,
                _ => Some(Reply::of(401, "")),
            },
        ),
        (
            "a refused token",
            "it gives no token",
            |host, path| match path {
                "/v2/" => Some(challenge(&format!("http://{host}/token"))),
                path if path.starts_with("/token") => {
                    Some(Reply::of(403, HOSTILE.repeat(400)).endless())
                }
                _ => Some(Reply::of(401, "")),
            },
        ),
        (
            "a manifest",
            "more than 4194304 bytes",
            |_, path| match path {
                "/v2/" => Some(Reply::of(200, "")),
                _ => None,
            },
        ),
        ("an error", "cannot be copied", |_, path| match path {
            "/v2/" => Some(Reply::of(200, "")),
            _ => Some(Reply::of(418, HOSTILE.repeat(400)).endless()),
        }),
    ];
    for (name, said, answer) in cases {
        let stranger = Foreign::new(move |host, path, _| answer(host, path).unwrap_or_else(much));
        refused(&push(&ground, &stranger), said);
        let sent = stranger.sent.load(Ordering::Relaxed);
        // What lies in the buffers of both ends counts as sent.
        assert!(sent < ENDLESS / 2, "{name}: {sent} bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_no_token_and_a_way_that_leads_out_are_refused() {
    let ground = Ground::new(Where::Sandbox).await;
    let stranger = Foreign::new(|host, path, _| match path {
        "/v2/" => challenge(&format!("http://{host}/token")),
        path if path.starts_with("/token") => Reply::of(200, "{\"token\":\"a\\nb\"}"),
        _ => Reply::of(401, ""),
    });
    refused(&push(&ground, &stranger), "cannot be sent");
    let stranger = Foreign::new(|_, path, _| match path {
        "/v2/" => Reply::of(200, ""),
        _ => Reply::of(307, "").with("Location: http://192.0.2.1/v2/app/manifests/v2"),
    });
    refused(
        &push(&ground, &stranger),
        "it leads to http://192.0.2.1, which is not encrypted",
    );
    let stranger = Foreign::new(|host, path, _| match path {
        "/v2/" => Reply::of(200, ""),
        path => Reply::of(307, "").with(format!("Location: http://{host}{path}x")),
    });
    refused(&push(&ground, &stranger), "without an end");
}

/// A configuration that is longer than its manifest says.
#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_is_read_as_far_as_its_manifest_says() {
    let ground = Ground::new(Where::Sandbox).await;
    let image = Image::new(42, "amd64", &[900]);
    let stranger = Foreign::new(move |_, path, _| match path {
        "/v2/" => Reply::of(200, ""),
        path if path.contains("/manifests/") => Reply::of(200, image.manifest.clone()),
        _ => Reply::of(200, vec![b' '; 65536]).endless(),
    });
    refused(&push(&ground, &stranger), "is not what its digest says");
    let sent = stranger.sent.load(Ordering::Relaxed);
    assert!(sent < ENDLESS / 2, "{sent} bytes");
}
