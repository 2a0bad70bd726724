//! Images into the stack's repository: through the binary, against the sandbox's registry and against a
//! real one.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

#[path = "cli/binary.rs"]
mod binary;
#[path = "push/build.rs"]
mod build;
#[path = "push/copy.rs"]
mod copy;
#[path = "push/cut.rs"]
mod cut;
#[path = "push/deploy.rs"]
mod deploy;
#[path = "push/elsewhere.rs"]
mod elsewhere;
#[path = "cli/enforced.rs"]
#[expect(dead_code, reason = "an image is pushed, and no verb else is run")]
mod enforced;
#[path = "push/ground.rs"]
mod ground;
#[path = "push/hostile.rs"]
mod hostile;
#[path = "push/image.rs"]
mod image;
#[path = "push/permissions.rs"]
mod permissions;
#[path = "push/refusals.rs"]
mod refusals;
#[path = "push/registry.rs"]
mod registry;
