//! What `permissions` prints: policies as IAM takes them, without one of whose actions a verb fails and says which; and the
//! trust of CI systems.

use serde_json::{Value, json};

use crate::binary::Desk;
use crate::enforced::{VERBS, documents, enforce, release, without};

/// A stack that takes little to bring up.
const WEB: &str = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\ndisposable = true\n[service.web]\nimage = \"web\"\nport = 8080\npublic = true\n";

#[test]
fn without_one_of_its_actions_a_verb_fails_and_names_it() {
    let desk = Desk::with(WEB);
    let up = documents(&desk, "up");
    for action in [
        "ec2:CreateVpc",
        "ec2:CreateTags",
        "iam:PassRole",
        "iam:PutRolePolicy",
        "logs:TagResource",
        "ecs:CreateService",
        "ecs:TagResource",
        "elasticloadbalancing:AddTags",
        "s3:PutBucketPolicy",
        "ec2:AuthorizeSecurityGroupIngress",
    ] {
        let copy = Desk::with(WEB);
        enforce(&copy, &without(&up, action));
        // The check before would find it as well.
        let ended = copy.deploy(&["up", "--yes", "--no-check"]);
        assert_ne!(ended.code, 0, "{action}");
        let says = format!("is not authorized to perform: {action} ");
        assert!(ended.err.contains(&says), "{action} in {}", ended.err);
        assert!(
            ended.err.contains("`ajuda deploy permissions --sandbox`"),
            "{}",
            ended.err
        );
    }
    let desk = &desk;
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    for (verb, words, action) in [
        (
            "plan",
            &["plan"][..],
            "elasticloadbalancing:DescribeLoadBalancers",
        ),
        ("plan", &["status"], "ecs:DescribeServices"),
        (
            "update",
            &["update", "--restart", "--yes"],
            "ecs:UpdateService",
        ),
        (
            "destroy",
            &["destroy", "--yes", "--delete-all-data"],
            "ec2:DeleteVpc",
        ),
    ] {
        enforce(desk, &without(&documents(desk, verb), action));
        let ended = desk.deploy(words);
        release(desk);
        assert_ne!(ended.code, 0, "{words:?} without {action}");
        let said = format!("{}{}", ended.out, ended.err);
        assert!(said.contains(action), "{action} in {said}");
        assert!(
            said.contains("`ajuda deploy permissions --sandbox`"),
            "{said}"
        );
    }
}

/// Objects of another stack whose names begin alike are out of reach.
#[test]
fn a_stack_may_not_touch_another_of_a_longer_name() {
    let other = Desk::with(&WEB.replace("\"tiny\"", "\"tiny-two\""));
    assert_eq!(other.deploy(&["up", "--yes"]).code, 0);
    let documents = documents(&other, "destroy");
    let text = serde_json::to_string(&documents)
        .unwrap()
        .replace("tiny-two", "tiny");
    let documents: Vec<Value> = serde_json::from_str(&text).unwrap();
    enforce(&other, &documents);
    let before = other.sandbox.inventory();
    let ended = other.deploy(&["destroy", "--yes", "--delete-all-data"]);
    assert_ne!(ended.code, 0);
    let after = other.sandbox.inventory();
    for (service, kind) in [
        ("ec2", "vpcs"),
        ("ecs", "services"),
        ("elasticloadbalancing", "load-balancers"),
        ("ec2", "subnets"),
    ] {
        assert!(before[service][kind].is_object(), "{service} {kind}");
        let names = |all: &Value| {
            all[service][kind]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&before), names(&after), "{service} {kind}");
    }
}

#[test]
fn policies_are_written_as_iam_takes_them() {
    let desk = Desk::with(WEB);
    let ended = desk.deploy(&["permissions", "up", "--write", "policies"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let documents = documents(&desk, "up");
    let command = desk.command();
    let folder = command.get_current_dir().unwrap().join("policies");
    for (document, number) in documents.iter().zip(1..) {
        let name = format!("tiny-up-{number}");
        let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        let written: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(written, *document);
        let command = format!(
            "aws iam create-policy --policy-name {name} --policy-document file://policies/{name}.json"
        );
        assert!(ended.out.contains(&command), "{}", ended.out);
    }
    let list = desk.deploy(&["permissions"]);
    for verb in VERBS {
        assert!(
            list.out.lines().any(|line| line.starts_with(verb)),
            "{}",
            list.out
        );
    }
    let wrong = desk.deploy(&["permissions", "--write", "policies"]);
    assert_eq!(wrong.code, 1, "{}", wrong.err);
}

#[test]
fn the_trust_of_ci_systems_is_printed() {
    let desk = Desk::with(WEB);
    let trust = |words: &[&str]| {
        let mut all = vec![
            "permissions",
            "--repository",
            "example/deploy",
            "--output",
            "json",
            "--trust",
        ];
        all.extend(words);
        let ended = desk.deploy(&all);
        assert_eq!(ended.code, 0, "{}", ended.err);
        let said: Value = serde_json::from_str(&ended.out).unwrap();
        said["trust"]["Statement"][0].clone()
    };
    let github = trust(&["github", "--owner-id", "12", "--repository-id", "34"]);
    let tests = &github["Condition"]["StringEquals"];
    assert_eq!(
        tests["token.actions.githubusercontent.com:aud"],
        "sts.amazonaws.com"
    );
    assert_eq!(
        tests["token.actions.githubusercontent.com:sub"],
        json!([
            "repo:example/deploy:ref:refs/heads/main",
            "repo:example@12/deploy@34:ref:refs/heads/main"
        ])
    );
    let gitlab = trust(&["gitlab", "--tag", "v1"]);
    assert_eq!(
        gitlab["Condition"]["StringEquals"]["gitlab.com:sub"],
        json!(["project_path:example/deploy:ref_type:tag:ref:v1"])
    );
    let plain = desk.deploy(&[
        "permissions",
        "--trust",
        "github",
        "--repository",
        "example/deploy",
    ]);
    let document: Value = serde_json::from_str(&plain.out).unwrap();
    assert_eq!(document["Version"], "2012-10-17");
    assert!(plain.err.contains("--owner-id"), "{}", plain.err);
    for words in [
        &["--trust", "github", "--repository", "example"][..],
        &["--trust", "github", "--repository", "example/*"],
        &[
            "--trust",
            "gitlab",
            "--repository",
            "example/deploy",
            "--environment",
            "production",
        ],
        &["--trust", "github"],
    ] {
        let mut all = vec!["permissions"];
        all.extend(words);
        assert_eq!(desk.deploy(&all).code, 1, "{words:?}");
    }
}
