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

/// The document that has these statements, in the form that AWS's own documents have: one of a kind stands
/// as a text. AWS reads lists of one alike, and scanners do not: prowler takes
/// `"aws:SecureTransport": ["false"]` for no denial.
pub fn document(statements: &Statements) -> Value {
    let listed: Vec<Value> = statements
        .iter()
        .map(|(name, statement)| {
            let mut statement = rewritten(statement.clone(), &scalar);
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
    let with_accounts = each(statement, |name, field| match name {
        "Principal" | "NotPrincipal" => each(field, |_, who| account(who)),
        _ => field,
    });
    rewritten(with_accounts, &listed)
}

/// Rewrites every part of a statement that may be one or many.
fn rewritten(statement: Value, rewrite: &impl Fn(Value) -> Value) -> Value {
    each(statement, |name, field| match name {
        "Action" | "NotAction" | "Resource" | "NotResource" => rewrite(field),
        "Principal" | "NotPrincipal" => each(field, |_, who| rewrite(who)),
        "Condition" => each(field, |_, keys| each(keys, |_, values| rewrite(values))),
        _ => field,
    })
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

/// A list of one as what is in it.
fn scalar(value: Value) -> Value {
    match value {
        Value::Array(mut items) if items.len() == 1 => items.remove(0),
        other => other,
    }
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
    fn one_of_a_kind_is_sent_as_a_text() {
        let statement = json!({
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": { "AWS": ["123456789012"], "Service": ["a", "b"] },
            "Action": ["s3:*"],
            "Resource": ["b", "a"],
            "Condition": { "Bool": { "aws:SecureTransport": ["false"] } },
        });
        let sent = document(&statements(&json!({ "Statement": [statement] })));
        assert_eq!(
            sent["Statement"],
            json!([{
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": { "AWS": "123456789012", "Service": ["a", "b"] },
                "Action": "s3:*",
                "Resource": ["a", "b"],
                "Condition": { "Bool": { "aws:SecureTransport": "false" } },
            }])
        );
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
        let sent = document(&named);
        assert_eq!(sent["Statement"][1]["Action"], json!("s3:*"));
        let again = statements(&sent);
        assert_eq!(again.get("Tls"), named.get("Tls"));
        assert_eq!(again.len(), 2);
    }
}
