//! How long work on the kinds that are not done in seconds usually takes on AWS, in seconds.
//!
//! Of 28 November 2026. *Logs* are recorded outputs of `terraform apply` and `destroy` in public repositories ("Creation
//! complete after …"), each at least three unless said otherwise; a number is near their middle, because what is
//! promised is what usually happens. `docs/durations.md` has the same table for readers.

use crate::engine::Takes;

/// Logs: ten of 1m35s to 2m05s; deletion, six of 53s to 1m02s.
pub(super) const NAT_GATEWAY: Takes = Takes {
    create: 110,
    update: 2,
    delete: 60,
};
/// Logs: six of 2m15s to 3m07s. Its interfaces stay for some time after it and hold its subnets and groups.
pub(super) const LOAD_BALANCER: Takes = Takes {
    create: 160,
    update: 5,
    delete: 30,
};
/// Gateway endpoints. Logs: nine of 6s and 7s.
pub(super) const VPC_ENDPOINT: Takes = Takes::always(7);
/// Waits for public addresses to be gone. Logs: 11s and 45s where there were some, else 1s.
pub(super) const INTERNET_GATEWAY: Takes = Takes {
    create: 2,
    update: 2,
    delete: 15,
};
/// Waits for interfaces of balancers and tasks to be gone: seconds to minutes.
pub(super) const SUBNET: Takes = Takes {
    create: 2,
    update: 2,
    delete: 10,
};
/// As [`SUBNET`].
pub(super) const SECURITY_GROUP: Takes = Takes {
    create: 2,
    update: 2,
    delete: 10,
};
/// Issued once the record that ACM asks for is seen. Logs: 1m01s, 1m29s, 1m47s, 4m25s, 8m52s; "can take up to 30
/// minutes" is the most that ACM's user guide expects ("Troubleshoot DNS validation").
pub(super) const CERTIFICATE: Takes = Takes {
    create: 120,
    update: 2,
    delete: 15,
};
/// A namespace of Cloud Map for HTTP: an operation of its own that is waited for.
pub(super) const NAMESPACE: Takes = Takes {
    create: 15,
    update: 5,
    delete: 15,
};
/// Logs: 2s.
pub(super) const WEB_ACL: Takes = Takes::always(5);
/// A new web ACL is not known everywhere for some seconds (`WAFUnavailableEntityException`, WAF API).
pub(super) const WEB_ACL_ASSOCIATION: Takes = Takes {
    create: 20,
    update: 20,
    delete: 5,
};
/// One node or two, in a VPC. Logs: 5m58s, 6m59s, 9m07s, 9m15s; the provider's basic test, which makes and removes one,
/// takes 395s and more.
pub(super) const CACHE: Takes = Takes {
    create: 450,
    update: 60,
    delete: 240,
};
/// Another class or number of nodes: each node is made anew ("Scaling replication groups", ElastiCache user guide).
pub(super) const CACHE_SCALED: u64 = 600;
/// One task that prepares the database: start of a task, and seconds of SQL.
pub(super) const DATABASE_SETUP: Takes = Takes {
    create: 90,
    update: 90,
    delete: 1,
};
/// Instances of RDS for PostgreSQL without a standby. Logs of creation: 5m02s, 5m57s, 6m08s, 7m32s, 7m42s, 8m32s; of
/// deletion without a snapshot: 3m15s, 4m15s, 4m45s; of small changes: 2m05s, 2m15s.
pub(super) const DB_INSTANCE: Takes = Takes {
    create: 400,
    update: 120,
    delete: 260,
};
/// The same with a standby: public logs of creation reach from 8 to 17 minutes.
pub(super) const DB_INSTANCE_MULTI_AZ: u64 = 720;
/// What a final snapshot adds to a deletion: it has only what changed since the last backup.
pub(super) const DB_FINAL_SNAPSHOT: u64 = 180;
/// Another class: the instance restarts on another host, with a standby after that ("Modifying an Amazon RDS DB
/// instance": "an outage occurs"; minutes). With a standby one after the other.
pub(super) const DB_CLASS: u64 = 480;
/// The same with a standby.
pub(super) const DB_CLASS_MULTI_AZ: u64 = 840;
/// A standby is made of a snapshot and copies ("Converting a DB instance to a Multi-AZ deployment", RDS user guide).
pub(super) const DB_STANDBY: u64 = 900;
/// A minor version.
pub(super) const DB_MINOR: u64 = 600;
/// A major version: two snapshots and `pg_upgrade` ("Performing a major version upgrade for RDS for PostgreSQL").
pub(crate) const DB_MAJOR: u64 = 1500;
/// From the order of a task on Fargate until its application listens: capacity, network interface, image, start. The
/// provider's test of a service on Fargate that waits until it is stable takes 185s with its network and its removal.
pub(super) const TASK_START: u64 = 75;
/// Until ECS calls a deployment completed that is.
pub(super) const SERVICE_SETTLES: u64 = 15;
/// Until the tasks of a service that is removed have stopped, and their interfaces are gone.
pub(super) const SERVICE_DELETED: u64 = 120;
