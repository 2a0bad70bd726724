//! From a file's name to a declared stack and a connected cloud.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde_json::json;

use super::file::{read, refused, warn};
use super::{Common, names, option};
use crate::aws::{Cloud, Connection, Inputs, Notice, connect};
use crate::engine::{self, Action, Address, Graph, Observed, Resource, Unread, observe};
use crate::exit::{Exit, Stop};
use crate::operate::lost::{self, Lost};
use crate::operate::names::kept;
use crate::operate::operator_secrets::{self, OperatorSecrets};
use crate::outputs::outputs;
use crate::presets::rds_ca;
use crate::render::{Console, json};
use crate::resources::ecs::registry::is_version;
use crate::resources::{KINDS, Role};
use crate::sandbox::Sandbox;
use crate::stack::{self, Network, Stack, is_zone_id};
use crate::steps::zones::choose as choose_zones;
use crate::steps::{self, Choice};

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
    pub(super) haste: f64,
    /// Options of the AWS CLI that lead to the same place, such as ` --region us-east-1`.
    pub(super) place: String,
    /// What users type, as the first look found it.
    found_at: OnceLock<Option<String>>,
}

impl Session {
    /// Reads the file, connects, declares.
    pub(super) async fn open(
        common: &Common,
        console: &Console,
        images: &[String],
        force: BTreeSet<Address>,
    ) -> Result<Self, Stop> {
        let (stack, source) = read(&common.file, console)?;
        let images = choose(&stack, images)?;
        let mut to = Connection {
            region: common.region.clone().or_else(|| stack.region.clone()),
            profile: common.profile.clone(),
            account: stack.account.clone(),
            notice: {
                let console = *console;
                Notice::new(move |text| console.notice(text))
            },
            find_zones: matches!(stack.network, Network::Own(_)),
            instance_class: class_to_place(&stack),
            ..Connection::default()
        };
        let mut haste = 1.0;
        if common.sandbox {
            let region = to.region.get_or_insert_with(|| "us-east-1".to_owned());
            let running = sandbox(&stack, region, console)?;
            console.name_target(format!("in the sandbox at {}, not in AWS", running.url));
            haste = running.haste();
            to.haste = Some(haste);
            to.endpoint = Some(running.url);
            to.sandbox_credentials = true;
            to.profile = None;
            to.account = None;
        } else {
            name_signer(common, console);
        }
        let mut cloud = connect(&stack.name, &to, Inputs::default())
            .await
            .map_err(|fault| Stop::of("cannot reach AWS", &fault))?;
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
        let mut place = option("--region", &cloud.place.region);
        for (flag, value) in [("--profile", &to.profile), ("--endpoint-url", &to.endpoint)] {
            if let Some(value) = value {
                place.push_str(&option(flag, value));
            }
        }
        if rds_ca::are_missing(&stack, &cloud.place.region) {
            let found = stack::refuse_region(&source, &common.file, &cloud.place.region);
            return Err(refused(&source, &common.file, &found, console));
        }
        if let Network::Own(own) = &stack.network {
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
        let operators = steps::operators_secrets(&stack);
        let operators = operator_secrets::read(&cloud, operators).await;
        let choice = Choice {
            images,
            secret_keys: operators.encryption.clone(),
        };
        let declared = steps::declare(&stack, &cloud.place, &choice);
        let wrong = names::wrong(&stack, &declared);
        if !wrong.is_empty() {
            let found = stack::refuse_names(&source, &common.file, &wrong);
            return Err(refused(&source, &common.file, &found, console));
        }
        cloud.moved = names::moved(&stack, &declared);
        cloud.inputs = inputs(&declared.inputs);
        Ok(Self {
            stack,
            source,
            cloud: Arc::new(cloud),
            graph: Arc::new(declared.graph),
            inputs: declared.inputs,
            images: choice.images,
            operators,
            haste,
            place,
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

    /// The services of these names, or all where none is named.
    pub(super) fn services(&self, named: &[String]) -> Result<Vec<String>, Stop> {
        if named.is_empty() {
            return Ok(self.stack.services.keys().cloned().collect());
        }
        let named: BTreeSet<&String> = named.iter().collect();
        named.into_iter().map(|name| self.service(name)).collect()
    }

    /// The service of this name.
    fn service(&self, name: &str) -> Result<String, Stop> {
        if self.stack.services.contains_key(name) {
            return Ok(name.to_owned());
        }
        let known: Vec<&str> = self.stack.services.keys().map(String::as_str).collect();
        Err(
            Stop::error(format!("there is no service `{name}` in the file"))
                .hint(format!("the file has {}", known.join(", "))),
        )
    }

    /// The service of this name, or the app where none is named.
    pub(super) fn service_or_app(&self, named: Option<&str>) -> Result<String, Stop> {
        match named {
            Some(name) => self.service(name),
            None => app(&self.stack)
                .ok_or_else(|| Stop::error("which service?").hint("name it: `--service NAME`")),
        }
    }

    /// The same, with what the file says of it.
    pub(super) fn service_of(&self, named: Option<&str>) -> Result<&stack::Service, Stop> {
        let name = self.service_or_app(named)?;
        let known = self.stack.services.get(&name);
        known.ok_or_else(|| Stop::error(format!("there is no service `{name}` in the file")))
    }

    /// That there is nothing of the stack where this session looked: another region or account may have it.
    pub(super) fn nothing(&self) -> String {
        format!(
            "{} has nothing of the stack {}",
            self.cloud.place, self.stack.name
        )
    }

    /// What users type, once the load balancer was there when this session looked.
    pub(super) fn address(&self) -> Option<String> {
        self.found_at.get().cloned().flatten()
    }

    /// Why there is nothing to show.
    pub(super) fn absent(&self, common: &Common) -> Stop {
        Stop::error(format!("the stack is not there: {}", self.nothing()))
            .hint(format!("`{}` brings it up", common.command("up")))
    }

    /// What the file gives up, and what of it could not be looked up.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = stack::warnings(&self.stack);
        warnings.extend(self.operators.warnings.iter().cloned());
        warnings
    }

    /// Says what the file gives up: before something is made of it, not each time it is read.
    pub(super) fn warn(&self, console: &Console) {
        warn(&self.warnings(), console);
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

    /// Reads what AWS has.
    pub(super) async fn observe(&self) -> Observed {
        let mut observed = observe(&self.cloud, &self.graph, KINDS).await;
        // What the file names under [adopt] is the stack's on the operator's word.
        for address in names::named(&self.stack) {
            observed.believe(&address);
        }
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
    pub(super) async fn tell_lost(
        &self,
        observed: &Observed,
        plan: &mut engine::Plan,
        empty: &BTreeSet<Address>,
        up: &str,
    ) -> Result<Lost, Stop> {
        let lost = lost::lost(&self.cloud, &self.graph, observed, plan, empty)
            .await
            .map_err(|fault| Stop::of("cannot read what is left of data that is gone", &fault))?;
        lost::tell(plan, &lost, up);
        Ok(lost)
    }

    /// Compares what AWS has with what the file says.
    pub(super) fn plan(&self, observed: &Observed) -> engine::Plan {
        let mut plan = engine::plan(&self.graph, KINDS, observed);
        name_variables(&mut plan, &self.inputs);
        plan
    }
}

/// Says which credentials sign where the environment names two: keys come before `AWS_PROFILE`, as in
/// every AWS tool.
fn name_signer(common: &Common, console: &Console) {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    if common.profile.is_none()
        && let (Some(profile), Some(_)) = (set("AWS_PROFILE"), set("AWS_ACCESS_KEY_ID"))
    {
        console.say(&format!(
            "{} the keys of AWS_ACCESS_KEY_ID sign, not those of the profile {profile} that AWS_PROFILE \
             names: pass --profile {profile}, or unset one of the two",
            console.talk_style().look("warning:")
        ));
    }
}

/// The instance class of the database, if that has a say in which zones the stack stands in.
fn class_to_place(stack: &Stack) -> Option<String> {
    let chosen = matches!(&stack.network, Network::Own(own) if own.zone_names.is_empty());
    let database = stack.database.as_ref().filter(|_| chosen)?;
    Some(database.instance_class.clone())
}

/// Says to whom requests go, when that is not AWS.
fn name_endpoints(cloud: &Cloud, console: &Console) {
    if cloud.endpoints.is_empty() {
        return;
    }
    let all: Vec<String> = cloud.endpoints.iter().map(ToString::to_string).collect();
    let warning = console.talk_style().look("warning:");
    console.name_target(format!(
        "{warning} requests go to {}, as AWS_ENDPOINT_URL or the profile says, not to AWS's own hosts",
        all.join(" and to ")
    ));
}

/// `--image TAG` is for the app, `--image SERVICE=TAG` for any service.
fn choose(stack: &Stack, images: &[String]) -> Result<BTreeMap<String, String>, Stop> {
    let mut chosen = BTreeMap::new();
    for image in images {
        let (service, tag) = match image.split_once('=') {
            Some((service, tag)) => (service.to_owned(), tag),
            None => {
                let app = app(stack).ok_or_else(|| {
                    Stop::error("--image does not say which service it is for")
                        .hint("write it like `--image SERVICE=TAG`")
                })?;
                (app, image.as_str())
            }
        };
        let known: Vec<&str> = stack.services.keys().map(String::as_str).collect();
        let Some(declared) = stack.services.get(&service) else {
            return Err(Stop::error(format!(
                "--image names the service `{service}`, which is not in the file"
            ))
            .hint(format!("the file has {}", known.join(", "))));
        };
        if !is_version(tag) {
            return Err(
                Stop::error(format!("--image says `{tag}`, which is not a tag"))
                    .hint("write it like `--image v2`, or a digest: `--image sha256:…`"),
            );
        }
        if let Some(written) = declared
            .image
            .tag
            .as_deref()
            .filter(|written| *written != tag)
        {
            return Err(Stop::new(
                Exit::Refused,
                format!("the file says that {service} runs `{written}`, so `{tag}` cannot be chosen here"),
            )
            .hint("change the tag in the file, or take it out of the file to choose it here"));
        }
        chosen.insert(service, tag.to_owned());
    }
    Ok(chosen)
}

/// The service that is meant when none is named: the app.
pub(super) fn app(stack: &Stack) -> Option<String> {
    let preset = |service: &&stack::Service| service.preset == Some(stack::Preset::OpenWebui);
    let public = |service: &&stack::Service| service.public;
    let services = || stack.services.values();
    let only = (stack.services.len() == 1)
        .then(|| services().next())
        .flatten();
    services()
        .find(preset)
        .or(only)
        .or_else(|| services().find(public))
        .map(|service| service.name.clone())
}

/// The variables of the operator's environment that the file names, and no other.
fn inputs(named: &[(Address, String)]) -> Inputs {
    let held = named
        .iter()
        .filter_map(|(_, variable)| Some((variable.clone(), std::env::var(variable).ok()?)));
    Inputs::new(held.collect())
}

/// Says of each secret that gets its value from this machine which variable it is.
fn name_variables(plan: &mut engine::Plan, inputs: &[(Address, String)]) {
    for item in &mut plan.items {
        let made = match item.action {
            Action::Create => true,
            Action::Update | Action::Replace { .. } => item.changes.touch_any(&["made", "value"]),
            Action::Keep | Action::Delete | Action::Later { .. } | Action::Adopt => false,
        };
        let variable = inputs.iter().find(|(address, _)| *address == item.address);
        if let Some((_, variable)) = variable.filter(|_| made) {
            item.notes.push(format!(
                "its value comes from the environment variable {variable} of this machine"
            ));
        }
    }
}

/// A running sandbox, in whose partition of `region` the file's hosted zone and images exist.
fn sandbox(
    stack: &Stack,
    region: &str,
    console: &Console,
) -> Result<crate::sandbox::Running, Stop> {
    let home = Sandbox::of_user()?;
    let running = match home.running() {
        Some(running) => running,
        None => {
            let running = home.start(0, "fast", &mut |text| console.say(text))?;
            console.say(&format!(
                "started a sandbox at {} (`ajuda sandbox stop` ends it)",
                running.url
            ));
            running
        }
    };
    let zones: Vec<&str> = stack
        .domain
        .iter()
        .filter_map(|domain| domain.zone.as_deref())
        .filter(|zone| !is_zone_id(zone))
        .collect();
    // One that the file names by its id is of the domain above the name.
    let zone_ids: BTreeMap<&str, &str> = stack
        .domain
        .iter()
        .filter_map(|domain| Some((domain.zone.as_deref()?, domain.name.as_str())))
        .filter(|(zone, _)| is_zone_id(zone))
        .map(|(zone, name)| (zone, name.split_once('.').map_or(name, |(_, above)| above)))
        .collect();
    let images: Vec<String> = stack
        .services
        .values()
        .map(|service| {
            let tag = service.image.tag.as_deref().unwrap_or("v1");
            format!("{}:{tag}", service.image.name)
        })
        .collect();
    running
        .control()
        .post(
            "day-one",
            &json!({ "zones": zones, "zone_ids": zone_ids, "images": images, "region": region }),
        )
        .map_err(|error| Stop::error(format!("the sandbox did not answer: {error}")))?;
    Ok(running)
}

#[cfg(test)]
mod tests {
    use super::inputs;
    use crate::engine::Address;

    #[test]
    fn only_variables_that_the_file_names_are_read() {
        let address = Address::parse("secret/one").expect("an address");
        let held = inputs(&[(address.clone(), "PATH".to_owned())]);
        assert!(held.get("PATH").is_ok());
        // It is set wherever tests run.
        assert!(std::env::var("CARGO_MANIFEST_DIR").is_ok());
        assert!(held.get("CARGO_MANIFEST_DIR").is_err());
    }
}
