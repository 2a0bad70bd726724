use super::super::{Finding, Level};
use super::read::{DefaultRoute, NetworkView, Subnet};
use super::{Needs, assess};
use crate::message::{StackOptions, message};

const VPC: &str = "vpc-1";

fn subnet(id: &str, zone: &str, way: DefaultRoute) -> (String, Subnet) {
    let subnet = Subnet {
        id: id.to_owned(),
        vpc: VPC.to_owned(),
        zone: zone.to_owned(),
        free: 200,
        way,
    };
    (id.to_owned(), subnet)
}

/// Two public and two private subnets, as they should be.
fn good() -> NetworkView {
    NetworkView {
        vpc: true,
        dns: true,
        subnets: [
            subnet("public-a", "a", DefaultRoute::InternetGateway),
            subnet("public-b", "b", DefaultRoute::InternetGateway),
            subnet("private-a", "a", DefaultRoute::Elsewhere),
            subnet("private-b", "b", DefaultRoute::Elsewhere),
        ]
        .into(),
        endpoints: [].into(),
    }
}

fn checked(seen: &NetworkView) -> Vec<Finding> {
    let names = |kind: &str| vec![format!("{kind}-a"), format!("{kind}-b")];
    let needs = Needs {
        balancer: true,
        groups: true,
    };
    assess(VPC, &names("public"), &names("private"), seen, &needs)
}

/// The one thing that is said: its place, whether `up` fails, and its words.
fn only(seen: &NetworkView) -> (String, bool, String) {
    let found = checked(seen);
    assert_eq!(found.len(), 1, "{found:?}");
    let (one, here) = (&found[0], StackOptions::default());
    (
        one.subject.clone(),
        one.level == Level::Fail,
        message![&one.reason, "; ", one.fix.clone().unwrap_or_default()].at(&here),
    )
}

fn change(seen: &mut NetworkView, id: &str, how: impl FnOnce(&mut Subnet)) {
    how(seen.subnets.get_mut(id).expect("it is there"));
}

#[test]
fn nothing_is_said_of_a_network_that_is_right() {
    assert_eq!(checked(&good()), []);
}

#[test]
fn each_key_is_told_what_its_ids_are_not() {
    type Break = fn(&mut NetworkView);
    let cases: [(Break, &str, bool, &str); 10] = [
        (
            |seen| seen.vpc = false,
            "network.vpc",
            true,
            "not in this account",
        ),
        (
            |seen| seen.dns = false,
            "network.vpc",
            true,
            "--enable-dns-support",
        ),
        (
            |seen| drop(seen.subnets.remove("private-b")),
            "network.private_subnets[1]",
            true,
            "not in this account",
        ),
        (
            |seen| change(seen, "private-b", |one| one.vpc = "vpc-2".into()),
            "network.private_subnets[1]",
            true,
            "`private-b` is in `vpc-2`; must be in `vpc-1`",
        ),
        (
            |seen| change(seen, "public-b", |one| one.zone = "a".into()),
            "network.public_subnets",
            true,
            "a load balancer needs subnets in two zones",
        ),
        (
            |seen| change(seen, "private-b", |one| one.zone = "a".into()),
            "network.private_subnets",
            true,
            "needs subnets in two zones",
        ),
        (
            |seen| change(seen, "public-a", |one| one.way = DefaultRoute::Nowhere),
            "network.public_subnets[0]",
            true,
            "no default route; its route table must lead 0.0.0.0/0 to an internet gateway",
        ),
        (
            |seen| {
                change(seen, "private-a", |one| {
                    one.way = DefaultRoute::InternetGateway
                })
            },
            "network.private_subnets[0]",
            true,
            "is a public subnet",
        ),
        (
            |seen| {
                change(seen, "private-a", |one| {
                    one.way = DefaultRoute::Blackhole("nat-1".into())
                })
            },
            "network.private_subnets[0]",
            true,
            "leads to nat-1, which is gone; its route table must lead 0.0.0.0/0 to a NAT gateway, or the VPC needs \
             endpoints for ecr.api, ecr.dkr, logs, secretsmanager",
        ),
        (
            |seen| change(seen, "public-b", |one| one.free = 7),
            "network.public_subnets[1]",
            false,
            "7 free addresses",
        ),
    ];
    for (break_it, place, fails, words) in cases {
        let mut seen = good();
        break_it(&mut seen);
        let (at, failing, reason) = only(&seen);
        assert_eq!((at.as_str(), failing), (place, fails), "{reason}");
        assert!(reason.contains(words), "`{words}` in {reason}");
    }
}

#[test]
fn endpoints_are_a_way_to_start() {
    let mut seen = good();
    change(&mut seen, "private-a", |one| {
        one.way = DefaultRoute::Nowhere
    });
    seen.endpoints = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"]
        .map(str::to_owned)
        .into();
    let (_, fails, reason) = only(&seen);
    assert!(
        !fails && reason.contains("no way to the internet"),
        "{reason}"
    );
}

#[test]
fn everything_is_said_at_once() {
    let mut seen = good();
    seen.dns = false;
    change(&mut seen, "public-a", |one| one.way = DefaultRoute::Nowhere);
    change(&mut seen, "private-b", |one| one.vpc = "vpc-2".into());
    assert_eq!(checked(&seen).len(), 3);
}
