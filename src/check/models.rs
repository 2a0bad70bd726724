//! The Bedrock models of the file: offered in the region, until when, agreed to, and Anthropic's form sent.
//!
//! `crate::bedrock` reads them and names AWS's pages. None of it makes `up` fail: the gateway is up, and answers no
//! chat (`docs/decisions/0012-models-are-checked-and-warned-of.md`).

use super::{CheckContext, Finding, Level};
use crate::aws::grant::Grant;
use crate::bedrock::{ModelProblem, ModelWarning};
use crate::engine::Fault;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let mut found: Vec<Finding> = context.models.warnings.iter().map(finding).collect();
    let named = |id: &str| {
        let mut all = context.models.warnings.iter();
        all.any(|one| one.model.as_deref() == Some(id))
    };
    if context.models.catalogue.is_some() {
        let good = context.models.used.iter().filter(|one| !named(&one.id));
        found.extend(good.map(|one| {
            let reason = format!("Bedrock offers it in {}", context.region());
            Finding::ok(one.id.clone(), reason).named()
        }));
    }
    Ok(found)
}

fn finding(warning: &ModelWarning) -> Finding {
    let subject = warning.model.as_deref().unwrap_or("Bedrock");
    let finding = match warning.problem {
        ModelProblem::Unread => Finding::skipped(subject, &warning.message),
        ModelProblem::AgreementPending => Finding::warn(subject, &warning.message).pending(),
        _ => Finding::warn(subject, &warning.message),
    };
    debug_assert!(finding.level != Level::Ok, "a warning is never fine");
    match &warning.hint {
        Some(hint) => finding.fix(hint),
        None => finding,
    }
    .named()
}

/// The check reads nothing of its own.
pub(super) const GRANTS: &[Grant] = &[];
