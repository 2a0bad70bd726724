//! What is done to a running stack beside `up`, through the binary, as a user does it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

#[path = "operate/back.rs"]
mod back;
#[path = "cli/binary.rs"]
mod binary;
#[path = "cli/deployed.rs"]
mod deployed;
#[path = "operate/failures.rs"]
mod failures;
#[path = "operate/leftovers.rs"]
mod leftovers;
#[path = "operate/migration.rs"]
mod migration;
#[path = "operate/pages.rs"]
mod pages;
#[path = "operate/refusals.rs"]
mod refusals;
#[path = "operate/requests.rs"]
mod requests;
#[path = "operate/shifting.rs"]
mod shifting;
#[path = "operate/stage.rs"]
mod stage;
#[path = "operate/together.rs"]
mod together;
#[path = "operate/unfinished.rs"]
mod unfinished;
#[path = "operate/update.rs"]
mod update;
#[path = "operate/verbs.rs"]
mod verbs;
#[path = "operate/year.rs"]
mod year;
