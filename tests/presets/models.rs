//! Which Bedrock models the shipped files, hints and pages name, and what a gateway falls back to.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ajuda::presets::bedrock_models::{foundation_of_profile, used};
use ajuda::presets::known_models::{KNOWN_MODELS, LOOKED_UP, default_chat, known};
use ajuda::stack::{Audience, Value};

use crate::{guide, of, with_litellm};

/// The day on which what is shipped must be usable: not this machine's.
const DAY: &str = "2026-11-28";

/// How the ids of models begin that somebody might name.
const FAMILIES: [&str; 10] = [
    "ai21.jamba",
    "amazon.nova",
    "amazon.titan",
    "anthropic.claude",
    "cohere.command",
    "cohere.embed",
    "deepseek.",
    "meta.llama",
    "mistral.",
    "openai.gpt",
];

fn files_below(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            files_below(&entry.unwrap().path(), found);
        }
    } else {
        found.push(path.to_owned());
    }
}

/// Every id of a model in a text, with its geography if it has one.
fn ids(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c)))
        .map(|word| word.trim_matches(['.', ':', '-']))
        .filter(|word| {
            let bare = foundation_of_profile(word).unwrap_or(word);
            FAMILIES
                .iter()
                .any(|family| bare.starts_with(family) && bare.len() > family.len())
        })
        .collect()
}

#[test]
fn every_model_that_is_named_anywhere_is_known_and_lives() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for place in [
        "README.md",
        "deploy.example.toml",
        "docs",
        "examples",
        "src",
        "stacks",
    ] {
        files_below(&root.join(place), &mut files);
    }
    let mut named = BTreeSet::new();
    let mut wrong = Vec::new();
    for file in files {
        let name = file.strip_prefix(root).unwrap().display().to_string();
        // these two tell of models that have ended; unit tests are no advice
        let tells = ["src/presets/known_models.rs", "docs/models.md"].contains(&name.as_str());
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        if name.ends_with("/tests.rs") {
            continue;
        }
        for id in ids(&text) {
            let (geography, model) = match foundation_of_profile(id) {
                Some(model) => (id.split('.').next(), model),
                None => (None, id),
            };
            let Some(known) = known(model) else {
                wrong.push(format!(
                    "{name}: {id} is not in src/presets/known_models.rs"
                ));
                continue;
            };
            if geography.is_some_and(|geography| !known.profiles.contains(&geography)) {
                wrong.push(format!("{name}: {model} has no profile {id}"));
            }
            if !tells && known.ends.is_some_and(|ends| ends <= DAY) {
                wrong.push(format!("{name}: {id} has reached its end of life"));
            }
            if !tells {
                named.insert(id.to_owned());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // the search finds what is there
    for id in [
        "us.anthropic.claude-sonnet-4-6",
        "amazon.titan-embed-text-v1",
    ] {
        assert!(named.contains(id), "{id} in {named:?}");
    }
}

#[test]
fn the_table_of_models_says_the_same_as_the_page_and_the_sandbox() {
    let page = include_str!("../../docs/models.md");
    assert!(page.contains(LOOKED_UP));
    let sandbox = include_str!("../../sandbox/ajuda_sandbox/services/bedrock/catalogue.py");
    for model in KNOWN_MODELS {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{}` |", model.id)))
            .unwrap_or_else(|| panic!("{} is not in docs/models.md", model.id));
        let ends = model.ends.unwrap_or("none announced");
        assert!(row.contains(ends), "{row} says {ends}");
        let offered = sandbox.contains(&format!("(\"{}\"", model.id));
        assert!(
            !offered || model.ends.is_none_or(|ends| ends > LOOKED_UP),
            "the sandbox offers {}, which has ended",
            model.id
        );
    }
}

#[test]
fn a_gateway_without_chat_models_falls_back_to_one_of_its_geography() {
    for (region, model) in [
        (None, "global.amazon.nova-2-lite-v1:0"),
        (Some("us-east-1"), "us.amazon.nova-2-lite-v1:0"),
        (Some("eu-west-1"), "eu.amazon.nova-2-lite-v1:0"),
        (Some("ap-northeast-1"), "jp.amazon.nova-2-lite-v1:0"),
        (Some("ap-southeast-1"), "global.amazon.nova-2-lite-v1:0"),
        (Some("us-gov-west-1"), "amazon.nova-lite-v1:0"),
    ] {
        assert_eq!(default_chat(region), model, "{region:?}");
        let mut stack = guide();
        stack.region = region.map(str::to_owned);
        stack.models.chat.clear();
        let gateway = of(&stack, "bedrock-gateway");
        let variable = |name: &str| gateway.environment.get(name).cloned();
        assert_eq!(
            variable("DEFAULT_MODEL"),
            Some(Value::Text(model.to_owned()))
        );
        let embedding = Some(Value::Text(stack.models.embedding.clone()));
        assert_eq!(variable("DEFAULT_EMBEDDING_MODEL"), embedding);
        let known = known(foundation_of_profile(model).unwrap_or(model)).unwrap();
        assert_eq!(known.ends, None, "{model}");
    }
}

#[test]
fn what_a_stack_uses_is_its_chat_models_and_its_embedding_model() {
    let uses = |stack: &ajuda::stack::Stack| {
        used(stack, "eu-west-1")
            .into_iter()
            .map(|one| (one.id, one.key))
            .collect::<Vec<_>>()
    };
    let mut stack = guide();
    stack.models.chat = vec!["us.anthropic.claude-sonnet-4-6".to_owned()];
    let embedding = (stack.models.embedding.clone(), Some("models.embedding"));
    let chat = (
        "us.anthropic.claude-sonnet-4-6".to_owned(),
        Some("models.chat"),
    );
    assert_eq!(uses(&stack), [chat.clone(), embedding.clone()]);
    stack.models.chat.clear();
    let fallback = ("eu.amazon.nova-2-lite-v1:0".to_owned(), None);
    assert_eq!(uses(&stack), [fallback, embedding.clone()]);
    stack.services.remove("bedrock-gateway");
    assert_eq!(uses(&stack), []);
    let litellm = uses(&with_litellm());
    assert_eq!(litellm, [chat, embedding]);
}

#[test]
fn approved_users_see_the_models_unless_the_file_says_otherwise() {
    let bypass = |stack: &ajuda::stack::Stack| {
        let app = of(stack, "open-webui");
        app.environment.get("BYPASS_MODEL_ACCESS_CONTROL").cloned()
    };
    let mut stack = guide();
    assert_eq!(bypass(&stack), Some(Value::Text("true".to_owned())));
    stack.models.visible_to = Audience::Administrators;
    assert_eq!(bypass(&stack), Some(Value::Text("false".to_owned())));
}

/// Subscribing is an act of the account's owner, not of a task that the internet talks to.
#[test]
fn no_task_may_subscribe_to_models() {
    for (stack, name) in [
        (guide(), "bedrock-gateway"),
        (guide(), "open-webui"),
        (with_litellm(), "litellm"),
    ] {
        for statement in of(&stack, name).statements {
            for action in statement.actions {
                let subscribes = action.starts_with("aws-marketplace:")
                    || action.contains("Agreement")
                    || action.contains("UseCase");
                assert!(!subscribes, "{name} may {action}");
            }
        }
    }
}
