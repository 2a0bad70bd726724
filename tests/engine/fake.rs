//! A cloud made of a map, whose objects take as long as they are told to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ajuda::engine::{
    Address, AnyKind, Applied, Cancel, Changes, Claim, Class, Effect, Event, Fault, Found, Graph,
    Job, KindOf, Observed, Outcome, Ownership, Pace, Piece, Plan, Ref, Replacement, ResolveContext,
    Resource, RunContext, Verb, apply, observe, plan, plan_destroy,
};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Everything there is, and everything that happened to it.
#[derive(Default)]
pub struct Cloud {
    pub objects: Mutex<BTreeMap<u64, Object>>,
    pub log: Mutex<Vec<(Duration, String)>>,
    /// Names of what cannot be made.
    pub failing: BTreeSet<String>,
    /// Names of what cannot be deleted.
    pub stuck: BTreeSet<String>,
    /// Whether what is in use can be deleted all the same, if it is an `only` or stands on one:
    /// what gives way first cannot wait for what stands on it to move.
    pub swapping: bool,
    /// Whether everything that is in use can be deleted all the same.
    pub careless: bool,
    pub begun: Mutex<Option<Instant>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    pub id: u64,
    pub address: Address,
    pub size: u32,
    pub color: String,
    pub needs: Vec<String>,
    /// What its tags say was applied.
    pub noted: Option<Applied>,
    /// Whether it has the name that its address gives it.
    pub named: bool,
}

impl Cloud {
    fn note(&self, what: String) {
        let begun = *self.begun.lock().unwrap().get_or_insert_with(Instant::now);
        self.log.lock().unwrap().push((begun.elapsed(), what));
    }

    /// What happened, without the times.
    pub fn history(&self) -> Vec<String> {
        self.log
            .lock()
            .unwrap()
            .iter()
            .map(|(_, what)| what.clone())
            .collect()
    }
}

/// A thing that takes `seconds` to make; its colour can be changed, its size cannot. Of an `only`
/// thing there can never be two.
#[derive(Clone)]
pub struct Made<const SORT: u8> {
    pub seconds: u64,
    pub size: u32,
    pub color: String,
    pub needs: Vec<Ref<Thing>>,
    pub needs_only: Vec<Ref<Only>>,
    pub needs_late: Vec<Ref<Late>>,
}

/// Replaced by making the new one first.
pub type Thing = Made<0>;
/// Replaced by deleting the old one first.
pub type Only = Made<1>;
/// Replaced like a thing, and of a later kind although things may need it.
pub type Late = Made<2>;
/// Cannot be changed in its size or needs, and knows what it needs by a name that never changes.
pub type Firm = Made<3>;

impl<const SORT: u8> Made<SORT> {
    pub fn new(seconds: u64, needs: &[&Ref<Thing>]) -> Self {
        Self {
            seconds,
            size: 1,
            color: "red".into(),
            needs: needs.iter().map(|need| (*need).clone()).collect(),
            needs_only: Vec::new(),
            needs_late: Vec::new(),
        }
    }
}

#[derive(Serialize)]
pub struct ThingProps {
    size: u32,
    color: String,
    needs: Vec<String>,
}

impl<const SORT: u8> Resource for Made<SORT> {
    type Cloud = Cloud;
    type Props = ThingProps;
    type Live = Object;

    const KIND: &'static str = ["thing", "only", "late", "firm"][SORT as usize];
    const REPLACEMENT: Replacement = if SORT == 1 {
        Replacement::DeleteFirst
    } else {
        Replacement::CreateFirst
    };
    const GOES_LAST: bool = SORT == 0 || SORT == 2;
    const PACE: Pace = Pace::of(1, 600, 1);

    /// Only making one takes time here.
    fn takes(piece: &Piece<'_, Self>) -> Duration {
        let made = piece.declared.filter(|_| piece.verb == Verb::Create);
        Duration::from_secs(made.map_or(0, |made| made.seconds))
    }

    fn desired(&self, seen: &ResolveContext<'_>) -> ThingProps {
        ThingProps {
            size: self.size,
            color: self.color.clone(),
            needs: self
                .needs
                .iter()
                .map(|need| {
                    seen.text(need, |live| match SORT {
                        3 => live.address.name().to_owned(),
                        _ => live.id.to_string(),
                    })
                })
                .chain(
                    self.needs_only
                        .iter()
                        .map(|need| seen.text(need, |live| live.id.to_string())),
                )
                .chain(
                    self.needs_late
                        .iter()
                        .map(|need| seen.text(need, |live| live.id.to_string())),
                )
                .collect(),
        }
    }

    fn props(live: &Object) -> ThingProps {
        ThingProps {
            size: live.size,
            color: live.color.clone(),
            needs: live.needs.clone(),
        }
    }

    fn effect(path: &str) -> Effect {
        if path == "size" || SORT == 3 && path == "needs" {
            Effect::Replace
        } else {
            Effect::InPlace
        }
    }

    async fn list(cloud: &Cloud, _: &[(&Address, &Self)]) -> Result<Vec<Found<Object>>, Fault> {
        let objects = cloud.objects.lock().unwrap();
        Ok(objects
            .values()
            .filter(|object| object.address.kind() == Self::KIND)
            .map(|object| Found {
                owner: Ownership::Ours(Claim {
                    applied: object.noted.clone(),
                    ..object.address.clone().into()
                }),
                id: object.id.to_string(),
                live: object.clone(),
            })
            .collect())
    }

    fn named(_: &Cloud, _: &Address, _: Option<&Self>, live: &Object) -> Option<bool> {
        Some(live.named)
    }

    async fn create(&self, job: &Job<Cloud>, want: &ThingProps) -> Result<Object, Fault> {
        let name = job.address().name().to_owned();
        job.note(format!("making {name}"));
        (**job).note(format!("start {name}"));
        tokio::time::sleep(Duration::from_secs(self.seconds)).await;
        if job.failing.contains(&name) {
            return Err(Fault::new("thing:Create", Class::Invalid, "it would not"));
        }
        let mut objects = job.objects.lock().unwrap();
        let address = job.address();
        if SORT == 1 && objects.values().any(|object| object.address == *address) {
            return Err(Fault::new("only:Create", Class::Conflict, "there is one"));
        }
        let id = objects.keys().last().map_or(1, |last| last + 1);
        let object = Object {
            id,
            address: job.address().clone(),
            size: want.size,
            color: want.color.clone(),
            needs: want.needs.clone(),
            noted: job.applied().cloned(),
            named: true,
        };
        objects.insert(id, object.clone());
        drop(objects);
        (**job).note(format!("made {name}"));
        Ok(object)
    }

    async fn update(
        &self,
        job: &Job<Cloud>,
        live: &Object,
        want: &ThingProps,
        _: &Changes,
    ) -> Result<Object, Fault> {
        let object = Object {
            color: want.color.clone(),
            needs: want.needs.clone(),
            noted: job.applied().cloned(),
            ..live.clone()
        };
        job.objects.lock().unwrap().insert(live.id, object.clone());
        (**job).note(format!("changed {}", live.address.name()));
        Ok(object)
    }

    async fn delete(job: &Job<Cloud>, live: &Object) -> Result<(), Fault> {
        if job.stuck.contains(live.address.name()) {
            return Err(Fault::new("thing:Delete", Class::Invalid, "it would not"));
        }
        let mut objects = job.objects.lock().unwrap();
        let id = live.id.to_string();
        let swapped = job.careless || job.swapping && gives_way(&objects, &live.id.to_string());
        let user = objects.values().find(|object| object.needs.contains(&id));
        if let Some(user) = user.filter(|_| !swapped) {
            return Err(Fault::new(
                "thing:Delete",
                Class::InUse,
                format!("{} needs it", user.address),
            ));
        }
        objects.remove(&live.id);
        drop(objects);
        (**job).note(format!("deleted {}", live.address.name()));
        Ok(())
    }
}

/// Whether an object is an `only`, or stands on one that is there or was.
fn gives_way(objects: &BTreeMap<u64, Object>, id: &str) -> bool {
    let Some(object) = id.parse().ok().and_then(|id: u64| objects.get(&id)) else {
        return true;
    };
    let mut needs = object.needs.iter();
    object.address.kind() == "only" || needs.any(|need| gives_way(objects, need))
}

pub static KINDS: &[&dyn AnyKind<Cloud>] = &[
    &KindOf::<Thing>::new(),
    &KindOf::<Only>::new(),
    &KindOf::<Late>::new(),
    &KindOf::<Firm>::new(),
];

/// What one run did.
pub struct Run {
    pub plan: Plan,
    pub outcome: Outcome,
    pub events: Vec<Event>,
    pub took: Duration,
}

/// Reads and plans.
pub async fn look(cloud: &Arc<Cloud>, graph: Graph<Cloud>) -> (Arc<Graph<Cloud>>, Observed, Plan) {
    let graph = Arc::new(graph);
    let observed = observe(cloud, &graph, KINDS).await;
    let plan = plan(&graph, KINDS, &observed);
    (graph, observed, plan)
}

/// Reads, plans and applies.
pub async fn up(cloud: &Arc<Cloud>, graph: Graph<Cloud>, cancel: &Cancel) -> Run {
    let (graph, observed, plan) = look(cloud, graph).await;
    run(cloud, graph, plan, observed, cancel).await
}

async fn run(
    cloud: &Arc<Cloud>,
    graph: Arc<Graph<Cloud>>,
    plan: Plan,
    observed: Observed,
    cancel: &Cancel,
) -> Run {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let begun = Instant::now();
    let context = RunContext {
        cloud: Arc::clone(cloud),
        events: sender,
        cancel: cancel.clone(),
        clock_speed: 1.0,
    };
    let outcome = apply(&context, &graph, KINDS, &plan, &observed).await;
    drop(context);
    let took = begun.elapsed();
    let mut events = Vec::new();
    while let Ok(event) = receiver.try_recv() {
        events.push(event);
    }
    Run {
        plan,
        outcome,
        events,
        took,
    }
}

/// Reads and deletes everything.
pub async fn destroy(cloud: &Arc<Cloud>, graph: Graph<Cloud>) -> Outcome {
    removed(cloud, graph).await.outcome
}

/// The same, with its plan and everything that it told.
pub async fn removed(cloud: &Arc<Cloud>, graph: Graph<Cloud>) -> Run {
    let (graph, observed, _) = look(cloud, graph).await;
    let plan = plan_destroy(&graph, KINDS, &observed, |_| false);
    run(cloud, graph, plan, observed, &Cancel::default()).await
}
