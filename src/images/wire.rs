//! Requests to one registry: signed in where it asks for it, encrypted unless it is on this machine, and
//! no answer read further than it is useful.
//!
//! A registry is a stranger: it names where its tokens come from (Docker Registry v2, "Token
//! authentication"), where a blob is and where it is to be sent, and it answers as much as it likes.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, HeaderValue, LOCATION};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use tokio::sync::Mutex;
use url::Url;

use super::credentials::Login;
use super::registry_error::{Kind, RegistryError};
use crate::aws::{CaBundle, is_loopback};

mod token;

pub(super) use token::Scope;
use token::Ticket;

/// The most that is read of an answer that is an error: it is told in a line.
const ERROR_LIMIT: usize = 64 * 1024;
/// How often an answer may lead somewhere else.
const REDIRECTS: usize = 5;

/// A registry and the repository in it that is asked for.
pub(super) struct Wire {
    client: Client,
    /// `https://ghcr.io/`.
    base: Url,
    pub(super) repository: String,
    pub(super) login: Login,
    pub(super) tickets: Mutex<Vec<Ticket>>,
}

impl Wire {
    /// `registry` is a host, with a port where it needs one. `silence` is how long it may say nothing.
    /// `bundle` is trusted beside what the system trusts: registries are not AWS's alone.
    ///
    /// # Errors
    /// It is no host, or the system has no certificates.
    pub(super) fn new(
        registry: &str,
        repository: &str,
        login: Login,
        silence: Option<Duration>,
        bundle: Option<&CaBundle>,
    ) -> Result<Self, RegistryError> {
        let plain = format!("http://{registry}/");
        let mut base = Url::parse(&plain)
            .ok()
            .filter(|url| url.path() == "/" && url.username().is_empty() && url.query().is_none())
            .ok_or_else(|| RegistryError::new(Kind::Final, format!("`{registry}` is no host")))?;
        let near = is_loopback(&base);
        if !near {
            let secure = format!("https://{registry}/");
            base = Url::parse(&secure)
                .map_err(|error| RegistryError::new(Kind::Final, error.to_string()))?;
        }
        let mut client = Client::builder()
            .user_agent(concat!("ajuda/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .redirect(Policy::custom(move |attempt| follow(attempt, near)));
        if let Some(silence) = silence {
            client = client.read_timeout(silence);
        }
        if near {
            client = client.no_proxy();
        }
        if let Some(bundle) = bundle {
            client = client.tls_certs_merge(bundle.certificates());
        }
        Ok(Self {
            client: client.build()?,
            base,
            repository: repository.to_owned(),
            login,
            tickets: Mutex::default(),
        })
    }

    /// `https://ghcr.io/v2/owner/name/<path>`.
    pub(super) fn url(&self, path: &str) -> Result<Url, RegistryError> {
        self.of_base(&format!("v2/{}/{path}", self.repository))
    }

    pub(super) fn of_base(&self, path: &str) -> Result<Url, RegistryError> {
        let joined = self.base.join(path);
        joined.map_err(|error| RegistryError::new(Kind::Final, error.to_string()))
    }

    /// Where an answer says that the next request goes, when it may go there.
    pub(super) fn location(&self, answer: &Response) -> Result<Url, RegistryError> {
        let detail = answer.headers().get(LOCATION).map(HeaderValue::to_str);
        let detail = detail.and_then(Result::ok).unwrap_or_default();
        let to = answer
            .url()
            .join(detail)
            .ok()
            .filter(|_| !detail.is_empty());
        let to =
            to.ok_or_else(|| RegistryError::new(Kind::Final, "it does not say where to send it"))?;
        self.check_address(&to, "wants it at")?;
        Ok(to)
    }

    /// Refuses an address that must not be spoken to.
    pub(super) fn check_address(&self, to: &Url, what: &str) -> Result<(), RegistryError> {
        if is_admitted(to, is_loopback(&self.base)) {
            return Ok(());
        }
        let place = to.origin().ascii_serialization();
        let detail = format!("it {what} {place}, which is not encrypted: nothing is sent there");
        Err(RegistryError::new(Kind::Final, detail))
    }

    /// A request without credentials.
    pub(super) fn plain(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// A request in this scope: signed in, unless it goes to another host than the registry's
    /// (CVE-2020-15157).
    pub(super) async fn request(
        &self,
        scope: Scope,
        method: Method,
        url: Url,
    ) -> Result<RequestBuilder, RegistryError> {
        let ours = url.origin() == self.base.origin();
        let request = self.plain(method, url);
        Ok(match ours {
            true => match self.authorization(scope).await? {
                Some(header) => request.header(AUTHORIZATION, header),
                None => request,
            },
            false => request,
        })
    }

    /// Sends a request, and expects one of these answers.
    pub(super) async fn send(
        &self,
        request: RequestBuilder,
        good: &[StatusCode],
    ) -> Result<Response, RegistryError> {
        let answer = request.send().await?;
        let status = answer.status();
        if good.contains(&status) {
            return Ok(answer);
        }
        if status == StatusCode::UNAUTHORIZED {
            // The next try signs in again.
            self.tickets.lock().await.clear();
        }
        let body = beginning(answer).await;
        Err(RegistryError::of_status(status.as_u16(), &body))
    }
}

/// Whether an address may be spoken to; `near` is whether the registry is on this machine.
fn is_admitted(to: &Url, near: bool) -> bool {
    to.scheme() == "https" || (near && to.scheme() == "http" && is_loopback(to))
}

fn follow(attempt: Attempt<'_>, near: bool) -> reqwest::redirect::Action {
    if attempt.previous().len() > REDIRECTS {
        return attempt.error("it leads from one place to the next without an end");
    }
    if is_admitted(attempt.url(), near) {
        return attempt.follow();
    }
    let place = attempt.url().origin().ascii_serialization();
    attempt.error(format!("it leads to {place}, which is not encrypted"))
}

/// The whole of an answer, of `most` bytes at most.
///
/// # Errors
/// It has more, or breaks off.
pub(super) async fn read_body(mut answer: Response, most: usize) -> Result<Bytes, RegistryError> {
    let mut all = Vec::new();
    while let Some(part) = answer.chunk().await? {
        all.extend_from_slice(&part);
        if all.len() > most {
            let detail =
                format!("it answers with more than {most} bytes, which nothing of the kind has");
            return Err(RegistryError::new(Kind::Final, detail));
        }
    }
    Ok(all.into())
}

/// What an error says, as far as it is read.
async fn beginning(mut answer: Response) -> String {
    let mut all = Vec::new();
    while let Ok(Some(part)) = answer.chunk().await {
        all.extend_from_slice(&part);
        if all.len() >= ERROR_LIMIT {
            all.truncate(ERROR_LIMIT);
            break;
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}
