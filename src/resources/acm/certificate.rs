//! A certificate of ACM that a record in DNS proves.

use aws_sdk_acm::types as api;
use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{
    Cloud, Job, Required, Tags, all_tags, answer_of, deleted, done, tags_taken_out, user_tags,
};
use crate::engine::{
    Address, Changes, Class, Fault, Field, Found, Pace, Ready, ResolveContext, Resource, Takes,
    Ties,
};
use crate::message::Message;
use crate::resources::durations;
use crate::{field, fields};

use self::parts::{describe, forget, is_written, read, summaries, write};
use self::request::{acm_tags, token};
use crate::resources::route53::dns::{ZONE_TAG, plain, word, zone_of};
use crate::resources::sdk::{build_error, try_join_bounded};

mod parts;
mod request;

const REMOVE_TAGS: &str = "acm:RemoveTagsFromCertificate";

/// A certificate for one domain, renewed by ACM for as long as its record stands.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The domain, 64 characters at most (ACM API, `RequestCertificate.DomainName`).
    pub domain: String,
    /// The public hosted zone that the validation record is written to; `None` leaves the record to
    /// the operator.
    pub zone: Option<String>,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a certificate.
#[derive(Debug, Serialize)]
pub struct CertificateProps {
    domain: String,
    zone: Option<String>,
    /// Whether the validation record stands in the zone.
    validation_record: Option<bool>,
    issued: bool,
    /// It will never be issued, or it has ended.
    failed: bool,
    tags: Tags,
}

/// A certificate as AWS has it.
#[derive(Debug, Clone)]
pub struct CertificateLive {
    /// Its ARN.
    pub arn: String,
    pub(super) domain: String,
    pub(super) zone: Option<String>,
    /// Name and value of the CNAME that proves the domain.
    pub(super) proof: Option<(String, String)>,
    pub(super) written: bool,
    pub(super) status: api::CertificateStatus,
    /// Whether ACM made it and nothing uses it.
    pub(super) is_unused: bool,
    pub(super) tags: Tags,
}

impl CertificateLive {
    pub(super) fn with_tags(self, tags: Tags) -> Self {
        Self {
            zone: tags.get(ZONE_TAG).cloned(),
            tags,
            ..self
        }
    }

    fn is_issued(&self) -> bool {
        self.status == api::CertificateStatus::Issued
    }

    fn is_pending(&self) -> bool {
        self.status == api::CertificateStatus::PendingValidation
    }
}

impl Resource for Certificate {
    type Cloud = Cloud;
    type Props = CertificateProps;
    type Live = CertificateLive;

    const KIND: &'static str = "certificate";
    const HEADLINE: &'static [Field] = &fields!(CertificateProps, domain);
    const CREATE_ONLY: &'static [Field] = &fields!(CertificateProps, domain, failed);
    const TAKES: Takes = durations::CERTIFICATE;
    const PACE: Pace = Self::TAKES.pace(45 * 60, 5);

    fn desired(&self, _: &ResolveContext<'_>) -> CertificateProps {
        CertificateProps {
            domain: plain(&self.domain),
            zone: self.zone.as_deref().map(word),
            validation_record: self.zone.as_ref().map(|_| true),
            issued: true,
            failed: false,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &CertificateLive) -> CertificateProps {
        CertificateProps {
            domain: live.domain.clone(),
            zone: live.zone.clone(),
            validation_record: Some(live.written),
            issued: live.is_issued(),
            failed: !live.is_issued() && !live.is_pending(),
            tags: user_tags(&live.tags),
        }
    }

    fn notes(live: &CertificateLive) -> Vec<Message> {
        match (&live.zone, &live.proof) {
            (None, Some((name, value))) if live.is_pending() => {
                vec![format!("ACM waits for the record {name} CNAME {value}").into()]
            }
            _ => Vec::new(),
        }
    }

    /// ACM has no batched reads: a description and the tags of each certificate that is tagged or
    /// is for a declared domain.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<CertificateLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(Self::KIND).await? {
            return Ok(Vec::new());
        }
        let zones = try_join_bounded(
            declared
                .iter()
                .filter_map(|(_, one)| Some((one.zone.as_deref()?, plain(&one.domain))))
                .filter(|_| !cloud.removing)
                .map(|(zone, domain)| async move { zone_of(cloud, zone, &domain).await }),
        );
        let (tagged, mut all, _) = tokio::try_join!(cloud.tagged(), summaries(cloud), zones)?;
        all.retain(|(arn, domain)| {
            tagged.lists(arn)
                || declared
                    .iter()
                    .any(|(_, one)| plain(&one.domain) == *domain)
        });
        let read = try_join_bounded(all.iter().map(|(arn, _)| read(cloud, arn))).await?;
        let mut found = Vec::new();
        for live in read.into_iter().flatten() {
            // Any number of certificates may be for one domain: none is in another's way.
            if let Some(owner) = cloud.owner(&live.tags, None) {
                found.push(Found {
                    owner,
                    id: live.arn.clone(),
                    live,
                });
            }
        }
        let written =
            try_join_bounded(found.iter().map(|one| is_written(cloud, &one.live))).await?;
        for (one, written) in found.iter_mut().zip(written) {
            one.live.written = written;
        }
        Ok(found)
    }

    /// A name of the file's domain; or one that nothing uses: ACM made it, makes another like it for
    /// nothing, and deletes none that is used (ACM API, `DeleteCertificate`).
    fn named(
        _: &Cloud,
        _: &Address,
        declared: Option<&Self>,
        live: &CertificateLive,
    ) -> Option<bool> {
        let is_declared = declared.is_some_and(|one| plain(&one.domain) == live.domain);
        Some(is_declared || live.is_unused)
    }

    fn ties(live: &CertificateLive) -> Ties {
        Ties {
            ids: vec![live.arn.clone()],
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &CertificateProps) -> Result<CertificateLive, Fault> {
        let tags = tags(job, want);
        let request = (job.acm.request_certificate())
            .domain_name(&want.domain)
            .validation_method(api::ValidationMethod::Dns)
            .key_algorithm(api::KeyAlgorithm::Rsa2048)
            .idempotency_token(token()?)
            .set_tags(Some(acm_tags(&tags)?));
        let made = answer_of("acm:RequestCertificate", request.send().await)?;
        let live = CertificateLive {
            is_unused: true,
            arn: made
                .certificate_arn
                .required("acm:RequestCertificate", "CertificateArn")?,
            domain: want.domain.clone(),
            zone: None,
            proof: None,
            written: false,
            status: api::CertificateStatus::PendingValidation,
            tags: Tags::new(),
        };
        Ok(live.with_tags(tags))
    }

    async fn update(
        &self,
        job: &Job,
        live: &CertificateLive,
        want: &CertificateProps,
        changes: &Changes,
    ) -> Result<CertificateLive, Fault> {
        // A zone that the file no longer speaks of still holds the record.
        let mut tags = tags(job, want);
        let zone = live.tags.get(ZONE_TAG).cloned();
        zone.map(|zone| tags.entry(ZONE_TAG.to_owned()).or_insert(zone));
        if changes.changed(field!(CertificateProps, zone)) {
            forget(job, live).await?;
        }
        if changes.any_changed(&fields!(CertificateProps, tags, zone)) {
            let gone = tags_taken_out(job);
            if !gone.is_empty() {
                let gone = gone.iter().map(|key| api::Tag::builder().key(key).build());
                let gone: Result<Vec<_>, _> = gone.collect();
                let gone = gone.map_err(build_error(REMOVE_TAGS))?;
                let remove = job.acm.remove_tags_from_certificate();
                let remove = remove.certificate_arn(&live.arn).set_tags(Some(gone));
                done(REMOVE_TAGS, remove.send().await)?;
            }
            let request = (job.acm.add_tags_to_certificate())
                .certificate_arn(&live.arn)
                .set_tags(Some(acm_tags(&tags)?));
            done("acm:AddTagsToCertificate", request.send().await)?;
        }
        let live = live.clone().with_tags(tags);
        if changes.any_changed(&fields!(CertificateProps, zone, validation_record)) {
            write(job, &live).await?;
        }
        Ok(live)
    }

    async fn delete(job: &Job, live: &CertificateLive) -> Result<(), Fault> {
        // The record first: once the certificate is gone, nothing tells of it.
        forget(job, live).await?;
        let request = job.acm.delete_certificate().certificate_arn(&live.arn);
        deleted("acm:DeleteCertificate", request.send().await)
    }

    /// Writes the record as soon as ACM has named it.
    async fn ready(job: &Job, made: &CertificateLive) -> Result<Ready<CertificateLive>, Fault> {
        let live = match describe(job, &made.arn).await? {
            Some(live) => live.with_tags(made.tags.clone()),
            None => return Ok(Ready::NotYet("spreading".to_owned())),
        };
        if !live.is_issued() && !live.is_pending() {
            return Err(Fault::new(
                "acm:DescribeCertificate",
                Class::Failed,
                format!("the certificate for {} is {}", live.domain, live.status),
            ));
        }
        let Some((name, value)) = &live.proof else {
            return Ok(Ready::NotYet("ACM names the validation record".to_owned()));
        };
        write(job, &live).await?;
        if live.is_issued() {
            return Ok(Ready::Yes(CertificateLive {
                written: live.zone.is_some(),
                ..live
            }));
        }
        Ok(Ready::NotYet(match &live.zone {
            Some(zone) => format!("ACM looks for {name} (is {zone} delegated to Route 53?)"),
            None => format!("ACM waits for the record {name} CNAME {value}"),
        }))
    }
}

fn tags(job: &Job, want: &CertificateProps) -> Tags {
    let mut tags = all_tags(job, &want.tags);
    tags.extend(want.zone.clone().map(|zone| (ZONE_TAG.to_owned(), zone)));
    tags
}

const CERTIFICATES: &[&str] = &["acm:certificate/*"];

impl Permitted for Certificate {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            anywhere(&["acm:ListCertificates"]),
            on(
                CERTIFICATES,
                &["acm:DescribeCertificate", "acm:ListTagsForCertificate"],
            ),
        ]],
        create: &[&[
            // It takes no object.
            anywhere(&["acm:RequestCertificate"]).tagged(),
            on(CERTIFICATES, &["acm:AddTagsToCertificate"]).tagged(),
        ]],
        update: &[&[on(
            CERTIFICATES,
            &["acm:AddTagsToCertificate", "acm:RemoveTagsFromCertificate"],
        )
        .owned()]],
        delete: &[&[on(CERTIFICATES, &["acm:DeleteCertificate"]).owned()]],
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::diff;

    #[test]
    fn only_what_has_ended_is_replaced() {
        let declared = Certificate {
            domain: "Chat.Example.org".to_owned(),
            zone: None,
            tags: Tags::new(),
        };
        let want = declared.desired(&ResolveContext::new(&|_| None, None));
        let want = serde_json::to_value(want).unwrap();
        for (status, changed, forced) in [
            ("ISSUED", 0, 0),
            ("PENDING_VALIDATION", 1, 0),
            ("VALIDATION_TIMED_OUT", 2, 1),
            ("FAILED", 2, 1),
            ("EXPIRED", 2, 1),
        ] {
            let live = CertificateLive {
                arn: String::new(),
                domain: "chat.example.org".to_owned(),
                zone: None,
                proof: None,
                written: false,
                status: status.into(),
                is_unused: false,
                tags: Tags::new(),
            };
            let have = serde_json::to_value(Certificate::props(&live)).unwrap();
            let changes = diff(&want, &have, Certificate::effect, |_| false);
            assert_eq!(
                (changes.fields.len(), changes.forced().len()),
                (changed, forced),
                "{status}"
            );
        }
    }
}
