//! Under just the policies that `permissions` prints, each verb succeeds; without one of their actions it fails and says
//! which; and of what they allow, nothing is left unused.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::binary::{Desk, Ended, run};
use crate::files::settle;

/// The policy documents of a verb for the file that the desk has.
fn documents(desk: &Desk, verb: &str) -> Vec<Value> {
    let ended = desk.deploy(&["permissions", verb, "--output", "json"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let said: Value = serde_json::from_str(&ended.out).unwrap();
    let policies = said["permissions"][0]["policies"].as_array().unwrap();
    policies.iter().map(|one| one["document"].clone()).collect()
}

/// Every action that documents allow.
fn actions(documents: &[Value]) -> BTreeSet<String> {
    let statements = documents
        .iter()
        .flat_map(|one| one["Statement"].as_array().unwrap());
    let actions = statements.flat_map(|one| one["Action"].as_array().unwrap());
    actions
        .map(|one| one.as_str().unwrap().to_owned())
        .collect()
}

/// A command under the policies of a verb, and what IAM was asked about.
struct Under<'d> {
    desk: &'d Desk,
    policies: BTreeMap<&'static str, Vec<Value>>,
    used: BTreeMap<&'static str, BTreeSet<String>>,
}

impl<'d> Under<'d> {
    fn of(desk: &'d Desk) -> Self {
        let mut new = Self {
            desk,
            policies: BTreeMap::new(),
            used: BTreeMap::new(),
        };
        new.read();
        new
    }

    /// The policies of the file that is there now.
    fn read(&mut self) {
        let verbs = ["plan", "up", "update", "exec", "secrets", "db", "destroy"];
        self.policies = verbs.map(|verb| (verb, documents(self.desk, verb))).into();
    }

    fn ends(&mut self, verb: &'static str, words: &[&str]) -> Ended {
        let documents = &self.policies[verb];
        self.desk.sandbox.control("DELETE", "requests", None);
        enforce(self.desk, documents);
        // What follows `--` is the task's.
        let ended = match words.iter().position(|word| *word == "--") {
            Some(at) => {
                let (own, theirs) = words.split_at(at);
                let mut command = self.desk.command();
                run(command
                    .arg("deploy")
                    .args(own)
                    .arg("--sandbox")
                    .args(theirs))
            }
            None => self.desk.deploy(words),
        };
        self.desk
            .sandbox
            .control("POST", "policies", Some(json!({})));
        let asked = asked(self.desk);
        let declared = actions(documents);
        let undeclared: Vec<&String> = asked.difference(&declared).collect();
        assert_eq!(
            undeclared, [""; 0],
            "{words:?} under the policies of {verb}"
        );
        self.used.entry(verb).or_default().extend(asked);
        ended
    }

    fn succeeds(&mut self, verb: &'static str, words: &[&str]) {
        let ended = self.ends(verb, words);
        assert_eq!(
            ended.code, 0,
            "{words:?} under the policies of {verb}: {}{}",
            ended.out, ended.err
        );
    }
}

/// The caller may do this from now on, and nothing else.
fn enforce(desk: &Desk, documents: &[Value]) {
    let documents = json!({ "documents": documents });
    desk.sandbox.control("POST", "policies", Some(documents));
}

/// The actions that IAM was asked about.
fn asked(desk: &Desk) -> BTreeSet<String> {
    let requests = desk.sandbox.control("GET", "requests", None);
    let actions = requests
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|one| one["actions"].as_array().unwrap());
    actions
        .map(|one| one.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn each_verb_of_the_production_stack_succeeds_under_just_its_policies() {
    let desk = Desk::copy("stacks/production.toml");
    settle(&desk);
    let mut under = Under::of(&desk);
    under.succeeds("plan", &["plan"]);
    // Who may only read would not get through an `up`, and is told so.
    let check = under.ends("plan", &["check"]);
    assert_eq!(check.code, 3, "{}{}", check.out, check.err);
    let said = "fail     permissions    changing: arn:aws:iam::123456789012:user/sandbox may not ";
    assert!(check.out.contains(said), "{}", check.out);
    under.succeeds("up", &["check"]);
    enforce(&desk, &under.policies["plan"]);
    let up = desk.deploy(&["up", "--yes"]);
    assert_ne!(up.code, 0, "who may only read changes nothing");
    under.succeeds("up", &["up", "--yes"]);
    for reads in ["status", "logs", "outputs", "history"] {
        under.succeeds("plan", &[reads]);
    }
    under.succeeds("plan", &["plan", "--detailed-exitcode"]);
    under.succeeds("update", &["update", "--restart", "--yes"]);
    under.succeeds(
        "update",
        &[
            "update",
            "--service",
            "bedrock-gateway",
            "--restart",
            "--yes",
        ],
    );
    under.succeeds("update", &["run", "--service", "open-webui", "--", "true"]);
    under.succeeds("destroy", &["destroy", "--yes", "--delete-all-data"]);
}

/// A stack with every kind, and the same with every kind changed (`tests/faults/`).
#[test]
fn every_kind_is_made_changed_and_removed_under_just_these_policies() {
    let desk = Desk::with(include_str!("../faults/before.toml"));
    settle(&desk);
    let mut under = Under::of(&desk);
    under.succeeds("up", &["check"]);
    under.succeeds("up", &["up", "--yes"]);
    under.succeeds("plan", &["status"]);
    for tag in ["v2", "v3"] {
        let image = json!({ "image": format!("web:{tag}") });
        desk.sandbox.control("POST", "images", Some(image));
        under.succeeds("update", &["update", "--image", tag, "--yes"]);
    }
    under.succeeds("update", &["rollback", "--yes"]);
    under.succeeds("update", &["scale", "web=2", "--yes"]);
    under.succeeds("secrets", &["secrets", "rotate", "database-app", "--yes"]);
    under.succeeds("secrets", &["secrets", "get", "database-app", "--stdout"]);
    under.succeeds("db", &["db", "backup"]);
    under.succeeds("plan", &["plan"]);
    desk.write(include_str!("../faults/after.toml"));
    let before = under.policies.clone();
    under.read();
    under.succeeds("plan", &["plan"]);
    under.succeeds("up", &["up", "--yes"]);
    under.succeeds("plan", &["plan", "--detailed-exitcode"]);
    under.succeeds("plan", &["logs"]);
    // What was added goes again.
    desk.write(&back(include_str!("../faults/after.toml")));
    under.succeeds("up", &["up", "--yes"]);
    under.succeeds("destroy", &["destroy", "--yes", "--delete-all-data"]);
    let declared = |verb| &actions(&under.policies[verb]) | &actions(&before[verb]);
    let mut unused: BTreeSet<String> = BTreeSet::new();
    let used: BTreeSet<String> = under.used.values().flatten().cloned().collect();
    for verb in ["plan", "up", "update", "destroy"] {
        unused.extend(declared(verb).difference(&used).cloned());
    }
    let reasons: BTreeSet<&str> = UNUSED
        .iter()
        .flat_map(|(_, actions)| *actions)
        .copied()
        .collect();
    let unused: BTreeSet<&str> = unused.iter().map(String::as_str).collect();
    let idle: Vec<_> = unused.difference(&reasons).collect();
    assert_eq!(idle, [&""; 0], "is allowed and never asked for");
    let stale: Vec<_> = reasons.difference(&unused).collect();
    assert_eq!(
        stale, [&""; 0],
        "is asked for, and on the list of what is not"
    );
}

/// The changed stack without its tags and with less of what can be less.
fn back(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("tags =") && !line.starts_with("parameters ="));
    let lines = lines.map(|line| line.replace("nodes = 3", "nodes = 2"));
    lines.collect::<Vec<_>>().join("\n")
}

/// What that life does not ask for, and why it is allowed all the same.
const UNUSED: &[(&str, &[&str])] = &[
    (
        "the file names no Bedrock model",
        &[
            "aws-marketplace:Subscribe",
            "aws-marketplace:ViewSubscriptions",
            "bedrock:CreateFoundationModelAgreement",
            "bedrock:GetFoundationModelAvailability",
            "bedrock:GetUseCaseForModelAccess",
            "bedrock:ListFoundationModelAgreementOffers",
            "bedrock:ListFoundationModels",
            "bedrock:ListInferenceProfiles",
        ],
    ),
    (
        "prices and the bill are read when `cost` is told to, in `tests/whole/cost.rs`",
        &["ce:GetCostAndUsage", "pricing:GetProducts"],
    ),
    (
        "images are pushed in `tests/push/`",
        &[
            "ecr:BatchCheckLayerAvailability",
            "ecr:CompleteLayerUpload",
            "ecr:GetAuthorizationToken",
            "ecr:GetDownloadUrlForLayer",
            "ecr:InitiateLayerUpload",
            "ecr:UploadLayerPart",
        ],
    ),
    (
        "what others have changed by hand is put back, or removed",
        &[
            "application-autoscaling:DeleteScalingPolicy",
            "ec2:DeleteRoute",
            "ec2:ModifySubnetAttribute",
            "ec2:ReplaceNetworkAclEntry",
            "ec2:ReplaceRoute",
            "ec2:ReplaceRouteTableAssociation",
            "ecr:PutImageScanningConfiguration",
            "ecr:PutImageTagMutability",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:RemoveListenerCertificates",
            "elasticloadbalancing:SetRulePriorities",
            "elasticloadbalancing:SetSecurityGroups",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRoleDescription",
            "s3:PutBucketOwnershipControls",
            "s3:PutEncryptionConfiguration",
            "secretsmanager:UpdateSecret",
            "sns:SetTopicAttributes",
            "sns:Unsubscribe",
            "wafv2:UpdateWebACL",
        ],
    ),
    (
        "a run that was cut off, or a roll-out that fails, is ended",
        &[
            "ecr:BatchDeleteImage",
            "ecs:StopServiceDeployment",
            "ecs:StopTask",
            "secretsmanager:RestoreSecret",
        ],
    ),
    (
        "a database is restored, which `tests/whole/database_care.rs` does",
        &[
            "rds:DescribeDBInstanceAutomatedBackups",
            "rds:RestoreDBInstanceFromDBSnapshot",
            "rds:RestoreDBInstanceToPointInTime",
        ],
    ),
    (
        "the file names no KMS key",
        &["logs:AssociateKmsKey", "logs:DisassociateKmsKey"],
    ),
    (
        "roles are read one by one where not all may be read",
        &["iam:GetRole", "iam:GetRolePolicy"],
    ),
    (
        "services make their own role at their first use, where AWS has not made it yet",
        &["iam:CreateServiceLinkedRole"],
    ),
    (
        "a quota is used up, or was never changed; a trail and a detector are there",
        &[
            "cloudtrail:GetTrailStatus",
            "guardduty:GetDetector",
            "servicequotas:GetAWSDefaultServiceQuota",
            "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota",
        ],
    ),
    (
        "what a task that failed has said; buckets that the index of tags does not list",
        &["logs:GetLogEvents", "s3:ListAllMyBuckets"],
    ),
];

/// A stack that takes little to bring up.
const WEB: &str = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\ndisposable = true\n[service.web]\nimage = \"web\"\nport = 8080\npublic = true\n";

/// The documents without an action.
fn without(documents: &[Value], action: &str) -> Vec<Value> {
    let mut documents = documents.to_vec();
    for document in &mut documents {
        let statements = document["Statement"].as_array_mut().unwrap();
        for one in statements.iter_mut() {
            one["Action"]
                .as_array_mut()
                .unwrap()
                .retain(|one| one != action);
        }
        statements.retain(|one| one["Action"] != json!([]));
    }
    documents
}

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
        desk.sandbox.control("POST", "policies", Some(json!({})));
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
    for verb in [
        "plan", "up", "adopt", "update", "exec", "secrets", "db", "destroy",
    ] {
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
