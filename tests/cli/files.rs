//! Every file that is shipped comes up, and then there is nothing left to do.

use serde_json::json;

use crate::binary::{Desk, repository};
use crate::existing_network;

fn up_and_empty(file: &str) {
    let desk = Desk::copy(file);
    settle(&desk);
    // From here on AWS is as late as it is: what a run ends with is what the next one sees.
    desk.sandbox.lag(json!({ "mode": "aws" }));
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{file}: {}", up.err);
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{file}: {}{}", plan.out, plan.err);
}

/// What a file says is there already, is there.
pub fn settle(desk: &Desk) {
    let text = desk.text();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (ids, secret) = runtime.block_on(async {
        let cloud = desk.sandbox.cloud("someone-else").await;
        let secret = cloud
            .secrets
            .create_secret()
            .name("mail")
            .secret_string("{\"password\":\"x\"}");
        let secret = secret.send().await.unwrap().arn.unwrap();
        (existing_network::make(&cloud).await, secret)
    });
    let names = json!({ "certificates": ["chat.example.org"] });
    let made = desk.sandbox.control("POST", "seed", Some(names));
    let certificate = made["certificates"]["chat.example.org"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut settled = String::new();
    for line in text.lines() {
        let line = &line.replace(
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:mail-AbCdEf",
            &secret,
        );
        let line = match line.split_once(" = ").map(|(key, _)| key.trim()) {
            Some("vpc") => format!("vpc = {:?}", ids.vpc),
            Some("public_subnets") => format!("public_subnets = {:?}", ids.public),
            Some("certificate") => format!("certificate = {certificate:?}"),
            Some("private_subnets") => format!("private_subnets = {:?}", ids.private),
            _ => line.to_owned(),
        };
        settled.push_str(&line);
        settled.push('\n');
    }
    desk.write(&settled);
}

macro_rules! every_file {
    ($($name:ident => $file:literal,)*) => {
        $(#[test] fn $name() { up_and_empty($file); })*

        #[test]
        fn no_file_is_left_out() {
            let tested = [$($file,)*];
            for folder in ["stacks", "examples"] {
                for entry in std::fs::read_dir(repository(folder)).unwrap() {
                    let name = entry.unwrap().file_name().into_string().unwrap();
                    if name.ends_with(".toml") {
                        let path = format!("{folder}/{name}");
                        assert!(tested.contains(&path.as_str()), "{path} is not brought up");
                    }
                }
            }
        }
    };
}

every_file! {
    the_production_stack => "stacks/production.toml",
    the_small_stack => "stacks/small.toml",
    the_staging_stack => "stacks/staging.toml",
    alarms_by_email => "examples/alarms-email.toml",
    any_web_app => "examples/any-web-app.toml",
    arm64 => "examples/arm64.toml",
    autoscaling_with_redis => "examples/autoscaling-redis.toml",
    a_domain => "examples/domain.toml",
    an_existing_vpc => "examples/existing-vpc.toml",
    an_external_provider => "examples/external-provider.toml",
    litellm => "examples/litellm.toml",
    n8n => "examples/n8n.toml",
    google_sign_in => "examples/google-sign-in.toml",
    a_private_worker => "examples/private-worker.toml",
    the_sandbox_example => "examples/sandbox.toml",
}

#[test]
fn the_example_file_with_every_key() {
    up_and_empty("deploy.example.toml");
}
