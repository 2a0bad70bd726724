//! Secrets of Open WebUI, and what another value of one means to it.

use crate::presets::secrets::{
    ADMIN_PASSWORD, SecretOrigin, SharedSecret, admin_password, generate, made_from,
};
use crate::presets::{Rotation, gateway_url};
use crate::stack::Stack;

/// What Open WebUI needs in this stack.
pub(super) fn of(stack: &Stack) -> Vec<SharedSecret> {
    let mut secrets = vec![SharedSecret::new(
        "app-key",
        "signs sessions and encrypts tokens of Open WebUI: a new one signs everybody out",
        generate(64),
    )];
    secrets.extend(admin_password(stack));
    if let Some(google) = &stack.google {
        secrets.push(SharedSecret::new(
            "google-client-secret",
            "client secret of Google sign-in",
            made_from(&google.client_secret),
        ));
    }
    secrets.extend(provider_keys(stack));
    secrets
}

/// The keys of providers, and all of them as one variable takes them.
fn provider_keys(stack: &Stack) -> Vec<SharedSecret> {
    let mut secrets = Vec::new();
    let mut parts: Vec<String> = gateway_url(stack)
        .map(|_| "gateway-key".to_owned())
        .into_iter()
        .collect();
    for (name, provider) in &stack.providers {
        let secret = format!("provider-{name}");
        let why = format!("API key of {name}");
        secrets.push(SharedSecret::new(&secret, &why, made_from(&provider.key)));
        parts.push(secret);
    }
    if !parts.is_empty() {
        let joined = SecretOrigin::Joined {
            parts,
            separator: ";",
        };
        let why = "keys of the providers of models, in the order of OPENAI_API_BASE_URLS";
        secrets.push(SharedSecret::new("openai-api-keys", why, joined));
    }
    secrets
}

/// What differs from what is true of every secret.
pub(super) fn rotation(secret: &str) -> Rotation {
    match secret {
        "app-key" => Rotation {
            loses: Some(
                "everybody is signed out, and what Open WebUI has encrypted with the key (OAuth sessions, \
                 keys of tools) can never be read again",
            ),
            order: Some("the new key is stored, then the app restarts"),
            by_hand: None,
        },
        // Open WebUI makes the administrator of `WEBUI_ADMIN_EMAIL` when it starts without a user, and never reads
        // the password again (`create_admin_user` in `open_webui/main.py`).
        ADMIN_PASSWORD => Rotation {
            by_hand: Some(
                "Open WebUI reads this password only when it starts with no user in its database: the administrator keeps \
                 the password that is in use until it is changed in Open WebUI (Settings, Account, Change Password)",
            ),
            ..Rotation::default()
        },
        _ => Rotation::default(),
    }
}
