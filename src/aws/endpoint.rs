//! Where requests go when that is not AWS's own host: `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>`
//! and `endpoint_url` of the profile ("Service-specific endpoints", AWS SDKs and Tools reference).
//!
//! Whoever sets one of them gets every request with what is in it, values of secrets included. So they
//! are named, and only this machine is spoken to without TLS.

use std::collections::BTreeMap;
use std::fmt;

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use url::{Host, Url};

use crate::engine::{Class, Fault};

/// The ids of the services that are called, by us and for credentials, as their API models have them.
const SERVICES: [&str; 31] = [
    "ACM",
    "Application Auto Scaling",
    "Bedrock",
    "CloudTrail",
    "CloudWatch",
    "CloudWatch Logs",
    "Config Service",
    "Cost Explorer",
    "EC2",
    "ECR",
    "ECS",
    "ElastiCache",
    "Elastic Load Balancing v2",
    "FreeTier",
    "GuardDuty",
    "IAM",
    "KMS",
    "Pricing",
    "RDS",
    "Resource Groups Tagging API",
    "Route 53",
    "S3",
    "Secrets Manager",
    "Service Quotas",
    "ServiceDiscovery",
    "SNS",
    "SSM",
    "SSO",
    "SSO OIDC",
    "STS",
    "WAFV2",
];

/// An endpoint that is not AWS's own, and whose requests go there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Scheme, host and port.
    pub url: String,
    /// The services; empty for all.
    pub services: Vec<&'static str>,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.services.as_slice() {
            [] => f.write_str(&self.url),
            services => write!(f, "{} ({})", self.url, services.join(", ")),
        }
    }
}

/// The endpoint of one service, when one is set.
pub(super) fn of(config: &SdkConfig, service: &str) -> Option<String> {
    let general = || config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return general();
    }
    let key = ServiceConfigKey::builder()
        .service_id(service)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    let own = config.service_config()?.load_config(key);
    own.or_else(general)
}

/// Every endpoint that is not AWS's own.
///
/// # Errors
/// One is not a valid URL, or is elsewhere and without TLS.
pub(super) fn all(config: &SdkConfig) -> Result<Vec<Endpoint>, Fault> {
    let mut services: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for service in SERVICES {
        if let Some(set) = of(config, service) {
            services
                .entry(check(service, &set)?)
                .or_default()
                .push(service);
        }
    }
    Ok(services
        .into_iter()
        .map(|(url, services)| Endpoint {
            url,
            services: if services.len() == SERVICES.len() {
                Vec::new()
            } else {
                services
            },
        })
        .collect())
}

/// The endpoint without what may be secret in it.
fn check(service: &str, set: &str) -> Result<String, Fault> {
    let wrong = |why: &str, hint: &str| {
        let message = format!("the endpoint of {service} {why}");
        Fault::new("endpoint", Class::Invalid, message).hint(hint)
    };
    let whence =
        "see AWS_ENDPOINT_URL, its variants for single services and `endpoint_url` of the profile";
    let url = Url::parse(set).map_err(|_| {
        let hint = format!("unset it, or write it like `http://127.0.0.1:4566`; {whence}");
        wrong(
            if set.is_empty() {
                "is set, but empty"
            } else {
                "is not a valid URL"
            },
            &hint,
        )
    })?;
    let place = url.origin().ascii_serialization();
    match url.scheme() {
        "https" => Ok(place),
        "http" if is_loopback(&url) => Ok(place),
        "http" => Err(wrong(
            &format!("is {place}: another machine, and no TLS"),
            &format!(
                "requests carry the values of secrets, so only this machine is spoken to without TLS: \
                 use https, or unset it; {whence}"
            ),
        )),
        _ => Err(wrong("is not an http or https URL", whence)),
    }
}

/// Whether a URL leads to this machine: `127.0.0.0/8`, `::1` or `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn only_this_machine_is_spoken_to_without_tls() {
        for (set, place) in [
            ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
            ("http://127.8.9.10:80/path", "http://127.8.9.10"),
            ("http://[::1]:5000/", "http://[::1]:5000"),
            ("http://LocalHost:5000", "http://localhost:5000"),
            (
                "https://vpce-1.ecs.us-east-1.vpce.amazonaws.com",
                "https://vpce-1.ecs.us-east-1.vpce.amazonaws.com",
            ),
            (
                "https://user:password@example.org/x?y",
                "https://example.org",
            ),
        ] {
            assert_eq!(check("ECS", set).ok().as_deref(), Some(place), "{set}");
        }
        for (set, words) in [
            ("http://10.0.0.1:4566", "another machine, and no TLS"),
            ("http://localstack:4566", "another machine, and no TLS"),
            (
                "http://localhost.example.org",
                "another machine, and no TLS",
            ),
            (
                "http://127.0.0.1@example.org",
                "another machine, and no TLS",
            ),
            ("http://128.0.0.1", "another machine, and no TLS"),
            ("ftp://127.0.0.1", "is not an http or https URL"),
            ("127.0.0.1:4566", "is not a valid URL"),
            ("", "is set, but empty"),
        ] {
            let refused = check("ECS", set).map_err(|fault| fault.message);
            assert!(
                refused
                    .as_ref()
                    .is_err_and(|message| message.contains(words)),
                "{set}: {refused:?}"
            );
        }
    }
}
