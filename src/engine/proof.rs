//! Whether ajuda made what carries the stack's tags. Whoever may write tags can write ours, so tags
//! only say where an object claims to belong: what is believed of it is told by its name, by what it
//! stands in and by what names it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::observed::{Conflict, Doubt, Doubted, Observed, Obstacle, Orphan, Ties};
use super::{Address, AnyKind, AnyLive, Applied, Claim, Graph, Node, ResolveContext};

/// An object that claims to be the stack's.
pub(super) struct Claimed<C: 'static> {
    pub(super) kind: &'static dyn AnyKind<C>,
    pub(super) claim: Claim,
    pub(super) id: String,
    pub(super) live: AnyLive,
    /// Whether it has a name that ajuda or the file gives at its address; `None` where there are none.
    pub(super) named: Option<bool>,
    pub(super) ties: Ties,
}

/// Ids that are known to be the stack's.
#[derive(Default)]
struct KnownIds {
    /// Of objects that are believed.
    ours: BTreeSet<String>,
    /// What such objects name.
    vouched: BTreeSet<String>,
    /// Whether something could not be read, so that what holds an object may be unknown.
    partly: bool,
}

impl KnownIds {
    fn size(&self) -> usize {
        self.ours.len() + self.vouched.len()
    }

    fn includes(&self, ids: &[String]) -> bool {
        self.partly
            || ids
                .iter()
                .any(|id| self.ours.contains(id) || self.vouched.contains(id))
    }

    fn learn(&mut self, ties: &Ties) {
        self.ours.extend(ties.ids.iter().cloned());
        self.vouched.extend(ties.vouches.iter().cloned());
    }
}

impl<C> Claimed<C> {
    fn is_tied(&self, known: &KnownIds) -> bool {
        self.is_vouched(known) || known.includes(&self.ties.within) && !self.ties.within.is_empty()
    }

    fn is_vouched(&self, known: &KnownIds) -> bool {
        let address = self.claim.address.to_string();
        let mut ids = self.ties.ids.iter();
        ids.any(|id| known.vouched.contains(id)) || known.vouched.contains(&address)
    }

    /// Whether its tags are all there is to tell whose it is, as of a VPC that is still empty.
    fn has_only_tags(&self, known: &KnownIds) -> bool {
        self.named.is_none()
            && self.ties.within.is_empty()
            && !self.ties.sure
            && !self.is_vouched(known)
    }

    /// Why it is not believed to be what the file declares at its address.
    fn doubt(&self, known: &KnownIds) -> Option<Doubt> {
        if self.ties.sure || self.named.is_none() && self.is_vouched(known) {
            return None;
        }
        match self.named {
            Some(false) if self.ties.strict => Some(Doubt::Name),
            Some(false) if self.is_vouched(known) => None,
            Some(false) => Some(Doubt::Name),
            Some(true) => (self.ties.strict && !self.is_tied(known)).then_some(Doubt::Older),
            None if self.ties.within.is_empty() => None,
            None => (!self.is_tied(known)).then_some(Doubt::Place),
        }
    }

    /// Why it is not deleted although no declaration is about it.
    fn left(&self, known: &KnownIds) -> Option<Doubt> {
        if self.ties.sure {
            return None;
        }
        let loose = !self.ties.within.is_empty() && !self.is_tied(known);
        let doubt = self.doubt(known).filter(|doubt| *doubt != Doubt::Older);
        let place = loose && !self.ties.strict || self.has_only_tags(known);
        doubt
            .or(place.then_some(Doubt::Place))
            .or((!self.matches_note()).then_some(Doubt::Note))
    }

    /// Whether it carries a note that is one of such an object.
    fn matches_note(&self) -> bool {
        let noted = self.claim.applied.as_ref();
        noted.is_some_and(|noted: &Applied| noted.matches(&self.kind.props(&self.live)))
    }

    fn orphan(self, doubt: Option<Doubt>) -> Orphan {
        Orphan {
            noted: self.ties.sure || self.matches_note(),
            address: self.claim.address,
            id: self.id,
            live: self.live,
            ties: self.ties,
            doubt,
        }
    }
}

/// Decides of everything that claims to be the stack's what is the declared object at its address,
/// what is left over and may go, and what is not believed.
pub(super) fn settle<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    claimed: Vec<Claimed<C>>,
    observed: &mut Observed,
) {
    let mut groups: BTreeMap<Address, Vec<Claimed<C>>> = BTreeMap::new();
    for one in claimed {
        let group = groups.entry(one.claim.address.clone()).or_default();
        // What a kind has met twice is one object still, and none of it is left behind.
        if group.iter().all(|other| other.id != one.id) {
            group.push(one);
        }
    }
    let mut known = KnownIds {
        partly: !observed.unread.is_empty(),
        ..KnownIds::default()
    };
    // Which of several is the one; `None` where nothing tells.
    let mut picked: BTreeMap<Address, Option<usize>> = BTreeMap::new();
    for (address, group) in &groups {
        if graph.get(address).is_some() && group.len() == 1 {
            picked.insert(address.clone(), Some(0));
        }
    }
    loop {
        spread(graph, &groups, &picked, &mut known);
        let open = groups
            .iter()
            .filter(|(address, _)| graph.get(address).is_some() && !picked.contains_key(*address));
        let open: Vec<_> = open.collect();
        let reported = open
            .iter()
            .find_map(|(address, group)| Some((*address, Some(only(group, &known)?))));
        let next = reported.or_else(|| {
            let (address, group) = open.first()?;
            let entry = graph.get(address)?;
            let pick = newest(entry.node.as_ref(), group, &known)
                .or_else(|| stood_in(graph, &groups, group, &known));
            Some((*address, pick))
        });
        let Some((address, pick)) = next else { break };
        let address = address.clone();
        picked.insert(address, pick);
    }
    for (address, group) in groups {
        place(address, group, &picked, &known, observed);
    }
}

/// Learns what the objects that are believed by now say of others, until they say nothing new.
fn spread<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    groups: &BTreeMap<Address, Vec<Claimed<C>>>,
    picked: &BTreeMap<Address, Option<usize>>,
    known: &mut KnownIds,
) {
    loop {
        let before = known.size();
        for (address, group) in groups {
            let Some(entry) = graph.get(address) else {
                for one in group {
                    if one.left(known).is_none() {
                        known.learn(&one.ties);
                    }
                }
                continue;
            };
            let pick = picked.get(address).copied().flatten();
            if let Some(one) = pick.and_then(|pick| group.get(pick))
                && one.doubt(known).is_none()
            {
                known.learn(&one.ties);
                let parts = entry.node.made_with();
                known.vouched.extend(parts.iter().map(Address::to_string));
            }
        }
        if known.size() == before {
            return;
        }
    }
}

/// The one of several that is believed, if there is just one.
fn only<C>(group: &[Claimed<C>], known: &KnownIds) -> Option<usize> {
    let believed =
        |(_, one): &(usize, &Claimed<C>)| one.doubt(known).is_none() && !one.has_only_tags(known);
    let all: Vec<(usize, &Claimed<C>)> = group.iter().enumerate().filter(believed).collect();
    let tied: Vec<&(usize, &Claimed<C>)> =
        all.iter().filter(|(_, one)| one.is_tied(known)).collect();
    match (tied.as_slice(), all.as_slice()) {
        ([(index, _)], _) | ([], [(index, _)]) => Some(*index),
        _ => None,
    }
}

/// Which of several believed ones is wanted: the one that would not have to be replaced. The others
/// are left over from a replacement that was cut short.
fn newest<C>(node: &dyn Node<C>, group: &[Claimed<C>], known: &KnownIds) -> Option<usize> {
    let nothing = |_: &Address| None;
    let mut all = (0..group.len())
        .filter(|&index| group[index].doubt(known).is_none() && !group[index].has_only_tags(known));
    let first = all.clone().next();
    all.find(|&index| {
        let one = &group[index];
        let seen = ResolveContext::new(&nothing, Some(Arc::clone(&one.live)));
        let want = node.desired(&seen);
        let changes = one.kind.diff(&want, &one.kind.props(&one.live));
        let mut changes = changes.fields.iter();
        changes.all(|change| !change.replaces || change.unknown)
    })
    .or(first)
}

/// Of several of which only tags tell, the one that others of the stack stand in, as a lost reply of
/// `CreateVpc` may leave two and only one was gone on with. As of any such object it is read and not
/// replaced; `None` where nothing stands in any, or something in more than one.
fn stood_in<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    groups: &BTreeMap<Address, Vec<Claimed<C>>>,
    group: &[Claimed<C>],
    known: &KnownIds,
) -> Option<usize> {
    let declared = |address: &&Address| graph.get(address).is_some();
    let within: BTreeSet<&String> = (groups.keys().filter(declared))
        .flat_map(|address| &groups[address])
        .flat_map(|one| &one.ties.within)
        .collect();
    let mut stood = (0..group.len()).filter(|&index| {
        let one = &group[index];
        one.has_only_tags(known) && one.ties.ids.iter().any(|id| within.contains(id))
    });
    stood.next().filter(|_| stood.next().is_none())
}

fn place<C>(
    address: Address,
    mut group: Vec<Claimed<C>>,
    picked: &BTreeMap<Address, Option<usize>>,
    known: &KnownIds,
    observed: &mut Observed,
) {
    match picked.get(&address) {
        // Nothing tells which of them is the declared one.
        Some(None) => {
            let conflicts = group.into_iter().map(|one| Conflict {
                address: address.clone(),
                id: one.id,
                of: None,
                because: Obstacle::Claims,
            });
            observed.conflicts.extend(conflicts);
            return;
        }
        Some(Some(pick)) => {
            let one = group.swap_remove(*pick);
            let only_tags = one.has_only_tags(known);
            if let Some(because) = one.doubt(known).or(only_tags.then_some(Doubt::Place)) {
                let doubted = Doubted {
                    id: one.id.clone(),
                    because,
                    only_tags,
                    ties: one.ties.clone(),
                };
                observed.doubts.insert(address.clone(), doubted);
            }
            observed.found.insert(address.clone(), one.live);
            observed.claims.insert(address, one.claim);
        }
        None => {}
    }
    let left = group.into_iter().map(|one| {
        let doubt = one.left(known);
        one.orphan(doubt)
    });
    observed.orphans.extend(left);
}

impl Observed {
    /// Lets what is at `address` and is not believed go, because the operator named it, and with it
    /// whatever it vouches for. False when there is nothing of the kind.
    pub fn prune(&mut self, address: &Address) -> bool {
        if let Some(doubted) = self.doubts.get(address).filter(|one| !one.only_tags)
            && let Some(live) = self.found.remove(address)
        {
            let orphan = Orphan {
                address: address.clone(),
                id: doubted.id.clone(),
                live,
                ties: doubted.ties.clone(),
                doubt: None,
                noted: true,
            };
            self.doubts.remove(address);
            self.claims.remove(address);
            self.orphans.push(orphan);
        }
        let mut known = KnownIds::default();
        let mut any = false;
        for orphan in self
            .orphans
            .iter_mut()
            .filter(|one| one.address == *address)
        {
            orphan.doubt = None;
            known.learn(&orphan.ties);
            any = true;
        }
        loop {
            let before = known.size();
            for orphan in &mut self.orphans {
                let tied = known.includes(&orphan.ties.within) || known.includes(&orphan.ties.ids);
                if orphan.doubt == Some(Doubt::Place) && orphan.noted && tied {
                    orphan.doubt = None;
                    known.learn(&orphan.ties);
                }
            }
            if known.size() == before {
                return any;
            }
        }
    }

    /// Takes what has the right name at `address`, and may be older than the stack, for the stack's.
    /// Returns AWS's name of it; `None` when there is nothing of the kind.
    pub fn believe(&mut self, address: &Address) -> Option<String> {
        let doubted = self.doubts.get(address)?;
        if doubted.because != Doubt::Older {
            return None;
        }
        self.doubts.remove(address).map(|doubted| doubted.id)
    }
}
