//! A stack whose repository is there, in front of the sandbox's registry or of a real one.

use ajuda::aws::STACK_TAG;
use aws_sdk_ecr::types::{ImageTagMutability, Tag};
use serde_json::{Value, json};

use crate::binary::{Desk, Ended, run};
use crate::registry::{AUTHORIZATION, Answer, Registry, ask};

/// What ECR's registry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    Sandbox,
    Real,
}

pub const BOTH: [Where; 2] = [Where::Sandbox, Where::Real];

/// A desk with `stacks/production.toml` and the repository `ajuda-digital`.
pub struct Ground {
    pub desk: Desk,
    pub source: Registry,
    target: Option<Registry>,
}

impl Ground {
    pub async fn new(place: Where) -> Self {
        let ground = Self {
            desk: Desk::copy("stacks/production.toml"),
            source: Registry::open(),
            target: (place == Where::Real).then(Registry::closed),
        };
        if let Some(target) = &ground.target {
            let url = format!("http://{}", target.host);
            ground
                .desk
                .sandbox
                .control("POST", "registry", Some(json!({ "url": url })));
        }
        ground.make("ajuda-digital", Some("open-webui")).await;
        ground
    }

    /// Makes a repository, of a stack or of nobody.
    pub async fn make(&self, name: &str, stack: Option<&str>) {
        let cloud = self.desk.sandbox.cloud("open-webui").await;
        let tags =
            stack.map(|stack| vec![Tag::builder().key(STACK_TAG).value(stack).build().unwrap()]);
        cloud
            .ecr
            .create_repository()
            .repository_name(name)
            .image_tag_mutability(ImageTagMutability::Immutable)
            .set_tags(tags)
            .send()
            .await
            .unwrap();
    }

    /// `ajuda deploy push <words>` in the sandbox.
    pub fn push(&self, words: &[&str]) -> Ended {
        run(self
            .desk
            .command()
            .args(["deploy", "push", "--sandbox"])
            .args(words))
    }

    /// `push --from <host>/app:<version>`.
    pub fn from(&self, host: &str, version: &str, words: &[&str]) -> Ended {
        let reference = if version.starts_with("sha256:") {
            format!("{host}/app@{version}")
        } else {
            format!("{host}/app:{version}")
        };
        self.push(&[&["--from", &reference], words].concat())
    }

    /// Asks the registry behind ECR.
    pub fn look(&self, path: &str) -> Answer {
        let host = match &self.target {
            Some(target) => target.host.clone(),
            None => self
                .desk
                .sandbox
                .url
                .trim_start_matches("http://")
                .to_owned(),
        };
        let path = format!("/v2/ajuda-digital/{path}");
        ask(&host, Some(AUTHORIZATION), "GET", &path, "", b"")
    }

    /// Every request to the sandbox's registry since the last look, as `operation target`.
    pub fn wire(&self) -> Vec<String> {
        let all = self.desk.sandbox.control("GET", "requests", None);
        let said = all.as_array().unwrap().iter().map(|entry| {
            let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            format!("{} {}", text("operation"), text("target"))
        });
        let said = said.collect();
        self.desk.sandbox.control("DELETE", "requests", None);
        said
    }

    pub fn faults(&self, rules: Value) {
        self.desk
            .sandbox
            .control("POST", "faults", Some(json!({ "rules": rules })));
    }
}

/// How many of `said` begin with `words`.
pub fn count(said: &[String], words: &str) -> usize {
    said.iter().filter(|line| line.starts_with(words)).count()
}
