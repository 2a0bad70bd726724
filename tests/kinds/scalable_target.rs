use ajuda::aws::{Cloud, Tags};
use ajuda::engine::Graph;
use ajuda::resources::{Count, ScalableTarget, Service, TaskDefinition};
use aws_sdk_applicationautoscaling::types as api;

use crate::strangers::in_the_way;
use crate::support::life::{Variant, expect, live, up};
use crate::tasks::{CLUSTER, Ground, STACK, ground, late_ground};

const IMAGES: &[(&str, &str)] = &[("app:v1", "ok")];
const SERVICE: &str = "life-app";

/// A service, and what scales it as `change` leaves that.
fn scaled<'g>(
    ground: &'g Ground,
    change: impl Fn(&mut ScalableTarget) + Sync + 'g,
) -> impl Fn(&mut Graph<Cloud>) + Sync + 'g {
    move |graph| {
        let house = ground.house(graph);
        let task = TaskDefinition {
            service: Some(SERVICE.into()),
            ..house.task("app", Some("v1"))
        };
        let task = graph.add("app", "app", task);
        let service = Service {
            count: Count::Scaled { initial: 1 },
            ..house.service("app", &task)
        };
        let mut target = ScalableTarget {
            cluster: house.cluster.clone(),
            cluster_name: CLUSTER.into(),
            service_name: SERVICE.into(),
            service: graph.add("app", "app", service),
            min: 1,
            max: 4,
            cpu_percent: 60,
            tags: Tags::from([("team".into(), "one".into())]),
        };
        change(&mut target);
        graph.add("app", "app", target);
    }
}

fn resource() -> String {
    format!("service/{CLUSTER}/{SERVICE}")
}

#[tokio::test]
async fn a_scalable_target_lives() {
    let ground = late_ground(IMAGES).await;
    let least = scaled(&ground, |it| it.min = 2);
    let most = scaled(&ground, |it| {
        it.min = 2;
        it.max = 6;
    });
    let busier = scaled(&ground, |it| {
        it.min = 2;
        it.max = 6;
        it.cpu_percent = 75;
    });
    let tagged = scaled(&ground, |it| {
        it.min = 2;
        it.max = 6;
        it.cpu_percent = 75;
        it.tags = Tags::from([("team".into(), "two".into())]);
    });
    live(
        &ground.sandbox,
        STACK,
        &scaled(&ground, |_| {}),
        &[
            Variant {
                declare: &least,
                says: &["scalable-target/app min"],
            },
            Variant {
                declare: &most,
                says: &["scalable-target/app max"],
            },
            Variant {
                declare: &busier,
                says: &["scalable-target/app cpu_percent"],
            },
            Variant {
                declare: &tagged,
                says: &["scalable-target/app tags.team"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn scaling_that_was_suspended_or_lost_its_policy_goes_on() {
    let ground = ground(IMAGES).await;
    let declare = scaled(&ground, |_| {});
    up(&ground.sandbox, STACK, &declare).await;
    let cloud = ground.sandbox.cloud(STACK).await;
    let state = api::SuspendedState::builder().dynamic_scaling_out_suspended(true);
    cloud
        .autoscaling
        .register_scalable_target()
        .service_namespace(api::ServiceNamespace::Ecs)
        .scalable_dimension(api::ScalableDimension::EcsServiceDesiredCount)
        .resource_id(resource())
        .suspended_state(state.build())
        .send()
        .await
        .unwrap();
    cloud
        .autoscaling
        .delete_scaling_policy()
        .service_namespace(api::ServiceNamespace::Ecs)
        .scalable_dimension(api::ScalableDimension::EcsServiceDesiredCount)
        .resource_id(resource())
        .policy_name("cpu")
        .send()
        .await
        .unwrap();
    expect(
        &ground.sandbox,
        STACK,
        &declare,
        &[
            "scalable-target/app cpu_percent",
            "scalable-target/app suspended",
        ],
    )
    .await;
    up(&ground.sandbox, STACK, &declare).await;
    expect(&ground.sandbox, STACK, &declare, &[]).await;
}

#[tokio::test]
async fn what_somebody_else_scales_is_in_the_way() {
    let ground = ground(IMAGES).await;
    let declare = scaled(&ground, |_| {});
    up(&ground.sandbox, STACK, &declare).await;
    let cloud = ground.sandbox.cloud(STACK).await;
    cloud
        .autoscaling
        .deregister_scalable_target()
        .service_namespace(api::ServiceNamespace::Ecs)
        .scalable_dimension(api::ScalableDimension::EcsServiceDesiredCount)
        .resource_id(resource())
        .send()
        .await
        .unwrap();
    cloud
        .autoscaling
        .register_scalable_target()
        .service_namespace(api::ServiceNamespace::Ecs)
        .scalable_dimension(api::ScalableDimension::EcsServiceDesiredCount)
        .resource_id(resource())
        .min_capacity(1)
        .max_capacity(9)
        .send()
        .await
        .unwrap();
    let cloud = ground.sandbox.cloud(STACK).await;
    let found = in_the_way(&cloud, &declare).await;
    assert_eq!(found, [format!("scalable-target/app {}", resource())]);
}
