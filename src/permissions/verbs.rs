//! What each verb does, and so what IAM must allow for it.

use std::collections::BTreeSet;

use crate::aws::grant::{Grant, Permissions, When};
use crate::aws::{self, lease};
use crate::check::CHECKS;
use crate::engine::Resource;
use crate::inspect::{bill, exec, logs, lost_data, price_list, status, tunnel};
use crate::resources::ecs::database_setup::RUN;
use crate::resources::rds::db_instance::restore;
use crate::resources::{DatabaseSetup, DbInstance, permissions};
use crate::rollout::SNAPSHOT;
use crate::rollout::{change, deployment, history, image, scale};
use crate::secrets::{self, operator};
use crate::{bedrock, database, images};

/// A verb, or verbs that need the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// `plan`, `check`, `status`, `logs`, `outputs`, `history`, `secrets list`, `db status`: only reads.
    Plan,
    /// `up` and `unlock`.
    Up,
    /// `adopt`, and `up --adopt`: `up` on objects that do not carry the stack's tag yet.
    Adopt,
    /// `update`, `rollback`, `scale`, `push` and `run`.
    Update,
    /// `exec` and `tunnel`.
    Exec,
    /// `secrets get`, `secrets set` and `secrets rotate`.
    Secrets,
    /// The verbs of `db`.
    Db,
    /// `destroy`.
    Destroy,
}

/// A grant, with the kind beside which it stands.
type Named = (Option<&'static str>, Grant);

impl Verb {
    /// Every one, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::Plan,
        Self::Up,
        Self::Adopt,
        Self::Update,
        Self::Exec,
        Self::Secrets,
        Self::Db,
        Self::Destroy,
    ];

    /// Its name, as it is typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Up => "up",
            Self::Adopt => "adopt",
            Self::Update => "update",
            Self::Exec => "exec",
            Self::Secrets => "secrets",
            Self::Db => "db",
            Self::Destroy => "destroy",
        }
    }

    /// What can be done with it, in a clause.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Plan => "plan, check, status, logs, outputs, history: only reads",
            Self::Up => "up, unlock",
            Self::Adopt => "adopt, up --adopt: up on what does not carry the stack's tag yet",
            Self::Update => "update, rollback, scale, push, run",
            Self::Exec => "exec, tunnel",
            Self::Secrets => "secrets get, set, rotate",
            Self::Db => "db backup, restore, upgrade, cleanup, extensions",
            Self::Destroy => "destroy",
        }
    }

    /// The condition of a grant for this verb: what is to be adopted carries no tag.
    pub(super) fn condition(self, when: When) -> When {
        match (self, when) {
            (Self::Adopt, When::Owned | When::InNetwork | When::Claimed) => When::Always,
            _ => when,
        }
    }

    /// What it needs for a file that declares these kinds.
    pub(super) fn grants(self, declared: &BTreeSet<&str>) -> Vec<Named> {
        let mut all = readers();
        let of_kinds = |parts: fn(&Permissions) -> Vec<&'static [&'static [Grant]]>| {
            let kinds = permissions().filter(|(kind, _)| declared.contains(kind));
            let grants = kinds.flat_map(move |(kind, all)| of_kind(kind, &parts(&all)));
            grants.collect::<Vec<Named>>()
        };
        let runs = |declared: &BTreeSet<&str>| match declared.contains(DatabaseSetup::KIND) {
            true => of_none(&[RUN]),
            false => Vec::new(),
        };
        match self {
            Self::Plan => {}
            Self::Up | Self::Adopt => {
                all.extend(of_none(&[lease::GRANTS, bedrock::ACCEPT]));
                all.extend(of_kinds(|one| vec![one.create, one.update, one.delete]));
            }
            Self::Update => {
                all.extend(of_none(&UPDATE));
                all.extend(runs(declared));
            }
            Self::Exec => all.extend(of_none(&[exec::GRANTS, tunnel::GRANTS])),
            Self::Secrets => {
                all.extend(of_none(&[lease::GRANTS, change::GRANTS, secrets::GRANTS]));
                all.extend(runs(declared));
            }
            Self::Db => {
                all.extend(of_none(&DB));
                all.extend(runs(declared));
                let database = permissions().filter(|(kind, _)| *kind == DbInstance::KIND);
                for (kind, one) in database.filter(|(kind, _)| declared.contains(kind)) {
                    all.extend(of_kind(kind, &[one.update, one.delete]));
                }
            }
            Self::Destroy => {
                all.extend(of_none(&[lease::GRANTS]));
                all.extend(of_kinds(|one| vec![one.delete]));
            }
        }
        all
    }
}

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Create,
    Update,
    Delete,
}

/// What these parts of kinds need.
pub(super) fn of_parts(wanted: &BTreeSet<(&str, Part)>) -> Vec<(&'static str, Grant)> {
    let mut all = Vec::new();
    for (kind, one) in permissions() {
        for (part, grants) in [
            (Part::Create, one.create),
            (Part::Update, one.update),
            (Part::Delete, one.delete),
        ] {
            if wanted.contains(&(kind, part)) {
                let grants = grants.iter().copied().flatten();
                all.extend(grants.map(|grant| (kind, *grant)));
            }
        }
    }
    all
}

/// What is done to a running stack.
const UPDATE: [&[Grant]; 8] = [
    lease::GRANTS,
    change::GRANTS,
    deployment::GRANTS,
    scale::GRANTS,
    SNAPSHOT,
    restore::GRANTS,
    images::GRANTS,
    crate::inspect::run::GRANTS,
];

/// What is done to its database, for which the services stop and start again.
const DB: [&[Grant]; 7] = [
    lease::GRANTS,
    change::GRANTS,
    scale::GRANTS,
    SNAPSHOT,
    restore::GRANTS,
    restore::TO_TIME,
    database::GRANTS,
];

/// What every verb reads: objects that have left the file are found by the reads of their kind, so those of every kind are
/// among it.
fn readers() -> Vec<Named> {
    let mut all = of_none(&[
        aws::SESSION,
        aws::INDEX,
        lease::READ,
        bedrock::GRANTS,
        operator::GRANTS,
        image::GRANTS,
        logs::GRANTS,
        status::GRANTS,
        history::GRANTS,
        lost_data::GRANTS,
        bill::GRANTS,
        price_list::GRANTS,
    ]);
    for check in CHECKS {
        all.extend(of_none(&[check.grants]));
    }
    for (kind, one) in permissions() {
        all.extend(of_kind(kind, &[one.read]));
    }
    all
}

fn of_kind(kind: &'static str, parts: &[&[&[Grant]]]) -> Vec<Named> {
    let parts = parts.iter().copied().flatten().copied().flatten();
    parts.map(|grant| (Some(kind), *grant)).collect()
}

fn of_none(parts: &[&[Grant]]) -> Vec<Named> {
    let parts = parts.iter().copied().flatten();
    parts.map(|grant| (None, *grant)).collect()
}

/// Every grant of every kind and of everything else, whatever a file declares.
pub fn every_action() -> BTreeSet<&'static str> {
    let all: BTreeSet<&str> = permissions().map(|(kind, _)| kind).collect();
    let verbs = Verb::ALL.into_iter();
    let grants = verbs.flat_map(|verb| verb.grants(&all));
    grants
        .flat_map(|(_, grant)| grant.actions)
        .copied()
        .collect()
}
