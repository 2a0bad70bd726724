//! The kinds of S3.

kinds! {
    bucket::Bucket,
}
