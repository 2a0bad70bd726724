//! What answers on this machine is reached straight, never through a proxy of the environment.

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use url::Url;

use super::endpoint::is_loopback;

/// The client for an endpoint of this machine, without proxies; `None` for any other, where the SDK's own
/// client minds `HTTPS_PROXY` and its like.
pub(super) fn client(endpoint: &str) -> Option<SharedHttpClient> {
    let url = Url::parse(endpoint).ok()?;
    is_loopback(&url).then(|| {
        Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build_https()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_this_machine_needs_no_proxy() {
        for endpoint in [
            "http://127.0.0.1:4566",
            "http://localhost:4566/x",
            "https://[::1]:1?y",
        ] {
            assert!(client(endpoint).is_some(), "{endpoint}");
        }
        for endpoint in [
            "https://sts.amazonaws.com",
            "http://127.0.0.1@example.com",
            "127.0.0.1:4566",
        ] {
            assert!(client(endpoint).is_none(), "{endpoint}");
        }
    }
}
