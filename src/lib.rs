//! ajuda: a whole AI assistant on your own AWS account, from one file and without state.
//!
//! Data flows one way: stack file → [`stack::Stack`] → graph → what AWS has → plan → apply → events.

#![warn(missing_docs)]

pub mod aws;
pub mod bedrock;
pub mod check;
pub mod cli;
pub mod command_error;
pub mod cost;
pub mod database;
pub mod engine;
pub mod exit;
pub mod images;
pub mod inspect;
pub mod message;
pub mod outputs;
pub mod permissions;
pub mod presets;
pub mod regions;
pub mod render;
pub mod resources;
pub mod rollout;
pub mod sandbox;
pub mod secrets;
pub mod stack;
pub mod steps;
