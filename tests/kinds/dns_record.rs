use std::sync::Arc;

use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Class, Graph, observe};
use ajuda::resources::{DnsRecord, KINDS};
use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType,
};
use serde_json::json;

use crate::certificate::{records, zone};
use crate::edge::{balancer, ground};
use crate::strangers::in_the_way;
use crate::support::life::{Variant, expect, live, look, remove, says, up};
use crate::support::sandbox::Sandbox;

/// Two load balancers, and a name for the one called `target`.
fn record<'a>(
    zone: &'a str,
    name: &'a str,
    target: &'a str,
) -> impl Fn(&mut Graph<Cloud>) + Sync + 'a {
    move |graph| {
        let ground = ground(graph);
        let [main, other] = ["main", "other"].map(|name| {
            let mut balancer = balancer(&ground);
            balancer.name = format!("life-{name}");
            graph.add("load balancer", name, balancer)
        });
        let record = DnsRecord {
            zone: zone.into(),
            name: name.into(),
            target: if target == "main" { main } else { other },
            tags: Tags::new(),
        };
        graph.add("load balancer", "main", record);
    }
}

/// The load balancer alone: the file has no domain any more.
fn nameless(graph: &mut Graph<Cloud>) {
    let ground = ground(graph);
    for name in ["main", "other"] {
        let mut balancer = balancer(&ground);
        balancer.name = format!("life-{name}");
        graph.add("load balancer", name, balancer);
    }
}

fn chat() -> impl Fn(&mut Graph<Cloud>) + Sync {
    record("example.org", "chat.example.org", "main")
}

async fn begin(sandbox: &Sandbox) -> (Arc<Cloud>, String) {
    let cloud = sandbox.cloud("life").await;
    let zone = zone(&cloud, "example.org").await;
    (cloud, zone)
}

async fn put(cloud: &Cloud, zone: &str, record: ResourceRecordSet, action: ChangeAction) {
    let change = Change::builder().action(action).resource_record_set(record);
    let batch = ChangeBatch::builder().changes(change.build().unwrap());
    cloud
        .route53
        .change_resource_record_sets()
        .hosted_zone_id(zone)
        .change_batch(batch.build().unwrap())
        .send()
        .await
        .unwrap();
}

fn plain(name: &str, kind: RrType, value: &str) -> ResourceRecordSet {
    let value = ResourceRecord::builder().value(value).build().unwrap();
    ResourceRecordSet::builder()
        .name(name)
        .r#type(kind)
        .ttl(60)
        .resource_records(value)
        .build()
        .unwrap()
}

fn alias(target: &str, zone: &str, evaluates: bool) -> ResourceRecordSet {
    let target = AliasTarget::builder()
        .dns_name(target)
        .hosted_zone_id(zone)
        .evaluate_target_health(evaluates)
        .build()
        .unwrap();
    ResourceRecordSet::builder()
        .name("chat.example.org")
        .r#type(RrType::A)
        .alias_target(target)
        .build()
        .unwrap()
}

async fn current(cloud: &Cloud, zone: &str) -> ResourceRecordSet {
    let answer = cloud
        .route53
        .list_resource_record_sets()
        .hosted_zone_id(zone);
    let answer = answer.send().await.unwrap();
    let mut all = answer.resource_record_sets.into_iter();
    all.find(|record| record.name == "chat.example.org.")
        .unwrap()
}

#[tokio::test]
async fn a_name_lives() {
    let sandbox = Sandbox::late();
    let (cloud, _) = begin(&sandbox).await;
    zone(&cloud, "ai.example.org").await;
    live(
        &sandbox,
        "life",
        &record("example.org", "chat.example.org", "main"),
        &[
            Variant {
                declare: &record("example.org", "chat.example.org", "other"),
                says: &["dns-record/main target"],
            },
            Variant {
                declare: &record("example.org", "ai.example.org", "other"),
                says: &["± dns-record/main name"],
            },
            Variant {
                declare: &record("ai.example.org", "ai.example.org", "other"),
                says: &["± dns-record/main zone"],
            },
            Variant {
                declare: &record("Example.org.", "Example.org", "main"),
                says: &["± dns-record/main name zone"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_name_that_was_changed_leads_back() {
    let sandbox = Sandbox::instant();
    let (cloud, zone) = begin(&sandbox).await;
    up(&sandbox, "life", &chat()).await;
    let there = records(&cloud, &zone).await;
    assert_eq!(
        there,
        ["A chat.example.org.", "TXT chat._ajuda.example.org."]
    );
    let right = current(&cloud, &zone).await;
    let target = right.alias_target.clone().unwrap();
    let (name, of) = (target.dns_name(), target.hosted_zone_id());
    for (changed, line) in [
        (
            alias(name, of, true),
            &["dns-record/main evaluates_health"][..],
        ),
        (
            // Route 53 takes no zone that the name does not lie in.
            alias(
                "other-1.us-east-2.elb.amazonaws.com",
                "Z3AADJGX6KTTL2",
                false,
            ),
            &["dns-record/main target", "dns-record/main target_zone"],
        ),
        (
            alias("elsewhere.example.org", of, false),
            &["dns-record/main target"],
        ),
        (alias(&format!("dualstack.{name}"), of, false), &[]),
        (
            plain("chat.example.org", RrType::A, "192.0.2.1"),
            &["dns-record/main target", "dns-record/main target_zone"],
        ),
    ] {
        put(&cloud, &zone, changed, ChangeAction::Upsert).await;
        expect(&sandbox, "life", &chat(), line).await;
        up(&sandbox, "life", &chat()).await;
        expect(&sandbox, "life", &chat(), &[]).await;
    }
    let both = ["dns-record/main target", "dns-record/main target_zone"];
    put(
        &cloud,
        &zone,
        current(&cloud, &zone).await,
        ChangeAction::Delete,
    )
    .await;
    expect(&sandbox, "life", &chat(), &both).await;
    let cname = plain("chat.example.org", RrType::Cname, "elsewhere.example.org");
    put(&cloud, &zone, cname, ChangeAction::Create).await;
    expect(&sandbox, "life", &chat(), &both).await;
    up(&sandbox, "life", &chat()).await;
    expect(&sandbox, "life", &chat(), &[]).await;
    assert_eq!(records(&cloud, &zone).await, there);
    assert_eq!(current(&cloud, &zone).await, right);
}

#[tokio::test]
async fn a_name_that_left_the_file_goes() {
    let sandbox = Sandbox::instant();
    let (cloud, zone) = begin(&sandbox).await;
    up(&sandbox, "life", &chat()).await;
    let mx = plain("chat.example.org", RrType::Mx, "10 mail.example.org");
    put(&cloud, &zone, mx, ChangeAction::Create).await;
    expect(&sandbox, "life", &nameless, &["- dns-record/main"]).await;
    up(&sandbox, "life", &nameless).await;
    expect(&sandbox, "life", &nameless, &[]).await;
    assert_eq!(records(&cloud, &zone).await, ["MX chat.example.org."]);
    // Mail does not stand in the way.
    up(&sandbox, "life", &chat()).await;
    expect(&sandbox, "life", &chat(), &[]).await;
}

#[tokio::test]
async fn a_load_balancer_that_does_not_tell_of_the_zone_is_told() {
    let sandbox = Sandbox::instant();
    let (cloud, _) = begin(&sandbox).await;
    up(&sandbox, "life", &chat()).await;
    let found = cloud.elb.describe_load_balancers().send().await.unwrap();
    for one in found.load_balancers() {
        let untag = cloud.elb.remove_tags().tag_keys("ajuda:zone");
        let untag = untag.resource_arns(one.load_balancer_arn().unwrap());
        untag.send().await.unwrap();
    }
    expect(&sandbox, "life", &chat(), &["dns-record/main zone_noted"]).await;
    up(&sandbox, "life", &chat()).await;
    expect(&sandbox, "life", &chat(), &[]).await;
    expect(&sandbox, "life", &nameless, &["- dns-record/main"]).await;
}

/// Another zone of the same name.
async fn namesake(cloud: &Cloud, name: &str) -> String {
    let made = cloud.route53.create_hosted_zone().name(name);
    let made = made.caller_reference("another").send().await.unwrap();
    let id = made.hosted_zone().unwrap().id();
    id.trim_start_matches("/hostedzone/").to_owned()
}

#[tokio::test]
async fn a_zone_that_the_file_names_by_its_id_is_that_one_of_several() {
    let sandbox = Sandbox::instant();
    let (cloud, first) = begin(&sandbox).await;
    up(&sandbox, "life", &chat()).await;
    let there = records(&cloud, &first).await;
    assert_eq!(
        there,
        ["A chat.example.org.", "TXT chat._ajuda.example.org."]
    );
    // The same zone by its id is the same record: the load balancer is told of the id, once.
    let by_id = record(&first, "chat.example.org", "main");
    expect(&sandbox, "life", &by_id, &["dns-record/main zone_noted"]).await;
    up(&sandbox, "life", &by_id).await;
    expect(&sandbox, "life", &by_id, &[]).await;
    assert_eq!(records(&cloud, &first).await, there);
    // A second zone of that name: the record moves to it, and only the old one goes.
    let second = namesake(&cloud, "example.org").await;
    let moved = record(&second, "Chat.example.org", "main");
    expect(&sandbox, "life", &moved, &["± dns-record/main zone"]).await;
    up(&sandbox, "life", &moved).await;
    expect(&sandbox, "life", &moved, &[]).await;
    assert_eq!(records(&cloud, &first).await, [""; 0]);
    assert_eq!(records(&cloud, &second).await, there);
    // Without a domain it is found by what the load balancer tells.
    expect(&sandbox, "life", &nameless, &["- dns-record/main"]).await;
    up(&sandbox, "life", &nameless).await;
    assert_eq!(records(&cloud, &second).await, [""; 0]);
}

#[tokio::test]
async fn a_zone_of_another_name_or_none_is_refused_by_its_id() {
    let sandbox = Sandbox::instant();
    let (cloud, _) = begin(&sandbox).await;
    let other = zone(&cloud, "example.com").await;
    for (zone, says) in [
        (other.as_str(), "chat.example.org does not lie in it"),
        (
            "Z0123456789NONE",
            "no public hosted zone with the id Z0123456789NONE",
        ),
    ] {
        let cloud = sandbox.cloud("life").await;
        let mut graph = Graph::default();
        record(zone, "chat.example.org", "main")(&mut graph);
        let observed = observe(&cloud, &Arc::new(graph), KINDS).await;
        let fault = &observed.unread[0].fault;
        assert_eq!(fault.class, Class::Unmet, "{fault:?}");
        assert!(fault.message.contains(says), "{fault:?}");
    }
}

#[tokio::test]
async fn what_somebody_has_put_in_its_place_stays() {
    let sandbox = Sandbox::instant();
    let (cloud, zone) = begin(&sandbox).await;
    up(&sandbox, "life", &chat()).await;
    let moved = plain("chat.example.org", RrType::A, "192.0.2.1");
    put(&cloud, &zone, moved, ChangeAction::Upsert).await;
    remove(&sandbox, "life", &chat(), &|_| false).await;
    assert_eq!(records(&cloud, &zone).await, ["A chat.example.org."]);
}

#[tokio::test]
async fn a_name_of_somebody_else_is_in_the_way() {
    for (kind, value) in [
        (RrType::A, "192.0.2.1"),
        (RrType::Aaaa, "2001:db8::1"),
        (RrType::Cname, "elsewhere.example.org"),
    ] {
        let sandbox = Sandbox::instant();
        let (cloud, zone) = begin(&sandbox).await;
        let theirs = plain("Chat.example.org", kind, value);
        put(&cloud, &zone, theirs, ChangeAction::Create).await;
        let conflicts = in_the_way(&cloud, &chat()).await;
        assert_eq!(conflicts, ["dns-record/main chat.example.org"]);
    }
}

#[tokio::test]
async fn a_stack_of_that_name_in_another_region_keeps_its_name() {
    let sandbox = Sandbox::instant();
    let (cloud, zone) = begin(&sandbox).await;
    let elsewhere = plain(
        "eu._ajuda.example.org",
        RrType::Txt,
        "\"stack=life region=eu-west-1 address=dns-record/main\" \"name=eu.example.org\"",
    );
    put(&cloud, &zone, elsewhere, ChangeAction::Create).await;
    up(&sandbox, "life", &chat()).await;
    expect(&sandbox, "life", &chat(), &[]).await;
    remove(&sandbox, "life", &chat(), &|_| false).await;
    assert_eq!(records(&cloud, &zone).await, ["TXT eu._ajuda.example.org."]);
    let cloud = sandbox.cloud("life").await;
    let eu = record("example.org", "eu.example.org", "main");
    let conflicts = in_the_way(&cloud, &eu).await;
    assert_eq!(conflicts, ["dns-record/main eu.example.org"]);
}

#[tokio::test]
async fn a_lost_reply_is_not_somebody_else() {
    let sandbox = Sandbox::instant();
    begin(&sandbox).await;
    let lost = json!({"rules": [{
        "service": "route53", "operation": "ChangeResourceRecordSets",
        "action": "cut-after", "times": 1,
    }]});
    sandbox.control("POST", "faults", Some(lost));
    up(&sandbox, "life", &chat()).await;
    let (_, _, _, plan) = look(&sandbox, "life", &chat()).await;
    assert_eq!(says(&plan), [""; 0]);
}
