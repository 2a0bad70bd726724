//! What answers on this machine is reached straight, never through a proxy of the environment.

use std::net::Ipv4Addr;

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Whether a host, with or without a port, is this machine.
pub fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost")
        || name == "[::1]"
        || name.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
}

/// The client for an endpoint of this machine, without proxies; `None` for any other, where the SDK's own
/// client minds `HTTPS_PROXY` and its like.
pub(super) fn client(endpoint: &str) -> Option<SharedHttpClient> {
    let (_, rest) = endpoint.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    is_loopback(host).then(|| {
        Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build_https()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_few_names() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:5000",
            "127.8.9.1",
            "localhost",
            "LOCALHOST:1",
            "[::1]",
            "[::1]:80",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "127.0.0.1.example.com",
            "localhost.example.com",
            "10.0.0.1:127",
            "example.com:80",
            "::2",
            "",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
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
