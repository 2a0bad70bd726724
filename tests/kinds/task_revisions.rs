//! Which revision of a task definition is there, which image it runs, and what is left of old ones.

use ajuda::aws::Cloud;
use ajuda::engine::Graph;
use ajuda::message::StackOptions;
use ajuda::resources::{TaskDefinition, TaskImage};

use super::strangers::in_the_way;
use super::tasks::{Ground, STACK, ground};
use crate::support::life::{expect, look, remove, up};

const IMAGES: &[(&str, &str)] = &[("app:v1", "ok")];

fn task<'g>(
    ground: &'g Ground,
    change: impl Fn(&mut TaskDefinition) + Sync + 'g,
) -> impl Fn(&mut Graph<Cloud>) + Sync + 'g {
    move |graph| {
        let house = ground.house(graph);
        let mut task = house.task("app", Some("v1"));
        change(&mut task);
        graph.add("app", "app", task);
    }
}

/// Old revisions stay to go back to, ten of them; the rest goes, and all goes in the end.
#[tokio::test]
async fn ten_revisions_are_kept() {
    let ground = ground(IMAGES).await;
    let before = ground.sandbox.inventory();
    let revision = |number: u32| task(&ground, move |task| task.stop_timeout = Some(30 + number));
    for number in 0..12 {
        up(&ground.sandbox, STACK, &revision(number)).await;
    }
    let cloud = ground.sandbox.cloud(STACK).await;
    let kept = cloud
        .ecs
        .list_task_definitions()
        .family_prefix("life-app")
        .send()
        .await
        .unwrap();
    assert_eq!(kept.task_definition_arns().len(), 10);
    remove(&ground.sandbox, STACK, &revision(11), &|_| false).await;
    assert!(
        before == ground.sandbox.inventory(),
        "every revision is gone"
    );
}

/// A run that was cut short after it had registered the revision does not register another.
#[tokio::test]
async fn an_interrupted_run_is_taken_up() {
    let ground = ground(IMAGES).await;
    let declare = task(&ground, |_| {});
    let rule = serde_json::json!({ "rules": [{
        "service": "ecs", "operation": "RegisterTaskDefinition", "action": "cut-after",
    }]});
    ground.sandbox.control("POST", "faults", Some(rule));
    up(&ground.sandbox, STACK, &declare).await;
    expect(&ground.sandbox, STACK, &declare, &[]).await;
    let cloud = ground.sandbox.cloud(STACK).await;
    let made = cloud
        .ecs
        .list_task_definitions()
        .family_prefix("life-app")
        .send()
        .await
        .unwrap();
    assert_eq!(made.task_definition_arns().len(), 1);
}

/// Another revision of the family is being registered at this moment; and a failure of AWS's own, whatever it is
/// called, in a call that takes no token.
#[tokio::test]
async fn a_registration_that_was_refused_for_the_moment_is_made_again() {
    for (http, code, message, times) in [
        (
            400,
            "ClientException",
            "Too many concurrent attempts to create a new revision of the specified family.",
            2,
        ),
        (500, "SomethingOfItsOwn", "an unknown failure", 1),
    ] {
        let ground = ground(IMAGES).await;
        let declare = task(&ground, |_| {});
        let rule = serde_json::json!({ "rules": [{
            "service": "ecs", "operation": "RegisterTaskDefinition",
            "http": http, "code": code, "message": message, "times": times,
        }]});
        ground.sandbox.control("POST", "faults", Some(rule));
        up(&ground.sandbox, STACK, &declare).await;
        let rules = ground.sandbox.control("GET", "faults", None);
        assert_eq!(rules["rules"][0]["fired"], times, "{code}");
        expect(&ground.sandbox, STACK, &declare, &[]).await;
        let cloud = ground.sandbox.cloud(STACK).await;
        let made = cloud.ecs.list_task_definitions().family_prefix("life-app");
        let made = made.send().await.unwrap();
        assert_eq!(made.task_definition_arns().len(), 1, "{code}");
    }
}

/// The image is what the file says, or what runs.
#[tokio::test]
async fn the_image_is_kept_unless_the_file_names_one() {
    let ground = ground(&[("app:v1", "ok")]).await;
    let tag = |tag: Option<&'static str>| {
        task(&ground, move |task| {
            if let TaskImage::Ours { tag: of_file, .. } = &mut task.image {
                *of_file = tag.map(str::to_owned);
            }
        })
    };
    let image = async || {
        let (_, _, _, plan) = look(&ground.sandbox, STACK, &tag(Some("asked"))).await;
        let item = plan
            .items
            .iter()
            .find(|item| item.address.kind() == "task-definition");
        let change = item.and_then(|item| item.changes.fields.iter().find(|it| it.path == "image"));
        let before = change.unwrap().before.as_str().unwrap().to_owned();
        before.rsplit('/').next().unwrap().to_owned()
    };
    up(&ground.sandbox, STACK, &tag(None)).await;
    assert_eq!(image().await, "app:v1");
    ground.push("app:v2", "ok");
    expect(&ground.sandbox, STACK, &tag(None), &[]).await;
    expect(
        &ground.sandbox,
        STACK,
        &tag(Some("v2")),
        &["± task-definition/app image"],
    )
    .await;
    up(&ground.sandbox, STACK, &tag(Some("v2"))).await;
    assert_eq!(image().await, "app:v2");
    expect(&ground.sandbox, STACK, &tag(None), &[]).await;
    // What the registry no longer has is not given up for another: that would start an image nobody
    // chose.
    ground.push("app:v2", "missing");
    expect(&ground.sandbox, STACK, &tag(None), &[]).await;
    assert_eq!(image().await, "app:v2");
}

#[tokio::test]
async fn a_missing_image_is_noted() {
    let ground = ground(&[]).await;
    let declare = task(&ground, |_| {});
    up(&ground.sandbox, STACK, &declare).await;
    let (_, _, _, plan) = look(&ground.sandbox, STACK, &declare).await;
    let notes = plan.items.iter().flat_map(|item| &item.notes);
    let notes: Vec<String> = notes
        .map(|note| note.at(&StackOptions::default()))
        .collect();
    let note = notes.first().unwrap();
    for said in ["/app:v1 is not in the registry", "`ajuda deploy push`"] {
        assert!(note.contains(said), "`{said}` in {note}");
    }
    assert!(plan.is_empty());
}

#[tokio::test]
async fn a_family_of_somebody_else_is_a_conflict() {
    use aws_sdk_ecs::types as api;
    let ground = ground(IMAGES).await;
    let cloud = ground.sandbox.cloud(STACK).await;
    let container = api::ContainerDefinition::builder()
        .name("x")
        .image("x")
        .memory(64)
        .build();
    cloud
        .ecs
        .register_task_definition()
        .family("life-app")
        .cpu("256")
        .memory("512")
        .network_mode(api::NetworkMode::Awsvpc)
        .container_definitions(container)
        .send()
        .await
        .unwrap();
    let found = in_the_way(&cloud, &task(&ground, |_| {})).await;
    assert_eq!(found, ["task-definition/app life-app:1"]);
}

/// What only a revision named that is gone is counted again: its image loses the tag that held it.
#[tokio::test]
async fn an_image_is_held_for_as_long_as_a_revision_names_it() {
    let ground = ground(&[("app:v1", "ok"), ("app:v2", "ok")]).await;
    let revision = |number: u32| {
        let tag = if number == 0 { "v1" } else { "v2" };
        let ground = &ground;
        move |graph: &mut Graph<Cloud>| {
            let house = ground.house(graph);
            let mut task = house.task("app", Some(tag));
            task.stop_timeout = Some(30 + number);
            graph.add("app", "app", task);
        }
    };
    let cloud = ground.sandbox.cloud(STACK).await;
    let held = async || {
        let listed = cloud.ecr.list_images().repository_name("app").send().await;
        let ids = listed.unwrap().image_ids.unwrap_or_default();
        let tags = ids.into_iter().filter_map(|id| id.image_tag);
        let mut tags: Vec<String> = tags.filter(|tag| tag.starts_with("in-use.")).collect();
        tags.sort();
        tags
    };
    for number in 0..10 {
        up(&ground.sandbox, STACK, &revision(number)).await;
    }
    assert_eq!(held().await, ["in-use.life-app.v1", "in-use.life-app.v2"]);
    up(&ground.sandbox, STACK, &revision(10)).await;
    assert_eq!(held().await, ["in-use.life-app.v2"]);
}
