use ajuda::aws::{Cloud, Tags};
use ajuda::engine::Graph;
use ajuda::resources::{SecurityGroup, Vpc};
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};

use crate::network;
use crate::support::life::{Variant, live, look, says, up};
use crate::support::sandbox::Sandbox;

fn vpc(cidr: &str, team: &str) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let tags = Tags::from([("team".into(), team.into())]);
        let cidr = cidr.into();
        let vpc = graph.add("network", "main", Vpc { cidr, tags });
        // Its name, which no tag gives it, says that what it is in is the stack's.
        let group = SecurityGroup {
            vpc: (&vpc).into(),
            description: "tasks".into(),
            tags: Tags::new(),
        };
        graph.add("network", "app", group);
    }
}

#[tokio::test]
async fn a_vpc_lives() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        "life",
        &vpc("10.0.0.0/16", "one"),
        &[
            Variant {
                declare: &vpc("10.0.0.0/16", "two"),
                says: &["vpc/main tags.team"],
            },
            Variant {
                declare: &vpc("10.1.0.0/16", "two"),
                says: &["± security-group/app vpc", "± vpc/main cidr"],
            },
        ],
    )
    .await;
}

/// A lost reply of `CreateVpc` may leave two, and the run that made them may have got no further than the
/// subnets of one: nothing but tags tells of either.
#[tokio::test]
async fn of_two_vpcs_the_one_that_something_stands_in_is_kept() {
    let sandbox = Sandbox::instant();
    let declare = |graph: &mut Graph<Cloud>| {
        let vpc = network::vpc(graph, "main");
        network::subnet(graph, "public-a", &vpc, 0);
    };
    up(&sandbox, "life", &declare).await;
    let cloud = sandbox.cloud("life").await;
    let there = cloud.ec2.describe_vpcs().send().await.unwrap();
    let is_ours = |tags: &[Tag]| tags.iter().any(|tag| tag.key() == Some("ajuda:stack"));
    let vpcs = there.vpcs().iter();
    let ours: Vec<_> = vpcs.filter(|vpc| is_ours(vpc.tags())).collect();
    let [kept] = ours.as_slice() else {
        panic!("{there:#?}")
    };
    // Whichever of them is listed first.
    for _ in 0..3 {
        let tags = TagSpecification::builder().resource_type(ResourceType::Vpc);
        let tags = tags.set_tags(Some(kept.tags().to_vec())).build();
        let second = cloud.ec2.create_vpc().tag_specifications(tags);
        let second = second.cidr_block(kept.cidr_block().unwrap());
        second.send().await.unwrap();
    }
    let (_, _, observed, plan) = look(&sandbox, "life", &declare).await;
    assert_eq!(says(&plan), [""; 0], "nothing is replaced: {plan:#?}");
    let left: Vec<_> = observed.orphans.iter().map(|one| &one.id).collect();
    assert_eq!(left.len(), 3, "the others are told of");
    assert!(!left.iter().any(|id| Some(id.as_str()) == kept.vpc_id()));
}

/// A list shows a VPC that the next call does not know yet: the run before this one was killed a second ago.
#[tokio::test]
async fn what_a_list_has_shown_is_asked_for_again() {
    let sandbox = Sandbox::instant();
    let declare = vpc("10.0.0.0/16", "one");
    up(&sandbox, "life", &declare).await;
    let unknown = serde_json::json!({ "rules": [{
        "service": "ec2", "operation": "DescribeVpcAttribute", "code": "InvalidVpcID.NotFound",
        "message": "The vpc ID does not exist", "http": 400, "times": 2,
    }]});
    sandbox.control("POST", "faults", Some(unknown));
    let (_, _, observed, plan) = look(&sandbox, "life", &declare).await;
    assert!(observed.unread.is_empty(), "{:?}", observed.unread);
    assert_eq!(says(&plan), [""; 0], "{plan:#?}");
}
