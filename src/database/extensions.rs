//! Extensions of the database, told and brought up to date by the set-up task.

use serde::{Deserialize, Serialize};

use crate::aws::RunContext;
use crate::engine::{Address, Class, Fault};
use crate::message::{commands, message};
use crate::resources::{Mode, SetupRunner};

use super::run_setup;

/// What the task tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extensions {
    /// PostgreSQL's version.
    pub server: String,
    /// Those that are installed, and those of the stack in any case.
    pub extensions: Vec<Extension>,
    /// `kept` or `updated`.
    pub extension: String,
}

/// One extension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extension {
    /// Its name; pgvector's is `vector`.
    pub name: String,
    /// The version in the database.
    pub installed: Option<String>,
    /// The version that this server offers.
    pub available: Option<String>,
}

/// Asks the database for its extensions; `upgrade` brings those of the stack to the version that is offered.
///
/// # Errors
/// The task's failure; a task of an older ajuda, which cannot tell.
pub async fn extensions(
    run: &RunContext,
    address: &Address,
    setup_runner: &SetupRunner,
    upgrade: bool,
) -> Result<Extensions, Fault> {
    let mode = if upgrade { Mode::Upgrade } else { Mode::Look };
    let report = run_setup(run, address, setup_runner, mode).await?;
    serde_json::from_value(report).map_err(|_| {
        let what = "the set-up task of the stack does not tell extensions";
        Fault::new("ecs:RunTask", Class::Conflict, what).hint(message![
            "it was registered by an older ajuda: ",
            commands::up(),
            " renews it"
        ])
    })
}
