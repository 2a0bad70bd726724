//! From a file's name to a declared stack and a connected cloud.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use super::options::Common;
use super::stack_file::{read, refused, warn};
use crate::aws::{Cloud, Connection, Inputs, Notice, connect};
use crate::command_error::CommandError;
use crate::engine::{self, Address, Graph, Observed, Resource, Unread, observe};
use crate::inspect::estimates;
use crate::inspect::lost_data::{self, Lost};
use crate::message::{commands, message};
use crate::outputs::outputs;
use crate::presets::{self, rds_ca};
use crate::render::{Console, json};
use crate::resources::physical_names::kept;
use crate::resources::scope::observe_kinds;
use crate::resources::{KINDS, LoadBalancer, Role};
use crate::secrets::operator::{self, OperatorSecrets};
use crate::stack::{self, Network, Stack};
use crate::steps::zones::choose as choose_zones;
use crate::steps::{self, Choice};

mod sandbox;
mod services;
mod target;
mod variables;

pub(super) use services::{app, known};

use sandbox::sandbox;
use services::choose;
use target::{name_endpoints, name_signer};
use variables::{inputs, name_variables};

/// Everything a verb works with.
pub(super) struct Session {
    pub(super) stack: Stack,
    /// The text of the file that the stack was read from.
    pub(super) source: String,
    pub(super) cloud: Arc<Cloud>,
    pub(super) graph: Arc<Graph<Cloud>>,
    /// Secrets whose first value comes from a variable of the operator's environment.
    pub(super) inputs: Vec<(Address, String)>,
    /// Image tags or digests by service, as the operator chose them.
    pub(super) images: BTreeMap<String, String>,
    /// What is known of the secrets that the operator keeps beside the stack.
    operators: OperatorSecrets,
    /// How many times faster than AWS the cloud's clocks run.
    pub(super) clock_speed: f64,
    /// What users type, as the first look found it.
    found_at: OnceLock<Option<String>>,
}

/// What a verb says of itself before anything is asked.
struct Opening<'o> {
    /// What `--image` says.
    images: &'o [String],
    /// The services that it names.
    services: &'o [&'o str],
    /// Whether it compares what AWS has with the whole file.
    plans: bool,
}

impl Session {
    /// Reads the file, connects, declares.
    pub(super) async fn open(
        common: &Common,
        console: &Console,
        images: &[String],
        force: BTreeSet<Address>,
    ) -> Result<Self, CommandError> {
        let kind = Opening {
            images,
            services: &[],
            plans: true,
        };
        Self::connect(common, console, kind, force).await
    }

    /// The same for a verb that compares nothing with the file but what it names: in which zones the stack
    /// stands, and what encrypts secrets beside it, is not asked for then.
    pub(super) async fn open_unplanned(
        common: &Common,
        console: &Console,
    ) -> Result<Self, CommandError> {
        Self::open_for(common, console, &[], false).await
    }

    /// The same for a verb that is about these services, which are looked for in the file before anything is asked. Where
    /// it `plans`, it compares with the whole file all the same.
    ///
    /// # Errors
    /// One of them is not in the file.
    pub(super) async fn open_for(
        common: &Common,
        console: &Console,
        services: &[&str],
        plans: bool,
    ) -> Result<Self, CommandError> {
        let kind = Opening {
            images: &[],
            services,
            plans,
        };
        Self::connect(common, console, kind, BTreeSet::new()).await
    }

    async fn connect(
        common: &Common,
        console: &Console,
        Opening {
            images,
            services,
            plans,
        }: Opening<'_>,
        force: BTreeSet<Address>,
    ) -> Result<Self, CommandError> {
        let (stack, source) = read(&common.file, console)?;
        for name in services {
            known(&stack, name)?;
        }
        let images = choose(&stack, images)?;
        let mut to = Connection {
            region: common.region.clone().or_else(|| stack.region.clone()),
            profile: common.profile.clone(),
            account: stack.account.clone(),
            notice: {
                let console = *console;
                Notice::new(move |text| console.notice(text))
            },
            skip_zones: !plans,
            find_zones: plans && matches!(stack.network, Network::Own(_)),
            instance_class: class_to_place(&stack).filter(|_| plans),
            ..Connection::default()
        };
        let mut clock_speed = 1.0;
        if common.sandbox {
            let region = to.region.get_or_insert_with(|| "us-east-1".to_owned());
            let running = sandbox(&stack, region, console)?;
            console.name_target(format!("in the sandbox at {}, not in AWS", running.url));
            clock_speed = running.clock_speed();
            to.clock_speed = Some(clock_speed);
            to.endpoint = Some(running.url);
            to.sandbox_credentials = true;
            to.profile = None;
            to.account = None;
        } else {
            name_signer(common, console);
        }
        let mut cloud = connect(&stack.name, &to, Inputs::default())
            .await
            .map_err(|fault| CommandError::of("cannot reach AWS", &fault))?;
        console.name_origin(json::Origin {
            stack: stack.name.clone(),
            account: cloud.place.account.clone(),
            region: cloud.place.region.clone(),
            sandbox: common.sandbox,
        });
        if !common.sandbox {
            name_endpoints(&cloud, console);
        }
        cloud.force = force;
        let (profile, endpoint) = (to.profile.as_deref(), to.endpoint.as_deref());
        console.name_place(&cloud.place.region, profile, endpoint);
        if rds_ca::are_missing(&stack, &cloud.place.region) {
            let found = stack::refuse_region(&source, &common.file, &cloud.place.region);
            return Err(refused(&source, &common.file, &found, console));
        }
        if let Network::Own(own) = &stack.network
            && plans
        {
            let class = cloud.with_class.as_ref();
            match choose_zones(own, &cloud.zones, &cloud.occupied, class) {
                Ok(zones) => cloud.place.zones = zones,
                Err(wrong) => {
                    let (message, label) = (&wrong.message, &wrong.label);
                    let found = stack::refuse_zones(&source, &common.file, message, label);
                    return Err(refused(&source, &common.file, &found, console));
                }
            }
        }
        let region = &cloud.place.region;
        if let Some(found) = stack::refuse_names_in(&source, &common.file, &stack, region) {
            return Err(refused(&source, &common.file, &found, console));
        }
        let operators = match plans {
            true => steps::operators_secrets(&stack),
            false => BTreeSet::new(),
        };
        let operators = operator::read(&cloud, operators).await;
        let choice = Choice {
            images,
            secret_keys: operators.encryption.clone(),
        };
        let declared = steps::declare(&stack, &cloud.place, &choice);
        let wrong = steps::wrong_addresses(&stack, &declared);
        if !wrong.is_empty() {
            let found = stack::refuse_names(&source, &common.file, &wrong);
            return Err(refused(&source, &common.file, &found, console));
        }
        cloud.moved = steps::moved(&stack, &declared);
        cloud.inputs = inputs(&declared.inputs);
        Ok(Self {
            stack,
            source,
            cloud: Arc::new(cloud),
            graph: Arc::new(declared.graph),
            inputs: declared.inputs,
            images: choice.images,
            operators,
            clock_speed,
            found_at: OnceLock::new(),
        })
    }

    /// From now on the stack is being removed.
    pub(super) fn removes(&mut self) {
        // Nobody else has the cloud yet: this comes right after it was made.
        if let Some(cloud) = Arc::get_mut(&mut self.cloud) {
            cloud.removing = true;
        }
    }

    /// Lets everything go together with the data in it, also what has left the file.
    pub(super) fn force_all(&mut self) {
        // Nobody else has the cloud yet: this comes right after it was made.
        if let Some(cloud) = Arc::get_mut(&mut self.cloud) {
            cloud.force_all = true;
        }
    }

    /// Lets what is declared of a kind go although it is protected.
    pub(super) fn force_kind(&mut self, kind: &str) {
        let all = self.graph.iter().map(|(address, _)| address.clone());
        let all: Vec<Address> = all.filter(|address| address.kind() == kind).collect();
        if let Some(cloud) = Arc::get_mut(&mut self.cloud) {
            cloud.force.extend(all);
        }
    }

    /// That there is nothing of the stack where this session looked: another region or account may have it.
    pub(super) fn nothing(&self) -> String {
        format!(
            "{} has nothing of the stack {}",
            self.cloud.place, self.stack.name
        )
    }

    /// What users type, once the load balancer was there when this session looked. A session that has not
    /// looked yet does so.
    pub(super) async fn address(&self) -> Option<String> {
        if let Some(found) = self.found_at.get() {
            return found.clone();
        }
        let observed = self.observe_kinds(&[LoadBalancer::KIND]).await;
        let address = outputs(&self.stack, &self.cloud.place, &observed.found).address;
        self.found_at.get_or_init(|| address).clone()
    }

    /// Why there is nothing to show.
    pub(super) fn absent(&self) -> CommandError {
        CommandError::error(format!("the stack is not there: {}", self.nothing()))
            .hint(message![commands::up(), " brings it up"])
    }

    /// What the file gives up, and what of it could not be looked up.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = presets::warnings(&self.stack);
        warnings.extend(self.operators.warnings.iter().cloned());
        warnings
    }

    /// What is known of the secrets that the operator keeps beside the stack.
    pub(super) fn operators(&self) -> &OperatorSecrets {
        &self.operators
    }

    /// Says what the file gives up: before something is made of it, not each time it is read.
    pub(super) fn warn(&self, console: &Console) {
        warn(self.warnings(), console);
    }

    /// What the file declares, under the names that the stack's objects have on AWS: for verbs that ask for
    /// them by name. Nothing is planned by it, because only tags tell these names.
    pub(super) async fn as_called(&self) -> Arc<Graph<Cloud>> {
        // Who may not ask the index looks where the file says.
        let kept = kept(&self.cloud, &self.graph).await;
        let kept = kept.unwrap_or_default();
        if kept.is_empty() {
            return Arc::clone(&self.graph);
        }
        let mut stack = self.stack.clone();
        let kept = kept.into_iter();
        stack
            .adopt
            .extend(kept.map(|(address, name)| (address.to_string(), name)));
        let choice = Choice {
            images: self.images.clone(),
            secret_keys: self.operators.encryption.clone(),
        };
        Arc::new(steps::declare(&stack, &self.cloud.place, &choice).graph)
    }

    /// Reads what AWS has of these kinds, and of no others.
    pub(super) async fn observe_kinds(&self, named: &[&str]) -> Observed {
        self.believed(observe_kinds(&self.cloud, &self.graph, named).await)
    }

    /// What the file names under `[adopt]` is the stack's on the operator's word.
    fn believed(&self, mut observed: Observed) -> Observed {
        for address in steps::adopted(&self.stack) {
            observed.believe(&address);
        }
        observed
    }

    /// Reads what AWS has.
    pub(super) async fn observe(&self) -> Observed {
        let mut observed = self.believed(observe(&self.cloud, &self.graph, KINDS).await);
        self.found_at
            .get_or_init(|| outputs(&self.stack, &self.cloud.place, &observed.found).address);
        // What a role needs is not known then, and a permission that it has must not be taken away.
        if let Some(fault) = &self.operators.fault
            && !observed.unread.iter().any(|one| one.kind == Role::KIND)
        {
            let roles = self.graph.iter().map(|(address, _)| address.clone());
            observed.unread.push(Unread {
                kind: Role::KIND,
                addresses: roles.filter(|one| one.kind() == Role::KIND).collect(),
                fault: fault.clone(),
            });
        }
        observed
    }

    /// Says in a plan what was there and is gone, and what becomes of it; what `empty` names is made empty.
    ///
    /// # Errors
    /// What there is to take its place could not be read.
    pub(super) async fn note_lost_data(
        &self,
        observed: &Observed,
        plan: &mut engine::Plan,
        empty: &BTreeSet<Address>,
    ) -> Result<Lost, CommandError> {
        let lost = lost_data::lost(&self.cloud, &self.graph, observed, plan, empty)
            .await
            .map_err(|fault| {
                CommandError::of("cannot read what is left of data that is gone", &fault)
            })?;
        lost_data::note_lost(plan, &lost);
        Ok(lost)
    }

    /// Says in a plan how long it takes, by what this stack itself tells of that.
    pub(super) async fn estimate_time(
        &self,
        plan: engine::Plan,
        observed: &mut Observed,
        lost: &Lost,
    ) -> engine::Plan {
        estimates::refine(&self.cloud, &self.graph, plan, observed, lost).await
    }

    /// Compares what AWS has with what the file says.
    pub(super) fn plan(&self, observed: &Observed) -> engine::Plan {
        let mut plan = engine::plan(&self.graph, KINDS, observed);
        name_variables(&mut plan, &self.inputs);
        plan
    }
}

/// The instance class of the database, if that has a say in which zones the stack stands in.
fn class_to_place(stack: &Stack) -> Option<String> {
    let chosen = matches!(&stack.network, Network::Own(own) if own.zone_names.is_empty());
    let database = stack.database.as_ref().filter(|_| chosen)?;
    Some(database.instance_class.clone())
}
