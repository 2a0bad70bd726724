//! In which availability zones a stack stands.
//!
//! A subnet keeps its zone and its range for life, and the ranges are counted off: so a zone that a subnet
//! of the stack stands in keeps its place in the list, whatever zones the account gets beside it.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;

use super::network::{PRIVATE, block_of};
use crate::aws::{Occupied, Zone};
use crate::stack::OwnNetwork;

/// The zones that have Fargate in regions where others have not ("AWS Fargate" in the ECS developer
/// guide, supported regions).
const FARGATE: [(&str, &[&str]); 4] = [
    ("apne1-", &["apne1-az1", "apne1-az2", "apne1-az4"]),
    ("cac1-", &["cac1-az1", "cac1-az2"]),
    ("cnn1-", &["cnn1-az1", "cnn1-az2"]),
    ("usw1-", &["usw1-az1", "usw1-az3"]),
];

/// What a region cannot give: said at `network.zones`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidZones {
    /// What is wrong, in a sentence.
    pub message: String,
    /// What would be right.
    pub label: String,
}

/// The zones of a network, one for each pair of subnets, in the order of their ranges. `offered` are those
/// of the account, `occupied` the subnets that the stack has, `with_class` the zones that have the
/// database's instance class, where that is known.
///
/// # Errors
/// The account has fewer zones than the file asks for, or none of a name that it gives.
pub fn choose(
    wanted: &OwnNetwork,
    offered: &[Zone],
    occupied: &[Occupied],
    with_class: Option<&BTreeSet<String>>,
) -> Result<Vec<String>, InvalidZones> {
    let named = wanted
        .zone_names
        .iter()
        .map(|text| named(text, offered))
        .collect::<Result<Vec<String>, InvalidZones>>()?;
    let count = usize::from(wanted.zones);
    let mut slots: Vec<Option<String>> = vec![None; count];
    for subnet in occupied {
        let Some(slot) = slot(wanted.cidr, &subnet.cidr).and_then(|at| slots.get_mut(at)) else {
            continue;
        };
        if named.is_empty() || named.contains(&subnet.zone) {
            *slot = Some(subnet.zone.clone());
        }
    }
    let mut free: Vec<String> = if named.is_empty() {
        let mut zones: Vec<&Zone> = offered.iter().collect();
        // A stable sort: those that have everything first, and both parts by name.
        zones.sort_by_key(|zone| {
            let class = with_class.is_none_or(|zones| zones.contains(&zone.name));
            !(has_fargate(zone) && class)
        });
        zones.iter().map(|zone| zone.name.clone()).collect()
    } else {
        named
    };
    free.retain(|zone| !slots.contains(&Some(zone.clone())));
    let mut free = free.into_iter();
    let chosen: Vec<String> = slots
        .into_iter()
        .filter_map(|slot| slot.or_else(|| free.next()))
        .collect();
    if chosen.len() < count {
        return Err(InvalidZones {
            message: format!(
                "{count} zones are asked for, and this account has {} in the region: {}",
                offered.len(),
                names(offered)
            ),
            label: format!("must be {} or fewer", offered.len()),
        });
    }
    Ok(chosen)
}

/// The zone of a name or an id.
fn named(text: &str, offered: &[Zone]) -> Result<String, InvalidZones> {
    let found = offered
        .iter()
        .find(|zone| zone.name == text || zone.id == text);
    found
        .map(|zone| zone.name.clone())
        .ok_or_else(|| InvalidZones {
            message: format!("`{text}` is no availability zone of this account in the region"),
            label: format!("there are {}", names(offered)),
        })
}

fn names(offered: &[Zone]) -> String {
    let names = offered
        .iter()
        .map(|zone| format!("{} ({})", zone.name, zone.id));
    names.collect::<Vec<_>>().join(", ")
}

fn has_fargate(zone: &Zone) -> bool {
    let few = FARGATE
        .iter()
        .find(|(region, _)| zone.id.starts_with(region));
    few.is_none_or(|(_, zones)| zones.contains(&zone.id.as_str()))
}

/// Which pair of subnets has this range.
fn slot(network: Ipv4Net, cidr: &str) -> Option<usize> {
    let cidr: Ipv4Net = cidr.parse().ok()?;
    let at = (0..16_u32).find(|at| block_of(network, *at) == cidr)?;
    usize::try_from(at % PRIVATE).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::presets::parse;
    use crate::stack::Network;

    fn network(zones: &str) -> OwnNetwork {
        let source = format!("[stack]\nname = \"shop\"\n[network]\nzones = {zones}\n");
        match parse(&source, "deploy.toml").map(|stack| stack.network) {
            Ok(Network::Own(own)) => own,
            other => panic!("{other:?}"),
        }
    }

    fn offered(letters: &str) -> Vec<Zone> {
        let zone = |(letter, nth): (char, usize)| Zone {
            name: format!("us-west-2{letter}"),
            id: format!("usw2-az{nth}"),
        };
        letters.chars().zip(1..).map(zone).collect()
    }

    fn at(zone: &str, cidr: &str) -> Occupied {
        Occupied {
            zone: format!("us-west-2{zone}"),
            cidr: cidr.to_owned(),
        }
    }

    fn letters(chosen: Result<Vec<String>, InvalidZones>) -> String {
        let chosen = chosen.unwrap_or_else(|wrong| panic!("{wrong:?}"));
        chosen
            .iter()
            .filter_map(|zone| zone.chars().next_back())
            .collect()
    }

    #[test]
    fn zones_that_the_stack_stands_in_keep_their_places() {
        let three = network("3");
        assert_eq!(letters(choose(&three, &offered("abcd"), &[], None)), "abc");
        let stands = [at("c", "10.0.0.0/20"), at("d", "10.0.144.0/20")];
        assert_eq!(
            letters(choose(&three, &offered("abcd"), &stands, None)),
            "cda"
        );
        assert_eq!(
            letters(choose(&network("1"), &offered("abcd"), &stands, None)),
            "c"
        );
        // Of another range: they are replaced whatever zone they are in.
        let strange = [at("d", "10.9.0.0/20")];
        assert_eq!(
            letters(choose(&three, &offered("abcd"), &strange, None)),
            "abc"
        );
    }

    #[test]
    fn zones_without_fargate_or_the_instance_class_come_last() {
        let ids = [("a", "usw1-az2"), ("b", "usw1-az3"), ("c", "usw1-az1")];
        let offered = ids.map(|(letter, id)| Zone {
            name: format!("us-west-1{letter}"),
            id: id.to_owned(),
        });
        assert_eq!(letters(choose(&network("2"), &offered, &[], None)), "bc");
        assert_eq!(letters(choose(&network("3"), &offered, &[], None)), "bca");
        let class = BTreeSet::from(["us-west-1a".to_owned(), "us-west-1c".to_owned()]);
        assert_eq!(
            letters(choose(&network("2"), &offered, &[], Some(&class))),
            "ca"
        );
    }

    #[test]
    fn zones_are_named_or_too_many() {
        let named = network("[\"us-west-2d\", \"usw2-az2\"]");
        assert_eq!(letters(choose(&named, &offered("abcd"), &[], None)), "db");
        let stands = [at("b", "10.0.0.0/20")];
        assert_eq!(
            letters(choose(&named, &offered("abcd"), &stands, None)),
            "bd"
        );
        let wrong = choose(&named, &offered("ab"), &[], None).expect_err("there is no d");
        assert!(
            wrong
                .message
                .starts_with("`us-west-2d` is no availability zone"),
            "{wrong:?}"
        );
        let wrong = choose(&network("3"), &offered("ac"), &[], None).expect_err("there are two");
        assert_eq!(wrong.label, "must be 2 or fewer");
    }
}
