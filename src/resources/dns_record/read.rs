//! What Route 53 answers of names: ours by the TXT records beside them, others by their own.

use std::collections::BTreeSet;

use aws_sdk_route53::types::{ResourceRecordSet, RrType};

use crate::aws::{ADDRESS_TAG, Cloud, REGION_TAG, STACK_TAG, Tags};
use crate::engine::{Address, Fault, Found, Resource};

use super::super::dns::{ZONE_TAG, deeds, known_zone, plain, records, zone_ids};
use super::super::sdk::together;
use super::{DnsRecord, DnsRecordLive, Leads};

/// Our records in a zone, and what bears a declared name in it.
pub(super) async fn read(
    cloud: &Cloud,
    zone: &str,
    declared: &[(&Address, &DnsRecord)],
) -> Result<Vec<Found<DnsRecordLive>>, Fault> {
    let wanted: Vec<(&Address, String)> = declared
        .iter()
        .filter(|(_, one)| plain(&one.zone) == zone)
        .map(|(address, one)| (*address, plain(&one.name)))
        .collect();
    if !wanted.is_empty() && !cloud.removing {
        known_zone(cloud, zone).await?;
    }
    let ids = zone_ids(cloud, zone).await?;
    let read = together(ids.iter().map(|id| read_zone(cloud, id, zone, &wanted))).await?;
    Ok(read.into_iter().flatten().collect())
}

/// The same in one zone, where names of `wanted` are looked for.
async fn read_zone(
    cloud: &Cloud,
    id: &str,
    zone: &str,
    wanted: &[(&Address, String)],
) -> Result<Vec<Found<DnsRecordLive>>, Fault> {
    let (deeds, there) = tokio::try_join!(
        deeds(cloud, id, zone),
        together(wanted.iter().map(|(_, name)| records(cloud, id, name))),
    )?;
    let mut ours = Vec::new();
    for (deed, _) in &deeds {
        if deed.address.kind() != DnsRecord::KIND {
            continue;
        }
        let named = wanted.iter().find(|(_, name)| *name == deed.name);
        let tags = Tags::from([
            (STACK_TAG.to_owned(), deed.stack.clone()),
            (REGION_TAG.to_owned(), deed.region.clone()),
            (ADDRESS_TAG.to_owned(), deed.address.to_string()),
        ]);
        if let Some(owner) = cloud.owner(&tags, named.map(|(address, _)| *address)) {
            ours.push((owner, deed.name.clone()));
        }
    }
    let known = |name: &str| {
        let mut all = wanted.iter().zip(&there);
        all.find(|((_, one), _)| one == name)
            .map(|(_, there)| there.clone())
    };
    let read = ours.into_iter().map(|(owner, name)| {
        let known = known(&name);
        async move {
            let there = match known {
                Some(there) => there,
                None => records(cloud, id, &name).await?,
            };
            Ok((owner, name, leads(&there)))
        }
    });
    let mut found = together(read.collect::<Vec<_>>()).await?;
    for ((address, name), there) in wanted.iter().zip(&there) {
        let free = !deeds.iter().any(|(deed, _)| deed.name == *name);
        let mut types = there.iter().map(ResourceRecordSet::r#type);
        let taken = types.any(|kind| matches!(kind, RrType::A | RrType::Aaaa | RrType::Cname));
        if free
            && taken
            && let Some(owner) = cloud.owner(&Tags::new(), Some(address))
        {
            found.push((owner, name.clone(), leads(there)));
        }
    }
    Ok(found
        .into_iter()
        .map(|(owner, name, leads)| Found {
            owner,
            id: name.clone(),
            live: DnsRecordLive {
                name,
                zone: zone.to_owned(),
                leads,
                zone_noted: false,
            },
        })
        .collect())
}

/// Where the records of one name lead.
fn leads(records: &[ResourceRecordSet]) -> Leads {
    let of = |kind| records.iter().find(|record| *record.r#type() == kind);
    let Some(record) = of(RrType::A).or_else(|| of(RrType::Cname)) else {
        return Leads::default();
    };
    let Some(alias) = record.alias_target() else {
        let values: Vec<String> = record
            .resource_records()
            .iter()
            .map(|one| plain(one.value()))
            .collect();
        return Leads {
            target: Some(values.join(" ")),
            ..Leads::default()
        };
    };
    let target = plain(alias.dns_name());
    Leads {
        // The console writes it before the name; it leads to the same place.
        target: Some(target.trim_start_matches("dualstack.").to_owned()),
        target_zone: Some(alias.hosted_zone_id().to_owned()),
        evaluates_health: alias.evaluate_target_health(),
    }
}

/// The zones that an object's tags tell of.
pub(super) fn zones_of(tags: &Tags) -> BTreeSet<String> {
    let told = tags.get(ZONE_TAG).map_or("", String::as_str);
    told.split_whitespace().map(str::to_owned).collect()
}
