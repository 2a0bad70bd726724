//! Where Open WebUI finds its models: the Bedrock gateway first, then the other providers by name.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Settings;
use crate::message::{commands, message};
use crate::presets::{Vectors, gateway_url};
use crate::stack::{Audience, SecretRef, Stack};

const LENGTH: &str = "PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH";
const MODEL: &str = "RAG_EMBEDDING_MODEL";

/// What documents are found by. Open WebUI ends at its start when the column has another length: "Cannot change
/// vector size after initialization without migrating the data" (`retrieval/vector/dbs/pgvector.py`).
pub(super) const VECTORS: Vectors = Vectors {
    length: LENGTH,
    other_length: |was, is| {
        message![
            format!(
                "the vectors in the database have {was} numbers each, and Open WebUI does not start with \
                 {is}: keep an embedding model of that length under [models], or drop its table \
                 `document_chunk` ("
            ),
            commands::tunnel(),
            " leads there; every document is uploaded anew then), and run ",
            commands::up_with_new_vectors(),
        ]
    },
    model: MODEL,
    other_model: |was, is| {
        format!(
            "documents were embedded by {was}, and {is} finds nothing among those vectors: reindex them \
             in the admin panel (Settings, Documents) after it runs"
        )
    },
};

/// One entry of `OPENAI_API_CONFIGS`, which is keyed by the position in `OPENAI_API_BASE_URLS`.
#[derive(Serialize)]
struct Connection<'a> {
    enable: bool,
    connection_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix_id: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    model_ids: &'a [String],
}

/// Chat through every connection, embeddings through the gateway.
pub(super) fn connect(stack: &Stack, settings: &mut Settings) {
    settings.text("ENABLE_OLLAMA_API", false);
    let gateway = gateway_url(stack);
    let mut urls = Vec::new();
    let mut connections = BTreeMap::new();
    if let Some(url) = &gateway {
        connections.insert(urls.len(), connection(None, &stack.models.chat));
        urls.push(url.as_str());
    }
    for (name, provider) in &stack.providers {
        connections.insert(urls.len(), connection(Some(name), &provider.models));
        urls.push(provider.url.trim_end_matches('/'));
    }
    settings.text("ENABLE_OPENAI_API", !urls.is_empty());
    if !urls.is_empty() {
        settings.text("OPENAI_API_BASE_URLS", urls.join(";"));
        settings.secret("OPENAI_API_KEYS", SecretRef::Shared("openai-api-keys"));
        settings.text("OPENAI_API_CONFIGS", serde_json::json!(connections));
    }
    // otherwise an approved user gets an empty list until an administrator publishes each model
    let everyone = stack.models.visible_to == Audience::Everyone;
    settings.text("BYPASS_MODEL_ACCESS_CONTROL", everyone);
    // without a gateway Open WebUI embeds by itself, or as the file's own RAG_ variables say
    if let Some(url) = &gateway {
        embed(stack, url, settings);
    }
}

fn connection<'a>(prefix_id: Option<&'a str>, model_ids: &'a [String]) -> Connection<'a> {
    Connection {
        enable: true,
        connection_type: "external",
        prefix_id,
        model_ids,
    }
}

fn embed(stack: &Stack, gateway: &str, settings: &mut Settings) {
    settings.text("RAG_EMBEDDING_ENGINE", "openai");
    settings.text(MODEL, &stack.models.embedding);
    // Titan takes one text a request; Cohere takes a list
    let batch = if stack.models.embedding.starts_with("cohere.") {
        32
    } else {
        1
    };
    settings.text("RAG_EMBEDDING_BATCH_SIZE", batch);
    // unset, a long document asks for all its chunks at once, and Bedrock's quota is requests a minute
    settings.text("RAG_EMBEDDING_CONCURRENT_REQUESTS", 8);
    // explicit: these two do not inherit from the OPENAI_ ones
    settings.text("RAG_OPENAI_API_BASE_URL", gateway);
    settings.secret("RAG_OPENAI_API_KEY", SecretRef::Shared("gateway-key"));
}
