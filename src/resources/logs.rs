//! The kinds of CloudWatch Logs.

kinds! {
    log_group::LogGroup,
}
