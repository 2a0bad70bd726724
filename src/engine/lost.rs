//! What was there and is gone: told by what was made from it and still stands.

use std::collections::BTreeSet;

use serde_json::Value;

use super::diff::{is_unknown, marked};
use super::{Address, Graph, Observed, ResolveContext};

/// Declared resources that hold data and are not there, although something that is there names them: an
/// address, an ARN or a URL of theirs stands where the declaration would put it. What is only new in
/// the file is named by nothing yet. Pure.
///
/// A resource counts as named where the text has its `name` or `identifier`, as its properties say it:
/// what another object stood there for before is not taken for it.
pub fn lost<C: Send + Sync + 'static>(graph: &Graph<C>, observed: &Observed) -> BTreeSet<Address> {
    let find = |address: &Address| observed.found.get(address).cloned();
    let gone = |address: &Address| {
        let entry = graph.get(address)?;
        let missing = entry.node.kind().holds_data() && !observed.found.contains_key(address);
        let read = !observed
            .unread
            .iter()
            .any(|unread| unread.kind == address.kind());
        let free = !observed.conflicts.iter().any(|one| one.address == *address);
        (missing && read && free).then_some(())?;
        let want = entry.node.desired(&ResolveContext::new(&find, None));
        let name = want.get("identifier").or_else(|| want.get("name"))?;
        name.as_str().map(str::to_owned)
    };
    let mut lost = BTreeSet::new();
    for (address, entry) in graph.iter() {
        let Some(live) = observed.found.get(address) else {
            continue;
        };
        let mut messages = Vec::new();
        let want = entry
            .node
            .desired(&ResolveContext::new(&find, Some(live.clone())));
        if is_unknown(&want) {
            walk(&want, &entry.node.kind().props(live), &mut messages);
        }
        let of_gone = messages
            .into_iter()
            .filter(|(of, text)| gone(of).is_some_and(|name| text.contains(&name)));
        lost.extend(of_gone.map(|(of, _)| of));
    }
    lost
}

/// Which text stands for each unknown of `want` in `have`.
fn walk(want: &Value, have: &Value, into: &mut Vec<(Address, String)>) {
    match (want, have) {
        (Value::String(want), Value::String(have)) => into.extend(filled(want, have)),
        (Value::Object(want), Value::Object(have)) => {
            for (key, want) in want {
                if let Some(have) = have.get(key) {
                    walk(want, have, into);
                }
            }
        }
        (Value::Array(want), Value::Array(have)) => {
            // What is wanted with all that is known stands for itself.
            let others = have.iter().filter(|have| !want.contains(have));
            for have in others {
                for want in want.iter().filter(|want| is_unknown(want)) {
                    walk(want, have, into);
                }
            }
        }
        _ => {}
    }
}

/// The same for one text: nothing unless all that is known of it is there.
fn filled(want: &str, have: &str) -> Vec<(Address, String)> {
    let parts = marked(want);
    let mut rest = have;
    let mut open: Option<Address> = None;
    let mut messages = Vec::new();
    for (index, (known, address)) in parts.iter().enumerate() {
        let last = index + 1 == parts.len();
        let at = match (&open, last) {
            (None, _) => rest.starts_with(known).then_some(0),
            (Some(_), true) => rest
                .ends_with(known)
                .then(|| rest.len().saturating_sub(known.len())),
            (Some(_), false) => rest.find(known),
        };
        let Some(at) = at else { return Vec::new() };
        if let Some(of) = open.take() {
            messages.push((of, rest[..at].to_owned()));
        }
        rest = &rest[at + known.len()..];
        open.clone_from(address);
    }
    if messages.iter().any(|(_, text)| text.is_empty()) || !rest.is_empty() {
        return Vec::new();
    }
    messages
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Address, walk};
    use crate::engine::diff::unknown;

    fn found(want: &serde_json::Value, have: &serde_json::Value) -> Vec<String> {
        let mut into = Vec::new();
        walk(want, have, &mut into);
        into.into_iter()
            .map(|(of, text)| format!("{of}={text}"))
            .collect()
    }

    #[test]
    fn what_stands_for_an_unknown_is_found() {
        let bucket = unknown(&Address::new("bucket", "one"));
        let host = unknown(&Address::new("db-instance", "main"));
        for (want, have, says) in [
            (json!(bucket), json!("files"), &["bucket/one=files"][..]),
            (json!(bucket), json!(""), &[]),
            (json!(format!("x-{bucket}")), json!("y-files"), &[]),
            (json!({ "a": "b" }), json!({ "a": "c" }), &[]),
            (json!({ "a": bucket }), json!({ "b": "files" }), &[]),
            (
                json!({ "a": format!("s3://{bucket}@{host}:5432/x") }),
                json!({ "a": "s3://files@db.example:5432/x" }),
                &["bucket/one=files", "db-instance/main=db.example"],
            ),
            // A new one beside one that is there.
            (json!(["one", bucket]), json!(["one"]), &[]),
            (
                json!(["one", bucket]),
                json!(["files", "one"]),
                &["bucket/one=files"],
            ),
        ] {
            assert_eq!(found(&want, &have), says, "{want} {have}");
        }
    }
}
