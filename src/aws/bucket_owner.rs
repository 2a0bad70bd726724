//! Every call of a bucket names the account that it must belong to.
//!
//! Names of buckets are shared by all accounts, and a stranger's bucket can let everybody in and carry our
//! tags (S3 user guide, "Verifying bucket ownership with bucket owner condition").

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

const HEADER: &str = "x-amz-expected-bucket-owner";

/// The calls that know no owner: `CreateBucket` makes the bucket in the caller's account, and `ListBuckets`
/// lists that account's (S3 API).
const WITHOUT: &[&str] = &["CreateBucket", "ListBuckets"];

/// Sets `x-amz-expected-bucket-owner` on every request of a client of S3: S3 answers 403 `AccessDenied` when
/// the bucket is another account's.
#[derive(Debug)]
pub(super) struct ExpectedBucketOwner {
    /// Twelve digits.
    pub(super) account: String,
}

impl Intercept for ExpectedBucketOwner {
    fn name(&self) -> &'static str {
        "ExpectedBucketOwner"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = config.load::<Metadata>().map(Metadata::name);
        if !operation.is_some_and(|name| WITHOUT.contains(&name)) {
            let headers = context.request_mut().headers_mut();
            headers.try_insert(HEADER, self.account.clone())?;
        }
        Ok(())
    }
}
