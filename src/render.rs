//! Events, plans and problems in, text out. The only place that prints.

pub mod console;
pub mod json;
mod lines;
mod logs;
mod outputs;
mod plan;
pub mod problems;
mod progress;
mod report;
mod status;
mod stop;
mod style;
mod time;
mod tree;
pub mod watch;

pub use console::{Console, Format};
pub use logs::{log, log_json};
pub use outputs::outputs;
pub use plan::{adoption, drift, plan};
pub use progress::{Progress, Voice, line};
pub use report::report;
pub use status::{Next, status};
pub use stop::stop;
pub use style::Style;
pub use time::span;
