//! What opens a registry: its challenge answered, and the token kept for as long as it is good (Docker
//! Registry v2, "Token authentication specification"; RFC 7617).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;

use super::{Wire, read_body};
use crate::images::credentials::Login;
use crate::images::registry_error::{Kind, RegistryError};

/// The most that a token's answer may have; the longest of tokens, Docker Hub's, have some kilobytes.
const TOKEN_LIMIT: usize = 256 * 1024;
/// How long a token is good whose answer does not say so ("expires_in … defaults to 60 seconds").
const USUAL: u64 = 60;
/// How much earlier another one is asked for.
const EARLIER: u64 = 10;

/// What is to be done in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::images) enum Scope {
    Pull,
    Push,
}

/// What opens the registry for one scope.
pub(in crate::images) struct Ticket {
    scope: Scope,
    /// None where it wants none.
    header: Option<HeaderValue>,
    until: Option<Instant>,
}

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl Wire {
    /// The header that opens the registry; none where it asks for none.
    ///
    /// # Errors
    /// It gives no token, or would send credentials where they are not safe.
    pub(in crate::images) async fn authorization(
        &self,
        scope: Scope,
    ) -> Result<Option<HeaderValue>, RegistryError> {
        // Held meanwhile, so that layers which begin at once ask once.
        let mut tickets = self.tickets.lock().await;
        tickets.retain(|ticket| ticket.until.is_none_or(|until| Instant::now() < until));
        if let Some(held) = tickets.iter().find(|ticket| ticket.scope == scope) {
            return Ok(held.header.clone());
        }
        let (header, lasts) = self.sign_in(scope).await?;
        tickets.push(Ticket {
            scope,
            header: header.clone(),
            until: lasts.map(|lasts| Instant::now() + lasts),
        });
        Ok(header)
    }

    async fn sign_in(
        &self,
        scope: Scope,
    ) -> Result<(Option<HeaderValue>, Option<Duration>), RegistryError> {
        let asked = self.plain(Method::GET, self.of_base("v2/")?).send().await?;
        let detail: Vec<String> = asked
            .headers()
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .filter_map(|header| header.to_str().ok().map(str::to_owned))
            .collect();
        let challenges = detail
            .iter()
            .filter_map(|one| http_auth::parse_challenges(one).ok());
        let challenges: Vec<_> = challenges.flatten().collect();
        let of = |scheme: &str| {
            challenges
                .iter()
                .find(|one| one.scheme.eq_ignore_ascii_case(scheme))
        };
        if let Some(bearer) = of("Bearer") {
            let parameter = |name: &str| {
                let found = bearer
                    .params
                    .iter()
                    .find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.to_unescaped())
            };
            let realm = parameter("realm").and_then(|realm| Url::parse(&realm).ok());
            let realm = realm.ok_or_else(|| {
                RegistryError::new(
                    Kind::Final,
                    "it asks for a token and does not say where it is had",
                )
            })?;
            self.check_address(&realm, "gives its tokens at")?;
            return self.token(scope, realm, parameter("service")).await;
        }
        match (&self.login, of("Basic")) {
            (Login::Password { user, password }, Some(_)) => {
                let encoded = STANDARD.encode(format!("{user}:{password}"));
                Ok((Some(secret(&format!("Basic {encoded}"))?), None))
            }
            _ => Ok((None, None)),
        }
    }

    async fn token(
        &self,
        scope: Scope,
        realm: Url,
        service: Option<String>,
    ) -> Result<(Option<HeaderValue>, Option<Duration>), RegistryError> {
        let actions = match scope {
            Scope::Pull => "pull",
            Scope::Push => "pull,push",
        };
        let wanted = format!("repository:{}:{actions}", self.repository);
        let mut request = self.plain(Method::GET, realm).query(&[("scope", wanted)]);
        if let Some(service) = service {
            request = request.query(&[("service", service)]);
        }
        if let Login::Password { user, password } = &self.login {
            request = request.basic_auth(user, Some(password));
        }
        let answer = self
            .send(request, &[StatusCode::OK])
            .await
            .map_err(|mut problem| {
                problem.detail = format!("it gives no token: {}", problem.detail);
                problem
            })?;
        let text = read_body(answer, TOKEN_LIMIT).await?;
        let answer: Answer = serde_json::from_slice(&text).map_err(|_| {
            RegistryError::new(Kind::Final, "what it gives as a token cannot be read")
        })?;
        let token = answer.token.or(answer.access_token).unwrap_or_default();
        let header = secret(&format!("Bearer {token}"))?;
        // One that says it is good for years is asked for again each hour.
        let lasts = answer.expires_in.unwrap_or(USUAL).clamp(USUAL, 3600) - EARLIER;
        Ok((Some(header), Some(Duration::from_secs(lasts))))
    }
}

/// A header that is told in no log.
fn secret(text: &str) -> Result<HeaderValue, RegistryError> {
    let mut header = HeaderValue::from_str(text)
        .map_err(|_| RegistryError::new(Kind::Final, "what it gives as a token cannot be sent"))?;
    header.set_sensitive(true);
    Ok(header)
}
