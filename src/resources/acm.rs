//! The kinds of ACM.

mod certificate_parts;
mod certificate_request;

kinds! {
    certificate::Certificate,
}
