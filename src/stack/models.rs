//! `[models]` and `[provider.NAME]`: where answers and embeddings come from.

use std::collections::BTreeMap;

use super::model::{Audience, Models, Provider, SecretSource};
use super::problem::Problem;
use super::read::Table;
use super::secret::{self, Making};
use super::stack_table::StackTable;
use super::text::{self, all};
use super::value_error::{ValueError, word};

/// Vector lengths of the embedding models the gateway answers for.
const EMBEDDINGS: [(&str, u32); 5] = [
    ("amazon.titan-embed-text-v1", 1536),
    ("amazon.titan-embed-text-v2:0", 1024),
    ("cohere.embed-english-v3", 1024),
    ("cohere.embed-multilingual-v3", 1024),
    ("amazon.nova-2-multimodal-embeddings-v1:0", 3072),
];

/// What `visible_to` may be.
const AUDIENCES: [(&str, Audience); 2] = [
    ("everyone", Audience::Everyone),
    ("administrators", Audience::Administrators),
];

/// What messages name as an example of a chat model; `docs/models.md` says until when it is offered.
pub(crate) const EXAMPLE: &str = "us.anthropic.claude-sonnet-4-6";

/// The longest `vector` that pgvector can index.
const LONGEST: u32 = 2000;

pub(crate) fn read(root: &mut Table<'_>) -> Models {
    let mut table = root.table("models");
    let embedding = table
        .parsed("embedding", embedding)
        .unwrap_or_else(|| "amazon.titan-embed-text-v1".to_owned());
    let written = table.number("dimensions", 1..=LONGEST, "");
    let known = EMBEDDINGS
        .iter()
        .find(|(id, _)| *id == embedding)
        .map(|(_, length)| *length);
    check(&table, &embedding, written, known);
    let models = Models {
        dimensions: written.or(known).unwrap_or(1536).min(LONGEST),
        embedding,
        chat: table.parsed_list("chat", model).unwrap_or_default(),
        visible_to: table
            .parsed("visible_to", |text| word(text, &AUDIENCES))
            .unwrap_or(Audience::Everyone),
    };
    refuse_twice(&table, "chat", &models.chat);
    table.finish();
    models
}

fn check(table: &Table<'_>, embedding: &str, written: Option<u32>, known: Option<u32>) {
    let report = table.report();
    let path = table.path_of("dimensions");
    if !report.sound(&[&path, &table.path_of("embedding")]) {
        return;
    }
    match (known, written) {
        (Some(known), Some(written)) if known != written => {
            let mut problem = Problem::new(
                report.at(&path),
                format!("the vectors of `{embedding}` are not {written} long"),
                format!("must be {known}"),
            )
            .hint("leave `dimensions` out: it is known for this model");
            if table.has("embedding") {
                problem = problem.also(report.at(&table.path_of("embedding")), "this model");
            }
            report.add(problem);
        }
        (None, None) => report.add(
            Problem::new(
                report.at(&table.path_of("embedding")),
                format!("how long the vectors of `{embedding}` are is not known here"),
                "needs `dimensions`",
            )
            .hint("write dimensions = …; it cannot be changed once documents are stored"),
        ),
        _ => {}
    }
}

fn embedding(text: &str) -> Result<String, ValueError> {
    if let Some((_, length)) = EMBEDDINGS
        .iter()
        .find(|(id, length)| *id == text && *length > LONGEST)
    {
        return Err(ValueError::new(
            format!("has vectors of {length}"),
            format!("pgvector's index takes {LONGEST} at most"),
        )
        .hint("write \"amazon.titan-embed-text-v2:0\" or leave it out"));
    }
    let near = EMBEDDINGS
        .iter()
        .map(|(id, _)| *id)
        .find(|id| id.split(':').next() == Some(text));
    if let Some(near) = near.filter(|near| *near != text) {
        return Err(ValueError::new(
            "lacks its version",
            format!("did you mean `{near}`?"),
        ));
    }
    text::filled(text)?;
    plain(text)
}

/// A model, an inference profile, or the ARN of one.
fn model(text: &str) -> Result<String, ValueError> {
    if text.starts_with("arn:") {
        super::arn::arn(
            text,
            "bedrock",
            &["inference-profile/", "application-inference-profile/"],
        )?;
        return Ok(text.to_owned());
    }
    if !text.contains('.') {
        return Err(ValueError::new(
            "is not a model",
            format!("must look like `{EXAMPLE}`"),
        ));
    }
    plain(text)
}

/// Ids of models as Bedrock and providers write them; `;` and spaces would end them.
fn plain(text: &str) -> Result<String, ValueError> {
    if text.len() <= 256 && all(text, |c| c.is_ascii_alphanumeric() || "-._:/".contains(c)) {
        Ok(text.to_owned())
    } else {
        Err(ValueError::new(
            "is not a model",
            "must be letters, digits and `-._:/`",
        ))
    }
}

fn refuse_twice(table: &Table<'_>, key: &str, ids: &[String]) {
    let report = table.report();
    let path = table.path_of(key);
    for (index, id) in ids.iter().enumerate() {
        if report.sound(&[&path])
            && let Some(first) = ids.iter().take(index).position(|other| other == id)
        {
            report.add(
                Problem::new(
                    report.at(&format!("{path}[{index}]")),
                    format!("`{id}` is named twice"),
                    "again",
                )
                .also(report.at(&format!("{path}[{first}]")), "first here"),
            );
        }
    }
}

/// `[provider.NAME]`.
pub(crate) fn providers(
    root: &mut Table<'_>,
    stack_table: &StackTable,
) -> BTreeMap<String, Provider> {
    let mut providers = BTreeMap::new();
    for (name, mut table) in root.tables("provider") {
        let report = table.report();
        if let Err(wrong) = text::slug(name.value, 1, 30) {
            report.add(wrong.at(table.path(), name.span));
        }
        let url = table.parsed("url", text::https_url);
        let key = secret::read(&mut table, "key", Making::Elsewhere, stack_table.region());
        let models = table.parsed_list("models", plain).unwrap_or_default();
        refuse_twice(&table, "models", &models);
        let variable = format!("{}_API_KEY", name.value.to_uppercase().replace('-', "_"));
        if !table.has("url") {
            table.missing("url", "write url = \"https://api.example.org/v1\"");
        }
        if !table.has("key") {
            table.missing("key", format!("write key = {{ env = \"{variable}\" }}"));
        }
        table.finish();
        let provider = Provider {
            url: url.unwrap_or_default(),
            key: key.unwrap_or(SecretSource::Env(variable)),
            models,
        };
        providers.insert(name.value.to_owned(), provider);
    }
    providers
}
