use std::collections::BTreeMap;

use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Graph, observe, plan};
use ajuda::resources::{
    Arn, Bucket, Document, KINDS, PolicyStatement, Repository, Role, Secret, SecretValue,
};
use serde_json::{Value, json};

use crate::network::asked;
use crate::support::life::{Variant, expect, live, up};
use crate::support::sandbox::Sandbox;

const LOGS: &str = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole";
const QUEUE: &str = "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers";

fn trust(service: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "aws:SourceAccount": "123456789012" } },
        },
    })
}

fn base() -> Role {
    let statement = PolicyStatement::allow(&["logs:PutLogEvents"], ["*".to_owned()]);
    let statements = vec![statement];
    Role {
        name: "life-app-task-us-east-1".into(),
        description: "what the tasks of app may do".into(),
        trust: trust("ecs-tasks.amazonaws.com"),
        policies: BTreeMap::from([("task".into(), Document { statements })]),
        managed: vec![LOGS.into()],
        tags: Tags::from([("team".into(), "one".into())]),
    }
}

fn one(role: Role) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        graph.add("identity", "app-task", role.clone());
    }
}

#[tokio::test]
async fn a_role_lives() {
    let sandbox = Sandbox::late();
    let described = Role {
        description: "all that the tasks of app may do".into(),
        ..base()
    };
    let trusted = Role {
        trust: trust("ecs.amazonaws.com"),
        ..described.clone()
    };
    let actions = ["logs:CreateLogStream", "logs:PutLogEvents"];
    let statement = PolicyStatement::allow(&actions, ["*".to_owned()]);
    let statements = vec![statement];
    let permitted = Role {
        policies: BTreeMap::from([("task".into(), Document { statements })]),
        ..trusted.clone()
    };
    let statements = vec![PolicyStatement {
        conditions: json!({ "StringEquals": { "aws:ResourceAccount": "123456789012" } }),
        ..PolicyStatement::allow(&["s3:GetObject"], ["*".to_owned()])
    }];
    let mut more = permitted.clone();
    more.policies.insert("more".into(), Document { statements });
    let mut less = more.clone();
    less.policies.remove("task");
    let managed = Role {
        managed: vec![QUEUE.into(), LOGS.into()],
        ..less.clone()
    };
    let unmanaged = Role {
        managed: vec![QUEUE.into()],
        ..managed.clone()
    };
    let tagged = Role {
        tags: Tags::from([("team".into(), "two".into())]),
        ..unmanaged.clone()
    };
    live(
        &sandbox,
        "life",
        &one(base()),
        &[
            Variant {
                declare: &one(described),
                says: &["role/app-task description"],
            },
            Variant {
                declare: &one(trusted),
                says: &["role/app-task trust.#1.Principal.Service"],
            },
            Variant {
                declare: &one(permitted),
                says: &["role/app-task policies.task.#1.Action"],
            },
            Variant {
                declare: &one(more),
                says: &[
                    "role/app-task policies.more.#1.Action",
                    "role/app-task policies.more.#1.Condition.StringEquals.aws:ResourceAccount",
                    "role/app-task policies.more.#1.Effect",
                    "role/app-task policies.more.#1.Resource",
                ],
            },
            Variant {
                declare: &one(less),
                says: &["role/app-task policies.task"],
            },
            Variant {
                declare: &one(managed),
                says: &["role/app-task managed"],
            },
            Variant {
                declare: &one(unmanaged),
                says: &["role/app-task managed"],
            },
            Variant {
                declare: &one(tagged),
                says: &["role/app-task tags.team"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn policies_name_what_the_stack_makes() {
    let sandbox = Sandbox::late();
    let declare = |graph: &mut Graph<Cloud>| {
        let tags = Tags::new();
        let repository = Repository {
            name: "life-app".into(),
            scan_on_push: true,
            immutable_tags: true,
            keep_images: 30,
            kms_key: None,
            disposable: true,
            tags: tags.clone(),
        };
        let repository = graph.add("registry", "app", repository);
        let bucket = Bucket {
            name: "life-uploads".into(),
            versioning: false,
            noncurrent_days: 1,
            abort_upload_days: 1,
            expire_days: None,
            kms_key: None,
            policy: Vec::new(),
            access_log: None,
            disposable: true,
            tags: tags.clone(),
        };
        let bucket = graph.add("storage", "uploads", bucket);
        let secret = Secret {
            name: "life/key".into(),
            description: "a key".into(),
            value: SecretValue::Generated { length: 16 },
            recovery_days: None,
            kms_key: None,
            disposable: true,
            tags,
        };
        let secret = graph.add("secrets", "key", secret);
        let about = |action: &str, arn| PolicyStatement {
            resources: vec![arn],
            ..PolicyStatement::allow(&[action], [])
        };
        let statements = vec![
            about("ecr:BatchGetImage", Arn::Repository(repository)),
            about("s3:ListBucket", Arn::Bucket(bucket.clone())),
            about("s3:GetObject", Arn::BucketObjects(bucket)),
            about("secretsmanager:GetSecretValue", Arn::Secret(secret)),
        ];
        let mut role = base();
        let document = Document { statements };
        role.policies = BTreeMap::from([("task".into(), document)]);
        graph.add("identity", "app-task", role);
    };
    live(&sandbox, "life", &declare, &[]).await;
    up(&sandbox, "life", &declare).await;
    let cloud = sandbox.cloud("life").await;
    let get = cloud
        .iam
        .get_role_policy()
        .role_name("life-app-task-us-east-1");
    let answer = get.policy_name("task").send().await.unwrap();
    let text = percent_encoding::percent_decode_str(answer.policy_document());
    let said: Value = serde_json::from_str(&text.decode_utf8().unwrap()).unwrap();
    let resources: Vec<&str> = (0..4)
        .map(|index| said["Statement"][index]["Resource"].as_str().unwrap())
        .collect();
    assert_eq!(
        resources[..3],
        [
            "arn:aws:ecr:us-east-1:123456789012:repository/life-app",
            "arn:aws:s3:::life-uploads",
            "arn:aws:s3:::life-uploads/*",
        ]
    );
    assert!(
        resources[3].starts_with("arn:aws:secretsmanager:us-east-1:123456789012:secret:life/key-")
    );
}

#[tokio::test]
async fn a_role_of_somebody_else_is_in_the_way_whatever_its_case() {
    let sandbox = Sandbox::instant();
    let cloud = sandbox.cloud("life").await;
    let create = cloud.iam.create_role().role_name("Life-App-Task-Us-East-1");
    let trust = trust("ec2.amazonaws.com").to_string();
    let create = create.assume_role_policy_document(trust);
    create.send().await.unwrap();
    let mut graph = Graph::default();
    one(base())(&mut graph);
    let graph = graph.into();
    let observed = observe(&cloud, &graph, KINDS).await;
    let plan = plan(&graph, KINDS, &observed);
    assert_eq!(plan.conflicts.len(), 1, "{plan:#?}");
    assert_eq!(plan.conflicts[0].address.to_string(), "role/app-task");
    assert_eq!(plan.conflicts[0].id, "Life-App-Task-Us-East-1");
}

#[tokio::test]
async fn without_the_permission_to_read_all_roles_near_ones_are_read() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &one(base())).await;
    let rules = json!({ "rules": [{
        "service": "iam",
        "operation": "GetAccountAuthorizationDetails",
        "action": "deny",
        "times": 1000,
    }] });
    sandbox.control("POST", "faults", Some(rules));
    expect(&sandbox, "life", &one(base()), &[]).await;
    expect(&sandbox, "life", &|_| {}, &["- role/app-task"]).await;
    let cloud = sandbox.cloud("life").await;
    let delete = cloud
        .iam
        .delete_role_policy()
        .role_name("life-app-task-us-east-1");
    delete.policy_name("task").send().await.unwrap();
    expect(
        &sandbox,
        "life",
        &one(base()),
        &[
            "role/app-task policies.task.#1.Action",
            "role/app-task policies.task.#1.Effect",
            "role/app-task policies.task.#1.Resource",
        ],
    )
    .await;
}

/// In an account of thousands of roles, all policies of all of them are tens of megabytes.
#[tokio::test]
async fn of_many_roles_only_near_ones_are_read_and_an_adopted_one_is_found() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &one(base())).await;
    let cloud = sandbox.cloud("life").await;
    for number in 0..310 {
        let create = cloud.iam.create_role().role_name(format!("their-{number}"));
        let trust = trust("ec2.amazonaws.com").to_string();
        let create = create.assume_role_policy_document(trust);
        create.send().await.unwrap();
    }
    sandbox.control("DELETE", "requests", None);
    expect(&sandbox, "life", &one(base()), &[]).await;
    expect(&sandbox, "life", &|_| {}, &["- role/app-task"]).await;
    assert_eq!(asked(&sandbox, "GetAccountAuthorizationDetails"), 0);
    assert_eq!(asked(&sandbox, "GetRole"), 2, "one a plan, of the near one");

    // One that was adopted under another name has the tags of the address, and no near name.
    let second = |graph: &mut Graph<Cloud>| {
        one(base())(graph);
        let role = Role {
            name: "life-web-task-us-east-1".into(),
            ..base()
        };
        graph.add("identity", "web-task", role);
    };
    let tags = cloud.iam.list_role_tags();
    let tags = tags.role_name("life-app-task-us-east-1").send().await;
    let mut tags = tags.unwrap().tags;
    for tag in &mut tags {
        if tag.key() == "ajuda:address" {
            tag.value = "role/web-task".to_owned();
        }
    }
    let tag = cloud.iam.tag_role().role_name("their-7");
    tag.set_tags(Some(tags)).send().await.unwrap();
    let mut graph = Graph::default();
    second(&mut graph);
    let observed = observe(&sandbox.cloud("life").await, &graph.into(), KINDS).await;
    let found = observed.found.keys().map(ToString::to_string);
    let found: Vec<String> = found.collect();
    assert_eq!(found, ["role/app-task", "role/web-task"]);
}

/// The reply to the create is lost, and the reads that follow do not know the role yet.
#[tokio::test]
async fn a_role_that_iam_does_not_show_yet_is_waited_for() {
    let sandbox = Sandbox::instant();
    let unknown = json!({ "rules": [
        { "operation": "CreateRole", "nth": 1, "action": "cut-after" },
        {
            "operation": "GetRole", "code": "NoSuchEntity", "http": 404, "times": 3,
            "message": "The role with name life-app-task-us-east-1 cannot be found.",
        },
    ]});
    sandbox.control("POST", "faults", Some(unknown));
    up(&sandbox, "life", &one(base())).await;
    expect(&sandbox, "life", &one(base()), &[]).await;
}
