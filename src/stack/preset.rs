//! What a service starts from before the file says more.

use super::model::Preset;

/// The presets and how the file names them.
pub(crate) const PRESETS: [(&str, Preset); 3] = [
    ("open-webui", Preset::OpenWebui),
    ("bedrock-gateway", Preset::BedrockGateway),
    ("litellm", Preset::Litellm),
];

/// The gateway's image is a slim Python without curl.
const GATEWAY_HEALTH: &str =
    "python -c \"import urllib.request; urllib.request.urlopen('http://localhost:8080/health')\"";

/// The only one of LiteLLM's health paths that asks no model and no key.
const LITELLM_HEALTH: &str = "/health/liveliness";

/// Defaults of a service.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Defaults {
    pub cpu: u32,
    pub memory: u32,
    pub port: u16,
    pub public: bool,
    pub expose: Option<(String, u16)>,
    pub health_path: &'static str,
    pub health_grace: u32,
    pub health_command: Option<String>,
}

/// The defaults of a preset, or of a service without one. `port` is the container's, once read.
pub(crate) fn defaults(preset: Option<Preset>, port: Option<u16>) -> Defaults {
    let plain = Defaults {
        cpu: 256,
        memory: 512,
        port: 8080,
        public: false,
        expose: None,
        health_path: "/",
        health_grace: 60,
        health_command: None,
    };
    match preset {
        None => plain,
        Some(Preset::OpenWebui) => Defaults {
            cpu: 1024,
            memory: 4096,
            public: true,
            health_path: "/health",
            health_grace: 300,
            ..plain
        },
        Some(Preset::BedrockGateway) => Defaults {
            cpu: 512,
            memory: 1024,
            expose: Some(("bedrock-gateway".to_owned(), 80)),
            health_path: "/health",
            health_command: Some(GATEWAY_HEALTH.replace("8080", &port.unwrap_or(8080).to_string())),
            ..plain
        },
        Some(Preset::Litellm) => Defaults {
            cpu: 1024,
            memory: 2048,
            port: 4000,
            expose: Some(("litellm".to_owned(), 80)),
            health_path: LITELLM_HEALTH,
            health_grace: 120,
            health_command: Some(
                GATEWAY_HEALTH
                    .replace("8080", &port.unwrap_or(4000).to_string())
                    .replace("/health", LITELLM_HEALTH)
                    .replace("python -c", "python3 -c"),
            ),
            ..plain
        },
    }
}
