//! Events, plans and problems in, text out. The only place that prints.

mod claims;
mod commands;
pub mod console;
mod database;
mod history;
pub mod json;
mod lines;
mod logs;
mod models;
mod outputs;
mod plan;
pub mod problems;
mod progress;
mod proposal;
mod push;
mod report;
mod secrets;
mod status;
mod stop;
mod style;
mod time;
mod tree;
mod validation;
mod visible;
pub mod watch;

pub use claims::obstacle;
#[cfg(unix)]
pub use console::Unseen;
pub use console::{Console, Format, Kept};
pub use database::{backups, database, extensions, leftovers, upgrade};
pub use history::history;
pub use logs::{log, log_json};
pub use models::{model_warnings, offers};
pub use outputs::outputs;
pub use plan::{Detail, adoption, drift, plan};
pub use progress::{Progress, Voice, line};
pub use proposal::proposal;
pub use push::{Pushing, pushed};
pub use report::report;
pub use secrets::secrets;
pub use status::{Next, status};
pub use stop::stop;
pub use style::Style;
pub use time::span;
pub use validation::validation;
pub use visible::visible;
