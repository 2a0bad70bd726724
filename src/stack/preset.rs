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

/// Where Open WebUI keeps uploads and caches. Not its own `/app/backend/data`: a volume there would hide
/// the models that are in the image ("Use bind mounts with Amazon ECS": only what a `VOLUME` names is
/// copied), and it would load them from the internet instead.
pub(crate) const OPEN_WEBUI_DATA: &str = "/data";

/// Filled anew from the image at every start (`config.py`, `STATIC_DIR`).
const OPEN_WEBUI_STATIC: &str = "/app/backend/open_webui/static";

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
    pub user: Option<&'static str>,
    pub read_only_root: bool,
    pub writable: &'static [&'static str],
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
        user: None,
        read_only_root: false,
        writable: &[],
    };
    match preset {
        None => plain,
        Some(Preset::OpenWebui) => Defaults {
            cpu: 1024,
            memory: 4096,
            public: true,
            health_path: "/health",
            health_grace: 300,
            read_only_root: true,
            writable: &[OPEN_WEBUI_DATA, OPEN_WEBUI_STATIC, "/tmp"],
            ..plain
        },
        Some(Preset::BedrockGateway) => Defaults {
            cpu: 512,
            memory: 1024,
            expose: Some(("bedrock-gateway".to_owned(), 80)),
            health_path: "/health",
            health_command: Some(GATEWAY_HEALTH.replace("8080", &port.unwrap_or(8080).to_string())),
            // the image's own user, by its name (`Dockerfile_ecs`)
            user: Some("appuser"),
            read_only_root: true,
            writable: &["/tmp"],
            ..plain
        },
        Some(Preset::Litellm) => Defaults {
            cpu: 1024,
            memory: 2048,
            port: 4000,
            expose: Some(("litellm".to_owned(), 80)),
            health_path: LITELLM_HEALTH,
            health_grace: 120,
            read_only_root: true,
            writable: &["/tmp"],
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
