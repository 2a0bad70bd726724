//! The one call of Systems Manager that ajuda makes, `StartSession`: AWS's crate for the service is the second largest
//! of all, for one request of three fields.

use serde_json::Value;

use super::signed::{SSM, Signed};
use crate::engine::Fault;

/// Systems Manager, in one region.
#[derive(Debug, Clone)]
pub struct Ssm {
    signed: Signed,
    endpoint: String,
}

impl Ssm {
    /// Systems Manager as `signed` reaches it.
    pub(super) fn new(signed: &Signed) -> Self {
        Self {
            endpoint: signed.endpoint(&SSM),
            signed: signed.clone(),
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
        self.signed.once(&SSM, "StartSession", body).await
    }
}
