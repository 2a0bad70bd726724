//! `ajuda deploy up`: make AWS as the file says.

use std::collections::BTreeSet;

use clap::Args;

use super::Common;
use super::run::{admit, carry_out, conclude, confirm};
use super::session::Session;
use crate::engine::{Action, Address, Plan};
use crate::exit::{Exit, Stop};
use crate::outputs::outputs;
use crate::render::{self, Console, json};

/// Make AWS as the file says
///
/// Reads what AWS has, shows the difference, asks, and changes only that. Run again after any
/// failure or interruption: it goes on from what is there.
///
/// Example: ajuda deploy up --image v1
#[derive(Debug, Args)]
pub struct Up {
    #[command(flatten)]
    pub(super) common: Common,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Image tag or digest: `TAG` for the app, `SERVICE=TAG` for any service; without it, what runs stays
    #[arg(long, value_name = "[SERVICE=]TAG")]
    image: Vec<String>,
    /// Let this one go together with the data in it (repeatable), such as `bucket/uploads`
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    delete_data: Vec<Address>,
}

/// Reads an address of the command line.
pub(super) fn address(text: &str) -> Result<Address, String> {
    Address::parse(text).ok_or_else(|| "write it like `kind/name`, as the plan does".to_owned())
}

impl Up {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, Stop> {
        let force: BTreeSet<Address> = self.delete_data.iter().cloned().collect();
        let session = Session::open(&self.common, console, &self.image, force.clone()).await?;
        let observed = session.observe().await;
        let plan = session.plan(&observed);
        if !console.is_json() {
            console.say(&render::plan(&plan, console.talk_style()));
        }
        admit(&plan)?;
        guard(&plan, &force)?;
        supplied(&session, &plan)?;
        let found = if plan.is_empty() {
            observed.found
        } else {
            let question = format!(
                "change AWS account {} like this? (yes/no)",
                session.cloud.place.account
            );
            confirm(console, self.yes, &question, "yes")?;
            let outcome = carry_out(&session, console, &plan, &observed).await;
            let again = format!("ajuda deploy up --file {}", self.common.file);
            let exit = conclude(&session, console, &outcome.report, &again);
            if exit != Exit::Done {
                return Ok(exit);
            }
            outcome.found
        };
        let outputs = outputs(&session.stack, &session.cloud.place, &found);
        if console.is_json() {
            console.out(&json::outputs_line(&outputs));
        } else {
            console.out(&render::outputs(&outputs, console.style()));
        }
        for note in notes(&session, &found) {
            console.say(&format!("{} {note}", console.talk_style().look("next:")));
        }
        Ok(Exit::Done)
    }
}

/// What declared resources want an operator to know.
fn notes(
    session: &Session,
    found: &std::collections::BTreeMap<Address, crate::engine::AnyLive>,
) -> Vec<String> {
    session
        .graph
        .iter()
        .filter_map(|(address, entry)| Some(entry.node.kind().notes(found.get(address)?)))
        .flatten()
        .collect()
}

/// Data goes only when the operator names it.
fn guard(plan: &Plan, named: &BTreeSet<Address>) -> Result<(), Stop> {
    let endangered: Vec<String> = plan
        .endangered()
        .filter(|item| !named.contains(&item.address))
        .map(|item| item.address.to_string())
        .collect();
    if endangered.is_empty() {
        return Ok(());
    }
    let mut stop = Stop::new(
        Exit::Refused,
        "the plan would take data away; nothing was changed",
    );
    for address in &endangered {
        stop = stop.detail(address.clone());
    }
    let flags: Vec<String> = endangered
        .iter()
        .map(|one| format!("--delete-data {one}"))
        .collect();
    Err(stop.hint(format!(
        "if that is meant: `ajuda deploy up {}`",
        flags.join(" ")
    )))
}

/// Every variable that a new secret's value comes from must be set, before anything begins.
fn supplied(session: &Session, plan: &Plan) -> Result<(), Stop> {
    let made: BTreeSet<&Address> = plan
        .items
        .iter()
        .filter(|item| item.action == Action::Create)
        .map(|item| &item.address)
        .collect();
    let missing: Vec<&str> = session
        .inputs
        .iter()
        .filter(|(address, variable)| {
            made.contains(address) && session.cloud.inputs.get(variable).is_err()
        })
        .map(|(_, variable)| variable.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut stop = Stop::new(
        Exit::Refused,
        "secrets of the file have no value yet; nothing was changed",
    );
    for variable in &missing {
        stop = stop.detail(format!("the environment variable {variable} is not set"));
    }
    Err(stop.hint("set them for this one command; ajuda puts the values into Secrets Manager and nowhere else"))
}
