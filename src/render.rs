//! Events, plans and problems in, text out. The only place that prints.

pub mod console;
mod database;
pub mod json;
mod outputs;
mod plan;
pub mod problems;
mod progress;
mod report;
mod secrets;
mod status;
mod stop;
mod style;
mod time;
mod tree;

#[cfg(unix)]
pub use console::Unseen;
pub use console::{Console, Format};
pub use database::{backups, database, extensions, upgrade};
pub use outputs::outputs;
pub use plan::{adoption, drift, plan};
pub use progress::{Progress, Voice, line};
pub use report::report;
pub use secrets::secrets;
pub use status::status;
pub use stop::stop;
pub use style::Style;
pub use time::span;
