use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Graph, observe, plan};
use ajuda::resources::{KINDS, Part, Secret, SecretValue};

use crate::support::life::{Variant, expect, live, remove, up};
use crate::support::sandbox::Sandbox;

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";

fn generated() -> Secret {
    Secret {
        name: "life/app-key".into(),
        description: "signs sessions".into(),
        value: SecretValue::Generated { length: 48 },
        recovery_days: Some(30),
        kms_key: None,
        disposable: false,
        tags: Tags::from([("team".into(), "one".into())]),
    }
}

fn named(name: &str, value: SecretValue) -> Secret {
    Secret {
        name: format!("life/{name}"),
        value,
        ..generated()
    }
}

fn one(secret: Secret) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        graph.add("secrets", "app-key", secret.clone());
    }
}

/// Two secrets and one that joins them.
fn joined(separator: &'static str) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let length = 20;
        let first = named("first", SecretValue::Generated { length });
        let first = graph.add("secrets", "first", first);
        let second = named("second", SecretValue::Environment("TEST_SECRET".into()));
        let second = graph.add("secrets", "second", second);
        let parts = vec![
            Part::Secret(first),
            Part::Secret(second),
            Part::Arn("arn:aws:secretsmanager:us-east-1:123456789012:secret:theirs:key::".into()),
        ];
        let value = SecretValue::Joined {
            parts,
            separator: separator.into(),
        };
        graph.add("secrets", "all", named("all", value));
    }
}

async fn value(cloud: &Cloud, name: &str) -> String {
    let get = cloud.secrets.get_secret_value().secret_id(name);
    get.send().await.unwrap().secret_string.unwrap()
}

#[tokio::test]
async fn a_secret_lives() {
    let sandbox = Sandbox::late();
    let described = Secret {
        description: "signs sessions and tokens".into(),
        ..generated()
    };
    let encrypted = Secret {
        kms_key: Some(KEY.into()),
        ..described.clone()
    };
    let plain = Secret {
        kms_key: None,
        ..encrypted.clone()
    };
    let given = Secret {
        value: SecretValue::Environment("TEST_SECRET".into()),
        ..plain.clone()
    };
    let master = Secret {
        value: SecretValue::DatabaseMaster {
            username: "master".into(),
        },
        ..given.clone()
    };
    let kept = Secret {
        recovery_days: Some(7),
        ..master.clone()
    };
    let tagged = Secret {
        tags: Tags::from([("team".into(), "two".into())]),
        ..kept.clone()
    };
    let disposable = Secret {
        recovery_days: None,
        disposable: true,
        ..tagged.clone()
    };
    live(
        &sandbox,
        "life",
        &one(generated()),
        &[
            Variant {
                declare: &one(described),
                says: &["secret/app-key description"],
            },
            Variant {
                declare: &one(encrypted),
                says: &["secret/app-key kms_key"],
            },
            Variant {
                declare: &one(plain),
                says: &["secret/app-key kms_key"],
            },
            Variant {
                declare: &one(given),
                says: &["secret/app-key made"],
            },
            Variant {
                declare: &one(master),
                says: &["secret/app-key made"],
            },
            Variant {
                declare: &one(kept),
                says: &["secret/app-key recovery_days"],
            },
            Variant {
                declare: &one(tagged),
                says: &["secret/app-key tags.team"],
            },
            Variant {
                declare: &one(disposable),
                says: &["secret/app-key disposable", "secret/app-key recovery_days"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_generated_value_is_made_once_and_outlives_its_deletion() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &one(generated())).await;
    let cloud = sandbox.cloud("life").await;
    let made = value(&cloud, "life/app-key").await;
    assert_eq!(made.len(), 48);
    assert!(made.chars().all(|one| one.is_ascii_alphanumeric()));

    let longer = Secret {
        value: SecretValue::Generated { length: 64 },
        ..generated()
    };
    expect(&sandbox, "life", &one(longer.clone()), &[]).await;
    let given = Secret {
        value: SecretValue::Environment("TEST_SECRET".into()),
        ..generated()
    };
    up(&sandbox, "life", &one(given)).await;
    assert_eq!(value(&cloud, "life/app-key").await, "from the environment");
    up(&sandbox, "life", &one(generated())).await;
    assert_eq!(value(&cloud, "life/app-key").await, "from the environment");

    remove(&sandbox, "life", &one(generated()), &|_| false).await;
    expect(&sandbox, "life", &one(generated()), &["+ secret/app-key"]).await;
    let described = Secret {
        description: "called back".into(),
        ..generated()
    };
    up(&sandbox, "life", &one(described.clone())).await;
    expect(&sandbox, "life", &one(described), &[]).await;
    assert_eq!(value(&cloud, "life/app-key").await, "from the environment");
}

#[tokio::test]
async fn a_joined_value_follows_its_parts() {
    let sandbox = Sandbox::instant();
    let cloud = sandbox.cloud("life").await;
    let theirs = cloud.secrets.create_secret().name("theirs");
    let theirs = theirs.secret_string(r#"{"key":"third"}"#);
    theirs.send().await.unwrap();
    up(&sandbox, "life", &joined(";")).await;
    expect(&sandbox, "life", &joined(";"), &[]).await;
    let first = value(&cloud, "life/first").await;
    let all = format!("{first};from the environment;third");
    assert_eq!(value(&cloud, "life/all").await, all);

    expect(&sandbox, "life", &joined(","), &["secret/all inputs"]).await;
    let put = cloud.secrets.put_secret_value().secret_id("life/first");
    put.secret_string("rotated").send().await.unwrap();
    expect(&sandbox, "life", &joined(";"), &["secret/all inputs"]).await;
    up(&sandbox, "life", &joined(";")).await;
    expect(&sandbox, "life", &joined(";"), &[]).await;
    let all = "rotated;from the environment;third";
    assert_eq!(value(&cloud, "life/all").await, all);
}

#[tokio::test]
async fn a_new_master_keeps_its_password() {
    let sandbox = Sandbox::instant();
    let master = |username: &str| {
        one(named(
            "master",
            SecretValue::DatabaseMaster {
                username: username.into(),
            },
        ))
    };
    up(&sandbox, "life", &master("one")).await;
    let cloud = sandbox.cloud("life").await;
    let read = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let before = read(value(&cloud, "life/master").await);
    assert_eq!(before["username"], "one");
    assert_eq!(before["password"].as_str().unwrap().len(), 32);
    up(&sandbox, "life", &master("two")).await;
    let after = read(value(&cloud, "life/master").await);
    assert_eq!(after["username"], "two");
    assert_eq!(after["password"], before["password"]);
}

#[tokio::test]
async fn a_secret_of_somebody_else_is_in_the_way() {
    let sandbox = Sandbox::instant();
    let cloud = sandbox.cloud("life").await;
    let create = cloud.secrets.create_secret().name("life/app-key");
    let theirs = create.secret_string("theirs").send().await.unwrap();
    for deleted in [false, true] {
        if deleted {
            let delete = cloud
                .secrets
                .delete_secret()
                .secret_id(theirs.arn().unwrap());
            delete.send().await.unwrap();
        }
        let cloud = sandbox.cloud("life").await;
        let mut graph = Graph::default();
        one(generated())(&mut graph);
        let graph = graph.into();
        let observed = observe(&cloud, &graph, KINDS).await;
        let plan = plan(&graph, KINDS, &observed);
        assert_eq!(plan.conflicts.len(), 1, "{plan:#?}");
        assert_eq!(plan.conflicts[0].address.to_string(), "secret/app-key");
        assert_eq!(plan.conflicts[0].id, "life/app-key");
    }
}

#[tokio::test]
async fn reading_asks_for_no_value_and_describes_each() {
    let sandbox = Sandbox::instant();
    let many = |count: usize| {
        move |graph: &mut Graph<Cloud>| {
            for number in 0..count {
                let name = format!("key-{number}");
                let value = SecretValue::Generated { length: 16 };
                graph.add("secrets", name.clone(), named(&name, value));
            }
        }
    };
    let mut asked = Vec::new();
    for count in [2, 9] {
        up(&sandbox, "life", &many(count)).await;
        sandbox.control("DELETE", "requests", None);
        expect(&sandbox, "life", &many(count), &[]).await;
        let requests = sandbox.control("GET", "requests", None);
        let operations: Vec<String> = requests
            .as_array()
            .unwrap()
            .iter()
            .filter(|request| request["service"] == "secretsmanager")
            .map(|request| request["operation"].as_str().unwrap().to_owned())
            .collect();
        asked.push(operations);
    }
    // The list may be five minutes late, so that each is described: one call more for each, side by side.
    for (asked, count) in asked.iter_mut().zip([2, 9]) {
        asked.sort_unstable();
        let mut expected = vec!["DescribeSecret"; count];
        expected.push("ListSecrets");
        assert_eq!(*asked, expected);
    }
}

#[tokio::test]
async fn a_rotated_value_is_never_taken_for_the_one_before() {
    let sandbox = Sandbox::instant();
    let cloud = sandbox.cloud("life").await;
    let theirs = cloud.secrets.create_secret().name("theirs");
    let theirs = theirs.secret_string(r#"{"key":"third"}"#);
    theirs.send().await.unwrap();
    up(&sandbox, "life", &joined(";")).await;
    sandbox.lag(serde_json::json!({"rules": [{"operation": "ListSecrets", "calls": 50}]}));
    let put = cloud.secrets.put_secret_value().secret_id("life/first");
    put.secret_string("rotated").send().await.unwrap();
    expect(&sandbox, "life", &joined(";"), &["secret/all inputs"]).await;
    up(&sandbox, "life", &joined(";")).await;
    expect(&sandbox, "life", &joined(";"), &[]).await;
    let all = "rotated;from the environment;third";
    assert_eq!(value(&cloud, "life/all").await, all);
}

#[tokio::test]
async fn what_was_deleted_at_once_is_made_anew_and_not_called_back() {
    let sandbox = Sandbox::late();
    let at_once = one(Secret {
        recovery_days: None,
        disposable: true,
        ..generated()
    });
    up(&sandbox, "life", &at_once).await;
    let cloud = sandbox.cloud("life").await;
    sandbox.catch_up();
    let before = value(&cloud, "life/app-key").await;
    remove(&sandbox, "life", &at_once, &|_| false).await;
    sandbox.control("DELETE", "requests", None);
    up(&sandbox, "life", &at_once).await;
    sandbox.catch_up();
    assert_ne!(value(&cloud, "life/app-key").await, before);
    let requests = sandbox.control("GET", "requests", None);
    let count = |operation: &str| {
        let all = requests.as_array().unwrap().iter();
        all.filter(|request| request["operation"] == operation)
            .count()
    };
    assert!(count("CreateSecret") > 1, "it was refused for a while");
    assert_eq!(count("RestoreSecret"), 0);
}
