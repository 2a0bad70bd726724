//! What can be said of an instance of RDS, and what AWS has of it.

use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::Serialize;

use crate::aws::Tags;
use crate::engine::{Class, Fault, as_one};
use crate::message::{Command, Message, message};
use crate::resources::secrets_manager::secret_version::SecretVersion;

/// What can be said of an instance, in the file's words. What waits for the maintenance window counts
/// as done.
#[derive(Debug, Clone, Serialize)]
pub struct DbInstanceProps {
    pub(super) identifier: String,
    /// Whether it has come up once and is not being deleted.
    pub(super) available: bool,
    /// Whether changes wait for the maintenance window; not compared when they may.
    pub(super) deferred: Option<bool>,
    pub(super) version: String,
    pub(crate) instance_class: String,
    pub(crate) storage_gb: u32,
    /// Storage autoscaling's ceiling; 0: it does not grow.
    pub(super) max_storage_gb: u32,
    pub(crate) storage_type: String,
    pub(crate) iops: Option<u32>,
    pub(crate) throughput: Option<u32>,
    pub(crate) multi_az: bool,
    pub(super) name: String,
    pub(super) master_username: String,
    /// The secret, and the version of it, that the password is from.
    #[serde(serialize_with = "as_one")]
    pub(super) master_password: SecretVersion,
    pub(super) parameter_group: String,
    pub(super) subnet_group: String,
    pub(super) groups: Vec<String>,
    pub(super) public: bool,
    pub(super) encrypted: bool,
    pub(super) kms_key: Option<String>,
    pub(super) backup_days: u32,
    pub(super) backup_window: Option<String>,
    pub(super) maintenance_window: Option<String>,
    pub(super) auto_minor_version: bool,
    pub(super) extended_support: bool,
    pub(super) performance_insights: bool,
    pub(super) performance_insights_days: Option<i32>,
    pub(super) database_insights: String,
    /// Seconds between the operating system's metrics; 0 is none.
    pub(super) monitoring_seconds: u32,
    /// The ARN of the role that writes them; not compared where there are none.
    pub(super) monitoring_role: Option<String>,
    pub(super) iam_authentication: bool,
    pub(super) log_exports: Vec<String>,
    pub(super) deletion_protection: bool,
    pub(super) final_snapshot: bool,
    pub(super) copy_tags: bool,
    pub(super) disposable: bool,
    pub(super) tags: Tags,
}

/// An instance as AWS has it.
#[derive(Debug, Clone)]
pub struct DbInstanceLive {
    /// Its identifier.
    pub identifier: String,
    /// Its ARN.
    pub arn: String,
    /// Host name; empty until it has come up.
    pub host: String,
    /// The port it listens on.
    pub port: u16,
    /// `db-…`, which policies of IAM database authentication name.
    pub resource_id: String,
    /// RDS's word for what it is doing.
    pub status: String,
    pub(super) props: DbInstanceProps,
    /// What waits for the maintenance window, in words.
    pub(super) pending: Vec<String>,
    pub(super) password_pending: bool,
    /// Whether parameters wait for a restart.
    pub(super) restart: bool,
    /// Whether an update asked for changes at once.
    pub(super) settling: bool,
    /// The version that it runs, another asked for or not.
    pub(super) runs: String,
    /// Gibibytes that it has, more asked for or not.
    pub(super) storage_gb: u32,
    /// IOPS and MiB/s that it has, asked for or not.
    pub(super) speed: (i32, i32),
    pub(super) tags: Tags,
}

impl DbInstanceLive {
    /// Gibibytes it has now, whatever was asked for.
    pub fn storage_gb(&self) -> u32 {
        self.storage_gb
    }

    /// The version of PostgreSQL that it will run when what was asked for is done.
    pub fn version(&self) -> &str {
        &self.props.version
    }

    /// The version of PostgreSQL that it runs now.
    pub fn runs(&self) -> &str {
        &self.runs
    }

    /// Whether it is up, coming up or being changed, and will be available by itself.
    pub fn is_fit(&self) -> bool {
        self.ensure_usable().is_ok()
    }

    /// Whether it is beyond what RDS mends (RDS User Guide, "Viewing DB instance status").
    pub(super) fn is_broken(&self) -> bool {
        self.status.starts_with("incompatible-")
            || self.status.starts_with("inaccessible-")
            || ["failed", "restore-error", "insufficient-capacity"].contains(&self.status.as_str())
    }

    /// Fails when it will not come up by itself.
    pub(super) fn ensure_usable(&self) -> Result<(), Fault> {
        let fault = || {
            Fault::new(
                self.identifier.clone(),
                Class::Failed,
                format!("the instance is {}", self.status),
            )
        };
        if self.is_broken() {
            let events = Command::aws("rds describe-events")
                .option("--source-type", "db-instance")
                .option("--source-identifier", &self.identifier);
            return Err(fault().hint(message![events, " says why"]));
        }
        if ["stopped", "stopping"].contains(&self.status.as_str()) {
            let start = Command::aws("rds start-db-instance")
                .option("--db-instance-identifier", &self.identifier);
            return Err(fault().hint(message![start, ", and again"]));
        }
        Ok(())
    }

    /// The name of the snapshot that a deletion leaves: no two are the same.
    pub(super) fn final_snapshot_name(&self) -> String {
        let now = SystemTime::now();
        let text = DateTime::from(now)
            .fmt(Format::DateTime)
            .unwrap_or_default();
        let digits: String = text.chars().filter(char::is_ascii_digit).take(14).collect();
        // The same name can be made and removed twice in a second where clocks run fast.
        let part = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.subsec_micros());
        format!("{}-final-{digits}{part:06}", self.identifier)
    }

    /// The tags that the stack file gives it.
    pub fn file_tags(&self) -> Tags {
        self.props.tags.clone()
    }

    /// Whether its volume is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.props.encrypted
    }

    /// What waits for the maintenance window, or is being done, in words.
    pub fn waits(&self) -> &[String] {
        &self.pending
    }

    /// What an operator should know of it.
    pub fn notes(&self) -> Vec<Message> {
        let mut notes = Vec::new();
        if !self.pending.is_empty() {
            let what = self.pending.join(", ");
            let window = self.props.maintenance_window.as_deref().unwrap_or_default();
            let waits = if self.status == "available" {
                format!(
                    "waits for the maintenance window {window} UTC: {what}; `apply_immediately = true` does it now"
                )
            } else {
                format!("is {}: {what}", self.status)
            };
            notes.push(waits.into());
        }
        if self.restart {
            let restart = Command::aws("rds reboot-db-instance")
                .option("--db-instance-identifier", &self.identifier);
            notes.push(message!["parameters wait for a restart: ", restart]);
        }
        if !self.props.encrypted {
            let plain = "its storage is not encrypted, and RDS encrypts only a copy of a snapshot";
            notes.push(plain.into());
        }
        if let Err(unfit) = self.ensure_usable() {
            notes.push(match unfit.hint {
                Some(hint) => message![unfit.message, ": ", hint],
                None => unfit.message.into(),
            });
        }
        notes
    }
}
