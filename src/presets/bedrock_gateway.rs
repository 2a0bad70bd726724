//! Bedrock Access Gateway: OpenAI's API in front of Bedrock, private to the stack.
//!
//! At commit 9579458 or later; before it the gateway does not know Titan G1 embeddings.

use super::known_models::default_chat;
use super::{ImageSource, Oldest, Preset, Settings, Sources, bedrock_models};
use crate::stack::{Defaults, Output, PresetRules, SecretRef, Service, Stack};

/// Its sources, at the first commit that knows Titan G1 embeddings: nobody publishes an image of it.
pub const SOURCES: Sources = Sources {
    url: "https://github.com/aws-samples/bedrock-access-gateway",
    commit: "95794585db942cf7ce9660f71edefe63ce6c9910",
    context: "src",
    dockerfile: "Dockerfile_ecs",
};

/// The image is a slim Python without curl.
const HEALTH: &str =
    "python -c \"import urllib.request; urllib.request.urlopen('http://localhost:{port}/health')\"";

/// The preset.
pub static PRESET: Preset = Preset {
    // an answer streams for as long as the model speaks
    request_timeout: Some(0),
    settings,
    oldest,
    ..Preset::new(RULES, ImageSource::Sources(SOURCES))
};

const RULES: PresetRules = PresetRules {
    defaults: Defaults {
        cpu: 512,
        memory: 1024,
        expose: Some(("bedrock-gateway", 80)),
        health_path: "/health",
        health_command: Some(HEALTH),
        // the image's own user, by its name (`Dockerfile_ecs`)
        user: Some("appuser"),
        read_only_root: true,
        writable: &["/tmp"],
        ..Defaults::PLAIN
    },
    owned_variables: &[
        "API_KEY",
        // both beat API_KEY
        "API_KEY_PARAM_NAME",
        "API_KEY_SECRET_ARN",
        "API_ROUTE_PREFIX",
        "AWS_REGION",
        "DEFAULT_EMBEDDING_MODEL",
        "PORT",
    ],
    gateway: Some("api/v1"),
    ..PresetRules::new("bedrock-gateway", "Bedrock Access Gateway")
};

/// The commit that knows Titan G1 embeddings (pull request 245 of its repository), of 14 May 2026.
const TITAN_G1: Oldest = Oldest {
    commit: SOURCES.commit,
    since: 1_778_716_800,
    why: "it answers every embedding with 400 \"Unsupported embedding model id\", so no document is found",
};

fn oldest(stack: &Stack) -> Option<Oldest> {
    (stack.models.embedding == "amazon.titan-embed-text-v1").then_some(TITAN_G1)
}

/// What the gateway needs in this stack.
fn settings(stack: &Stack, service: &Service) -> Settings {
    let models = &stack.models;
    let mut settings = Settings::default();
    settings.text("PORT", service.port);
    settings.secret("API_KEY", SecretRef::Shared("gateway-key"));
    // its own default is us-west-2
    settings.output("AWS_REGION", Output::Region);
    settings.text("DEFAULT_EMBEDDING_MODEL", &models.embedding);
    // its own default has reached its end of life; a request that names no model gets this one
    let region = stack.region.as_deref();
    let default = models
        .chat
        .first()
        .map_or(default_chat(region), String::as_str);
    settings.text("DEFAULT_MODEL", default);
    // newer models are offered by inference profile only
    settings.text("ENABLE_CROSS_REGION_INFERENCE", true);
    let profiles =
        models.chat.is_empty() || models.chat.iter().any(|id| bedrock_models::is_arn(id));
    settings.text("ENABLE_APPLICATION_INFERENCE_PROFILES", profiles);
    // without the second, users see the default model only; neither action knows resources
    settings.allow(
        &[
            "bedrock:ListFoundationModels",
            "bedrock:ListInferenceProfiles",
        ],
        ["*"],
    );
    bedrock_models::allow_invocation(&mut settings, models);
    settings
}
