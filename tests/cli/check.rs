//! `check`: what would make `up` fail half-way is found before it begins.

use ajuda::aws::signed::KMS;
use serde_json::{Value, json};

use crate::binary::Desk;
use crate::support::lease::is_of_lease;

/// A service that has a load balancer, and a database.
pub const SHOP: &str = r#"[stack]
name = "shop"
region = "us-east-1"
disposable = true
[network]
zones = 2
[database]
instance_class = "db.t4g.micro"
[load_balancer]
plain_http = true
[service.web]
image = "web:v1"
port = 8080
public = true
"#;

/// The findings of a check, and how it ended.
pub fn check(desk: &Desk) -> (i32, Vec<Value>) {
    let ended = desk.deploy(&["check", "--output", "json"]);
    let said: Value = serde_json::from_str(&ended.out)
        .unwrap_or_else(|error| panic!("{error}: {}{}", ended.out, ended.err));
    let found = said["findings"].as_array().unwrap().clone();
    (ended.code, found)
}

/// Those of one check, as `level subject`, with the reason and what to do about it.
pub fn of(found: &[Value], check: &str) -> Vec<(String, String)> {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    let own = found.iter().filter(|one| one["check"] == check);
    own.map(|one| {
        let head = format!("{} {}", text(one, "level"), text(one, "subject"));
        (
            head,
            format!("{}; {}", text(one, "reason"), text(one, "fix")),
        )
    })
    .collect()
}

/// What was sent that changes something, apart from the lease.
fn changes(desk: &Desk) -> Vec<Value> {
    let requests = desk.sandbox.control("GET", "requests", None);
    let changes = |one: &&Value| one["reading"] != true && !is_of_lease(one);
    let requests = requests.as_array().unwrap().iter();
    requests.filter(changes).cloned().collect()
}

/// That `check` ends with 3 and says this of one thing, that `up` ends with 3 as well before it changes anything, and
/// says the same.
pub fn refused(desk: &Desk, check_name: &str, head: &str, words: &str) {
    let (code, found) = check(desk);
    let own = of(&found, check_name);
    assert_eq!(code, 3, "{own:?}");
    let said = own.iter().find(|(said, _)| said == head);
    let said = said.unwrap_or_else(|| panic!("`{head}` in {own:?}"));
    assert!(said.1.contains(words), "`{words}` in {said:?}");
    desk.sandbox.control("DELETE", "requests", None);
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 3, "{}", up.err);
    assert!(up.err.contains(words), "`{words}` in {}", up.err);
    assert!(up.err.contains("nothing was changed"), "{}", up.err);
    assert_eq!(changes(desk), [] as [Value; 0], "{}", up.err);
}

#[test]
fn a_stack_that_would_come_up_passes_and_little_is_read() {
    let desk = Desk::copy("examples/sandbox.toml");
    desk.deploy(&["plan"]);
    desk.sandbox.control("DELETE", "requests", None);
    let plan = desk.deploy(&["plan"]);
    assert_eq!(plan.code, 0, "{}", plan.err);
    let count = |desk: &Desk| {
        let requests = desk.sandbox.control("GET", "requests", None);
        desk.sandbox.control("DELETE", "requests", None);
        let requests = requests.as_array().unwrap().clone();
        for request in &requests {
            assert_eq!(request["reading"], true, "{request}");
        }
        requests.len()
    };
    let of_plan = count(&desk);
    let ended = desk.deploy(&["check"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    let of_check = count(&desk);
    assert!(of_check <= of_plan + 40, "{of_plan}, {of_check}");
    for line in [
        "ok       account        us-east-1: is enabled",
        "ok       clock          clock: agrees with AWS's",
        "ok       credentials    credentials: do not expire",
        "ok       permissions    reading: everything",
        "ok       names          names: no name",
        "ok       quotas         Elastic IPs: 1 more with 0 of 1000 in use",
        "ok       quotas         Fargate vCPUs: 1.5 more with 0 of 1000 in use",
        "ok       database       deploy.toml database.instance_class: RDS offers",
        "ok       models         deploy.toml:16 us.anthropic.claude-sonnet-4-6: Bedrock offers it",
        "warn     guards         GuardDuty: is off in us-east-1",
        " 0 failed, ",
    ] {
        assert!(ended.out.contains(line), "`{line}` in {}", ended.out);
    }
    // The same findings are in a plan that is asked for them.
    let (_, found) = check(&desk);
    let plan = desk.deploy(&["plan", "--check", "--output", "json"]);
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    assert_eq!(plan["checks"], json!(found));
    // What is up needs nothing of what is made.
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    assert!(up.err.contains("checked: "), "{}", up.err);
    let (code, found) = check(&desk);
    assert_eq!(code, 0, "{found:#?}");
    for nothing in ["quotas", "database", "service-roles"] {
        assert_eq!(of(&found, nothing), []);
    }
    let again = desk.deploy(&["up", "--yes"]);
    assert!(!again.err.contains("checked: "), "{}", again.err);
}

#[test]
fn a_database_that_rds_does_not_offer_there_is_refused_at_its_line() {
    let desk = Desk::with(SHOP);
    let with = |wanted: &str| SHOP.replace("instance_class = \"db.t4g.micro\"\n", wanted);
    for (wanted, words) in [
        (
            "instance_class = \"db.t4g.micro\"\nversion = \"16.99\"\n",
            "RDS does not offer db.t4g.micro with PostgreSQL 16.99 in us-east-1",
        ),
        (
            "instance_class = \"db.t4g.32xlarge\"\n",
            "RDS does not offer db.t4g.32xlarge with PostgreSQL 16 in us-east-1",
        ),
    ] {
        desk.write(&with(wanted));
        refused(&desk, "database", "fail database.instance_class", words);
    }
    let (_, found) = check(&desk);
    let own = found.iter().find(|one| one["check"] == "database").unwrap();
    assert_eq!(own["line"], 8, "{own}");
    // us-east-1e has no class of the newer generations.
    let zones = "[network]\nzones = [\"us-east-1a\", \"us-east-1e\"]\n";
    let text = with("instance_class = \"db.r7g.large\"\n").replace("[network]\nzones = 2\n", zones);
    desk.write(&text);
    let words = "RDS offers db.r7g.large in 1 of the 2 zones of the subnets (us-east-1a, us-east-1e), and 2 are needed";
    refused(&desk, "database", "fail database.instance_class", words);
    desk.write(&text.replace("db.r7g.large\"", "db.r7g.large\"\nmulti_az = false"));
    let (code, found) = check(&desk);
    assert_eq!(code, 0, "{:?}", of(&found, "database"));
}

#[test]
fn keys_that_encrypt_nothing_are_refused() {
    let key = "arn:aws:kms:us-east-1:123456789012:key/0c1d2e3f-0000-4000-8000-000000000001";
    let desk = Desk::with(&format!("{SHOP}[logs]\nkms_key = \"{key}\"\n"));
    let (_, found) = check(&desk);
    assert_eq!(of(&found, "keys")[0].0, "ok logs.kms_key");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cloud = runtime.block_on(desk.sandbox.cloud("someone-else"));
    let tell = |operation: &'static str, body: Value| {
        let told = cloud.signed.read(&KMS, operation, &body);
        runtime.block_on(told).unwrap();
    };
    let id = "0c1d2e3f-0000-4000-8000-000000000001";
    tell("DisableKey", json!({ "KeyId": id }));
    refused(&desk, "keys", "fail logs.kms_key", "is disabled");
    tell("ScheduleKeyDeletion", json!({ "KeyId": id }));
    let (_, found) = check(&desk);
    let said = of(&found, "keys");
    assert!(said[0].1.contains("kms cancel-key-deletion"), "{said:?}");
    let elsewhere = key.replace("us-east-1", "eu-west-1");
    let wrong = format!("{SHOP}[logs]\nkms_key = \"{elsewhere}\"\n");
    desk.write(&wrong);
    // Where the file itself tells, nothing is asked.
    assert_ne!(desk.deploy(&["check"]).code, 0);
}

#[test]
fn a_secret_that_is_not_there_is_refused() {
    let secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/stripe-a1B2c3";
    let with = |arn: &str| format!("{SHOP}[service.web.secrets]\nKEY = {{ arn = \"{arn}\" }}\n");
    let desk = Desk::with(&with(secret));
    refused(
        &desk,
        "secrets",
        &format!("fail {secret}"),
        "does not exist",
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let arn = runtime.block_on(async {
        let cloud = desk.sandbox.cloud("someone-else").await;
        let made = cloud.secrets.create_secret().name("shop/stripe");
        let made = made.secret_string("sk-live").send().await.unwrap();
        made.arn.unwrap()
    });
    desk.write(&with(&arn));
    let (code, found) = check(&desk);
    assert_eq!(code, 0, "{found:#?}");
    assert_eq!(of(&found, "secrets")[0].0, format!("ok {arn}"));
}

#[test]
fn an_image_for_another_processor_is_refused_and_known_holes_are_told() {
    let desk = Desk::with(SHOP);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    let image = json!({ "image": "web:v2", "architectures": ["arm64"] });
    desk.sandbox.control("POST", "images", Some(image));
    desk.write(&SHOP.replace("web:v1", "web:v2"));
    let words = "v2 is built for arm64, and the tasks are amd64";
    refused(&desk, "image-fit", "fail service.web.image", words);
    let image = json!({ "image": "web:v3", "architectures": ["amd64", "arm64"] });
    desk.sandbox.control("POST", "images", Some(image));
    desk.write(&SHOP.replace("web:v1", "web:v3"));
    let (code, found) = check(&desk);
    assert_eq!(code, 0, "{found:#?}");
    assert_eq!(of(&found, "image-fit")[0].0, "ok service.web.image");
}

#[test]
fn what_may_not_be_read_is_skipped_with_the_permission_and_stops_nothing() {
    let desk = Desk::with(SHOP);
    let deny = |service: &str, operation: &str| json!({ "service": service, "operation": operation, "action": "deny", "times": 1000 });
    let rules = json!({ "rules": [
        deny("servicequotas", "GetServiceQuota"),
        deny("rds", "DescribeOrderableDBInstanceOptions"),
        deny("guardduty", "ListDetectors"),
    ]});
    desk.sandbox.control("POST", "faults", Some(rules));
    let (code, found) = check(&desk);
    assert_eq!(code, 0, "{found:#?}");
    for (check, head, action) in [
        (
            "quotas",
            "skipped Elastic IPs",
            "servicequotas:GetServiceQuota",
        ),
        (
            "database",
            "skipped database",
            "rds:DescribeOrderableDBInstanceOptions",
        ),
        ("guards", "skipped GuardDuty", "guardduty:ListDetectors"),
    ] {
        let own = of(&found, check);
        let said = own.iter().find(|(said, _)| said == head);
        let said = said.unwrap_or_else(|| panic!("`{head}` in {own:?}"));
        assert!(said.1.contains(&format!("allow {action}")), "{said:?}");
    }
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
}

#[test]
fn what_the_plan_cannot_read_or_finds_taken_fails() {
    let desk = Desk::with(SHOP);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cloud = desk.sandbox.cloud("someone-else").await;
        let made = cloud.ecs.create_cluster().cluster_name("shop-cluster");
        made.send().await.unwrap();
    });
    let (code, found) = check(&desk);
    let said = of(&found, "names");
    assert_eq!(
        (code, said[0].0.as_str()),
        (3, "fail cluster/main"),
        "{said:?}"
    );
    assert!(
        said[0]
            .1
            .contains("ajuda deploy adopt --sandbox cluster/main"),
        "{said:?}"
    );
    let rule = json!({ "service": "rds", "operation": "DescribeDBInstances", "action": "deny", "times": 1000 });
    desk.sandbox
        .control("POST", "faults", Some(json!({ "rules": [rule] })));
    let (code, found) = check(&desk);
    let said = of(&found, "permissions");
    assert_eq!(code, 3, "{said:?}");
    assert!(
        said[0].1.contains("allow rds:DescribeDBInstances"),
        "{said:?}"
    );
}

#[test]
fn a_web_acl_that_protects_no_load_balancer_is_refused() {
    let with = |scope: &str, name: &str, id: &str| {
        let arn = format!("arn:aws:wafv2:us-east-1:123456789012:{scope}/webacl/{name}/{id}");
        SHOP.replace(
            "plain_http = true",
            &format!("plain_http = true\nwaf = \"{arn}\""),
        )
    };
    let id = "0c1d2e3f-0000-4000-8000-000000000001";
    let desk = Desk::with(&with("regional", "guard", id));
    let words = "the web ACL guard is not in this account and region";
    refused(&desk, "web-acl", "fail load_balancer.waf", words);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let made = runtime.block_on(async {
        use aws_sdk_wafv2::types::{AllowAction, DefaultAction, Scope, VisibilityConfig};
        let cloud = desk.sandbox.cloud("someone-else").await;
        let seen = VisibilityConfig::builder()
            .sampled_requests_enabled(true)
            .cloud_watch_metrics_enabled(true)
            .metric_name("guard")
            .build();
        let allow = AllowAction::builder().build();
        let made = cloud
            .waf
            .create_web_acl()
            .name("guard")
            .scope(Scope::Regional);
        let made = made.default_action(DefaultAction::builder().allow(allow).build());
        let made = made.visibility_config(seen.unwrap()).send().await.unwrap();
        made.summary.unwrap().id.unwrap()
    });
    desk.write(&with("regional", "guard", &made));
    let (code, found) = check(&desk);
    assert_eq!(code, 0, "{:?}", of(&found, "web-acl"));
    assert_eq!(of(&found, "web-acl")[0].0, "ok load_balancer.waf");
}

#[test]
fn a_zone_that_only_the_sandbox_has_is_asked_of_no_public_dns() {
    let desk = Desk::copy("examples/sandbox.toml");
    let (code, found) = check(&desk);
    assert_eq!(code, 0, "{found:#?}");
    assert_eq!(of(&found, "hosted-zone")[0].0, "skipped domain.zone");
}

#[test]
fn what_is_wrong_in_the_file_is_told_with_its_line() {
    let desk = Desk::with(
        "[stack]\nname = \"shop\"\nregion = \"us-east-1\"\ndisposable = true\n[network]\n\
         vpc = \"vpc-0a1b2c3d4e5f60718\"\npublic_subnets = [\"subnet-0a1b2c3d4e5f60718\", \"subnet-0a1b2c3d4e5f60719\"]\n\
         private_subnets = [\"subnet-0a1b2c3d4e5f60720\", \"subnet-0a1b2c3d4e5f60721\"]\n\
         [service.web]\nimage = \"ghcr.io/example/web:v1\"\n",
    );
    let (code, found) = check(&desk);
    let own = found.iter().find(|one| one["check"] == "network").unwrap();
    assert_eq!((code, &own["line"]), (3, &json!(6)), "{own}");
    let shown = desk.deploy(&["check"]);
    let line = "fail     network        deploy.toml:6 network.vpc: `vpc-0a1b2c3d4e5f60718` is not in this account";
    assert!(shown.out.contains(line), "{}", shown.out);
    let (_, found) = check(&Desk::with(SHOP));
    assert!(
        of(&found, "file")
            .iter()
            .all(|(head, _)| head == "warn the file")
    );
}
