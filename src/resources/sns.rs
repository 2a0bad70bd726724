//! The kinds of SNS.

kinds! {
    topic::Topic,
}
