//! The Bedrock models of a stack: what `plan` and `up` ask and say of them, and agreements.

use serde_json::{Value, json};

use crate::binary::Desk;

const SONNET: &str = "anthropic.claude-sonnet-4-6";
const TITAN: &str = "amazon.titan-embed-text-v1";

/// What a request of Bedrock was, by its name; the requests are forgotten.
fn asked(desk: &Desk) -> Vec<String> {
    let requests = desk.sandbox.control("GET", "requests", None);
    desk.sandbox.control("DELETE", "requests", None);
    let mut asked: Vec<String> = requests
        .as_array()
        .unwrap()
        .iter()
        .filter(|request| request["service"] == "bedrock")
        .map(|request| request["operation"].as_str().unwrap().to_owned())
        .collect();
    asked.sort();
    asked
}

fn set(desk: &Desk, states: Value) {
    desk.sandbox.control("POST", "models", Some(states));
}

/// The warnings of a plan's JSON, as pairs of the model and the problem.
fn warnings(desk: &Desk) -> Vec<(Value, Value)> {
    let plan = desk.deploy(&["plan", "--output", "json"]);
    assert_eq!(plan.code, 0, "{}", plan.err);
    let said: Value = serde_json::from_str(&plan.out).unwrap();
    let warnings = said["model_warnings"].as_array().unwrap();
    warnings
        .iter()
        .map(|one| (one["model"].clone(), one["problem"].clone()))
        .collect()
}

#[test]
fn a_plan_warns_of_models_that_end() {
    let desk = Desk::copy("examples/sandbox.toml");
    assert_eq!(warnings(&desk), []);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    asked(&desk);
    assert_eq!(warnings(&desk), []);
    let requests = [
        "GetFoundationModelAvailability",
        "GetFoundationModelAvailability",
        "GetUseCaseForModelAccess",
        "ListFoundationModels",
        "ListInferenceProfiles",
    ];
    assert_eq!(asked(&desk), requests, "one for each model, and three");

    let ended =
        json!({ "status": "LEGACY", "legacyTime": "2001-01-01", "endOfLifeTime": "2001-07-01" });
    set(&desk, json!({ "model": SONNET, "lifecycle": ended }));
    let legacy =
        json!({ "status": "LEGACY", "legacyTime": "2001-01-01", "endOfLifeTime": "2999-07-01" });
    set(&desk, json!({ "model": TITAN, "lifecycle": legacy }));
    let model = format!("us.{SONNET}");
    assert_eq!(
        warnings(&desk),
        [
            (json!(model), json!("ended")),
            (json!(TITAN), json!("legacy"))
        ]
    );
    let plan = desk.deploy(&["plan"]);
    assert_eq!(plan.code, 0, "a warning is no change: {}", plan.err);
    for words in [
        "models.chat names `us.anthropic.claude-sonnet-4-6`, which reached its end of life on 2001-07-01",
        "models.embedding names `amazon.titan-embed-text-v1`, which is legacy since 2001-01-01 and ends on 2999-07-01",
        "docs/models.md",
    ] {
        assert!(plan.out.contains(words), "`{words}` in {}", plan.out);
    }

    set(&desk, json!({ "model": SONNET, "listed": false }));
    assert_eq!(warnings(&desk)[0].1, "unknown");

    let deny = json!({ "rules": [{ "service": "bedrock", "action": "deny", "times": 100 }] });
    desk.sandbox.control("POST", "faults", Some(deny));
    let unread = (Value::Null, json!("unread"));
    assert_eq!(warnings(&desk), vec![unread; 3], "three rights are missing");
    let plan = desk.deploy(&["plan"]);
    assert!(
        plan.out.contains("allow bedrock:ListFoundationModels"),
        "{}",
        plan.out
    );
}

#[test]
fn a_stack_without_a_gateway_asks_bedrock_nothing() {
    let desk = Desk::with(
        "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\n[service.web]\nimage = \"ghcr.io/example/web:1.0\"\n",
    );
    assert_eq!(desk.deploy(&["plan"]).code, 0);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    assert_eq!(asked(&desk), Vec::<String>::new());
}

#[test]
fn a_gateway_falls_back_to_a_model_of_the_region_it_is_deployed_to() {
    let file = "[stack]\nname = \"chat\"\n[sign_in]\nfirst_user_is_admin = true\n\
                [load_balancer]\nplain_http = true\n[service.open-webui]\npreset = \"open-webui\"\n\
                [service.gateway]\npreset = \"bedrock-gateway\"\n";
    let desk = Desk::with(file);
    for (region, model) in [
        ("eu-west-1", "eu.amazon.nova-2-lite-v1:0"),
        ("us-west-2", "us.amazon.nova-2-lite-v1:0"),
    ] {
        let plan = desk.deploy(&["plan", "--output", "json", "--region", region]);
        assert_eq!(plan.code, 0, "{}", plan.err);
        let said: Value = serde_json::from_str(&plan.out).unwrap();
        assert_eq!(said["model_warnings"], json!([]), "{region}");
        let gateway = said["actions"]
            .as_array()
            .unwrap()
            .iter()
            .find(|action| action["address"] == "task-definition/gateway")
            .unwrap();
        let text = gateway["changes"].to_string();
        assert!(text.contains("DEFAULT_MODEL"), "{text}");
        assert!(text.contains(model), "{model} in {text}");
        assert!(!text.contains("claude-3"), "{text}");
    }
}

#[test]
fn an_agreement_is_told_loudly_and_accepted_on_the_operators_word_only() {
    let desk = Desk::copy("examples/sandbox.toml");
    set(
        &desk,
        json!({ "model": SONNET, "agreement": "NOT_AVAILABLE" }),
    );
    let model = json!(format!("us.{SONNET}"));
    assert_eq!(warnings(&desk), [(model, json!("no-agreement"))]);
    asked(&desk);

    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    let said =
        "`ajuda deploy up --sandbox --accept-model-agreements` shows the terms and accepts them";
    let times = up.err.matches(said).count();
    assert_eq!(times, 2, "before the question and at the end: {}", up.err);
    assert!(up.err.contains("nobody has accepted"), "{}", up.err);
    assert!(
        !asked(&desk).contains(&"CreateFoundationModelAgreement".to_owned()),
        "--yes accepts no agreement"
    );

    let up = desk.deploy(&["up", "--accept-model-agreements", "--output", "json"]);
    assert_eq!(up.code, 3, "nobody said yes: {}", up.err);
    let said = up.out.lines().map(serde_json::from_str::<Value>);
    let mut said = said.map(Result::unwrap);
    let terms = said.find(|one| one["event"] == "model-agreements").unwrap();
    assert_eq!(terms["models"][0]["model"], SONNET);
    assert_eq!(terms["models"][0]["prices"][1]["price"], "0.015");
    assert!(!terms.to_string().contains("token-of"), "{terms}");
    assert!(!asked(&desk).contains(&"CreateFoundationModelAgreement".to_owned()));

    let up = desk.deploy(&["up", "--yes", "--accept-model-agreements"]);
    assert_eq!(up.code, 0, "{}", up.err);
    assert!(
        up.err
            .contains(&format!("created   model-agreement/{SONNET}")),
        "{}",
        up.err
    );
    for words in [
        "https://aws.amazon.com/legal/bedrock",
        "input tokens: $0.003 / 1K tokens",
    ] {
        assert!(up.err.contains(words), "`{words}` in {}", up.err);
    }
    assert!(
        !up.err.contains("nobody has accepted"),
        "it is done: {}",
        up.err
    );
    let accepted = asked(&desk);
    let creates = accepted.iter().filter(|one| one.starts_with("Create"));
    assert_eq!(creates.count(), 1, "{accepted:?}");
    let again = desk.deploy(&["up", "--yes", "--accept-model-agreements"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(
        again.err.contains("no model of the file waits"),
        "{}",
        again.err
    );
}

#[test]
fn an_agreement_that_cannot_be_accepted_ends_up_before_anything_is_changed() {
    let desk = Desk::copy("examples/sandbox.toml");
    set(
        &desk,
        json!({ "model": SONNET, "agreement": "NOT_AVAILABLE" }),
    );
    let deny = json!({ "rules": [{
        "service": "bedrock", "operation": "CreateFoundationModelAgreement", "action": "deny", "times": 100,
    }] });
    desk.sandbox.control("POST", "faults", Some(deny));
    let up = desk.deploy(&["up", "--yes", "--accept-model-agreements"]);
    assert_eq!(up.code, 6, "{}", up.err);
    assert!(up.err.contains("aws-marketplace:Subscribe"), "{}", up.err);
    let inventory = desk.sandbox.inventory();
    assert_eq!(
        inventory["ecs"]["clusters"],
        json!({}),
        "nothing was changed"
    );
}

#[test]
fn anthropics_form_is_asked_for_with_the_command_that_sends_it() {
    let desk = Desk::copy("examples/sandbox.toml");
    set(&desk, json!({ "use_case": false }));
    let plan = desk.deploy(&["plan"]);
    assert_eq!(plan.code, 0, "{}", plan.err);
    for words in [
        "Anthropic's use-case form was not found in account 123456789012",
        "aws bedrock put-use-case-for-model-access --form-data fileb://use-case.json --region us-east-1",
    ] {
        assert!(plan.out.contains(words), "`{words}` in {}", plan.out);
    }
    // a form is sent to us-east-1, whatever region uses the model
    let text = desk.text();
    desk.write(
        &text
            .replace("us.anthropic.", "eu.anthropic.")
            .replace("us-east-1", "eu-west-1"),
    );
    desk.sandbox.control("DELETE", "requests", None);
    let plan = desk.deploy(&["plan"]);
    assert!(
        plan.out
            .contains("--region us-east-1 --endpoint-url http://"),
        "{}",
        plan.out
    );
    let requests = desk.sandbox.control("GET", "requests", None);
    let regions = requests.as_array().unwrap().iter();
    let regions = regions.filter(|one| one["operation"] == "GetUseCaseForModelAccess");
    let regions: Vec<&str> = regions.filter_map(|one| one["region"].as_str()).collect();
    assert_eq!(regions, ["eu-west-1", "us-east-1"]);

    // no model of Anthropic's, no form
    desk.write(&text.replace(
        "us.anthropic.claude-sonnet-4-6",
        "us.amazon.nova-2-lite-v1:0",
    ));
    asked(&desk);
    assert_eq!(warnings(&desk), []);
    assert!(!asked(&desk).contains(&"GetUseCaseForModelAccess".to_owned()));
}
