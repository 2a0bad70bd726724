//! What Route 53 answers of names: ours by the TXT records beside them, others by their own.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_route53::types::{ResourceRecordSet, RrType};

use crate::aws::{ADDRESS_TAG, Cloud, REGION_TAG, STACK_TAG, Tags};
use crate::engine::{Address, Fault, Found, Resource};
use crate::stack::is_zone_id;

use super::{DnsRecord, DnsRecordLive, Leads};
use crate::resources::route53::dns::{
    ZONE_TAG, Zone, ownership_records, plain, records, word, zone_of, zones,
};
use crate::resources::sdk::try_join_bounded;

/// Our records in the zones of these words, and what bears a declared name in them.
pub(super) async fn read(
    cloud: &Cloud,
    words: &BTreeSet<String>,
    declared: &[(&Address, &DnsRecord)],
) -> Result<Vec<Found<DnsRecordLive>>, Fault> {
    if !cloud.removing {
        let named = declared.iter().map(|(_, one)| async {
            let name = plain(&one.name);
            zone_of(cloud, &one.zone, &name).await
        });
        try_join_bounded(named.collect::<Vec<_>>()).await?;
    }
    let known = try_join_bounded(words.iter().map(|word| zones(cloud, word))).await?;
    let known: Vec<(&String, Zone)> = words
        .iter()
        .zip(&known)
        .flat_map(|(word, zones)| zones.iter().map(move |zone| (word, zone.clone())))
        .collect();
    // A zone that tags know by its name, and the file by its id, is one: it is called as the file does.
    let declared_zones: BTreeSet<String> =
        declared.iter().map(|(_, one)| word(&one.zone)).collect();
    let mut called: BTreeMap<&str, &String> = BTreeMap::new();
    for (word, zone) in &known {
        let name = called.entry(&zone.id).or_insert(word);
        if declared_zones.contains(*word) {
            *name = word;
        }
    }
    let mut places: BTreeMap<&String, Vec<Zone>> = BTreeMap::new();
    for (word, zone) in &known {
        if called.get(zone.id.as_str()) == Some(word) {
            places.entry(word).or_default().push(zone.clone());
        }
    }
    let each = places
        .iter()
        .flat_map(|(word, places)| places.iter().map(move |zone| (zone, *word, places)))
        .map(|(zone, word, places)| read_zone(cloud, zone, word, places, declared));
    let read = try_join_bounded(each.collect::<Vec<_>>()).await?;
    Ok(read.into_iter().flatten().collect())
}

/// The same in one zone, which is called `zone_word` and is one of `places`.
async fn read_zone(
    cloud: &Cloud,
    zone: &Zone,
    zone_word: &str,
    places: &[Zone],
    declared: &[(&Address, &DnsRecord)],
) -> Result<Vec<Found<DnsRecordLive>>, Fault> {
    let wanted: Vec<(&Address, String)> = declared
        .iter()
        .filter(|(_, one)| word(&one.zone) == zone_word)
        .map(|(address, one)| (*address, plain(&one.name)))
        .collect();
    let id = zone.id.as_str();
    let (ownership_records, there) = tokio::try_join!(
        ownership_records(cloud, zone),
        try_join_bounded(wanted.iter().map(|(_, name)| records(cloud, id, name))),
    )?;
    let mut ours = Vec::new();
    for (ownership, _) in &ownership_records {
        if ownership.address.kind() != DnsRecord::KIND {
            continue;
        }
        let named = wanted.iter().find(|(_, name)| *name == ownership.name);
        let tags = Tags::from([
            (STACK_TAG.to_owned(), ownership.stack.clone()),
            (REGION_TAG.to_owned(), ownership.region.clone()),
            (ADDRESS_TAG.to_owned(), ownership.address.to_string()),
        ]);
        if let Some(owner) = cloud.owner(&tags, named.map(|(address, _)| *address)) {
            ours.push((owner, ownership.name.clone()));
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
    let mut found = try_join_bounded(read.collect::<Vec<_>>()).await?;
    for ((address, name), there) in wanted.iter().zip(&there) {
        let free = !ownership_records
            .iter()
            .any(|(ownership, _)| ownership.name == *name);
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
            // zones of one name hold what is one record to us, and one that the file tells apart another
            id: if is_zone_id(zone_word) {
                format!("{name} in {zone_word}")
            } else {
                name.clone()
            },
            live: DnsRecordLive {
                name,
                zone: zone_word.to_owned(),
                places: places.to_vec(),
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
    let tagged = tags.get(ZONE_TAG).map_or("", String::as_str);
    tagged.split_whitespace().map(str::to_owned).collect()
}
