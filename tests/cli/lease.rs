//! Two runs on one stack: one changes it, the other waits or refuses, and nobody is locked out by
//! the dead.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ajuda::aws::Cloud;
use ajuda::aws::lease::{Acquisition, Holder, Lease, Pace, Renewal, take};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::binary::{Desk, Ended, begin, end};
use crate::support::held::{Heard, hold, release, until, until_held};
use crate::support::lease::{is_of_lease, renews_lease};

pub const SMALL: &str = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\n[service.web]\nimage = \"ghcr.io/example/web:1.0\"\nport = 8080\npublic = true\n";

/// Somebody on a machine called `elsewhere`.
pub struct Somebody {
    runtime: Runtime,
    cloud: Arc<Cloud>,
    lease: Lease,
}

impl Somebody {
    pub fn holds(desk: &Desk, pace: Pace) -> Self {
        let runtime = Runtime::new().unwrap();
        let (cloud, lease) = runtime.block_on(async {
            let cloud = desk.sandbox.cloud("tiny").await;
            let holder = Holder::here(&cloud, "elsewhere").unwrap();
            match take(&cloud, &holder, pace).await.unwrap() {
                Acquisition::Ours(lease) => (cloud, lease),
                Acquisition::Theirs(other) => panic!("{other:?} holds it"),
            }
        });
        Self {
            runtime,
            cloud,
            lease,
        }
    }

    fn beats(&self) -> Renewal {
        self.runtime
            .block_on(self.lease.renew(&self.cloud))
            .unwrap()
    }
}

pub fn leases(desk: &Desk) -> Vec<String> {
    let groups = desk.sandbox.control("GET", "inventory", None)["logs"]["groups"].clone();
    let names = groups.as_object().unwrap().keys();
    names
        .filter(|name| name.starts_with("/ajuda/"))
        .cloned()
        .collect()
}

fn requests(desk: &Desk) -> Vec<Value> {
    let requests = desk.sandbox.control("GET", "requests", None);
    requests
        .as_array()
        .or_else(|| requests["requests"].as_array())
        .unwrap()
        .clone()
}

#[test]
fn two_ups_together_end_with_one_stack() {
    let desk = Desk::with(SMALL);
    let words = ["up", "--yes", "--lock-timeout", "5m"];
    // Whoever makes something holds the lease, and does not end before the other has seen that.
    hold(&desk.sandbox, "CreateVpc");
    let both = [begin(&desk, &words), begin(&desk, &words)].map(Heard::of);
    let waits = |one: &Heard| one.has_said("waiting for arn:aws:iam::");
    until("one that waits", || both.iter().any(waits));
    until_held(&desk.sandbox);
    release(&desk.sandbox);
    let both = both.map(|one| Ended::from(one.end()));
    for one in &both {
        assert_eq!(one.code, 0, "{}", one.err);
    }
    let waited = both
        .iter()
        .filter(|one| one.err.contains("waiting for arn:aws:iam::"))
        .count();
    assert_eq!(waited, 1, "{both:#?}");
    let vpcs = desk.sandbox.inventory()["ec2"]["vpcs"].clone();
    let ours = |vpc: &&Value| vpc.to_string().contains("\"tiny\"");
    assert_eq!(
        vpcs.as_object().unwrap().values().filter(ours).count(),
        1,
        "{vpcs:#}"
    );
    assert_eq!(desk.deploy(&["plan", "--detailed-exitcode"]).code, 0);
    assert_eq!(leases(&desk), [""; 0]);
}

#[test]
fn the_second_is_told_who_holds_the_stack_and_can_unlock_it() {
    let desk = Desk::with(SMALL);
    let somebody = Somebody::holds(&desk, Pace::of(1.0));
    for verb in ["up", "destroy"] {
        let refused = desk.deploy(&[verb, "--yes"]);
        assert_eq!(refused.code, 3, "{}", refused.err);
        for said in [
            ":user/sandbox on elsewhere (process",
            "since 20",
            "--lock-timeout 10m",
            "deploy unlock",
        ] {
            assert!(refused.err.contains(said), "`{said}` in {}", refused.err);
        }
    }
    assert!(matches!(somebody.beats(), Renewal::Held));

    desk.sandbox.control("DELETE", "requests", None);
    for reader in ["plan", "status", "outputs"] {
        let read = desk.deploy(&[reader]);
        assert!(!read.err.contains("elsewhere"), "{}", read.err);
    }
    assert!(
        requests(&desk)
            .iter()
            .all(|request| request["reading"] == true),
        "readers take no lease"
    );

    let asked = desk.deploy(&["unlock"]);
    assert_eq!(asked.code, 3, "{}", asked.err);
    assert!(asked.err.contains("on elsewhere"), "{}", asked.err);
    assert!(matches!(somebody.beats(), Renewal::Held));
    let unlocked = desk.deploy(&["unlock", "--yes", "--output", "json"]);
    assert_eq!(unlocked.code, 0, "{}", unlocked.err);
    let said: Value = serde_json::from_str(&unlocked.out).unwrap();
    assert_eq!(
        (&said["holder"]["host"], &said["ended"]),
        (&json!("elsewhere"), &json!(true))
    );
    assert!(matches!(somebody.beats(), Renewal::Lost(None)));
    assert_eq!(
        desk.deploy(&["unlock"]).code,
        0,
        "nothing to unlock is no failure"
    );
}

#[test]
fn the_lease_of_the_dead_expires() {
    let desk = Desk::with(SMALL);
    // Long enough for whoever is refused, and then nearly over.
    let long = Pace {
        expiry: Duration::from_secs(5 * 60),
        ..Pace::of(10.0)
    };
    let begun = Instant::now();
    let dead = Somebody::holds(&desk, long);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 3);
    let lasts = (begun.elapsed() + Duration::from_secs(5)).as_millis();
    dead.runtime.block_on(async {
        let arn = dead
            .cloud
            .place
            .arn("logs", "log-group:/ajuda/tiny/lease-1");
        let tag = dead.cloud.logs.tag_resource().resource_arn(arn);
        let tag = tag.tags("ajuda:lease-lasts", lasts.to_string());
        tag.send().await.unwrap();
    });
    let up = desk.deploy(&["up", "--yes", "--lock-timeout", "2m"]);
    assert_eq!(up.code, 0, "{}", up.err);
    assert!(
        matches!(dead.beats(), Renewal::Lost(_)),
        "who was only asleep notices"
    );
    assert_eq!(leases(&desk), [""; 0]);
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(
        plan.code, 0,
        "no lease is seen as an object of the stack: {}",
        plan.out
    );
}

#[test]
fn only_one_takes_an_expired_lease_over() {
    let desk = Desk::with(SMALL);
    let now = Pace {
        renew_every: Duration::ZERO,
        expiry: Duration::ZERO,
    };
    let dead = Somebody::holds(&desk, now);
    // AWS's answers tell its time to the second.
    std::thread::sleep(Duration::from_millis(1_100));
    let taken = dead.runtime.block_on(async {
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let cloud = Arc::clone(&dead.cloud);
            let holder = Holder::here(&cloud, "elsewhere").unwrap();
            all.spawn(async move { take(&cloud, &holder, Pace::of(1.0)).await.unwrap() });
        }
        all.join_all().await
    });
    let ours = taken
        .iter()
        .filter(|one| matches!(one, Acquisition::Ours(_)))
        .count();
    assert_eq!(ours, 1, "{taken:#?}");
    assert_eq!(leases(&desk), ["/ajuda/tiny/lease-2"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_run_of_this_machine_locks_nobody_out() {
    let desk = Desk::with(SMALL);
    hold(&desk.sandbox, "CreateVpc");
    let mut killed = begin(&desk, &["up", "--yes"]);
    until_held(&desk.sandbox);
    killed.kill().unwrap();
    killed.wait().unwrap();
    release(&desk.sandbox);
    assert_eq!(leases(&desk), ["/ajuda/tiny/lease-1"]);
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    assert_eq!(leases(&desk), [""; 0]);
}

#[test]
fn a_run_whose_lease_was_ended_stops_in_order() {
    let desk = Desk::with(SMALL);
    hold(&desk.sandbox, "CreateVpc");
    let up = begin(&desk, &["up", "--yes"]);
    until_held(&desk.sandbox);
    assert_eq!(desk.deploy(&["unlock", "--yes"]).code, 0);
    let up = end(up);
    assert_eq!(up.code, 130, "{}", up.err);
    assert!(
        up.err.contains("its lease was ended by somebody else"),
        "{}",
        up.err
    );
    assert!(up.err.contains("` to continue"), "{}", up.err);
    assert!(
        !requests(&desk)
            .iter()
            .any(|request| request["operation"] == "CreateSubnet")
    );
}

/// A call that takes long: the holder shows meanwhile that it lives, and the lease lasts longer each time.
#[test]
fn a_run_that_is_held_up_keeps_its_lease() {
    let desk = Desk::with(SMALL);
    hold(&desk.sandbox, "CreateVpc");
    let first = begin(&desk, &["up", "--yes"]);
    until_held(&desk.sandbox);
    let runtime = Runtime::new().unwrap();
    let cloud = runtime.block_on(desk.sandbox.cloud("tiny"));
    let lasts = || {
        let arn = cloud.place.arn("logs", "log-group:/ajuda/tiny/lease-1");
        let tags = cloud.logs.list_tags_for_resource().resource_arn(arn).send();
        let tags = runtime.block_on(tags).unwrap().tags.unwrap();
        tags["ajuda:lease-lasts"].parse::<u128>().unwrap()
    };
    for _ in 0..2 {
        let before = lasts();
        until("another renewal", || lasts() > before);
    }
    let second = desk.deploy(&["up", "--yes"]);
    assert_eq!(second.code, 3, "{}", second.err);
    assert!(
        second.err.contains("somebody else is changing the stack"),
        "{}",
        second.err
    );
    release(&desk.sandbox);
    let first = end(first);
    assert_eq!(first.code, 0, "{}", first.err);
    assert_eq!(desk.deploy(&["plan", "--detailed-exitcode"]).code, 0);
}

/// A list of log groups is some seconds old: what it still shows of the run before, and does not show of this
/// one yet, takes no lease away.
#[test]
fn a_list_from_before_takes_no_lease_away() {
    let desk = Desk::with(SMALL);
    desk.sandbox.lag(json!({ "mode": "aws" }));
    for run in 0..3 {
        let somebody = Somebody::holds(&desk, Pace::of(4.0));
        for _ in 0..2 {
            let beat = somebody
                .runtime
                .block_on(somebody.lease.renew(&somebody.cloud));
            assert!(matches!(beat, Ok(Renewal::Held)), "{run}: {beat:?}");
        }
        let released = somebody.lease.release(&somebody.cloud);
        somebody.runtime.block_on(released).unwrap();
    }
}

/// The same list does not say that a lease which was to be deleted is gone: its own tags do.
#[test]
fn a_lease_is_given_back_although_the_list_does_not_show_it() {
    let desk = Desk::with(SMALL);
    let somebody = Somebody::holds(&desk, Pace::of(4.0));
    let lag = json!({ "rules": [{ "operation": "DescribeLogGroups", "calls": 1 }] });
    desk.sandbox.lag(lag);
    somebody.runtime.block_on(async {
        let logs = &somebody.cloud.logs;
        let (name, place) = ("/ajuda/tiny/lease-1", &somebody.cloud.place);
        let arn = place.arn("logs", &format!("log-group:{name}"));
        let held = logs.list_tags_for_resource().resource_arn(arn).send().await;
        let tags = held.unwrap().tags;
        // Made anew, it is a group that the list does not show at first: after that it showed the one before.
        logs.delete_log_group()
            .log_group_name(name)
            .send()
            .await
            .unwrap();
        let anew = logs.create_log_group().log_group_name(name);
        anew.set_tags(tags).send().await.unwrap();
        let list = logs.describe_log_groups().log_group_name_prefix("/ajuda/");
        list.send().await.unwrap();
    });
    let cut =
        json!({ "rules": [{ "operation": "DeleteLogGroup", "action": "cut-before", "times": 1 }] });
    desk.sandbox.control("POST", "faults", Some(cut));
    let released = somebody.lease.release(&somebody.cloud);
    somebody.runtime.block_on(released).unwrap();
    assert_eq!(leases(&desk), [""; 0]);
}

/// What a run did that was stopped is not shown at once: the next one waits for it, and makes no second VPC.
#[test]
fn a_signal_ends_the_lease_and_the_next_run_sees_what_was_done() {
    let desk = Desk::with(SMALL);
    desk.sandbox
        .lag(json!({ "rules": [{ "service": "ec2", "operation": "DescribeVpcs", "calls": 1 }] }));
    hold(&desk.sandbox, "CreateVpc");
    let mut up = Heard::of(begin(&desk, &["up", "--yes"]));
    until_held(&desk.sandbox);
    let sent = Command::new("kill")
        .args(["-TERM", &up.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    // It is made, whether or not the run still waits for the answer.
    up.until_said("stopping after the calls in flight");
    release(&desk.sandbox);
    let up = Ended::from(up.end());
    assert_eq!(up.code, 130, "{}", up.err);
    assert_eq!(leases(&desk), ["/ajuda/tiny/lease-1"]);
    let again = desk.deploy(&["up", "--yes"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.err.contains("was cut off"), "{}", again.err);
    assert_eq!(leases(&desk), [""; 0]);
    let made = requests(&desk);
    let made = made.iter().filter(|one| one["operation"] == "CreateVpc");
    assert_eq!(made.count(), 1);
}

#[test]
fn the_lease_costs_two_calls_before_and_one_after() {
    let desk = Desk::with(SMALL);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    desk.sandbox.control("DELETE", "requests", None);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    let mut of_lease = requests(&desk);
    of_lease.retain(is_of_lease);
    // Where the run takes that long, it renews its lease: no sooner than one beat after it was taken.
    let taken = of_lease
        .get(1)
        .and_then(|look| look["at"].as_f64())
        .unwrap();
    let beat = Pace::of(1000.0).renew_every.as_secs_f64();
    of_lease.retain(|one| {
        let renews = one["operation"] == "DescribeLogGroups" || renews_lease(one);
        !renews || one["at"].as_f64().unwrap() < taken + beat
    });
    let operations: Vec<&Value> = of_lease.iter().map(|one| &one["operation"]).collect();
    assert_eq!(
        operations,
        ["CreateLogGroup", "DescribeLogGroups", "DeleteLogGroup"]
    );
}

/// An account may refuse to make anything without the tags that its organisation demands.
#[test]
fn a_lease_carries_the_tags_of_the_file() {
    let region = "region = \"us-east-1\"\n";
    let desk = Desk::with(&SMALL.replace(region, &format!("{region}tags = {{ team = \"a\" }}\n")));
    // Refused at its first create, and held until the end of the test.
    let rules = json!({ "rules": [
        { "service": "ec2", "operation": "CreateVpc", "action": "deny" },
        { "service": "logs", "operation": "DeleteLogGroup", "action": "deny" },
    ] });
    desk.sandbox.control("POST", "faults", Some(rules));
    let up = desk.deploy(&["up", "--yes"]);
    assert_ne!(up.code, 0, "{up:?}");
    assert_eq!(leases(&desk), ["/ajuda/tiny/lease-1"]);
    let tags = Runtime::new().unwrap().block_on(async {
        let cloud = desk.sandbox.cloud("tiny").await;
        let arn = cloud.place.arn("logs", "log-group:/ajuda/tiny/lease-1");
        let tags = cloud.logs.list_tags_for_resource().resource_arn(arn);
        tags.send().await.unwrap().tags.unwrap()
    });
    assert_eq!(tags.get("team").map(String::as_str), Some("a"), "{tags:?}");
    assert!(tags.contains_key("ajuda:lease-owner"), "{tags:?}");
}
