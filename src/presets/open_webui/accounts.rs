//! Who may use Open WebUI, and how they prove it.

use super::Settings;
use crate::presets::secrets::ADMIN_PASSWORD;
use crate::stack::{Admin, Google, SecretRef, Stack};

/// Where Google sends its users back to (`GOOGLE_REDIRECT_URI`).
pub(super) const GOOGLE_CALLBACK: &str = "/oauth/google/callback";

/// Sign-up, the first administrator and Google.
pub(super) fn sign_in(stack: &Stack, settings: &mut Settings) {
    settings.secret("WEBUI_SECRET_KEY", SecretRef::Shared("app-key"));
    // the first account becomes administrator, and an open sign-up is open to the internet
    settings.text("ENABLE_SIGNUP", false);
    settings.text("DEFAULT_USER_ROLE", "pending");
    // without Redis a sign-out does not revoke the token: it lives this long (default four weeks)
    settings.text("JWT_EXPIRES_IN", "7d");
    if let Some(admin) = &stack.admin {
        settings.text("WEBUI_ADMIN_EMAIL", &admin.email);
        settings.secret("WEBUI_ADMIN_PASSWORD", SecretRef::Shared(ADMIN_PASSWORD));
    }
    // Google accepts https addresses only, so there is no Google without a domain
    if let (Some(google), Some(domain)) = (&stack.google, &stack.domain) {
        settings.text("ENABLE_OAUTH_SIGNUP", true);
        settings.text("GOOGLE_CLIENT_ID", &google.client_id);
        settings.secret(
            "GOOGLE_CLIENT_SECRET",
            SecretRef::Shared("google-client-secret"),
        );
        settings.text(
            "GOOGLE_REDIRECT_URI",
            format!("https://{}{GOOGLE_CALLBACK}", domain.name),
        );
        // sign-out needs it
        settings.text(
            "OPENID_PROVIDER_URL",
            "https://accounts.google.com/.well-known/openid-configuration",
        );
        settings.text("OAUTH_ALLOWED_DOMAINS", google.allowed_domains.join(","));
        if stack
            .admin
            .as_ref()
            .is_some_and(|admin| may_use_google(admin, google))
        {
            // else the administrator, who exists by password already, is refused at Google's button
            settings.text("OAUTH_MERGE_ACCOUNTS_BY_EMAIL", true);
        }
    }
}

fn may_use_google(admin: &Admin, google: &Google) -> bool {
    let domain = admin.email.rsplit('@').next().unwrap_or_default();
    google
        .allowed_domains
        .iter()
        .any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(domain))
}
