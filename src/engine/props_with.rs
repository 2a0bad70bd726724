//! Properties, and beside them what a call needs that nothing is compared with.

use std::ops::Deref;

use serde::{Serialize, Serializer};

use super::{Class, Fault};

/// What can be said of an object, and what making or changing it takes beside that, such as the ARN of what
/// carries its tags: that is known only of what is wanted, and is neither compared, nor shown, nor noted.
#[derive(Debug, Clone)]
pub struct PropsWith<P, B> {
    props: P,
    extra: Option<B>,
}

impl<P, B> PropsWith<P, B> {
    /// Of what is wanted.
    pub fn wanted(props: P, extra: B) -> Self {
        Self {
            props,
            extra: Some(extra),
        }
    }

    /// Of what is there.
    pub fn observed(props: P) -> Self {
        Self { props, extra: None }
    }

    /// What a call needs.
    ///
    /// # Errors
    /// Of what is there it is not known: a mistake in ajuda.
    pub fn extra(&self) -> Result<&B, Fault> {
        self.extra.as_ref().ok_or_else(|| {
            Fault::new(
                std::any::type_name::<B>(),
                Class::Other,
                "what is there tells nothing of how it is made: a mistake in ajuda",
            )
        })
    }
}

impl<P, B> Deref for PropsWith<P, B> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.props
    }
}

impl<P: Serialize, B> Serialize for PropsWith<P, B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.props.serialize(serializer)
    }
}
