//! What integration tests share: a sandbox each, and the life of a graph in it.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod by_hand;
pub mod ecs;
pub mod held;
pub mod hints;
pub mod lease;
pub mod life;
pub mod network;
pub mod plugin;
pub mod round_trips;
pub mod sandbox;
pub mod schema;
pub mod terminal;
