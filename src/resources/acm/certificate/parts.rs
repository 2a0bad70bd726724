//! How certificates are read, and the record in DNS that proves a domain.
//!
//! The record's name and value are the same for every certificate of an account and domain
//! (<https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>), so one that was there
//! before is used and left alone, and ours stays while another certificate is renewed by it.

use aws_sdk_acm::types as api;
use aws_sdk_route53::types::{ChangeAction, ResourceRecordSet, RrType};

use crate::aws::{Cloud, Job, Required, Tags, answer_of, optional, tags_from};
use crate::engine::Fault;

use crate::resources::acm::certificate::CertificateLive;
use crate::resources::ownership::is_ours;
use crate::resources::route53::dns::{
    OwnershipRecord, change, known_zone, plain, records, release, text, zones,
};
use crate::resources::sdk::try_join_bounded;

const DESCRIBE: &str = "acm:DescribeCertificate";

/// ARN and domain of every certificate.
pub(super) async fn summaries(cloud: &Cloud) -> Result<Vec<(String, String)>, Fault> {
    let request = cloud.acm.list_certificates();
    let items = request.into_paginator().items().send();
    let all = answer_of("acm:ListCertificates", items.try_collect().await)?.into_iter();
    let named =
        |one: api::CertificateSummary| Some((one.certificate_arn?, plain(&one.domain_name?)));
    Ok(all.filter_map(named).collect())
}

/// A certificate and its tags; `None` when it is gone meanwhile.
pub(super) async fn read(cloud: &Cloud, arn: &str) -> Result<Option<CertificateLive>, Fault> {
    let (live, tags) = tokio::join!(describe(cloud, arn), own_tags(cloud, arn));
    match (live, tags) {
        (Ok(live), Ok(tags)) => Ok(live.map(|live| live.with_tags(tags))),
        (Ok(None), Err(fault)) if fault.is_absent() => Ok(None),
        (Err(fault), _) | (_, Err(fault)) => Err(fault),
    }
}

/// A certificate without its tags; `None` when there is none.
pub(super) async fn describe(cloud: &Cloud, arn: &str) -> Result<Option<CertificateLive>, Fault> {
    let request = cloud.acm.describe_certificate().certificate_arn(arn);
    let Some(answer) = optional(DESCRIBE, request.send().await)? else {
        return Ok(None);
    };
    let detail = answer.certificate.required(DESCRIBE, "Certificate")?;
    let proof = detail
        .domain_validation_options()
        .first()
        .and_then(api::DomainValidation::resource_record)
        .map(|record| (plain(record.name()), record.value().to_owned()));
    let made_by_acm = detail.r#type() == Some(&api::CertificateType::AmazonIssued);
    Ok(Some(CertificateLive {
        is_unused: made_by_acm && detail.in_use_by().is_empty(),
        arn: arn.to_owned(),
        domain: plain(&detail.domain_name.required(DESCRIBE, "DomainName")?),
        zone: None,
        proof,
        written: false,
        status: detail.status.required(DESCRIBE, "Status")?,
        tags: Tags::new(),
    }))
}

async fn own_tags(cloud: &Cloud, arn: &str) -> Result<Tags, Fault> {
    let request = cloud.acm.list_tags_for_certificate().certificate_arn(arn);
    let answer = answer_of("acm:ListTagsForCertificate", request.send().await)?;
    let tags = answer.tags().iter();
    Ok(tags_from(
        tags.map(|tag| (tag.key(), tag.value().or(Some("")))),
    ))
}

/// Whether the record stands in the zone.
pub(super) async fn is_written(cloud: &Cloud, live: &CertificateLive) -> Result<bool, Fault> {
    let (Some(zone), Some((name, value))) = (&live.zone, &live.proof) else {
        return Ok(false);
    };
    let zones = zones(cloud, zone).await?;
    let there = try_join_bounded(zones.iter().map(|zone| records(cloud, &zone.id, name))).await?;
    Ok(there.iter().flatten().any(|record| proves(record, value)))
}

/// Writes the record, if ACM has named it, there is a zone for it and it is not there.
pub(super) async fn write(job: &Job, live: &CertificateLive) -> Result<(), Fault> {
    let (Some(zone), Some((name, value))) = (&live.zone, &live.proof) else {
        return Ok(());
    };
    let zone = known_zone(job, zone).await?;
    let there = records(job, &zone.id, name).await?;
    if there.iter().any(|record| proves(record, value)) {
        return Ok(());
    }
    let records = [
        text(name, RrType::Cname, value)?,
        ownership_record(job, name).record(&zone)?,
    ];
    change(
        job,
        &zone.id,
        records.map(|record| (ChangeAction::Upsert, record)),
    )
    .await
}

/// Deletes the record if it is ours and no other certificate is renewed by it. Certificates of
/// other regions are not seen; they would be renewed by the same record.
pub(super) async fn forget(job: &Job, live: &CertificateLive) -> Result<(), Fault> {
    let (Some(zone), Some((name, value))) = (&live.zone, &live.proof) else {
        return Ok(());
    };
    let zones = zones(job, zone).await?;
    if zones.is_empty() {
        return Ok(());
    }
    let others = others(job, live).await?;
    if others.iter().any(|tags| is_ours(job, tags)) {
        return Ok(());
    }
    let alone = others.is_empty();
    for zone in zones.iter() {
        release(job, zone, &ownership_record(job, name), |record| {
            alone && proves(record, value)
        })
        .await?;
    }
    Ok(())
}

/// The tags of the other certificates that the same record proves.
async fn others(job: &Job, live: &CertificateLive) -> Result<Vec<Tags>, Fault> {
    let base = |domain: &str| domain.trim_start_matches("*.").to_owned();
    let same: Vec<String> = summaries(job)
        .await?
        .into_iter()
        .filter(|(arn, domain)| *arn != live.arn && base(domain) == base(&live.domain))
        .map(|(arn, _)| arn)
        .collect();
    let read = try_join_bounded(same.iter().map(|arn| read(job, arn))).await?;
    Ok(read.into_iter().flatten().map(|one| one.tags).collect())
}

fn ownership_record(job: &Job, name: &str) -> OwnershipRecord {
    OwnershipRecord {
        stack: job.place.stack.clone(),
        region: job.place.region.clone(),
        address: job.address().clone(),
        name: name.to_owned(),
    }
}

fn proves(record: &ResourceRecordSet, value: &str) -> bool {
    *record.r#type() == RrType::Cname
        && record
            .resource_records()
            .iter()
            .any(|one| plain(one.value()) == plain(value))
}
