//! What another embedding model means for the vectors that are there.

use crate::engine::{Change, Item, Plan, PlannedRefusal, Resource};
use crate::message::message;
use crate::presets::{PRESETS, Vectors};
use crate::resources::TaskDefinition;

/// Notes in `plan` that documents have to be embedded anew, and answers what a workload would not start
/// with. Pure.
pub fn planned_refusals(plan: &mut Plan) -> Vec<PlannedRefusal> {
    let mut foreseen = Vec::new();
    let vectors: Vec<Vectors> = PRESETS.iter().filter_map(|preset| preset.vectors).collect();
    for item in &mut plan.items {
        if item.address.kind() != TaskDefinition::KIND {
            continue;
        }
        for vectors in &vectors {
            if let Some((was, is)) = changed(item, vectors.length) {
                let why = (vectors.other_length)(&was, &is);
                item.notes.push(message!["does not start: ", &why]);
                let address = item.address.clone();
                foreseen.push(PlannedRefusal { address, why });
            } else if let Some((was, is)) = changed(item, vectors.model) {
                item.notes.push((vectors.other_model)(&was, &is).into());
            }
        }
    }
    foreseen
}

/// What a variable was and will be, where both are known.
fn changed(item: &Item, variable: &str) -> Option<(String, String)> {
    let is_of =
        |change: &&Change| TaskDefinition::ENVIRONMENT.entry(&change.path) == Some(variable);
    let change = item.changes.fields.iter().find(is_of)?;
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    Some((text(&change.before)?, text(&change.after)?))
}
