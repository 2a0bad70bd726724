//! The engine over a made-up cloud, in virtual time: order, overlap, failures, replacement, stopping.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "engine/differences.rs"]
mod differences;
#[path = "engine/fake.rs"]
mod fake;
#[path = "engine/order.rs"]
mod order;
#[path = "engine/properties.rs"]
mod properties;
#[path = "engine/replacement.rs"]
mod replacement;
#[path = "engine/schedule.rs"]
mod schedule;
#[path = "engine/shapes.rs"]
mod shapes;
#[path = "engine/shown.rs"]
mod shown;
