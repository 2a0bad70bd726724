//! AWS as resources use it: clients, memoised batched reads, faults, tags and ownership.

mod answer;
mod bucket_owner;
mod ca_bundle;
mod cloud;
mod connect;
mod create_idempotently;
mod endpoint;
mod fault;
pub mod grant;
mod http;
mod index;
pub mod lease;
mod memo;
mod new_account;
pub mod policy_statement;
mod profile;
mod propagation;
mod quota;
pub mod signed;
mod ssm;
mod tags;
pub mod timestamp;
mod zones;

pub use answer::{Required, all_items, answer_of, deleted, done, optional};
pub use ca_bundle::CaBundle;
pub use cloud::{Cloud, Inputs, Place};
pub use connect::{Connection, connect};
pub use create_idempotently::create_idempotently;
pub use endpoint::is_loopback;
pub use fault::{absent_is_done, classify, fault};
pub use http::Notice;
pub(crate) use index::GRANTS as INDEX;
pub use index::Index;
pub use memo::Memo;
pub use new_account::hint as hint_for_new_accounts;
pub use signed::Signed;
pub use ssm::Ssm;
pub use tags::{
    ADDRESS_TAG, DISPOSABLE_TAG, KEYS_TAG, REGION_TAG, STACK_TAG, Tags, all_tags, may_destroy,
    tag_list, tag_value, tags_from, tags_taken_out, user_tags,
};
pub(crate) use zones::GRANTS as SESSION;
pub use zones::{Occupied, Zone};

/// The work on one AWS resource.
pub type Job = crate::engine::Job<Cloud>;

/// What a run on AWS is done with.
pub type RunContext = crate::engine::RunContext<Cloud>;
