//! The kinds of ECR.

kinds! {
    repository::Repository,
}
