//! The one-off task that prepares a database; a tag on the instance remembers that it succeeded.

use crate::aws::grant::{Grant, Permissions, Permitted, anywhere, on, pass_role};
use crate::aws::{Cloud, Job, deleted};
use crate::engine::{
    Address, Changes, Fault, Found, Link, Pace, PropsWith, Ready, Ref, ResolveContext, Resource,
    Takes, Ties,
};
use crate::field;
use crate::message::Message;
use crate::resources::durations;

use crate::resources::{
    Cluster, DbInstance, LogGroup, NetworkAccess, Secret, SecurityGroup, Subnet, TaskDefinition,
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
    /// What lets the task connect.
    pub network: NetworkAccess,
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
}

/// What a run of the task needs.
#[derive(Debug, Clone)]
pub struct Run {
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

impl DatabaseSetup {
    /// What a run needs, where `context` knows it.
    fn run(&self, context: &ResolveContext<'_>) -> Run {
        let subnets = self.subnets.iter();
        let groups = self.groups.iter();
        Run {
            database: context.text(&self.database, |database| database.arn.clone()),
            cluster: context.text(&self.cluster, |cluster| cluster.name.clone()),
            definition: context.text(&self.task, |task| task.arn.clone()),
            subnets: subnets
                .map(|subnet| subnet.id(context, |subnet| subnet.id.clone()))
                .collect(),
            groups: groups
                .map(|group| context.text(group, |group| group.id.clone()))
                .collect(),
            public_ip: self.public_ip,
        }
    }
}

impl Resource for DatabaseSetup {
    type Cloud = Cloud;
    type Props = PropsWith<DatabaseSetupProps, Run>;
    type Live = DatabaseSetupLive;

    const KIND: &'static str = "database-setup";
    const TAKES: Takes = durations::DATABASE_SETUP;
    const PACE: Pace = Self::TAKES.pace(15 * 60, 5);

    fn desired(&self, context: &ResolveContext<'_>) -> Self::Props {
        context.after(&self.master_secret);
        context.after(&self.log_group);
        self.network.order_before(context);
        let present = context.known(&self.task, |task| task.image_present);
        let secret = context.text(&self.app_secret, |secret| secret.version.clone());
        let version = match present {
            Some(false) => WAITS.to_owned(),
            _ => format!("{}-{secret}", self.version),
        };
        PropsWith::wanted(DatabaseSetupProps { version }, self.run(context))
    }

    fn props(live: &DatabaseSetupLive) -> Self::Props {
        let version = live.version.clone();
        PropsWith::observed(DatabaseSetupProps { version })
    }

    fn notes(live: &DatabaseSetupLive) -> Vec<Message> {
        if live.version == WAITS {
            vec!["the database is prepared once the image of the task is in the registry".into()]
        } else {
            Vec::new()
        }
    }

    fn has_version_of(&self, other: &Address, path: &str) -> bool {
        field!(DatabaseSetupProps, version).covers(path) && self.app_secret.address() == other
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

    async fn create(&self, job: &Job, want: &Self::Props) -> Result<DatabaseSetupLive, Fault> {
        run::run(job, &want.version, want.extra()?).await
    }

    async fn update(
        &self,
        job: &Job,
        _: &DatabaseSetupLive,
        want: &Self::Props,
        _: &Changes,
    ) -> Result<DatabaseSetupLive, Fault> {
        run::run(job, &want.version, want.extra()?).await
    }

    /// Forgets that it was prepared; what is in the database stays.
    async fn delete(job: &Job, live: &DatabaseSetupLive) -> Result<(), Fault> {
        let request = job.rds.remove_tags_from_resource();
        let request = request.resource_name(&live.database).tag_keys(SETUP_TAG);
        deleted("rds:RemoveTagsFromResource", request.send().await)
    }

    async fn ready(job: &Job, live: &DatabaseSetupLive) -> Result<Ready<DatabaseSetupLive>, Fault> {
        run::ended(job, live).await
    }
}

const TASKS: &[&str] = &["ecs:task/{cluster}/*"];
const DATABASES: &[&str] = &["rds:db:{stack}", "rds:db:{stack}-*", "rds:db:{db-instance}"];
/// A task that is run once, until it has ended and has said how.
pub(crate) const RUN: &[Grant] = &[
    on(
        &[
            "ecs:task-definition/{stack}-*",
            "ecs:task-definition/{stack}:*",
            "ecs:task-definition/{task-definition}:*",
        ],
        &["ecs:RunTask"],
    )
    .tagged(),
    on(
        TASKS,
        &["ecs:TagResource", "ecs:DescribeTasks", "ecs:StopTask"],
    ),
    on(&["logs:log-group:/ecs/{stack}/*"], &["logs:GetLogEvents"]),
    pass_role(&["ecs-tasks.amazonaws.com"]),
];

impl Permitted for DatabaseSetup {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&["rds:DescribeDBInstances"])]],
        create: &[
            RUN,
            &[
                // That it is done is noted on the database.
                on(DATABASES, &["rds:AddTagsToResource"]),
            ],
        ],
        update: &[
            RUN,
            &[on(
                DATABASES,
                &["rds:AddTagsToResource", "rds:RemoveTagsFromResource"],
            )],
        ],
        delete: &[&[on(DATABASES, &["rds:RemoveTagsFromResource"])]],
    };
}
