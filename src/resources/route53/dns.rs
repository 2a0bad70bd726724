//! What the kinds with records in Route 53 share: zones, records, and whose a record is.
//!
//! Records carry no tags. Beside each of ours stands a TXT record below `_ajuda.<zone>`, where one
//! call lists all of a zone, because records are sorted by their labels from the right.

use aws_sdk_route53::types as api;

use crate::aws::{Cloud, answer_of, done};
use crate::engine::{Address, Fault};

use crate::resources::sdk::build_error;

mod zones;

pub(crate) use zones::{Zone, known_zone};
pub(in crate::resources) use zones::{word, zone_of, zones};

/// On objects whose records stand in a zone: the zone, by name or id as the file has it, so that records are found again after
/// the file has stopped speaking of the zone.
pub(in crate::resources) const ZONE_TAG: &str = "ajuda:zone";

const LIST: &str = "route53:ListResourceRecordSets";
const CHANGE: &str = "route53:ChangeResourceRecordSets";

/// Whose a record is, as the TXT record beside it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::resources) struct OwnershipRecord {
    /// The stack.
    pub stack: String,
    /// The stack's region: zones are one for all regions.
    pub region: String,
    /// The resource.
    pub address: Address,
    /// The record's name.
    pub name: String,
}

/// A name as people write it: lowercase letters, no final dot, `*` in place of Route 53's `\052`.
pub(in crate::resources) fn plain(name: &str) -> String {
    let name = name.trim_end_matches('.').replace("\\052", "*");
    name.to_ascii_lowercase()
}

/// Every record called `name`.
pub(in crate::resources) async fn records(
    cloud: &Cloud,
    zone: &str,
    name: &str,
) -> Result<Vec<api::ResourceRecordSet>, Fault> {
    let wanted = plain(name);
    from(cloud, zone, name, |one| plain(one) == wanted).await
}

/// Every ownership record in a zone, with the record that says so.
pub(in crate::resources) async fn ownership_records(
    cloud: &Cloud,
    zone: &Zone,
) -> Result<Vec<(OwnershipRecord, api::ResourceRecordSet)>, Fault> {
    let below = format!("_ajuda.{}", zone.name);
    let records = from(cloud, &zone.id, &below, |one| plain(one).ends_with(&below)).await?;
    Ok(records
        .into_iter()
        .filter_map(|record| Some((read_ownership(&record)?, record)))
        .collect())
}

/// Deletes an ownership record and those records of its name that `also` says. Without it nothing is ours.
pub(in crate::resources) async fn release(
    cloud: &Cloud,
    zone: &Zone,
    ownership: &OwnershipRecord,
    also: impl Fn(&api::ResourceRecordSet) -> bool + Sync,
) -> Result<(), Fault> {
    let mut again = true;
    loop {
        let (ownership_records, there) = tokio::try_join!(
            ownership_records(cloud, zone),
            records(cloud, &zone.id, &ownership.name)
        )?;
        let Some((_, record)) = ownership_records
            .into_iter()
            .find(|(one, _)| one == ownership)
        else {
            return Ok(());
        };
        let records = there.into_iter().filter(&also).chain([record]);
        let changes = records.map(|record| (api::ChangeAction::Delete, record));
        match change(cloud, &zone.id, changes).await {
            // Gone since it was read: by this very request, when its first reply was lost.
            Err(fault) if again && fault.is(CHANGE, &["InvalidChangeBatch"]) => again = false,
            done => return done,
        }
    }
}

/// Records from `name` onward for as long as `belongs` says so.
async fn from(
    cloud: &Cloud,
    zone: &str,
    name: &str,
    belongs: impl Fn(&str) -> bool,
) -> Result<Vec<api::ResourceRecordSet>, Fault> {
    let mut found = Vec::new();
    let mut request = cloud
        .route53
        .list_resource_record_sets()
        .hosted_zone_id(zone)
        .start_record_name(format!("{name}."));
    loop {
        let page = answer_of(LIST, request.send().await)?;
        let all = page.resource_record_sets().len();
        let before = found.len();
        found.extend(
            page.resource_record_sets
                .into_iter()
                .filter(|record| belongs(record.name())),
        );
        if !page.is_truncated || found.len() - before < all {
            return Ok(found);
        }
        request = cloud
            .route53
            .list_resource_record_sets()
            .hosted_zone_id(zone)
            .set_start_record_name(page.next_record_name)
            .set_start_record_type(page.next_record_type)
            .set_start_record_identifier(page.next_record_identifier);
    }
}

impl OwnershipRecord {
    /// The TXT record that says so, in this zone.
    pub(in crate::resources) fn record(
        &self,
        zone: &Zone,
    ) -> Result<api::ResourceRecordSet, Fault> {
        let zone = zone.name.as_str();
        let name = plain(&self.name);
        let label = name
            .strip_suffix(zone)
            .unwrap_or(&name)
            .trim_end_matches('.');
        let label = match label {
            "" => "_apex".to_owned(),
            // A star is only a wildcard in front.
            other => other.replace('*', "_any"),
        };
        let value = format!(
            "\"stack={} region={} address={}\" \"name={name}\"",
            self.stack, self.region, self.address
        );
        text(&format!("{label}._ajuda.{zone}"), api::RrType::Txt, &value)
    }
}

fn read_ownership(record: &api::ResourceRecordSet) -> Option<OwnershipRecord> {
    let value = record.resource_records().first()?.value().replace('"', "");
    let word = |key: &str| {
        value
            .split(' ')
            .find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    };
    Some(OwnershipRecord {
        stack: word("stack")?.to_owned(),
        region: word("region")?.to_owned(),
        address: Address::parse(word("address")?)?,
        name: word("name")?.to_owned(),
    })
}

/// A record with one value, five minutes long.
pub(in crate::resources) fn text(
    name: &str,
    kind: api::RrType,
    value: &str,
) -> Result<api::ResourceRecordSet, Fault> {
    const TTL: i64 = 300;
    let value = api::ResourceRecord::builder()
        .value(value)
        .build()
        .map_err(build_error(CHANGE))?;
    api::ResourceRecordSet::builder()
        .name(name)
        .r#type(kind)
        .ttl(TTL)
        .resource_records(value)
        .build()
        .map_err(build_error(CHANGE))
}

/// Changes records, all or none.
pub(in crate::resources) async fn change(
    cloud: &Cloud,
    zone: &str,
    changes: impl IntoIterator<Item = (api::ChangeAction, api::ResourceRecordSet)>,
) -> Result<(), Fault> {
    let changes = changes
        .into_iter()
        .map(|(action, record)| {
            api::Change::builder()
                .action(action)
                .resource_record_set(record)
                .build()
                .map_err(build_error(CHANGE))
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    if changes.is_empty() {
        return Ok(());
    }
    let batch = api::ChangeBatch::builder()
        .set_changes(Some(changes))
        .build()
        .map_err(build_error(CHANGE))?;
    let request = (cloud.route53.change_resource_record_sets())
        .hosted_zone_id(zone)
        .change_batch(batch);
    done(CHANGE, request.send().await)
}
