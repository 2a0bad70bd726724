use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Graph, Ref};
use ajuda::resources::{
    ContainerHealth, EnvironmentValue, LogGroup, Role, SecretKey, TaskDefinition, TaskImage,
};

use super::tasks::{Ground, STACK, ground, late_ground, log_group, role};
use crate::support::life::{Variant, expect, live, up};

const IMAGES: &[(&str, &str)] = &[("app:v1", "ok"), ("app:v2", "ok")];

/// What a variant may point to instead.
struct Others {
    role: Ref<Role>,
    log_group: Ref<LogGroup>,
}

fn task<'g>(
    ground: &'g Ground,
    change: impl Fn(&mut TaskDefinition, &Others) + Sync + 'g,
) -> impl Fn(&mut Graph<Cloud>) + Sync + 'g {
    move |graph| {
        let house = ground.house(graph);
        let others = Others {
            role: graph.add("identity", "other", role("life-other")),
            log_group: graph.add("cluster", "other", log_group("/ecs/life/other")),
        };
        let mut task = house.task("app", Some("v1"));
        let secret = SecretKey::Whole(house.secret.clone());
        task.secrets.insert("KEY".into(), secret);
        task.environment
            .insert("MODE".into(), EnvironmentValue::Text("one".into()));
        change(&mut task, &others);
        graph.add("app", "app", task);
    }
}

fn health() -> ContainerHealth {
    ContainerHealth {
        command: "curl -f http://localhost:8080/health".into(),
        interval: 30,
        timeout: 5,
        retries: 3,
        start_period: 60,
    }
}

type Change = fn(&mut TaskDefinition, &Others);

/// One thing of the base, changed, and the fields that a plan then names.
const CHANGES: &[(&str, Change)] = &[
    ("image", |task, _| task.image = tagged(&task.image, "v2")),
    ("cpu", |task, _| task.cpu = 512),
    ("memory", |task, _| task.memory = 1024),
    ("architecture", |task, _| task.architecture = "ARM64".into()),
    ("ephemeral_gb", |task, _| task.ephemeral_gb = Some(30)),
    ("registry_credentials", |task, _| {
        task.registry_credentials =
            Some("arn:aws:secretsmanager:us-east-1:123456789012:secret:registry-AbCdEf".into());
    }),
    ("execution_role", |task, others| {
        task.execution_role = others.role.clone()
    }),
    ("task_role", |task, others| {
        task.task_role = others.role.clone()
    }),
    ("port.number", |task, _| task.port = Some(80)),
    ("port.name", |task, _| task.port_name = Some("api".into())),
    ("port.protocol", |task, _| {
        task.app_protocol = Some("http".into())
    }),
    ("port.name port.number", |task, _| {
        task.port = None;
        task.port_name = None;
    }),
    ("environment.MODE", |task, _| set(task, "MODE", "two")),
    ("environment.MORE", |task, _| set(task, "MORE", "more")),
    ("environment.MODE", |task, _| task.environment.clear()),
    ("secrets.KEY", |task, _| {
        if let Some(SecretKey::Whole(secret)) = task.secrets.remove("KEY") {
            task.secrets
                .insert("KEY".into(), SecretKey::Key(secret, "part".into()));
        }
    }),
    ("secrets.KEY", |task, _| task.secrets.clear()),
    ("entry_point", |task, _| {
        task.entry_point = vec!["sh".into()]
    }),
    ("command", |task, _| {
        task.command = vec!["serve".into(), "-v".into()]
    }),
    ("container", |task, _| task.container = "web".into()),
    ("log.awslogs-group", |task, others| {
        task.log_group = others.log_group.clone()
    }),
    ("stop_timeout", |task, _| task.stop_timeout = Some(60)),
    ("user", |task, _| {
        task.security.user = Some("1000:1000".into())
    }),
    ("read_only_root", |task, _| {
        task.security.read_only_root = true
    }),
    ("writable./tmp", |task, _| {
        task.security.writable.insert("/tmp".into());
    }),
    ("user writable./tmp", |task, _| {
        task.security.user = Some("app".into());
        task.security.writable.insert("/tmp".into());
    }),
    (
        "health.command health.interval health.retries health.start_period health.timeout",
        |task, _| task.health = Some(health()),
    ),
];

/// Each change is planned as that alone, made, and the way back as well.
#[tokio::test]
async fn a_task_definition_changes_field_by_field() {
    let ground = ground(IMAGES).await;
    let base = task(&ground, |_, _| {});
    up(&ground.sandbox, STACK, &base).await;
    for (fields, change) in CHANGES {
        let says = format!("± task-definition/app {fields}");
        let changed = task(&ground, change);
        expect(&ground.sandbox, STACK, &changed, &[&says]).await;
        up(&ground.sandbox, STACK, &changed).await;
        expect(&ground.sandbox, STACK, &changed, &[]).await;
        expect(&ground.sandbox, STACK, &base, &[&says]).await;
        up(&ground.sandbox, STACK, &base).await;
    }
}

#[tokio::test]
async fn a_task_definition_lives() {
    let ground = late_ground(IMAGES).await;
    let checked = |change: fn(&mut ContainerHealth)| {
        task(&ground, move |task, _| {
            let mut check = health();
            change(&mut check);
            task.health = Some(check);
        })
    };
    live(
        &ground.sandbox,
        STACK,
        &checked(|_| {}),
        &[
            Variant {
                declare: &checked(|check| check.command = "true".into()),
                says: &["± task-definition/app health.command"],
            },
            Variant {
                declare: &checked(|check| {
                    check.command = "true".into();
                    check.interval = 10;
                }),
                says: &["± task-definition/app health.interval"],
            },
            Variant {
                declare: &checked(|check| {
                    check.command = "true".into();
                    check.interval = 10;
                    check.timeout = 8;
                    check.retries = 2;
                    check.start_period = 0;
                }),
                says: &["± task-definition/app health.retries health.start_period health.timeout"],
            },
        ],
    )
    .await;
}

/// On the task's disk for root, to whom a volume belongs, and in memory for everybody else.
#[tokio::test]
async fn what_is_writable_in_a_read_only_container() {
    let ground = ground(IMAGES).await;
    let cloud = ground.sandbox.cloud(STACK).await;
    let told = async |user: Option<&str>| {
        let held = task(&ground, |task, _| {
            task.security.user = user.map(str::to_owned);
            task.security.read_only_root = true;
            task.security.writable = ["/data", "/tmp"].map(str::to_owned).into();
        });
        up(&ground.sandbox, STACK, &held).await;
        expect(&ground.sandbox, STACK, &held, &[]).await;
        let describe = cloud.ecs.describe_task_definition();
        let told = describe.task_definition("life-app").send().await.unwrap();
        told.task_definition.unwrap()
    };
    let root = told(None).await;
    let container = &root.container_definitions()[0];
    assert_eq!(container.readonly_root_filesystem(), Some(true));
    assert_eq!(container.user(), None);
    let points = container.mount_points().iter();
    let points: Vec<_> = points
        .map(|point| (point.source_volume(), point.container_path()))
        .collect();
    assert_eq!(
        points,
        [
            (Some("writable-0"), Some("/data")),
            (Some("writable-1"), Some("/tmp"))
        ]
    );
    assert_eq!(root.volumes().len(), 2);
    let app = told(Some("app")).await;
    let container = &app.container_definitions()[0];
    assert_eq!(container.user(), Some("app"));
    assert_eq!(app.volumes().len() + container.mount_points().len(), 0);
    let tmpfs = container.linux_parameters().unwrap().tmpfs().iter();
    let tmpfs: Vec<_> = tmpfs
        .map(|one| (one.container_path(), one.size()))
        .collect();
    assert_eq!(tmpfs, [("/data", 512), ("/tmp", 512)]);
}

#[tokio::test]
async fn tags_change_in_place() {
    let ground = ground(IMAGES).await;
    let team = |name: &'static str| {
        task(&ground, move |task, _| {
            task.tags = Tags::from([("team".into(), name.into())]);
        })
    };
    up(&ground.sandbox, STACK, &team("one")).await;
    expect(
        &ground.sandbox,
        STACK,
        &team("two"),
        &["task-definition/app tags.team"],
    )
    .await;
    up(&ground.sandbox, STACK, &team("two")).await;
    expect(&ground.sandbox, STACK, &team("two"), &[]).await;
}

fn set(task: &mut TaskDefinition, name: &str, value: &str) {
    let value = EnvironmentValue::Text(value.to_owned());
    task.environment.insert(name.to_owned(), value);
}

fn tagged(image: &TaskImage, tag: &str) -> TaskImage {
    match image {
        TaskImage::Ours { repository, .. } => TaskImage::Ours {
            repository: repository.clone(),
            tag: Some(tag.to_owned()),
        },
        other => other.clone(),
    }
}
