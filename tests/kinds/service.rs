use ajuda::aws::Tags;
use ajuda::engine::Action;
use ajuda::resources::{Count, Expose, Service, Shift, Strategy, Target};

use super::app::{app, behind};
use super::strangers::in_the_way;
use super::tasks::{CLUSTER, STACK, ground, ground_of, late_ground};
use crate::support::ecs::every_task;
use crate::support::life::{Variant, expect, live, look, remove, up};
use crate::support::sandbox::Sandbox;

const IMAGES: &[(&str, &str)] = &[("app:v1", "ok"), ("app:v2", "ok")];

fn exposed(change: impl Fn(&mut Expose)) -> Option<Expose> {
    let mut expose = Expose {
        port_name: "web".into(),
        alias: format!("web.{CLUSTER}"),
        port: 80,
        request_timeout: None,
    };
    change(&mut expose);
    Some(expose)
}

const fn shifting(shift: Shift) -> Strategy {
    Strategy::Shifting {
        shift,
        bake_minutes: 1,
    }
}

/// What a plan says of a strategy that moves traffic in steps.
const STEPS: &[&str] = &[
    "service/app strategy.bake_minutes",
    "service/app strategy.kind",
    "service/app strategy.percent",
    "service/app strategy.step_minutes",
];

type Change = fn(&mut Service);

/// One thing of the base, changed, and the lines that a plan then says of it.
const CHANGES: &[(&[&str], Change)] = &[
    (&["service/app count"], |it| it.count = Count::Fixed(2)),
    (&["service/app public_ip"], |it| it.public_ip = true),
    (&["service/app subnets"], |it| drop(it.subnets.pop())),
    (&["service/app minimum_percent"], |it| {
        it.minimum_percent = 50
    }),
    (
        &[
            "service/app maximum_percent",
            "service/app minimum_percent",
            "service/app zone_rebalancing",
        ],
        |it| {
            it.minimum_percent = 0;
            it.maximum_percent = 100;
        },
    ),
    (
        &[
            "service/app strategy.bake_minutes",
            "service/app strategy.kind",
        ],
        |it| it.strategy = shifting(Shift::AllAtOnce),
    ),
    (STEPS, |it| {
        it.strategy = shifting(Shift::Linear {
            percent: 25,
            step_minutes: 2,
        });
    }),
    (STEPS, |it| {
        it.strategy = shifting(Shift::Canary {
            percent: 5,
            step_minutes: 0,
        });
    }),
    (&["service/app exec"], |it| it.exec = true),
    (&["service/app tags.team"], |it| {
        it.tags = Tags::from([("team".into(), "two".into())]);
    }),
    (&["service/app connect.alias"], |it| {
        it.expose = exposed(|expose| expose.alias = format!("other.{CLUSTER}"));
    }),
    (&["service/app connect.port"], |it| {
        it.expose = exposed(|expose| expose.port = 81)
    }),
    (
        &[
            "service/app connect.idle_timeout",
            "service/app connect.request_timeout",
        ],
        |it| it.expose = exposed(|expose| expose.request_timeout = Some(0)),
    ),
    (
        &[
            "service/app connect.alias",
            "service/app connect.port",
            "service/app connect.port_name",
        ],
        |it| it.expose = None,
    ),
];

/// Each change is planned as that alone, made in place, and the way back as well.
#[tokio::test]
async fn a_service_changes_field_by_field() {
    let ground = ground(IMAGES).await;
    let with = |change: Change| {
        app(&ground, "v1", move |_, _, service| {
            service.tags = Tags::from([("team".into(), "one".into())]);
            service.expose = exposed(|_| {});
            change(service);
        })
    };
    let base = with(|_| {});
    up(&ground.sandbox, STACK, &base).await;
    expect(&ground.sandbox, STACK, &base, &[]).await;
    for (says, change) in CHANGES {
        let changed = with(*change);
        expect(&ground.sandbox, STACK, &changed, says).await;
        up(&ground.sandbox, STACK, &changed).await;
        expect(&ground.sandbox, STACK, &changed, &[]).await;
        expect(&ground.sandbox, STACK, &base, says).await;
        up(&ground.sandbox, STACK, &base).await;
    }
    remove(&ground.sandbox, STACK, &base, &|_| false).await;
}

/// Behind a load balancer: another image is a new revision and a deployment of it.
#[tokio::test]
async fn a_service_lives() {
    let ground = late_ground(IMAGES).await;
    let grace = |seconds, tag| {
        behind(&ground, tag, move |service, _| {
            service.health_grace = Some(seconds)
        })
    };
    live(
        &ground.sandbox,
        STACK,
        &grace(60, "v1"),
        &[
            Variant {
                declare: &grace(90, "v1"),
                says: &["service/app health_grace"],
            },
            Variant {
                declare: &grace(90, "v2"),
                says: &["service/app task", "± task-definition/app image"],
            },
            Variant {
                declare: &behind(&ground, "v2", |service, balanced| {
                    service.health_grace = Some(90);
                    service.target = Some(Target {
                        group: balanced.other.clone(),
                        ..balanced.target.clone()
                    });
                }),
                says: &["service/app target.group"],
            },
            Variant {
                declare: &behind(&ground, "v2", |service, _| {
                    service.target = None;
                    service.health_grace = None;
                }),
                says: &[
                    "service/app target.container",
                    "service/app target.group",
                    "service/app target.port",
                ],
            },
        ],
    )
    .await;
}

/// What else ECS is doing with a service ends by itself.
#[tokio::test]
async fn a_service_that_something_depends_on_goes_a_moment_later() {
    let ground = ground(IMAGES).await;
    let declare = app(&ground, "v1", |_, _, _| {});
    up(&ground.sandbox, STACK, &declare).await;
    let rule = serde_json::json!({ "rules": [{
        "service": "ecs", "operation": "DeleteService", "times": 2,
        "http": 400, "code": "InvalidParameterException", "message": "The service has a dependent object.",
    }]});
    ground.sandbox.control("POST", "faults", Some(rule));
    remove(&ground.sandbox, STACK, &declare, &|_| false).await;
    let rules = ground.sandbox.control("GET", "faults", None);
    assert_eq!(rules["rules"][0]["fired"], 2);
}

/// A name is chosen when the service is made; renaming its address moves nothing.
#[tokio::test]
async fn a_service_keeps_the_name_it_was_made_with() {
    let ground = ground(IMAGES).await;
    let named = |name: &'static str| {
        app(&ground, "v1", move |_, _, service| {
            service.name = name.into();
            service.expose = exposed(|_| {});
        })
    };
    up(&ground.sandbox, STACK, &named("life-app")).await;
    expect(&ground.sandbox, STACK, &named("life-web"), &[]).await;
    up(&ground.sandbox, STACK, &named("life-web")).await;
    expect(&ground.sandbox, STACK, &named("life-web"), &[]).await;
}

/// The count of a scaled service is what its autoscaler made of it.
#[tokio::test]
async fn what_an_autoscaler_did_is_kept() {
    let ground = ground(IMAGES).await;
    let scaled = app(&ground, "v1", |_, _, service| {
        service.count = Count::Scaled { initial: 1 };
    });
    up(&ground.sandbox, STACK, &scaled).await;
    let cloud = ground.sandbox.cloud(STACK).await;
    let scale = cloud
        .ecs
        .update_service()
        .cluster(CLUSTER)
        .service("life-app");
    scale.desired_count(3).send().await.unwrap();
    expect(&ground.sandbox, STACK, &scaled, &[]).await;
}

#[tokio::test]
async fn a_service_of_somebody_else_is_a_conflict() {
    let ground = ground(IMAGES).await;
    let declare = app(&ground, "v1", |_, _, _| {});
    up(&ground.sandbox, STACK, &declare).await;
    let cloud = ground.sandbox.cloud(STACK).await;
    let found = cloud
        .ecs
        .describe_services()
        .cluster(CLUSTER)
        .services("life-app");
    let answer = found.send().await.unwrap();
    let arn = answer.services()[0].service_arn().unwrap();
    let untag = cloud.ecs.untag_resource().resource_arn(arn);
    untag.tag_keys("ajuda:stack").send().await.unwrap();
    assert_eq!(in_the_way(&cloud, &declare).await, ["service/app life-app"]);
}

/// Tasks that create the same tables must not start together: one does, the others come after it.
#[tokio::test]
async fn the_first_task_starts_alone() {
    let ground = ground_of(Sandbox::start("step:5"), IMAGES).await;
    let several = app(&ground, "v1", |_, _, service| {
        service.count = Count::Fixed(3);
        service.first_alone = true;
    });
    up(&ground.sandbox, STACK, &several).await;
    expect(&ground.sandbox, STACK, &several, &[]).await;
    let cloud = ground.sandbox.cloud(STACK).await;
    let tasks = every_task(&cloud, CLUSTER, "life-app").await;
    let mut created: Vec<_> = tasks
        .iter()
        .map(|task| *task.created_at().unwrap())
        .collect();
    created.sort_by_key(|at| at.as_nanos());
    let first = (tasks.iter().filter_map(|task| task.started_at()))
        .min_by_key(|at| at.as_nanos())
        .unwrap();
    assert_eq!(created.len(), 3);
    assert!(created[1] > *first, "{created:?} {first:?}");
}

/// A run that was killed before the first task was ready has not made room for the others.
#[tokio::test]
async fn a_first_task_that_is_not_ready_stays_alone() {
    let ground = ground_of(Sandbox::start("step:5"), IMAGES).await;
    let with = |count| {
        app(&ground, "v1", move |_, _, service| {
            service.count = Count::Fixed(count);
            service.first_alone = true;
        })
    };
    up(&ground.sandbox, STACK, &with(1)).await;
    let cloud = ground.sandbox.cloud(STACK).await;
    let begin = cloud
        .ecs
        .update_service()
        .cluster(CLUSTER)
        .service("life-app");
    begin.force_new_deployment(true).send().await.unwrap();
    ground.sandbox.control("DELETE", "requests", None);
    up(&ground.sandbox, STACK, &with(3)).await;
    expect(&ground.sandbox, STACK, &with(3), &[]).await;
    let mut newest = every_task(&cloud, CLUSTER, "life-app").await;
    newest.retain(|task| task.last_status() == Some("RUNNING"));
    let started = newest.iter().filter_map(|task| task.started_at());
    let first = started.min_by_key(|at| at.as_nanos()).unwrap();
    let later = newest
        .iter()
        .filter(|task| task.created_at().unwrap() > first);
    assert_eq!((newest.len(), later.count()), (3, 2));
}

/// Tasks resolve only the Service Connect names that were there when they started.
#[tokio::test]
async fn what_uses_an_endpoint_is_deployed_after_it() {
    let ground = ground(IMAGES).await;
    let declare = app(&ground, "v1", |graph, house, service| {
        let task = graph.add("app", "api", house.task("api", Some("v1")));
        let mut api = house.service("api", &task);
        api.expose = exposed(|_| {});
        service.after_services = vec![graph.add("app", "api", api)];
    });
    up(&ground.sandbox, STACK, &declare).await;
    expect(&ground.sandbox, STACK, &declare, &[]).await;
    let cloud = ground.sandbox.cloud(STACK).await;
    let before = every_task(&cloud, CLUSTER, "life-app").await;
    // Times of AWS are told to the second.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let delete = cloud
        .ecs
        .delete_service()
        .cluster(CLUSTER)
        .service("life-api");
    delete.force(true).send().await.unwrap();
    let says = ["+ service/api", "service/app endpoints"];
    expect(&ground.sandbox, STACK, &declare, &says).await;
    up(&ground.sandbox, STACK, &declare).await;
    expect(&ground.sandbox, STACK, &declare, &[]).await;
    let after = every_task(&cloud, CLUSTER, "life-app").await;
    assert!(after.len() > before.len(), "its tasks were replaced");
}

/// A new revision has an ARN of its own, so that the service that runs it changes for sure.
#[tokio::test]
async fn a_service_whose_task_gets_a_new_revision_changes() {
    let ground = ground(IMAGES).await;
    up(&ground.sandbox, STACK, &app(&ground, "v1", |_, _, _| {})).await;
    let next = app(&ground, "v2", |_, _, _| {});
    let (_, _, _, plan) = look(&ground.sandbox, STACK, &next).await;
    let mut items = plan.items.iter();
    let service = items.find(|item| item.address.to_string() == "service/app");
    assert_eq!(service.unwrap().action, Action::Update, "{plan:#?}");
    expect(
        &ground.sandbox,
        STACK,
        &next,
        &["service/app task", "± task-definition/app image"],
    )
    .await;
}
