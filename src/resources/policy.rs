//! Policy documents compared by meaning, statement by statement.
//!
//! AWS answers a document in other words than it was given: lists of one as text, in another order,
//! accounts as the ARN of their root (IAM User Guide, "Grammar of the IAM JSON policy language").

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The statements of a document by their `Sid`, or by `#1`, `#2` … in their order.
pub type Statements = BTreeMap<String, Value>;

/// The statements of a policy document as AWS answers it; none where it is no JSON.
pub fn read(text: &str) -> Statements {
    statements(&serde_json::from_str(text).unwrap_or_default())
}

/// The statements of a policy document, in one way of writing them.
pub fn statements(document: &Value) -> Statements {
    let listed = match &document["Statement"] {
        Value::Array(listed) => listed.clone(),
        Value::Null => Vec::new(),
        single => vec![single.clone()],
    };
    let mut named = Statements::new();
    for (index, mut statement) in listed.into_iter().enumerate() {
        let sid = statement
            .as_object_mut()
            .and_then(|fields| fields.remove("Sid"));
        let name = match sid {
            Some(Value::String(sid)) if !sid.is_empty() => sid,
            _ => format!("#{}", index + 1),
        };
        named.insert(name, canonical(statement));
    }
    named
}

/// The document that has these statements.
pub fn document(statements: &Statements) -> Value {
    let listed: Vec<Value> = statements
        .iter()
        .map(|(name, statement)| {
            let mut statement = statement.clone();
            if let Some(fields) = statement.as_object_mut()
                && !name.starts_with('#')
            {
                fields.insert("Sid".to_owned(), json!(name));
            }
            statement
        })
        .collect();
    json!({ "Version": "2012-10-17", "Statement": listed })
}

fn canonical(statement: Value) -> Value {
    let Value::Object(fields) = statement else {
        return statement;
    };
    let written = fields.into_iter().map(|(name, field)| {
        let field = match name.as_str() {
            "Action" | "NotAction" | "Resource" | "NotResource" => listed(field),
            "Principal" | "NotPrincipal" => each(field, |_, who| listed(account(who))),
            "Condition" => each(field, |_, keys| each(keys, |_, values| listed(values))),
            _ => field,
        };
        (name, field)
    });
    Value::Object(written.collect())
}

/// Rewrites every field of an object; anything else stays as it is.
fn each(value: Value, rewrite: impl Fn(&str, Value) -> Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, field)| {
                    let field = rewrite(&name, field);
                    (name, field)
                })
                .collect::<Map<_, _>>(),
        ),
        other => other,
    }
}

/// One or many, as a sorted list of texts.
fn listed(value: Value) -> Value {
    let mut items: Vec<String> = match value {
        Value::Array(items) => items.iter().map(text).collect(),
        single => vec![text(&single)],
    };
    items.sort();
    items.dedup();
    json!(items)
}

/// Numbers and booleans in conditions are texts to AWS.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// AWS turns `123456789012` into the ARN of the account's root.
fn account(who: Value) -> Value {
    let short = |arn: &Value| {
        let text = text(arn);
        let parts: Vec<&str> = text.split(':').collect();
        match parts.as_slice() {
            ["arn", _, "iam", "", account, "root"] => json!(account),
            _ => json!(text),
        }
    };
    match who {
        Value::Array(all) => all.iter().map(short).collect(),
        one => short(&one),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{document, statements};

    #[test]
    fn one_meaning_is_one_value() {
        let one = json!({
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
                "Resource": ["b", "a"],
                "Condition": { "Bool": { "aws:SecureTransport": false } },
            },
        });
        let other = json!({
            "Statement": [{
                "Resource": ["a", "b", "a"],
                "Principal": { "AWS": ["123456789012"] },
                "Action": ["s3:GetObject"],
                "Effect": "Allow",
                "Condition": { "Bool": { "aws:SecureTransport": ["false"] } },
            }],
        });
        assert_eq!(statements(&one), statements(&other));
    }

    #[test]
    fn a_document_comes_back_as_it_went() {
        let named = statements(&json!({
            "Statement": [
                { "Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*" },
                { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" },
            ],
        }));
        assert_eq!(named.keys().collect::<Vec<_>>(), ["#2", "Tls"]);
        let again = statements(&document(&named));
        assert_eq!(again.get("Tls"), named.get("Tls"));
        assert_eq!(again.len(), 2);
    }
}
