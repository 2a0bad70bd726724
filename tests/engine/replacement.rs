use std::sync::Arc;

use ajuda::engine::{Action, Cancel, Graph};

use crate::fake::{Cloud, Thing, look, up};

fn pair(size: u32) -> Graph<Cloud> {
    let mut graph = Graph::default();
    let below = Thing {
        size,
        ..Thing::new(1, &[])
    };
    let below = graph.add("app", "below", below);
    graph.add("app", "above", Thing::new(1, &[&below]));
    graph
}

#[tokio::test(start_paused = true)]
async fn a_new_one_is_made_then_what_stands_on_it_moves_then_the_old_one_goes() {
    let cloud = Arc::new(Cloud::default());
    up(&cloud, pair(1), &Cancel::default()).await;
    cloud.log.lock().unwrap().clear();
    let run = up(&cloud, pair(2), &Cancel::default()).await;
    assert_eq!(
        run.plan.items[0].action,
        Action::Replace {
            because: vec!["size".into()]
        },
        "a replacement names the field that forces it"
    );
    assert!(
        run.outcome.report.failed.is_empty(),
        "{:?}",
        run.outcome.report
    );
    assert_eq!(
        cloud.history(),
        [
            "start below",
            "made below",
            "changed above",
            "deleted below"
        ]
    );
    let (_, _, plan) = look(&cloud, pair(2)).await;
    assert!(plan.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_replacement_that_was_cut_short_is_finished() {
    let cloud = Arc::new(Cloud::default());
    up(&cloud, pair(1), &Cancel::default()).await;
    // The new one was made, and then the run was killed.
    {
        let mut objects = cloud.objects.lock().unwrap();
        let old = objects
            .values()
            .find(|object| object.address.name() == "below")
            .unwrap()
            .clone();
        objects.insert(
            9,
            crate::fake::Object {
                id: 9,
                size: 2,
                ..old
            },
        );
    }
    let run = up(&cloud, pair(2), &Cancel::default()).await;
    assert!(
        run.outcome.report.failed.is_empty(),
        "{:?}",
        run.outcome.report
    );
    let objects = cloud.objects.lock().unwrap();
    assert_eq!(objects.len(), 2, "nothing is doubled: {objects:?}");
    let below = objects
        .values()
        .find(|object| object.address.name() == "below")
        .unwrap();
    assert_eq!(
        (below.id, below.size),
        (9, 2),
        "the one that was made then is used"
    );
}
