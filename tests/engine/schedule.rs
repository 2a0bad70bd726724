//! How long a plan takes: its longest chain, and what is left of it while it is carried out.

use std::sync::Arc;
use std::time::Duration;

use ajuda::engine::{
    Action, Address, Cancel, Estimate, Event, Graph, Outlook, Schedule, Tracker, Verb,
};

use crate::fake::{Cloud, KINDS, Only, Thing, look, up};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at(name: &str) -> Address {
    Address::new("thing", name)
}

/// Two chains that meet, and one beside them.
fn stack(database: u64) -> Graph<Cloud> {
    let mut graph = Graph::default();
    let vpc = graph.add("network", "vpc", Thing::new(2, &[]));
    let nat = graph.add("network", "nat", Thing::new(110, &[&vpc]));
    let database = graph.add("database", "database", Thing::new(database, &[&vpc]));
    graph.add("app", "service", Thing::new(150, &[&nat, &database]));
    graph.add("app", "bucket", Thing::new(5, &[]));
    graph
}

fn path(schedule: &Schedule) -> Vec<&str> {
    let path = schedule.critical_path().into_iter();
    path.map(|work| work.address.name()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_plan_takes_as_long_as_its_longest_chain_and_says_which() {
    let cloud = Arc::new(Cloud::default());
    for (database, total, chain) in [
        (720, 872, ["vpc", "database", "service"]),
        (60, 262, ["vpc", "nat", "service"]),
    ] {
        let (_, _, plan) = look(&cloud, stack(database)).await;
        assert_eq!(plan.schedule.total(), secs(total));
        assert_eq!(path(&plan.schedule), chain);
    }
    // What is there takes no time, and nothing waits for it.
    up(&cloud, stack(60), &Cancel::default()).await;
    let (_, _, plan) = look(&cloud, stack(60)).await;
    assert_eq!(plan.schedule, Schedule::default());
    assert_eq!(
        (plan.schedule.total(), path(&plan.schedule).len()),
        (secs(0), 0)
    );
}

/// What can be there only once is removed before its new one is made: both are in the chain.
#[tokio::test(start_paused = true)]
async fn a_replacement_is_two_operations_in_their_order() {
    let graph = |size| {
        let mut graph = Graph::default();
        let only = Only {
            size,
            ..Only::new(30, &[])
        };
        graph.add("app", "one", only);
        graph
    };
    let cloud = Arc::new(Cloud::default());
    up(&cloud, graph(1), &Cancel::default()).await;
    let (_, _, plan) = look(&cloud, graph(2)).await;
    let chain = plan.schedule.critical_path().into_iter();
    let chain: Vec<Verb> = chain.map(|work| work.verb).collect();
    assert_eq!(chain, [Verb::Delete, Verb::Create]);
    assert_eq!(plan.schedule.total(), secs(30));
}

/// What this stack tells goes before what is typical, in the plan and in what is waited for.
#[tokio::test(start_paused = true)]
async fn what_the_stack_itself_tells_counts() {
    let cloud = Arc::new(Cloud::default());
    let (graph, mut observed, plan) = look(&cloud, stack(60)).await;
    let own = Estimate {
        takes: secs(400),
        basis: Some("in its last rollout".to_owned()),
    };
    let of = (at("database"), Verb::Create);
    observed.estimates.insert(of, own.clone());
    let plan = plan.timed(&graph, KINDS, &observed);
    assert_eq!(plan.schedule.total(), secs(552));
    assert_eq!(plan.schedule.critical_path()[1].estimate, own);
    assert!(plan.items.iter().all(|item| item.action == Action::Create));
    // Nothing of what AWS changed is carried out.
    assert_eq!(plan.drift().schedule, Schedule::default());
}

fn begins(name: &str) -> Event {
    Event::Started {
        address: at(name),
        verb: Verb::Create,
        expected_ms: 0,
    }
}

fn ends(name: &str) -> Event {
    Event::Done {
        address: at(name),
        verb: Verb::Create,
        elapsed_ms: 0,
    }
}

fn told(outlook: &Outlook) -> (u64, usize, Option<&str>) {
    let waited = outlook.waits_for.as_ref();
    let waited = waited.map(|waited| waited.address.name());
    (outlook.left.as_secs(), outlook.ended, waited)
}

#[tokio::test(start_paused = true)]
async fn what_all_the_rest_waits_for_changes_while_it_goes_on() {
    let cloud = Arc::new(Cloud::default());
    let (_, _, plan) = look(&cloud, stack(60)).await;
    let mut run = Tracker::new(plan.schedule);
    assert_eq!(
        told(&run.outlook(secs(0))),
        (262, 0, None),
        "nothing is begun"
    );
    run.note(&begins("vpc"), secs(0));
    run.note(&begins("bucket"), secs(0));
    assert_eq!(told(&run.outlook(secs(1))), (261, 0, Some("vpc")));
    run.note(&ends("vpc"), secs(2));
    run.note(&begins("nat"), secs(2));
    run.note(&begins("database"), secs(2));
    assert_eq!(told(&run.outlook(secs(12))), (250, 1, Some("nat")));
    // The gateway was quick, and the database takes longer than it usually does.
    run.note(&ends("nat"), secs(40));
    assert_eq!(told(&run.outlook(secs(42))), (170, 2, Some("database")));
    assert_eq!(told(&run.outlook(secs(100))), (150, 2, Some("database")));
    let late = run.outlook(secs(100)).waits_for.unwrap();
    assert_eq!((late.elapsed, late.expected), (secs(98), secs(60)));
    run.note(&ends("database"), secs(110));
    run.note(&begins("service"), secs(110));
    assert_eq!(told(&run.outlook(secs(120))), (140, 3, Some("service")));
    run.note(&ends("bucket"), secs(121));
    run.note(&ends("service"), secs(200));
    let outlook = run.outlook(secs(200));
    assert_eq!(told(&outlook), (0, 5, None));
    assert_eq!((outlook.expected, outlook.of), (secs(262), 5));
}

/// What stands on a failure is skipped, and nobody waits for it.
#[tokio::test(start_paused = true)]
async fn what_is_skipped_is_not_waited_for() {
    let cloud = Arc::new(Cloud::default());
    let (_, _, plan) = look(&cloud, stack(720)).await;
    let mut run = Tracker::new(plan.schedule);
    for name in ["vpc", "database", "service"] {
        let skipped = Event::Skipped {
            address: at(name),
            verb: Verb::Create,
            because: None,
        };
        run.note(&skipped, secs(1));
    }
    run.note(&begins("nat"), secs(1));
    assert_eq!(told(&run.outlook(secs(11))), (100, 3, Some("nat")));
}

/// Stages come one after the other, and the same service more than once.
#[test]
fn stages_are_a_chain_by_the_clock_of_the_cloud() {
    let stage = |name: &str, seconds| {
        let estimate = Estimate {
            takes: secs(seconds),
            basis: None,
        };
        (at(name), Verb::Update, estimate)
    };
    let chain = Schedule::chain([stage("snapshot", 240), stage("web", 90), stage("web", 180)]);
    assert_eq!(chain.total(), secs(510));
    assert_eq!(path(&chain), ["snapshot", "web", "web"]);
    let mut run = Tracker::new(chain.at_speed(10.0));
    run.note(&begins("snapshot"), secs(0));
    run.note(&ends("snapshot"), secs(20));
    run.note(&begins("web"), secs(20));
    assert_eq!(told(&run.outlook(secs(20))), (27, 1, Some("web")));
    run.note(&ends("web"), secs(30));
    run.note(&begins("web"), secs(30));
    assert_eq!(told(&run.outlook(secs(40))), (8, 2, Some("web")));
}

/// So many things that need nothing.
fn beside(many: usize, seconds: u64) -> Graph<Cloud> {
    let mut graph = Graph::default();
    for number in 0..many {
        graph.add(
            "app",
            format!("thing-{number:02}"),
            Thing::new(seconds, &[]),
        );
    }
    graph
}

/// 32 operations run at once: what there is no room for is in the total and in the chain, as it is carried out.
#[tokio::test(start_paused = true)]
async fn what_there_is_no_room_for_waits() {
    let long = |graph: &mut Graph<Cloud>| {
        let first = graph.add("app", "first", Thing::new(5, &[]));
        graph.add("app", "last", Thing::new(100, &[&first]));
    };
    for (mut graph, with_long, total, chain) in [
        (beside(32, 60), false, 60, 1),
        (beside(33, 60), false, 120, 2),
        (beside(100, 60), false, 240, 4),
        // What has the longest way to go does not wait for what is short.
        (beside(40, 60), true, 120, 2),
        (beside(40, 10), true, 105, 2),
    ] {
        if with_long {
            long(&mut graph);
        }
        let cloud = Arc::new(Cloud::default());
        let run = up(&cloud, graph, &Cancel::default()).await;
        let schedule = &run.plan.schedule;
        assert_eq!(schedule.total(), secs(total));
        assert_eq!(run.took, secs(total), "as long as it was carried out");
        let path = schedule.critical_path();
        assert_eq!(path.len(), chain);
        let legs: Duration = path.iter().map(|work| work.estimate.takes).sum();
        assert_eq!(schedule.total(), legs, "one after the other");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_waits_for_room_as_well() {
    let cloud = Arc::new(Cloud::default());
    let (_, _, plan) = look(&cloud, beside(40, 60)).await;
    let mut run = Tracker::new(plan.schedule);
    for number in 0..32 {
        run.note(&begins(&format!("thing-{number:02}")), secs(0));
    }
    assert_eq!(told(&run.outlook(secs(20))).0, 100);
    // The last eight were begun in the place of those that have ended.
    for number in 0..32 {
        run.note(&ends(&format!("thing-{number:02}")), secs(30));
    }
    assert_eq!(told(&run.outlook(secs(30))), (60, 32, None));
}

/// Parts of a run that come one after the other are one schedule, and each knows of the others.
#[tokio::test(start_paused = true)]
async fn parts_of_a_run_are_followed_as_one() {
    let cloud = Arc::new(Cloud::default());
    let (_, _, plan) = look(&cloud, stack(60)).await;
    let upgrade = Schedule::chain([
        (at("snapshot"), Verb::Create, Estimate::typical(secs(240))),
        (at("service"), Verb::Update, Estimate::typical(secs(180))),
    ]);
    let whole = upgrade.clone().then(plan.schedule.clone());
    assert_eq!(whole.total(), secs(240 + 180 + 262));
    assert_eq!(
        path(&whole),
        ["snapshot", "service", "vpc", "nat", "service"]
    );
    assert_eq!(whole.then(Schedule::default()).total(), secs(682));
    assert_eq!(Schedule::default().then(upgrade.clone()), upgrade);

    let nothing = Schedule::default();
    let mut first = Tracker::new(upgrade.clone()).within(&nothing, &plan.schedule);
    first.note(&begins("snapshot"), secs(0));
    let outlook = first.outlook(secs(40));
    assert_eq!(told(&outlook), (642, 0, Some("snapshot")));
    assert_eq!((outlook.expected, outlook.of), (secs(682), 7));
    let mut rest = Tracker::new(plan.schedule).within(&upgrade, &nothing);
    rest.note(&begins("vpc"), secs(430));
    let outlook = rest.outlook(secs(431));
    assert_eq!(told(&outlook), (261, 2, Some("vpc")));
    assert_eq!((outlook.expected, outlook.of), (secs(682), 7));
}
