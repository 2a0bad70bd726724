//! LiteLLM's proxy: OpenAI's API in front of Bedrock, from an image that its makers publish.
//!
//! Since 1.84 its images are tagged `vX.Y.Z`. It reads its models from a file only, which the container
//! writes from its environment before it starts.

use serde_json::{Value, json};

use super::{Command, ImageSource, Preset, Settings, bedrock_models};
use crate::stack::{
    Defaults, MODEL_EXAMPLE, Output, PresetRules, Problem, Report, SecretRef, Service, Stack,
};

/// The variable that holds the configuration.
const CONFIG: &str = "AJUDA_LITELLM_CONFIG";

/// The only one of its health paths that asks no model and no key.
const HEALTH: &str = "/health/liveliness";

/// The preset.
pub static PRESET: Preset = Preset {
    // an answer streams for as long as the model speaks
    request_timeout: Some(0),
    settings,
    command,
    ..Preset::new(
        RULES,
        ImageSource::Published {
            repository: "ghcr.io/berriai/litellm",
            release: "v1.102.1",
        },
    )
};

const RULES: PresetRules = PresetRules {
    defaults: Defaults {
        cpu: 1024,
        memory: 2048,
        port: 4000,
        expose: Some(("litellm", 80)),
        health_path: HEALTH,
        health_grace: 120,
        // the image has Python and no curl
        health_command: Some(
            "python3 -c \"import urllib.request; \
             urllib.request.urlopen('http://localhost:{port}/health/liveliness')\"",
        ),
        read_only_root: true,
        writable: &["/tmp"],
        ..Defaults::PLAIN
    },
    owned_variables: &[
        CONFIG,
        "AWS_REGION",
        // beats AWS_REGION
        "AWS_REGION_NAME",
        // both beat the file
        "CONFIG_FILE_PATH",
        "LITELLM_CONFIG_BUCKET_NAME",
        "LITELLM_MASTER_KEY",
        "PORT",
    ],
    gateway: Some("v1"),
    check,
    ..PresetRules::new("litellm", "LiteLLM")
};

/// LiteLLM serves the models it is told of, by their ids: it does not ask Bedrock what there is, nor what
/// stands behind an ARN.
fn check(stack: &Stack, service: &Service, report: &Report) {
    let chat = &stack.models.chat;
    let place = format!("service.{}.preset", service.name);
    if chat.is_empty() && report.sound(&["models.chat"]) {
        report.add(
            Problem::new(
                report.at(&place),
                "LiteLLM needs to be told which models to serve",
                "serves the models of `models.chat`",
            )
            .hint(format!("write chat = [\"{MODEL_EXAMPLE}\"] under [models]")),
        );
    }
    if let Some(index) = chat.iter().position(|id| id.starts_with("arn:")) {
        report.add(
            Problem::new(
                report.at(&format!("models.chat[{index}]")),
                "LiteLLM cannot tell which model stands behind an ARN",
                "must be the id of a model or of a cross-region profile",
            )
            .also(report.at(&place), "this service"),
        );
    }
}

/// What LiteLLM needs in this stack.
fn settings(stack: &Stack, service: &Service) -> Settings {
    let mut settings = Settings::default();
    settings.text("PORT", service.port);
    settings.secret("LITELLM_MASTER_KEY", SecretRef::Shared("gateway-key"));
    settings.output("AWS_REGION_NAME", Output::Region);
    settings.text(CONFIG, config(stack));
    // Fargate gives every task AWS_REGION; its prices of models would be fetched at each start.
    settings.text("LITELLM_LOCAL_MODEL_COST_MAP", "True");
    settings.text("DISABLE_ADMIN_UI", "True");
    bedrock_models::allow_invocation(&mut settings, &stack.models);
    settings
}

/// The program that runs instead of the image's own, and its arguments; the file's command replaces both.
fn command(_: &Stack, service: &Service) -> Command {
    if !service.command.is_empty() {
        return (Vec::new(), service.command.clone());
    }
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
