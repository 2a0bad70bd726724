//! A sandbox of the test's own, on a free port, and its control interface.

use std::path::Path;
use std::sync::Arc;

use ajuda::aws::{Cloud, Connection, Inputs, connect};
use ajuda::sandbox::{Control, Running};

mod template;

/// Where Python and the sources are prepared, for all tests.
pub const PREPARED: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/sandbox");

/// A running sandbox; ends with the value.
pub struct Sandbox {
    pub url: String,
    running: Running,
    home: tempfile::TempDir,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // One that answers no more has stopped.
        let _ = self.running.control().post("stop", &serde_json::json!({}));
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
        template::fork(clock, &lag)
    }

    /// A copy with everything in it, that goes its own way. It must not outlive this one.
    pub fn fork(&self) -> Self {
        Self::copy_of(&self.running)
    }

    fn copy_of(running: &Running) -> Self {
        let home = tempfile::tempdir().unwrap();
        let state = said(running.control(), "POST", "fork", None);
        keep(&home.path().join("state.json"), &state.to_string());
        let running: Running = serde_json::from_value(state).unwrap();
        Self {
            url: running.url.clone(),
            running,
            home,
        }
    }

    /// The directory that makes the binary's `--sandbox` find this one (`AJUDA_SANDBOX_HOME`).
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A connection for the stack called `stack`, with secret values for every variable `TEST_…`.
    pub async fn cloud(&self, stack: &str) -> Arc<Cloud> {
        let to = Connection {
            region: Some("us-east-1".into()),
            endpoint: Some(self.url.clone()),
            sandbox_credentials: true,
            clock_speed: Some(self.running.clock_speed()),
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
        said(self.running.control(), method, path, body)
    }

    /// The actions that IAM was asked about since the last question; none of a sandbox that has stopped.
    pub fn actions(&self) -> Vec<String> {
        let asked = self.running.control().get("actions");
        let asked = asked.ok().and_then(|asked| asked.as_array().cloned());
        let actions = asked.unwrap_or_default();
        let names = actions.iter().filter_map(|action| action.as_str());
        names.map(str::to_owned).collect()
    }

    /// Holds what was asked since [`Self::actions`] against what `permissions` prints: whatever is tested, nothing
    /// is asked of AWS that was not declared.
    pub fn asked_nothing_undeclared(&self, what: &str) {
        let declared = ajuda::permissions::every_action();
        let asked = self.actions();
        let undeclared = asked.iter().filter(|one| !declared.contains(one.as_str()));
        assert_eq!(undeclared.collect::<Vec<_>>(), [""; 0], "{what}");
    }

    /// Lets fault rules kill this process, which the test has started.
    pub fn may_kill(&self, pid: u32) {
        self.control("POST", "victims", Some(serde_json::json!({ "pid": pid })));
    }

    /// What the inventory says of ECS: `clusters`, `services`, `tasks`, `task-definitions`.
    pub fn ecs(&self) -> serde_json::Value {
        self.control("GET", "ecs", None)
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

/// The answer to a control call.
fn said(
    control: &Control,
    method: &str,
    path: &str,
    body: Option<serde_json::Value>,
) -> serde_json::Value {
    let answer = match method {
        "GET" => control.get(path),
        "DELETE" => control.delete(path),
        _ => control.post(path, &body.unwrap_or_else(|| serde_json::json!({}))),
    };
    answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
}

/// Writes a state file as the sandbox does: for this user alone.
pub fn keep(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
