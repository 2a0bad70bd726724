//! Statements that others have put into the policy of a bucket of ours. Those count as ours whose `Sid` ajuda gives:
//! they are taken out when they have left the file.

use serde_json::Value;

use crate::engine::Extra;

use crate::resources::iam::policy::Statements;

/// Every `Sid` that ajuda gives.
const OURS: [&str; 3] = ["TlsOnly", "AccessLogs", "ServerAccessLogs"];

/// What a condition must be about for a statement to let in less than everybody, in lowercase letters ("The meaning of
/// public" in the S3 user guide).
const NARROW: [&str; 10] = [
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];

/// Takes the statements of others out of a policy. One that lets everybody in stays in it, as a difference from the
/// file: S3 takes no policy that has one while public access is blocked, so that it cannot be kept.
pub(super) fn apart(policy: &mut Statements, declared: &[Value]) -> Statements {
    let ours = |sid: &str| {
        let mut declared = declared.iter().filter_map(|one| one["Sid"].as_str());
        OURS.contains(&sid) || declared.any(|one| one == sid)
    };
    let (own, added) = std::mem::take(policy)
        .into_iter()
        .partition(|(sid, statement)| ours(sid) || is_public(statement));
    *policy = own;
    added
}

/// In words: what it does, and for whom.
pub(super) fn extra((sid, statement): (&String, &Value)) -> Extra {
    let effect = statement["Effect"].as_str().unwrap_or("?");
    let words = |field: &str| match (statement.get(field), statement.get(format!("Not{field}"))) {
        (Some(value), _) => in_words(value),
        (None, Some(value)) => format!("all but {}", in_words(value)),
        (None, None) => "?".to_owned(),
    };
    Extra {
        what: format!(
            "policy statement {sid} ({effect} {} for {})",
            words("Action"),
            words("Principal")
        ),
        open: false,
    }
}

fn is_public(statement: &Value) -> bool {
    let everybody = match &statement["Principal"] {
        Value::String(who) => who == "*",
        Value::Object(all) => all.values().any(has_everybody),
        _ => statement.get("NotPrincipal").is_some(),
    };
    let conditions = statement["Condition"].as_object().into_iter().flatten();
    let mut keys = conditions
        .filter_map(|(_, keys)| keys.as_object())
        .flatten();
    let narrow = keys.any(|(key, _)| NARROW.contains(&key.to_lowercase().as_str()));
    statement["Effect"] == "Allow" && everybody && !narrow
}

fn has_everybody(who: &Value) -> bool {
    match who {
        Value::String(one) => one == "*",
        Value::Array(all) => all.iter().any(has_everybody),
        _ => false,
    }
}

/// Texts without quotes and brackets.
fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::Object(all) => all.values().map(in_words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{apart, extra};
    use crate::resources::iam::policy::statements;

    #[test]
    fn statements_of_others_are_told_and_those_for_everybody_are_differences() {
        let mut policy = statements(&json!({ "Statement": [
            { "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*" },
            { "Sid": "Audit", "Effect": "Allow", "Principal": { "AWS": "111122223333" },
              "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*" },
            { "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "s3:GetObject", "Resource": "*" },
            { "Sid": "Agent", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*",
              "Condition": { "StringEquals": { "aws:UserAgent": "ours" } } },
            { "Sid": "Inside", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*",
              "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-1" } } },
            { "Sid": "Not", "Effect": "Deny", "NotPrincipal": { "AWS": "111122223333" }, "Action": "s3:*",
              "Resource": "*" },
        ] }));
        let added = apart(&mut policy, &[]);
        assert_eq!(
            policy.keys().collect::<Vec<_>>(),
            ["#3", "Agent", "TlsOnly"]
        );
        let extras: Vec<String> = added.iter().map(extra).map(|one| one.what).collect();
        assert_eq!(
            extras,
            [
                "policy statement Audit (Allow s3:GetObject, s3:ListBucket for 111122223333)",
                "policy statement Inside (Allow s3:GetObject for *)",
                "policy statement Not (Deny s3:* for all but 111122223333)",
            ]
        );
    }
}
