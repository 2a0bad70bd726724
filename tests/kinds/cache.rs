#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Graph, Link, Ref};
use ajuda::resources::{Cache, CacheSubnetGroup, Secret, SecretValue, SecurityGroup};

use crate::default_network::{linked_role, subnets, vpc};
use crate::strangers::{in_the_way, left};
use crate::support::life::{Variant, expect, live, look, up};
use crate::support::sandbox::Sandbox;

#[derive(Clone)]
struct Wanted {
    vpc: String,
    subnets: Vec<String>,
    node_type: &'static str,
    nodes: u8,
    groups: &'static [&'static str],
    token: &'static str,
    subnet_group: &'static str,
    name: &'static str,
    team: &'static str,
}

impl Wanted {
    async fn new(sandbox: &Sandbox) -> Self {
        Self {
            vpc: vpc(sandbox).await,
            subnets: subnets(sandbox).await[..2].to_vec(),
            node_type: "cache.t4g.small",
            nodes: 2,
            groups: &["cache"],
            token: "token",
            subnet_group: "main",
            name: "life",
            team: "one",
        }
    }

    fn declare(self) -> impl Fn(&mut Graph<Cloud>) + Sync {
        move |graph| {
            let secret = |name: &str| Secret {
                name: format!("life/{name}"),
                description: "AUTH token".into(),
                value: SecretValue::Generated { length: 32 },
                recovery_days: None,
                kms_key: None,
                disposable: true,
                tags: Tags::new(),
            };
            let tokens: Vec<(&str, Ref<Secret>)> = ["token", "other"]
                .map(|name| (name, graph.add("secrets", name, secret(name))))
                .into();
            let groups: Vec<(&str, Ref<SecurityGroup>)> = ["cache", "more"]
                .map(|name| {
                    let group = SecurityGroup {
                        vpc: Link::Id(self.vpc.clone()),
                        description: name.into(),
                        tags: Tags::new(),
                    };
                    (name, graph.add("network", name, group))
                })
                .into();
            let subnet_groups: Vec<(&str, Ref<CacheSubnetGroup>)> = ["main", "other"]
                .map(|name| {
                    let group = CacheSubnetGroup {
                        name: format!("life-{name}"),
                        subnets: self.subnets.iter().cloned().map(Link::Id).collect(),
                        tags: Tags::new(),
                    };
                    (name, graph.add("cache", name, group))
                })
                .into();
            let cache = Cache {
                name: self.name.into(),
                node_type: self.node_type.into(),
                nodes: self.nodes,
                subnet_group: pick(&subnet_groups, self.subnet_group),
                groups: self.groups.iter().map(|name| pick(&groups, name)).collect(),
                token: pick(&tokens, self.token),
                tags: Tags::from([("team".into(), self.team.into())]),
            };
            graph.add("cache", "main", cache);
        }
    }
}

fn pick<R>(of: &[(&str, Ref<R>)], name: &str) -> Ref<R> {
    let (_, found) = of.iter().find(|(known, _)| *known == name).unwrap();
    found.clone()
}

#[tokio::test]
async fn a_cache_lives() {
    let sandbox = Sandbox::late();
    linked_role(&sandbox, "elasticache.amazonaws.com").await;
    let base = Wanted::new(&sandbox).await;
    let more = Wanted {
        nodes: 3,
        ..base.clone()
    };
    let one = Wanted {
        nodes: 1,
        ..more.clone()
    };
    let two = Wanted {
        nodes: 2,
        ..one.clone()
    };
    let larger = Wanted {
        node_type: "cache.r7g.large",
        ..two.clone()
    };
    let closed = Wanted {
        groups: &["cache", "more"],
        ..larger.clone()
    };
    let turned = Wanted {
        token: "other",
        ..closed.clone()
    };
    let tagged = Wanted {
        team: "two",
        ..turned.clone()
    };
    let moved = Wanted {
        subnet_group: "other",
        ..tagged.clone()
    };
    let named = Wanted {
        name: "life-2",
        ..moved.clone()
    };
    live(
        &sandbox,
        "life",
        &base.declare(),
        &[
            Variant {
                declare: &more.declare(),
                says: &["cache/main nodes"],
            },
            Variant {
                declare: &one.declare(),
                says: &[
                    "cache/main failover",
                    "cache/main multi_az",
                    "cache/main nodes",
                ],
            },
            Variant {
                declare: &two.declare(),
                says: &[
                    "cache/main failover",
                    "cache/main multi_az",
                    "cache/main nodes",
                ],
            },
            Variant {
                declare: &larger.declare(),
                says: &["cache/main node_type"],
            },
            Variant {
                declare: &closed.declare(),
                says: &["cache/main groups"],
            },
            Variant {
                declare: &turned.declare(),
                says: &["cache/main token"],
            },
            Variant {
                declare: &tagged.declare(),
                says: &["cache/main tags.team"],
            },
            Variant {
                declare: &moved.declare(),
                says: &["± cache/main subnet_group"],
            },
            Variant {
                declare: &named.declare(),
                says: &[],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_cache_is_encrypted_asks_for_a_token_and_has_a_host() {
    let sandbox = Sandbox::instant();
    let declare = Wanted::new(&sandbox).await.declare();
    up(&sandbox, "life", &declare).await;
    let cloud = sandbox.cloud("life").await;
    let request = cloud.elasticache.describe_replication_groups();
    let answer = request.send().await.unwrap();
    let group = &answer.replication_groups()[0];
    assert_eq!(group.engine(), Some("valkey"));
    assert_eq!(group.transit_encryption_enabled(), Some(true));
    assert_eq!(group.at_rest_encryption_enabled(), Some(true));
    assert_eq!(group.auth_token_enabled(), Some(true));
    let (_, _, observed, _) = look(&sandbox, "life", &declare).await;
    let address = ajuda::engine::Address::new("cache", "main");
    let live = observed.found[&address]
        .downcast_ref::<ajuda::resources::CacheLive>()
        .unwrap();
    assert!(
        live.endpoint.starts_with("master.life."),
        "{}",
        live.endpoint
    );
    assert_eq!(live.port, 6379);
}

#[tokio::test]
async fn a_cache_whose_making_was_cut_short_is_waited_for() {
    let sandbox = Sandbox::start("step:10");
    let wanted = Wanted::new(&sandbox).await;
    let declare = wanted.clone().declare();
    up(&sandbox, "life", &declare).await;
    let cloud = sandbox.cloud("life").await;
    let token = cloud
        .elasticache
        .list_tags_for_resource()
        .resource_name(cloud.place.arn("elasticache", "replicationgroup:life"))
        .send()
        .await
        .unwrap();
    let delete = cloud.elasticache.delete_replication_group();
    delete.replication_group_id("life").send().await.unwrap();
    let request = || cloud.elasticache.describe_replication_groups();
    // Each look lets it go on.
    while request()
        .send()
        .await
        .is_ok_and(|all| !all.replication_groups().is_empty())
    {}
    cloud
        .elasticache
        .create_replication_group()
        .replication_group_id("life")
        .replication_group_description("cache/main of life")
        .engine("valkey")
        .cache_node_type(wanted.node_type)
        .num_cache_clusters(2)
        .automatic_failover_enabled(true)
        .multi_az_enabled(true)
        .transit_encryption_enabled(true)
        .at_rest_encryption_enabled(true)
        .auth_token("0123456789abcdef")
        .cache_subnet_group_name("life-main")
        .security_group_ids(group_of(&cloud).await)
        .set_tags(Some(token.tag_list().to_vec()))
        .send()
        .await
        .unwrap();
    expect(&sandbox, "life", &declare, &["cache/main available"]).await;
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
}

async fn group_of(cloud: &Cloud) -> String {
    let groups = cloud.ec2.describe_security_groups().send().await.unwrap();
    groups
        .security_groups()
        .iter()
        .find(|group| group.description() == Some("cache"))
        .and_then(|group| group.group_id())
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_cache_of_somebody_else_is_in_the_way() {
    let sandbox = Sandbox::instant();
    let cloud = sandbox.cloud("life").await;
    cloud
        .elasticache
        .create_replication_group()
        .replication_group_id("life")
        .replication_group_description("by hand")
        .engine("valkey")
        .cache_node_type("cache.t4g.small")
        .send()
        .await
        .unwrap();
    let declare = Wanted::new(&sandbox).await.declare();
    assert_eq!(in_the_way(&cloud, &declare).await, ["cache/main life"]);
}

#[tokio::test]
async fn a_cache_that_is_being_deleted_is_made_again_and_found_when_it_left_the_file() {
    let sandbox = Sandbox::start("step:10");
    let declare = Wanted::new(&sandbox).await.declare();
    up(&sandbox, "life", &declare).await;
    let cloud = sandbox.cloud("life").await;
    let delete = cloud.elasticache.delete_replication_group();
    delete.replication_group_id("life").send().await.unwrap();
    expect(&sandbox, "life", &declare, &["cache/main available"]).await;
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
    let found = left(&sandbox.cloud("life").await).await;
    assert_eq!(found[..1], ["cache/main life"]);
}

#[tokio::test]
async fn a_cache_and_its_subnet_group_survive_lost_replies() {
    let sandbox = Sandbox::instant();
    let declare = Wanted::new(&sandbox).await.declare();
    let rules = serde_json::json!([
        {"operation": "CreateCacheSubnetGroup", "nth": 1, "action": "cut-after"},
        {"operation": "CreateReplicationGroup", "nth": 1, "action": "cut-after"},
    ]);
    sandbox.control(
        "POST",
        "faults",
        Some(serde_json::json!({ "rules": rules })),
    );
    up(&sandbox, "life", &declare).await;
    let fired = sandbox.control("GET", "faults", None);
    let rules = fired["rules"].as_array().unwrap();
    assert!(rules.iter().all(|rule| rule["fired"] == 1), "{fired:#}");
    expect(&sandbox, "life", &declare, &[]).await;
}

/// The first cache of an account is refused while ElastiCache's own role spreads, and every change while the
/// one before it is under way, whatever the status says.
#[tokio::test]
async fn refusals_that_pass_by_themselves_are_waited_out() {
    let sandbox = Sandbox::instant();
    let base = Wanted::new(&sandbox).await;
    let refuse = |rules: serde_json::Value| {
        let rules = serde_json::json!({ "rules": rules });
        sandbox.control("POST", "faults", Some(rules));
    };
    refuse(serde_json::json!([{
        "operation": "CreateReplicationGroup", "nth": 1, "code": "InvalidParameterValue", "http": 400,
        "message": "Unable to use the service-linked role AWSServiceRoleForElastiCache. Try again later.",
    }]));
    up(&sandbox, "life", &base.clone().declare()).await;
    let busy = |operation: &str| {
        serde_json::json!({
            "operation": operation, "nth": 1, "times": 2, "code": "InvalidReplicationGroupState", "http": 400,
            "message": "Cluster not in available state to perform tagging or modification operations.",
        })
    };
    refuse(serde_json::json!([
        busy("IncreaseReplicaCount"),
        busy("ModifyReplicationGroup"),
        busy("AddTagsToResource"),
    ]));
    let changed = Wanted {
        nodes: base.nodes + 1,
        node_type: "cache.r7g.large",
        team: "two",
        ..base.clone()
    };
    up(&sandbox, "life", &changed.clone().declare()).await;
    let fired = sandbox.control("GET", "faults", None);
    let rules = fired["rules"].as_array().unwrap();
    assert!(rules.iter().all(|rule| rule["fired"] == 2), "{fired:#}");
    expect(&sandbox, "life", &changed.declare(), &[]).await;
}
