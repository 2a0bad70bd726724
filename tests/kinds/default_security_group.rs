use ajuda::aws::Cloud;
use ajuda::engine::Graph;
use ajuda::message::StackOptions;
use ajuda::render::json;
use ajuda::resources::DefaultSecurityGroup;
use aws_sdk_ec2::types::{Filter, IpPermission, IpRange, SecurityGroup};
use serde_json::json;

use super::network::{STACK, fail, team, vpc};
use crate::support::life::{Variant, expect, live, look, remove, up};
use crate::support::sandbox::Sandbox;

fn group(of: &'static str, by: &'static str) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let (main, other) = (vpc(graph, "main"), vpc(graph, "other"));
        let group = DefaultSecurityGroup {
            vpc: if of == "main" { main } else { other },
            tags: team(by),
        };
        graph.add("network", "main", group);
    }
}

/// The default groups of the stack's VPCs, those that it looks after first.
async fn groups(sandbox: &Sandbox) -> Vec<SecurityGroup> {
    let cloud = sandbox.cloud(STACK).await;
    let named = Filter::builder()
        .name("group-name")
        .values("default")
        .build();
    let vpcs = cloud.ec2.describe_vpcs().send().await.unwrap();
    let ours = vpcs
        .vpcs()
        .iter()
        .filter(|vpc| vpc.is_default() != Some(true));
    let ours: Vec<&str> = ours.filter_map(|vpc| vpc.vpc_id()).collect();
    let answer = cloud.ec2.describe_security_groups().filters(named).send();
    let mut groups = answer.await.unwrap().security_groups.unwrap_or_default();
    groups.retain(|group| ours.contains(&group.vpc_id().unwrap()));
    groups.sort_by_key(|group| group.tags().is_empty());
    groups
}

fn rules(group: &SecurityGroup) -> usize {
    group.ip_permissions().len() + group.ip_permissions_egress().len()
}

#[tokio::test]
async fn a_default_security_group_lives() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        STACK,
        &group("main", "one"),
        &[
            Variant {
                declare: &group("main", "two"),
                says: &["default-security-group/main tags.team"],
            },
            Variant {
                declare: &group("other", "two"),
                says: &["± default-security-group/main vpc"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_default_group_is_emptied_and_what_somebody_adds_shows() {
    let sandbox = Sandbox::instant();
    let declare = group("main", "one");
    // Killed, as it were, between the tags and the last rule.
    let denied = json!([{ "operation": "RevokeSecurityGroupEgress", "action": "deny" }]);
    let report = fail(&sandbox, &declare, denied).await;
    assert_eq!(report.failed.len(), 1);
    let open = [
        "default-security-group/main egress",
        "default-security-group/main ingress",
    ];
    expect(&sandbox, STACK, &declare, &open).await;
    up(&sandbox, STACK, &declare).await;
    let both = groups(&sandbox).await;
    assert_eq!(
        [rules(&both[0]), rules(&both[1])],
        [0, 2],
        "ours alone is emptied"
    );
    // Somebody opens a port.
    let (cloud, ..) = look(&sandbox, STACK, &declare).await;
    let open = IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(22)
        .to_port(22)
        .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build())
        .build();
    let id = both[0].group_id().unwrap();
    let authorize = cloud.ec2.authorize_security_group_ingress().group_id(id);
    authorize.ip_permissions(open).send().await.unwrap();
    expect(
        &sandbox,
        STACK,
        &declare,
        &["default-security-group/main ingress"],
    )
    .await;
    let (.., plan) = look(&sandbox, STACK, &declare).await;
    let document = json::plan(&plan, Vec::new(), &[], &StackOptions::default());
    let shown = serde_json::to_string(&document).unwrap();
    assert!(shown.contains("tcp 22 from 0.0.0.0/0"), "{shown}");
    // A rule that goes by itself while it is being removed is as wanted.
    let gone = json!([{
        "operation": "RevokeSecurityGroupIngress", "nth": 1,
        "code": "InvalidSecurityGroupRuleId.NotFound", "http": 400,
    }]);
    let report = fail(&sandbox, &declare, gone).await;
    assert_eq!(report.failed, []);
    up(&sandbox, STACK, &declare).await;
    expect(&sandbox, STACK, &declare, &[]).await;
    assert_eq!(rules(&groups(&sandbox).await[0]), 0);
    remove(&sandbox, STACK, &declare, &|_| false).await;
    assert!(groups(&sandbox).await.is_empty());
}
