//! Hosted zones, as the file names them: by name, or by id.

use std::sync::Arc;

use aws_sdk_route53::types as api;

use crate::aws::{Cloud, answer_of};
use crate::engine::{Class, Fault};
use crate::message::{Command, message};
use crate::stack::is_zone_id;

use super::plain;

const GET: &str = "route53:GetHostedZone";

/// A public hosted zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Zone {
    /// Without `/hostedzone/`.
    pub id: String,
    /// As [`plain`] has it.
    pub name: String,
}

impl Zone {
    fn of(zone: &api::HostedZone) -> Option<Self> {
        let private = zone
            .config()
            .is_some_and(api::HostedZoneConfig::private_zone);
        (!private).then(|| Self {
            id: zone.id().trim_start_matches("/hostedzone/").to_owned(),
            name: plain(zone.name()),
        })
    }

    /// Whether a name is the zone's, or lies below it.
    fn holds(&self, name: &str) -> bool {
        let rest = name.strip_suffix(self.name.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

/// A zone as it is compared and kept in tags: an id as it is, a name in lowercase letters.
pub(in crate::resources) fn word(zone: &str) -> String {
    if is_zone_id(zone) {
        zone.to_owned()
    } else {
        plain(zone)
    }
}

/// The public hosted zones that `zone` names: one by its id, or all of a name. Any number can have one name, and
/// the domain is delegated to one of them at most ("Considerations when working with public hosted zones" in the
/// Route 53 developer guide). What is ours may stand in each.
pub(in crate::resources) async fn zones(
    cloud: &Cloud,
    zone: &str,
) -> Result<Arc<Vec<Zone>>, Fault> {
    let zone = word(zone);
    let question = format!("route53:zones {zone}");
    let ask = || async {
        if is_zone_id(&zone) {
            by_id(cloud, &zone).await
        } else {
            by_name(cloud, &zone).await
        }
    };
    cloud.memo.once(question, ask).await
}

async fn by_id(cloud: &Cloud, id: &str) -> Result<Vec<Zone>, Fault> {
    let asked = cloud.route53.get_hosted_zone().id(id).send().await;
    match answer_of(GET, asked) {
        Ok(answer) => Ok(answer
            .hosted_zone()
            .and_then(Zone::of)
            .into_iter()
            .collect()),
        Err(fault) if fault.is(GET, &["NoSuchHostedZone"]) => Ok(Vec::new()),
        Err(fault) => Err(fault),
    }
}

async fn by_name(cloud: &Cloud, name: &str) -> Result<Vec<Zone>, Fault> {
    // It lists from the name onward, so the first need not be the one.
    let request = cloud.route53.list_hosted_zones_by_name().dns_name(name);
    let answer = answer_of("route53:ListHostedZonesByName", request.send().await)?;
    let all = answer.hosted_zones().iter().filter_map(Zone::of);
    Ok(all.filter(|one| one.name == name).collect())
}

/// The zone that the file names, which must be there, once.
///
/// # Errors
/// [`Class::Unmet`] when it is not, and the faults of the request.
pub(crate) async fn known_zone(cloud: &Cloud, zone: &str) -> Result<Zone, Fault> {
    let found = zones(cloud, zone).await?;
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] if is_zone_id(zone) => Err(unmet(format!(
            "there is no public hosted zone with the id {zone} in this account"
        ))
        .hint(message![
            "correct `zone` under [domain]; ",
            Command::aws("route53 list-hosted-zones"),
            " lists those there are",
        ])),
        [] => {
            let fault = unmet(format!(
                "there is no public hosted zone `{zone}` in this account"
            ));
            Err(match parent(cloud, zone).await? {
                Some(parent) => fault.hint(format!(
                    "the account has the zone of {parent}: write `zone = \"{parent}\"` under [domain]"
                )),
                None => fault.hint(
                    "create it in Route 53 and delegate the domain to it, or correct `zone` under [domain]",
                ),
            })
        }
        all => {
            let ids: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
            Err(unmet(format!(
                "there are {} public hosted zones called {zone}: {}",
                ids.len(),
                ids.join(", ")
            ))
            .hint(
                "write the id of the one that the domain is delegated to as `zone` under [domain] (`dig NS` and the \
                 name servers of each tell), or delete the others",
            ))
        }
    }
}

/// The same for a name that has to lie in it, which the file cannot tell of an id.
pub(in crate::resources) async fn zone_of(
    cloud: &Cloud,
    zone: &str,
    name: &str,
) -> Result<Zone, Fault> {
    let found = known_zone(cloud, zone).await?;
    if found.holds(name) {
        return Ok(found);
    }
    Err(unmet(format!(
        "the hosted zone {zone} is of {}, and {name} does not lie in it",
        found.name
    ))
    .hint("correct `zone` under [domain]"))
}

fn unmet(message: String) -> Fault {
    Fault::new("zone", Class::Unmet, message)
}

/// The nearest domain above `zone` that has one zone here.
async fn parent(cloud: &Cloud, zone: &str) -> Result<Option<String>, Fault> {
    let zone = plain(zone);
    let mut name = zone.as_str();
    while let Some((_, above)) = name.split_once('.')
        && above.contains('.')
    {
        if zones(cloud, above).await?.len() == 1 {
            return Ok(Some(above.to_owned()));
        }
        name = above;
    }
    Ok(None)
}
