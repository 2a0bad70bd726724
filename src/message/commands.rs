//! The commands that rooms below the command line tell an operator to type: here alone stands how they are written.

use super::{Command, Verb};

/// A line is the name of a command, its arguments each with an example, its verb, and the words behind that.
macro_rules! commands {
    ($(#[doc = $doc:literal] $name:ident($($arg:ident = $example:literal),*) $verb:ident [$($word:expr),*] $($shell:literal)?;)*) => {
        $(
            #[doc = $doc]
            pub fn $name($($arg: impl std::fmt::Display),*) -> Command {
                Command::new(Verb::$verb)$(.arg($word.to_string()))*$(.shell($shell))?
            }
        )*

        /// Each of them once, with its examples.
        #[cfg(test)]
        pub(crate) fn examples() -> Vec<Command> {
            vec![$($name($($example),*),)*]
        }
    };
}

commands! {
    /// Takes over what is at this address.
    adopt(address = "bucket/uploads") Adopt [address];
    /// Lists the backups of the database.
    db_backups() DbBackups [];
    /// Brings the database back to this snapshot.
    db_restore(snapshot = "NAME") DbRestore ["--snapshot", snapshot];
    /// Brings the database back to this moment.
    db_restore_to_time(time = "latest") DbRestore ["--to-time", time];
    /// Writes a stack file.
    example() Example [] "> deploy.toml";
    /// Shows what a service ran.
    history(service = "web") History ["--service", service];
    /// Shows the log of a service of the last hour.
    logs_of_the_last_hour(service = "web") Logs ["--service", service, "--since", "1h"];
    /// Shows the log of a task of the last hour.
    logs_of_task(service = "web", task = "0123456789abcdef") Logs ["--service", service, "--task", task, "--since", "1h"];
    /// Prints the policies of every verb.
    permissions() Permissions [];
    /// Prints the policies of `up`.
    permissions_of_up() Permissions ["up"];
    /// Shows what `up` would do.
    plan() Plan [];
    /// Pushes an image.
    push() Push [];
    /// Builds a directory and pushes it.
    push_directory(directory = "DIRECTORY", service = "web", tag = "v1") Push [directory, "--service", service, "--tag", tag];
    /// Builds a directory by this file and pushes it.
    push_dockerfile(directory = "DIRECTORY/src", dockerfile = "Dockerfile_ecs") Push [directory, "--dockerfile", dockerfile];
    /// Pushes an image of a service.
    push_service(service = "web") Push ["--service", service];
    /// Copies an image that somebody publishes.
    push_published(service = "web", from = "ghcr.io/example/web:v1", tag = "v1") Push ["--service", service, "--from", from, "--tag", tag];
    /// Builds an image that nobody publishes from its sources and pushes it.
    push_sources(tag = "v1") Push ["--gateway", "--tag", tag];
    /// Goes back to what ran well before.
    rollback(service = "web") Rollback ["--service", service];
    /// Goes back to this revision.
    rollback_to(service = "web", revision = 3) Rollback ["--service", service, "--to", revision];
    /// Goes back to this revision, and with the database to the snapshot that was taken before what runs.
    rollback_to_with_database(service = "web", revision = 3) Rollback ["--service", service, "--to", revision, "--restore-snapshot"];
    /// Goes back to this revision, and with the database to this snapshot.
    rollback_to_with_snapshot(service = "web", revision = 3, snapshot = "NAME") Rollback ["--service", service, "--to", revision, "--restore-snapshot", snapshot];
    /// Goes back, and with the database to the snapshot that was taken before what runs.
    rollback_with_database(service = "web") Rollback ["--service", service, "--restore-snapshot"];
    /// Starts so many tasks.
    scale(service = "web", tasks = 1) Scale [format!("{service}={tasks}")];
    /// Shows how the stack is.
    status() Status [];
    /// Lists the tasks of each service.
    tasks() Status ["--output", "json"] "| jq '.services[].tasks'";
    /// Leads to the database.
    tunnel() Tunnel [];
    /// Brings the stack up.
    up() Up [];
    /// Brings the stack up, and takes over what is at this address.
    up_adopting(address = "bucket/uploads") Up ["--adopt", address];
    /// Brings the stack up, with nothing in what is gone at this address.
    up_with_empty(address = "db-instance/main") Up ["--empty", address];
    /// Brings the stack up with an image of this tag.
    up_with_image(image = "TAG") Up ["--image", image];
    /// Brings the stack up, with vectors of another length in the database.
    up_with_new_vectors() Up ["--new-vector-length"];
    /// Runs another image.
    update(service = "web", image = "TAG") Update ["--service", service, "--image", image];
}

/// Signs in anew, where the profile is one of IAM Identity Center.
pub fn sign_in() -> Command {
    Command::aws("sso login")
}

/// Prints the password that a secret of the database holds.
pub fn database_password(secret: &str) -> Command {
    Command::aws("secretsmanager get-secret-value")
        .option("--secret-id", secret)
        .option("--query", "SecretString")
        .option("--output", "text")
        .shell("| jq -r .password")
}
