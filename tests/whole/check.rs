//! `check`: what would make `up` fail half-way is found before it begins.

use std::io::{Read, Write};
use std::net::TcpStream;

use ajuda::aws::signed::{CLOUDTRAIL, CONFIG, KMS};
use serde_json::{Value, json};

use crate::binary::{Desk, Ended, run};

/// A service that has a load balancer, and a database.
const SHOP: &str = r#"[stack]
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
    let changes = |one: &&Value| {
        let about = one["about"].as_str().unwrap_or_default();
        one["reading"] != true && !about.contains("/lease-")
    };
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
        "ok       models         us.anthropic.claude-sonnet-4-6: Bedrock offers it",
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
fn a_quota_that_is_used_up_is_told_with_the_command_that_asks_for_more() {
    let desk = Desk::with(SHOP);
    let account = |settings: Value| desk.sandbox.control("POST", "account", Some(settings));
    for (setting, code, head, words) in [
        (
            "addresses",
            "L-0263D0A3",
            "fail Elastic IPs",
            "the plan needs 1 more",
        ),
        ("vpcs", "L-F678F1CE", "fail VPCs", "and 1 of 0 are in use"),
        (
            "nat_gateways",
            "L-FE5A380F",
            "fail NAT gateways of a zone",
            "0 of 0",
        ),
        (
            "fargate_vcpus",
            "L-3032A538",
            "fail Fargate vCPUs",
            "and 0 of 0 are in use",
        ),
    ] {
        account(json!({ setting: 0 }));
        refused(&desk, "quotas", head, words);
        let (_, found) = check(&desk);
        let said = format!("{:?}", of(&found, "quotas"));
        let asks = "request-service-quota-increase --service-code";
        assert!(said.contains(asks) && said.contains(code), "{said}");
        account(json!({ setting: null }));
    }
    assert_eq!(check(&desk).0, 0);
    // Whoever knows better begins all the same, and is told half-way.
    account(json!({ "addresses": 0 }));
    let up = desk.deploy(&["up", "--yes", "--no-check"]);
    assert_eq!(up.code, 4, "{}", up.err);
    assert!(up.err.contains("AddressLimitExceeded"), "{}", up.err);
}

#[test]
fn a_quota_on_its_way_is_waited_for() {
    let desk = Desk::with(SHOP);
    let asked = json!({ "addresses": 0, "quota_requests": { "L-0263D0A3": 5 } });
    desk.sandbox.control("POST", "account", Some(asked));
    let (_, found) = check(&desk);
    let said = of(&found, "quotas");
    let waits = "an increase to 5 is asked for, and not granted yet";
    assert!(said[0].1.contains(waits), "{said:?}");
    std::thread::scope(|scope| {
        let watched = scope.spawn(|| desk.deploy(&["check", "--watch"]));
        std::thread::sleep(std::time::Duration::from_secs(2));
        assert!(!watched.is_finished(), "it waits");
        // The request stays in the history: a look between the two reads must not find neither.
        let granted = json!({ "addresses": 5 });
        desk.sandbox.control("POST", "account", Some(granted));
        let ended = watched.join().unwrap();
        assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
        let lines = [
            "fail     quotas         Elastic IPs",
            "ok       quotas         Elastic IPs",
        ];
        for line in lines {
            assert_eq!(ended.out.matches(line).count(), 1, "{}", ended.out);
        }
    });
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
fn a_region_that_is_off_is_told() {
    let desk = Desk::with(SHOP);
    let off = json!({ "regions_off": ["us-east-1"] });
    desk.sandbox.control("POST", "account", Some(off));
    refused(
        &desk,
        "account",
        "fail us-east-1",
        "this region is not enabled in the account",
    );
}

#[test]
fn credentials_that_end_before_the_work_are_told() {
    let desk = Desk::with(SHOP);
    let with = |ends: &str| -> Ended {
        let mut command = desk.command();
        command
            .args(["deploy", "check", "--output", "json"])
            .env("AWS_ENDPOINT_URL", &desk.sandbox.url)
            .env("AWS_ACCESS_KEY_ID", "ASIAENVIRONMENT")
            .env("AWS_SECRET_ACCESS_KEY", "x")
            .env("AWS_SESSION_TOKEN", "x")
            .env("AWS_CREDENTIAL_EXPIRATION", ends)
            .env("AWS_EC2_METADATA_DISABLED", "true");
        run(&mut command)
    };
    for (ends, code, level) in [
        ("2001-01-01T00:00:00Z", 3, "fail"),
        ("2999-01-01T00:00:00+02:00", 0, "ok"),
        ("", 0, "skipped"),
    ] {
        let ended = with(ends);
        assert_eq!(ended.code, code, "{}{}", ended.out, ended.err);
        let said: Value = serde_json::from_str(&ended.out).unwrap();
        let own = of(said["findings"].as_array().unwrap(), "credentials");
        assert_eq!(own[0].0, format!("{level} credentials"), "{own:?}");
    }
}

/// A call of GuardDuty's that nothing of ajuda makes.
fn turn_guardduty_on(url: &str) {
    let host = url.trim_start_matches("http://");
    let body = "{\"enable\": true}";
    let mut to = TcpStream::connect(host).unwrap();
    let scope = "Credential=test/20260101/us-east-1/guardduty/aws4_request";
    let head = format!(
        "POST /detector HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAuthorization: AWS4-HMAC-SHA256 \
         {scope}, SignedHeaders=host, Signature=0\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    to.write_all(head.as_bytes()).unwrap();
    let mut said = String::new();
    to.read_to_string(&mut said).unwrap();
    assert!(said.contains(" 200 "), "{said}");
}

#[test]
fn what_watches_over_the_account_and_the_roles_of_services_are_told() {
    let desk = Desk::with(SHOP);
    let (code, found) = check(&desk);
    assert_eq!(code, 0, "a warning stops nothing");
    let heads = |found: &[Value], check| -> Vec<String> {
        of(found, check).into_iter().map(|(head, _)| head).collect()
    };
    assert_eq!(
        heads(&found, "guards"),
        ["warn AWS Config", "warn CloudTrail", "warn GuardDuty"]
    );
    let roles = heads(&found, "service-roles");
    assert!(
        roles.contains(&"warn AWSServiceRoleForECS".to_owned()),
        "{roles:?}"
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cloud = desk.sandbox.cloud("someone-else").await;
        cloud
            .s3
            .create_bucket()
            .bucket("trails-of-shop")
            .send()
            .await
            .unwrap();
        for service in ["ecs", "rds", "elasticloadbalancing"] {
            let made = cloud.iam.create_service_linked_role();
            let made = made.aws_service_name(format!("{service}.amazonaws.com"));
            made.send().await.unwrap();
        }
        let role = "arn:aws:iam::123456789012:role/config";
        let recorder = json!({ "name": "default", "roleARN": role,
            "recordingGroup": { "allSupported": true, "includeGlobalResourceTypes": true } });
        let channel = json!({ "name": "default", "s3BucketName": "trails-of-shop" });
        for (service, operation, body) in [
            (
                &CONFIG,
                "PutConfigurationRecorder",
                json!({ "ConfigurationRecorder": recorder }),
            ),
            (
                &CONFIG,
                "PutDeliveryChannel",
                json!({ "DeliveryChannel": channel }),
            ),
            (
                &CONFIG,
                "StartConfigurationRecorder",
                json!({ "ConfigurationRecorderName": "default" }),
            ),
            (
                &CLOUDTRAIL,
                "CreateTrail",
                json!({ "Name": "all", "S3BucketName": "trails-of-shop" }),
            ),
            (&CLOUDTRAIL, "StartLogging", json!({ "Name": "all" })),
        ] {
            cloud.signed.read(service, operation, &body).await.unwrap();
        }
    });
    turn_guardduty_on(&desk.sandbox.url);
    let (_, found) = check(&desk);
    assert_eq!(
        heads(&found, "guards"),
        ["ok AWS Config", "ok CloudTrail", "ok GuardDuty"]
    );
    let roles = heads(&found, "service-roles");
    assert!(
        roles.iter().all(|role| role.starts_with("ok ")),
        "{roles:?}"
    );
}

#[test]
fn what_the_free_plan_refuses_is_told_at_its_lines() {
    let desk = Desk::with(&SHOP.replace("db.t4g.micro", "db.r7g.large"));
    let plan = |free: bool| {
        let settings = json!({ "free_plan": free });
        desk.sandbox.control("POST", "account", Some(settings));
    };
    let (_, found) = check(&desk);
    assert_eq!(of(&found, "free-plan")[0].0, "ok AWS's plan");
    plan(true);
    let words = "the account is on AWS's free plan, which refuses db.r7g.large; upgrade the plan";
    let head = "fail database.instance_class";
    let (_, found) = check(&desk);
    let own = of(&found, "free-plan");
    let said: Vec<&str> = own.iter().map(|(head, _)| head.as_str()).collect();
    assert_eq!(said, [head, "fail database.backup_days"]);
    assert!(own[0].1.starts_with(words), "{own:?}");
    let words = "the account is on AWS's free plan, which refuses db.r7g.large";
    refused(&desk, "free-plan", head, words);
    let fits = "instance_class = \"db.t4g.micro\"\nbackup_days = 1";
    desk.write(&SHOP.replace("instance_class = \"db.t4g.micro\"", fits));
    let (code, found) = check(&desk);
    assert_eq!(code, 0, "{:?}", of(&found, "free-plan"));
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

/// What IAM simulates for the caller is what the plan takes; one simulation tells it all, and who may not simulate is told.
#[test]
fn what_the_caller_may_not_change_is_found_before_it_begins() {
    let desk = Desk::with(SHOP);
    let of_plan = |desk: &Desk| of(&check(desk).1, "permissions");
    let passes = of_plan(&desk);
    assert_eq!(passes[1].0, "ok changing", "{passes:?}");
    let user = "arn:aws:iam::123456789012:user/sandbox may do the ";
    assert!(passes[1].1.starts_with(user), "{passes:?}");
    let requests = desk.sandbox.control("GET", "requests", None);
    let all = requests.as_array().unwrap().iter();
    let simulated = all.filter(|one| one["operation"] == "SimulatePrincipalPolicy");
    let count = simulated.count();
    assert!((1..=8).contains(&count), "{count}");

    // Just the policies that are printed are enough, and one action less is not.
    let said = desk.deploy(&["permissions", "up", "--output", "json"]);
    let said: Value = serde_json::from_str(&said.out).unwrap();
    let policies = said["permissions"][0]["policies"].as_array().unwrap();
    let documents: Vec<Value> = policies.iter().map(|one| one["document"].clone()).collect();
    let role = "arn:aws:sts::123456789012:assumed-role/deploy/ann";
    let enforced = |documents: &Value| json!({ "documents": documents, "caller": role });
    desk.sandbox
        .control("POST", "policies", Some(enforced(&json!(documents))));
    let passes = of_plan(&desk);
    assert_eq!(passes[1].0, "ok changing", "{passes:?}");
    // A session has no path; without `GetRole` telling it, the role is taken to have none.
    let deploy = "arn:aws:iam::123456789012:role/deploy may do the ";
    assert!(passes[1].1.starts_with(deploy), "{passes:?}");
    for action in [
        "iam:PassRole",
        "ecs:CreateService",
        "ec2:CreateSubnet",
        "rds:CreateDBInstance",
    ] {
        let less = serde_json::to_string(&documents).unwrap();
        let less = less.replace(&format!("\"{action}\""), "\"sts:GetSessionToken\"");
        let less: Value = serde_json::from_str(&less).unwrap();
        desk.sandbox
            .control("POST", "policies", Some(enforced(&less)));
        let says = format!("may not {action}, as IAM simulates it");
        refused(&desk, "permissions", "fail changing", &says);
    }
    let less = serde_json::to_string(&documents).unwrap();
    let less = less.replace("\"iam:SimulatePrincipalPolicy\"", "\"sts:GetSessionToken\"");
    let less: Value = serde_json::from_str(&less).unwrap();
    desk.sandbox
        .control("POST", "policies", Some(enforced(&less)));
    let skipped = of_plan(&desk);
    assert_eq!(skipped[1].0, "skipped changing", "{skipped:?}");
    for words in [
        "iam:SimulatePrincipalPolicy answered AccessDenied",
        "`ajuda deploy permissions --sandbox up` prints the policies that `up` needs",
    ] {
        assert!(skipped[1].1.contains(words), "`{words}` in {skipped:?}");
    }
    desk.sandbox.control("POST", "policies", Some(json!({})));
    // Nothing is asked where nothing changes.
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    assert_eq!(of_plan(&desk).len(), 1, "only what is read");
}
