//! The controls of AWS's Foundational Security Best Practices, one by one, on the production stack as it
//! is planned and as it stands. `docs/security-controls.md` says the same, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::binary::{Desk, repository};

/// What a plan says of every object, by address and path.
type Planned = BTreeMap<String, BTreeMap<String, Value>>;

/// A control, the objects that it is about (an address, or `kind/*` for all of a kind), a path, and what
/// is said there.
type Check = (&'static str, &'static str, &'static str, Value);

/// How a plan says what is known after `address` is there.
fn later(address: &str, rest: &str) -> Value {
    json!({ "known_after": [address], "text": format!("(known after {address}){rest}") })
}

fn log_target(prefix: &str) -> Value {
    let bucket = "bucket/access-logs";
    json!({
        "text": format!("(known after {bucket})/{prefix}"),
        "value": { "bucket": later(bucket, ""), "prefix": prefix },
    })
}

fn checks() -> Vec<Check> {
    let tls = |path: &'static str, value: Value| ("S3.5", "bucket/*", path, value);
    vec![
        // One that is requested, and renews itself.
        (
            "ACM.1",
            "certificate/main",
            "domain",
            json!("chat.example.org"),
        ),
        ("EC2.2", "default-security-group/*", "ingress", json!([])),
        ("EC2.2", "default-security-group/*", "egress", json!([])),
        ("EC2.6", "flow-log/main", "traffic", json!("ALL")),
        ("EC2.15", "subnet/*", "public_addresses", json!(false)),
        ("ECR.1", "repository/*", "scan_on_push", json!(true)),
        (
            "ECR.2",
            "repository/*",
            "tag_mutability",
            json!("IMMUTABLE"),
        ),
        (
            "ECR.3",
            "repository/*",
            "lifecycle.1.action.type",
            json!("expire"),
        ),
        ("ECS.2", "service/*", "public_ip", json!(false)),
        ("ECS.5", "task-definition/*", "read_only_root", json!(true)),
        ("ECS.9", "task-definition/*", "log.driver", json!("awslogs")),
        ("ECS.10", "service/*", "platform", json!("LATEST")),
        (
            "ECS.12",
            "cluster/main",
            "container_insights",
            json!("enhanced"),
        ),
        (
            "ELB.1",
            "listener/http",
            "action",
            json!({ "text": "redirect to https", "value": { "type": "redirect-to-https" } }),
        ),
        (
            "ELB.4",
            "load-balancer/main",
            "drop_invalid_headers",
            json!(true),
        ),
        (
            "ELB.5",
            "load-balancer/main",
            "access_logs",
            log_target("alb"),
        ),
        (
            "ELB.6",
            "load-balancer/main",
            "deletion_protection",
            json!(true),
        ),
        (
            "ELB.17",
            "listener/https",
            "ssl_policy",
            json!("ELBSecurityPolicy-TLS13-1-2-2021-06"),
        ),
        ("ELB.18", "listener/https", "protocol", json!("HTTPS")),
        ("RDS.2", "db-instance/*", "public", json!(false)),
        ("RDS.3", "db-instance/*", "encrypted", json!(true)),
        ("RDS.5", "db-instance/*", "multi_az", json!(true)),
        ("RDS.6", "db-instance/*", "monitoring_seconds", json!(60)),
        ("RDS.8", "db-instance/*", "deletion_protection", json!(true)),
        (
            "RDS.9",
            "db-instance/*",
            "log_exports",
            json!(["postgresql", "upgrade"]),
        ),
        ("RDS.10", "db-instance/*", "iam_authentication", json!(true)),
        ("RDS.11", "db-instance/*", "backup_days", json!(14)),
        ("RDS.13", "db-instance/*", "auto_minor_version", json!(true)),
        ("RDS.17", "db-instance/*", "copy_tags", json!(true)),
        (
            "RDS.18",
            "db-instance/*",
            "subnet_group",
            later("db-subnet-group/main", ""),
        ),
        ("RDS.25", "db-instance/*", "master_username", json!("ajuda")),
        (
            "RDS.36",
            "db-instance/*",
            "log_exports",
            json!(["postgresql", "upgrade"]),
        ),
        (
            "RDS.38",
            "db-parameter-group/*",
            "parameters.rds.force_ssl",
            json!("1"),
        ),
        ("S3.2", "bucket/*", "public_access_blocked", json!(true)),
        ("S3.3", "bucket/*", "public_access_blocked", json!(true)),
        tls("policy.TlsOnly.Effect", json!("Deny")),
        tls("policy.TlsOnly.Principal", json!("*")),
        ("S3.8", "bucket/*", "public_access_blocked", json!(true)),
        (
            "S3.9",
            "bucket/uploads",
            "access_log",
            log_target("s3/uploads/"),
        ),
        (
            "S3.10",
            "bucket/uploads",
            "lifecycle.old-versions.enabled",
            json!(true),
        ),
        (
            "S3.12",
            "bucket/*",
            "object_ownership",
            json!("BucketOwnerEnforced"),
        ),
        (
            "S3.13",
            "bucket/*",
            "lifecycle.unfinished-uploads.enabled",
            json!(true),
        ),
        ("SNS.4", "topic/*", "alarms_publish", json!(true)),
    ]
}

#[test]
fn the_production_stack_passes_every_control_that_the_table_says_it_does() {
    let desk = Desk::copy("stacks/production.toml");
    let told = desk.deploy(&["plan", "--output", "json"]);
    assert_eq!(told.code, 0, "{}", told.err);
    let planned = planned(&told.out);
    let mut passed = BTreeSet::new();
    for (control, of, path, wanted) in checks() {
        let kind = of.strip_suffix('*');
        let mut of = planned.iter().filter(|(address, _)| match kind {
            Some(kind) => address.starts_with(kind),
            None => *address == of,
        });
        let first = of
            .next()
            .unwrap_or_else(|| panic!("{control}: nothing to look at"));
        for (address, said) in std::iter::once(first).chain(of) {
            assert_eq!(said.get(path), Some(&wanted), "{control}: {address} {path}");
        }
        passed.insert(control.to_owned());
    }
    passed.extend(doors(&planned));
    passed.extend(permissions(&planned));
    passed.extend(secrets(&planned));

    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    passed.extend(as_aws_tells(&desk));
    let (passes, fails) = table();
    assert_eq!(passed, passes, "the table is what the test proves");
    assert!(passes.is_disjoint(&fails));
    for reason in ["ECS.20", "ELB.16", "EC2.2", "EC2.21", "SecretsManager.1"] {
        assert!(
            passes.contains(reason) || fails.contains(reason),
            "{reason} is missing"
        );
    }
}

/// What lies under a key when the file gives one, and who may use it.
#[test]
fn keys_go_where_the_file_says() {
    let key = |id: char| {
        let id = id.to_string().repeat(8);
        format!("arn:aws:kms:us-east-1:123456789012:key/{id}-0000-4000-8000-000000000000")
    };
    let text = std::fs::read_to_string(repository("stacks/production.toml")).unwrap();
    let text = text
        .replace(
            "[logs]",
            &format!(
                "[secrets]\nkms_key = {:?}\n\n[logs]\nkms_key = {:?}",
                key('a'),
                key('b')
            ),
        )
        .replace("[alarms]", &format!("[alarms]\nkms_key = {:?}", key('c')));
    let told = Desk::with(&text).deploy(&["plan", "--output", "json"]);
    assert_eq!(told.code, 0, "{}", told.err);
    let planned = planned(&told.out);
    for (kind, id) in [("log-group/", 'b'), ("topic/", 'c'), ("secret/", 'a')] {
        let of: Vec<_> = planned
            .iter()
            .filter(|(address, _)| address.starts_with(kind))
            .collect();
        assert!(!of.is_empty());
        for (address, said) in of {
            assert_eq!(said["kms_key"], json!(key(id)), "{address}");
        }
    }
    for role in ["open-webui", "bedrock-gateway", "database-setup"] {
        let said = &planned[&format!("role/{role}-execution")];
        let mut of = said
            .iter()
            .filter(|(_, value)| **value == json!(["kms:Decrypt"]));
        let (path, _) = of
            .next()
            .unwrap_or_else(|| panic!("{role} cannot read its secrets"));
        let of = |field: &str| &said[&path.replace(".Action", field)];
        assert_eq!(of(".Resource"), &json!([key('a')]));
        assert_eq!(
            of(".Condition.StringEquals.kms:ViaService"),
            &json!(["secretsmanager.us-east-1.amazonaws.com"])
        );
    }
}

fn planned(json: &str) -> Planned {
    let plan: Value = serde_json::from_str(json).unwrap();
    let actions = plan["actions"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    actions
        .map(|action| {
            let changes = action["changes"].as_array().unwrap().iter();
            let said = changes.map(|one| (text(&one["path"]), one["after"].clone()));
            (text(&action["address"]), said.collect())
        })
        .collect()
}

/// Nobody from outside comes in but at 80 and 443, wherever that is.
fn doors(planned: &Planned) -> Vec<String> {
    let rules = planned.iter();
    let rules = rules.filter(|(address, rule)| {
        address.starts_with("security-group-rule/") && rule["direction"] == "ingress"
    });
    let mut open = BTreeSet::new();
    for (address, rule) in rules {
        if rule["peer"] == "0.0.0.0/0" || rule["peer"] == "::/0" {
            let ports = &rule["ports"]["value"];
            assert_eq!(ports["from"], ports["to"], "{address}");
            open.insert(ports["from"].as_u64().unwrap());
            assert!(address.contains("load-balancer"), "{address}");
        }
    }
    assert_eq!(open, BTreeSet::from([443, 80]));
    ["EC2.13", "EC2.14", "EC2.18", "EC2.19"]
        .map(str::to_owned)
        .into()
}

/// No role has every action, nor may one use every key; buckets let no other account in.
fn permissions(planned: &Planned) -> Vec<String> {
    let statements = |start: &'static str, field: &'static str| {
        planned.iter().flat_map(move |(address, said)| {
            let of = said.iter().filter(move |(path, _)| {
                address.starts_with(start) && path.contains("polic") && path.ends_with(field)
            });
            of.map(move |(path, value)| (address, said, path, value))
        })
    };
    for (address, said, path, actions) in statements("role/", ".Action") {
        let actions: Vec<&str> = actions
            .as_array()
            .unwrap()
            .iter()
            .flat_map(Value::as_str)
            .collect();
        let on = &said[&path.replace(".Action", ".Resource")];
        assert!(!actions.contains(&"*"), "{address} {path}");
        let decrypts = actions.iter().any(|action| action.starts_with("kms:"));
        assert!(!decrypts || on != &json!(["*"]), "{address} {path}");
    }
    for (address, said, path, principal) in statements("bucket/", ".Principal") {
        let effect = &said[&path.replace(".Principal", ".Effect")];
        assert!(principal != "*" || effect == "Deny", "{address} {path}");
    }
    assert_eq!(statements("bucket/", ".Principal.AWS").count(), 0);
    ["IAM.1", "KMS.2", "S3.6"].map(str::to_owned).into()
}

/// What is secret comes from Secrets Manager, and every secret there is read by somebody.
fn secrets(planned: &Planned) -> Vec<String> {
    let tasks = planned.iter();
    let tasks = tasks.filter(|(address, _)| address.starts_with("task-definition/"));
    for (address, said) in tasks {
        for variable in [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "ECS_ENGINE_AUTH_DATA",
        ] {
            assert!(
                !said.contains_key(&format!("environment.{variable}")),
                "{address}"
            );
        }
    }
    let all = Value::from_iter(planned.values().flat_map(BTreeMap::values).cloned()).to_string();
    for address in planned
        .keys()
        .filter(|address| address.starts_with("secret/"))
    {
        assert!(
            all.contains(&format!("(known after {address})")),
            "nobody reads {address}"
        );
    }
    ["ECS.8", "SecretsManager.3"].map(str::to_owned).into()
}

/// What no plan says, because it is never otherwise: as AWS tells it.
fn as_aws_tells(desk: &Desk) -> Vec<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cloud = desk.sandbox.cloud("open-webui").await;
        for family in ["open-webui", "bedrock-gateway", "database-setup"] {
            let describe = cloud.ecs.describe_task_definition();
            let told = describe
                .task_definition(format!("open-webui-{family}"))
                .send()
                .await
                .unwrap();
            let told = told.task_definition.unwrap();
            assert_eq!(told.network_mode().unwrap().as_str(), "awsvpc");
            assert_eq!(told.pid_mode(), None);
            let container = &told.container_definitions()[0];
            assert_ne!(container.privileged(), Some(true));
            assert_eq!(container.readonly_root_filesystem(), Some(true));
        }
        let certificates = cloud.acm.list_certificates().send().await.unwrap();
        for one in certificates.certificate_summary_list() {
            let describe = cloud.acm.describe_certificate();
            let told = describe
                .certificate_arn(one.certificate_arn().unwrap())
                .send()
                .await
                .unwrap();
            let algorithm = told.certificate.unwrap().key_algorithm.unwrap();
            assert_eq!(algorithm.as_str(), "RSA-2048");
        }
        let kept = cloud.secrets.list_secrets().send().await.unwrap();
        assert!(
            kept.secret_list()
                .iter()
                .all(|one| one.rotation_enabled() != Some(true))
        );
        let balancers = cloud.elb.describe_load_balancers().send().await.unwrap();
        let balancer = &balancers.load_balancers()[0];
        assert!(balancer.availability_zones().len() > 1);
        let describe = cloud.elb.describe_load_balancer_attributes();
        let arn = balancer.load_balancer_arn().unwrap();
        let told = describe.load_balancer_arn(arn).send().await.unwrap();
        let mut attributes = told.attributes().iter();
        let desync =
            attributes.find(|one| one.key() == Some("routing.http.desync_mitigation_mode"));
        assert!(matches!(
            desync.unwrap().value(),
            Some("defensive" | "strictest")
        ));
        let addresses = cloud.ec2.describe_addresses().send().await.unwrap();
        assert!(
            addresses
                .addresses()
                .iter()
                .all(|one| one.association_id().is_some())
        );
        let instances = cloud.rds.describe_db_instances().send().await.unwrap();
        let instance = &instances.db_instances()[0];
        assert_eq!(instance.monitoring_interval(), Some(60));
        assert!(
            instance
                .monitoring_role_arn()
                .unwrap()
                .contains("database-monitoring")
        );
        let snapshots = cloud.rds.describe_db_snapshots().send().await.unwrap();
        assert!(
            snapshots
                .db_snapshots()
                .iter()
                .all(|one| one.encrypted() == Some(true))
        );
    });
    let proved = [
        "ACM.2",
        "EC2.12",
        "ECS.1",
        "ECS.3",
        "ECS.4",
        "ECS.17",
        "ELB.12",
        "ELB.13",
        "RDS.4",
        "SecretsManager.2",
    ];
    proved.map(str::to_owned).into()
}

/// The controls that `docs/security-controls.md` says are passed by default, and those that are not.
fn table() -> (BTreeSet<String>, BTreeSet<String>) {
    let text = std::fs::read_to_string(repository("docs/security-controls.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        Some((cells.next()?.to_owned(), cells.nth(1)?.to_owned()))
    });
    let rows = rows.filter(|(id, _)| id.contains('.'));
    let (passes, others): (Vec<_>, Vec<_>) = rows.partition(|(_, says)| says == "passes");
    let ids = |rows: Vec<(String, String)>| rows.into_iter().map(|(id, _)| id).collect();
    (ids(passes), ids(others))
}
