//! Alarms, and the topic through which they reach somebody.

use super::BuildContext;
use super::services::Services;
use super::shared::Shared;
use crate::engine::Ref;
use crate::resources::{Alarm, AlarmMetric, Dim, TargetGroup, Topic, Traffic};

const STEP: &str = "observability";

/// One threshold, in words.
struct Watch {
    name: String,
    why: String,
    metric: AlarmMetric,
    comparison: &'static str,
    threshold: f64,
    periods: u32,
}

pub(super) fn declare(context: &mut BuildContext<'_>, shared: &Shared<'_>, services: &Services) {
    let wanted = context.stack.alarms.clone();
    if !wanted.enabled {
        return;
    }
    let topic = wanted.email.as_ref().map(|email| {
        let topic = Topic {
            name: context.physical_name::<Topic>("alarms", context.name("alarms")),
            email: Some(email.clone()),
            kms_key: wanted.kms_key.clone(),
            tags: context.tags(),
        };
        context.graph.add(STEP, "alarms", topic)
    });
    let mut watches = Vec::new();
    balancer(context, shared, &mut watches);
    database(context, shared, &mut watches);
    for (name, service) in services {
        let dimensions = || {
            vec![
                (
                    "ClusterName".to_owned(),
                    Dim::Cluster(shared.cluster.cluster.clone()),
                ),
                ("ServiceName".to_owned(), Dim::Service(service.clone())),
            ]
        };
        for (metric, percent) in [
            ("CPUUtilization", wanted.cpu_percent),
            ("MemoryUtilization", wanted.memory_percent),
        ] {
            let short = if metric.starts_with("CPU") {
                "cpu"
            } else {
                "memory"
            };
            watches.push(Watch {
                name: format!("{name}-{short}"),
                why: format!("{name} uses more than {percent}% of its {short}"),
                metric: metric_of("AWS/ECS", metric, dimensions(), "Average", 60),
                comparison: "GreaterThanThreshold",
                threshold: f64::from(percent),
                periods: 10,
            });
        }
    }
    for watch in watches {
        let alarm = Alarm {
            name: context.physical_name::<Alarm>(&watch.name, context.name(&watch.name)),
            description: watch.why,
            metric: watch.metric,
            threshold: watch.threshold,
            comparison: watch.comparison.to_owned(),
            periods: watch.periods,
            datapoints: watch.periods,
            missing: "notBreaching".to_owned(),
            topic: topic.clone(),
            tags: context.tags(),
        };
        context.graph.add(STEP, watch.name, alarm);
    }
}

fn metric_of(
    namespace: &str,
    name: &str,
    dimensions: Vec<(String, Dim)>,
    statistic: &str,
    period: u32,
) -> AlarmMetric {
    AlarmMetric {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        dimensions,
        statistic: statistic.to_owned(),
        period,
    }
}

fn balancer(context: &BuildContext<'_>, shared: &Shared<'_>, watches: &mut Vec<Watch>) {
    let Some(balancer) = shared.balancer else {
        return;
    };
    let wanted = &context.stack.alarms;
    let load_balancer = || {
        vec![(
            "LoadBalancer".to_owned(),
            Dim::LoadBalancer(balancer.balancer.clone()),
        )]
    };
    for (name, metric) in [
        ("load-balancer-5xx", "HTTPCode_ELB_5XX_Count"),
        ("target-5xx", "HTTPCode_Target_5XX_Count"),
    ] {
        watches.push(Watch {
            name: name.to_owned(),
            why: format!("more than {} answers of 5xx in five minutes", wanted.errors),
            metric: metric_of("AWS/ApplicationELB", metric, load_balancer(), "Sum", 300),
            comparison: "GreaterThanThreshold",
            threshold: f64::from(wanted.errors),
            periods: 1,
        });
    }
    watches.push(Watch {
        name: "latency".to_owned(),
        why: format!(
            "1 answer in 20 takes more than {} s to begin",
            wanted.latency_seconds
        ),
        metric: metric_of(
            "AWS/ApplicationELB",
            "TargetResponseTime",
            load_balancer(),
            "p95",
            60,
        ),
        comparison: "GreaterThanThreshold",
        threshold: f64::from(wanted.latency_seconds),
        periods: 5,
    });
    let second = |(service, moves): (&String, &Traffic)| {
        (format!("{service}-alternate"), moves.alternate.clone())
    };
    let first = |(service, target): (&String, &Ref<TargetGroup>)| (service.clone(), target.clone());
    let groups = balancer.targets.iter().map(first);
    for (service, target) in groups.chain(balancer.traffic.iter().map(second)) {
        let mut dimensions = load_balancer();
        dimensions.push(("TargetGroup".to_owned(), Dim::TargetGroup(target)));
        watches.push(Watch {
            name: format!("{service}-unhealthy"),
            why: format!("a task of {service} fails its health checks"),
            metric: metric_of(
                "AWS/ApplicationELB",
                "UnHealthyHostCount",
                dimensions,
                "Maximum",
                60,
            ),
            comparison: "GreaterThanThreshold",
            threshold: 0.0,
            periods: 5,
        });
    }
}

fn database(context: &BuildContext<'_>, shared: &Shared<'_>, watches: &mut Vec<Watch>) {
    let Some(instance) = shared.database else {
        return;
    };
    let wanted = &context.stack.alarms;
    let gib = 1024.0 * 1024.0 * 1024.0;
    for (name, metric, statistic, comparison, threshold, why) in [
        (
            "database-cpu",
            "CPUUtilization",
            "Average",
            "GreaterThanThreshold",
            f64::from(wanted.cpu_percent),
            format!(
                "the database uses more than {}% of its CPU",
                wanted.cpu_percent
            ),
        ),
        (
            "database-storage",
            "FreeStorageSpace",
            "Minimum",
            "LessThanThreshold",
            f64::from(wanted.free_storage_gb) * gib,
            format!(
                "the database has less than {} GB left",
                wanted.free_storage_gb
            ),
        ),
        (
            "database-connections",
            "DatabaseConnections",
            "Maximum",
            "GreaterThanThreshold",
            f64::from(wanted.connections),
            format!(
                "more than {} connections to the database",
                wanted.connections
            ),
        ),
    ] {
        let dimensions = vec![(
            "DBInstanceIdentifier".to_owned(),
            Dim::Database(instance.clone()),
        )];
        watches.push(Watch {
            name: name.to_owned(),
            why,
            metric: metric_of("AWS/RDS", metric, dimensions, statistic, 60),
            comparison,
            threshold,
            periods: 5,
        });
    }
}
