//! What AWS refuses of new accounts, and what to do about it: the sentences are AWS's own and name no way.

/// The way out of a refusal of this `code` and `message`; `None` for everything else.
///
/// The sentences are from public reports of 2025 and 2026 and from AWS's own pages: "Free plan" (AWS
/// Billing user guide), `OperationNotPermitted` of Elastic Load Balancing, "AWS Fargate quotas".
pub fn hint(code: &str, message: &str) -> Option<&'static str> {
    if code == "FreeTierRestrictionError" {
        return Some(
            "the account is on AWS's free plan, which refuses this: upgrade the plan (Billing and Cost \
             Management, \"Upgrade plan\"), or write `instance_class = \"db.t4g.micro\"` and `backup_days = 1` \
             under [database]",
        );
    }
    if message.contains("does not support creating load balancers") {
        return Some(
            "AWS has not opened load balancers to this account yet, which only AWS Support does: open a case \
             of the kind \"Account and billing\" that asks for Elastic Load Balancing, then run this again",
        );
    }
    if message.contains("limit on the number of vCPUs") {
        return Some(
            "new accounts may run few Fargate tasks at once: ask for more under Service Quotas, \"AWS Fargate\", \
             \"Fargate On-Demand vCPU resource count\" (L-3032A538), or write fewer or smaller tasks",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn every_sentence_for_new_accounts_has_a_way_out() {
        for (code, message, way) in [
            (
                "FreeTierRestrictionError",
                "exceeds the maximum available",
                "Upgrade plan",
            ),
            (
                "OperationNotPermitted",
                "This AWS account currently does not support creating load balancers.",
                "AWS Support",
            ),
            (
                "",
                "You've reached the limit on the number of vCPUs you can run concurrently",
                "L-3032A538",
            ),
        ] {
            assert!(
                hint(code, message).is_some_and(|hint| hint.contains(way)),
                "{message}"
            );
        }
        assert_eq!(hint("OperationNotPermitted", "no"), None);
    }
}
