//! AWS's reads lag behind its writes: a run is over when they show what it did, and one that follows a run that
//! was cut off begins when they say the same twice. Otherwise a plan makes again what is there, or removes what
//! is gone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::{
    Action, Address, AnyKind, Cancel, Event, Graph, Item, Report, RunContext, Verb, observe, plan,
};

/// How often AWS is looked at, at most.
const LOOKS: u32 = 7;
/// The pause after the first look; each is twice the one before: a minute in all.
const FIRST: Duration = Duration::from_secs(1);
/// For a cloud whose clock runs faster than ours.
const LEAST: Duration = Duration::from_millis(20);

/// How often AWS is read before a run that follows one that was cut off, at least and at most.
const READS: std::ops::RangeInclusive<u32> = 3..=5;

/// Reads all `kinds` until two readings, one after the other, say the same: three at least, within six seconds,
/// five at most, within half a minute. `forget` drops what was read before; the last reading is kept.
///
/// "Eventual consistency in the Amazon EC2 API": what was made may not be shown for some seconds, and nobody has
/// waited for what a run made that was killed.
pub async fn until_steady<C: Send + Sync + 'static>(
    cloud: &Arc<C>,
    graph: &Arc<Graph<C>>,
    kinds: &'static [&'static dyn AnyKind<C>],
    forget: impl Fn(&C),
    cancel: &Cancel,
    clock_speed: f64,
) {
    let mut pause = FIRST * 2;
    let mut before = None;
    for read in 1..=*READS.end() {
        let observed = observe(cloud, graph, kinds).await;
        let plan = plan(graph, kinds, &observed);
        let unread: Vec<&str> = plan.unread.iter().map(|one| one.kind).collect();
        let says = (plan.fingerprint, plan.conflicts, unread);
        let same = before.as_ref() == Some(&says);
        if read >= *READS.start() && same || read == *READS.end() {
            return;
        }
        before = Some(says);
        tokio::select! {
            () = tokio::time::sleep(pause.div_f64(clock_speed).max(LEAST)) => {}
            () = cancel.stopped() => return,
        }
        pause *= 2;
        forget(cloud);
    }
}

/// Looks until the reads of the kinds in `graph` and in `report` show what was done; `forget` drops what
/// was read before. Nothing is read where nothing was done. What is still not shown after a minute is told
/// and no error: some of AWS's indexes take longer, and nothing but time helps.
pub async fn until_shown<C: Send + Sync + 'static>(
    context: &RunContext<C>,
    graph: &Arc<Graph<C>>,
    kinds: &'static [&'static dyn AnyKind<C>],
    report: &Report,
    forget: impl Fn(&C),
) {
    let RunContext {
        cloud,
        events,
        cancel,
        clock_speed,
    } = context;
    if report.done.is_empty() || report.interrupted {
        return;
    }
    let names: BTreeSet<&str> = graph
        .iter()
        .map(|(address, _)| address.kind())
        .chain(report.done.iter().map(|(address, _)| address.kind()))
        .collect();
    let kinds: Vec<_> = kinds
        .iter()
        .copied()
        .filter(|kind| names.contains(kind.name()))
        .collect();
    let mut pause = FIRST;
    for attempt in 1..=LOOKS {
        forget(cloud);
        let late = late(cloud, graph, &kinds, report).await;
        if late.is_empty() {
            return;
        }
        if attempt == LOOKS {
            for address in late {
                let text =
                    "AWS does not show the change yet: a plan made now may still show what was";
                // A reader that has gone away does not stop the work.
                let _ = events.send(Event::Note {
                    address,
                    text: text.into(),
                });
            }
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(pause.div_f64(*clock_speed).max(LEAST)) => {}
            () = cancel.stopped() => return,
        }
        pause *= 2;
    }
}

/// Whether something of an item is not as it should be by now. What is known only after another object is made says nothing
/// of what was done: where that object was put off, it stays so.
fn differs(item: &Item) -> bool {
    let mut fields = item.changes.fields.iter();
    match item.action {
        Action::Keep | Action::Later { .. } => false,
        Action::Update | Action::Replace { .. } => {
            item.changes.fields.is_empty() || fields.any(|change| !change.unknown)
        }
        Action::Create | Action::Delete | Action::Adopt => true,
    }
}

/// What was done and is not shown.
async fn late<C: Send + Sync + 'static>(
    cloud: &Arc<C>,
    graph: &Arc<Graph<C>>,
    kinds: &[&'static dyn AnyKind<C>],
    report: &Report,
) -> BTreeSet<Address> {
    let there: BTreeSet<&Address> = report
        .done
        .iter()
        // What was taken over may still differ from the file: that is for the next run.
        .filter(|(_, verb)| !matches!(verb, Verb::Delete | Verb::Adopt))
        .map(|(address, _)| address)
        .collect();
    let gone: BTreeSet<&Address> = report
        .done
        .iter()
        .filter(|(address, verb)| *verb == Verb::Delete && !there.contains(address))
        .map(|(address, _)| address)
        .collect();
    let observed = observe(cloud, graph, kinds).await;
    let again = plan(graph, kinds, &observed);
    let pending = again
        .items
        .iter()
        .filter(|item| differs(item) && there.contains(&item.address));
    let left = observed
        .found
        .keys()
        .chain(observed.orphans.iter().map(|orphan| &orphan.address))
        .filter(|address| gone.contains(address));
    // What could not be read may be there or gone, and what bears a name without its tags yet is in the way.
    let unread: BTreeSet<&str> = observed.unread.iter().map(|one| one.kind).collect();
    let blocked = observed.conflicts.iter().map(|one| &one.address);
    let unclear = (there.iter().copied())
        .chain(gone.iter().copied())
        .filter(|address| unread.contains(address.kind()))
        .chain(blocked.filter(|address| there.contains(address)));
    pending
        .map(|item| &item.address)
        .chain(left)
        .chain(unclear)
        .cloned()
        .collect()
}
