//! `[network]`: a VPC of our own, or one that exists.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::egress;
use super::ip_range::range;
use super::model::{Egress, Nat, Network, OwnNetwork};
use super::problem::Problem;
use super::read::Table;
use super::stack_table::StackTable;
use super::text::{self, all};
use super::value_error::{ValueError, word};

const OWN: [&str; 6] = [
    "cidr",
    "zones",
    "nat",
    "s3_endpoint",
    "flow_logs",
    "deny_remote_login",
];
const EXISTING: [&str; 3] = ["vpc", "public_subnets", "private_subnets"];

/// The network, and where tasks may connect to beyond what they need.
pub(crate) fn read(root: &mut Table<'_>, stack_table: &StackTable) -> (Network, Vec<Egress>) {
    let mut table = root.table("network");
    let egress = egress::read(&mut table).unwrap_or_default();
    let own = own_network(&mut table, stack_table);
    let existing = existing(&mut table);
    let network = match existing {
        Some(existing) => {
            refuse_both(&table);
            existing
        }
        None => Network::Own(own),
    };
    table.finish();
    (network, egress)
}

fn own_network(table: &mut Table<'_>, stack_table: &StackTable) -> OwnNetwork {
    let cidr = table.parsed("cidr", cidr);
    let (zones, zone_names) = zones(table, stack_table);
    let nats = [
        ("one", Nat::One),
        ("per-zone", Nat::PerZone),
        ("none", Nat::None),
    ];
    let nat = table
        .parsed("nat", |text| word(text, &nats))
        .unwrap_or(Nat::One);
    OwnNetwork {
        cidr: cidr.unwrap_or_else(default_cidr),
        zones,
        zone_names,
        nat,
        s3_endpoint: table.flag("s3_endpoint", true),
        flow_logs: table.flag("flow_logs", true),
        // Replies to a NAT gateway come to ports 1024-65535, that of RDP among them ("Ephemeral ports"
        // in the VPC user guide): where there is one, closing it would break a connection now and then.
        deny_remote_login: table.flag("deny_remote_login", nat == Nat::None),
    }
}

/// How many zones, and which, where the file names them.
fn zones(table: &mut Table<'_>, stack_table: &StackTable) -> (u8, Vec<String>) {
    let list = table
        .raw("zones")
        .is_some_and(|value| value.get_ref().is_array());
    if !list {
        let zones = table.number("zones", 1..=6, "zones, or a list of their names");
        return (
            zones
                .and_then(|zones| u8::try_from(zones).ok())
                .unwrap_or(2),
            Vec::new(),
        );
    }
    let names = table
        .parsed_list("zones", |text| zone(text, stack_table.region()))
        .unwrap_or_default();
    let path = table.path_of("zones");
    let report = table.report();
    if !report.sound(&[&path]) {
        return (2, Vec::new());
    }
    let different: BTreeSet<&String> = names.iter().collect();
    let wrong = if different.len() < names.len() {
        Some(("names a zone twice", "each once"))
    } else if !(1..=6).contains(&names.len()) {
        Some((
            "must name 1 to 6 zones",
            "write zones = 2 to leave the choice to ajuda",
        ))
    } else {
        None
    };
    if let Some((predicate, label)) = wrong {
        report.reject(
            &path,
            Problem::new(report.at(&path), format!("`{path}` {predicate}"), label),
        );
        return (2, Vec::new());
    }
    (u8::try_from(names.len()).unwrap_or(2), names)
}

/// `us-east-1a`, or the id `use1-az1`, which is the same place in every account.
fn zone(text: &str, region: Option<&str>) -> Result<String, ValueError> {
    let wrong = || {
        ValueError::new(
            "is not an availability zone",
            "must look like `us-east-1a` or `use1-az1`",
        )
    };
    let id = text.split_once("-az").is_some_and(|(region, number)| {
        all(region, |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
        }) && all(number, |c| c.is_ascii_digit())
    });
    if id {
        return Ok(text.to_owned());
    }
    let of = text
        .strip_suffix(|c: char| c.is_ascii_lowercase())
        .ok_or_else(wrong)?;
    text::region(of).map_err(|_| wrong())?;
    match region {
        Some(region) if region != of => Err(ValueError::new(
            format!("is in `{of}`"),
            format!("must be in the stack's region, `{region}`"),
        )),
        _ => Ok(text.to_owned()),
    }
}

fn existing(table: &mut Table<'_>) -> Option<Network> {
    let vpc = table.parsed("vpc", |text| id(text, "vpc-"));
    let public = subnets(table, "public_subnets");
    let private = subnets(table, "private_subnets");
    if !EXISTING.iter().any(|key| table.has(key)) {
        return None;
    }
    for key in EXISTING.iter().filter(|key| !table.has(key)) {
        table.missing(key, "an existing network is named by `vpc`, `public_subnets` and `private_subnets` together");
    }
    refuse_shared(table, &public, &private);
    Some(Network::Existing {
        vpc: vpc.unwrap_or_default(),
        public_subnets: public,
        private_subnets: private,
    })
}

/// Load balancers and databases take subnets in two zones or more.
fn subnets(table: &mut Table<'_>, key: &'static str) -> Vec<String> {
    let subnets = table.parsed_list(key, |text| id(text, "subnet-"));
    let path = table.path_of(key);
    let report = table.report();
    let Some(subnets) = subnets else {
        return Vec::new();
    };
    if report.sound(&[&path]) {
        let mut different = subnets.clone();
        different.sort();
        different.dedup();
        if different.len() < subnets.len() {
            report.add(Problem::new(
                report.at(&path),
                format!("`{path}` names a subnet twice"),
                "each once",
            ));
        } else if subnets.len() < 2 {
            report.add(Problem::new(
                report.at(&path),
                format!("`{path}` has too few subnets"),
                "needs two or more, in different zones",
            ));
        }
    }
    subnets
}

fn refuse_shared(table: &Table<'_>, public: &[String], private: &[String]) {
    let report = table.report();
    for (index, subnet) in private.iter().enumerate() {
        if public.contains(subnet) {
            let place = table.path_of(&format!("private_subnets[{index}]"));
            report.add(
                Problem::new(
                    report.at(&place),
                    format!("`{subnet}` is named as public and as private"),
                    "private subnets reach the internet through a NAT gateway, public ones directly",
                )
                .also(report.at(&table.path_of("public_subnets")), "public here"),
            );
        }
    }
}

fn refuse_both(table: &Table<'_>) {
    let report = table.report();
    for key in OWN.iter().filter(|key| table.has(key)) {
        report.add(
            Problem::new(
                report.key(&table.path_of(key)),
                format!("`network.{key}` is for a network of our own"),
                "remove this, or the ids of the existing one",
            )
            .also(
                report.key(&table.path_of("vpc")),
                "this network exists already",
            ),
        );
    }
}

fn id(text: &str, start: &str) -> Result<String, ValueError> {
    let good = text.strip_prefix(start).is_some_and(|id| {
        matches!(id.len(), 8 | 17) && all(id, |c| matches!(c, '0'..='9' | 'a'..='f'))
    });
    if good {
        Ok(text.to_owned())
    } else {
        Err(ValueError::new(
            "is not an id",
            format!("must look like `{start}0a1b2c3d4e5f60718`"),
        ))
    }
}

/// A VPC's range: AWS takes /16 to /28; a sixteenth of it is a subnet, and those are /28 at least.
fn cidr(text: &str) -> Result<Ipv4Net, ValueError> {
    let net = range(text)?;
    let length = net.prefix_len();
    if length < 16 {
        return Err(ValueError::new(
            "is too large",
            format!("a VPC is /16 at most, this is /{length}"),
        ));
    }
    if length > 24 {
        return Err(ValueError::new("is too small", format!("must be /24 or larger, this is /{length}"))
            .hint("each subnet is a sixteenth of it, and a load balancer needs 8 free addresses in each of its subnets"));
    }
    let first = net.addr().octets()[0];
    if net.addr().is_loopback() || net.addr().is_link_local() || first == 0 || first >= 224 {
        return Err(ValueError::new(
            "cannot be used by a network",
            "must be a private range, such as `10.0.0.0/16`",
        ));
    }
    Ok(net)
}

fn default_cidr() -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 16)
}
