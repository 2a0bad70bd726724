//! Requests of services that ajuda asks for one thing each, signed here instead of by a crate of AWS's for each
//! (`docs/decisions/0017-calls-signed-here.md`).

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::Value;

use super::classify;
use crate::engine::{Class, Fault, Sent};
use crate::regions;

const TYPE: &str = "application/x-amz-json-1.1";
/// How often a reading call is sent, and for how long it pauses in between.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(400);

/// A service that is asked without a crate of its own.
#[derive(Debug, Clone, Copy)]
pub struct JsonService {
    /// The id of its API model, which `AWS_ENDPOINT_URL_…` goes by.
    pub id: &'static str,
    /// Its signing name, which is the first part of its host and the prefix of its actions.
    pub name: &'static str,
    /// The first part of `X-Amz-Target`; empty for a service that speaks REST.
    pub target: &'static str,
    /// The one place that it has, with its region, where it has no host in each region.
    pub only: Option<(&'static str, &'static str)>,
}

impl JsonService {
    /// One that has a host in each region.
    const fn regional(id: &'static str, name: &'static str, target: &'static str) -> Self {
        Self {
            id,
            name,
            target,
            only: None,
        }
    }
}

/// Systems Manager.
pub(super) const SSM: JsonService = JsonService::regional("SSM", "ssm", "AmazonSSM");
/// Service Quotas.
pub const SERVICE_QUOTAS: JsonService =
    JsonService::regional("Service Quotas", "servicequotas", "ServiceQuotasV20190624");
/// Key Management Service.
pub const KMS: JsonService = JsonService::regional("KMS", "kms", "TrentService");
/// AWS Config.
pub const CONFIG: JsonService =
    JsonService::regional("Config Service", "config", "StarlingDoveService");
/// CloudTrail.
pub const CLOUDTRAIL: JsonService = JsonService::regional(
    "CloudTrail",
    "cloudtrail",
    "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
);
/// GuardDuty.
pub const GUARDDUTY: JsonService = JsonService::regional("GuardDuty", "guardduty", "");
/// AWS Free Tier, which has one host ("AWS Free Tier endpoints" in the AWS General Reference).
pub const FREE_TIER: JsonService = JsonService {
    id: "FreeTier",
    name: "freetier",
    target: "AWSFreeTierService",
    only: Some(("freetier.us-east-1.api.aws", "us-east-1")),
};

/// AWS's price list: it has three hosts, and each knows the prices of every region ("AWS Billing and Cost Management
/// endpoints" in the AWS General Reference).
pub const PRICING: [JsonService; 3] = [
    pricing("api.pricing.us-east-1.amazonaws.com", "us-east-1"),
    pricing("api.pricing.eu-central-1.amazonaws.com", "eu-central-1"),
    pricing("api.pricing.ap-south-1.amazonaws.com", "ap-south-1"),
];
/// Cost Explorer, which has one host (same place).
pub const COST_EXPLORER: JsonService = JsonService {
    id: "Cost Explorer",
    name: "ce",
    target: "AWSInsightsIndexService",
    only: Some(("ce.us-east-1.amazonaws.com", "us-east-1")),
};

const fn pricing(host: &'static str, region: &'static str) -> JsonService {
    JsonService {
        id: "Pricing",
        name: "pricing",
        target: "AWSPriceListService",
        only: Some((host, region)),
    }
}

/// A request before it is signed.
#[derive(Clone, Copy)]
struct Call<'a> {
    service: &'a JsonService,
    operation: &'static str,
    method: &'static str,
    path: &'a str,
    body: &'a str,
}

impl<'a> Call<'a> {
    /// In AWS's JSON protocol.
    fn json(service: &'a JsonService, operation: &'static str, body: &'a str) -> Self {
        Self {
            service,
            operation,
            method: "POST",
            path: "/",
            body,
        }
    }

    /// Its action in policies.
    fn action(&self) -> String {
        format!("{}:{}", self.service.name, self.operation)
    }
}

/// How long credentials are good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Whether they end: those of a session do.
    pub temporary: bool,
    /// Whether whoever gave them out gives out new ones: not those of the environment.
    pub renewed: bool,
    /// When they end, where that is known.
    pub ends: Option<SystemTime>,
}

/// How long before its credentials end a run stops: what it has begun can end, and its lease can be given back.
pub const RESERVE: Duration = Duration::from_secs(60);

impl Lifetime {
    /// How long they are good for at `now`; `None` where they do not end, are renewed, or nothing says when.
    pub fn left(&self, now: SystemTime) -> Option<Duration> {
        let ends = self.ends.filter(|_| self.temporary && !self.renewed)?;
        Some(ends.duration_since(now).unwrap_or_default())
    }
}

/// Signs and sends requests to one region.
#[derive(Debug, Clone)]
pub struct Signed {
    config: SdkConfig,
    suffix: &'static str,
    region: String,
}

impl Signed {
    /// As `config` reaches AWS; `partition` is that of the caller's ARN.
    pub(super) fn new(config: &SdkConfig, partition: &str, region: &str) -> Self {
        Self {
            config: config.clone(),
            suffix: regions::suffix_of(partition),
            region: region.to_owned(),
        }
    }

    /// Where a service is.
    pub(super) fn endpoint(&self, service: &JsonService) -> String {
        let own = super::endpoint::of(&self.config, service.id);
        own.unwrap_or_else(|| match service.only {
            Some((host, _)) => format!("https://{host}"),
            None => format!("https://{}.{}.{}", service.name, self.region, self.suffix),
        })
    }

    /// What a call in AWS's JSON protocol that only reads answers; tried again when it is throttled or not answered.
    ///
    /// # Errors
    /// The fault of the last request.
    pub async fn read(
        &self,
        service: &JsonService,
        operation: &'static str,
        body: &Value,
    ) -> Result<Value, Fault> {
        let body = body.to_string();
        self.again(Call::json(service, operation, &body)).await
    }

    /// What a call in REST answers that only reads, at `path`; tried again as [`Self::read`].
    ///
    /// # Errors
    /// The fault of the last request.
    pub async fn get(
        &self,
        service: &JsonService,
        operation: &'static str,
        path: &str,
    ) -> Result<Value, Fault> {
        let call = Call {
            method: "GET",
            path,
            ..Call::json(service, operation, "")
        };
        self.again(call).await
    }

    async fn again(&self, call: Call<'_>) -> Result<Value, Fault> {
        let mut attempt = 1;
        loop {
            match self.send(call).await {
                Err(fault)
                    if attempt < ATTEMPTS
                        && matches!(fault.class, Class::Throttled | Class::Unreachable) =>
                {
                    tokio::time::sleep(PAUSE * attempt).await;
                    attempt += 1;
                }
                answer => return answer,
            }
        }
    }

    /// What a call in AWS's JSON protocol answers, sent once.
    ///
    /// # Errors
    /// The fault of the request.
    pub(super) async fn once(
        &self,
        service: &JsonService,
        operation: &'static str,
        body: &Value,
    ) -> Result<Value, Fault> {
        let body = body.to_string();
        self.send(Call::json(service, operation, &body)).await
    }

    async fn send(&self, call: Call<'_>) -> Result<Value, Fault> {
        let action = call.action();
        let request = self.request(call).await?;
        let endpoint = self.endpoint(call.service);
        let mut sent = Operation::builder()
            .service_name(call.service.id)
            .operation_name(call.operation)
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&endpoint)
            .no_auth()
            .no_retry()
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_timeout(Duration::from_secs(30))
                    .build(),
            );
        // The one that trusts the authorities of the operator's network.
        if let Some(client) = self.config.http_client() {
            sent = sent.http_client(client);
        }
        let sent = sent
            .serializer(|request: HttpRequest| Ok(request))
            .deserializer(answer)
            .build();
        let answer = sent.invoke(request).await.map_err(|error| {
            let mut fault = Fault::new(&action, Class::Unreachable, innermost(&error));
            fault.sent = Sent::Maybe;
            fault
        })?;
        answer.value(&action)
    }

    /// How long the credentials that sign are good for.
    ///
    /// # Errors
    /// There are none.
    pub async fn lifetime(&self) -> Result<Lifetime, Fault> {
        let credentials = self.credentials("credentials").await?;
        let var = |name| std::env::var(name).ok();
        let is_in_environment =
            var("AWS_ACCESS_KEY_ID").as_deref() == Some(credentials.access_key_id());
        // aws-vault, `aws configure export-credentials` and others write it beside the keys.
        let reply = var("AWS_CREDENTIAL_EXPIRATION").filter(|_| is_in_environment);
        let reply = reply.and_then(|text| {
            let format = aws_smithy_types::date_time::Format::DateTimeWithOffset;
            SystemTime::try_from(aws_smithy_types::DateTime::from_str(&text, format).ok()?).ok()
        });
        Ok(Lifetime {
            temporary: credentials.session_token().is_some(),
            renewed: !is_in_environment,
            ends: credentials.expiry().or(reply),
        })
    }

    async fn credentials(&self, action: &str) -> Result<Credentials, Fault> {
        let provider = self
            .config
            .credentials_provider()
            .ok_or_else(|| Fault::new(action, Class::Credentials, "there are no credentials"))?;
        let credentials = provider.provide_credentials().await;
        credentials.map_err(|error| Fault::new(action, Class::Credentials, innermost(&error)))
    }

    async fn request(&self, call: Call<'_>) -> Result<HttpRequest, Fault> {
        let Call {
            service,
            operation,
            method,
            path,
            body,
        } = call;
        let action = call.action();
        let unsigned = |error: &dyn std::error::Error| {
            Fault::new(action.as_str(), Class::Other, innermost(error))
        };
        let identity = self.credentials(&action).await?.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(service.only.map_or(&*self.region, |(_, region)| region))
            .name(service.name)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| unsigned(&error))?
            .into();
        let uri = format!("{}{path}", self.endpoint(service).trim_end_matches('/'));
        let target = format!("{}.{operation}", service.target);
        let headers = match service.target {
            "" => vec![("content-type", "application/json")],
            _ => vec![("content-type", TYPE), ("x-amz-target", target.as_str())],
        };
        let signable = SignableRequest::new(
            method,
            &uri,
            headers.iter().copied(),
            SignableBody::Bytes(body.as_bytes()),
        )
        .map_err(|error| unsigned(&error))?;
        let (signature, _) = sign(signable, &params)
            .map_err(|error| unsigned(&error))?
            .into_parts();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request
            .set_method(method)
            .map_err(|error| unsigned(&error))?;
        request
            .set_uri(uri.as_str())
            .map_err(|error| unsigned(&error))?;
        for (name, value) in headers {
            request.headers_mut().insert(name, value.to_owned());
        }
        for (name, value) in signature.headers() {
            request
                .headers_mut()
                .insert(name.to_owned(), value.to_owned());
        }
        Ok(request)
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest.to_string()
}

/// An answer as it came.
#[derive(Debug)]
struct Answer {
    good: bool,
    request_id: Option<String>,
    /// The code of an error, where the protocol has it in a header.
    kind: Option<String>,
    body: Vec<u8>,
}

fn answer(response: &HttpResponse) -> Result<Answer, OrchestratorError<Infallible>> {
    let header = |name| response.headers().get(name).map(str::to_owned);
    Ok(Answer {
        good: response.status().is_success(),
        request_id: header("x-amzn-requestid"),
        kind: header("x-amzn-errortype"),
        body: response.body().bytes().unwrap_or_default().to_vec(),
    })
}

impl Answer {
    /// What was asked for, or the fault: its code is in `__type`, as `namespace#Code`, or in a header, as `Code:URL`.
    fn value(self, action: &str) -> Result<Value, Fault> {
        let reply: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        if self.good {
            return Ok(reply);
        }
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| reply[*name].as_str());
            found.map(str::to_owned)
        };
        let kind = text(&["__type", "code"]).or(self.kind).unwrap_or_default();
        let code = kind.split(':').next().unwrap_or_default();
        let code = code.rsplit('#').next().unwrap_or("Unknown").to_owned();
        let message = text(&["message", "Message"]).unwrap_or_default();
        Err(Fault {
            class: classify(&code, &message),
            code,
            request_id: self.request_id,
            ..Fault::new(action, Class::Other, message)
        })
    }
}
