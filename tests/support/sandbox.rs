//! A sandbox of the test's own, on a free port, and its control interface.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ajuda::aws::{Cloud, Connection, Inputs, connect};

/// A running sandbox; ends with the value.
pub struct Sandbox {
    pub url: String,
    child: Child,
    _dir: tempfile::TempDir,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Sandbox {
    /// Starts one whose state clocks end at once.
    pub fn instant() -> Self {
        Self::start("instant")
    }

    pub fn start(clock: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state.json");
        let python = std::env::var("AJUDA_SANDBOX_PYTHON")
            .unwrap_or_else(|_| "/tmp/moto/v/bin/python".into());
        let child = Command::new(python)
            .args([
                "-m",
                "ajuda_sandbox",
                "--port",
                "0",
                "--clock",
                clock,
                "--state",
            ])
            .arg(&state)
            .env(
                "PYTHONPATH",
                concat!(env!("CARGO_MANIFEST_DIR"), "/src/sandbox"),
            )
            .stdout(Stdio::null())
            .spawn()
            .expect("python runs");
        let begun = Instant::now();
        let url = loop {
            if let Ok(text) = std::fs::read_to_string(&state) {
                let said: serde_json::Value = serde_json::from_str(&text).unwrap();
                break said["url"].as_str().unwrap().to_owned();
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "the sandbox did not start"
            );
            std::thread::sleep(Duration::from_millis(50));
        };
        Self {
            url,
            child,
            _dir: dir,
        }
    }

    /// A connection for the stack called `stack`, with secret values for every variable `TEST_…`.
    pub async fn cloud(&self, stack: &str) -> Arc<Cloud> {
        let to = Connection {
            region: Some("us-east-1".into()),
            endpoint: Some(self.url.clone()),
            sandbox_credentials: true,
            ..Connection::default()
        };
        let inputs = [("TEST_SECRET".to_owned(), "from the environment".to_owned())];
        Arc::new(
            connect(stack, &to, Inputs::new(inputs.into()))
                .await
                .unwrap(),
        )
    }

    /// A control call: `method` and `path` below `/_sandbox/`, JSON in and out.
    pub fn control(
        &self,
        method: &str,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> serde_json::Value {
        use std::io::{Read, Write};
        let host = self.url.trim_start_matches("http://");
        let mut stream = std::net::TcpStream::connect(host).unwrap();
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        write!(
            stream,
            "{method} /_sandbox/{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        if head.starts_with("HTTP/1.1 404") {
            return serde_json::Value::Null;
        }
        assert!(
            head.starts_with("HTTP/1.1 200"),
            "{method} {path}: {answer}"
        );
        serde_json::from_str(body).unwrap_or(serde_json::Value::Null)
    }

    /// Everything that exists, service by service.
    pub fn inventory(&self) -> serde_json::Value {
        self.control("GET", "inventory", None)
    }
}
