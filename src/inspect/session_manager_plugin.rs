//! AWS's session manager plugin: the program that carries a session's keys and bytes.
//!
//! It is called as the AWS CLI calls it: the answer of the call that began the session, the region,
//! `StartSession`, the profile, the request, the endpoint (`awscli/customizations/sessionmanager.py`).
//!
//! It is a program of its own, so it gets what it needs to find its way and no credential: it needs
//! none to join a session, and those of a profile it finds itself where Session Manager is set to
//! encrypt with KMS. The token of the one session that it is to join is the one secret that it is given.

use std::io;
use std::process::ExitStatus;

use serde_json::Value;
use tokio::process::Command;

use crate::aws::Cloud;
use crate::engine::{Class, Fault};

const PROGRAM: &str = "session-manager-plugin";
/// The variable that newer plugins take the session from, so that its token is in no argument list.
const VARIABLE: &str = "AWS_SSM_START_SESSION_RESPONSE";
/// The last version that does not know the variable.
const LAST_WITHOUT: [u32; 4] = [1, 2, 497, 0];

/// What of the operator's environment it is given: where programs and files are, who and where the
/// operator is, how the network is reached, which profile is meant.
const PASSED: [&str; 27] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TERM",
    "COLORTERM",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "AWS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "AWS_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_KMS",
    "AWS_ENDPOINT_URL_SSM",
];
/// What Windows needs besides to start a program.
const OF_WINDOWS: [&str; 6] = [
    "SystemRoot",
    "SystemDrive",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "TEMP",
];

/// Where the plugin's own calls of AWS go.
#[derive(Debug, Clone, Copy)]
pub enum Place<'p> {
    /// To AWS, as this profile where one is named.
    Aws(Option<&'p str>),
    /// To the sandbox at this address, as nobody.
    Sandbox(&'p str),
}

/// The plugin of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plugin {
    version: String,
}

/// A session that AWS has opened.
pub struct Session {
    /// AWS's answer: id, address and token.
    pub opened: Value,
    /// What was asked of AWS.
    pub request: Value,
}

impl Plugin {
    /// The plugin, if this machine has it.
    ///
    /// # Errors
    /// When it does not, with how to get it.
    pub async fn find() -> Result<Self, Fault> {
        let answer = program().arg("--version").output().await;
        match answer {
            Ok(answer) => Ok(Self {
                version: String::from_utf8_lossy(&answer.stdout).trim().to_owned(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(missing()),
            Err(error) => Err(Fault::new(
                PROGRAM,
                Class::Invalid,
                format!("{PROGRAM} does not start: {error}"),
            )),
        }
    }

    /// Hands the terminal to the plugin until the session ends, Ctrl-C and Ctrl-\ included.
    ///
    /// # Errors
    /// When the plugin does not start.
    pub async fn carry(
        &self,
        cloud: &Cloud,
        place: Place<'_>,
        session: &Session,
    ) -> io::Result<ExitStatus> {
        let mut command = program();
        let profile = match place {
            Place::Aws(profile) => profile.unwrap_or_default(),
            Place::Sandbox(url) => {
                command.envs(nobody(url)).env_remove("AWS_PROFILE");
                ""
            }
        };
        let opened = session.opened.to_string();
        if self.takes_variable() {
            command.arg(VARIABLE).env(VARIABLE, opened);
        } else {
            command.arg(opened);
        }
        let request = session.request.to_string();
        let rest = [
            cloud.place.region.as_str(),
            "StartSession",
            profile,
            request.as_str(),
            cloud.ssm.endpoint(),
        ];
        let mut child = command.args(rest).spawn()?;
        // Both are for what runs in the session: the plugin takes them there.
        loop {
            tokio::select! {
                ended = child.wait() => return ended,
                _ = tokio::signal::ctrl_c() => {}
                () = quit() => {}
            }
        }
    }

    fn takes_variable(&self) -> bool {
        let parts: Option<Vec<u32>> = self
            .version
            .split('.')
            .map(|part| part.parse().ok())
            .collect();
        parts.is_some_and(|parts| parts.as_slice() > LAST_WITHOUT.as_slice())
    }
}

/// The plugin, with what it needs of the environment and nothing else.
fn program() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear();
    let more = if cfg!(windows) { &OF_WINDOWS[..] } else { &[] };
    for name in PASSED.iter().chain(more) {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// What keeps the plugin's own calls of AWS in the sandbox, without a credential of the operator.
fn nobody(sandbox: &str) -> [(&'static str, &str); 8] {
    let no_file = if cfg!(windows) { "NUL" } else { "/dev/null" };
    [
        ("AWS_ENDPOINT_URL", sandbox),
        ("AWS_ENDPOINT_URL_KMS", sandbox),
        ("AWS_ENDPOINT_URL_SSM", sandbox),
        ("AWS_ACCESS_KEY_ID", "sandbox"),
        ("AWS_SECRET_ACCESS_KEY", "sandbox"),
        ("AWS_CONFIG_FILE", no_file),
        ("AWS_SHARED_CREDENTIALS_FILE", no_file),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]
}

/// Waits for Ctrl-\.
#[cfg(unix)]
async fn quit() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::quit()) {
        Ok(mut quit) => drop(quit.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn quit() {
    std::future::pending().await
}

fn missing() -> Fault {
    let how = if cfg!(target_os = "macos") {
        "`brew install --cask session-manager-plugin`, or"
    } else {
        "install AWS's package:"
    };
    Fault::new(
        PROGRAM,
        Class::Invalid,
        format!("this needs AWS's {PROGRAM}, and it is not on this machine's PATH"),
    )
    .hint(format!(
        "{how} https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"
    ))
}

#[cfg(test)]
mod tests {
    use super::Plugin;

    #[test]
    fn a_newer_plugin_takes_the_token_from_a_variable() {
        let takes = |version: &str| {
            let version = version.to_owned();
            Plugin { version }.takes_variable()
        };
        for (version, right) in [
            ("1.2.497.0", false),
            ("1.2.398.1", false),
            ("1.2.498.0", true),
            ("1.2.1000.0", true),
            ("2.0.0.0", true),
            ("unknown", false),
            ("", false),
        ] {
            assert_eq!(takes(version), right, "{version}");
        }
    }
}
