use std::sync::Arc;

use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Graph, observe};
use ajuda::resources::{Certificate, KINDS};
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch};

use crate::support::life::{Variant, expect, live, remove, up};
use crate::support::sandbox::Sandbox;

fn certificate(domain: &str, zone: Option<&str>, team: &str) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        graph.add(
            "load balancer",
            "main",
            Certificate {
                domain: domain.into(),
                zone: zone.map(Into::into),
                tags: Tags::from([("team".into(), team.into())]),
            },
        );
    }
}

/// A public zone; its id.
pub async fn zone(cloud: &Cloud, name: &str) -> String {
    let made = cloud
        .route53
        .create_hosted_zone()
        .name(name)
        .caller_reference(name)
        .send()
        .await
        .unwrap();
    let id = made.hosted_zone().unwrap().id();
    id.trim_start_matches("/hostedzone/").to_owned()
}

/// Names and types of the records of a zone that are not its own, sorted.
pub async fn records(cloud: &Cloud, zone: &str) -> Vec<String> {
    let answer = cloud
        .route53
        .list_resource_record_sets()
        .hosted_zone_id(zone)
        .send()
        .await
        .unwrap();
    let mut records: Vec<String> = answer
        .resource_record_sets()
        .iter()
        .map(|record| format!("{} {}", record.r#type(), record.name()))
        .filter(|line| !line.starts_with("NS ") && !line.starts_with("SOA "))
        .collect();
    records.sort();
    records
}

async fn arns(cloud: &Cloud) -> Vec<String> {
    let answer = cloud.acm.list_certificates().send().await.unwrap();
    answer
        .certificate_summary_list()
        .iter()
        .map(|one| one.certificate_arn().unwrap().to_owned())
        .collect()
}

async fn begin(sandbox: &Sandbox) -> (Arc<Cloud>, String) {
    let cloud = sandbox.cloud("life").await;
    let zone = zone(&cloud, "example.org").await;
    (cloud, zone)
}

#[tokio::test]
async fn a_certificate_lives() {
    let sandbox = Sandbox::late();
    let (cloud, _) = begin(&sandbox).await;
    zone(&cloud, "chat.example.org").await;
    let org = Some("example.org");
    live(
        &sandbox,
        "life",
        &certificate("chat.example.org", org, "one"),
        &[
            Variant {
                declare: &certificate("chat.example.org", org, "two"),
                says: &["certificate/main tags.team"],
            },
            Variant {
                declare: &certificate("chat.example.org", Some("chat.example.org"), "two"),
                says: &["certificate/main zone"],
            },
            Variant {
                declare: &certificate("chat.example.org", org, "two"),
                says: &["certificate/main zone"],
            },
            Variant {
                declare: &certificate("ai.example.org", org, "two"),
                says: &["± certificate/main domain"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn the_proof_of_a_certificate_is_written_again_and_goes_with_it() {
    let sandbox = Sandbox::instant();
    let (cloud, zone) = begin(&sandbox).await;
    let declare = certificate("chat.example.org", Some("example.org"), "one");
    up(&sandbox, "life", &declare).await;
    let there = records(&cloud, &zone).await;
    assert_eq!(there.len(), 2, "{there:?}");
    assert!(there[0].starts_with("CNAME _") && there[0].ends_with(".chat.example.org."));
    assert!(there[1].starts_with("TXT _") && there[1].ends_with(".chat._ajuda.example.org."));
    delete(&cloud, &zone, &there[0]).await;
    expect(
        &sandbox,
        "life",
        &declare,
        &["certificate/main validation_record"],
    )
    .await;
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
    assert_eq!(records(&cloud, &zone).await, there);
    remove(&sandbox, "life", &declare, &|_| false).await;
    assert_eq!(records(&cloud, &zone).await, [""; 0]);
}

#[tokio::test]
async fn the_proof_that_another_certificate_needs_stays() {
    let sandbox = Sandbox::instant();
    let (cloud, zone) = begin(&sandbox).await;
    let declare = certificate("chat.example.org", Some("example.org"), "one");
    up(&sandbox, "life", &declare).await;
    cloud
        .acm
        .request_certificate()
        .domain_name("*.chat.example.org")
        .validation_method("DNS".into())
        .send()
        .await
        .unwrap();
    remove(&sandbox, "life", &declare, &|_| false).await;
    let there = records(&cloud, &zone).await;
    assert!(
        there.len() == 1 && there[0].starts_with("CNAME _"),
        "{there:?}"
    );
    assert_eq!(arns(&cloud).await.len(), 1);
    // Not ours any more: the next certificate of this domain uses it and leaves it.
    up(&sandbox, "life", &declare).await;
    remove(&sandbox, "life", &declare, &|_| false).await;
    assert_eq!(records(&cloud, &zone).await, there);
}

#[tokio::test]
async fn a_certificate_left_over_goes_and_the_proof_stays() {
    let sandbox = Sandbox::instant();
    let (cloud, zone) = begin(&sandbox).await;
    let declare = certificate("chat.example.org", Some("example.org"), "one");
    up(&sandbox, "life", &declare).await;
    let old = arns(&cloud).await;
    let there = records(&cloud, &zone).await;
    let tags = cloud.acm.list_tags_for_certificate();
    let tags = tags
        .certificate_arn(old.first().unwrap())
        .send()
        .await
        .unwrap();
    cloud
        .acm
        .request_certificate()
        .domain_name("chat.example.org")
        .validation_method("DNS".into())
        .set_tags(tags.tags)
        .send()
        .await
        .unwrap();
    assert_eq!(arns(&cloud).await.len(), 2);
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
    assert_eq!(arns(&cloud).await.len(), 1, "{old:?}");
    assert_eq!(records(&cloud, &zone).await, there);
}

#[tokio::test]
async fn a_zone_that_is_not_there_is_said_while_reading() {
    let sandbox = Sandbox::instant();
    let cloud = sandbox.cloud("life").await;
    let mut graph = Graph::default();
    certificate("chat.example.org", Some("example.org"), "one")(&mut graph);
    let observed = observe(&cloud, &Arc::new(graph), KINDS).await;
    let [unread] = observed.unread.as_slice() else {
        panic!("{:?}", observed.unread);
    };
    assert_eq!(
        unread.fault.message,
        "there is no public hosted zone `example.org` in this account"
    );
}

async fn delete(cloud: &Cloud, zone: &str, line: &str) {
    let answer = cloud
        .route53
        .list_resource_record_sets()
        .hosted_zone_id(zone)
        .send()
        .await
        .unwrap();
    let record = answer
        .resource_record_sets()
        .iter()
        .find(|record| format!("{} {}", record.r#type(), record.name()) == line)
        .unwrap();
    let change = Change::builder()
        .action(ChangeAction::Delete)
        .resource_record_set(record.clone())
        .build()
        .unwrap();
    let batch = ChangeBatch::builder().changes(change).build().unwrap();
    cloud
        .route53
        .change_resource_record_sets()
        .hosted_zone_id(zone)
        .change_batch(batch)
        .send()
        .await
        .unwrap();
}
