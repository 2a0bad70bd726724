//! Secrets that say how to reach a database and a cache.

use std::collections::BTreeMap;

use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Graph, Link};
use ajuda::resources::{
    Cache, CacheSubnetGroup, DbInstance, DbParameterGroup, DbSubnetGroup, Secret, SecretValue,
    SecurityGroup,
};
use ajuda::stack::Database;
use serde_json::Value;

use crate::default_network::{linked_role, subnets, vpc};
use crate::support::life::{expect, up};
use crate::support::sandbox::Sandbox;

fn secret(name: &str, value: SecretValue) -> Secret {
    Secret {
        name: format!("life/{name}"),
        description: "how to connect".into(),
        value,
        recovery_days: None,
        kms_key: None,
        disposable: true,
        tags: Tags::new(),
    }
}

async fn value(sandbox: &Sandbox, name: &str) -> String {
    let cloud = sandbox.cloud("life").await;
    let get = cloud.secrets.get_secret_value().secret_id(name);
    get.send().await.unwrap().secret_string.unwrap()
}

/// An instance, and the role that uses the database called `name` on it.
fn database(
    vpc: &str,
    subnets: &[String],
    identifier: &str,
    name: &str,
) -> impl Fn(&mut Graph<Cloud>) + Sync {
    let subnets: Vec<_> = subnets[..2].iter().cloned().map(Link::Id).collect();
    let (identifier, name, vpc) = (identifier.to_owned(), name.to_owned(), vpc.to_owned());
    move |graph| {
        let master = SecretValue::DatabaseMaster {
            username: "ajuda".into(),
        };
        let master = graph.add("secrets", "master", secret("master", master));
        let group = DbSubnetGroup {
            name: "life".into(),
            subnets: subnets.clone(),
            tags: Tags::new(),
        };
        let parameters = DbParameterGroup {
            name: "life".into(),
            family: "postgres16".into(),
            parameters: BTreeMap::new(),
            tags: Tags::new(),
        };
        let security = SecurityGroup {
            vpc: Link::Id(vpc.clone()),
            description: "database".into(),
            tags: Tags::new(),
        };
        let instance = DbInstance {
            logs: Vec::new(),
            monitoring: None,
            identifier: identifier.clone(),
            settings: settings(),
            subnet_group: graph.add("database", "main", group),
            parameter_group: graph.add("database", "main", parameters),
            groups: vec![graph.add("network", "database", security)],
            master,
            final_snapshot: false,
            disposable: true,
            tags: Tags::new(),
        };
        let value = SecretValue::DatabaseApp {
            username: "app".into(),
            database: graph.add("database", "main", instance),
            name: name.clone(),
        };
        graph.add("database", "app", secret("app", value));
    }
}

fn settings() -> Database {
    Database {
        name: "openwebui".into(),
        username: "app".into(),
        master_username: "ajuda".into(),
        version: "16".into(),
        instance_class: "db.t4g.small".into(),
        storage_gb: 20,
        max_storage_gb: None,
        iops: None,
        throughput: None,
        multi_az: false,
        backup_days: 1,
        backup_window: None,
        maintenance_window: None,
        deletion_protection: false,
        performance_insights: false,
        enhanced_monitoring: 0,
        iam_authentication: false,
        log_exports: Vec::new(),
        final_snapshot: false,
        auto_minor_version: true,
        apply_immediately: true,
        extensions: std::collections::BTreeSet::new(),
        parameters: BTreeMap::new(),
        kms_key: None,
        ca_certificates: None,
    }
}

#[tokio::test]
async fn a_role_keeps_its_password_wherever_its_database_goes() {
    let sandbox = Sandbox::instant();
    linked_role(&sandbox, "rds.amazonaws.com").await;
    let (vpc, subnets) = (vpc(&sandbox).await, subnets(&sandbox).await);
    let read =
        async || -> Value { serde_json::from_str(&value(&sandbox, "life/app").await).unwrap() };

    let first = database(&vpc, &subnets, "life", "openwebui");
    up(&sandbox, "life", &first).await;
    expect(&sandbox, "life", &first, &[]).await;
    let made = read().await;
    let (host, password) = (&made["host"], made["password"].as_str().unwrap());
    assert_eq!(password.len(), 32);
    assert_eq!(made["username"], "app");
    assert_eq!(
        made["url"],
        format!(
            "postgresql://app:{password}@{}:5432/openwebui?sslmode=require",
            host.as_str().unwrap()
        )
    );

    let renamed = database(&vpc, &subnets, "life", "chat");
    expect(&sandbox, "life", &renamed, &["secret/app inputs"]).await;
    up(&sandbox, "life", &renamed).await;
    expect(&sandbox, "life", &renamed, &[]).await;
    let now = read().await;
    assert_eq!(now["dbname"], "chat");
    assert_eq!(now["password"], made["password"]);

    // One that is there keeps its identifier, so the other comes once that is gone.
    let cloud = sandbox.cloud("life").await;
    let delete = cloud
        .rds
        .delete_db_instance()
        .db_instance_identifier("life");
    delete.skip_final_snapshot(true).send().await.unwrap();
    let moved = database(&vpc, &subnets, "life-two", "chat");
    up(&sandbox, "life", &moved).await;
    expect(&sandbox, "life", &moved, &[]).await;
    let now = read().await;
    assert_ne!(now["host"], made["host"]);
    assert_eq!(now["password"], made["password"]);
    assert!(
        now["url"]
            .as_str()
            .unwrap()
            .contains(now["host"].as_str().unwrap())
    );
}

#[tokio::test]
async fn the_url_of_a_cache_follows_its_token() {
    let sandbox = Sandbox::instant();
    linked_role(&sandbox, "elasticache.amazonaws.com").await;
    let subnets: Vec<_> = subnets(&sandbox).await[..2].to_vec();
    let declare = |graph: &mut Graph<Cloud>| {
        let token = SecretValue::Generated { length: 32 };
        let token = graph.add("secrets", "token", secret("token", token));
        let group = CacheSubnetGroup {
            name: "life".into(),
            subnets: subnets.iter().cloned().map(Link::Id).collect(),
            tags: Tags::new(),
        };
        let cache = Cache {
            name: "life".into(),
            node_type: "cache.t4g.small".into(),
            nodes: 1,
            subnet_group: graph.add("cache", "main", group),
            groups: Vec::new(),
            token: token.clone(),
            tags: Tags::new(),
        };
        let cache = graph.add("cache", "main", cache);
        let url = SecretValue::CacheUrl { token, cache };
        graph.add("cache", "url", secret("url", url));
    };
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
    let token = value(&sandbox, "life/token").await;
    let url = value(&sandbox, "life/url").await;
    assert!(
        url.starts_with(&format!("rediss://:{token}@")),
        "another beginning"
    );

    let cloud = sandbox.cloud("life").await;
    let put = cloud.secrets.put_secret_value().secret_id("life/token");
    put.secret_string("another".repeat(5)).send().await.unwrap();
    expect(
        &sandbox,
        "life",
        &declare,
        &["cache/main token", "secret/url inputs"],
    )
    .await;
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
    let url = value(&sandbox, "life/url").await;
    assert!(url.starts_with("rediss://:another"), "another beginning");
}
