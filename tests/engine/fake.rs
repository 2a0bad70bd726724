//! A cloud made of a map, whose objects take as long as they are told to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ajuda::engine::{
    Address, AnyKind, Cancel, Changes, Class, Effect, Event, Fault, Found, Graph, Job, KindOf,
    Observed, Outcome, Owner, Pace, Plan, Ref, Resource, Seen, apply, observe, plan,
};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Everything there is, and everything that happened to it.
#[derive(Default)]
pub struct Cloud {
    pub objects: Mutex<BTreeMap<u64, Object>>,
    pub log: Mutex<Vec<(Duration, String)>>,
    pub failing: BTreeSet<String>,
    pub begun: Mutex<Option<Instant>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    pub id: u64,
    pub address: Address,
    pub size: u32,
    pub color: String,
    pub needs: Vec<String>,
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

/// A thing that takes `seconds` to make; its colour can be changed, its size cannot.
#[derive(Clone)]
pub struct Thing {
    pub seconds: u64,
    pub size: u32,
    pub color: String,
    pub needs: Vec<Ref<Thing>>,
}

impl Thing {
    pub fn new(seconds: u64, needs: &[&Ref<Self>]) -> Self {
        Self {
            seconds,
            size: 1,
            color: "red".into(),
            needs: needs.iter().map(|need| (*need).clone()).collect(),
        }
    }
}

#[derive(Serialize)]
pub struct ThingProps {
    size: u32,
    color: String,
    needs: Vec<String>,
}

impl Resource for Thing {
    type Cloud = Cloud;
    type Props = ThingProps;
    type Live = Object;

    const KIND: &'static str = "thing";
    const PACE: Pace = Pace::of(1, 600, 1);

    fn want(&self, seen: &Seen<'_>) -> ThingProps {
        ThingProps {
            size: self.size,
            color: self.color.clone(),
            needs: self
                .needs
                .iter()
                .map(|need| seen.text(need, |live| live.id.to_string()))
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
        if path == "size" {
            Effect::Replace
        } else {
            Effect::InPlace
        }
    }

    async fn list(cloud: &Cloud, _: &[(&Address, &Self)]) -> Result<Vec<Found<Object>>, Fault> {
        let objects = cloud.objects.lock().unwrap();
        Ok(objects
            .values()
            .map(|object| Found {
                owner: Owner::Ours(object.address.clone().into()),
                id: object.id.to_string(),
                live: object.clone(),
            })
            .collect())
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
        let id = objects.keys().last().map_or(1, |last| last + 1);
        let object = Object {
            id,
            address: job.address().clone(),
            size: want.size,
            color: want.color.clone(),
            needs: want.needs.clone(),
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
            ..live.clone()
        };
        job.objects.lock().unwrap().insert(live.id, object.clone());
        (**job).note(format!("changed {}", live.address.name()));
        Ok(object)
    }

    async fn delete(job: &Job<Cloud>, live: &Object) -> Result<(), Fault> {
        let mut objects = job.objects.lock().unwrap();
        let id = live.id.to_string();
        if let Some(user) = objects.values().find(|object| object.needs.contains(&id)) {
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

pub static KINDS: &[&dyn AnyKind<Cloud>] = &[&KindOf::<Thing>::new()];

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
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let begun = Instant::now();
    let outcome = apply(cloud, &graph, KINDS, &plan, &observed, sender, cancel, 1.0).await;
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
