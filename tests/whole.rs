//! Whole stacks through the binary, as a user runs it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

#[path = "whole/adopt.rs"]
mod adopt;
#[path = "whole/binary.rs"]
mod binary;
#[path = "whole/blockers.rs"]
mod blockers;
#[path = "whole/certificate.rs"]
mod certificate;
#[path = "whole/check.rs"]
mod check;
#[path = "whole/check_live.rs"]
mod check_live;
#[path = "whole/claims.rs"]
mod claims;
#[path = "whole/connection.rs"]
mod connection;
#[path = "whole/controls.rs"]
mod controls;
#[path = "whole/cost.rs"]
mod cost;
#[path = "whole/database_care.rs"]
mod database_care;
#[path = "whole/destroy.rs"]
mod destroy;
#[path = "whole/drift.rs"]
mod drift;
#[path = "whole/durations.rs"]
mod durations;
#[path = "whole/existing_network.rs"]
mod existing_network;
#[path = "whole/expired.rs"]
mod expired;
#[path = "whole/expiry.rs"]
mod expiry;
#[path = "whole/files.rs"]
mod files;
#[path = "whole/gone.rs"]
mod gone;
#[path = "whole/guard.rs"]
mod guard;
#[path = "whole/hints.rs"]
mod hints;
#[path = "whole/hostile.rs"]
mod hostile;
#[path = "whole/images.rs"]
mod images;
#[path = "whole/inside.rs"]
mod inside;
#[path = "whole/lease.rs"]
mod lease;
#[path = "whole/logs.rs"]
mod logs;
#[path = "whole/missing.rs"]
mod missing;
#[path = "whole/models.rs"]
mod models;
#[path = "whole/network_zones.rs"]
mod network_zones;
#[path = "whole/offline.rs"]
mod offline;
#[path = "whole/one_off.rs"]
mod one_off;
#[path = "whole/people.rs"]
mod people;
#[path = "whole/permissions.rs"]
mod permissions;
#[path = "whole/policies.rs"]
mod policies;
#[path = "whole/posture.rs"]
mod posture;
#[path = "whole/quota.rs"]
mod quota;
#[path = "whole/readme.rs"]
mod readme;
#[path = "whole/refusals.rs"]
mod refusals;
#[path = "whole/sandbox.rs"]
mod sandbox;
#[path = "whole/secrets.rs"]
mod secrets;
#[path = "whole/signals.rs"]
mod signals;
#[path = "whole/standing.rs"]
mod standing;
#[path = "whole/status.rs"]
mod status;
#[path = "whole/strangers.rs"]
mod strangers;
#[path = "whole/supply.rs"]
mod supply;
#[path = "whole/tags.rs"]
mod tags;
#[path = "whole/unmanaged.rs"]
mod unmanaged;
#[path = "whole/wire.rs"]
mod wire;
#[path = "whole/words.rs"]
mod words;
#[path = "whole/zones.rs"]
mod zones;
