//! What a stack is given from outside: values of variables, secrets and images that the operator keeps elsewhere.

use serde_json::{Value, json};

use crate::binary::{Desk, Ended, run};

const SHOP: &str = r#"
[stack]
name = "shop"
region = "us-east-1"
disposable = true

[service.web]
image = "ghcr.io/example/web:v1"
secrets = { STRIPE_KEY = { env = "STRIPE_KEY" } }
"#;

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";

/// `ajuda deploy <words>` with this value of the variable, or none.
fn given(desk: &Desk, value: Option<&str>, words: &[&str]) -> Ended {
    let mut command = desk.command();
    command.arg("deploy").args(words).arg("--sandbox");
    if let Some(value) = value {
        command.env("STRIPE_KEY", value);
    }
    let ended = run(&mut command);
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        assert!(
            !(ended.out.clone() + &ended.err).contains(value),
            "{ended:?}"
        );
    }
    ended
}

fn good(ended: &Ended) {
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
}

fn stored(desk: &Desk) -> (String, String) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cloud = desk.sandbox.cloud("shop").await;
        let get = cloud
            .secrets
            .get_secret_value()
            .secret_id("shop/web/STRIPE_KEY");
        let answer = get.send().await.unwrap();
        (answer.secret_string.unwrap(), answer.version_id.unwrap())
    })
}

/// The addresses that a plan would change.
fn planned(desk: &Desk, value: Option<&str>) -> Vec<String> {
    let plan = given(desk, value, &["plan", "--output", "json"]);
    good(&plan);
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    let actions = plan["actions"].as_array().unwrap().iter();
    let mut all: Vec<String> = actions
        .map(|one| one["address"].as_str().unwrap().to_owned())
        .collect();
    all.sort();
    all
}

#[test]
fn a_variable_that_is_empty_is_refused_as_one_that_is_not_set() {
    let desk = Desk::with(SHOP);
    for (value, says) in [(None, "not set"), (Some(""), "empty")] {
        let lacks =
            format!("secret/web/STRIPE_KEY: the environment variable `STRIPE_KEY` is {says}");
        let up = given(&desk, value, &["up", "--yes"]);
        assert_eq!(up.code, 3, "{}", up.err);
        assert!(up.err.contains(&lacks), "{}", up.err);
        // A plan is reviewed where the values are not.
        let plan = given(&desk, value, &["plan"]);
        good(&plan);
        assert!(
            plan.err.contains(&format!(
                "{lacks}; `ajuda deploy up --sandbox` refuses without it"
            )),
            "{}",
            plan.err
        );
    }
    let buckets = desk.sandbox.control("GET", "requests", None).to_string();
    assert!(!buckets.contains("CreateVpc") && !buckets.contains("CreateSecret"));
    // Once it has a value, nobody needs the variable.
    good(&given(&desk, Some("sk-live-first"), &["up", "--yes"]));
    for value in [None, Some(""), Some("sk-live-first")] {
        assert_eq!(planned(&desk, value), [""; 0], "{value:?}");
    }
}

#[test]
fn a_variable_with_another_value_is_planned_stored_and_restarts_what_uses_it() {
    let desk = Desk::with(SHOP);
    good(&given(&desk, Some("sk-live-first"), &["up", "--yes"]));
    let all = [
        "secret/web/STRIPE_KEY",
        "service/web",
        "task-definition/web",
    ];
    assert_eq!(planned(&desk, Some("sk-live-second")), all);
    let plan = given(&desk, Some("sk-live-second"), &["plan"]);
    let says = "its value comes from the environment variable STRIPE_KEY of this machine";
    assert!(plan.out.contains(says), "{}", plan.out);

    desk.sandbox.control("DELETE", "requests", None);
    good(&given(&desk, Some("sk-live-second"), &["up", "--yes"]));
    assert_eq!(stored(&desk).0, "sk-live-second");
    let requests = desk.sandbox.control("GET", "requests", None).to_string();
    assert!(requests.contains("UpdateService"), "the service restarts");
    assert_eq!(
        planned(&desk, Some("sk-live-second")),
        [""; 0],
        "one `up` is enough"
    );

    // What is set by hand stays for as long as the variable says what it said.
    let set = run(desk
        .command()
        .args([
            "deploy",
            "secrets",
            "set",
            "web/STRIPE_KEY",
            "--env",
            "NEW_KEY",
            "--sandbox",
        ])
        .env("NEW_KEY", "sk-live-third"));
    good(&set);
    good(&given(&desk, Some("sk-live-second"), &["up", "--yes"]));
    let (value, version) = stored(&desk);
    assert_eq!(value, "sk-live-third");
    // The same value by the variable is stored once.
    good(&given(&desk, Some("sk-live-third"), &["up", "--yes"]));
    assert_eq!(stored(&desk), (value, version));
    assert_eq!(planned(&desk, Some("sk-live-third")), [""; 0]);
}

/// The statements of a role's inline policy.
fn statements(desk: &Desk, role: &str) -> Vec<Value> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cloud = desk.sandbox.cloud("shop").await;
        let get = cloud
            .iam
            .get_role_policy()
            .role_name(role)
            .policy_name("execution");
        let text = get.send().await.unwrap().policy_document;
        let text = percent(&text);
        let policy: Value = serde_json::from_str(&text).unwrap();
        policy["Statement"].as_array().unwrap().clone()
    })
}

/// IAM answers policies URL-encoded.
fn percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let code =
            (bytes[at] == b'%').then(|| u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
        plain.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8(plain).unwrap()
}

#[test]
fn the_operators_secrets_and_images_get_the_permissions_that_they_need_and_no_more() {
    let desk = Desk::with("");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let make = |name: &'static str, key: Option<&'static str>| {
        runtime.block_on(async {
            let cloud = desk.sandbox.cloud("other").await;
            let create = cloud
                .secrets
                .create_secret()
                .name(name)
                .secret_string(r#"{"api_key":"x"}"#);
            let made = create
                .set_kms_key_id(key.map(str::to_owned))
                .send()
                .await
                .unwrap();
            made.arn.unwrap()
        })
    };
    let (by_key, by_alias) = (
        make("platform/stripe", Some(KEY)),
        make("platform/mail", Some("alias/platform")),
    );
    let plain = make("platform/plain", None);
    let secrets = format!(
        "STRIPE_KEY = {{ arn = \"{by_key}:api_key::\" }}, MAIL = {{ arn = \"{by_alias}\" }}, PLAIN = {{ arn = \"{plain}\" }}"
    );
    desk.write(&format!(
        "[stack]\nname = \"shop\"\nregion = \"us-east-1\"\ndisposable = true\n\
         [service.web]\nimage = \"123456789012.dkr.ecr.us-east-1.amazonaws.com/platform/web:v1\"\n\
         secrets = {{ {secrets} }}\n"
    ));
    // The sandbox pulls, and reads secrets, by what the role may (`services/ecs/surroundings.py`).
    runtime.block_on(async {
        let cloud = desk.sandbox.cloud("other").await;
        let create = cloud.ecr.create_repository();
        create.repository_name("platform/web").send().await.unwrap();
    });
    let image = json!({ "image": "platform/web:v1" });
    desk.sandbox.control("POST", "images", Some(image));
    let up = desk.deploy(&["up", "--yes"]);
    good(&up);
    let said = statements(&desk, "shop-web-execution-us-east-1");
    let of = |action: &str| -> Vec<Value> {
        let is = |one: &&Value| one["Action"].to_string().contains(action);
        said.iter().filter(is).cloned().collect()
    };
    let pull = of("ecr:BatchGetImage");
    assert_eq!(
        pull[0]["Resource"],
        "arn:aws:ecr:us-east-1:123456789012:repository/platform/web"
    );
    assert_eq!(of("ecr:GetAuthorizationToken").len(), 1);
    let through = "secretsmanager.us-east-1.amazonaws.com";
    let mut decrypt: Vec<(Value, Value)> = of("kms:Decrypt")
        .iter()
        .map(|one| (one["Resource"].clone(), one["Condition"].clone()))
        .collect();
    decrypt.sort_by_key(|(resource, _)| resource.to_string());
    assert_eq!(
        decrypt,
        [
            (
                json!("arn:aws:kms:us-east-1:123456789012:key/*"),
                json!({
                    "StringEquals": { "kms:ViaService": through },
                    "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/platform" },
                })
            ),
            (
                json!(KEY),
                json!({ "StringEquals": { "kms:ViaService": through } })
            ),
        ]
    );
    assert_eq!(
        of("secretsmanager:GetSecretValue")[0]["Resource"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let again = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(again.code, 0, "{}{}", again.out, again.err);

    // Who may not describe them still gives no more than each secret's own.
    let rule = |code: &str| json!({ "rules": [{ "service": "secretsmanager", "operation": "DescribeSecret", "code": code, "http": 400, "message": "no", "times": 1000 }] });
    desk.sandbox
        .control("POST", "faults", Some(rule("AccessDeniedException")));
    let denied = desk.deploy(&["plan"]);
    good(&denied);
    assert!(
        denied.out.contains("kms:EncryptionContext:SecretARN"),
        "{}",
        denied.out
    );
    assert!(
        denied.err.contains("cannot be described from here"),
        "{}",
        denied.err
    );
    // What is only late takes no permission away.
    desk.sandbox
        .control("POST", "faults", Some(rule("InvalidParameterException")));
    let unread = desk.deploy(&["plan"]);
    assert_eq!(unread.code, 6, "{}{}", unread.out, unread.err);
    assert!(!unread.out.contains("kms:Decrypt"), "{}", unread.out);
}

/// "Using non-AWS container images in Amazon ECS" (ECS developer guide): the container names the secret, and the
/// execution role reads it, and decrypts it where it has a key of the operator's.
#[test]
fn a_private_registry_is_given_the_secret_that_the_file_names() {
    let desk = Desk::with("");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let secret = runtime.block_on(async {
        let cloud = desk.sandbox.cloud("other").await;
        let create = cloud.secrets.create_secret().name("platform/registry");
        let create = create
            .secret_string(r#"{"username":"x","password":"y"}"#)
            .kms_key_id(KEY);
        create.send().await.unwrap().arn.unwrap()
    });
    let file = |line: &str| {
        format!(
            "[stack]\nname = \"shop\"\nregion = \"us-east-1\"\ndisposable = true\n\
             [service.web]\nimage = \"ghcr.io/example/web:v1\"\n{line}\n"
        )
    };
    let credentials = || {
        runtime.block_on(async {
            let cloud = desk.sandbox.cloud("shop").await;
            let describe = cloud
                .ecs
                .describe_task_definition()
                .task_definition("shop-web");
            let task = describe.send().await.unwrap().task_definition.unwrap();
            let credentials = task.container_definitions()[0]
                .repository_credentials
                .clone();
            credentials.map(|one| one.credentials_parameter)
        })
    };
    desk.write(&file(&format!("registry_credentials = \"{secret}\"")));
    good(&desk.deploy(&["up", "--yes"]));
    assert_eq!(credentials(), Some(secret.clone()));
    let said = statements(&desk, "shop-web-execution-us-east-1");
    let of = |action: &str| -> &Value {
        let is = |one: &&Value| one["Action"].to_string().contains(action);
        said.iter().find(is).unwrap()
    };
    assert_eq!(
        of("secretsmanager:GetSecretValue")["Resource"],
        json!(secret)
    );
    assert_eq!(of("kms:Decrypt")["Resource"], json!(KEY));
    let again = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(again.code, 0, "{}{}", again.out, again.err);

    // Taken out of the file, it is taken from the task and from the role.
    desk.write(&file(""));
    good(&desk.deploy(&["up", "--yes"]));
    assert_eq!(credentials(), None);
    let said = statements(&desk, "shop-web-execution-us-east-1");
    assert!(
        !json!(said).to_string().contains("secretsmanager"),
        "{said:?}"
    );
}

#[test]
fn a_plan_says_which_images_are_missing() {
    let desk = Desk::with(
        "[stack]\nname = \"shop\"\nregion = \"us-east-1\"\ndisposable = true\n[service.web]\nimage = \"web\"\n",
    );
    let says = "web has no image in the registry, so no task of it starts: `ajuda deploy push --sandbox DIRECTORY --service web --tag ";
    let plan = desk.deploy(&["plan"]);
    good(&plan);
    assert!(
        plan.err.contains(&format!("{says}v1` brings one, once")),
        "{}",
        plan.err
    );
    good(&desk.deploy(&["up", "--yes"]));
    let plan = desk.deploy(&["plan"]);
    assert!(!plan.err.contains("no image"), "{}", plan.err);
    let plan = desk.deploy(&["plan", "--image", "v9"]);
    good(&plan);
    assert!(
        plan.err.contains(&format!("{says}v9` brings one")),
        "{}",
        plan.err
    );
}

#[test]
fn a_new_administrators_password_says_that_the_app_keeps_the_one_it_has() {
    let desk = Desk::with(
        r#"
[stack]
name = "shop"
region = "us-east-1"
disposable = true

[load_balancer]
plain_http = true

[admin]
email = "admin@example.org"
password = { generate = 24 }

[service.open-webui]
preset = "open-webui"

[service.bedrock-gateway]
preset = "bedrock-gateway"
"#,
    );
    good(&desk.deploy(&["up", "--yes"]));
    let rotated = desk.deploy(&["secrets", "rotate", "admin-password", "--yes"]);
    good(&rotated);
    for says in [
        "warning: Open WebUI reads this password only when it starts with no user",
        "next: Open WebUI reads this password only",
        "Settings, Account, Change Password",
        "aws secretsmanager get-secret-value --secret-id shop/admin-password",
    ] {
        assert!(rotated.err.contains(says), "`{says}` in {}", rotated.err);
    }
}

#[test]
fn what_a_service_runs_stays_in_the_registry_however_many_images_come_after_it() {
    let desk = Desk::with(
        "[stack]\nname = \"shop\"\nregion = \"us-east-1\"\ndisposable = true\n[registry]\nkeep_images = 1\n[service.web]\nimage = \"web\"\n",
    );
    for version in ["v1", "v2", "v3"] {
        let image = json!({ "image": format!("web:{version}") });
        desk.sandbox.control("POST", "images", Some(image));
    }
    let tags = || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let cloud = desk.sandbox.cloud("shop").await;
            let listed = cloud.ecr.list_images().repository_name("web").send();
            let ids = listed.await.unwrap().image_ids.unwrap_or_default();
            let mut tags: Vec<String> = ids.into_iter().filter_map(|id| id.image_tag).collect();
            tags.sort();
            tags
        })
    };
    // Whichever of them is the oldest: all but one are too many.
    for version in ["v1", "v3"] {
        let chosen = format!("web={version}");
        good(&desk.deploy(&["up", "--yes", "--image", &chosen]));
    }
    desk.sandbox
        .control("POST", "expire-images", Some(json!({ "days": 400 })));
    let left = tags();
    for tag in ["v1", "v3", "in-use.shop-web.v1", "in-use.shop-web.v3"] {
        assert!(left.iter().any(|one| one == tag), "{tag} in {left:?}");
    }
    let again = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(again.code, 0, "{}{}", again.out, again.err);
}
