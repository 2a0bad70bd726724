//! `check` on the account and whoever asks: quotas, region, credentials, clock, plan, what watches over it, permissions.

use std::io::{Read, Write};
use std::net::TcpStream;

use ajuda::aws::signed::{CLOUDTRAIL, CONFIG};
use serde_json::{Value, json};

use crate::binary::{Desk, Ended, begin, run};
use crate::check::{SHOP, check, of, refused};
use crate::support::held::Heard;

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
    let lines = [
        "fail     quotas         Elastic IPs",
        "ok       quotas         Elastic IPs",
    ];
    let mut watched = Heard::of(begin(&desk, &["check", "--watch"]));
    watched.until_said(lines[0]);
    // The request stays in the history: a look between the two reads must not find neither.
    let granted = json!({ "addresses": 5 });
    desk.sandbox.control("POST", "account", Some(granted));
    let ended = Ended::from(watched.end());
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    for line in lines {
        assert_eq!(ended.out.matches(line).count(), 1, "{}", ended.out);
    }
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
        "`ajuda deploy permissions --sandbox up` prints the policies that are needed",
    ] {
        assert!(skipped[1].1.contains(words), "`{words}` in {skipped:?}");
    }
    desk.sandbox.control("POST", "policies", Some(json!({})));
    // Nothing is asked where nothing changes.
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    assert_eq!(of_plan(&desk).len(), 1, "only what is read");
}

/// AWS refuses what was signed at another time than its own.
#[test]
fn a_clock_that_is_wrong_is_told() {
    let desk = Desk::with(SHOP);
    let of_clock = |ahead: i64| {
        let ahead = json!({ "ahead_s": ahead });
        desk.sandbox.control("POST", "clock", Some(ahead));
        let (code, found) = check(&desk);
        assert_eq!(code, 0, "it is told, and nothing fails: {found:#?}");
        of(&found, "clock")[0].clone()
    };
    assert_eq!(of_clock(0).0, "ok clock");
    for (ahead, side) in [
        (200, "seconds behind AWS's"),
        (-200, "seconds ahead of AWS's"),
    ] {
        let (head, said) = of_clock(ahead);
        assert_eq!(head, "warn clock");
        assert!(said.contains(side) && said.contains("set-ntp"), "{said}");
    }
}
