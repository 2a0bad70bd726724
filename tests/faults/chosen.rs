//! Which cases are tried, and which of them go together in one run.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::accounts::Account;
use crate::acts::{ACTS, Act};
use crate::case::{Case, FAULTS, KILLS};
use crate::stage::Stage;

/// How many calls go wrong in one run at most: the process lives through a fault that does not kill
/// it, so one run can show many.
const TOGETHER: usize = 12;

/// Does it to all, some at a time.
pub fn side_by_side<T: Sync>(all: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    // One more than there are processors: a run on a late AWS waits for much of its time.
    let many = 1 + thread::available_parallelism().map_or(2, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..many {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(one);
                }
            });
        }
    });
}

/// The acts that the cases asked for may be of: where what comes before the first `|` or `*` is in
/// the name of any, those.
pub fn acts(asked: Option<&str>) -> Vec<&'static Act> {
    let act = asked.and_then(|asked| asked.split(['|', '*']).next());
    let act = act.map_or("", str::trim);
    let named = ACTS.iter().filter(|one| one.name().contains(act));
    match named.clone().count() {
        0 => ACTS.iter().collect(),
        _ => named.collect(),
    }
}

/// Each act undisturbed, in the order of the acts.
pub fn stages(acts: &[&'static Act]) -> Vec<Stage> {
    let mut accounts: Vec<Account> = Vec::new();
    for act in acts {
        if !accounts.contains(&act.account) {
            accounts.push(act.account);
        }
    }
    side_by_side(&accounts, |account| {
        account.prepared();
    });
    let stages = Mutex::new(Vec::new());
    let numbered: Vec<_> = acts.iter().enumerate().collect();
    side_by_side(&numbered, |(number, act)| {
        let stage = Stage::set(act).unwrap_or_else(|why| panic!("{}: {why}", act.name()));
        stages.lock().unwrap().push((*number, stage));
    });
    let mut stages = stages.into_inner().unwrap();
    stages.sort_by_key(|(number, _)| *number);
    stages.into_iter().map(|(_, stage)| stage).collect()
}

/// The cases that are asked for, each with its stage.
pub fn chosen<'a>(stages: &'a [Stage], asked: Option<&str>) -> Vec<(&'a Stage, Case)> {
    let every = std::env::var("AJUDA_FAULTS_EVERY").ok();
    let every: usize = every.map_or(1, |every| every.parse().unwrap());
    let mut cases = Vec::new();
    for (turn, stage) in stages.iter().enumerate() {
        for (index, call) in stage.calls.iter().enumerate() {
            for (number, fault) in FAULTS.into_iter().enumerate() {
                let act = stage.act;
                let call = call.clone();
                let case = Case { act, call, fault };
                let wanted = match asked {
                    None if case.kills() => act.tries(turn, index, true, number, KILLS),
                    None => {
                        let others = FAULTS.len() - KILLS;
                        act.tries(turn, index, false, number - KILLS, others)
                    }
                    Some("all") => true,
                    Some(parts) => {
                        let name = case.to_string();
                        parts.split('*').all(|part| name.contains(part))
                    }
                };
                if wanted && !case.is_over() {
                    cases.push((stage, case));
                }
            }
        }
    }
    cases.into_iter().step_by(every).collect()
}

/// The cases as runs: those that go together, up to TOGETHER in one.
pub fn runs<'a, 'c>(cases: &'c [(&'a Stage, Case)]) -> Vec<(&'a Stage, Vec<&'c Case>)> {
    let mut runs: Vec<(&Stage, Vec<&Case>)> = Vec::new();
    for (stage, case) in cases {
        let fits = |run: &Vec<&Case>| {
            run.len() < TOGETHER && run.iter().all(|other| case.goes_with(other))
        };
        match runs.iter_mut().find(|(_, run)| fits(run)) {
            Some((_, run)) => run.push(case),
            None => runs.push((stage, vec![case])),
        }
    }
    runs
}
