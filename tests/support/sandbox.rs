//! A sandbox of the test's own, on a free port, and its control interface.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ajuda::aws::{Cloud, Connection, Inputs, connect};

/// A running sandbox; ends with the value.
pub struct Sandbox {
    pub url: String,
    /// The process, unless it is another sandbox's copy.
    child: Option<Child>,
    home: tempfile::TempDir,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        match &mut self.child {
            Some(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            None => {
                self.control("POST", "stop", None);
            }
        }
    }
}

impl Sandbox {
    /// Starts one whose state clocks end at once.
    pub fn instant() -> Self {
        Self::start("instant")
    }

    /// The same, as late as AWS: reads show what was, and refusals stay for a call or two.
    pub fn late() -> Self {
        let made = Self::instant();
        made.lag(serde_json::json!({"mode": "aws"}));
        made
    }

    /// Says how late it is: a mode, or rules as `POST /_sandbox/lag` takes them.
    pub fn lag(&self, how: serde_json::Value) {
        self.control("POST", "lag", Some(how));
    }

    /// Lets everything that is late come about, as if minutes had gone by: for what a test itself
    /// reads, or what it does behind the tool's back.
    pub fn catch_up(&self) {
        self.control("POST", "catch-up", None);
    }

    /// Starts one with the very Python environment and sources that the binary would use. With
    /// `AJUDA_TEST_LAG=aws` in the environment every sandbox of a test run is as late as AWS.
    pub fn start(clock: &str) -> Self {
        let lag = std::env::var("AJUDA_TEST_LAG").unwrap_or_else(|_| "off".to_owned());
        let shared = concat!(env!("CARGO_TARGET_TMPDIR"), "/sandbox");
        let prepared = ajuda::sandbox::Sandbox::at(shared).prepare(&mut |_| {});
        let (python, sources) = prepared.unwrap_or_else(|stop| panic!("{stop:?}"));
        let home = tempfile::tempdir().unwrap();
        let state = home.path().join("state.json");
        let mut child = Command::new(python)
            .args([
                "-m",
                "ajuda_sandbox",
                "--port",
                "0",
                "--clock",
                clock,
                "--lag",
                &lag,
                "--state",
            ])
            .arg(&state)
            .env("PYTHONPATH", sources)
            .stdout(Stdio::null())
            .spawn()
            .expect("python runs");
        let begun = Instant::now();
        let url = loop {
            if let Ok(text) = std::fs::read_to_string(&state) {
                let said: serde_json::Value = serde_json::from_str(&text).unwrap();
                break said["url"].as_str().unwrap().to_owned();
            }
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "the sandbox ended: {ended:?}");
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "the sandbox did not start"
            );
            std::thread::sleep(Duration::from_millis(50));
        };
        let child = Some(child);
        Self { url, child, home }
    }

    /// A copy with everything in it, that goes its own way. It must not outlive this one.
    pub fn fork(&self) -> Self {
        let home = tempfile::tempdir().unwrap();
        let state = self.control("POST", "fork", None);
        std::fs::write(home.path().join("state.json"), state.to_string()).unwrap();
        Self {
            url: state["url"].as_str().unwrap().to_owned(),
            child: None,
            home,
        }
    }

    /// The directory that makes the binary's `--sandbox` find this one (`AJUDA_SANDBOX_HOME`).
    pub fn home(&self) -> &std::path::Path {
        self.home.path()
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
        assert!(
            head.starts_with("HTTP/1.1 200"),
            "{method} {path}: {answer}"
        );
        serde_json::from_str(body).unwrap_or(serde_json::Value::Null)
    }

    /// Everything that exists, service by service, but for the service-linked roles: AWS makes those
    /// for an account once ("Using service-linked roles" in the IAM user guide), and they stay.
    pub fn inventory(&self) -> serde_json::Value {
        let mut all = self.control("GET", "inventory", None);
        if let Some(roles) = all["iam"]["roles"].as_object_mut() {
            roles.retain(|_, role| !role.to_string().contains("/aws-service-role/"));
        }
        all
    }
}
