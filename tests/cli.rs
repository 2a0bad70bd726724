//! Whole stacks through the binary, as a user runs it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

#[path = "cli/adopt.rs"]
mod adopt;
#[path = "cli/after_restore.rs"]
mod after_restore;
#[path = "cli/arguments.rs"]
mod arguments;
#[path = "cli/binary.rs"]
mod binary;
#[path = "cli/blockers.rs"]
mod blockers;
#[path = "cli/certificate.rs"]
mod certificate;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/check_account.rs"]
mod check_account;
#[path = "cli/check_images.rs"]
mod check_images;
#[path = "cli/check_list.rs"]
mod check_list;
#[path = "cli/check_live.rs"]
mod check_live;
#[path = "cli/check_named.rs"]
mod check_named;
#[path = "cli/claims.rs"]
mod claims;
#[path = "cli/connection.rs"]
mod connection;
#[path = "cli/controls.rs"]
mod controls;
#[path = "cli/cost.rs"]
mod cost;
#[path = "cli/database_care.rs"]
mod database_care;
#[path = "cli/deployed.rs"]
mod deployed;
#[path = "cli/destroy.rs"]
mod destroy;
#[path = "cli/drift.rs"]
mod drift;
#[path = "cli/durations.rs"]
mod durations;
#[path = "cli/enforced.rs"]
mod enforced;
#[path = "cli/existing_network.rs"]
mod existing_network;
#[path = "cli/expired.rs"]
mod expired;
#[path = "cli/expiry.rs"]
mod expiry;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/gone.rs"]
mod gone;
#[path = "cli/guard.rs"]
mod guard;
#[path = "cli/hints.rs"]
mod hints;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/images.rs"]
mod images;
#[path = "cli/inside.rs"]
mod inside;
#[path = "cli/lease.rs"]
mod lease;
#[path = "cli/logs.rs"]
mod logs;
#[path = "cli/missing.rs"]
mod missing;
#[path = "cli/models.rs"]
mod models;
#[path = "cli/network_zones.rs"]
mod network_zones;
#[path = "cli/offline.rs"]
mod offline;
#[path = "cli/one_off.rs"]
mod one_off;
#[path = "cli/people.rs"]
mod people;
#[path = "cli/permissions.rs"]
mod permissions;
#[path = "cli/permissions_unasked.rs"]
mod permissions_unasked;
#[path = "cli/permissions_verbs.rs"]
mod permissions_verbs;
#[path = "cli/policies.rs"]
mod policies;
#[path = "cli/posture.rs"]
mod posture;
#[path = "cli/quota.rs"]
mod quota;
#[path = "cli/readme.rs"]
mod readme;
#[path = "cli/refusals.rs"]
mod refusals;
#[path = "cli/sandbox.rs"]
mod sandbox;
#[path = "cli/secrets.rs"]
mod secrets;
#[path = "cli/signals.rs"]
mod signals;
#[path = "cli/status.rs"]
mod status;
#[path = "cli/strangers.rs"]
mod strangers;
#[path = "cli/supply.rs"]
mod supply;
#[path = "cli/tags.rs"]
mod tags;
#[path = "cli/unmanaged.rs"]
mod unmanaged;
#[path = "cli/wire.rs"]
mod wire;
#[path = "cli/words.rs"]
mod words;
#[path = "cli/zones.rs"]
mod zones;
