//! A new value for a secret that ajuda makes, and everything that must follow it.
//!
//! The value is stored first, so that it is never lost: from then on every plan shows what does not
//! follow it yet, and any run that is interrupted is gone on with.

use std::sync::Arc;

use crate::aws::{Cloud, Job};
use crate::engine::{Action, Address, Fault, Graph, Observed, Plan, ResolveContext};
use crate::resources::{KINDS, Secret, SecretLive};

use super::with_it;
use crate::resources::scope::{only, with_dependents};

/// What stands for a version that is not made yet.
const NEW: &str = "a new version";

/// What a new value of one secret brings about.
#[derive(Debug)]
pub struct Rotation {
    /// What follows the new value, and nothing else.
    pub plan: Plan,
    /// How many other changes are pending; they are left for `up`.
    pub left: usize,
}

/// What follows a value that is there already, of a rotation that is unfinished;
/// `None` when everything follows the present value.
pub fn in_progress(
    graph: &Graph<Cloud>,
    observed: &Observed,
    secret: &Address,
) -> Option<Rotation> {
    let (plan, left) = scoped(graph, observed, secret);
    let concerned = with_it(graph, secret);
    let follows = plan.items.iter().any(|item| {
        let mut paths = item.changes.fields.iter().map(|change| &change.path);
        item.action != Action::Keep
            && graph.get(&item.address).is_some_and(|entry| {
                paths.any(|path| {
                    let mut concerned = concerned.iter();
                    concerned.any(|one| entry.node.has_version_of(one, path))
                })
            })
    });
    follows.then_some(Rotation { plan, left })
}

/// What is left of a rotation when everything names its value: what AWS has not brought about yet.
pub fn rest(graph: &Graph<Cloud>, observed: &Observed, secret: &Address) -> Rotation {
    let (plan, left) = scoped(graph, observed, secret);
    Rotation { plan, left }
}

/// What a new value would bring about, before there is one.
pub fn preview(
    graph: &Graph<Cloud>,
    observed: &Observed,
    secret: &Address,
    live: &SecretLive,
) -> Rotation {
    let ahead = with_secret(observed, secret, live.with_version(NEW.to_owned()));
    rest(graph, &ahead, secret)
}

/// Makes a new value and stores it. Answers what was observed, with the new version in it, and the secret
/// with it: a list may be minutes late.
///
/// # Errors
/// What the value is made of cannot be read, or the fault of the request: then nothing changed.
pub async fn renew(
    job: &Job,
    observed: &Observed,
    address: &Address,
    secret: &Secret,
    live: &SecretLive,
) -> Result<(Observed, SecretLive), Fault> {
    let making = {
        let find = |address: &Address| observed.found.get(address).cloned();
        secret.renewed(job, &ResolveContext::new(&find, None))
    };
    let live = live.rotate(job, &making.await?).await?;
    Ok((with_secret(observed, address, live.clone()), live))
}

/// What was observed, with a secret as it was read since.
pub fn with_secret(observed: &Observed, address: &Address, live: SecretLive) -> Observed {
    let mut all = observed.clone();
    all.found.insert(address.clone(), Arc::new(live));
    all
}

fn scoped(graph: &Graph<Cloud>, observed: &Observed, secret: &Address) -> (Plan, usize) {
    let plan = crate::engine::plan(graph, KINDS, observed);
    let (plan, left) = only(plan, graph, &with_dependents(graph, secret));
    (plan.timed(graph, KINDS, observed), left)
}
