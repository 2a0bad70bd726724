//! AWS's time, as its answers tell it: two operators' own clocks need not agree.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::{DateTime, Format};
use tokio::time::Instant;

/// Reads the `Date` header of every answer to a request that it is attached to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock {
    heard: Arc<Mutex<Option<(i64, Instant)>>>,
}

impl Clock {
    /// Milliseconds since the epoch: AWS's, to the second; ours until AWS has answered.
    pub(crate) fn now(&self) -> i64 {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        match heard {
            Some((then, at)) => then + super::millis(at.elapsed()),
            None => super::millis(
                SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default(),
            ),
        }
    }
}

impl Clock {
    /// Milliseconds by which AWS's clock is ahead of this machine's, to the second; `None` until AWS has answered.
    pub(crate) fn ahead(&self) -> Option<i64> {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard?;
        let ours = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        Some(self.now() - super::millis(ours))
    }
}

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "AwsTime"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let server_time = date.and_then(|text| DateTime::from_str(text, Format::HttpDate).ok());
        if let Some(time) = server_time.and_then(|time| time.to_millis().ok()) {
            *self.heard.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((time, Instant::now()));
        }
        Ok(())
    }
}
