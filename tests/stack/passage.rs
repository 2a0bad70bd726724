//! What each security group lets through, line by line: a port too many shows in review.

use ajuda::engine::{Address, ResolveContext, words};
use ajuda::presets::parse;

use crate::{ZONES, declared_in, read};

/// `group out tcp 443 0.0.0.0/0  # what for`, a line for each rule, sorted.
fn rules(source: &str) -> String {
    let stack = read("deploy.toml", source);
    let declared = declared_in(ZONES, &stack);
    let nothing = |_: &Address| None;
    let mut lines: Vec<String> = declared
        .graph
        .iter()
        .filter(|(address, _)| address.kind() == "security-group-rule")
        .map(|(_, entry)| {
            let said = entry.node.desired(&ResolveContext::new(&nothing, None));
            // A group that is not there yet is known by its address.
            let word = |field: &str| {
                let text = said[field].as_str().unwrap().replace('\u{1a}', "");
                text.replace("security-group/", "")
            };
            let way = match word("direction").as_str() {
                "egress" => "out",
                _ => "in ",
            };
            let description = word("description");
            // EC2 API, `IpRange.Description`.
            assert!(
                description
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c))
            );
            assert!(description.len() <= 255);
            format!(
                "{:<16} {way} {:<3} {:<9} {:<16} # {description}",
                word("group"),
                word("protocol"),
                words(&said["ports"]).unwrap(),
                word("peer")
            )
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

fn golden(name: &str, source: &str) {
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, rules(source));
    });
}

#[test]
fn the_production_stack_lets_through_just_this() {
    golden(
        "rules_of_production",
        include_str!("../../stacks/production.toml"),
    );
}

/// Without NAT, with a worker that uses nothing, one that uses Redis by its variables and the database
/// by other means, and what the file adds.
const MIXED: &str = r#"
[stack]
name = "mixed"

[network]
nat = "none"
egress = ["10.1.0.0/16:53/udp"]

[load_balancer]
allow = ["198.51.100.0/24", "203.0.113.0/24"]
plain_http = true

[sign_in]
first_user_is_admin = true

[redis]

[provider.one]
url = "https://one.example.org:8443/v1"
key = { env = "ONE" }

[provider.two]
url = "https://two.example.org:8443"
key = { env = "TWO" }

[service.open-webui]
preset = "open-webui"

[service.litellm]
preset = "litellm"
image = "ghcr.io/berriai/litellm:v1.102.1"

[service.idle]
image = "idle"
egress = []

[service.jobs]
image = "jobs"
port = 9000
expose = "jobs:80"
uses = ["database"]
egress = ["0.0.0.0/0:443", "0.0.0.0/0:587", "10.0.0.0/8:8000-8080", "anywhere"]
secrets = { QUEUE = { from = "redis.url" } }

[models]
chat = ["amazon.nova-lite-v1:0"]
"#;

#[test]
fn services_reach_what_they_use_and_what_the_file_adds() {
    golden("rules_of_a_mixed_stack", MIXED);
}

#[test]
fn more_services_than_a_group_takes_rules_are_refused() {
    let file = |services: usize| {
        let services = (0..services).map(|nth| format!("[service.s{nth}]\nimage = 'web'\n"));
        format!("[stack]\nname = 'many'\n{}", services.collect::<String>())
    };
    parse(&file(59), "deploy.toml").unwrap_or_else(|wrong| panic!("{wrong}"));
    let refused = parse(&file(60), "deploy.toml").unwrap_err().to_string();
    assert!(refused.contains("60 services are too many"), "{refused}");
}

/// The network that is there changes nothing of it.
#[test]
fn rules_are_the_same_in_a_network_that_exists() {
    let existing = MIXED.replace(
        "nat = \"none\"\n",
        "vpc = \"vpc-0a1b2c3d4e5f60718\"\n\
         public_subnets = [\"subnet-0a1b2c3d4e5f60711\", \"subnet-0a1b2c3d4e5f60712\"]\n\
         private_subnets = [\"subnet-0a1b2c3d4e5f60713\", \"subnet-0a1b2c3d4e5f60714\"]\n",
    );
    assert_eq!(rules(&existing), rules(MIXED));
}
