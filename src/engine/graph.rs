//! What a stack declares, and what needs what.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use super::{Address, Node, ResolveContext, Resource, node::Declared};

/// A typed edge: naming it in a declaration is the dependency.
pub struct Ref<R> {
    address: Address,
    kind: PhantomData<fn() -> R>,
}

impl<R> Ref<R> {
    /// The resource it names.
    pub fn address(&self) -> &Address {
        &self.address
    }
}

impl<R> Clone for Ref<R> {
    fn clone(&self) -> Self {
        Self {
            address: self.address.clone(),
            kind: PhantomData,
        }
    }
}

impl<R> fmt::Debug for Ref<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({})", self.address)
    }
}

/// One declared resource.
pub struct Entry<C> {
    /// The step it is printed under.
    pub step: &'static str,
    /// What it needs, as its declaration asked for.
    pub needs: BTreeSet<Address>,
    /// The declaration.
    pub node: Box<dyn Node<C>>,
}

/// Every declared resource, in the order of its steps.
pub struct Graph<C> {
    order: Vec<Address>,
    entries: BTreeMap<Address, Entry<C>>,
    removes_extras: bool,
}

impl<C> Default for Graph<C> {
    fn default() -> Self {
        Self {
            order: Vec::new(),
            entries: BTreeMap::new(),
            removes_extras: false,
        }
    }
}

impl<C: Send + Sync + 'static> Graph<C> {
    /// Declares a resource. What it needs must have been declared before.
    ///
    /// # Panics
    /// When the address is taken or a need is not declared: a mistake in a step, which every test meets.
    pub fn add<R: Resource<Cloud = C>>(
        &mut self,
        step: &'static str,
        name: impl Into<String>,
        declaration: R,
    ) -> Ref<R> {
        let address = Address::new(R::KIND, name);
        let nothing = |_: &Address| None;
        let seen = ResolveContext::new(&nothing, None);
        let _ = declaration.desired(&seen);
        let needs = seen.into_asked();
        for need in &needs {
            assert!(
                self.entries.contains_key(need),
                "{address} needs {need}, which is not declared before it"
            );
        }
        let entry = Entry {
            step,
            needs,
            node: Box::new(Declared::new(address.clone(), declaration)),
        };
        assert!(
            self.entries.insert(address.clone(), entry).is_none(),
            "{address} is declared twice"
        );
        self.order.push(address.clone());
        Ref {
            address,
            kind: PhantomData,
        }
    }

    /// Has what others add to its objects taken out, which otherwise stays and is reported.
    pub fn remove_extras(&mut self) {
        self.removes_extras = true;
    }

    /// Whether what others add to its objects is taken out.
    pub fn removes_extras(&self) -> bool {
        self.removes_extras
    }

    /// The declaration under an address.
    pub fn get(&self, address: &Address) -> Option<&Entry<C>> {
        self.entries.get(address)
    }

    /// Every declaration, needs before what needs them.
    pub fn iter(&self) -> impl Iterator<Item = (&Address, &Entry<C>)> {
        self.order
            .iter()
            .filter_map(|address| self.entries.get_key_value(address))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}
