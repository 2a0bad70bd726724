//! LiteLLM's proxy: OpenAI's API in front of Bedrock, from an image that its makers publish.
//!
//! Since 1.84 its images are tagged `vX.Y.Z`. It reads its models from a file only, which the container
//! writes from its environment before it starts.

use serde_json::{Value, json};

use super::settings::Settings;
use super::{ROLLING, Workload, bedrock_models, statement};
use crate::stack::{Output, SecretRef, Service, Stack};

/// The variable that holds the configuration.
const CONFIG: &str = "AJUDA_LITELLM_CONFIG";

/// See [`super::owned_variables`].
pub(super) const OWNED: &[&str] = &[
    CONFIG,
    "AWS_REGION",
    // beats AWS_REGION
    "AWS_REGION_NAME",
    // both beat the file
    "CONFIG_FILE_PATH",
    "LITELLM_CONFIG_BUCKET_NAME",
    "LITELLM_MASTER_KEY",
    "PORT",
];

/// What LiteLLM needs in this stack.
pub(super) fn demands(stack: &Stack, service: &Service) -> Workload {
    let mut settings = Settings::default();
    settings.text("PORT", service.port);
    settings.secret("LITELLM_MASTER_KEY", SecretRef::Shared("gateway-key"));
    settings.output("AWS_REGION_NAME", Output::Region);
    settings.text(CONFIG, config(stack));
    // Fargate gives every task AWS_REGION; its prices of models would be fetched at each start.
    settings.text("LITELLM_LOCAL_MODEL_COST_MAP", "True");
    settings.text("DISABLE_ADMIN_UI", "True");
    Workload {
        environment: settings.environment,
        secrets: settings.secrets,
        statements: vec![statement(
            // Converse and ConverseStream are permitted by the same two
            &[
                "bedrock:InvokeModel",
                "bedrock:InvokeModelWithResponseStream",
            ],
            bedrock_models::invocable(&stack.models),
        )],
        strategy: ROLLING,
        // an answer streams for as long as the model speaks
        request_timeout: Some(0),
        container_health: None,
    }
}

/// The program that runs instead of the image's own, and its arguments.
pub(super) fn command(service: &Service) -> (Vec<String>, Vec<String>) {
    let write = format!(
        "printf %s \"${CONFIG}\" > /tmp/litellm.yaml && exec litellm --config /tmp/litellm.yaml --port {}",
        service.port
    );
    (vec!["sh".to_owned(), "-c".to_owned()], vec![write])
}

/// LiteLLM's configuration, in the part of YAML that is JSON. Models keep their ids of Bedrock.
fn config(stack: &Stack) -> Value {
    let model = |id: &String, mode: &str| {
        json!({
            "model_name": id,
            "litellm_params": { "model": format!("bedrock/{id}") },
            "model_info": { "mode": mode },
        })
    };
    let models = &stack.models;
    let list: Vec<Value> = models
        .chat
        .iter()
        .map(|id| model(id, "chat"))
        .chain([model(&models.embedding, "embedding")])
        .collect();
    json!({
        "model_list": list,
        // what a model does not know is left out instead of refused
        "litellm_settings": { "drop_params": true },
    })
}
