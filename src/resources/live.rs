//! An object as AWS has it, of the kinds that have little more to say of one than their properties.

use crate::aws::Tags;

/// An object with an id of AWS's, its properties and all of its tags.
#[derive(Debug, Clone)]
pub struct Live<P, M = ()> {
    /// AWS's id of it, such as `vpc-…`.
    pub id: String,
    /// What can be said of it. Its tags there are those that a stack file speaks of.
    pub(super) props: P,
    /// Every tag that it carries.
    pub(super) tags: Tags,
    /// What is known of it beside its properties.
    pub(super) more: M,
}

impl<P: Clone, M: Clone> Live<P, M> {
    /// The same, after it was made or changed to be what is wanted.
    pub(super) fn brought_to(&self, want: &P, tags: Tags) -> Self {
        Self {
            props: want.clone(),
            tags,
            ..self.clone()
        }
    }
}

/// An object with a name and an ARN, its properties and all of its tags.
#[derive(Debug, Clone)]
pub struct Named<P> {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// What can be said of it. What its tags say is told by `tags`.
    pub(super) props: P,
    /// Every tag that it carries.
    pub(super) tags: Tags,
}

impl<P: Clone> Named<P> {
    /// The same, after it was changed to be what is wanted.
    pub(super) fn brought_to(&self, want: &P, tags: Tags) -> Self {
        Self {
            props: want.clone(),
            tags,
            ..self.clone()
        }
    }
}
