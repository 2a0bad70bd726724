//! The name that leads people to the load balancer.

use std::collections::BTreeSet;

use aws_sdk_route53::types::{AliasTarget, ChangeAction, ResourceRecordSet, RrType};
use serde::Serialize;

use crate::aws::grant::{Grant, Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Tags};
use crate::engine::{
    Address, Changes, Fault, Field, Found, PropsWith, Ref, ResolveContext, Resource, Ties,
};
use crate::fields;

use crate::resources::LoadBalancer;
use crate::resources::elbv2::{balancer_tags, own_elb_tags, tag_elb};
use crate::resources::route53::dns::{
    OwnershipRecord, ZONE_TAG, Zone, change, known_zone, ownership_records, plain, records,
    release, word,
};
use crate::resources::sdk::build_error;

mod read;

use read::{read, zones_of};

const CHANGE: &str = "route53:ChangeResourceRecordSets";

/// An alias record (type A) for a load balancer, and the TXT record that says whose it is.
#[derive(Debug, Clone)]
pub struct DnsRecord {
    /// The public hosted zone that it stands in, by name or id.
    pub zone: String,
    /// Its name: the zone's, or one below it.
    pub name: String,
    /// Where it leads.
    pub target: Ref<LoadBalancer>,
    /// The file's tags. A record has none (Route 53 API, `ChangeTagsForResource.ResourceType`).
    pub tags: Tags,
}

/// What can be said of a record.
#[derive(Debug, Serialize)]
pub struct DnsRecordProps {
    zone: String,
    name: String,
    /// AWS's name of the load balancer, or what somebody has put in its place.
    target: Option<String>,
    /// The hosted zone of that name.
    target_zone: Option<String>,
    /// Of use only among several records of one name (Developer Guide, "Evaluate target health").
    evaluates_health: bool,
    /// Whether the load balancer's tags tell of the zone: a file without a domain tells of none.
    zone_noted: bool,
}

/// A record as AWS has it.
#[derive(Debug, Clone)]
pub struct DnsRecordLive {
    /// Its name, without a final dot.
    pub name: String,
    /// As the file names it, or did.
    zone: String,
    /// Those that it can stand in: of several with one name, in each.
    places: Vec<Zone>,
    leads: Leads,
    zone_noted: bool,
}

/// Where a name leads.
#[derive(Debug, Clone, Default)]
struct Leads {
    target: Option<String>,
    target_zone: Option<String>,
    evaluates_health: bool,
}

impl Resource for DnsRecord {
    type Cloud = Cloud;
    /// Beside them the ARN of the load balancer.
    type Props = PropsWith<DnsRecordProps, String>;
    type Live = DnsRecordLive;

    const KIND: &'static str = "dns-record";
    const HEADLINE: &'static [Field] = &fields!(DnsRecordProps, name);
    const CREATE_ONLY: &'static [Field] = &fields!(DnsRecordProps, zone, name);

    fn desired(&self, context: &ResolveContext<'_>) -> Self::Props {
        let of = |pick: fn(&crate::resources::LoadBalancerLive) -> String| {
            context.text(&self.target, pick)
        };
        let props = DnsRecordProps {
            zone: word(&self.zone),
            name: plain(&self.name),
            target: Some(of(|balancer| plain(&balancer.dns_name))),
            target_zone: Some(of(|balancer| balancer.hosted_zone_id.clone())),
            evaluates_health: false,
            zone_noted: true,
        };
        PropsWith::wanted(props, of(|balancer| balancer.arn.clone()))
    }

    fn props(live: &DnsRecordLive) -> Self::Props {
        let leads = live.leads.clone();
        PropsWith::observed(DnsRecordProps {
            zone: live.zone.clone(),
            name: live.name.clone(),
            target: leads.target,
            target_zone: leads.target_zone,
            evaluates_health: leads.evaluates_health,
            zone_noted: live.zone_noted,
        })
    }

    /// Two calls a zone, and one for the records of each name, because Route 53 lists records only
    /// from a name onward.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<DnsRecordLive>>, Fault> {
        let noted = async {
            if declared.is_empty() {
                return Ok(BTreeSet::new());
            }
            let tags = balancer_tags(cloud).await?;
            let ours = tags
                .values()
                .filter(|tags| cloud.owner(tags, None).is_some());
            Ok(ours.flat_map(zones_of).collect::<BTreeSet<String>>())
        };
        let (tagged, noted) = tokio::try_join!(cloud.tagged(), noted)?;
        // Where to look only: what stands in a zone is told by the zone.
        let listed = tagged
            .latest_values(ZONE_TAG)
            .flat_map(str::split_whitespace);
        let mut zones: BTreeSet<String> = listed.map(str::to_owned).collect();
        // The index of tags is minutes behind; the load balancers' own are not.
        zones.extend(noted.iter().cloned());
        zones.extend(declared.iter().map(|(_, one)| word(&one.zone)));
        let mut found = read(cloud, &zones, declared).await?;
        for one in &mut found {
            one.live.zone_noted = noted.contains(&one.live.zone);
        }
        Ok(found)
    }

    /// A TXT record beside it says whose it is, and no tag.
    fn ties(_: &Self::Live) -> Ties {
        Ties {
            sure: true,
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &Self::Props) -> Result<DnsRecordLive, Fault> {
        note(job, want.extra()?, &want.zone).await?;
        let zone = known_zone(job, &want.zone).await?;
        let ownership = ownership_record(job, &want.name);
        // Not an upsert, which would take over what has come there since it was read.
        let new = [alias(want)?, ownership.record(&zone)?];
        let made = change(job, &zone.id, new.map(|one| (ChangeAction::Create, one))).await;
        match made {
            Err(fault) if fault.is(CHANGE, &["InvalidChangeBatch"]) => {
                let there = ownership_records(job, &zone).await?;
                // Both or none are written: a request whose reply was lost has done it.
                if !there.iter().any(|(one, _)| *one == ownership) {
                    return Err(fault);
                }
            }
            made => made?,
        }
        Ok(made_as(want, vec![zone]))
    }

    async fn update(
        &self,
        job: &Job,
        live: &DnsRecordLive,
        want: &Self::Props,
        changes: &Changes,
    ) -> Result<DnsRecordLive, Fault> {
        note(job, want.extra()?, &want.zone).await?;
        if changes.any_changed(&fields!(
            DnsRecordProps,
            target,
            target_zone,
            evaluates_health
        )) {
            let zone = known_zone(job, &want.zone).await?;
            let there = records(job, &zone.id, &want.name).await?;
            // No other record can stand beside a CNAME.
            let old = there
                .into_iter()
                .filter(|record| *record.r#type() == RrType::Cname)
                .map(|record| (ChangeAction::Delete, record));
            let new = [
                alias(want)?,
                ownership_record(job, &want.name).record(&zone)?,
            ];
            let new = new.map(|record| (ChangeAction::Upsert, record));
            change(job, &zone.id, old.chain(new)).await?;
        }
        Ok(made_as(want, live.places.clone()))
    }

    /// What somebody has put in its place stays.
    async fn delete(job: &Job, live: &DnsRecordLive) -> Result<(), Fault> {
        for zone in &live.places {
            release(job, zone, &ownership_record(job, &live.name), |record| {
                *record.r#type() == RrType::A && record.alias_target().is_some()
            })
            .await?;
        }
        Ok(())
    }
}

fn alias(want: &DnsRecordProps) -> Result<ResourceRecordSet, Fault> {
    let target = AliasTarget::builder()
        .set_dns_name(want.target.clone())
        .set_hosted_zone_id(want.target_zone.clone())
        .evaluate_target_health(want.evaluates_health)
        .build()
        .map_err(build_error(CHANGE))?;
    ResourceRecordSet::builder()
        .name(&want.name)
        .r#type(RrType::A)
        .alias_target(target)
        .build()
        .map_err(build_error(CHANGE))
}

fn ownership_record(job: &Job, name: &str) -> OwnershipRecord {
    OwnershipRecord {
        stack: job.place.stack.clone(),
        region: job.place.region.clone(),
        address: job.address().clone(),
        name: name.to_owned(),
    }
}

fn made_as(want: &DnsRecordProps, places: Vec<Zone>) -> DnsRecordLive {
    DnsRecordLive {
        name: want.name.clone(),
        zone: want.zone.clone(),
        places,
        leads: Leads {
            target: want.target.clone(),
            target_zone: want.target_zone.clone(),
            evaluates_health: want.evaluates_health,
        },
        zone_noted: true,
    }
}

/// Lets the load balancer's tags tell of the zone, and still of those before it: a record that is
/// replaced in another zone must be found until it is gone.
async fn note(job: &Job, balancer: &str, zone: &str) -> Result<(), Fault> {
    let tags = own_elb_tags(job, &[balancer]).await?;
    let mut zones = tags.get(balancer).map(zones_of).unwrap_or_default();
    if !zones.insert(zone.to_owned()) {
        return Ok(());
    }
    let zones: Vec<String> = zones.into_iter().collect();
    let tag = Tags::from([(ZONE_TAG.to_owned(), zones.join(" "))]);
    tag_elb(job, balancer, &tag).await
}

const ZONES: &[&str] = &["route53:hostedzone/*"];
const CHANGES: Grant =
    on(ZONES, &["route53:ChangeResourceRecordSets"]).records(&["A", "AAAA", "CNAME", "TXT"]);

impl Permitted for DnsRecord {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            anywhere(&["route53:ListHostedZonesByName"]),
            on(
                ZONES,
                &["route53:GetHostedZone", "route53:ListResourceRecordSets"],
            ),
        ]],
        create: &[&[CHANGES]],
        update: &[&[CHANGES]],
        delete: &[&[CHANGES]],
    };
}
