//! How requests leave this machine: what is on it is reached straight, everything else as `HTTPS_PROXY`
//! and `NO_PROXY` say, and only what the operator trusts is spoken to.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::time::timeout;
use url::{Host, Url};

use super::ca_bundle::CaBundle;
use super::endpoint::is_loopback;

/// How long nothing may come before the operator is told.
const SILENCE: Duration = Duration::from_secs(5);

/// Tells the operator, once a run, that something does not answer and is tried again.
#[derive(Clone, Default)]
pub struct Notice(Option<Arc<NoticeState>>);

struct NoticeState {
    tell: Box<dyn Fn(&str) + Send + Sync>,
    done: AtomicBool,
}

impl Notice {
    /// Tells it this way.
    pub fn new(tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(NoticeState {
            tell: Box::new(tell),
            done: AtomicBool::new(false),
        })))
    }

    fn report(&self, text: &str) {
        if let Some(reported) = &self.0
            && !reported.done.swap(true, Ordering::Relaxed)
        {
            (reported.tell)(text);
        }
    }
}

impl fmt::Debug for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notice")
    }
}

/// The client of every request to AWS. `bundle` replaces the system's certificate authorities, as it does
/// in the AWS CLI.
pub(super) fn client(bundle: Option<&CaBundle>, notice: Notice) -> SharedHttpClient {
    let trust = match bundle {
        None => TrustStore::default(),
        Some(bundle) => TrustStore::empty().with_pem_certificate(bundle.pem()),
    };
    // Nothing in it can be wrong: `CaBundle` has read it.
    let tls = TlsContext::builder().with_trust_store(trust).build();
    let tls = tls.unwrap_or_default();
    SharedHttpClient::new(Client {
        straight: route(tls.clone(), ProxyConfig::disabled),
        proxied: route(tls, ProxyConfig::from_env),
        notice,
    })
}

/// As the SDK makes its own client (`default_https_client` in aws-smithy-runtime), with these certificates
/// and this proxy.
fn route(tls: TlsContext, proxy: fn() -> ProxyConfig) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(tls.clone())
            .proxy_config(proxy());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.build()
    })
}

#[derive(Debug)]
struct Client {
    straight: SharedHttpClient,
    proxied: SharedHttpClient,
    notice: Notice,
}

impl HttpClient for Client {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Routes {
            straight: self.straight.clone(),
            proxied: self.proxied.clone(),
            notice: self.notice.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

/// Sends each request the way that its host needs.
#[derive(Debug)]
struct Routes {
    straight: SharedHttpClient,
    proxied: SharedHttpClient,
    notice: Notice,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for Routes {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let url = Url::parse(request.uri()).ok();
        let route = match &url {
            Some(url) if is_loopback(url) => &self.straight,
            _ => &self.proxied,
        };
        let connector = route.http_connector(&self.settings, &self.components);
        let call = connector.call(request);
        // Not everybody has a metadata service: that nothing answers there is how one finds out.
        let Some(url) = url.filter(|url| !is_metadata(url)) else {
            return call;
        };
        let notice = self.notice.clone();
        HttpConnectorFuture::new(async move {
            tokio::pin!(call);
            let place = url.origin().ascii_serialization();
            let Ok(ended) = timeout(SILENCE, &mut call).await else {
                let seconds = SILENCE.as_secs();
                notice.report(&format!(
                    "{place} has not answered for {seconds} seconds; waiting, and trying again"
                ));
                return call.await;
            };
            if let Err(error) = &ended
                && (error.is_io() || error.is_timeout())
            {
                notice.report(&format!(
                    "cannot reach {place} ({}); trying again",
                    cause(error)
                ));
            }
            ended
        })
    }
}

/// Whether this is where machines and containers of AWS are given credentials ("Instance metadata and user
/// data" in the EC2 user guide, "Task IAM role" in the ECS developer guide).
fn is_metadata(url: &Url) -> bool {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::from(address),
        Some(Host::Ipv6(address)) => IpAddr::from(address),
        _ => return false,
    };
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unique_local(),
    }
}

fn cause(error: &ConnectorError) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_credentials_come_from_is_not_missed() {
        for (url, metadata) in [
            ("http://169.254.169.254/latest/api/token", true),
            ("http://169.254.170.2/v2/credentials", true),
            ("http://[fd00:ec2::254]/latest", true),
            ("https://sts.amazonaws.com", false),
            ("http://127.0.0.1:4566", false),
        ] {
            assert_eq!(is_metadata(&Url::parse(url).unwrap()), metadata, "{url}");
        }
    }
}
