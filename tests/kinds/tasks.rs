//! What tests of tasks and services stand on.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic as they do")]

use std::collections::BTreeMap;

use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Cancel, Graph, Link, Ref, Report, apply};
use ajuda::resources::{
    Cluster, Count, Document, KINDS, LogGroup, Namespace, PolicyStatement, Repository, Role,
    Secret, SecretValue, SecurityGroup, Service, Strategy, Subnet, TaskDefinition, TaskImage,
};
use ajuda::stack::SecurityContext;
use serde_json::json;
use tokio::sync::mpsc;

use super::default_network;
use crate::support::life::{Declare, look};
use crate::support::sandbox::Sandbox;

/// The stack of every test of tasks.
pub const STACK: &str = "life";
/// The cluster's name.
pub const CLUSTER: &str = "life-cluster";

/// A sandbox, and what is in it before any stack.
pub struct Ground {
    pub sandbox: Sandbox,
    pub vpc: String,
    pub subnets: Vec<String>,
}

/// A sandbox in which these images can be pushed, each with its behaviour.
pub async fn ground(images: &[(&str, &str)]) -> Ground {
    ground_of(Sandbox::instant(), images).await
}

/// The same, as late as AWS.
pub async fn late_ground(images: &[(&str, &str)]) -> Ground {
    ground_of(Sandbox::late(), images).await
}

/// The same in a sandbox with a clock of its own.
pub async fn ground_of(sandbox: Sandbox, images: &[(&str, &str)]) -> Ground {
    for service in ["ecs", "elasticloadbalancing", "rds"] {
        default_network::linked_role(&sandbox, &format!("{service}.amazonaws.com")).await;
    }
    let ground = Ground {
        vpc: default_network::vpc(&sandbox).await,
        subnets: default_network::subnets(&sandbox).await,
        sandbox,
    };
    ground.reach_the_internet().await;
    for (image, behaviour) in images {
        ground.push(image, behaviour);
    }
    ground
}

impl Ground {
    /// The default VPC has an internet gateway, without which no load balancer faces the internet.
    async fn reach_the_internet(&self) {
        let cloud = self.sandbox.cloud(STACK).await;
        let made = cloud.ec2.create_internet_gateway().send().await.unwrap();
        let id = made
            .internet_gateway()
            .unwrap()
            .internet_gateway_id()
            .unwrap();
        let attach = cloud.ec2.attach_internet_gateway().internet_gateway_id(id);
        attach.vpc_id(&self.vpc).send().await.unwrap();
    }

    /// An image is in its repository, from now on or once that exists.
    pub fn push(&self, image: &str, behaviour: &str) {
        let said = json!({ "image": image, "behaviour": behaviour });
        self.sandbox.control("POST", "images", Some(said));
    }

    /// What a task stands on, called `app`.
    pub fn house(&self, graph: &mut Graph<Cloud>) -> House {
        let namespace = graph.add("cluster", "main", namespace());
        House {
            log_group: graph.add("cluster", "app", log_group("/ecs/life/app")),
            execution: graph.add("identity", "app-execution", puller("life-app-execution")),
            task: graph.add("identity", "app-task", role("life-app-task")),
            repository: graph.add("registry", "app", repository("app")),
            secret: graph.add("secrets", "key", secret("life/key")),
            cluster: graph.add("cluster", "main", cluster(&namespace)),
            group: graph.add("network", "app", group(&self.vpc)),
            subnets: self.subnets.iter().take(2).cloned().map(Link::Id).collect(),
            namespace,
        }
    }
}

/// Brings a graph up, whatever comes of it.
pub async fn attempt(ground: &Ground, declare: Declare<'_>) -> Report {
    let (cloud, graph, observed, plan) = look(&ground.sandbox, STACK, declare).await;
    let (events, _log) = mpsc::unbounded_channel();
    let run = ajuda::engine::RunContext {
        cloud: std::sync::Arc::clone(&cloud),
        events,
        cancel: Cancel::default(),
        clock_speed: 1000.0,
    };
    let outcome = apply(&run, &graph, KINDS, &plan, &observed).await;
    outcome.report
}

/// What a task stands on.
pub struct House {
    pub log_group: Ref<LogGroup>,
    pub execution: Ref<Role>,
    pub task: Ref<Role>,
    pub repository: Ref<Repository>,
    pub secret: Ref<Secret>,
    pub cluster: Ref<Cluster>,
    pub namespace: Ref<Namespace>,
    pub group: Ref<SecurityGroup>,
    pub subnets: Vec<Link<Subnet>>,
}

impl House {
    /// A task of the repository's image; `tag` as the file would say it.
    pub fn task(&self, name: &str, tag: Option<&str>) -> TaskDefinition {
        TaskDefinition {
            family: format!("life-{name}"),
            container: name.to_owned(),
            cluster: CLUSTER.to_owned(),
            service: None,
            image: TaskImage::Ours {
                repository: self.repository.clone(),
                tag: tag.map(str::to_owned),
            },
            cpu: 256,
            memory: 2048,
            architecture: "X86_64".to_owned(),
            registry_credentials: None,
            ephemeral_gb: None,
            execution_role: self.execution.clone(),
            task_role: self.task.clone(),
            port: Some(8080),
            port_name: Some("web".to_owned()),
            app_protocol: None,
            environment: BTreeMap::new(),
            secrets: BTreeMap::new(),
            entry_point: Vec::new(),
            command: Vec::new(),
            health: None,
            log_group: self.log_group.clone(),
            stop_timeout: None,
            security: SecurityContext::default(),
            tags: Tags::new(),
        }
    }

    /// A service of one task, behind nothing.
    pub fn service(&self, name: &str, task: &Ref<TaskDefinition>) -> Service {
        Service {
            strategy: Strategy::Rolling,
            name: format!("life-{name}"),
            cluster: self.cluster.clone(),
            cluster_name: CLUSTER.to_owned(),
            task: task.clone(),
            count: Count::Fixed(1),
            subnets: self.subnets.clone(),
            groups: vec![self.group.clone()],
            public_ip: false,
            network: ajuda::resources::NetworkAccess::default(),
            target: None,
            listeners: Vec::new(),
            rules: Vec::new(),
            after_setup: None,
            after_services: Vec::new(),
            namespace: self.namespace.clone(),
            expose: None,
            health_grace: None,
            minimum_percent: 100,
            maximum_percent: 200,
            first_alone: false,
            checks: ajuda::resources::Checks::default(),
            exec: false,
            tags: Tags::new(),
        }
    }
}

pub fn log_group(name: &str) -> LogGroup {
    LogGroup {
        name: name.to_owned(),
        days: 7,
        kms_key: None,
        by_service: false,
        tags: Tags::new(),
    }
}

pub fn repository(name: &str) -> Repository {
    Repository {
        name: name.to_owned(),
        scan_on_push: true,
        immutable_tags: true,
        keep_images: 10,
        kms_key: None,
        disposable: true,
        tags: Tags::new(),
    }
}

pub fn group(vpc: &str) -> SecurityGroup {
    SecurityGroup {
        vpc: Link::Id(vpc.to_owned()),
        description: "tasks".to_owned(),
        tags: Tags::new(),
    }
}

/// A role that pulls images, reads secrets and writes logs.
pub fn puller(name: &str) -> Role {
    let actions = ["ecr:*", "logs:*", "secretsmanager:GetSecretValue"];
    let statement = PolicyStatement::allow(&actions, ["*".to_owned()]);
    let document = Document {
        statements: vec![statement],
    };
    Role {
        policies: BTreeMap::from([("pull".to_owned(), document)]),
        ..role(name)
    }
}

pub fn role(name: &str) -> Role {
    Role {
        name: name.to_owned(),
        description: "a task's".to_owned(),
        trust: json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "ecs-tasks.amazonaws.com" },
                "Action": "sts:AssumeRole",
            }],
        }),
        policies: BTreeMap::new(),
        managed: Vec::new(),
        tags: Tags::new(),
    }
}

pub fn secret(name: &str) -> Secret {
    Secret {
        name: name.to_owned(),
        description: "a key".to_owned(),
        value: SecretValue::Generated { length: 32 },
        recovery_days: None,
        kms_key: None,
        disposable: true,
        tags: Tags::new(),
    }
}

fn namespace() -> Namespace {
    Namespace {
        name: CLUSTER.to_owned(),
        tags: Tags::new(),
    }
}

fn cluster(namespace: &Ref<Namespace>) -> Cluster {
    Cluster {
        logs: None,
        name: CLUSTER.to_owned(),
        container_insights: "disabled".to_owned(),
        namespace: namespace.clone(),
        tags: Tags::new(),
    }
}
