use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Graph, Ref};
use ajuda::resources::{Alarm, AlarmMetric, Cluster, Dim, Namespace, TargetGroup, Topic};

use crate::edge::{balancer, ground};
use crate::strangers::{in_the_way, left};
use crate::support::life::{Variant, expect, live, look, up};
use crate::support::sandbox::Sandbox;

#[derive(Clone)]
struct Wanted {
    alarm: Alarm,
    topic: bool,
}

impl Wanted {
    fn new() -> Self {
        let metric = AlarmMetric {
            namespace: "AWS/ApplicationELB".into(),
            name: "TargetResponseTime".into(),
            dimensions: vec![("LoadBalancer".into(), Dim::Text("app/life/0".into()))],
            statistic: "Average".into(),
            period: 60,
        };
        let alarm = Alarm {
            name: "life-latency".into(),
            description: "slow".into(),
            metric,
            threshold: 5.0,
            comparison: "GreaterThanThreshold".into(),
            periods: 5,
            datapoints: 5,
            missing: "notBreaching".into(),
            topic: None,
            tags: Tags::from([("team".into(), "one".into())]),
        };
        Self {
            alarm,
            topic: false,
        }
    }

    /// The same with another alarm.
    fn with(&self, change: impl Fn(&mut Alarm)) -> Self {
        let mut other = self.clone();
        change(&mut other.alarm);
        other
    }

    fn declare(self) -> impl Fn(&mut Graph<Cloud>) + Sync {
        move |graph| {
            let topic = Topic {
                name: "life-alarms".into(),
                email: None,
                kms_key: None,
                tags: Tags::new(),
            };
            let topic: Ref<Topic> = graph.add("observability", "alarms", topic);
            let mut alarm = self.alarm.clone();
            alarm.topic = self.topic.then_some(topic);
            graph.add("observability", "latency", alarm);
        }
    }
}

/// What a plan must say of an alarm that was changed like this.
type Change<'a> = (&'a [&'a str], &'a dyn Fn(&mut Alarm));

#[tokio::test]
async fn an_alarm_lives() {
    let sandbox = Sandbox::late();
    let base = Wanted::new();
    let mut now = base.clone();
    let changes: &[Change<'_>] = &[
        (&["alarm/latency description"], &|of| {
            of.description = "slower".into()
        }),
        (&["alarm/latency namespace"], &|of| {
            of.metric.namespace = "AWS/RDS".into()
        }),
        (&["alarm/latency metric"], &|of| {
            of.metric.name = "CPUUtilization".into()
        }),
        (&["alarm/latency dimensions.LoadBalancer"], &|of| {
            of.metric.dimensions[0].1 = Dim::Text("app/life/1".into());
        }),
        (&["alarm/latency dimensions.Zone"], &|of| {
            of.metric
                .dimensions
                .push(("Zone".into(), Dim::Text("us-east-1a".into())));
        }),
        (&["alarm/latency statistic"], &|of| {
            of.metric.statistic = "p95".into()
        }),
        (&["alarm/latency statistic"], &|of| {
            of.metric.statistic = "Sum".into()
        }),
        (&["alarm/latency period"], &|of| of.metric.period = 300),
        (&["alarm/latency threshold"], &|of| of.threshold = 7.5),
        (&["alarm/latency comparison"], &|of| {
            of.comparison = "LessThanThreshold".into()
        }),
        (&["alarm/latency datapoints"], &|of| of.datapoints = 3),
        (&["alarm/latency periods"], &|of| of.periods = 10),
        (&["alarm/latency missing"], &|of| {
            of.missing = "breaching".into()
        }),
        (&["alarm/latency tags.team"], &|of| {
            of.tags.insert("team".into(), "two".into());
        }),
        (&[], &|of| of.name = "life-slow".into()),
    ];
    type Declaration = Box<dyn Fn(&mut Graph<Cloud>) + Sync>;
    let mut declarations: Vec<(Declaration, Vec<&str>)> = Vec::new();
    for (says, change) in changes {
        now = now.with(change);
        declarations.push((Box::new(now.clone().declare()), says.to_vec()));
    }
    let heard = Wanted { topic: true, ..now };
    let says = vec!["alarm/latency alarm_actions", "alarm/latency ok_actions"];
    declarations.push((Box::new(heard.declare()), says));
    let variants: Vec<Variant<'_>> = declarations
        .iter()
        .map(|(declare, says)| Variant { declare, says })
        .collect();
    live(&sandbox, "life", &base.declare(), &variants).await;
}

#[tokio::test]
async fn an_alarm_that_was_silenced_speaks_again() {
    let sandbox = Sandbox::instant();
    let declare = Wanted::new().declare();
    up(&sandbox, "life", &declare).await;
    let cloud = sandbox.cloud("life").await;
    let silence = cloud.cloudwatch.disable_alarm_actions();
    silence.alarm_names("life-latency").send().await.unwrap();
    expect(&sandbox, "life", &declare, &["alarm/latency enabled"]).await;
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
}

#[tokio::test]
async fn dimensions_name_what_the_stack_made() {
    let sandbox = Sandbox::instant();
    let declare = |graph: &mut Graph<Cloud>| {
        let ground = ground(graph);
        let group = TargetGroup {
            alternate: false,
            name: "life-app".into(),
            vpc: (&ground.vpc).into(),
            port: 8080,
            health_path: "/health".into(),
            health_codes: "200".into(),
            interval: 30,
            healthy: 2,
            unhealthy: 3,
            timeout: 5,
            deregistration_delay: 30,
            stickiness_seconds: None,
            tags: Tags::new(),
        };
        let group = graph.add("load balancer", "app", group);
        let balancer = balancer(&ground);
        let balancer = graph.add("load balancer", "main", balancer);
        let namespace = Namespace {
            name: "life-cluster".into(),
            tags: Tags::new(),
        };
        let namespace = graph.add("cluster", "main", namespace);
        let cluster = Cluster {
            logs: None,
            name: "life".into(),
            container_insights: "enabled".into(),
            namespace,
            tags: Tags::new(),
        };
        let cluster = graph.add("cluster", "main", cluster);
        let mut alarm = Wanted::new().alarm;
        alarm.metric.dimensions = vec![
            ("TargetGroup".into(), Dim::TargetGroup(group)),
            ("LoadBalancer".into(), Dim::LoadBalancer(balancer)),
            ("ClusterName".into(), Dim::Cluster(cluster)),
        ];
        graph.add("observability", "latency", alarm);
    };
    up(&sandbox, "life", &declare).await;
    let cloud = sandbox.cloud("life").await;
    let answer = cloud.cloudwatch.describe_alarms().send().await.unwrap();
    let mut values: Vec<&str> = answer.metric_alarms()[0]
        .dimensions()
        .iter()
        .filter_map(|dimension| dimension.value())
        .collect();
    values.sort_unstable();
    let [balancer, cluster, group] = values[..] else {
        panic!("{values:?}")
    };
    assert!(balancer.starts_with("app/life"), "{balancer}");
    assert_eq!(cluster, "life");
    assert!(group.starts_with("targetgroup/life-app"), "{group}");
}

/// One list for all, and the tags of each: CloudWatch reads the tags of one alarm a call (ListTagsForResource).
#[tokio::test]
async fn an_alarm_costs_a_plan_the_call_for_its_tags() {
    let sandbox = Sandbox::instant();
    let declare = |count: usize| {
        move |graph: &mut Graph<Cloud>| {
            for number in 0..count {
                let name = format!("life-{number}");
                let alarm = Wanted::new().with(|of| of.name = name.clone()).alarm;
                graph.add("observability", name, alarm);
            }
        }
    };
    let mut counts = Vec::new();
    for count in [3, 30] {
        up(&sandbox, "life", &declare(count)).await;
        sandbox.control("DELETE", "requests", None);
        look(&sandbox, "life", &declare(count)).await;
        let requests = sandbox.control("GET", "requests", None);
        counts.push(requests.as_array().unwrap().len());
    }
    assert_eq!(counts[0] + 27, counts[1]);
}

#[tokio::test]
async fn an_alarm_of_somebody_else_is_in_the_way() {
    let sandbox = Sandbox::instant();
    let cloud = sandbox.cloud("life").await;
    cloud
        .cloudwatch
        .put_metric_alarm()
        .alarm_name("life-latency")
        .namespace("AWS/RDS")
        .metric_name("CPUUtilization")
        .statistic(aws_sdk_cloudwatch::types::Statistic::Average)
        .comparison_operator(aws_sdk_cloudwatch::types::ComparisonOperator::GreaterThanThreshold)
        .threshold(1.0)
        .period(60)
        .evaluation_periods(1)
        .send()
        .await
        .unwrap();
    assert_eq!(
        in_the_way(&cloud, &Wanted::new().declare()).await,
        ["alarm/latency life-latency"]
    );
}

#[tokio::test]
async fn an_alarm_that_left_the_file_is_found() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &Wanted::new().declare()).await;
    let cloud = sandbox.cloud("life").await;
    let found = left(&cloud).await;
    assert_eq!(
        found,
        ["alarm/latency life-latency", "topic/alarms life-alarms"]
    );
}

#[tokio::test]
async fn an_alarm_and_its_topic_survive_lost_replies() {
    let sandbox = Sandbox::instant();
    let declare = Wanted::new().declare();
    let rules = serde_json::json!([
        {"operation": "CreateTopic", "nth": 1, "action": "cut-after"},
        {"operation": "PutMetricAlarm", "nth": 1, "action": "cut-after"},
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
