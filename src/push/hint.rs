//! What to type when an image is missing.

use crate::stack::{Preset, Service, Stack};

/// The release of Open WebUI that its preset is made for.
const OPEN_WEBUI: &str = "ghcr.io/open-webui/open-webui:v0.12.4";
/// A release of LiteLLM that its preset is made for.
const LITELLM: &str = "ghcr.io/berriai/litellm:v1.102.1";

/// What comes after `ajuda deploy push` to put `image`, a reference into the stack's registry, there.
/// `None`: no service of the stack runs it.
pub fn command(stack: &Stack, image: &str) -> Option<String> {
    let (_, path) = image.split_once('/')?;
    let (name, tag) = match path.rsplit_once(':') {
        Some((name, tag)) if !path.contains('@') => (name, tag),
        // What has a digest and no tag is copied from where it came from.
        _ => return None,
    };
    let runs = |service: &&Service| service.image.ours && service.image.name == name;
    let service = stack.services.values().find(runs)?;
    Some(match service.preset {
        Some(Preset::BedrockGateway) => format!(" --gateway --tag {tag}"),
        Some(Preset::OpenWebui) => format!(
            " --service {} --from {OPEN_WEBUI} --tag {tag}",
            service.name
        ),
        Some(Preset::Litellm) => {
            format!(" --service {} --from {LITELLM} --tag {tag}", service.name)
        }
        None => format!(" DIRECTORY --service {} --tag {tag}", service.name),
    })
}
