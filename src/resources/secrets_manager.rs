//! The kinds of Secrets Manager.

pub mod secret_version;

kinds! {
    secret::Secret,
}
