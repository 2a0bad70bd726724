//! AWS as resources use it: clients, memoised batched reads, faults, tags and ownership.

mod bucket_owner;
mod cloud;
mod connect;
mod direct;
mod endpoint;
mod fault;
pub mod lease;
mod make;
mod memo;
mod quota;
mod spread;
mod ssm;
mod tags;

pub use cloud::{Cloud, Inputs, Place};
pub use connect::{Connection, connect};
pub use endpoint::is_loopback;
pub use fault::{absent_is_done, classify, fault};
pub use make::make;
pub use memo::Memo;
pub use ssm::Ssm;
pub use tags::{
    ADDRESS_TAG, DISPOSABLE_TAG, REGION_TAG, STACK_TAG, Tags, all_tags, may_destroy, spoken,
    tag_list,
};

/// The work on one AWS resource.
pub type Job = crate::engine::Job<Cloud>;

/// Work on AWS outside a plan.
pub type Errand = crate::engine::Errand<Cloud>;
