//! A reference to a resource of the stack, or to an object that was there before it.

use super::{Ref, ResolveContext, Resource};

/// Names another object: one that the stack declares, or one that exists already by its id.
#[derive(Debug)]
pub enum Link<R> {
    /// Declared in this stack.
    To(Ref<R>),
    /// There already; its id as AWS gives it.
    Id(String),
}

impl<R> Clone for Link<R> {
    fn clone(&self) -> Self {
        match self {
            Self::To(reference) => Self::To(reference.clone()),
            Self::Id(id) => Self::Id(id.clone()),
        }
    }
}

impl<R> From<Ref<R>> for Link<R> {
    fn from(reference: Ref<R>) -> Self {
        Self::To(reference)
    }
}

impl<R> From<&Ref<R>> for Link<R> {
    fn from(reference: &Ref<R>) -> Self {
        Self::To(reference.clone())
    }
}

impl<R: Resource> Link<R> {
    /// The id: picked from what AWS answered, or as given.
    pub fn id(&self, seen: &ResolveContext<'_>, pick: impl Fn(&R::Live) -> String) -> String {
        match self {
            Self::To(reference) => seen.text(reference, pick),
            Self::Id(id) => id.clone(),
        }
    }
}
