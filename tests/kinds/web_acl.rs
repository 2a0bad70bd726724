use ajuda::aws::{Cloud, STACK_TAG};
use ajuda::engine::{Graph, Link};
use ajuda::resources::{WebAcl, WebAclAssociation};
use aws_sdk_wafv2::types::{
    AllowAction, BlockAction, DefaultAction, Rule, Scope, VisibilityConfig,
};
use serde_json::json;

use super::network::{STACK, asked, fail, team};
use crate::edge::{balancer, ground};
use crate::strangers::in_the_way;
use crate::support::life::{Variant, expect, live, remove, up};
use crate::support::sandbox::Sandbox;

/// A load balancer, and what protects it: nothing, a web ACL of ours, or the one with this ARN.
fn edge(acl: Option<&'static str>, by: &'static str) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let ground = ground(graph);
        let balancer = graph.add("load balancer", "main", balancer(&ground));
        let acl = match acl {
            None => return,
            Some("ours") => {
                let acl = WebAcl {
                    name: "life".into(),
                    tags: team(by),
                };
                Link::To(graph.add("load balancer", "main", acl))
            }
            Some(arn) => Link::Id(arn.into()),
        };
        let association = WebAclAssociation { balancer, acl };
        graph.add("load balancer", "main", association);
    }
}

fn visibility() -> VisibilityConfig {
    VisibilityConfig::builder()
        .cloud_watch_metrics_enabled(true)
        .sampled_requests_enabled(true)
        .metric_name("theirs")
        .build()
        .unwrap()
}

fn allow() -> DefaultAction {
    let allow = AllowAction::builder().build();
    DefaultAction::builder().allow(allow).build()
}

/// A web ACL of somebody else; its ARN.
async fn theirs(cloud: &Cloud, name: &str) -> &'static str {
    let made = cloud.waf.create_web_acl().scope(Scope::Regional).name(name);
    let made = made.default_action(allow()).visibility_config(visibility());
    let made = made.send().await.unwrap().summary.unwrap();
    made.arn.unwrap().leak()
}

/// The name of the web ACL in front of the load balancer.
async fn in_front(cloud: &Cloud) -> Option<String> {
    let balancers = cloud.elb.describe_load_balancers().send().await.unwrap();
    let arn = balancers.load_balancers()[0].load_balancer_arn().unwrap();
    let request = cloud.waf.get_web_acl_for_resource().resource_arn(arn);
    let acl = request.send().await.unwrap().web_acl;
    acl.map(|acl| acl.name)
}

#[tokio::test]
async fn a_web_acl_and_its_association_live() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        STACK,
        &edge(Some("ours"), "one"),
        &[
            Variant {
                declare: &edge(Some("ours"), "two"),
                says: &["web-acl/main tags.team"],
            },
            Variant {
                declare: &edge(None, "two"),
                says: &["- web-acl-association/main", "- web-acl/main"],
            },
            Variant {
                declare: &edge(Some("ours"), "two"),
                says: &["+ web-acl-association/main", "+ web-acl/main"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_changed_web_acl_is_changed_back() {
    let sandbox = Sandbox::instant();
    let declare = edge(Some("ours"), "one");
    up(&sandbox, STACK, &declare).await;
    let cloud = sandbox.cloud(STACK).await;
    let all = cloud.waf.list_web_acls().scope(Scope::Regional).send();
    let all = all.await.unwrap();
    let one = &all.web_acls()[0];
    let (name, id) = (one.name().unwrap(), one.id().unwrap());
    let get = cloud.waf.get_web_acl().scope(Scope::Regional);
    let got = get.name(name).id(id).send().await.unwrap();
    let mut rules: Vec<Rule> = got.web_acl().unwrap().rules().to_vec();
    rules.retain(|rule| rule.name() != "ip-reputation");
    let block = BlockAction::builder().build();
    let update = cloud
        .waf
        .update_web_acl()
        .scope(Scope::Regional)
        .name(name)
        .id(id)
        .lock_token(got.lock_token().unwrap())
        .default_action(DefaultAction::builder().block(block).build())
        .set_rules(Some(rules))
        .visibility_config(visibility());
    update.send().await.unwrap();
    let changed = [
        "web-acl/main lets_in",
        "web-acl/main rules.ip-reputation.blocks",
        "web-acl/main rules.ip-reputation.counts",
        "web-acl/main rules.ip-reputation.group",
        "web-acl/main rules.ip-reputation.priority",
        "web-acl/main samples",
    ];
    expect(&sandbox, STACK, &declare, &changed).await;
    // Somebody else changes it between our two calls.
    let raced = json!([{
        "operation": "UpdateWebACL", "nth": 1, "code": "WAFOptimisticLockException", "http": 400,
    }]);
    let report = fail(&sandbox, &declare, raced).await;
    assert_eq!(report.failed, []);
    expect(&sandbox, STACK, &declare, &[]).await;
}

#[tokio::test]
async fn what_has_not_spread_is_waited_for_and_a_lost_reply_makes_no_second() {
    let sandbox = Sandbox::start("240");
    let before = sandbox.inventory();
    let declare = edge(Some("ours"), "one");
    let lost = json!([
        { "operation": "CreateWebACL", "nth": 1, "action": "cut-after" },
        { "operation": "AssociateWebACL", "times": 2, "code": "WAFUnavailableEntityException", "http": 400 },
    ]);
    let report = fail(&sandbox, &declare, lost).await;
    assert_eq!(report.failed, []);
    assert!(asked(&sandbox, "AssociateWebACL") >= 3);
    expect(&sandbox, STACK, &declare, &[]).await;
    let cloud = sandbox.cloud(STACK).await;
    assert_eq!(in_front(&cloud).await.as_deref(), Some("life"));
    // The end of an association takes its time as well.
    let held = json!({ "rules": [{
        "operation": "DeleteWebACL", "nth": 1, "code": "WAFAssociatedItemException", "http": 400,
    }] });
    sandbox.control("POST", "faults", Some(held));
    remove(&sandbox, STACK, &declare, &|_| false).await;
    assert_eq!(sandbox.inventory(), before);
}

#[tokio::test]
async fn somebody_elses_web_acl_is_taken_off_by_nobody_and_used_on_request() {
    let sandbox = Sandbox::instant();
    up(&sandbox, STACK, &edge(None, "one")).await;
    let cloud = sandbox.cloud(STACK).await;
    let first = theirs(&cloud, "security-team").await;
    let balancers = cloud.elb.describe_load_balancers().send().await.unwrap();
    let arn = balancers.load_balancers()[0].load_balancer_arn().unwrap();
    let associate = cloud.waf.associate_web_acl().resource_arn(arn);
    associate.web_acl_arn(first).send().await.unwrap();
    // A file that says nothing of it leaves it alone.
    expect(&sandbox, STACK, &edge(None, "one"), &[]).await;
    up(&sandbox, STACK, &edge(None, "one")).await;
    assert_eq!(in_front(&cloud).await.as_deref(), Some("security-team"));
    // One that names another says so, and puts it there.
    let second = theirs(&cloud, "other-team").await;
    let declare = edge(Some(second), "one");
    expect(&sandbox, STACK, &declare, &["web-acl-association/main acl"]).await;
    up(&sandbox, STACK, &declare).await;
    assert_eq!(in_front(&cloud).await.as_deref(), Some("other-team"));
    expect(&sandbox, STACK, &declare, &[]).await;
    // It goes with the load balancer, and the web ACL stays.
    remove(&sandbox, STACK, &declare, &|_| false).await;
    let left = cloud.waf.list_web_acls().scope(Scope::Regional).send();
    assert_eq!(left.await.unwrap().web_acls().len(), 2);
}

#[tokio::test]
async fn a_web_acl_of_somebody_else_is_in_the_way() {
    let sandbox = Sandbox::instant();
    up(&sandbox, STACK, &edge(Some("ours"), "one")).await;
    let cloud = sandbox.cloud(STACK).await;
    let all = cloud.waf.list_web_acls().scope(Scope::Regional).send();
    let arn = all.await.unwrap().web_acls()[0].arn().unwrap().to_owned();
    let untag = cloud.waf.untag_resource().resource_arn(arn);
    untag.tag_keys(STACK_TAG).send().await.unwrap();
    let cloud = sandbox.cloud(STACK).await;
    let conflicts = in_the_way(&cloud, &edge(Some("ours"), "one")).await;
    assert_eq!(conflicts, ["web-acl/main life"]);
}
