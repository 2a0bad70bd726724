//! A PostgreSQL instance of RDS.

use std::time::Duration;

use crate::aws::{Cloud, Job, Tags, absent_is_done, answer_of, may_destroy};
use crate::engine::{
    Address, Changes, Class, Fault, Field, Found, Gone, Pace, Piece, Ready, Ref, Replacement,
    ResolveContext, Resource, Takes, Ties,
};
use crate::message::{Message, commands, message};
use crate::resources::durations;
use crate::stack::{DATABASE_LOGS, Database};
use crate::{field, fields};

use crate::resources::ownership::{bears, declared_as, is_ours, keeps_data};
use crate::resources::rds::retag_rds;
use crate::resources::sdk::sorted;
use crate::resources::secrets_manager::secret_version::version_of;
use crate::resources::{DbParameterGroup, DbSubnetGroup, LogGroup, Role, Secret, SecurityGroup};
use busy_retry::{until_gone, when_not_busy};
use calls::{create, modify, tags_wanted};
pub use props::{DbInstanceLive, DbInstanceProps};
pub(crate) use read::own_instance as own_database;
use read::{all, one};
pub(crate) use takes::as_before;
use version::keep_newer;

mod busy_retry;
mod calls;
pub(crate) mod history;
pub mod leftovers;
mod pending;
mod permissions;
mod props;
mod read;
mod recreate;
pub mod restore;
mod restore_names;
mod restore_source;
mod restore_tags;
mod storage;
mod takes;
mod version;

/// An instance, encrypted and closed to the internet.
#[derive(Debug, Clone)]
pub struct DbInstance {
    /// Its identifier, 1-63 of `a-z0-9-` (RDS API, `CreateDBInstance.DBInstanceIdentifier`).
    pub identifier: String,
    /// What the file says of it.
    pub settings: Database,
    /// Where it may stand.
    pub subnet_group: Ref<DbSubnetGroup>,
    /// Its parameters.
    pub parameter_group: Ref<DbParameterGroup>,
    /// Who may connect.
    pub groups: Vec<Ref<SecurityGroup>>,
    /// The log groups that it exports to: they are there before it and go after it, because RDS makes
    /// them itself, without an end, where they are missing.
    pub logs: Vec<Ref<LogGroup>>,
    /// Writes the operating system's metrics; needed where the file asks for them.
    pub monitoring: Option<Ref<Role>>,
    /// JSON with the master user's `password`.
    pub master: Ref<Secret>,
    /// Leave a snapshot behind when it is deleted.
    pub final_snapshot: bool,
    /// Whether it may be deleted with its data without being named.
    pub disposable: bool,
    /// The file's tags.
    pub tags: Tags,
}

impl DbInstance {
    /// What RDS offers in some regions and zones and not in others
    /// (RDS API, `DescribeOrderableDBInstanceOptions`).
    pub(crate) const ORDERED: [Field; 3] =
        fields!(DbInstanceProps, version, instance_class, multi_az);
}

impl Resource for DbInstance {
    type Cloud = Cloud;
    type Props = DbInstanceProps;
    type Live = DbInstanceLive;

    const KIND: &'static str = "db-instance";
    const HEADLINE: &'static [Field] = &fields!(
        DbInstanceProps,
        instance_class,
        version,
        storage_gb,
        multi_az,
        public,
        backup_days,
        deletion_protection
    );
    const CREATE_ONLY: &'static [Field] = &fields!(DbInstanceProps, name, master_username, kms_key);
    const DATA: bool = true;
    // The identifier is taken until the old one is gone.
    const REPLACEMENT: Replacement = Replacement::DeleteFirst;
    const TAKES: Takes = durations::DB_INSTANCE;
    const PACE: Pace = Self::TAKES.pace(2700, 15);

    fn desired(&self, context: &ResolveContext<'_>) -> DbInstanceProps {
        let file = &self.settings;
        let own = context.live::<Self>().map(|live| &live.props);
        let groups = self.groups.iter();
        let groups = sorted(groups.map(|group| context.text(group, |group| group.id.clone())));
        // Where it stands is chosen when it is made.
        let subnet_group = context.text(&self.subnet_group, |group| group.name.clone());
        let mut log_exports = file.log_exports.clone();
        log_exports.sort();
        for group in &self.logs {
            context.after(group);
        }
        DbInstanceProps {
            // RDS keeps identifiers in lowercase letters.
            identifier: own.map_or_else(
                || self.identifier.to_ascii_lowercase(),
                |own| own.identifier.clone(),
            ),
            available: true,
            deferred: file.apply_immediately.then_some(false),
            version: keep_newer(&file.version, own.map(|own| own.version.as_str())),
            instance_class: file.instance_class.clone(),
            // Storage grows by itself and never shrinks.
            storage_gb: own.map_or(file.storage_gb, |own| own.storage_gb.max(file.storage_gb)),
            max_storage_gb: file.max_storage_gb.unwrap_or(0),
            storage_type: "gp3".to_owned(),
            iops: file.iops,
            throughput: file.throughput,
            multi_az: file.multi_az,
            // RDS tells the name that an instance was made with, and one that was restored was made with
            // none: whether the database is there is the set-up's to find out.
            name: own
                .filter(|own| own.name.is_empty())
                .map_or_else(|| file.name.clone(), |own| own.name.clone()),
            master_username: file.master_username.clone(),
            master_password: version_of(context, &self.master),
            parameter_group: context.text(&self.parameter_group, |group| group.name.clone()),
            subnet_group: own.map_or(subnet_group, |own| own.subnet_group.clone()),
            groups,
            public: false,
            // RDS encrypts only when it makes an instance; an adopted one stays as it is.
            encrypted: own.is_none_or(|own| own.encrypted),
            kms_key: file.kms_key.clone(),
            backup_days: file.backup_days,
            backup_window: file.backup_window.clone(),
            maintenance_window: file.maintenance_window.clone(),
            auto_minor_version: file.auto_minor_version,
            extended_support: false,
            performance_insights: file.performance_insights,
            performance_insights_days: file.performance_insights.then_some(7),
            database_insights: "standard".to_owned(),
            monitoring_seconds: self
                .monitoring
                .as_ref()
                .map_or(0, |_| file.enhanced_monitoring),
            monitoring_role: self
                .monitoring
                .as_ref()
                .map(|role| context.text(role, |role| role.arn.clone())),
            iam_authentication: file.iam_authentication,
            log_exports,
            deletion_protection: file.deletion_protection,
            final_snapshot: self.final_snapshot,
            copy_tags: true,
            disposable: self.disposable,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &DbInstanceLive) -> DbInstanceProps {
        live.props.clone()
    }

    fn notes(live: &DbInstanceLive) -> Vec<Message> {
        live.notes()
    }

    fn refusals(&self, live: &DbInstanceLive, changes: &Changes) -> Vec<String> {
        storage::refusals(&self.settings, live, changes)
    }

    fn remarks(&self, live: &DbInstanceLive) -> Vec<String> {
        storage::remarks(&self.settings, live)
    }

    fn takes(piece: &Piece<'_, Self>) -> Duration {
        takes::takes(piece)
    }

    /// A restore loads what the volume has, and takes as long as there is of it.
    fn pace(live: &DbInstanceLive) -> Pace {
        if live.restored_from().is_some() {
            recreate::RESTORE
        } else {
            Self::PACE
        }
    }

    fn has_version_of(&self, other: &Address, path: &str) -> bool {
        let field = field!(DbInstanceProps, master_password);
        field.covers(path) && self.master.address() == other
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<DbInstanceLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(Self::KIND).await? {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let all = all(cloud).await?;
        for (_, declared) in declared {
            restore::no_swap(&all, &declared.identifier, &cloud.place.stack)?;
        }
        for live in all {
            let named = declared_as(declared, |declared| {
                declared.identifier.eq_ignore_ascii_case(&live.identifier)
            });
            if let Some(owner) = cloud.owner(&live.tags, named) {
                found.push(Found {
                    owner,
                    id: live.identifier.clone(),
                    live,
                });
            }
        }
        Ok(found)
    }

    fn named(
        cloud: &Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &Self::Live,
    ) -> Option<bool> {
        let declared_name = declared.map(|one| one.identifier.to_ascii_lowercase());
        bears(
            cloud,
            address,
            &live.identifier,
            declared_name,
            |place, name| (name == "main").then(|| place.name(name).to_ascii_lowercase()),
        )
    }

    /// The address that the stack's set-up task logs in to proves it where its name does not. It names the log
    /// groups that RDS writes its logs to ("Publishing PostgreSQL logs to Amazon CloudWatch Logs").
    fn ties(live: &Self::Live) -> Ties {
        Ties {
            ids: Some(live.host.clone())
                .filter(|host| !host.is_empty())
                .into_iter()
                .collect(),
            vouches: DATABASE_LOGS
                .map(|log| format!("/aws/rds/instance/{}/{log}", live.identifier))
                .to_vec(),
            ..Ties::default()
        }
    }

    fn made_with(&self) -> Vec<Address> {
        vec![self.master.address().clone()]
    }

    async fn create(&self, job: &Job, want: &DbInstanceProps) -> Result<DbInstanceLive, Fault> {
        let backup = job.sources.get().and_then(|of| of.get(job.address()));
        let make = || async {
            match backup {
                Some(snapshot) => recreate::restore(job, want, snapshot).await,
                None => create(job, want).await,
            }
        };
        let fault = match make().await {
            Ok(live) => return Ok(live),
            Err(fault) => fault,
        };
        if fault.code != "DBInstanceAlreadyExists" {
            return Err(fault);
        }
        match one(job, &want.identifier).await? {
            // A reply that was lost: the tags say whether the instance is the one made then.
            Some(there) if !is_ours(job, &there.tags) => Err(fault),
            Some(there) if there.status == "deleting" => {
                until_gone(job, &there.identifier).await?;
                make().await
            }
            Some(there) if backup.is_some() => recreate::bring(job, there, want).await,
            Some(there) => Ok(there),
            None => make().await,
        }
    }

    async fn update(
        &self,
        job: &Job,
        live: &DbInstanceLive,
        want: &DbInstanceProps,
        changes: &Changes,
    ) -> Result<DbInstanceLive, Fault> {
        if live.status == "deleting" {
            // A deletion that nobody waited for to end.
            until_gone(job, &live.identifier).await?;
            return self.create(job, want).await;
        }
        let immediately = self.settings.apply_immediately;
        let applies = modify(job, live, want, changes, immediately).await?;
        let tags = tags_wanted(job, want);
        if changes.any_changed(&fields!(
            DbInstanceProps,
            tags,
            disposable,
            final_snapshot,
            master_password
        )) {
            retag_rds(job, &live.arn, &tags).await?;
        }
        Ok(DbInstanceLive {
            settling: applies,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &DbInstanceLive) -> Result<(), Fault> {
        let file = job.declared::<Self>();
        let disposable = file.is_some_and(|file| file.disposable);
        if live.props.deletion_protection {
            if !may_destroy(job, disposable) {
                let what = format!("`{}` is protected from deletion", live.identifier);
                return Err(keeps_data(job, "rds:DeleteDBInstance", &what));
            }
            let off = || async {
                let request = (job.rds.modify_db_instance())
                    .db_instance_identifier(&live.identifier)
                    .deletion_protection(false)
                    .apply_immediately(true);
                answer_of("rds:ModifyDBInstance", request.send().await)
            };
            match when_not_busy(job, &live.identifier, off).await {
                Err(fault) if !fault.is_absent() => return Err(fault),
                _ => {}
            }
        }
        let delete = job
            .rds
            .delete_db_instance()
            .db_instance_identifier(&live.identifier);
        let delete = if file.is_none_or(|file| file.final_snapshot) {
            delete
                .skip_final_snapshot(false)
                .final_db_snapshot_identifier(live.final_snapshot_name())
        } else {
            delete.skip_final_snapshot(true)
        };
        match answer_of("rds:DeleteDBInstance", delete.send().await) {
            // It is busy or being deleted: asked again while waiting for it to be gone. Protection counts for
            // moments after it was switched off.
            Err(fault)
                if fault.code == "InvalidDBInstanceState"
                    || fault.message.contains("deletion protection") =>
            {
                Ok(())
            }
            deleted => deleted.map(|_| ()).or_else(absent_is_done),
        }
    }

    async fn ready(job: &Job, live: &DbInstanceLive) -> Result<Ready<DbInstanceLive>, Fault> {
        let Some(now) = one(job, &live.identifier).await? else {
            return Ok(Ready::NotYet("spreading".to_owned()));
        };
        now.ensure_usable()?;
        let busy = !now.props.available || now.status != "available";
        Ok(if now.host.is_empty() && now.status == "available" {
            Ready::NotYet("available, without its own endpoint yet".to_owned())
        } else if busy && now.status != "storage-optimization" {
            Ready::NotYet(now.status)
        } else if now.password_pending || live.settling && !now.pending.is_empty() {
            // RDS says "available" for some seconds before it begins.
            Ready::NotYet("about to change".to_owned())
        } else {
            Ready::Yes(now)
        })
    }

    async fn gone(job: &Job, live: &DbInstanceLive) -> Result<Gone, Fault> {
        let Some(now) = one(job, &live.identifier).await? else {
            return Ok(Gone::Yes);
        };
        if now.status != "deleting" {
            let snapshot = job
                .declared::<Self>()
                .is_none_or(|file| file.final_snapshot);
            if snapshot && now.is_broken() {
                return Err(Fault::new(
                    "rds:DeleteDBInstance",
                    Class::Conflict,
                    format!(
                        "`{}` is {}: no snapshot can be taken of it",
                        now.identifier, now.status
                    ),
                )
                .hint(message![
                    "say `final_snapshot = false` under [database], ",
                    commands::up(),
                    ", and destroy again"
                ]));
            }
            Self::delete(job, &now).await?;
        }
        Ok(Gone::NotYet(now.status))
    }
}
