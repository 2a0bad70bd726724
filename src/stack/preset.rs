//! What a service starts from before the file says more.

use super::model::Preset;

/// The presets and how the file names them.
pub(crate) const PRESETS: [(&str, Preset); 2] = [
    ("open-webui", Preset::OpenWebui),
    ("bedrock-gateway", Preset::BedrockGateway),
];

/// The gateway's image is a slim Python without curl.
const GATEWAY_HEALTH: &str =
    "python -c \"import urllib.request; urllib.request.urlopen('http://localhost:8080/health')\"";

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
    }
}
