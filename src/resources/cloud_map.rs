//! The kinds of Cloud Map.

kinds! {
    namespace::Namespace,
}
