//! Where a bucket or a load balancer writes its log of requests.

use std::fmt;

use serde::Serialize;

/// The bucket and prefix of a log; nowhere where it is off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct AccessLogTarget(Option<Place>);

/// Where a log goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Place {
    pub(super) bucket: String,
    pub(super) prefix: String,
}

impl AccessLogTarget {
    /// Into a bucket, under a prefix.
    pub(super) fn to(bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self(Some(Place {
            bucket: bucket.into(),
            prefix: prefix.into(),
        }))
    }

    /// Where it goes; `None` where it is off.
    pub(super) fn place(&self) -> Option<&Place> {
        self.0.as_ref()
    }
}

impl fmt::Display for AccessLogTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(Place { bucket, prefix }) => write!(f, "{bucket}/{prefix}"),
            None => f.write_str("off"),
        }
    }
}
