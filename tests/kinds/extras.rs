//! What others add to objects of a stack: told by the plan, kept, and removed where the file says so.

use ajuda::aws::{Cloud, Tags};
use ajuda::engine::Graph;
use ajuda::resources::{
    Bucket, Count, DefaultRoute, Listener, ListenerAction, ListenerRule, Peer, Role, RouteTable,
    ScalableTarget, SecurityGroupRule, Service, TaskDefinition, Topic,
};
use aws_sdk_applicationautoscaling::types as scaling;
use aws_sdk_ec2::types::{IpPermission, IpRange};
use aws_sdk_elasticloadbalancingv2::types as api;
use serde_json::json;

use crate::edge::{Ground, balancer, ground, target};
use crate::support::life::{Declare, expect, look, says, up};
use crate::support::sandbox::Sandbox;
use crate::tasks::{self, CLUSTER, STACK};

/// What a plan says that others have added, a line each: `address what`, and `!` behind what is open to everybody.
async fn unmanaged(sandbox: &Sandbox, declare: Declare<'_>) -> Vec<String> {
    let (_, _, _, plan) = look(sandbox, STACK, declare).await;
    let mut told: Vec<String> = plan
        .unmanaged
        .iter()
        .map(|one| {
            let open = if one.extra.open { " !" } else { "" };
            format!("{} {}{open}", one.address, one.extra.what)
        })
        .collect();
    told.sort();
    told
}

/// All of it is told and stays, with an empty plan; with `unmanaged = "remove"` the plan takes it out of `objects`,
/// and then nothing of it is left, nor anything of ours gone.
async fn told_kept_and_removed(
    sandbox: &Sandbox,
    declare: Declare<'_>,
    told: &[&str],
    objects: &[&str],
) {
    expect(sandbox, STACK, declare, &[]).await;
    assert_eq!(unmanaged(sandbox, declare).await, told);
    up(sandbox, STACK, declare).await;
    assert_eq!(unmanaged(sandbox, declare).await, told, "it is kept");
    let remove = |graph: &mut Graph<Cloud>| {
        declare(graph);
        graph.remove_extras();
    };
    let (_, _, _, plan) = look(sandbox, STACK, &remove).await;
    let lines: Vec<String> = objects.iter().map(|at| format!("{at} unmanaged")).collect();
    assert_eq!(says(&plan), lines, "{plan:#?}");
    assert!(plan.unmanaged.iter().all(|one| one.removed));
    up(sandbox, STACK, &remove).await;
    assert_eq!(unmanaged(sandbox, &remove).await, [""; 0]);
    expect(sandbox, STACK, &remove, &[]).await;
    expect(sandbox, STACK, declare, &[]).await;
}

fn everywhere(port: i32) -> IpPermission {
    IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(port)
        .to_port(port)
        .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build())
        .build()
}

fn network(graph: &mut Graph<Cloud>) {
    let ground = ground(graph);
    graph.add(
        "network",
        "one-from-two",
        SecurityGroupRule {
            group: ground.groups[0].clone(),
            direction: ajuda::resources::Direction::Ingress,
            protocol: "tcp".into(),
            ports: Some((5432, 5432)),
            peer: Peer::Group(ground.groups[1].clone()),
            description: "from two".into(),
            tags: Tags::new(),
        },
    );
    graph.add(
        "network",
        "public",
        RouteTable {
            vpc: ground.vpc.clone(),
            subnets: ground.subnets.clone(),
            default: Some(DefaultRoute::Internet(ground.gateway.clone())),
            tags: Tags::new(),
        },
    );
}

#[tokio::test]
async fn rules_of_security_groups_and_routes() {
    let sandbox = Sandbox::instant();
    up(&sandbox, STACK, &network).await;
    let cloud = sandbox.cloud(STACK).await;
    let groups = cloud.ec2.describe_security_groups().send().await.unwrap();
    let one = groups.security_groups().iter();
    let mut one = one.filter(|group| group.group_name() == Some("life-one"));
    let one = one.next().unwrap().group_id().unwrap();
    let rule = cloud.ec2.authorize_security_group_ingress().group_id(one);
    let rule = rule.ip_permissions(everywhere(5432));
    rule.send().await.unwrap();
    let rule = cloud.ec2.authorize_security_group_egress().group_id(one);
    let rule = rule.ip_permissions(everywhere(443));
    rule.send().await.unwrap();
    let tables = cloud.ec2.describe_route_tables().send().await.unwrap();
    let table = tables.route_tables().iter();
    let table = table.filter(|table| {
        table
            .tags()
            .iter()
            .any(|tag| tag.key() == Some("ajuda:stack"))
    });
    let table = table.map(|table| table.route_table_id().unwrap()).next();
    let gateways = cloud.ec2.describe_internet_gateways().send().await.unwrap();
    let gateway = gateways.internet_gateways()[0]
        .internet_gateway_id()
        .unwrap();
    let route = cloud.ec2.create_route().route_table_id(table.unwrap());
    let route = route
        .destination_cidr_block("192.168.0.0/16")
        .gateway_id(gateway);
    route.send().await.unwrap();
    told_kept_and_removed(
        &sandbox,
        &network,
        &[
            &format!("route-table/public route to 192.168.0.0/16 by {gateway}"),
            "security-group/one egress rule of tcp 443 to 0.0.0.0/0",
            "security-group/one ingress rule of tcp 5432 from 0.0.0.0/0 !",
        ],
        &["route-table/public", "security-group/one"],
    )
    .await;
}

/// A load balancer with an HTTPS listener, and rules of ours.
fn edge<'c>(
    certificate: &'c str,
    rules: &'c [(&'c str, u32)],
) -> impl Fn(&mut Graph<Cloud>) + Sync + 'c {
    move |graph| {
        let ground: Ground = ground(graph);
        let balancer = graph.add("load balancer", "main", balancer(&ground));
        let target = graph.add("load balancer", "app", target(&ground, 8080));
        let listener = Listener {
            balancer,
            port: 443,
            protocol: "HTTPS".into(),
            certificate: Some(ajuda::engine::Link::Id(certificate.to_owned())),
            ssl_policy: Some("ELBSecurityPolicy-TLS13-1-2-2021-06".into()),
            action: ListenerAction::NotFound,
            tags: Tags::new(),
        };
        let listener = graph.add("load balancer", "https", listener);
        for (name, priority) in rules {
            let rule = ListenerRule {
                alternate: None,
                listener: listener.clone(),
                priority: *priority,
                paths: vec![format!("/{name}/*")],
                target: target.clone(),
                tags: Tags::new(),
            };
            graph.add("load balancer", *name, rule);
        }
    }
}

fn certificate(sandbox: &Sandbox, name: &str) -> String {
    let made = sandbox.control("POST", "seed", Some(json!({ "certificates": [name] })));
    made["certificates"][name].as_str().unwrap().to_owned()
}

fn nothing_here() -> api::Action {
    let answer = api::FixedResponseActionConfig::builder().status_code("404");
    api::Action::builder()
        .r#type(api::ActionTypeEnum::FixedResponse)
        .fixed_response_config(answer.build())
        .build()
}

/// The listener of ours, by its ARN.
async fn listener(cloud: &Cloud) -> (String, String) {
    let balancers = cloud.elb.describe_load_balancers().send().await.unwrap();
    let balancer = balancers.load_balancers()[0]
        .load_balancer_arn()
        .unwrap()
        .to_owned();
    let listeners = cloud.elb.describe_listeners().load_balancer_arn(&balancer);
    let listeners = listeners.send().await.unwrap();
    let listener = listeners.listeners()[0].listener_arn().unwrap().to_owned();
    (balancer, listener)
}

async fn rule_by_hand(cloud: &Cloud, listener: &str, priority: i32, path: &str) -> String {
    let condition = api::RuleCondition::builder()
        .field("path-pattern")
        .values(path);
    let rule = cloud
        .elb
        .create_rule()
        .listener_arn(listener)
        .priority(priority);
    let rule = rule.conditions(condition.build()).actions(nothing_here());
    let made = rule.send().await.unwrap();
    made.rules()[0].rule_arn().unwrap().to_owned()
}

#[tokio::test]
async fn listeners_their_rules_and_certificates() {
    let sandbox = Sandbox::instant();
    let (own, other) = (
        certificate(&sandbox, "one.example.org"),
        certificate(&sandbox, "two.example.org"),
    );
    let declare = edge(&own, &[("api", 10)]);
    up(&sandbox, STACK, &declare).await;
    let cloud = sandbox.cloud(STACK).await;
    let (balancer, https) = listener(&cloud).await;
    rule_by_hand(&cloud, &https, 40, "/robots.txt").await;
    let more = api::Certificate::builder().certificate_arn(&other);
    let add = cloud.elb.add_listener_certificates().listener_arn(&https);
    add.certificates(more.build()).send().await.unwrap();
    let plain = cloud.elb.create_listener().load_balancer_arn(&balancer);
    let plain = plain.port(8443).protocol(api::ProtocolEnum::Http);
    plain.default_actions(nothing_here()).send().await.unwrap();
    told_kept_and_removed(
        &sandbox,
        &declare,
        &[
            &format!("listener/https certificate {other}"),
            "listener/https listener rule at priority 40 for /robots.txt",
            "load-balancer/main listener for HTTP at port 8443",
        ],
        &["listener/https", "load-balancer/main"],
    )
    .await;
}

/// The priority of each rule of a listener, by its path.
async fn priorities(cloud: &Cloud, listener: &str) -> Vec<String> {
    let rules = cloud.elb.describe_rules().listener_arn(listener);
    let rules = rules.send().await.unwrap();
    let mut all: Vec<String> = rules
        .rules()
        .iter()
        .filter(|rule| rule.is_default() != Some(true))
        .map(|rule| {
            let paths = rule.conditions()[0].path_pattern_config();
            let path = paths.map(|paths| paths.values()[0].clone());
            let path = path.unwrap_or_else(|| rule.conditions()[0].values()[0].clone());
            format!("{} {path}", rule.priority().unwrap())
        })
        .collect();
    all.sort();
    all
}

/// Made, and moved: where a stranger's rule has the priority, ours takes the next one that is free, and stays there.
#[tokio::test]
async fn a_rule_takes_a_free_priority_beside_that_of_a_stranger() {
    let sandbox = Sandbox::instant();
    let own = certificate(&sandbox, "one.example.org");
    up(&sandbox, STACK, &edge(&own, &[("api", 10)])).await;
    let cloud = sandbox.cloud(STACK).await;
    let (_, https) = listener(&cloud).await;
    rule_by_hand(&cloud, &https, 20, "/theirs").await;
    rule_by_hand(&cloud, &https, 21, "/theirs-too").await;
    rule_by_hand(&cloud, &https, 30, "/more-of-theirs").await;
    let made = edge(&own, &[("api", 10), ("web", 20)]);
    expect(&sandbox, STACK, &made, &["+ listener-rule/web"]).await;
    up(&sandbox, STACK, &made).await;
    expect(&sandbox, STACK, &made, &[]).await;
    let theirs = ["20 /theirs", "21 /theirs-too", "30 /more-of-theirs"];
    let with = |ours: &[&str]| {
        let mut all: Vec<String> = ours
            .iter()
            .chain(&theirs)
            .map(ToString::to_string)
            .collect();
        all.sort();
        all
    };
    let there = priorities(&cloud, &https).await;
    assert_eq!(there, with(&["10 /api/*", "22 /web/*"]));
    let moved = edge(&own, &[("api", 10), ("web", 30)]);
    up(&sandbox, STACK, &moved).await;
    expect(&sandbox, STACK, &moved, &[]).await;
    let there = priorities(&cloud, &https).await;
    assert_eq!(there, with(&["10 /api/*", "31 /web/*"]));
}

fn holders(graph: &mut Graph<Cloud>) {
    graph.add(
        "storage",
        "uploads",
        Bucket {
            name: "life-uploads".into(),
            versioning: true,
            noncurrent_days: 30,
            abort_upload_days: 7,
            expire_days: None,
            kms_key: None,
            policy: Vec::new(),
            access_log: None,
            disposable: true,
            tags: Tags::new(),
        },
    );
    let role: Role = tasks::puller("life-app-execution");
    graph.add("identity", "app-execution", role);
    graph.add(
        "observability",
        "alarms",
        Topic {
            name: "life-alarms".into(),
            email: None,
            kms_key: None,
            tags: Tags::new(),
        },
    );
}

#[tokio::test]
async fn policies_of_roles_and_buckets_and_subscriptions() {
    const MANAGED: &str = "arn:aws:iam::aws:policy/CloudWatchLogsReadOnlyAccess";
    let sandbox = Sandbox::instant();
    up(&sandbox, STACK, &holders).await;
    let cloud = sandbox.cloud(STACK).await;
    let role = "life-app-execution";
    let attach = cloud.iam.attach_role_policy().role_name(role);
    attach.policy_arn(MANAGED).send().await.unwrap();
    let all = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
    let put = cloud.iam.put_role_policy().role_name(role);
    let put = put.policy_name("by-hand").policy_document(all.to_string());
    put.send().await.unwrap();
    let held = cloud.s3.get_bucket_policy().bucket("life-uploads");
    let held = held.send().await.unwrap().policy.unwrap();
    let mut held: serde_json::Value = serde_json::from_str(&held).unwrap();
    let statements = held["Statement"].as_array_mut().unwrap();
    statements.push(json!({
        "Sid": "Audit", "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::life-uploads/*",
    }));
    let put = cloud.s3.put_bucket_policy().bucket("life-uploads");
    put.policy(held.to_string()).send().await.unwrap();
    let queue = "arn:aws:sqs:us-east-1:123456789012:theirs";
    let subscribe = cloud
        .sns
        .subscribe()
        .topic_arn(cloud.place.arn("sns", "life-alarms"));
    let subscribe = subscribe.protocol("sqs").endpoint(queue);
    subscribe.send().await.unwrap();
    let told = [
        "bucket/uploads policy statement Audit (Allow s3:GetObject for 111122223333)".to_owned(),
        "role/app-execution inline policy by-hand".to_owned(),
        format!("role/app-execution managed policy {MANAGED}"),
        format!("topic/alarms sqs subscription of {queue}"),
    ];
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    // What the file changes of the same policy leaves the statement of others in it.
    cloud
        .s3
        .delete_bucket_policy()
        .bucket("life-uploads")
        .send()
        .await
        .unwrap();
    let theirs = json!({ "Version": "2012-10-17", "Statement": [held["Statement"].as_array().unwrap().last()] });
    let put = cloud.s3.put_bucket_policy().bucket("life-uploads");
    put.policy(theirs.to_string()).send().await.unwrap();
    up(&sandbox, STACK, &holders).await;
    told_kept_and_removed(
        &sandbox,
        &holders,
        &told,
        &["bucket/uploads", "role/app-execution", "topic/alarms"],
    )
    .await;
}

#[tokio::test]
async fn scaling_policies() {
    let ground = tasks::ground(&[("app:v1", "ok")]).await;
    let declare = |graph: &mut Graph<Cloud>| {
        let house = ground.house(graph);
        let task = TaskDefinition {
            service: Some("life-app".into()),
            ..house.task("app", Some("v1"))
        };
        let task = graph.add("app", "app", task);
        let service = Service {
            count: Count::Scaled { initial: 1 },
            ..house.service("app", &task)
        };
        let target = ScalableTarget {
            cluster: house.cluster.clone(),
            cluster_name: CLUSTER.into(),
            service_name: "life-app".into(),
            service: graph.add("app", "app", service),
            min: 1,
            max: 4,
            cpu_percent: 60,
            tags: Tags::new(),
        };
        graph.add("app", "app", target);
    };
    up(&ground.sandbox, STACK, &declare).await;
    let cloud = ground.sandbox.cloud(STACK).await;
    let metric = scaling::PredefinedMetricSpecification::builder()
        .predefined_metric_type(scaling::MetricType::EcsServiceAverageMemoryUtilization);
    let tracking = scaling::TargetTrackingScalingPolicyConfiguration::builder()
        .target_value(70.0)
        .predefined_metric_specification(metric.build().unwrap());
    let put = cloud.autoscaling.put_scaling_policy().policy_name("memory");
    put.service_namespace(scaling::ServiceNamespace::Ecs)
        .scalable_dimension(scaling::ScalableDimension::EcsServiceDesiredCount)
        .resource_id(format!("service/{CLUSTER}/life-app"))
        .policy_type(scaling::PolicyType::TargetTrackingScaling)
        .target_tracking_scaling_policy_configuration(tracking.build().unwrap())
        .send()
        .await
        .unwrap();
    told_kept_and_removed(
        &ground.sandbox,
        &declare,
        &["scalable-target/app scaling policy memory"],
        &["scalable-target/app"],
    )
    .await;
}
