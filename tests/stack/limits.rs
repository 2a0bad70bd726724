//! What AWS would refuse half-way is refused at its place in the file.

use ajuda::presets::{parse, warnings};
use ajuda::stack::{Network, refuse_names_in, refuse_zones};

use crate::{declared_in, read};

/// The problems of a file, a line each; empty when it is a stack.
fn wrong(source: &str) -> String {
    parse(source, "deploy.toml").map_or_else(|found| found.to_string(), |_| String::new())
}

/// A file that declares, and the place where.
fn declared(source: &str, zones: &[&str]) -> Vec<String> {
    let stack = read("deploy.toml", source);
    let graph = declared_in(zones, &stack).graph;
    graph
        .iter()
        .map(|(address, _)| address.to_string())
        .collect()
}

const LONG: &str = "[stack]\nname = \"production-reporting\"\nregion = \"us-east-1\"\n\
    [service.nightly-invoice-exporter]\nimage = \"ghcr.io/example/exporter:v1\"\n";

#[test]
fn a_role_of_65_characters_is_refused_at_the_service() {
    let said = wrong(LONG);
    assert!(said.starts_with("deploy.toml:4:10: `production-reporting-nightly-invoice-exporter-execution-us-east-1` is too long for a role: IAM takes 64 characters: stack and service together must be 44 characters or fewer, this is 45"), "{said}");
    // One character less is what IAM takes.
    assert_eq!(wrong(&LONG.replace("exporter]", "exporte]")), "");
    // A shorter role is the file's own business, and so is one that has a name already.
    let adopted =
        |what: &str| format!("\"role/nightly-invoice-exporter-{what}\" = \"old-{what}\"\n");
    let named = format!("{LONG}[adopt]\n{}{}", adopted("execution"), adopted("task"));
    assert_eq!(wrong(&named), "");
    // The region may come from the command line.
    let open = LONG.replace("region = \"us-east-1\"\n", "");
    let stack = read("deploy.toml", &open);
    let there = |region| refuse_names_in(&open, "deploy.toml", &stack, region);
    assert!(
        there("us-east-1").is_some_and(|found| found.to_string().starts_with("deploy.toml:3:10: "))
    );
    let short = open.replace("exporter]", "report]");
    let stack = read("deploy.toml", &short);
    assert_eq!(
        refuse_names_in(&short, "deploy.toml", &stack, "us-east-1"),
        None
    );
}

#[test]
fn names_of_adopted_objects_are_as_long_as_aws_has_them() {
    for (address, longest) in [
        ("role/web-task", 64),
        ("load-balancer/main", 32),
        ("db-instance/main", 63),
        ("bucket/uploads", 63),
        ("log-group/web", 512),
    ] {
        let named = |length: usize| {
            let name = "n".repeat(length);
            format!(
                "[stack]\nname = \"shop\"\n[service.web]\nimage = \"web\"\n[adopt]\n\"{address}\" = \"{name}\"\n"
            )
        };
        assert_eq!(wrong(&named(longest)), "", "{address}");
        let said = wrong(&named(longest + 1));
        assert!(
            said.contains(":6:") && said.contains("is not a name"),
            "{address}: {said}"
        );
    }
}

#[test]
fn a_task_definition_over_64_kib_is_refused_at_its_largest_part() {
    let file = |bytes: usize| {
        format!(
            "[stack]\nname = \"shop\"\n[service.web]\nimage = \"web\"\n[service.web.environment]\nSMALL = \"1\"\nLARGE = \"{}\"\n",
            "x".repeat(bytes)
        )
    };
    assert_eq!(wrong(&file(48 * 1024)), "");
    let said = wrong(&file(60 * 1024));
    assert!(
        said.starts_with(
            "deploy.toml:7:9: the task definition of `web` would have 69 KiB: ECS takes 64 KiB"
        ),
        "{said}"
    );
}

#[test]
fn a_region_that_no_list_has_is_refused_and_the_right_one_named() {
    let file = |region: &str| {
        format!("[stack]\nname = \"shop\"\nregion = \"{region}\"\n[service.web]\nimage = \"web\"\n")
    };
    for (region, right) in [
        ("us-esat-1", "us-east-1"),
        ("eu-wset-1", "eu-west-1"),
        ("us-gov-wets-1", "us-gov-west-1"),
        ("eusc-de-eats-1", "eusc-de-east-1"),
    ] {
        let said = wrong(&file(region));
        assert!(
            said.contains(&format!(
                ":3:10: `stack.region` is not a region: did you mean `{right}`?"
            )),
            "{said}"
        );
    }
    for region in [
        "us-isof-south-1",
        "eu-isoe-west-1",
        "eusc-de-east-1",
        "cn-north-1",
    ] {
        assert_eq!(wrong(&file(region)), "", "{region}");
    }
    // One that may have been opened since the list was made.
    let new = read("deploy.toml", &file("us-central-1"));
    let said = warnings(&new).join("\n");
    assert!(
        said.contains("us-central-1 is not among the regions"),
        "{said}"
    );
}

#[test]
fn zones_are_a_number_or_names_of_the_region() {
    let file = |zones: &str| {
        format!(
            "[stack]\nname = \"shop\"\nregion = \"us-east-1\"\n[network]\nzones = {zones}\n[service.web]\nimage = \"web\"\n"
        )
    };
    let stack = read("deploy.toml", &file("[\"us-east-1c\", \"use1-az6\"]"));
    let Network::Own(own) = stack.network else {
        panic!("a network of its own")
    };
    assert_eq!(
        (own.zones, own.zone_names.join(" ")),
        (2, "us-east-1c use1-az6".to_owned())
    );
    for (zones, why) in [
        (
            "[\"us-west-2a\"]",
            ":5:10: `network.zones` is in `us-west-2`",
        ),
        ("[\"us-east-1\"]", "is not an availability zone"),
        ("[\"a\"]", "is not an availability zone"),
        ("[\"us-east-1a\", \"us-east-1a\"]", "names a zone twice"),
        ("[]", "must name 1 to 6 zones"),
        ("7", "is out of range"),
        ("\"us-east-1a\"", "must be a whole number"),
    ] {
        let said = wrong(&file(zones));
        assert!(said.contains(why), "{zones}: {said}");
    }
    let source = file("3");
    let found = refuse_zones(
        &source,
        "deploy.toml",
        "3 zones are asked for",
        "must be 2 or fewer",
    );
    assert!(
        found
            .to_string()
            .starts_with("deploy.toml:5:9: 3 zones are asked for"),
        "{found}"
    );
}

/// An account may have zones a and c: the third subnet must not get the letter of one that it has.
#[test]
fn more_zones_than_the_account_has_never_share_a_name() {
    let source = "[stack]\nname = \"shop\"\n[network]\nzones = 3\n[service.web]\nimage = \"web\"\n";
    let all = declared(source, &["us-east-1a", "us-east-1c"]);
    for letter in ["a", "b", "c"] {
        assert!(all.contains(&format!("subnet/public-{letter}")), "{all:?}");
    }
    assert!(declared(source, &[]).contains(&"subnet/private-c".to_owned()));
}

#[test]
fn two_rules_never_get_one_name() {
    let service =
        |name: &str| format!("[service.{name}]\nimage = \"web\"\nexpose = \"{name}:80\"\n");
    let file = |names: &[&str]| {
        let services: String = names.iter().map(|name| service(name)).collect();
        format!("[stack]\nname = \"shop\"\n{services}")
    };
    // From `a` to `b-to-c`, and from `a-to-b` to `c`.
    let said = wrong(&file(&["a", "c", "a-to-b", "b-to-c"]));
    assert!(
        said.contains("two rules of security groups would be called `a-to-b-to-c`"),
        "{said}"
    );
    let said = wrong(&file(&["speech-to-text", "text-to-speech", "text"]));
    assert!(said.contains("`text-to-speech-to-text`"), "{said}");
    declared(&file(&["speech-to-text", "text-to-speech", "from-me"]), &[]);
}

#[test]
fn a_maker_of_models_that_bedrock_has_not_is_warned_about() {
    let file = |id: &str| {
        format!(
            "[stack]\nname = \"chat\"\n[models]\nchat = [\"{id}\"]\n[service.gateway]\npreset = \"bedrock-gateway\"\n"
        )
    };
    let said = |id: &str| warnings(&read("deploy.toml", &file(id))).join("\n");
    assert!(said("us.antropic.claude-sonnet-4-6").contains("did you mean `anthropic`?"));
    for id in [
        "us.anthropic.claude-sonnet-4-6",
        "amazon.nova-lite-v1:0",
        "us-gov.anthropic.claude-x",
    ] {
        assert!(!said(id).contains("lists no model"), "{id}");
    }
}

/// IAM compares keys without regard to case, and takes a role with both for one that has a tag twice.
#[test]
fn tags_that_iam_takes_for_one_are_refused_at_both_places() {
    let tags = |tags: &str| {
        format!(
            "[stack]\nname = \"shop\"\nregion = \"us-east-1\"\ntags = {{ {tags} }}\n\
             [service.web]\nimage = \"ghcr.io/example/web:v1\"\n"
        )
    };
    let both = tags("Environment = \"prod\", team = \"a\", environment = \"prod\"");
    let found = parse(&both, "deploy.toml").unwrap_err();
    assert_eq!(found.count(), 1);
    let drawn = ajuda::render::problems::problems(&both, "deploy.toml", &found, false);
    for line in [
        "error: `stack.tags.environment` differs from `Environment` only in case",
        "IAM takes both for one tag",
        "the same tag",
    ] {
        assert!(drawn.contains(line), "{line}: {drawn}");
    }
    for (text, said) in [
        ("NAME = \"x\"", "every object's `Name` is its own"),
        ("\"Ajuda:x\" = \"x\"", "`ajuda:` is reserved"),
        ("\"ÄMTER\" = \"x\", \"ämter\" = \"y\"", "only in case"),
        (
            "team = \"aws:x\"",
            "AWS keeps values that begin with `aws:`",
        ),
        ("team = \"a,b\"", "must be up to 256"),
    ] {
        let refused = wrong(&tags(text));
        assert!(refused.contains(said), "{text}: {refused}");
    }
    // With ours there are fifty at most.
    let many = |count: usize| {
        let all: Vec<String> = (0..count).map(|n| format!("key{n} = \"v\"")).collect();
        wrong(&tags(&all.join(", ")))
    };
    assert_eq!(many(35), "");
    assert!(many(36).contains("36 tags are too many"), "{}", many(36));
    // 32 tags of 256 bytes, key and value together, and one byte more.
    let long = |last: usize| {
        let one = |n: usize, value: usize| format!("key{n:02} = \"{}\"", "v".repeat(value));
        let all: Vec<String> = (0..31).map(|n| one(n, 251)).collect();
        wrong(&tags(&format!("{}, {}", all.join(", "), one(31, last))))
    };
    assert_eq!(long(251), "");
    assert!(
        long(252).contains("the tags are 8193 bytes in all"),
        "{}",
        long(252)
    );
}
