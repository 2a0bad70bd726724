//! The kinds of ACM.

kinds! {
    certificate::Certificate,
}
