//! What was read of AWS, as data.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Address, AnyLive, Claim, Estimate, Fault, Verb};

/// What AWS has of a stack.
#[derive(Default, Clone)]
pub struct Observed {
    /// Declared resources that exist.
    pub found: BTreeMap<Address, AnyLive>,
    /// What those say of themselves.
    pub claims: BTreeMap<Address, Claim>,
    /// Those among them that only their tags say to be ours: they are read, and not changed.
    pub doubts: BTreeMap<Address, Doubted>,
    /// Objects with our tags that no declaration names, or that a replacement left behind.
    pub orphans: Vec<Orphan>,
    /// Objects that are in the way of declared ones.
    pub conflicts: Vec<Conflict>,
    /// What AWS answered of those without our tag.
    pub foreign: BTreeMap<Address, AnyLive>,
    /// What is taken over: its address, and AWS's name of it.
    pub adopted: BTreeMap<Address, String>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// How long an operation is expected to take, where this very stack tells more than its kind.
    pub estimates: BTreeMap<(Address, Verb), Estimate>,
}

/// An object with our tags that no declaration names.
#[derive(Clone)]
pub struct Orphan {
    /// Its address, by its tag.
    pub address: Address,
    /// AWS's name of it.
    pub id: String,
    /// What AWS answered.
    pub live: AnyLive,
    /// Why it is not deleted; `None` when it is.
    pub doubt: Option<Doubt>,
    /// What ties it to others.
    pub ties: Ties,
    /// Whether it carries a note of what ajuda applied to such an object.
    pub noted: bool,
}

/// A declared object that is not known to be ajuda's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubted {
    /// AWS's name of it.
    pub id: String,
    /// Why it is doubted.
    pub because: Doubt,
    /// Whether nothing but tags could tell yet: then it is used, and only not replaced.
    pub only_tags: bool,
    /// What ties it to others.
    pub ties: Ties,
}

/// An object in the way of a declared one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The declared resource.
    pub address: Address,
    /// AWS's name of the object in its way.
    pub id: String,
    /// The other stack it belongs to, if it says so.
    pub of: Option<String>,
    /// How it is in the way.
    pub because: Obstacle,
}

/// How an object is in the way of a declared one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    /// It has the declared name and not the stack's tags.
    Name,
    /// It carries the stack's tags, and nothing but those says that it is the stack's.
    Claims,
    /// It has the declared name and the stack's tags, and may be older than the stack.
    Older,
}

/// A kind that could not be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Unread {
    /// Which kind.
    pub kind: &'static str,
    /// Its declared resources.
    pub addresses: Vec<Address>,
    /// Why.
    pub fault: Fault,
}

/// What ties an object to others, as AWS tells it and no tag does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ties {
    /// Ids that others name it by. That an object of the stack names one of them is proof.
    pub ids: Vec<String>,
    /// Ids of what it stands in, or is attached to.
    pub within: Vec<String>,
    /// Ids of what it names, and so shows to be the stack's.
    pub vouches: Vec<String>,
    /// Whether its name proves nothing without one of `within`: whoever came first has the name.
    pub strict: bool,
    /// Whether its claim is not told by tags, so that there is nothing to doubt.
    pub sure: bool,
}

/// Why an object that carries the stack's tags is not believed to be ajuda's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// It has another name than ajuda gives at its address.
    Name,
    /// Nothing of the stack holds it or names it.
    Place,
    /// It carries no note of what ajuda applied to such an object.
    Note,
    /// It may have been there before the stack, with a content that ajuda did not give it.
    Older,
}

impl Observed {
    /// Takes the object in the way of `address` for ours; false when there is none, or it belongs to
    /// another stack.
    pub fn adopt(&mut self, address: &Address) -> bool {
        let at = self.conflicts.iter().position(|one| {
            one.address == *address && one.of.is_none() && one.because == Obstacle::Name
        });
        let (Some(at), Some(live)) = (at, self.foreign.remove(address)) else {
            return false;
        };
        let conflict = self.conflicts.remove(at);
        self.adopted.insert(address.clone(), conflict.id);
        self.found.insert(address.clone(), live);
        true
    }
}

impl Doubted {
    /// The conflict that it is for a plan which would change it.
    pub(super) fn conflict(&self, address: &Address) -> Conflict {
        Conflict {
            address: address.clone(),
            id: self.id.clone(),
            of: None,
            because: match self.because {
                Doubt::Older => Obstacle::Older,
                Doubt::Name | Doubt::Place | Doubt::Note => Obstacle::Claims,
            },
        }
    }
}
