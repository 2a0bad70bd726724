//! What is wanted and what is there, as properties: what both sums are made of.

use serde_json::Value;

use crate::engine::{Address, AnyKind, Graph, Observed, Plan, ResolveContext};

/// An object of the stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Thing {
    /// The step it is printed under.
    pub step: &'static str,
    /// Its kind, such as `db-instance`.
    pub kind: String,
    /// Its name within the kind.
    pub name: String,
    /// Its properties: of what is wanted, what the file leaves to AWS is as it is there.
    pub props: Value,
}

/// What the file declares. Of what it leaves to AWS, such as how many tasks run, it is what is there.
pub fn wanted<C: Send + Sync + 'static>(graph: &Graph<C>, observed: &Observed) -> Vec<Thing> {
    let find = |address: &_| observed.found.get(address).cloned();
    let things = graph.iter().map(|(address, entry)| {
        let live = observed.found.get(address);
        let want = entry
            .node
            .desired(&ResolveContext::new(&find, live.cloned()));
        let have = live.map_or(Value::Null, |live| entry.node.kind().props(live));
        Thing {
            step: entry.step,
            kind: address.kind().to_owned(),
            name: address.name().to_owned(),
            props: filled(want, have),
        }
    });
    things.collect()
}

/// What AWS has of the stack, with what a plan deletes. Of a kind that could not be read, it is taken to be as wanted.
pub fn present<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    kinds: &[&dyn AnyKind<C>],
    observed: &Observed,
    plan: &Plan,
) -> Vec<Thing> {
    let unread = |kind: &str| observed.unread.iter().any(|one| one.kind == kind);
    let mut things = Vec::new();
    // In the order of what is wanted, so that what is counted once for the whole stack stays in its step.
    for thing in wanted(graph, observed) {
        let address = Address::new(&*thing.kind, &*thing.name);
        if unread(&thing.kind) {
            things.push(thing);
        } else if let (Some(entry), Some(live)) =
            (graph.get(&address), observed.found.get(&address))
        {
            let props = entry.node.kind().props(live);
            things.push(Thing { props, ..thing });
        }
    }
    for orphan in observed.orphans.iter().filter(|one| one.doubt.is_none()) {
        let address = &orphan.address;
        let kind = kinds.iter().find(|kind| kind.name() == address.kind());
        let item = plan
            .items
            .iter()
            .find(|item| item.address == *address && item.orphan.as_ref() == Some(&orphan.id));
        if let (Some(kind), Some(item)) = (kind, item) {
            things.push(Thing {
                step: item.step,
                kind: address.kind().to_owned(),
                name: address.name().to_owned(),
                props: kind.props(&orphan.live),
            });
        }
    }
    things
}

/// What is wanted, with what is there where nothing is said.
fn filled(want: Value, have: Value) -> Value {
    match (want, have) {
        (Value::Object(mut want), Value::Object(have)) => {
            for (key, value) in have {
                match want.get_mut(&key) {
                    Some(amount) if amount.is_null() => *amount = value,
                    _ => {}
                }
            }
            Value::Object(want)
        }
        (want, _) => want,
    }
}
