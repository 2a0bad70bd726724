//! How the certificate is.

use aws_sdk_acm::types as api;

use super::CertificateSummary;
use super::tasks::small;
use crate::aws::timestamp::Timestamp;
use crate::aws::{Cloud, fault};
use crate::engine::Fault;

/// Reads one certificate; none where it is gone.
pub(super) async fn read(cloud: &Cloud, arn: &str) -> Result<Option<CertificateSummary>, Fault> {
    let answer = cloud
        .acm
        .describe_certificate()
        .certificate_arn(arn)
        .send()
        .await
        .map_err(fault("acm:DescribeCertificate"));
    match answer {
        Ok(answer) => Ok(answer.certificate.map(|detail| shown(&detail))),
        Err(fault) if fault.is_absent() => Ok(None),
        Err(fault) => Err(fault),
    }
}

fn shown(detail: &api::CertificateDetail) -> CertificateSummary {
    let pending = detail.status() == Some(&api::CertificateStatus::PendingValidation);
    let record = detail
        .domain_validation_options()
        .iter()
        .find_map(api::DomainValidation::resource_record);
    let renewal = detail
        .renewal_summary()
        .map(api::RenewalSummary::renewal_status);
    CertificateSummary {
        domain: detail.domain_name().unwrap_or_default().to_owned(),
        status: small(
            detail
                .status()
                .map_or("unknown", api::CertificateStatus::as_str),
        ),
        ends: detail.not_after().map(Timestamp::from),
        renewal: renewal.map(|status| small(status.as_str())),
        waits_for: record
            .filter(|_| pending)
            .map(|record| (record.name().to_owned(), record.value().to_owned())),
    }
}
