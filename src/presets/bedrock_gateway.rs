//! Bedrock Access Gateway: OpenAI's API in front of Bedrock, private to the stack.
//!
//! At commit 9579458 or later; before it the gateway does not know Titan G1 embeddings.

use super::known_models::default_chat;
use super::settings::Settings;
use super::{ROLLING, Workload, bedrock_models, statement};
use crate::stack::{Output, SecretRef, Service, Stack};

/// See [`super::owned_variables`].
pub(super) const OWNED: &[&str] = &[
    "API_KEY",
    // both beat API_KEY
    "API_KEY_PARAM_NAME",
    "API_KEY_SECRET_ARN",
    "API_ROUTE_PREFIX",
    "AWS_REGION",
    "DEFAULT_EMBEDDING_MODEL",
    "PORT",
];

/// What the gateway needs in this stack.
pub(super) fn demands(stack: &Stack, service: &Service) -> Workload {
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
    Workload {
        environment: settings.environment,
        secrets: settings.secrets,
        statements: vec![
            // without the second, users see the default model only; neither action knows resources
            statement(
                &[
                    "bedrock:ListFoundationModels",
                    "bedrock:ListInferenceProfiles",
                ],
                ["*"],
            ),
            statement(
                // Converse and ConverseStream are permitted by the same two
                &[
                    "bedrock:InvokeModel",
                    "bedrock:InvokeModelWithResponseStream",
                ],
                bedrock_models::invocable(models),
            ),
        ],
        strategy: ROLLING,
        // an answer streams for as long as the model speaks
        request_timeout: Some(0),
        container_health: None,
    }
}
