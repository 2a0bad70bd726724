//! An instance restored beside another one: made like it, and renamed to take its place.
//!
//! RDS restores into a new instance only (RDS User Guide, "Restoring to a DB instance"). Until it has
//! taken the place it carries no tag of ownership, so that no plan takes it for the stack's database.

use crate::aws::grant::{Grant, on, pass_role};
use crate::aws::{Cloud, Job, Required, STACK_TAG, Tags, answer_of};
use crate::engine::{Address, Change, Class, Effect, Fault, Ownership, diff};
use crate::field;
use crate::message::message;

use super::busy_retry::when_not_busy;
use super::calls::{STRIPED_GB, exports, modify, number, support};
use super::props::{DbInstanceLive, DbInstanceProps};
use super::read::{MASTER_TAG, live, one};
pub use super::restore_names::{displaced_name, restored_name};
pub use super::restore_source::RestoreSource;
pub(super) use super::restore_tags::FROM_TAG;
use super::restore_tags::{BACK_TAG, OWNERSHIP, RESTORE_TAG, untag};
pub use super::restore_tags::{forget, settle, tag_owned, tag_rollback_target, untag_owned};
use crate::resources::ecs::database_setup::SETUP_TAG;
use crate::resources::rds::{rds_tags, tag_rds};

impl DbInstanceLive {
    /// The instance of that name, whoever's it is.
    ///
    /// # Errors
    /// The fault of the request.
    pub async fn read(cloud: &Cloud, identifier: &str) -> Result<Option<Self>, Fault> {
        one(cloud, identifier).await
    }

    /// Whether it is the stack's under that address.
    pub fn belongs_to(&self, cloud: &Cloud, address: &Address) -> bool {
        matches!(cloud.owner(&self.tags, None), Some(Ownership::Ours(claim)) if claim.address == *address)
    }

    /// Fails when it is in a state that RDS does not mend.
    ///
    /// # Errors
    /// Names the state and how to look into it.
    pub fn check(&self) -> Result<(), Fault> {
        self.ensure_usable()
    }

    /// Whether nothing that was asked of it is still to be done.
    pub fn is_settled(&self) -> bool {
        let rests = ["available", "storage-optimization"].contains(&self.status.as_str());
        rests && !self.host.is_empty() && !self.password_pending && self.pending.is_empty()
    }
}

/// Restores `source` into a new instance called `name` that is like `like`: its class, network,
/// parameters and protection. `displaced` is what `like` will be called.
///
/// # Errors
/// RDS's refusal.
pub async fn restore_beside(
    job: &Job,
    like: &DbInstanceLive,
    name: &str,
    source: &RestoreSource,
    displaced: &str,
) -> Result<DbInstanceLive, Fault> {
    let have = &like.props;
    let mut tags = like.tags.clone();
    tags.retain(|tag, _| !OWNERSHIP.contains(&tag.as_str()) && !tag.starts_with("aws:"));
    tags.remove(BACK_TAG);
    tags.remove(SETUP_TAG);
    tags.remove(MASTER_TAG);
    tags.insert(RESTORE_TAG.to_owned(), displaced.to_owned());
    tags.insert(FROM_TAG.to_owned(), source.as_tag());
    let speed = |value: i32| Some(value).filter(|_| have.storage_gb >= STRIPED_GB);
    let (iops, throughput) = (speed(like.speed.0), speed(like.speed.1));
    // Two types of request, with the same words for the same.
    macro_rules! like_it {
        ($request:expr) => {
            $request
                .db_instance_class(&have.instance_class)
                .db_subnet_group_name(&have.subnet_group)
                .set_vpc_security_group_ids(Some(have.groups.clone()))
                .db_parameter_group_name(&have.parameter_group)
                .multi_az(have.multi_az)
                .publicly_accessible(have.public)
                .storage_type(&have.storage_type)
                .allocated_storage(number(have.storage_gb))
                .set_iops(iops)
                .set_storage_throughput(throughput)
                // Said nothing, RDS takes extended support, which costs (CreateDBInstance,
                // `EngineLifecycleSupport`).
                .engine_lifecycle_support(support(have.extended_support))
                .set_tags(Some(rds_tags(&tags)))
        };
    }
    // What a change can bring later is brought later. Nothing is exported under a name that it will
    // not keep: RDS would make a log group of it.
    let (operation, made) = match source {
        RestoreSource::Snapshot(snapshot) => {
            const OPERATION: &str = "rds:RestoreDBInstanceFromDBSnapshot";
            let request = job
                .rds
                .restore_db_instance_from_db_snapshot()
                .db_instance_identifier(name)
                .db_snapshot_identifier(snapshot);
            let answer = answer_of(OPERATION, like_it!(request).send().await);
            (OPERATION, answer.map(|answer| answer.db_instance))
        }
        RestoreSource::Time(_) | RestoreSource::Latest => {
            const OPERATION: &str = "rds:RestoreDBInstanceToPointInTime";
            let request = job.rds.restore_db_instance_to_point_in_time();
            let request = match source {
                RestoreSource::Time(time) => request.restore_time(*time),
                _ => request.use_latest_restorable_time(true),
            };
            let request = request
                .source_db_instance_identifier(&like.identifier)
                .target_db_instance_identifier(name);
            let answer = answer_of(OPERATION, like_it!(request).send().await);
            (OPERATION, answer.map(|answer| answer.db_instance))
        }
    };
    match made {
        Ok(made) => live(made.required(operation, "DBInstance")?),
        // A reply that was lost: the tag says whether it is the one made then.
        Err(fault) if fault.code == "DBInstanceAlreadyExists" => {
            let there = one(job, name).await?;
            there
                .filter(|there| there.displaces() == Some(displaced))
                .ok_or(fault)
        }
        Err(fault) => Err(fault),
    }
}

/// Gives an instance what a restore does not take over from `like`: backups, windows, insights and
/// the master password. Answers whether something was asked for.
///
/// # Errors
/// The fault of a request.
pub async fn align(
    job: &Job,
    original: &DbInstanceLive,
    like: &DbInstanceLive,
) -> Result<bool, Fault> {
    // A tag that a restore copied from a snapshot would make it the stack's too early.
    let early: Vec<String> = OWNERSHIP
        .iter()
        .filter(|tag| original.tags.contains_key(**tag))
        .map(|tag| (*tag).to_owned())
        .collect();
    if !early.is_empty() {
        untag(job, &original.arn, early).await?;
    }
    let have = &original.props;
    let want = DbInstanceProps {
        identifier: have.identifier.clone(),
        available: have.available,
        deferred: None,
        version: have.version.clone(),
        storage_gb: have.storage_gb,
        iops: have.iops,
        throughput: have.throughput,
        log_exports: have.log_exports.clone(),
        final_snapshot: have.final_snapshot,
        disposable: have.disposable,
        extended_support: have.extended_support,
        tags: Tags::new(),
        ..like.props.clone()
    };
    start_restore(job, original, &want).await
}

/// Asks at once for all that differs from `want`, and notes the version of the password. Answers whether
/// something was asked for.
///
/// # Errors
/// The fault of a request.
pub(super) async fn start_restore(
    job: &Job,
    original: &DbInstanceLive,
    want: &DbInstanceProps,
) -> Result<bool, Fault> {
    let have = &original.props;
    let plain = |props: &DbInstanceProps| serde_json::to_value(props).unwrap_or_default();
    let mut changes = diff(&plain(want), &plain(have), |_| Effect::InPlace, |_| false);
    if want.master_password.is_none() {
        let password = field!(DbInstanceProps, master_password);
        let is_other = |change: &Change| change.path != password.path();
        changes.fields.retain(is_other);
    }
    if changes.is_empty() {
        return Ok(false);
    }
    modify(job, original, want, &changes, true).await?;
    if !want.master_password.is_none() {
        let tag = Tags::from([(MASTER_TAG.to_owned(), want.master_password.to_string())]);
        tag_rds(job, &original.arn, &tag).await?;
    }
    Ok(true)
}

/// Asks for another name, at once. The endpoint's name goes with it, and the instance restarts
/// (RDS User Guide, "Renaming a DB instance"). Who exports its log stops doing so: under another name
/// RDS would make a log group of it.
///
/// # Errors
/// The fault of the request; a name that is taken among them.
pub async fn rename(job: &Job, from: &DbInstanceLive, to: &str) -> Result<(), Fault> {
    let none = DbInstanceProps {
        log_exports: Vec::new(),
        ..from.props.clone()
    };
    let request = job
        .rds
        .modify_db_instance()
        .db_instance_identifier(&from.identifier)
        .new_db_instance_identifier(to)
        .set_cloudwatch_logs_export_configuration(
            (!from.props.log_exports.is_empty()).then(|| exports(&from.props, &none)),
        )
        .apply_immediately(true);
    when_not_busy(job, &from.identifier, || async {
        answer_of("rds:ModifyDBInstance", request.clone().send().await)
    })
    .await
    .map(|_| ())
}

/// Fails while a restored instance is on its way to another one's name: a plan would take the
/// database for lost. `identifier` is the declared one.
pub(super) fn no_swap(all: &[DbInstanceLive], identifier: &str, stack: &str) -> Result<(), Fault> {
    let original = restored_name(identifier);
    let named = |name: &str| {
        all.iter()
            .find(|one| one.identifier.eq_ignore_ascii_case(name))
    };
    let restored = named(&original).or_else(|| named(identifier));
    let Some(restored) = restored.filter(|one| one.displaces().is_some()) else {
        return Ok(());
    };
    let owned =
        named(identifier).is_some_and(|one| one.tags.get(STACK_TAG).is_some_and(|of| of == stack));
    if owned {
        return Ok(());
    }
    let from = restored.restored_from();
    let words = (from.as_ref()).map_or_else(|| "a backup".to_owned(), ToString::to_string);
    let what = format!("a restore of `{identifier}` from {words} has not ended");
    let fault = Fault::new("db-instance", Class::Conflict, what);
    Err(match from {
        Some(from) => fault.hint(message![from.command(), " goes on with it"]),
        None => fault,
    })
}

/// The instance, and those beside it ([`restored_name`], [`displaced_name`]): they carry no tag of ownership, by which IAM could
/// tell them, until they have its place.
const INSTANCES: &[&str] = &[
    "rds:db:{db-instance}",
    "rds:db:{restored}",
    "rds:db:{displaced}",
];

/// What restoring a snapshot beside the stack's instance needs, and putting it in its place.
pub(crate) const GRANTS: &[Grant] = &[
    on(
        INSTANCES,
        &[
            "rds:RestoreDBInstanceFromDBSnapshot",
            "rds:ModifyDBInstance",
            "rds:AddTagsToResource",
            "rds:RemoveTagsFromResource",
        ],
    ),
    on(
        super::permissions::WITH,
        &[
            "rds:RestoreDBInstanceFromDBSnapshot",
            "rds:ModifyDBInstance",
        ],
    ),
    on(
        &[
            "rds:snapshot:{stack}-*",
            "rds:snapshot:{db-instance}-*",
            "rds:snapshot:rds:{db-instance}-*",
        ],
        &["rds:RestoreDBInstanceFromDBSnapshot"],
    ),
    super::permissions::PASSWORD,
    super::permissions::KEY,
    pass_role(&["monitoring.rds.amazonaws.com"]),
];

/// What restoring a moment needs beside that.
pub(crate) const TO_TIME: &[Grant] = &[
    on(INSTANCES, &["rds:RestoreDBInstanceToPointInTime"]),
    on(
        super::permissions::WITH,
        &["rds:RestoreDBInstanceToPointInTime"],
    ),
];
