//! Carries a plan out: everything that can run at once does, the longest chain first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::ops::{Op, operations};
use super::run_context::GRACE;
use super::timeline::AT_ONCE;
use super::wait::{Wait, millis};
use super::{
    Address, AnyKind, AnyLive, Class, Event, Fault, Graph, Job, Observed, Pace, Plan, Ready,
    ResolveContext, RunContext, Sent, Summary, Verb,
};

/// How long what is still in use may stay so: the longest that the largest provider waits for any
/// kind of this stack (`ec2/vpc_security_group.go`), unless a kind's own limit is longer.
const IN_USE: Duration = Duration::from_secs(15 * 60);

/// What came of an apply.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// What was done.
    pub done: Vec<(Address, Verb)>,
    /// What failed: the root causes.
    pub failed: Vec<(Address, Verb, Fault)>,
    /// What was not begun, and the failure it stands on; `None` when the operator stopped the run.
    pub skipped: Vec<(Address, Verb, Option<Address>)>,
    /// Whether the operator stopped the run.
    pub interrupted: bool,
    /// Which of those made succeed the one before, such as a revision: what a plan counts as a change.
    pub revised: BTreeSet<Address>,
}

impl Report {
    /// Why the work did not come to its end.
    pub fn cause(&self) -> Fault {
        let failed = self.failed.last().map(|(_, _, fault)| fault.clone());
        let stopped = || Fault::new("run", Class::Interrupted, "the run was stopped");
        failed.unwrap_or_else(stopped)
    }

    /// How many were done of each, counted as the plan counts them: an object that was made and its
    /// predecessor that was removed are one replacement, or one change if it is the next revision.
    pub fn counts(&self) -> Summary {
        let did = |verb| {
            let done = self.done.iter().filter(move |(_, did)| *did == verb);
            done.map(|(address, _)| address).collect::<BTreeSet<_>>()
        };
        let (made, removed) = (did(Verb::Create), did(Verb::Delete));
        let is_revised = |address: &&&Address| self.revised.contains(**address);
        let revised = made.iter().filter(is_revised).count();
        let replaced = made
            .intersection(&removed)
            .filter(|one| !is_revised(one))
            .count();
        let dropped = removed.iter().filter(|one| !made.contains(**one)).count();
        // One that is made and then tagged, or changed in several steps, counts once.
        let changed = did(Verb::Update)
            .union(&did(Verb::Adopt))
            .filter(|one| !made.contains(**one))
            .count();
        Summary {
            create: made.len() - revised - replaced,
            update: changed + revised,
            replace: replaced,
            delete: dropped,
            ..Summary::default()
        }
    }
}

/// What an apply leaves: its report, and everything that exists now.
pub struct Outcome {
    /// What came of it.
    pub report: Report,
    /// What declared resources are now.
    pub found: BTreeMap<Address, AnyLive>,
}

type Store = Arc<Mutex<BTreeMap<Address, AnyLive>>>;

/// Applies `plan`, which was made from `graph` and `observed`.
pub async fn apply<C: Send + Sync + 'static>(
    context: &RunContext<C>,
    graph: &Arc<Graph<C>>,
    kinds: &'static [&'static dyn AnyKind<C>],
    plan: &Plan,
    observed: &Observed,
) -> Outcome {
    let store: Store = Arc::new(Mutex::new(observed.found.clone()));
    let ops = operations(graph, kinds, plan, observed);
    let mut run = Run {
        waiting: ops.iter().map(|op| op.needs.len()).collect(),
        root: vec![None; ops.len()],
        state: vec![State::Open; ops.len()],
        ops: ops.into_iter().map(Arc::new).collect(),
        report: Report::default(),
        events: context.events.clone(),
    };
    let cancel = &context.cancel;
    let mut running = JoinSet::new();
    let mut leave_at = None;
    loop {
        while !cancel.is_stopped() && running.len() < AT_ONCE {
            let Some(next) = run.next() else { break };
            run.state[next] = State::Running;
            let op = Arc::clone(&run.ops[next]);
            let mut job = context.job(&op.address);
            if let Some(entry) = graph.get(&op.address).filter(|_| !op.orphan) {
                job = job.about(entry.node.shared(), op.adopts);
            }
            let (graph, store) = (Arc::clone(graph), Arc::clone(&store));
            let wait = context.wait(Pace {
                expected: op.estimate.takes,
                ..op.kind.pace()
            });
            running.spawn(async move {
                let result = perform(&op, &graph, &store, &job, wait).await;
                (next, wait.begun.elapsed(), result)
            });
        }
        let finished = if cancel.is_stopped() {
            // One grace for all of them, however many end in it.
            let leave_at = *leave_at.get_or_insert_with(|| Instant::now() + GRACE);
            match tokio::time::timeout_at(leave_at, running.join_next()).await {
                Ok(finished) => finished,
                Err(_) => break,
            }
        } else {
            tokio::select! {
                finished = running.join_next() => finished,
                () = cancel.stopped() => continue,
            }
        };
        match finished {
            Some(Ok((index, elapsed, result))) => run.finish(index, elapsed, result),
            Some(Err(panic)) => std::panic::resume_unwind(panic.into_panic()),
            None => break,
        }
    }
    run.leave(cancel.is_stopped());
    let found = lock(&store).clone();
    Outcome {
        report: run.report,
        found,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Running,
    Done,
    Failed,
    Skipped,
}

struct Run<C: 'static> {
    ops: Vec<Arc<Op<C>>>,
    /// How many needs of each are not done.
    waiting: Vec<usize>,
    /// The failure each stands on.
    root: Vec<Option<Address>>,
    state: Vec<State>,
    report: Report,
    events: mpsc::UnboundedSender<Event>,
}

impl<C> Run<C> {
    /// The operation to start: the one with the longest way to go.
    fn next(&self) -> Option<usize> {
        (0..self.ops.len())
            .filter(|&index| self.state[index] == State::Open && self.waiting[index] == 0)
            .max_by_key(|&index| (self.ops[index].tail, std::cmp::Reverse(index)))
    }

    fn finish(&mut self, index: usize, elapsed: Duration, result: Result<(), Fault>) {
        let op = Arc::clone(&self.ops[index]);
        let (address, verb) = (op.address.clone(), op.verb);
        let elapsed_ms = millis(elapsed);
        match result {
            Ok(()) => {
                self.state[index] = State::Done;
                if op.replaces.is_some() && !stays(&op) {
                    self.report.revised.insert(address.clone());
                }
                // Of one that was not replaced nothing was deleted.
                if !(verb == Verb::Delete && stays(&op)) {
                    let verb = if stays(&op) { Verb::Update } else { verb };
                    self.report.done.push((address.clone(), verb));
                    self.send(Event::Done {
                        address,
                        verb,
                        elapsed_ms,
                    });
                }
                for (user, op) in self.ops.iter().enumerate() {
                    if op.needs.contains(&index) {
                        self.waiting[user] -= 1;
                    }
                }
            }
            Err(fault) => {
                self.state[index] = State::Failed;
                self.report
                    .failed
                    .push((address.clone(), verb, fault.clone()));
                self.send(Event::Failed {
                    address: address.clone(),
                    verb,
                    fault,
                    elapsed_ms,
                });
                self.skip_above(index, &address);
            }
        }
    }

    /// Skips everything that stands on a failed operation.
    fn skip_above(&mut self, failed: usize, cause: &Address) {
        let mut open = vec![failed];
        while let Some(below) = open.pop() {
            for user in 0..self.ops.len() {
                if self.state[user] == State::Open && self.ops[user].needs.contains(&below) {
                    self.state[user] = State::Skipped;
                    self.root[user] = Some(cause.clone());
                    self.skipped(user);
                    open.push(user);
                }
            }
        }
    }

    fn skipped(&mut self, index: usize) {
        let (address, verb) = (self.ops[index].address.clone(), self.ops[index].verb);
        let because = self.root[index].clone();
        if because.as_ref() == Some(&address) {
            // The other half of a replacement: its failure is told already.
            return;
        }
        self.report
            .skipped
            .push((address.clone(), verb, because.clone()));
        self.send(Event::Skipped {
            address,
            verb,
            because,
        });
    }

    /// Accounts for everything that did not end.
    fn leave(&mut self, interrupted: bool) {
        self.report.interrupted = interrupted;
        for index in 0..self.ops.len() {
            match self.state[index] {
                State::Open => {
                    self.state[index] = State::Skipped;
                    self.skipped(index);
                }
                State::Running => {
                    let op = Arc::clone(&self.ops[index]);
                    let fault = Fault::new(
                        op.address.to_string(),
                        Class::Interrupted,
                        "a call was still running when the run was stopped",
                    );
                    self.finish(index, Duration::ZERO, Err(fault));
                }
                State::Done | State::Failed | State::Skipped => {}
            }
        }
    }

    fn send(&self, event: Event) {
        // A reader that has gone away does not stop the work.
        let _ = self.events.send(event);
    }
}

async fn perform<C: Send + Sync + 'static>(
    op: &Op<C>,
    graph: &Graph<C>,
    store: &Store,
    job: &Job<C>,
    wait: Wait,
) -> Result<(), Fault> {
    if op.verb == Verb::Delete && stays(op) {
        return Ok(());
    }
    let watch = Watch {
        kind: op.kind,
        job,
        wait,
    };
    job.send(Event::Started {
        address: op.address.clone(),
        verb: op.verb,
        expected_ms: millis(watch.wait.expected()),
    });
    if op.verb == Verb::Delete {
        let Some(live) = &op.live else { return Ok(()) };
        watch.delete(live).await?;
        watch.until_gone(live).await?;
        let mut store = lock(store);
        // A replacement may stand in its place by now.
        if store
            .get(&op.address)
            .is_some_and(|there| Arc::ptr_eq(there, live))
        {
            store.remove(&op.address);
        }
        return Ok(());
    }
    let Some(entry) = graph.get(&op.address) else {
        return Ok(());
    };
    if op.verb == Verb::Adopt {
        let Some(live) = &op.live else { return Ok(()) };
        let live = entry.node.adopt(job, Arc::clone(live)).await?;
        lock(store).insert(op.address.clone(), live);
        return Ok(());
    }
    // What it stands on was made a moment ago, in this run or the one before, and so may be what is changed:
    // a read has shown it, and not every part of AWS knows of it yet. A call that names it is refused as if it
    // were not there, and did nothing.
    let spreads = |fault: &Fault| {
        (op.live.is_some() || !entry.needs.is_empty())
            && fault.is_absent()
            && fault.sent == Sent::Answered
            && !fault.code.is_empty()
    };
    let find = |address: &Address| lock(store).get(address).cloned();
    let object = op.live.as_ref().or_else(|| {
        // What was not known when the plan was made may have come out as it was.
        let swap = op.swap.as_ref()?;
        let want = entry
            .node
            .desired(&ResolveContext::new(&find, Some(Arc::clone(&swap.old))));
        let changes = op.kind.diff(&want, &op.kind.props(&swap.old));
        let same = changes.forced().is_empty();
        if same {
            swap.stays.store(true, Ordering::Release);
            job.note("stays: what it waited for has come out as it was");
        }
        same.then_some(&swap.old)
    });
    let live = match object {
        None => {
            let create = || {
                entry
                    .node
                    .create(job, ResolveContext::new(&find, op.replaces.clone()))
            };
            Some(job.settle(spreads, create).await?)
        }
        Some(live) => {
            let update = || {
                let seen = ResolveContext::new(&find, Some(Arc::clone(live)));
                let noted = op.noted.as_ref();
                let (retag, remove) = (op.retag, op.remove_extras);
                (entry.node).update(job, Arc::clone(live), seen, noted, retag, remove)
            };
            job.settle(spreads, update).await?
        }
    };
    let Some(live) = live else { return Ok(()) };
    let live = watch.until_ready(live).await?;
    lock(store).insert(op.address.clone(), live);
    Ok(())
}

/// Whether what an operation was to replace has turned out to be what is wanted.
fn stays<C>(op: &Op<C>) -> bool {
    let swap = op.swap.as_ref();
    swap.is_some_and(|swap| swap.stays.load(Ordering::Acquire))
}

/// Waiting for one object of a kind.
struct Watch<'a, C: 'static> {
    kind: &'static dyn AnyKind<C>,
    job: &'a Job<C>,
    wait: Wait,
}

impl<C: Send + Sync> Watch<'_, C> {
    async fn until_ready(&self, live: AnyLive) -> Result<AnyLive, Fault> {
        let own_pace = self.kind.pace_of(&live);
        // What the object tells counts, such as what it was restored from; otherwise what was expected.
        let expected = match own_pace.expected == self.kind.pace().expected {
            true => self.wait.pace.expected,
            false => own_pace.expected.max(self.wait.pace.expected),
        };
        let wait = Wait {
            pace: Pace {
                expected,
                ..own_pace
            },
            ..self.wait
        };
        let probe = || self.kind.ready(self.job, Arc::clone(&live));
        wait.until(self.job, probe).await
    }

    /// Deletes it. What AWS says is still in use becomes free by itself a while after the last thing
    /// that used it has gone, so the same call is made again until it is; what AWS names is told.
    async fn delete(&self, live: &AnyLive) -> Result<(), Fault> {
        let pace = self.kind.pace();
        let wait = Wait {
            pace: Pace {
                limit: pace.limit.max(IN_USE),
                every: pace.every.max(Duration::from_secs(5)),
                ..pace
            },
            ..self.wait
        };
        // What can be done about it is told at once, for it may not become free by itself, and with the failure.
        let hint = Mutex::new(None);
        let call = || async {
            match self.kind.delete(self.job, Arc::clone(live)).await {
                Ok(()) => Ok(Ready::Yes(())),
                Err(fault) if fault.class == Class::InUse => {
                    let mut told = lock(&hint);
                    if let Some(new) = fault
                        .hint
                        .as_ref()
                        .filter(|new| told.as_ref() != Some(*new))
                    {
                        self.job.note(new);
                    }
                    *told = fault.hint;
                    Ok(Ready::NotYet(fault.message))
                }
                Err(fault) => Err(fault),
            }
        };
        let ended = wait.until(self.job, call).await;
        ended.map_err(|fault| Fault {
            hint: fault.hint.or(lock(&hint).take()),
            ..fault
        })
    }

    async fn until_gone(&self, live: &AnyLive) -> Result<(), Fault> {
        let probe = || async {
            let gone = self.kind.gone(self.job, Arc::clone(live)).await?;
            Ok(Ready::from(gone))
        };
        self.wait.until(self.job, probe).await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic elsewhere ends the run anyway.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
