//! What another embedding model means for the vectors that are there.

use crate::engine::{Change, Foreseen, Item, Plan, Resource};
use crate::resources::TaskDefinition;

/// The length of the vectors. Open WebUI ends at its start when the column has another: "Cannot change
/// vector size after initialization without migrating the data" (`retrieval/vector/dbs/pgvector.py`).
const LENGTH: &str = "environment.PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH";
const MODEL: &str = "environment.RAG_EMBEDDING_MODEL";

/// Notes in `plan` that documents have to be embedded anew, and answers what Open WebUI would not start
/// with. Pure.
pub fn foresee(plan: &mut Plan) -> Vec<Foreseen> {
    let mut foreseen = Vec::new();
    for item in &mut plan.items {
        if item.address.kind() != TaskDefinition::KIND {
            continue;
        }
        if let Some((was, is)) = changed(item, LENGTH) {
            let why = format!(
                "the vectors in the database have {was} numbers each, and Open WebUI does not start with \
                 {is}: keep an embedding model of that length under [models], or drop its table \
                 `document_chunk` (`ajuda deploy tunnel` leads there; every document is uploaded anew then) \
                 and say `--new-vector-length`"
            );
            item.notes.push(format!("does not start: {why}"));
            let address = item.address.clone();
            foreseen.push(Foreseen { address, why });
        } else if let Some((was, is)) = changed(item, MODEL) {
            item.notes.push(format!(
                "documents were embedded by {was}, and {is} finds nothing among those vectors: reindex them \
                 in the admin panel (Settings, Documents) after it runs"
            ));
        }
    }
    foreseen
}

/// What a field was and will be, where both are known.
fn changed(item: &Item, path: &str) -> Option<(String, String)> {
    let change: &Change = item.changes.0.iter().find(|change| change.path == path)?;
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    Some((text(&change.before)?, text(&change.after)?))
}
