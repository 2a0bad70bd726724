//! IAM policy documents by meaning: what means the same is the same value, whatever order it was
//! written in and however AWS gave it back.

use serde_json::{Map, Value};

/// A policy in its one form: statements, actions, resources, principals and the values of conditions
/// are sorted lists of text; names of statements, which mean nothing, are left out (IAM User Guide,
/// "Grammar of the IAM JSON policy language").
pub(super) fn canonical(policy: &Value) -> Value {
    let Value::Object(fields) = policy else {
        return policy.clone();
    };
    let mut form = Map::new();
    for (name, field) in fields {
        match name.as_str() {
            "Id" => {}
            "Statement" => {
                let statements = listed(field).into_iter().map(statement);
                form.insert(name.clone(), sorted(statements));
            }
            _ => {
                form.insert(name.clone(), field.clone());
            }
        }
    }
    Value::Object(form)
}

/// The policy that a text holds; a text that is no JSON stands for itself.
pub(super) fn parsed(text: &str) -> Value {
    serde_json::from_str(text).map_or_else(|_| Value::from(text), |policy| canonical(&policy))
}

fn statement(statement: &Value) -> Value {
    let Value::Object(fields) = statement else {
        return statement.clone();
    };
    let mut form = Map::new();
    for (name, field) in fields {
        let field = match name.as_str() {
            "Sid" => continue,
            "Action" | "NotAction" | "Resource" | "NotResource" => texts(field),
            "Principal" | "NotPrincipal" => principal(field),
            "Condition" => condition(field),
            _ => field.clone(),
        };
        form.insert(name.clone(), field);
    }
    Value::Object(form)
}

fn principal(field: &Value) -> Value {
    match field {
        Value::Object(kinds) => kinds
            .iter()
            .map(|(kind, who)| (kind.clone(), sorted(listed(who).into_iter().map(account))))
            .collect(),
        // `"*"` is short for `{"AWS": "*"}`.
        all => Map::from_iter([("AWS".to_owned(), texts(all))]).into(),
    }
}

/// AWS turns an account's number into its root's ARN.
fn account(who: &Value) -> Value {
    let number = who
        .as_str()
        .and_then(|arn| arn.strip_suffix(":root")?.strip_prefix("arn:"))
        .and_then(|arn| arn.rsplit(':').next());
    number.map_or_else(|| text(who), Value::from)
}

fn condition(field: &Value) -> Value {
    let Value::Object(operators) = field else {
        return field.clone();
    };
    let keys = |keys: &Value| match keys {
        Value::Object(keys) => keys
            .iter()
            .map(|(key, values)| (key.clone(), texts(values)))
            .collect(),
        other => other.clone(),
    };
    operators
        .iter()
        .map(|(operator, of)| (operator.clone(), keys(of)))
        .collect()
}

fn texts(field: &Value) -> Value {
    sorted(listed(field).into_iter().map(text))
}

/// Numbers and flags in a policy mean their text.
fn text(value: &Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => Value::from(value.to_string()),
        _ => value.clone(),
    }
}

fn listed(field: &Value) -> Vec<&Value> {
    match field {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn sorted(values: impl Iterator<Item = Value>) -> Value {
    let mut values: Vec<Value> = values.collect();
    values.sort_by_cached_key(Value::to_string);
    values.dedup();
    Value::Array(values)
}

#[cfg(test)]
mod tests {
    use super::{canonical, parsed};
    use serde_json::json;

    #[test]
    fn what_means_the_same_is_the_same() {
        let one = json!({"Version": "2012-10-17", "Statement": {
            "Sid": "a", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
            "Resource": ["b", "a"], "Condition": {"Bool": {"aws:SecureTransport": false}},
        }});
        let other = json!({"Version": "2012-10-17", "Id": "x", "Statement": [{
            "Condition": {"Bool": {"aws:SecureTransport": ["false"]}}, "Effect": "Allow",
            "Principal": {"AWS": "*"}, "Action": ["s3:GetObject"], "Resource": ["a", "b"],
        }]});
        assert_eq!(canonical(&one), canonical(&other));
        assert_eq!(parsed(&one.to_string()), canonical(&other));
        let root = json!({"Statement": [{"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}]});
        let number = json!({"Statement": [{"Principal": {"AWS": ["123456789012"]}}]});
        assert_eq!(canonical(&root), canonical(&number));
    }

    #[test]
    fn what_means_something_else_differs() {
        let allow = json!({"Statement": [{"Effect": "Allow", "Action": "s3:*"}]});
        let deny = json!({"Statement": [{"Effect": "Deny", "Action": "s3:*"}]});
        assert_ne!(canonical(&allow), canonical(&deny));
        assert_eq!(parsed("no policy"), json!("no policy"));
    }
}
