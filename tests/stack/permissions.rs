//! Policies of stack files: just these, no longer than IAM takes, and every line as AWS's reference has it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::LazyLock;

use ajuda::aws::Place;
use ajuda::permissions::{
    LIMIT, Policy, PolicyScope, Statement, Verb, every_action, policies, statements,
};
use ajuda::steps::{Choice, declare};
use serde_json::Value;

use crate::{files, read};

/// Of every declared action, what the Service Authorization Reference says (`sandbox/harness/iam_reference.py`).
static REFERENCE: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!(
        "../../sandbox/harness/ajuda_harness/iam_reference.json"
    ))
    .unwrap()
});

/// What is made of the policies of a file.
fn with_site<T>(
    source: &str,
    region: &str,
    partition: &str,
    make: impl Fn(&PolicyScope<'_>) -> T,
) -> T {
    let stack = read("deploy.toml", source);
    let place = Place {
        stack: stack.name.clone(),
        partition: partition.to_owned(),
        region: region.to_owned(),
        account: "123456789012".to_owned(),
        zones: Vec::new(),
    };
    let declared = declare(&stack, &place, &Choice::default());
    make(&PolicyScope {
        stack: &stack,
        place: &place,
        graph: &declared.graph,
        families: &BTreeSet::new(),
    })
}

fn all_of(source: &str, verb: Verb) -> Vec<Statement> {
    with_site(source, "us-east-1", "aws", |site| statements(verb, site))
}

/// Every file that is shipped, by its name.
fn shipped() -> Vec<(String, String)> {
    let mut all: Vec<_> = files("stacks").into_iter().collect();
    all.extend(files("examples"));
    let example = std::fs::read_to_string("deploy.example.toml").unwrap();
    all.push(("deploy.example.toml".to_owned(), example));
    all
}

/// Statements to read: actions, what they are allowed on, and on what condition.
fn said(statements: &[Statement]) -> String {
    let mut text = String::new();
    for one in statements {
        let _ = writeln!(text, "{}", one.actions.join(" "));
        for resource in &one.resources {
            let _ = writeln!(text, "  on {resource}");
        }
        if !one.condition.is_null() {
            let _ = writeln!(text, "  if {}", one.condition);
        }
    }
    text
}

fn golden(name: &str, source: &str) {
    let mut text = String::new();
    for verb in [Verb::Plan, Verb::Up, Verb::Update, Verb::Destroy] {
        let _ = writeln!(text, "# {}", verb.name());
        text.push_str(&said(&all_of(source, verb)));
    }
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn the_permissions_of_the_production_stack_are_just_these() {
    golden(
        "permissions_of_production",
        &files("stacks")["production.toml"],
    );
}

#[test]
fn the_permissions_of_the_file_with_every_key_are_just_these() {
    let example = std::fs::read_to_string("deploy.example.toml").unwrap();
    golden("permissions_of_the_example", &example);
}

#[test]
fn every_policy_fits_into_iam_and_a_role_takes_all_of_a_verb() {
    for (file, source) in shipped() {
        let of_verbs = with_site(&source, "us-east-1", "aws", |site| {
            Verb::ALL.map(|verb| (verb, policies(verb, site)))
        });
        for (verb, policies) in of_verbs {
            // "Managed policies attached to an IAM role", default ("IAM and AWS STS quotas").
            assert!(policies.len() <= 10, "{file}: {verb:?}");
            for policy in &policies {
                let size = policy.document.text();
                let size = size.chars().filter(|c| !c.is_whitespace()).count();
                assert!(
                    size <= LIMIT && size == policy.size,
                    "{file}: {}",
                    policy.name
                );
            }
        }
    }
}

#[test]
fn only_what_the_file_declares_may_be_changed() {
    let small = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\n[service.web]\nimage = \"ghcr.io/example/web:1.0\"\nport = 8080\n";
    let actions = |verb| -> BTreeSet<String> {
        let all = all_of(small, verb);
        all.into_iter().flat_map(|one| one.actions).collect()
    };
    let up = actions(Verb::Up);
    assert!(up.contains("ecs:CreateService") && up.contains("rds:DescribeDBInstances"));
    for absent in [
        "rds:CreateDBInstance",
        "elasticache:CreateReplicationGroup",
        "wafv2:CreateWebACL",
    ] {
        assert!(!up.contains(absent), "{absent}");
    }
    let plan = actions(Verb::Plan);
    assert!(plan.is_subset(&up));
    let changes = [
        "Create", "Delete", "Put", "Update", "Modify", "Run", "Register", "PassRole",
    ];
    let changing: Vec<&String> = (plan.iter())
        .filter(|action| {
            changes
                .iter()
                .any(|word| action.contains(&format!(":{word}")))
        })
        .collect();
    assert_eq!(changing, [""; 0], "`plan` only reads");
}

/// RDS takes 63 characters, and a database that was taken over may have as many already.
#[test]
fn the_names_around_a_restore_are_those_that_it_gives() {
    let long = "a".repeat(63);
    let source = &files("stacks")["production.toml"];
    for (name, restored, displaced) in [
        (
            "chat",
            "chat-restored".to_owned(),
            "chat-before-*".to_owned(),
        ),
        (
            long.as_str(),
            format!("{}-restored", "a".repeat(54)),
            format!("{}-before-*", "a".repeat(41)),
        ),
    ] {
        let source = format!("{source}[adopt]\n\"db-instance/main\" = \"{name}\"\n");
        for verb in [Verb::Update, Verb::Db, Verb::Destroy] {
            let all = all_of(&source, verb);
            for called in [&restored, &displaced] {
                let arn = format!("arn:aws:rds:us-east-1:123456789012:db:{called}");
                let has = |one: &Statement| one.resources.contains(&arn);
                assert!(all.iter().any(has), "{verb:?} on {arn}");
            }
        }
    }
}

#[test]
fn arns_are_those_of_the_partition() {
    let source = &files("stacks")["small.toml"];
    let source = source.replace("us-east-1", "us-gov-west-1");
    let all = with_site(&source, "us-gov-west-1", "aws-us-gov", |site| {
        statements(Verb::Up, site)
    });
    let arns = all.iter().flat_map(|one| &one.resources);
    for arn in arns.filter(|arn| *arn != "*") {
        assert!(arn.starts_with("arn:aws-us-gov:"), "{arn}");
    }
}

/// Whether some text fits both patterns, in which `*` is any text and `?` one character.
fn meet(one: &[u8], other: &[u8]) -> bool {
    match (one.first(), other.first()) {
        (None, None) => true,
        (Some(b'*'), _) => meet(&one[1..], other) || (!other.is_empty() && meet(one, &other[1..])),
        (_, Some(b'*')) => meet(other, one),
        (Some(a), Some(b)) => (a == b || *a == b'?' || *b == b'?') && meet(&one[1..], &other[1..]),
        _ => false,
    }
}

/// A type's ARN with a wildcard in the place of each variable.
fn pattern_of(arn: &str) -> String {
    let mut parts = arn.split("${");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push('*');
        text.push_str(part.split_once('}').unwrap().1);
    }
    text
}

/// What is wrong with a statement, by AWS's reference.
fn wrong(one: &Statement) -> Vec<String> {
    let mut wrong = Vec::new();
    let condition = one.condition.as_object().into_iter().flatten();
    let keys: BTreeSet<String> = condition
        .flat_map(|(_, tests)| tests.as_object().unwrap().keys())
        .map(|key| match key.split_once("Tag/") {
            Some((kind, _)) => format!("{kind}Tag/${{TagKey}}"),
            None => key.clone(),
        })
        .collect();
    for action in &one.actions {
        let known = &REFERENCE["actions"][action];
        if known.is_null() {
            wrong.push(format!("{action} is no action"));
            continue;
        }
        let types: Vec<&str> = known["on"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let mut of_types = Vec::new();
        for resource in one.resources.iter().filter(|resource| *resource != "*") {
            let fits = |kind: &&&str| {
                let arn = pattern_of(REFERENCE["types"][**kind]["arn"].as_str().unwrap());
                meet(arn.as_bytes(), resource.as_bytes())
            };
            match types.iter().find(fits) {
                Some(kind) => of_types.push(*kind),
                None => wrong.push(format!("{action} does not take {resource}")),
            }
        }
        let reads = matches!(known["level"].as_str(), Some("Read" | "List"));
        if one.resources.contains(&"*".to_owned()) && !types.is_empty() && !reads {
            wrong.push(format!("{action} on * takes {types:?}"));
        }
        let allowed = |key: &&String| {
            let has = |list: &Value| {
                list.as_array()
                    .unwrap()
                    .iter()
                    .any(|one| one == key.as_str())
            };
            has(&known["keys"])
                || of_types
                    .iter()
                    .any(|kind| has(&REFERENCE["types"][*kind]["keys"]))
        };
        for key in keys.iter().filter(|key| !allowed(key)) {
            wrong.push(format!("{action} has no condition key {key}"));
        }
    }
    wrong
}

#[test]
fn every_line_is_as_the_reference_of_aws_has_it() {
    let mut found = BTreeSet::new();
    for (_, source) in shipped() {
        let of_verbs = with_site(&source, "us-east-1", "aws", |site| {
            Verb::ALL.map(|verb| statements(verb, site))
        });
        found.extend(of_verbs.iter().flatten().flat_map(wrong));
    }
    let missing = every_action().into_iter();
    found.extend(
        missing
            .filter(|action| REFERENCE["actions"][*action].is_null())
            .map(|action| format!("{action} is no action")),
    );
    assert!(found.is_empty(), "{found:#?}");
}

/// Operations whose action has another name.
const OTHER_NAMES: [(&str, &str); 11] = [
    ("tagging:GetResources", "tag:GetResources"),
    ("s3:GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    ("s3:PutBucketEncryption", "s3:PutEncryptionConfiguration"),
    (
        "s3:GetBucketLifecycleConfiguration",
        "s3:GetLifecycleConfiguration",
    ),
    (
        "s3:PutBucketLifecycleConfiguration",
        "s3:PutLifecycleConfiguration",
    ),
    ("s3:GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("s3:PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    ("s3:ListBuckets", "s3:ListAllMyBuckets"),
    ("s3:ListObjectVersions", "s3:ListBucketVersions"),
    ("s3:DeleteObjects", "s3:DeleteObject"),
    ("sns:Publish", "sns:SetTopicAttributes"),
];

/// Every operation that a call names is declared, also those that no test makes. What is given to roles of tasks is
/// theirs, and stands in `steps` and `presets`.
#[test]
fn every_operation_that_the_code_names_is_declared() {
    let declared = every_action();
    let mut open = [
        "aws",
        "bedrock",
        "check",
        "cli",
        "database",
        "images",
        "inspect",
        "resources",
        "rollout",
        "secrets",
    ]
    .map(|room| std::path::PathBuf::from("src").join(room))
    .to_vec();
    let (mut missing, mut count) = (BTreeSet::new(), 0);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|one| one.unwrap().path()),
            );
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("\n#[cfg(test)]").next().unwrap();
        for named in code.split('"').skip(1).step_by(2) {
            let service = named.split(':').next().unwrap_or_default();
            let plain = |c: char| c.is_ascii_alphanumeric() || c == ':' || c == '-';
            let operation = named.split_once(':').is_some_and(|(_, name)| {
                name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains(':')
            });
            if !operation || !named.chars().all(plain) || matches!(service, "aws" | "kms") {
                continue;
            }
            count += 1;
            let other = OTHER_NAMES.iter().find(|(name, _)| *name == named);
            let action = other.map_or(named, |(_, action)| action);
            if !declared.contains(action) {
                missing.insert(format!("{named} in {}", path.display()));
            }
        }
    }
    assert!(count > 300, "{count} were found");
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The table of `docs/permissions.md`: how many policies, and how many characters all in all.
#[test]
fn the_page_has_the_sizes_of_the_shipped_stacks() {
    let page = std::fs::read_to_string("docs/permissions.md").unwrap();
    let verbs = Verb::ALL
        .map(|verb| format!(" `{}` |", verb.name()))
        .concat();
    let mut table = format!("| |{verbs}\n|---|{}\n", "---|".repeat(Verb::ALL.len()));
    for (file, source) in files("stacks") {
        let _ = write!(table, "| `stacks/{file}` |");
        for verb in Verb::ALL {
            let made = with_site(&source, "us-east-1", "aws", |site| policies(verb, site));
            let size: usize = made.iter().map(|policy: &Policy| policy.size).sum();
            let _ = write!(table, " {} ({size}) |", made.len());
        }
        table.push('\n');
    }
    assert!(
        page.contains(&table),
        "docs/permissions.md should have\n{table}"
    );
}
