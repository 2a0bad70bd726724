use std::sync::Arc;

use ajuda::engine::{Action, Address, Cancel, Changes, Graph, Item, Plan, Verb};

use crate::fake::{Cloud, Firm, Thing, look, up};

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

/// What may have to change later is not nothing, even where it stands alone: neither `up` nor the exit code
/// of a plan passes it over.
#[test]
fn a_plan_of_what_is_known_later_alone_is_not_empty() {
    let address = |text: &str| Address::parse(text).unwrap();
    let of = |action| Plan {
        items: vec![Item {
            address: address("thing/above"),
            step: "app",
            orphan: None,
            action,
            changes: Changes::default(),
            data: false,
            notes: Vec::new(),
            taken: None,
            headline: &[],
            is_revision: false,
        }],
        ..Plan::default()
    };
    assert!(of(Action::Keep).is_empty());
    let later = of(Action::Later {
        on: vec![address("thing/below")],
    });
    assert!(!later.is_empty());
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

/// What it stands on is gone and made anew, and its name is what it was: nothing of it is replaced.
#[tokio::test(start_paused = true)]
async fn a_replacement_that_comes_out_as_what_is_there_leaves_it_alone() {
    fn graph(color: &str) -> Graph<Cloud> {
        let mut graph = Graph::default();
        let below = graph.add("app", "below", Thing::new(1, &[]));
        let above = Firm {
            color: color.to_owned(),
            ..Firm::new(1, &[&below])
        };
        graph.add("app", "above", above);
        graph
    }
    for (color, says) in [
        ("red", &["start below", "made below"][..]),
        // What can be changed where it stands is changed there.
        ("blue", &["start below", "made below", "changed above"]),
    ] {
        let cloud = Arc::new(Cloud::default());
        up(&cloud, graph("red"), &Cancel::default()).await;
        let lost = |object: &crate::fake::Object| object.address.name() == "below";
        cloud
            .objects
            .lock()
            .unwrap()
            .retain(|_, object| !lost(object));
        cloud.log.lock().unwrap().clear();
        let run = up(&cloud, graph(color), &Cancel::default()).await;
        let planned = run
            .plan
            .items
            .iter()
            .find(|item| item.address.name() == "above");
        assert!(
            matches!(planned.unwrap().action, Action::Replace { .. }),
            "{planned:?}"
        );
        assert_eq!(cloud.history(), says, "{color}");
        let done = &run.outcome.report.done;
        assert!(
            !done.iter().any(|(_, verb)| *verb == Verb::Delete),
            "nothing was deleted: {done:?}"
        );
        let (_, _, plan) = look(&cloud, graph(color)).await;
        assert!(plan.is_empty(), "{color}");
    }
}
