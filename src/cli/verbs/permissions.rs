//! `ajuda deploy permissions`: what IAM must allow whoever runs a verb.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use clap::{Args, ValueEnum};

use crate::cli::options::Common;
use crate::cli::session::Session;
use crate::command_error::CommandError;
use crate::exit::Exit;
use crate::permissions::trust::{Jobs, Trust};
use crate::permissions::{Policy, PolicyScope, Verb, policies};
use crate::render::{self, Console, json};

/// Print the least that IAM must allow for this file, as policies, or the trust of a CI system's role
///
/// Without a verb it lists them. Each policy is as long as a managed policy of IAM may be; a role takes ten of them.
///
/// Example: ajuda deploy permissions up --write policies
#[derive(Debug, Args)]
pub struct Permissions {
    #[command(flatten)]
    pub(super) common: Common,
    /// Whose policies: `plan` only reads, `update` also covers rollback, scale, push and run
    #[arg(value_name = "VERB", value_parser = verb_parser(), conflicts_with = "trust")]
    verb: Option<Verb>,
    /// Write each policy to a file in this directory, as `aws iam create-policy` takes it
    #[arg(long, value_name = "DIRECTORY", requires = "verb")]
    write: Option<PathBuf>,
    /// Print the trust policy of a role that this CI system's jobs take, instead of permissions
    #[arg(long, value_enum, requires = "repository")]
    trust: Option<System>,
    /// With --trust: the repository or project, such as `example/deploy`
    #[arg(long, value_name = "OWNER/NAME", requires = "trust", value_parser = path)]
    repository: Option<String>,
    /// With --trust: jobs of this branch; without it and the next two, of `main`
    #[arg(long, requires = "trust", value_parser = name)]
    branch: Option<String>,
    /// With --trust: jobs of this tag
    #[arg(long, requires = "trust", conflicts_with = "branch", value_parser = name)]
    tag: Option<String>,
    /// With --trust github: jobs of this deployment environment
    #[arg(long, requires = "trust", conflicts_with_all = ["branch", "tag"], value_parser = name)]
    environment: Option<String>,
    /// With --trust github: the owner's number, for immutable subject claims
    #[arg(long, value_name = "NUMBER", requires = "repository_id")]
    owner_id: Option<u64>,
    /// With --trust github: the repository's number, for immutable subject claims
    #[arg(long, value_name = "NUMBER", requires_all = ["owner_id", "trust"])]
    repository_id: Option<u64>,
    /// With --trust gitlab: the host of a GitLab of one's own
    #[arg(long, requires = "trust", value_parser = host)]
    host: Option<String>,
}

/// A CI system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
enum System {
    GitHub,
    GitLab,
}

fn verb_parser() -> impl clap::builder::TypedValueParser<Value = Verb> {
    PossibleValuesParser::new(Verb::ALL.map(Verb::name)).try_map(|name| {
        let found = Verb::ALL.into_iter().find(|verb| verb.name() == name);
        found.ok_or("no such verb")
    })
}

/// Something that a subject claim names: no wildcard, which would be taken for the character.
fn name(text: &str) -> Result<String, String> {
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && !"*?".contains(c);
    match !text.is_empty() && text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("has to be one whole name, without blanks and wildcards".to_owned()),
    }
}

fn path(text: &str) -> Result<String, String> {
    let parts = name(text)?;
    match parts.contains('/') && parts.split('/').all(|part| !part.is_empty()) {
        true => Ok(parts),
        false => Err("has to be written as OWNER/NAME".to_owned()),
    }
}

fn host(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    match text.contains('.') && text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("has to be a host, such as gitlab.example.org".to_owned()),
    }
}

impl Permissions {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let trust = self.trust()?;
        let session = Session::open_unplanned(&self.common, console).await?;
        let place = &session.cloud.place;
        if let Some(trust) = trust {
            let document = trust.document(&place.partition, &place.account);
            if console.is_json() {
                console.document(&json::trust(&trust, &document));
            } else {
                console.out(&render::trust_document(&document));
                console.notice(render::trust_notice(&trust));
            }
            return Ok(Exit::Done);
        }
        let graph = session.as_called().await;
        let scope = PolicyScope {
            stack: &session.stack,
            place,
            graph: &graph,
        };
        let of = |verb| (verb, policies(verb, &scope));
        let all: Vec<(Verb, Vec<Policy>)> = match self.verb {
            Some(verb) => vec![of(verb)],
            None => Verb::ALL.into_iter().map(of).collect(),
        };
        if let (Some(directory), [(_, policies)]) = (&self.write, &all[..]) {
            write(directory, policies)?;
        }
        if console.is_json() {
            console.document(&json::permissions(&all));
            return Ok(Exit::Done);
        }
        match (&self.write, &all[..]) {
            (Some(directory), [(_, policies)]) => {
                let made = render::policies_written(directory, policies, console.place());
                console.show(made);
            }
            (None, [(_, policies)]) if self.verb.is_some() => {
                for policy in policies {
                    console.say(render::policy_head(policy));
                    console.out(&policy.document.text());
                }
            }
            _ => console.show(render::permissions(&all, console.place(), console.style())),
        }
        Ok(Exit::Done)
    }

    fn trust(&self) -> Result<Option<Trust>, CommandError> {
        let Some((system, repository)) = self.trust.zip(self.repository.clone()) else {
            return Ok(None);
        };
        let wrong = |flag: &str, system: &str| {
            Err(CommandError::error(format!(
                "{flag} does not go with --trust {system}"
            )))
        };
        let jobs = match (&self.tag, &self.environment) {
            (Some(tag), _) => Jobs::Tag(tag.clone()),
            (_, Some(environment)) => Jobs::Environment(environment.clone()),
            _ => Jobs::Branch(self.branch.clone().unwrap_or_else(|| "main".to_owned())),
        };
        match system {
            System::GitHub if self.host.is_some() => wrong("--host", "github"),
            System::GitHub => Ok(Some(Trust::GitHub {
                repository,
                ids: self.owner_id.zip(self.repository_id),
                jobs,
            })),
            System::GitLab if self.environment.is_some() => wrong("--environment", "gitlab"),
            System::GitLab if self.owner_id.is_some() => wrong("--owner-id", "gitlab"),
            System::GitLab => Ok(Some(Trust::GitLab {
                host: self.host.clone().unwrap_or_else(|| "gitlab.com".to_owned()),
                project: repository,
                jobs,
            })),
        }
    }
}

/// Writes each policy to `<name>.json`.
fn write(directory: &Path, policies: &[Policy]) -> Result<(), CommandError> {
    let failed = |path: &Path, error: std::io::Error| {
        CommandError::error(format!("cannot write {}: {error}", path.display()))
    };
    std::fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
    for policy in policies {
        let path = directory.join(format!("{}.json", policy.name));
        std::fs::write(&path, policy.document.text()).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}
