//! AWS's session manager plugin: the program that carries a session's keys and bytes.
//!
//! It is called as the AWS CLI calls it: the answer of the call that began the session, the region,
//! `StartSession`, the profile, the request, the endpoint (`awscli/customizations/sessionmanager.py`).

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
        let answer = Command::new(PROGRAM).arg("--version").output().await;
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

    /// Hands the terminal to the plugin until the session ends.
    ///
    /// # Errors
    /// When the plugin does not start.
    pub async fn carry(
        &self,
        cloud: &Cloud,
        profile: Option<&str>,
        session: &Session,
    ) -> io::Result<ExitStatus> {
        let mut command = Command::new(PROGRAM);
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
            profile.unwrap_or_default(),
            request.as_str(),
            cloud.ssm.endpoint(),
        ];
        let mut child = command.args(rest).spawn()?;
        // Ctrl-C is for what runs in the session: the plugin takes it there.
        loop {
            tokio::select! {
                ended = child.wait() => return ended,
                _ = tokio::signal::ctrl_c() => {}
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
