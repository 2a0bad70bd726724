//! Whether the internet asks the hosted zone of the file for the domain.
//!
//! A zone answers for a domain only where the domain above it, or its registrar, names the four name servers that Route 53
//! gave the zone ("Making Route 53 the DNS service for a domain that's in use" in its developer guide). Without that, ACM
//! never sees the record that validates a certificate, and `up` waits for it in vain.

use super::{CheckContext, Finding};
use crate::aws::fault;
use crate::aws::grant::{Grant, anywhere, on};
use crate::engine::{Class, Fault};
use crate::message::{commands, message};
use crate::resources::route53::dns::known_zone;

mod resolver;

use resolver::Resolved;

const PLACE: &str = "domain.zone";

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let Some((domain, named)) = context
        .stack
        .domain
        .as_ref()
        .and_then(|domain| Some((domain, domain.zone.as_ref()?)))
    else {
        return Ok(Vec::new());
    };
    let zone = match known_zone(context.cloud, named).await {
        Ok(zone) => zone,
        // Told with what could not be read: no plan is whole without it.
        Err(fault) if fault.class == Class::Unmet => return Ok(Vec::new()),
        Err(fault) => return Err(fault),
    };
    let asked = context.cloud.route53.get_hosted_zone().id(&zone.id);
    let answer = asked.send().await.map_err(fault("route53:GetHostedZone"))?;
    let servers = answer.delegation_set().map(|set| set.name_servers());
    let servers: Vec<String> = servers
        .unwrap_or_default()
        .iter()
        .map(|one| plain(one))
        .collect();
    if context.cloud.is_elsewhere("Route 53") {
        let reason = "is asked of something else than AWS: no public DNS knows of it";
        return Ok(vec![Finding::skipped(PLACE, reason).in_file()]);
    }
    let name = zone.name.clone();
    let asked = tokio::task::spawn_blocking(move || resolver::name_servers(&name)).await;
    let asked =
        asked.unwrap_or_else(|_| Resolved::Unanswered("the question was not asked".to_owned()));
    Ok(vec![assess(
        &zone.name,
        &servers,
        &asked,
        domain.certificate.is_none(),
    )])
}

/// `validates`: whether a certificate waits for it. Never more than a warning: the resolver of an office may know
/// another zone of that name, and one that has asked before remembers an old answer for up to two days.
fn assess(zone: &str, servers: &[String], asked: &Resolved, validates: bool) -> Finding {
    let findings = match asked {
        Resolved::Unanswered(why) => {
            return Finding::skipped(PLACE, format!("no resolver was to be asked: {why}"))
                .in_file();
        }
        Resolved::Servers(findings) if findings.iter().any(|one| servers.contains(&plain(one))) => {
            return Finding::ok(PLACE, format!("the internet asks this zone for {zone}")).in_file();
        }
        Resolved::Servers(findings) if findings.is_empty() => {
            format!("the internet knows no name servers of {zone}")
        }
        Resolved::Servers(findings) => {
            format!("the internet asks {} for {zone}", findings.join(", "))
        }
    };
    let servers = servers.join(", ");
    let reason = match validates {
        true => message![
            format!(
                "{findings}, as far as this machine's resolver knows: ACM does not validate the certificate, and "
            ),
            commands::up(),
            " waits for it in vain",
        ],
        false => {
            format!("{findings}, and not this zone, as far as this machine's resolver knows").into()
        }
    };
    Finding::warn(PLACE, reason).in_file().pending().fix(format!(
        "enter the zone's name servers where {zone} is registered, or in the zone above it: {servers}"
    ))
}

/// Lowercase, without the dot at the end.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// What the check reads.
pub(super) const GRANTS: &[Grant] = &[
    anywhere(&["route53:ListHostedZonesByName"]),
    on(&["route53:hostedzone/*"], &["route53:GetHostedZone"]),
];

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::assess;
    use super::resolver::Resolved;
    use crate::message::StackOptions;

    #[test]
    fn a_zone_that_nobody_asks_is_warned_of() {
        let servers = [
            "ns-1.awsdns-01.org".to_owned(),
            "ns-2.awsdns-02.com".to_owned(),
        ];
        let findings =
            |names: &[&str]| Resolved::Servers(names.iter().map(|&name| name.into()).collect());
        for (asked, validates, level, words) in [
            (
                findings(&["NS-2.awsdns-02.com."]),
                true,
                Level::Ok,
                "asks this zone",
            ),
            (
                findings(&["ns.registrar.net"]),
                true,
                Level::Warn,
                "asks ns.registrar.net for example.org",
            ),
            (
                findings(&["ns.registrar.net"]),
                false,
                Level::Warn,
                "and not this zone",
            ),
            (findings(&[]), true, Level::Warn, "knows no name servers"),
            (
                Resolved::Unanswered("no answer".into()),
                true,
                Level::Skipped,
                "no answer",
            ),
        ] {
            let found = assess("example.org", &servers, &asked, validates);
            let reason = found.reason.at(&StackOptions::default());
            assert_eq!(found.level, level, "{reason}");
            assert!(reason.contains(words), "{reason}");
        }
    }
}
