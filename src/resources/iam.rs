//! The kinds of IAM.

pub mod policy;

kinds! {
    role::Role,
}
