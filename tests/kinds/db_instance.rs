#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::collections::BTreeMap;
use std::sync::Arc;

use ajuda::aws::{Cloud, Tags};
use ajuda::database::upgrade_schedule;
use ajuda::engine::{
    Address, Cancel, Graph, Link, Ref, Report, apply, observe, plan, plan_destroy, planned_refusals,
};
use ajuda::inspect::estimates::refine;
use ajuda::inspect::lost_data::Lost;
use ajuda::message::StackOptions;
use ajuda::render::json;
use ajuda::resources::{
    DbInstance, DbInstanceLive, DbParameterGroup, DbSubnetGroup, KINDS, Role, Secret, SecretValue,
    SecurityGroup,
};
use ajuda::stack::Database;
use serde_json::json;

use crate::default_network::{linked_role, subnets, vpc};
use crate::strangers::{in_the_way, left};
use crate::support::life::{Variant, expect, live, look, remove, up};
use crate::support::sandbox::Sandbox;

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0c1d2e3f-0000-4000-8000-000000000001";

#[derive(Clone)]
struct Wanted {
    vpc: String,
    subnets: Vec<String>,
    settings: Database,
    identifier: &'static str,
    subnet_group: &'static str,
    parameter_group: &'static str,
    groups: &'static [&'static str],
    master: &'static str,
    final_snapshot: bool,
    disposable: bool,
    monitoring: Option<&'static str>,
    team: &'static str,
}

impl Wanted {
    async fn new(sandbox: &Sandbox) -> Self {
        Self {
            vpc: vpc(sandbox).await,
            subnets: subnets(sandbox).await[..2].to_vec(),
            settings: settings(),
            identifier: "life",
            subnet_group: "main",
            parameter_group: "main",
            groups: &["database"],
            master: "master",
            final_snapshot: false,
            disposable: true,
            monitoring: None,
            team: "one",
        }
    }

    /// The same with other settings.
    fn with(&self, change: impl Fn(&mut Database)) -> Self {
        let mut other = self.clone();
        change(&mut other.settings);
        other
    }

    fn declare(self) -> impl Fn(&mut Graph<Cloud>) + Sync {
        move |graph| {
            let masters: Vec<(&str, Ref<Secret>)> = ["master", "other"]
                .map(|name| {
                    let secret = Secret {
                        name: format!("life/{name}"),
                        description: "master user".into(),
                        value: SecretValue::DatabaseMaster {
                            username: "ajuda".into(),
                        },
                        recovery_days: None,
                        kms_key: None,
                        disposable: true,
                        tags: Tags::new(),
                    };
                    (name, graph.add("secrets", name, secret))
                })
                .into();
            let groups: Vec<(&str, Ref<SecurityGroup>)> = ["database", "more"]
                .map(|name| {
                    let group = SecurityGroup {
                        vpc: Link::Id(self.vpc.clone()),
                        description: name.into(),
                        tags: Tags::new(),
                    };
                    (name, graph.add("network", name, group))
                })
                .into();
            let subnet_groups: Vec<(&str, Ref<DbSubnetGroup>)> = ["main", "other"]
                .map(|name| {
                    let group = DbSubnetGroup {
                        name: format!("life-{name}"),
                        subnets: self.subnets.iter().cloned().map(Link::Id).collect(),
                        tags: Tags::new(),
                    };
                    (name, graph.add("database", name, group))
                })
                .into();
            let parameter_groups: Vec<(&str, Ref<DbParameterGroup>)> = ["main", "other"]
                .map(|name| {
                    let group = DbParameterGroup {
                        name: format!("life-{name}"),
                        family: "postgres16".into(),
                        parameters: BTreeMap::new(),
                        tags: Tags::new(),
                    };
                    (name, graph.add("database", name, group))
                })
                .into();
            let roles: Vec<(&str, Ref<Role>)> = ["monitoring", "other"]
                .map(|name| (name, graph.add("database", name, role(name))))
                .into();
            let instance = DbInstance {
                logs: Vec::new(),
                monitoring: self.monitoring.map(|name| pick(&roles, name)),
                identifier: self.identifier.into(),
                settings: self.settings.clone(),
                subnet_group: pick(&subnet_groups, self.subnet_group),
                parameter_group: pick(&parameter_groups, self.parameter_group),
                groups: self.groups.iter().map(|name| pick(&groups, name)).collect(),
                master: pick(&masters, self.master),
                final_snapshot: self.final_snapshot,
                disposable: self.disposable,
                tags: Tags::from([("team".into(), self.team.into())]),
            };
            graph.add("database", "main", instance);
        }
    }
}

fn pick<R>(of: &[(&str, Ref<R>)], name: &str) -> Ref<R> {
    let (_, found) = of.iter().find(|(known, _)| *known == name).unwrap();
    found.clone()
}

fn role(name: &str) -> Role {
    Role {
        name: format!("life-{name}"),
        description: "writes metrics".into(),
        trust: json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "monitoring.rds.amazonaws.com" },
                "Action": "sts:AssumeRole",
            }],
        }),
        policies: BTreeMap::new(),
        managed: vec![
            "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole".into(),
        ],
        tags: Tags::new(),
    }
}

fn settings() -> Database {
    Database {
        name: "openwebui".into(),
        username: "openwebui".into(),
        master_username: "ajuda".into(),
        version: "16.10".into(),
        instance_class: "db.t4g.small".into(),
        storage_gb: 20,
        max_storage_gb: None,
        iops: None,
        throughput: None,
        multi_az: false,
        backup_days: 7,
        backup_window: None,
        maintenance_window: None,
        deletion_protection: false,
        performance_insights: false,
        enhanced_monitoring: 0,
        iam_authentication: false,
        log_exports: vec!["postgresql".into()],
        final_snapshot: false,
        auto_minor_version: true,
        apply_immediately: true,
        extensions: std::collections::BTreeSet::new(),
        parameters: BTreeMap::new(),
        kms_key: None,
        ca_certificates: None,
    }
}

/// A change of what the file says.
type Change<'a> = &'a dyn Fn(&mut Database);

/// What the plan of a changed instance says.
fn says(paths: &[&str]) -> Vec<String> {
    paths
        .iter()
        .map(|path| format!("db-instance/main {path}"))
        .collect()
}

async fn instance(
    sandbox: &Sandbox,
    declare: &(dyn Fn(&mut Graph<Cloud>) + Sync),
) -> DbInstanceLive {
    let (_, _, observed, _) = look(sandbox, "life", declare).await;
    let live = observed.found[&Address::new("db-instance", "main")].clone();
    live.downcast_ref::<DbInstanceLive>().unwrap().clone()
}

#[tokio::test]
async fn every_setting_of_an_instance_is_changed_alone() {
    let sandbox = Sandbox::instant();
    let mut now = Wanted::new(&sandbox).await;
    up(&sandbox, "life", &now.clone().declare()).await;
    expect(&sandbox, "life", &now.clone().declare(), &[]).await;
    let changes: &[(&[&str], Change<'_>)] = &[
        (&["version"], &|of| of.version = "16.11".into()),
        (&["instance_class"], &|of| {
            of.instance_class = "db.r7g.large".into()
        }),
        (&["max_storage_gb"], &|of| of.max_storage_gb = Some(500)),
        (&["storage_gb"], &|of| of.storage_gb = 40),
        (&["storage_gb"], &|of| of.storage_gb = 400),
        (&["iops"], &|of| of.iops = Some(16000)),
        (&["throughput"], &|of| of.throughput = Some(1000)),
        (&["max_storage_gb"], &|of| of.max_storage_gb = None),
        (&["multi_az"], &|of| of.multi_az = true),
        (&["backup_days"], &|of| of.backup_days = 14),
        (&["backup_window"], &|of| {
            of.backup_window = Some("02:00-03:00".into())
        }),
        (&["maintenance_window"], &|of| {
            of.maintenance_window = Some("sat:04:00-sat:05:00".into());
        }),
        (
            &["performance_insights", "performance_insights_days"],
            &|of| {
                of.performance_insights = true;
            },
        ),
        (&["iam_authentication"], &|of| of.iam_authentication = true),
        (&["log_exports"], &|of| {
            of.log_exports = vec!["upgrade".into()]
        }),
        (&["auto_minor_version"], &|of| of.auto_minor_version = false),
        (&["deletion_protection"], &|of| {
            of.deletion_protection = true
        }),
    ];
    for (paths, change) in changes {
        now = now.with(change);
        let lines = says(paths);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        expect(&sandbox, "life", &now.clone().declare(), &lines).await;
        up(&sandbox, "life", &now.clone().declare()).await;
        expect(&sandbox, "life", &now.clone().declare(), &[]).await;
    }
    // What the file no longer asks for is left to what runs, and storage never shrinks.
    let less = now.with(|of| {
        of.version = "16".into();
        of.storage_gb = 20;
        (of.iops, of.throughput) = (None, None);
        (of.backup_window, of.maintenance_window) = (None, None);
    });
    expect(&sandbox, "life", &less.declare(), &[]).await;
}

/// For six hours after a change of storage RDS takes no other, and says so while nothing waits any more.
#[tokio::test]
async fn storage_that_is_being_optimized_is_left_alone() {
    let sandbox = Sandbox::start("60");
    let base = Wanted::new(&sandbox).await;
    up(&sandbox, "life", &base.clone().declare()).await;
    let more = base.with(|of| of.storage_gb = 40);
    up(&sandbox, "life", &more.clone().declare()).await;
    let most = more.with(|of| of.storage_gb = 80).declare();
    let (_, graph, observed, mut plan) = look(&sandbox, "life", &most).await;
    let foreseen = planned_refusals(&graph, &observed, &mut plan);
    assert_eq!(foreseen.len(), 1, "{foreseen:?}");
    let why = foreseen[0].why.at(&StackOptions::default());
    assert!(why.contains("still being optimized"), "{why}");
    // What is no matter of storage goes on.
    let days = more.with(|of| of.backup_days = 14).declare();
    let (_, graph, observed, mut plan) = look(&sandbox, "life", &days).await;
    assert_eq!(planned_refusals(&graph, &observed, &mut plan), []);
    // What the status has not told yet, RDS does: in words that say how long.
    let (cloud, graph, observed, plan) = look(&sandbox, "life", &most).await;
    let (events, _log) = tokio::sync::mpsc::unbounded_channel();
    let run = ajuda::engine::RunContext {
        cloud: Arc::clone(&cloud),
        events,
        cancel: Cancel::default(),
        clock_speed: 60.0,
    };
    let outcome = apply(&run, &graph, KINDS, &plan, &observed).await;
    let (_, _, fault) = &outcome.report.failed[0];
    let hint = fault.hint.clone().unwrap_or_default();
    let hint = hint.at(&StackOptions::default());
    assert!(hint.contains("six hours"), "{fault:?}");
}

/// With its role, which RDS believes only once it has spread; another role, another pace, and none.
#[tokio::test]
async fn the_operating_system_is_measured() {
    let sandbox = Sandbox::instant();
    let base = Wanted::new(&sandbox).await;
    let by = |role, seconds| {
        let mut wanted = base.with(|of| of.enhanced_monitoring = seconds);
        wanted.monitoring = Some(role);
        wanted
    };
    let off = |of: &Wanted| Wanted {
        monitoring: None,
        ..of.clone()
    };
    up(&sandbox, "life", &off(&base).declare()).await;
    let mut before = off(&base);
    let paths: &[(Wanted, &[&str])] = &[
        (
            by("monitoring", 60),
            &["monitoring_role", "monitoring_seconds"],
        ),
        (by("monitoring", 15), &["monitoring_seconds"]),
        (by("other", 15), &["monitoring_role"]),
        (off(&base), &["monitoring_seconds"]),
    ];
    for (wanted, paths) in paths {
        let lines = says(paths);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        expect(&sandbox, "life", &wanted.clone().declare(), &lines).await;
        up(&sandbox, "life", &wanted.clone().declare()).await;
        expect(&sandbox, "life", &wanted.clone().declare(), &[]).await;
        before = wanted.clone();
    }
    // Made with it from the beginning.
    remove(&sandbox, "life", &before.declare(), &|_| false).await;
    let spreading = json!({ "rules": [{
        "service": "rds", "operation": "CreateDBInstance", "times": 2,
        "http": 400, "code": "InvalidParameterValue",
        "message": "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING",
    }]});
    sandbox.control("POST", "faults", Some(spreading));
    let measured = by("monitoring", 60);
    up(&sandbox, "life", &measured.clone().declare()).await;
    expect(&sandbox, "life", &measured.declare(), &[]).await;
}

#[tokio::test]
async fn an_instance_lives() {
    let sandbox = Sandbox::late();
    linked_role(&sandbox, "rds.amazonaws.com").await;
    let base = Wanted::new(&sandbox)
        .await
        .with(|of| of.log_exports.clear());
    let grouped = Wanted {
        groups: &["database", "more"],
        ..base.clone()
    };
    let tuned = Wanted {
        parameter_group: "other",
        ..grouped.clone()
    };
    let turned = Wanted {
        master: "other",
        ..tuned.clone()
    };
    let kept = Wanted {
        final_snapshot: true,
        ..turned.clone()
    };
    let held = Wanted {
        disposable: false,
        ..kept.clone()
    };
    let loose = Wanted {
        final_snapshot: false,
        disposable: true,
        ..held.clone()
    };
    let tagged = Wanted {
        team: "two",
        ..loose.clone()
    };
    let moved = Wanted {
        subnet_group: "other",
        ..tagged.clone()
    };
    let keyed = moved.with(|of| of.kms_key = Some(KEY.into()));
    let named = keyed.with(|of| of.name = "chat".into());
    let owned = named.with(|of| of.master_username = "owner".into());
    let other = Wanted {
        identifier: "life-2",
        ..owned.clone()
    };
    live(
        &sandbox,
        "life",
        &base.declare(),
        &[
            Variant {
                declare: &grouped.declare(),
                says: &["db-instance/main groups"],
            },
            Variant {
                declare: &tuned.declare(),
                says: &["db-instance/main parameter_group"],
            },
            Variant {
                declare: &turned.declare(),
                says: &["db-instance/main master_password"],
            },
            Variant {
                declare: &kept.declare(),
                says: &["db-instance/main final_snapshot"],
            },
            Variant {
                declare: &held.declare(),
                says: &["db-instance/main disposable"],
            },
            Variant {
                declare: &loose.declare(),
                says: &[
                    "db-instance/main disposable",
                    "db-instance/main final_snapshot",
                ],
            },
            Variant {
                declare: &tagged.declare(),
                says: &["db-instance/main tags.team"],
            },
            Variant {
                declare: &moved.declare(),
                says: &[],
            },
            Variant {
                declare: &keyed.declare(),
                says: &["± db-instance/main kms_key"],
            },
            Variant {
                declare: &named.declare(),
                says: &["± db-instance/main name"],
            },
            Variant {
                declare: &owned.declare(),
                says: &["± db-instance/main master_username"],
            },
            Variant {
                declare: &other.declare(),
                says: &[],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn what_somebody_opened_is_closed_again() {
    let sandbox = Sandbox::instant();
    let declare = Wanted::new(&sandbox).await.declare();
    up(&sandbox, "life", &declare).await;
    let cloud = sandbox.cloud("life").await;
    cloud
        .rds
        .modify_db_instance()
        .db_instance_identifier("life")
        .publicly_accessible(true)
        .copy_tags_to_snapshot(false)
        .storage_type("gp2")
        .engine_lifecycle_support("open-source-rds-extended-support")
        .apply_immediately(true)
        .send()
        .await
        .unwrap();
    let lines = [
        "db-instance/main copy_tags",
        "db-instance/main extended_support",
        "db-instance/main public",
        "db-instance/main storage_type",
    ];
    expect(&sandbox, "life", &declare, &lines).await;
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
}

#[tokio::test]
async fn a_major_version_means_the_newest_of_it_and_stays() {
    let sandbox = Sandbox::instant();
    let declare = Wanted::new(&sandbox)
        .await
        .with(|of| of.version = "16".into())
        .declare();
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
    let cloud = sandbox.cloud("life").await;
    let answer = cloud.rds.describe_db_instances().send().await.unwrap();
    assert_eq!(answer.db_instances()[0].engine_version(), Some("16.15"));
    let older = Wanted::new(&sandbox).await.declare();
    expect(&sandbox, "life", &older, &[]).await;
}

#[tokio::test]
async fn what_waits_for_the_maintenance_window_is_told_and_done_when_asked() {
    let sandbox = Sandbox::instant();
    let base = Wanted::new(&sandbox)
        .await
        .with(|of| of.apply_immediately = false);
    up(&sandbox, "life", &base.clone().declare()).await;
    let larger = base.with(|of| {
        of.instance_class = "db.r7g.large".into();
        of.storage_gb = 100;
    });
    let declare = larger.clone().declare();
    let lines = [
        "db-instance/main instance_class",
        "db-instance/main storage_gb",
    ];
    expect(&sandbox, "life", &declare, &lines).await;
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
    let (_, _, _, plan) = look(&sandbox, "life", &declare).await;
    let notes = plan.items.iter().flat_map(|item| &item.notes);
    let notes: Vec<String> = notes
        .map(|note| note.at(&StackOptions::default()))
        .collect();
    assert_eq!(
        notes,
        [
            "waits for the maintenance window sun:04:27-sun:04:57 UTC: instance class db.t4g.small → db.r7g.large, storage 20 GB → 100 GB; `apply_immediately = true` does it now"
        ]
    );
    let now = larger.with(|of| of.apply_immediately = true).declare();
    expect(&sandbox, "life", &now, &["db-instance/main deferred"]).await;
    up(&sandbox, "life", &now).await;
    expect(&sandbox, "life", &now, &[]).await;
    let cloud = sandbox.cloud("life").await;
    let answer = cloud.rds.describe_db_instances().send().await.unwrap();
    assert_eq!(
        answer.db_instances()[0].db_instance_class(),
        Some("db.r7g.large")
    );
}

#[tokio::test]
async fn another_parameter_group_waits_for_a_restart() {
    let sandbox = Sandbox::instant();
    let base = Wanted::new(&sandbox).await;
    up(&sandbox, "life", &base.clone().declare()).await;
    let declare = Wanted {
        parameter_group: "other",
        ..base
    }
    .declare();
    up(&sandbox, "life", &declare).await;
    let (_, _, _, plan) = look(&sandbox, "life", &declare).await;
    let notes = plan.items.iter().flat_map(|item| &item.notes);
    let notes: Vec<String> = notes
        .map(|note| note.at(&StackOptions::default()))
        .collect();
    assert_eq!(
        notes,
        [
            "parameters wait for a restart: `aws rds reboot-db-instance --db-instance-identifier life`"
        ]
    );
}

#[tokio::test]
async fn an_instance_has_a_host_when_it_is_up() {
    let sandbox = Sandbox::start("300");
    let declare = Wanted::new(&sandbox).await.declare();
    up(&sandbox, "life", &declare).await;
    let live = instance(&sandbox, &declare).await;
    assert!(live.host.starts_with("life."), "{}", live.host);
    assert_eq!((live.port, live.status.as_str()), (5432, "available"));
    assert!(live.resource_id.starts_with("db-"), "{}", live.resource_id);
    let left = left(&sandbox.cloud("life").await).await;
    assert_eq!(left[..1], ["db-instance/main life"]);
}

#[tokio::test]
async fn an_instance_that_is_being_deleted_is_made_again() {
    let sandbox = Sandbox::start("step:5");
    let declare = Wanted::new(&sandbox).await.declare();
    up(&sandbox, "life", &declare).await;
    let first = instance(&sandbox, &declare).await;
    let cloud = sandbox.cloud("life").await;
    let delete = cloud
        .rds
        .delete_db_instance()
        .db_instance_identifier("life");
    delete.skip_final_snapshot(true).send().await.unwrap();
    expect(&sandbox, "life", &declare, &["db-instance/main available"]).await;
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
    assert_ne!(
        instance(&sandbox, &declare).await.resource_id,
        first.resource_id
    );
}

#[tokio::test]
async fn a_final_snapshot_is_left_behind() {
    let sandbox = Sandbox::instant();
    let wanted = Wanted {
        final_snapshot: true,
        ..Wanted::new(&sandbox).await
    };
    let declare = wanted.declare();
    up(&sandbox, "life", &declare).await;
    remove(&sandbox, "life", &declare, &|_| false).await;
    let cloud = sandbox.cloud("life").await;
    let answer = cloud.rds.describe_db_snapshots().send().await.unwrap();
    let names: Vec<&str> = answer
        .db_snapshots()
        .iter()
        .filter_map(|snapshot| snapshot.db_snapshot_identifier())
        .collect();
    let [name] = names[..] else {
        panic!("{names:?}")
    };
    let digits = name.strip_prefix("life-final-").unwrap();
    assert!(
        digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit()),
        "{name}"
    );
}

/// Destroys with `force` and answers what came of it.
async fn destroy(
    sandbox: &Sandbox,
    declare: &(dyn Fn(&mut Graph<Cloud>) + Sync),
    force: &[&str],
) -> Report {
    let mut cloud = Arc::into_inner(sandbox.cloud("life").await).unwrap();
    cloud.force = force
        .iter()
        .filter_map(|text| Address::parse(text))
        .collect();
    let cloud = Arc::new(cloud);
    let mut graph = Graph::default();
    declare(&mut graph);
    let graph = Arc::new(graph);
    let observed = observe(&cloud, &graph, KINDS).await;
    let plan = plan_destroy(&graph, KINDS, &observed, |_| false);
    let (events, _log) = tokio::sync::mpsc::unbounded_channel();
    let run = ajuda::engine::RunContext {
        cloud: Arc::clone(&cloud),
        events,
        cancel: Cancel::default(),
        clock_speed: 1000.0,
    };
    apply(&run, &graph, KINDS, &plan, &observed).await.report
}

#[tokio::test]
async fn a_protected_instance_goes_only_when_it_is_named() {
    let sandbox = Sandbox::instant();
    let wanted = Wanted {
        disposable: false,
        ..Wanted::new(&sandbox).await
    };
    let declare = wanted.with(|of| of.deletion_protection = true).declare();
    up(&sandbox, "life", &declare).await;
    let report = destroy(&sandbox, &declare, &[]).await;
    let failed: Vec<String> = report
        .failed
        .iter()
        .map(|(address, _, fault)| {
            let hint = fault.hint.clone().unwrap_or_default();
            let hint = hint.at(&StackOptions::default());
            format!("{address}: {fault} ({hint})")
        })
        .collect();
    assert_eq!(
        failed,
        [
            "db-instance/main: rds:DeleteDBInstance: `life` is protected from deletion (`--delete-data db-instance/main` deletes it with what is in it)"
        ]
    );
    let report = destroy(&sandbox, &declare, &["db-instance/main"]).await;
    assert_eq!(report.failed, []);
}

#[tokio::test]
async fn an_instance_of_somebody_else_is_in_the_way() {
    let sandbox = Sandbox::instant();
    let wanted = Wanted::new(&sandbox).await;
    let cloud = sandbox.cloud("life").await;
    cloud
        .rds
        .create_db_instance()
        .db_instance_identifier("life")
        .engine("postgres")
        .db_instance_class("db.t4g.small")
        .allocated_storage(20)
        .master_username("somebody")
        .master_user_password("0123456789")
        .send()
        .await
        .unwrap();
    assert_eq!(
        in_the_way(&cloud, &wanted.declare()).await,
        ["db-instance/main life"]
    );
}

#[tokio::test]
async fn passwords_are_in_no_plan_and_no_event() {
    let sandbox = Sandbox::instant();
    let declare = Wanted::new(&sandbox).await.declare();
    let cloud = sandbox.cloud("life").await;
    let mut graph = Graph::default();
    declare(&mut graph);
    let graph = Arc::new(graph);
    let observed = observe(&cloud, &graph, KINDS).await;
    let plan = plan(&graph, KINDS, &observed);
    let (events, mut log) = tokio::sync::mpsc::unbounded_channel();
    let run = ajuda::engine::RunContext {
        cloud: Arc::clone(&cloud),
        events,
        cancel: Cancel::default(),
        clock_speed: 1000.0,
    };
    apply(&run, &graph, KINDS, &plan, &observed).await;
    let here = StackOptions::default();
    let mut said = serde_json::to_string(&json::plan(&plan, Vec::new(), &[], &here)).unwrap();
    while let Ok(event) = log.try_recv() {
        said.push_str(&format!("{event:?}"));
    }
    let (_, _, _, after) = look(&sandbox, "life", &declare).await;
    said.push_str(&serde_json::to_string(&json::plan(&after, Vec::new(), &[], &here)).unwrap());
    said.push_str(&format!("{:?}", instance(&sandbox, &declare).await));
    for name in ["life/master", "life/other"] {
        let request = cloud.secrets.get_secret_value().secret_id(name);
        let answer = request.send().await.unwrap();
        let value: serde_json::Value =
            serde_json::from_str(answer.secret_string().unwrap()).unwrap();
        let password = value["password"].as_str().unwrap();
        assert!(!said.contains(password), "the password of {name} was told");
    }
}

#[tokio::test]
async fn an_instance_and_its_groups_survive_lost_replies() {
    let sandbox = Sandbox::instant();
    let declare = Wanted::new(&sandbox).await.declare();
    let rules = serde_json::json!([
        {"operation": "CreateDBSubnetGroup", "nth": 1, "action": "cut-after"},
        {"operation": "CreateDBParameterGroup", "nth": 1, "action": "cut-after"},
        {"operation": "CreateDBInstance", "nth": 1, "action": "cut-after"},
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

/// What RDS remembers of a class that was changed tells how long the next change takes: one request, where it is such a
/// change and happens at once.
#[tokio::test]
async fn a_change_takes_as_long_as_the_same_did_before() {
    let sandbox = Sandbox::start("step:5");
    let base = Wanted::new(&sandbox).await;
    let class = |name: &str, now: bool| {
        let name = name.to_owned();
        base.with(move |of| {
            (of.instance_class, of.apply_immediately) = (name.clone(), now);
        })
    };
    let told = async |wanted: Wanted| {
        let (cloud, graph, mut observed, plan) = look(&sandbox, "life", &wanted.declare()).await;
        sandbox.control("DELETE", "requests", None);
        let plan = refine(&cloud, &graph, plan, &mut observed, &Lost::new()).await;
        let requests = sandbox.control("GET", "requests", None);
        let requests = requests.as_array().unwrap().iter();
        let asked = requests.filter(|one| one["operation"] == "DescribeEvents");
        let mut work = plan.schedule.0.into_iter();
        let change = work.find(|one| one.address.kind() == "db-instance");
        let change = change.map(|one| (one.estimate.takes.as_secs(), one.estimate.basis));
        (change, asked.count())
    };
    let typical = |seconds| Some((seconds, None));
    up(&sandbox, "life", &base.clone().declare()).await;
    assert_eq!(told(base.clone()).await, (None, 0), "nothing changes");
    let medium = class("db.t4g.medium", true);
    assert_eq!(told(medium.clone()).await, (typical(480), 1), "the first");
    up(&sandbox, "life", &medium.declare()).await;
    let large = class("db.t4g.large", true);
    let basis = "in its last change of class".to_owned();
    assert_eq!(told(large.clone()).await, (Some((290, Some(basis))), 1));
    // The backup that every instance begins with tells how long a snapshot takes.
    let (cloud, _, _, _) = look(&sandbox, "life", &base.clone().declare()).await;
    let address = Address::new("db-instance", "main");
    let upgrade = upgrade_schedule(&cloud, &address, "life", false).await;
    let legs = upgrade.0.into_iter().map(|one| one.estimate);
    let legs: Vec<_> = legs.map(|one| (one.takes.as_secs(), one.basis)).collect();
    let backup = "in its last backup".to_owned();
    assert_eq!(legs, [(90, Some(backup)), (600, None)]);
    // Of another version nothing is remembered, and the tags are no change that takes long.
    let version = large.with(|of| of.version = "16.11".into());
    assert_eq!(told(version).await, (typical(480 + 600), 1));
    let tags = Wanted {
        team: "two",
        ..class("db.t4g.medium", true)
    };
    assert_eq!(told(tags).await, (typical(10), 0));
    // What waits for the maintenance window does not take that time now.
    assert_eq!(told(class("db.t4g.large", false)).await.1, 0);
    let deny =
        json!({ "service": "rds", "operation": "DescribeEvents", "action": "deny", "times": 1000 });
    sandbox.control("POST", "faults", Some(json!({ "rules": [deny] })));
    assert_eq!(told(large).await.0, typical(480));
}
