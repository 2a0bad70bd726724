//! A certificate of ACM's that the file names by its ARN.

use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, RenewalEligibility};

use super::{CheckContext, Finding};
use crate::aws::grant::{Grant, on};
use crate::aws::timestamp::Timestamp;
use crate::aws::{Cloud, fault};
use crate::engine::Fault;
use crate::message::{Command, Message, message};
use crate::stack::Stack;

pub(super) const ACTIONS: &str = "acm:DescribeCertificate";
const PLACE: &str = "domain.certificate";
/// Days before its end in which a certificate that ACM does not renew is told of.
const SOON: i64 = 30;
/// Milliseconds of a day.
const DAY: i64 = 24 * 3600 * 1000;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    findings(context.cloud, context.stack).await
}

/// What is to be said of the certificate that the file names; nothing of one that the stack asks for.
pub(super) async fn findings(cloud: &Cloud, stack: &Stack) -> Result<Vec<Finding>, Fault> {
    let Some((domain, arn)) = stack
        .domain
        .as_ref()
        .and_then(|domain| Some((domain, domain.certificate.as_ref()?)))
    else {
        return Ok(Vec::new());
    };
    let detail = cloud
        .memo
        .once(format!("check: {arn}"), || read(cloud, arn));
    let Some(detail) = &*detail.await? else {
        let reason = "this certificate is not in this account and region";
        let right =
            "must be a certificate of ACM in the stack's region: a load balancer takes no other";
        return Ok(vec![failure(reason, right)]);
    };
    let mut found = assess(detail, &domain.name, Timestamp::now());
    if found.is_empty() {
        let reason = format!("is issued, and for {}", domain.name);
        found.push(Finding::ok(PLACE, reason).in_file());
    }
    Ok(found)
}

async fn read(cloud: &Cloud, arn: &str) -> Result<Option<CertificateDetail>, Fault> {
    let asked = cloud.acm.describe_certificate().certificate_arn(arn).send();
    match asked.await.map_err(fault("acm:DescribeCertificate")) {
        Ok(answer) => Ok(answer.certificate),
        Err(fault) if fault.is_absent() => Ok(None),
        Err(fault) => Err(fault),
    }
}

fn failure(reason: impl Into<Message>, right: impl Into<Message>) -> Finding {
    Finding::fail(PLACE, reason).in_file().fix(right)
}

/// What is to be said of a certificate for `domain` at a moment.
fn assess(detail: &CertificateDetail, domain: &str, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(status) = detail
        .status()
        .filter(|one| **one != CertificateStatus::Issued)
    {
        let arn = detail.certificate_arn();
        let reason = format!("this certificate's status is {}", status.as_str());
        let right = match status {
            CertificateStatus::PendingValidation => message![
                "must be issued: make the DNS records that ACM asks for (",
                Command::aws("acm describe-certificate").options("--certificate-arn", arn),
                ")",
            ],
            _ => "must be issued: a load balancer takes no other".into(),
        };
        let failed = failure(reason, right);
        found.push(match status {
            CertificateStatus::PendingValidation => failed.pending(),
            _ => failed,
        });
    }
    let names = names(detail);
    if !names.iter().any(|name| covers(name, domain)) {
        let message = format!("this certificate is for {}", names.join(", "));
        let right = format!("must be for `{domain}`: browsers refuse it");
        found.push(failure(message, right));
    }
    let renewed = detail.renewal_eligibility() == Some(&RenewalEligibility::Eligible);
    if let Some(end) = detail.not_after().filter(|_| !renewed) {
        let days = (Timestamp::from(end).millis() - now.millis()).div_euclid(DAY);
        if days < SOON {
            let message = match days {
                ..0 => "this certificate has ended".to_owned(),
                0 => "this certificate ends today".to_owned(),
                1 => "this certificate ends tomorrow".to_owned(),
                days => format!("this certificate ends in {days} days"),
            };
            let right = "import its successor: ACM renews only certificates that it has made and that are in use";
            found.push(Finding::warn(PLACE, message).in_file().fix(right));
        }
    }
    found
}

/// Every name that it is for.
fn names(detail: &CertificateDetail) -> Vec<String> {
    let mut names: Vec<String> = detail
        .domain_name()
        .map(str::to_owned)
        .into_iter()
        .collect();
    for name in detail.subject_alternative_names() {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// Whether a name of a certificate stands for a domain: `*.` is for one label, whatever it is (RFC 6125, 6.4.3).
fn covers(name: &str, domain: &str) -> bool {
    let (name, domain) = (name.to_ascii_lowercase(), domain.to_ascii_lowercase());
    match name.strip_prefix("*.") {
        Some(parent) => domain
            .split_once('.')
            .is_some_and(|(_, rest)| rest == parent),
        None => name == domain,
    }
}

/// What the check reads.
pub(super) const GRANTS: &[Grant] = &[on(&["{certificate}"], &["acm:DescribeCertificate"])];

#[cfg(test)]
mod tests {
    use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, RenewalEligibility};
    use aws_smithy_types::DateTime;

    use super::super::Level;
    use super::{assess, covers};
    use crate::aws::timestamp::Timestamp;
    use crate::message::StackOptions;

    const NOW: i64 = 1_800_000_000;

    fn detail(status: CertificateStatus, name: &str, days: i64) -> CertificateDetail {
        CertificateDetail::builder()
            .status(status)
            .domain_name(name)
            .not_after(DateTime::from_secs(NOW + days * 86400 + 1))
            .renewal_eligibility(RenewalEligibility::Ineligible)
            .build()
    }

    #[test]
    fn a_wildcard_is_for_one_label() {
        for (name, domain, covered) in [
            ("chat.example.org", "Chat.example.org", true),
            ("*.example.org", "chat.example.org", true),
            ("*.example.org", "example.org", false),
            ("*.example.org", "a.chat.example.org", false),
            ("example.org", "chat.example.org", false),
        ] {
            assert_eq!(covers(name, domain), covered, "{name} {domain}");
        }
    }

    #[test]
    fn what_no_load_balancer_takes_and_no_browser_believes_is_told() {
        use CertificateStatus::{Expired, Issued, PendingValidation};
        let here = StackOptions::default();
        let named = |detail: &CertificateDetail| {
            let found = assess(detail, "chat.example.org", Timestamp::of_millis(NOW * 1000));
            let named = found
                .iter()
                .map(|one| (one.level == Level::Fail, one.reason.at(&here)));
            named.collect::<Vec<_>>()
        };
        let good = detail(Issued, "*.example.org", 31);
        assert_eq!(named(&good), []);
        let pending = detail(PendingValidation, "*.example.org", 300);
        let status = "this certificate's status is PENDING_VALIDATION";
        assert_eq!(named(&pending), [(true, status.to_owned())]);
        let other = detail(Issued, "example.org", 300);
        let of = "this certificate is for example.org";
        assert_eq!(named(&other), [(true, of.to_owned())]);
        let soon = detail(Issued, "chat.example.org", 5);
        let ends = "this certificate ends in 5 days";
        assert_eq!(named(&soon), [(false, ends.to_owned())]);
        let gone = detail(Expired, "chat.example.org", -3);
        assert_eq!(named(&gone).len(), 2);
    }
}
