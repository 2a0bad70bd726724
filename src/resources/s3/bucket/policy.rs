//! A bucket's policy in words that hold in every partition: `{bucket}` stands for the bucket's ARN.

use serde_json::{Value, json};

use crate::resources::iam::policy::{Statements, statements};

const BUCKET: &str = "{bucket}";

/// The statement that demands TLS, and the declared ones.
pub(super) fn demanded(bucket: &str, declared: &[Value]) -> Statements {
    let tls = json!({
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [BUCKET, format!("{BUCKET}/*")],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    });
    let all: Vec<Value> = std::iter::once(tls)
        .chain(declared.iter().cloned())
        .collect();
    shorten(statements(&json!({ "Statement": all })), bucket)
}

/// Puts `{bucket}` for the bucket's ARN, whatever its partition.
pub(super) fn shorten(statements: Statements, bucket: &str) -> Statements {
    rewrite(statements, |resource| {
        let parts: Vec<&str> = resource.splitn(6, ':').collect();
        let ["arn", _, "s3", "", "", path] = parts.as_slice() else {
            return resource.to_owned();
        };
        match path.strip_prefix(bucket) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{BUCKET}{rest}"),
            _ => resource.to_owned(),
        }
    })
}

/// Puts the bucket's ARN for `{bucket}`.
pub(super) fn lengthen(statements: Statements, arn: &str) -> Statements {
    rewrite(statements, |resource| match resource.strip_prefix(BUCKET) {
        Some(rest) => format!("{arn}{rest}"),
        None => resource.to_owned(),
    })
}

fn rewrite(statements: Statements, one: impl Fn(&str) -> String) -> Statements {
    let mut statements = statements;
    for statement in statements.values_mut() {
        for field in ["Resource", "NotResource"] {
            let Some(Value::Array(resources)) = statement.get_mut(field) else {
                continue;
            };
            for resource in resources.iter_mut() {
                if let Value::String(text) = resource {
                    *text = one(text);
                }
            }
            resources.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        }
    }
    statements
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{demanded, lengthen, shorten};

    #[test]
    fn a_policy_means_the_same_in_every_partition() {
        let declared = json!({
            "Sid": "AccessLogs",
            "Effect": "Allow",
            "Principal": { "Service": "logdelivery.elasticloadbalancing.amazonaws.com" },
            "Action": "s3:PutObject",
            "Resource": "arn:aws-cn:s3:::logs/alb/*",
        });
        let wanted = demanded("logs", &[declared]);
        assert_eq!(wanted["AccessLogs"]["Resource"], json!(["{bucket}/alb/*"]));
        assert_eq!(
            wanted["TlsOnly"]["Resource"],
            json!(["{bucket}", "{bucket}/*"])
        );
        let sent = lengthen(wanted.clone(), "arn:aws-cn:s3:::logs");
        assert_eq!(
            sent["TlsOnly"]["Resource"],
            json!(["arn:aws-cn:s3:::logs", "arn:aws-cn:s3:::logs/*"])
        );
        assert_eq!(shorten(sent, "logs"), wanted);
    }

    #[test]
    fn a_bucket_with_a_longer_name_is_another() {
        let other = json!({ "Sid": "A", "Resource": "arn:aws:s3:::logs-old/*" });
        let wanted = demanded("logs", &[other]);
        assert_eq!(wanted["A"]["Resource"], json!(["arn:aws:s3:::logs-old/*"]));
    }
}
