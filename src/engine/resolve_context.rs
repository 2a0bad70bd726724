//! What a declaration may know of other resources while it says what it wants.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::diff::unknown;
use super::{Address, AnyLive, Ref, Resource};

/// A view of what is there, as one resource sees it. It notes every reference asked for.
pub struct ResolveContext<'a> {
    find: &'a dyn Fn(&Address) -> Option<AnyLive>,
    own: Option<AnyLive>,
    asked: RefCell<BTreeSet<Address>>,
}

impl<'a> ResolveContext<'a> {
    /// A view through `find`, for a resource whose present object is `own`.
    pub fn new(find: &'a dyn Fn(&Address) -> Option<AnyLive>, own: Option<AnyLive>) -> Self {
        Self {
            find,
            own,
            asked: RefCell::default(),
        }
    }

    /// A text of another resource (its id, its ARN …); a mark for "not known yet" until that exists.
    /// The mark survives being put into longer texts.
    pub fn text<R: Resource>(&self, of: &Ref<R>, pick: impl Fn(&R::Live) -> String) -> String {
        self.known(of, pick)
            .unwrap_or_else(|| unknown(of.address()))
    }

    /// What another resource says of itself; `None` until it exists. What becomes part of a property is asked
    /// for by [`Self::text`], which marks what is not known yet.
    pub fn known<R: Resource, T>(&self, of: &Ref<R>, pick: impl Fn(&R::Live) -> T) -> Option<T> {
        self.asked.borrow_mut().insert(of.address().clone());
        let live = (self.find)(of.address())?;
        live.downcast_ref::<R::Live>().map(pick)
    }

    /// Comes after another resource without naming anything of it.
    pub fn after<R: Resource>(&self, other: &Ref<R>) {
        self.asked.borrow_mut().insert(other.address().clone());
    }

    /// What AWS has of this very resource: for fields that the file leaves to what runs.
    pub fn live<R: Resource>(&self) -> Option<&R::Live> {
        self.own.as_ref()?.downcast_ref()
    }

    /// A name that was chosen when the object was made: one that is there keeps its own, whatever
    /// would be chosen now, so that renaming an address or adopting an object replaces nothing.
    pub fn name<R: Resource>(&self, chosen: &str, of: impl Fn(&R::Live) -> String) -> String {
        self.live::<R>().map_or_else(|| chosen.to_owned(), of)
    }

    /// Every reference asked for so far.
    pub fn into_asked(self) -> BTreeSet<Address> {
        self.asked.into_inner()
    }
}
