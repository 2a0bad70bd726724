//! Random graphs.

use std::collections::{BTreeMap, BTreeSet};

use ajuda::engine::{Graph, Ref};
use proptest::prelude::*;

use crate::fake::{Cloud, Late, Made, Only, Thing};

/// One thing of a graph.
#[derive(Debug, Clone)]
struct Node {
    seconds: u64,
    fails: bool,
    /// 0 is a thing, 1 an `only`, 2 a `late`.
    sort: u8,
    size: u32,
    color: &'static str,
    needs: BTreeSet<usize>,
}

/// A graph: each thing needs some of those before it.
#[derive(Debug, Clone)]
pub struct Shape(Vec<Node>);

/// Address, size, colour and needs of each, sorted.
pub type World = Vec<(String, u32, String, Vec<String>)>;

/// Up to 23 things that take up to a minute; one of ten fails, three of ten are `only`s, and
/// two are `late`s.
pub fn shapes() -> impl Strategy<Value = Shape> {
    let needs = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    let node = (
        0_u64..60,
        prop::bool::weighted(0.1),
        prop_oneof![5 => Just(0_u8), 3 => Just(1), 2 => Just(2)],
        needs,
    );
    prop::collection::vec(node, 1..24).prop_map(|nodes| {
        let nodes = nodes.into_iter().enumerate();
        let nodes = nodes.map(|(index, (seconds, fails, sort, needs))| Node {
            seconds,
            fails,
            sort,
            size: 1,
            color: "red",
            needs: match index {
                0 => BTreeSet::new(),
                _ => needs.iter().map(|need| need.index(index)).collect(),
            },
        });
        Shape(nodes.collect())
    })
}

enum Reference {
    Thing(Ref<Thing>),
    Only(Ref<Only>),
    Late(Ref<Late>),
}

impl Shape {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn needs(&self, index: usize) -> &BTreeSet<usize> {
        &self.0[index].needs
    }

    pub fn fails(&self, index: usize) -> bool {
        self.0[index].fails
    }

    /// The names of those that fail.
    pub fn failing(&self) -> BTreeSet<String> {
        let failing = (0..self.len()).filter(|&index| self.fails(index));
        failing.map(|index| index.to_string()).collect()
    }

    /// Whether `one` needs `other`, or needs what needs it.
    pub fn stands_on(&self, one: usize, other: usize) -> bool {
        let needs = self.needs(one);
        needs.contains(&other) || needs.iter().any(|&need| self.stands_on(need, other))
    }

    /// Seconds of the chain that takes longest.
    pub fn longest(&self) -> u64 {
        let mut ends: Vec<u64> = Vec::new();
        for node in &self.0 {
            let begins = node.needs.iter().map(|&need| ends[need]).max();
            ends.push(begins.unwrap_or(0) + node.seconds);
        }
        ends.into_iter().max().unwrap_or(0)
    }

    /// The same with other sizes, which replace, and other colours, which do not.
    pub fn changed(&self, changes: &[(bool, bool)]) -> Self {
        let mut changed = self.clone();
        for (node, (size, color)) in changed.0.iter_mut().zip(changes) {
            node.size += u32::from(*size);
            node.color = if *color { "blue" } else { node.color };
        }
        changed
    }

    /// What is left without those that `gone` says: index, and needs among the others.
    pub fn without(&self, gone: &[bool]) -> Vec<(usize, BTreeSet<usize>)> {
        let left = |index: &usize| !gone[*index % gone.len()];
        let nodes = self.0.iter().enumerate().filter(|(index, _)| left(index));
        nodes
            .map(|(index, node)| {
                let needs = node.needs.iter().copied().filter(left).collect();
                (index, needs)
            })
            .collect()
    }

    /// The graph of what `without` leaves.
    pub fn graph_without(&self, gone: &[bool]) -> Graph<Cloud> {
        let mut graph = Graph::default();
        let mut made: BTreeMap<usize, Reference> = BTreeMap::new();
        for (index, needs) in self.without(gone) {
            let node = Node {
                needs,
                ..self.0[index].clone()
            };
            let name = index.to_string();
            let reference = match node.sort {
                0 => Reference::Thing(graph.add("app", name, node.make(&made))),
                1 => Reference::Only(graph.add("app", name, node.make(&made))),
                _ => Reference::Late(graph.add("app", name, node.make(&made))),
            };
            made.insert(index, reference);
        }
        graph
    }

    /// What an undisturbed run makes of it.
    pub fn world(&self) -> World {
        let address = |index: usize| {
            let kind = ["thing", "only", "late"][usize::from(self.0[index].sort)];
            format!("{kind}/{index}")
        };
        let world = self.0.iter().enumerate().map(|(index, node)| {
            let mut needs: Vec<usize> = node.needs.iter().copied().collect();
            needs.sort_by_key(|&need| self.0[need].sort);
            let needs = needs.into_iter().map(address).collect();
            (address(index), node.size, node.color.to_owned(), needs)
        });
        let mut world: World = world.collect();
        world.sort();
        world
    }

    pub fn graph(&self) -> Graph<Cloud> {
        self.graph_without(&[false])
    }
}

impl Node {
    fn make<const SORT: u8>(&self, made: &BTreeMap<usize, Reference>) -> Made<SORT> {
        let mut thing = Made {
            size: self.size,
            color: self.color.to_owned(),
            ..Made::new(self.seconds, &[])
        };
        for &need in &self.needs {
            match &made[&need] {
                Reference::Thing(need) => thing.needs.push(need.clone()),
                Reference::Only(need) => thing.needs_only.push(need.clone()),
                Reference::Late(need) => thing.needs_late.push(need.clone()),
            }
        }
        thing
    }
}
