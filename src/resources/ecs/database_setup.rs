//! The one-off task that prepares a database; a tag on the instance remembers that it succeeded.

use crate::aws::{Cloud, Job, absent_is_done, fault};
use crate::engine::{
    Address, Changes, Fault, Found, Link, Pace, Ready, Ref, ResolveContext, Resource, Ties,
};

use crate::resources::{
    Cluster, DbInstance, LogGroup, Secret, SecurityGroup, Subnet, TaskDefinition,
};

mod list;
mod run;
mod setup_run;

pub use setup_run::{Doing, Mode, SetupRun, SetupRunner};

/// The tag of the DB instance whose value is the version that the task brought about.
pub(crate) const SETUP_TAG: &str = "ajuda:database-setup";

/// The version of a set-up that did not run yet, for want of an image.
const WAITS: &str = "waits-for-image";

/// The preparation of one database.
#[derive(Debug, Clone)]
pub struct DatabaseSetup {
    /// The instance.
    pub database: Ref<DbInstance>,
    /// What the task runs.
    pub task: Ref<TaskDefinition>,
    /// Where it runs.
    pub cluster: Ref<Cluster>,
    /// Where it reaches the database from.
    pub subnets: Vec<Link<Subnet>>,
    /// Its security groups.
    pub groups: Vec<Ref<SecurityGroup>>,
    /// Whether the task has a public address: without NAT it cannot pull its image otherwise.
    pub public_ip: bool,
    /// The application's user and password: a new version of it must reach the database.
    pub app_secret: Ref<Secret>,
    /// The master user's password.
    pub master_secret: Ref<Secret>,
    /// Changes with what the task does.
    pub version: String,
    /// Order only: where the task writes its log.
    pub log_group: Ref<LogGroup>,
}

/// What can be said of a preparation.
#[derive(Debug, serde::Serialize)]
pub struct DatabaseSetupProps {
    version: String,
    /// What a run of the task needs; nothing to compare.
    #[serde(skip)]
    run: Run,
}

/// What a run of the task needs.
#[derive(Debug, Clone, Default)]
struct Run {
    database: String,
    cluster: String,
    definition: String,
    subnets: Vec<String>,
    groups: Vec<String>,
    public_ip: bool,
}

/// A preparation as AWS remembers it.
#[derive(Debug, Clone)]
pub struct DatabaseSetupLive {
    /// What has been brought about, or is being.
    pub version: String,
    /// The instance's ARN.
    database: String,
    /// The cluster and the ARN of a task that has not ended yet.
    task: Option<(String, String)>,
}

impl Resource for DatabaseSetup {
    type Cloud = Cloud;
    type Props = DatabaseSetupProps;
    type Live = DatabaseSetupLive;

    const KIND: &'static str = "database-setup";
    const PACE: Pace = Pace::of(90, 15 * 60, 5);

    fn desired(&self, seen: &ResolveContext<'_>) -> DatabaseSetupProps {
        seen.after(&self.master_secret);
        seen.after(&self.log_group);
        let present = seen.text(&self.task, |task| task.image_present.to_string());
        let secret = seen.text(&self.app_secret, |secret| secret.version.clone());
        DatabaseSetupProps {
            version: if present == "false" {
                WAITS.to_owned()
            } else {
                format!("{}-{secret}", self.version)
            },
            run: Run {
                database: seen.text(&self.database, |database| database.arn.clone()),
                cluster: seen.text(&self.cluster, |cluster| cluster.name.clone()),
                definition: seen.text(&self.task, |task| task.arn.clone()),
                subnets: self
                    .subnets
                    .iter()
                    .map(|subnet| subnet.id(seen, |subnet| subnet.id.clone()))
                    .collect(),
                groups: self
                    .groups
                    .iter()
                    .map(|group| seen.text(group, |group| group.id.clone()))
                    .collect(),
                public_ip: self.public_ip,
            },
        }
    }

    fn props(live: &DatabaseSetupLive) -> DatabaseSetupProps {
        DatabaseSetupProps {
            version: live.version.clone(),
            run: Run::default(),
        }
    }

    fn notes(live: &DatabaseSetupLive) -> Vec<String> {
        if live.version == WAITS {
            vec![
                "the database is prepared once the image of the task is in the registry".to_owned(),
            ]
        } else {
            Vec::new()
        }
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<DatabaseSetupLive>>, Fault> {
        list::list(cloud, declared).await
    }

    /// Forgetting that a database was prepared takes nothing from anybody.
    fn ties(_: &Self::Live) -> Ties {
        Ties {
            sure: true,
            ..Ties::default()
        }
    }

    async fn create(
        &self,
        job: &Job,
        want: &DatabaseSetupProps,
    ) -> Result<DatabaseSetupLive, Fault> {
        run::run(job, want).await
    }

    async fn update(
        &self,
        job: &Job,
        _: &DatabaseSetupLive,
        want: &DatabaseSetupProps,
        _: &Changes,
    ) -> Result<DatabaseSetupLive, Fault> {
        run::run(job, want).await
    }

    /// Forgets that it was prepared; what is in the database stays.
    async fn delete(job: &Job, live: &DatabaseSetupLive) -> Result<(), Fault> {
        job.rds
            .remove_tags_from_resource()
            .resource_name(&live.database)
            .tag_keys(SETUP_TAG)
            .send()
            .await
            .map_err(fault("rds:RemoveTagsFromResource"))
            .map(|_| ())
            .or_else(absent_is_done)
    }

    async fn ready(job: &Job, live: &DatabaseSetupLive) -> Result<Ready<DatabaseSetupLive>, Fault> {
        run::ended(job, live).await
    }
}
