//! `[load_balancer]` and `[domain]`: how users reach the stack.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use toml::de::DeValue;

use super::arn;
use super::hosted_zone::{hosted_zone, is_zone_id};
use super::ip_range::range;
use super::model::{Domain, LoadBalancer, Waf};
use super::problem::Problem;
use super::read::Table;
use super::stack_table::StackTable;
use super::text::{self, all};
use super::value_error::ValueError;
use crate::regions;

/// TLS 1.2 and 1.3 with forward secrecy only.
const POLICY: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";

pub(crate) fn read(root: &mut Table<'_>, stack_table: &StackTable) -> LoadBalancer {
    let mut table = root.table("load_balancer");
    let everybody = || vec![Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0)];
    let load_balancer = LoadBalancer {
        idle_timeout: table
            .number("idle_timeout", 1..=4000, "seconds")
            .unwrap_or(600),
        access_logs: table.flag("access_logs", true),
        access_log_days: table
            .number("access_log_days", 1..=36500, "days")
            .unwrap_or(90),
        deletion_protection: table.flag("deletion_protection", !stack_table.disposable),
        allow: allow(&mut table).unwrap_or_else(everybody),
        ssl_policy: table
            .parsed("ssl_policy", policy)
            .unwrap_or_else(|| POLICY.to_owned()),
        plain_http: table.flag("plain_http", false),
        waf: waf(&mut table, stack_table),
    };
    table.finish();
    load_balancer
}

/// `true`, `false`, or the ARN of a web ACL.
fn waf(table: &mut Table<'_>, stack_table: &StackTable) -> Waf {
    let written = table.raw("waf").map(|value| value.get_ref());
    match written {
        None => Waf::Off,
        Some(DeValue::Boolean(true)) => Waf::Managed,
        Some(DeValue::Boolean(false)) => Waf::Off,
        Some(DeValue::String(_)) => {
            let arn = table.parsed("waf", |text| {
                arn::same_region(web_acl(text)?, stack_table.region())
            });
            arn.map_or(Waf::Off, Waf::Existing)
        }
        Some(_) => {
            // Says what is wrong with it.
            table.flag("waf", false);
            Waf::Off
        }
    }
}

/// A web ACL for load balancers; those of CloudFront are called `global/webacl/…`.
fn web_acl(text: &str) -> Result<arn::Arn, ValueError> {
    arn::arn(text, "wafv2", &["regional/webacl/"]).map_err(|wrong| {
        if text.contains(":global/webacl/") {
            wrong.hint("this one is for CloudFront; a load balancer takes a regional web ACL")
        } else if matches!(text, "true" | "false") {
            wrong.hint("write it without quotes")
        } else {
            wrong
        }
    })
}

fn allow(table: &mut Table<'_>) -> Option<Vec<Ipv4Net>> {
    let mut allow = table.parsed_list("allow", range)?;
    let path = table.path_of("allow");
    let report = table.report();
    if allow.is_empty() {
        if report.sound(&[&path]) {
            report.reject(
                &path,
                Problem::new(
                    report.at(&path),
                    format!("`{path}` is empty"),
                    "nobody could connect",
                )
                .hint("\"0.0.0.0/0\" means everybody"),
            );
        }
        return None;
    }
    allow.sort();
    allow.dedup();
    Some(allow)
}

fn policy(text: &str) -> Result<String, ValueError> {
    let good = text
        .strip_prefix("ELBSecurityPolicy-")
        .is_some_and(|rest| all(rest, |c| c.is_ascii_alphanumeric() || c == '-'));
    if good {
        Ok(text.to_owned())
    } else {
        Err(ValueError::new(
            "is not a TLS policy",
            format!("must look like `{POLICY}`"),
        ))
    }
}

/// `[domain]`.
pub(crate) fn domain(root: &mut Table<'_>, stack_table: &StackTable) -> Option<Domain> {
    let mut table = root.table("domain");
    let name = table.parsed("name", name);
    let zone = table.parsed("zone", hosted_zone);
    let certificate = table.parsed("certificate", |text| {
        arn::same_region(
            arn::arn(text, "acm", &["certificate/"])?,
            stack_table.region(),
        )
    });
    let written = table.written();
    if written && !table.has("name") {
        table.missing(
            "name",
            "write the name users type, such as name = \"chat.example.org\"",
        );
    }
    let domain = name.filter(|_| written).map(|name| Domain {
        zone: zone.or_else(|| (!table.has("certificate")).then(|| parent(&name))),
        certificate,
        name,
    });
    if let Some(domain) = &domain {
        check(&table, domain);
    }
    table.finish();
    domain
}

fn name(text: &str) -> Result<String, ValueError> {
    if let Some(rest) = text.strip_prefix("*.") {
        return Err(
            ValueError::new("is a wildcard", "must be the one name users type")
                .hint(format!("such as \"chat.{rest}\"")),
        );
    }
    let aws = |partition: &regions::Partition| text.ends_with(&format!(".{}", partition.suffix));
    if regions::PARTITIONS.iter().any(aws) {
        return Err(
            ValueError::new("belongs to AWS", "must be a name of your own")
                .hint("leave [domain] out to use the load balancer's name over plain HTTP"),
        );
    }
    text::host(text)
}

/// The domain above, or the name itself when there is none to own.
fn parent(name: &str) -> String {
    match name.split_once('.') {
        Some((_, parent)) if parent.contains('.') => parent.to_owned(),
        _ => name.to_owned(),
    }
}

fn check(table: &Table<'_>, domain: &Domain) {
    let report = table.report();
    if domain.certificate.is_none() && !table.has("certificate") && domain.name.len() > 64 {
        report.add(
            Problem::new(
                report.at(&table.path_of("name")),
                format!("`domain.name` is {} characters long", domain.name.len()),
                "ACM issues certificates for 64 or fewer",
            )
            .hint("choose a shorter name, or give the ARN of a certificate as `certificate`"),
        );
    }
    if let Some(zone) = &domain.zone
        && table.has("zone")
        && !is_zone_id(zone)
        && domain.name != *zone
        && !domain.name.ends_with(&format!(".{zone}"))
    {
        report.add(
            Problem::new(
                report.at(&table.path_of("zone")),
                format!("`{}` does not lie in the zone `{zone}`", domain.name),
                "must be a domain above the name",
            )
            .also(report.at(&table.path_of("name")), "this name")
            .hint(format!("write zone = \"{}\"", parent(&domain.name))),
        );
    }
}
