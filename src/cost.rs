//! What a stack costs a month: sums over what the file declares and over what is there, by a dated table of prices.
//!
//! Pure: prices and properties in, lines and sums out. What AWS bills by use is taken from the file's `[cost]`.

mod budget;
mod estimate;
mod lines;
mod meter;
mod price_list;
mod prices;
mod range;
#[cfg(test)]
mod tests;
mod world;

pub use budget::{Budget, budget};
pub use estimate::{Estimate, NOT_ESTIMATED, StepCost};
pub use lines::{Line, lines};
pub use meter::Meter;
pub use price_list::{Ask, asks, prices_of};
pub use prices::{Price, Prices};
pub use range::Range;
pub use world::{Thing, present, wanted};
