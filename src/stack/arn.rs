//! ARNs: `arn:partition:service:region:account:resource`.

use super::text::all;
use super::value_error::ValueError;

/// The parts of an ARN that the file can be held to.
#[derive(Debug, Clone)]
pub(crate) struct Arn {
    /// As written.
    pub text: String,
    /// Empty for global services.
    pub region: String,
}

/// An ARN of one service whose resource begins with one of `kinds`.
pub(crate) fn arn(text: &str, service: &str, kinds: &[&str]) -> Result<Arn, ValueError> {
    let example = format!(
        "must look like `arn:aws:{service}:us-east-1:123456789012:{}…`",
        kinds.first().copied().unwrap_or_default()
    );
    let wrong = || {
        ValueError::new(
            format!("is not the ARN of a resource in {service}"),
            example.clone(),
        )
    };
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, named, region, account, resource] = parts.as_slice() else {
        return Err(wrong());
    };
    let shaped = is_partition(partition)
        && *named == service
        && super::text::region(region).is_ok()
        && account.len() == 12
        && all(account, |c| c.is_ascii_digit())
        && kinds
            .iter()
            .any(|kind| resource.strip_prefix(kind).is_some_and(|id| !id.is_empty()))
        && all(resource, |c| c.is_ascii_graphic());
    if !shaped {
        return Err(wrong());
    }
    if *partition != super::text::partition(region) {
        let right = super::text::partition(region);
        return Err(wrong().hint(format!("`{region}` lies in the partition `{right}`")));
    }
    Ok(Arn {
        text: text.to_owned(),
        region: (*region).to_owned(),
    })
}

/// The ARN of a KMS key.
pub(crate) fn kms_key(text: &str) -> Result<Arn, ValueError> {
    arn(text, "kms", &["key/"]).map_err(|wrong| {
        if text.starts_with("alias/") || text.contains(":alias/") {
            wrong.hint("an alias can be moved to another key; name the key itself")
        } else {
            wrong
        }
    })
}

/// Whether this is how a partition is spelt.
pub(crate) fn is_partition(text: &str) -> bool {
    text == "aws"
        || text
            .strip_prefix("aws-")
            .is_some_and(|rest| all(rest, |c| c.is_ascii_lowercase() || c == '-'))
}

/// Refuses an ARN of another region than the stack's, when the file says which that is.
pub(crate) fn same_region(arn: Arn, region: Option<&str>) -> Result<String, ValueError> {
    match region {
        Some(region) if region != arn.region => Err(ValueError::new(
            format!("is in `{}`", arn.region),
            format!("must be in the stack's region, `{region}`"),
        )),
        _ => Ok(arn.text),
    }
}
