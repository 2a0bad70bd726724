//! The kinds of Secrets Manager.

pub mod held_secret;

kinds! {
    secret::Secret,
}
