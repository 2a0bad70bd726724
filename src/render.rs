//! Events, plans and problems in, text out. The only place that prints.

pub mod console;
mod history;
pub mod json;
mod outputs;
mod plan;
pub mod problems;
mod progress;
mod proposal;
mod report;
mod status;
mod stop;
mod style;
mod time;
mod tree;

pub use console::{Console, Format};
pub use history::history;
pub use outputs::outputs;
pub use plan::{adoption, drift, plan};
pub use progress::{Progress, Voice, line};
pub use proposal::proposal;
pub use report::report;
pub use status::status;
pub use stop::stop;
pub use style::Style;
pub use time::span;
