//! The one call of Systems Manager that ajuda makes, `StartSession`, signed here: AWS's crate for the
//! service is the second largest of all, for one request of three fields.

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
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

const OPERATION: &str = "ssm:StartSession";
const TARGET: &str = "AmazonSSM.StartSession";
const TYPE: &str = "application/x-amz-json-1.1";

/// Systems Manager, in one region.
#[derive(Debug, Clone)]
pub struct Ssm {
    config: SdkConfig,
    region: String,
    endpoint: String,
}

impl Ssm {
    /// Systems Manager as `config` reaches it; `partition` is that of the caller's ARN.
    pub(super) fn new(config: &SdkConfig, partition: &str, region: &str) -> Self {
        let suffix = regions::suffix_of(partition);
        let own = super::endpoint::of(config, "SSM");
        Self {
            endpoint: own.unwrap_or_else(|| format!("https://ssm.{region}.{suffix}")),
            config: config.clone(),
            region: region.to_owned(),
        }
    }

    /// Where it is: the session manager plugin is told as well.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// `StartSession` with this body; the answer has `SessionId`, `StreamUrl` and `TokenValue`. Sent
    /// once: a session that nobody joins ends by itself.
    ///
    /// # Errors
    /// The fault of the request.
    pub async fn start_session(&self, body: &Value) -> Result<Value, Fault> {
        let request = self.signed(body.to_string()).await?;
        let operation = Operation::builder()
            .service_name("SSM")
            .operation_name("StartSession")
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .no_auth()
            .no_retry()
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_timeout(Duration::from_secs(30))
                    .build(),
            )
            .serializer(|request: HttpRequest| Ok(request))
            .deserializer(answer)
            .build();
        let answer = operation.invoke(request).await.map_err(|error| {
            let mut fault = Fault::new(OPERATION, Class::Unreachable, innermost(&error));
            fault.sent = Sent::Maybe;
            fault
        })?;
        answer.value()
    }

    async fn signed(&self, body: String) -> Result<HttpRequest, Fault> {
        let provider = self
            .config
            .credentials_provider()
            .ok_or_else(|| Fault::new(OPERATION, Class::Credentials, "there are no credentials"))?;
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(|error| Fault::new(OPERATION, Class::Credentials, innermost(&error)))?;
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("ssm")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(unsigned)?
            .into();
        let uri = format!("{}/", self.endpoint.trim_end_matches('/'));
        let headers = [("content-type", TYPE), ("x-amz-target", TARGET)];
        let signable = SignableRequest::new(
            "POST",
            &uri,
            headers.into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        )
        .map_err(unsigned)?;
        let (signature, _) = sign(signable, &params).map_err(unsigned)?.into_parts();
        let signed: Vec<(String, String)> = signature
            .headers()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("POST").map_err(unsigned)?;
        request.set_uri(uri.as_str()).map_err(unsigned)?;
        for (name, value) in headers {
            request.headers_mut().insert(name, value);
        }
        for (name, value) in signed {
            request.headers_mut().insert(name, value);
        }
        Ok(request)
    }
}

fn unsigned(error: impl std::error::Error) -> Fault {
    Fault::new(OPERATION, Class::Other, innermost(&error))
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
    body: Vec<u8>,
}

fn answer(response: &HttpResponse) -> Result<Answer, OrchestratorError<Infallible>> {
    Ok(Answer {
        good: response.status().is_success(),
        request_id: response
            .headers()
            .get("x-amzn-requestid")
            .map(str::to_owned),
        body: response.body().bytes().unwrap_or_default().to_vec(),
    })
}

impl Answer {
    /// What was asked for, or the fault: its code is in `__type`, as `namespace#Code`.
    fn value(self) -> Result<Value, Fault> {
        let said: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        if self.good {
            return Ok(said);
        }
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| said[*name].as_str());
            found.unwrap_or_default().to_owned()
        };
        let kind = text(&["__type", "code"]);
        let code = kind.rsplit('#').next().unwrap_or("Unknown").to_owned();
        let message = text(&["message", "Message"]);
        Err(Fault {
            class: classify(&code, &message),
            code,
            request_id: self.request_id,
            ..Fault::new(OPERATION, Class::Other, message)
        })
    }
}
