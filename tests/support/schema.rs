//! What the binary writes as JSON is what `docs/json.schema.json` says.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

/// One for each of the four forms: of all at once an error would only say that none fits.
static FORMS: LazyLock<BTreeMap<&'static str, Validator>> = LazyLock::new(|| {
    let whole: Value = serde_json::from_str(include_str!("../../docs/json.schema.json")).unwrap();
    let forms = ["document", "line", "log", "output"];
    let form = |form| {
        let of = json!({ "$ref": format!("#/$defs/{form}"), "$defs": whole["$defs"] });
        (form, jsonschema::validator_for(&of).unwrap())
    };
    forms.map(form).into()
});

/// Checks every document and every line of what was written.
pub fn check(out: &str) {
    for value in serde_json::Deserializer::from_str(out).into_iter::<Value>() {
        let value = value.unwrap_or_else(|error| panic!("not JSON ({error}): {out}"));
        let form = match value["event"].as_str() {
            None => "document",
            Some(form @ ("log" | "output")) => form,
            Some(_) => "line",
        };
        let wrong: Vec<String> = FORMS[form]
            .iter_errors(&value)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}\nin {value:#}");
    }
}
