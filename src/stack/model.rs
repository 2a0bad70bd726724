//! What a stack file says, checked and with every default filled in.
//!
//! Plain data: no positions, no I/O, no AWS ids. `steps` turns it into resources.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

mod cost;
mod egress;
mod service;

pub use cost::*;
pub use egress::*;
pub use service::*;

/// One stack: everything that `ajuda` brings up from one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// `[stack] name`: prefix of every name and value of the ownership tag; 2-20 of `a-z0-9-`.
    pub name: String,
    /// `[stack] region`, such as `us-east-1`; `None` leaves it to the profile or `AWS_REGION`.
    pub region: Option<String>,
    /// `[stack] account`: the only account (12 digits) this file may be applied to.
    pub account: Option<String>,
    /// `[stack] tags`: put on everything beside our own.
    pub tags: BTreeMap<String, String>,
    /// `[stack] disposable`: `destroy` takes the data too, with no snapshot and no recovery window.
    pub disposable: bool,
    /// `[stack] unmanaged`: what becomes of what others add to objects of the stack.
    pub unmanaged: Unmanaged,
    /// `[network]`.
    pub network: Network,
    /// `[network] egress`: where the set-up task, and services that say nothing else, may connect to
    /// beyond what they need.
    pub egress: Vec<Egress>,
    /// `[registry]`: how our ECR repositories behave; which ones there are follows from the services' images.
    pub registry: Registry,
    /// `[storage]`; `None` when the table is absent and no preset needs it.
    pub storage: Option<Storage>,
    /// `[database]`; `None` when the table is absent and no preset needs it.
    pub database: Option<Database>,
    /// `[cluster]`.
    pub cluster: Cluster,
    /// `[load_balancer]`; always there when a service is public.
    pub load_balancer: LoadBalancer,
    /// `[domain]`; `None` means plain HTTP under the load balancer's own name.
    pub domain: Option<Domain>,
    /// `[sign_in.google]`.
    pub google: Option<Google>,
    /// `[sign_in] first_user_is_admin`: there is no `[admin]`, and the file knows what follows.
    pub first_user_is_admin: bool,
    /// `[admin]`: the first administrator of the presets that make one.
    pub admin: Option<Admin>,
    /// `[models]`: the Bedrock models in use.
    pub models: Models,
    /// `[provider.NAME]`: OpenAI-compatible providers beside Bedrock, by name.
    pub providers: BTreeMap<String, Provider>,
    /// `[redis]`.
    pub redis: Option<Redis>,
    /// `[secrets] kms_key`: KMS key ARN; `None` is `aws/secretsmanager`.
    pub secrets_key: Option<String>,
    /// `[logs] days`: retention of every log group, one of the values CloudWatch Logs accepts.
    pub log_days: u32,
    /// `[logs] kms_key`: KMS key ARN; `None` is CloudWatch Logs' own.
    pub log_key: Option<String>,
    /// `[alarms]`.
    pub alarms: Alarms,
    /// `[cost]`.
    pub cost: Cost,
    /// `[service.NAME]`, by name.
    pub services: BTreeMap<String, Service>,
    /// `[adopt]`: what AWS calls objects that were there before the stack, by address.
    pub adopt: BTreeMap<String, String>,
    /// `[moved]`: new addresses by the old ones.
    pub moved: BTreeMap<String, String>,
}

/// What becomes of what others add to objects of the stack: rules, listeners, certificates, policies and their
/// statements, routes, scaling policies, subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmanaged {
    /// It stays, and `plan` and `status` show it.
    Keep,
    /// `up` removes it.
    Remove,
}

/// The network: ours, or one that exists.
#[derive(Debug, Clone, PartialEq)]
pub enum Network {
    /// A VPC of our own.
    Own(OwnNetwork),
    /// A VPC that is there already, by ids.
    Existing {
        /// `vpc-…`.
        vpc: String,
        /// At least two, in two zones, for the load balancer.
        public_subnets: Vec<String>,
        /// At least two, in two zones, for tasks and the database.
        private_subnets: Vec<String>,
    },
}

/// A VPC of our own.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnNetwork {
    /// The VPC's range, /16 to /24.
    pub cidr: Ipv4Net,
    /// How many zones: 1-6 (the load balancer and the database need 2).
    pub zones: u8,
    /// Which zones, by name or id; empty leaves the choice to ajuda.
    pub zone_names: Vec<String>,
    /// How private subnets reach the internet.
    pub nat: Nat,
    /// Whether S3 is reached by a gateway endpoint.
    pub s3_endpoint: bool,
    /// Whether flow logs are kept.
    pub flow_logs: bool,
    /// Whether the default network ACL keeps the ports of SSH and RDP closed to the internet.
    pub deny_remote_login: bool,
}

/// How private subnets reach the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nat {
    /// One NAT gateway for all zones.
    One,
    /// One NAT gateway in each zone.
    PerZone,
    /// None: tasks run in the public subnets with a public address, still closed from outside.
    None,
}

/// How our ECR repositories behave.
#[derive(Debug, Clone, PartialEq)]
pub struct Registry {
    /// Scan each image as it is pushed.
    pub scan_on_push: bool,
    /// A tag, once pushed, cannot be moved.
    pub immutable_tags: bool,
    /// How many images the lifecycle policy keeps, 1-1000.
    pub keep_images: u32,
    /// KMS key ARN; `None` is AES-256.
    pub kms_key: Option<String>,
}

/// The bucket for uploads.
#[derive(Debug, Clone, PartialEq)]
pub struct Storage {
    /// The bucket's name; `None` is `<stack>-<account>-<region>`.
    pub bucket: Option<String>,
    /// Keep old versions of objects.
    pub versioning: bool,
    /// Days until an old version goes.
    pub noncurrent_days: u32,
    /// Days until an unfinished upload goes.
    pub abort_upload_days: u32,
    /// KMS key ARN; `None` is AES-256 by S3.
    pub kms_key: Option<String>,
    /// Keep S3's server access log of the bucket, in the bucket of access logs.
    pub access_logs: bool,
}

/// The PostgreSQL instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Database {
    /// Database name.
    pub name: String,
    /// The application's role, least privilege.
    pub username: String,
    /// The master user (1-16 characters), which only the set-up task uses.
    pub master_username: String,
    /// `16` or `16.10`: resolved to the newest of that, never downgraded.
    pub version: String,
    /// Such as `db.r7g.large`.
    pub instance_class: String,
    /// Gibibytes of gp3, 20-65536.
    pub storage_gb: u32,
    /// Storage autoscaling's ceiling in gibibytes.
    pub max_storage_gb: Option<u32>,
    /// Provisioned IOPS; only from 400 GB, at least 12000.
    pub iops: Option<u32>,
    /// Provisioned MiB/s; only from 400 GB, at least 500.
    pub throughput: Option<u32>,
    /// A standby in a second zone.
    pub multi_az: bool,
    /// Days of automated backups, 1-35.
    pub backup_days: u32,
    /// `hh:mm-hh:mm` UTC; `None` lets AWS choose.
    pub backup_window: Option<String>,
    /// `ddd:hh:mm-ddd:hh:mm` UTC; `None` lets AWS choose.
    pub maintenance_window: Option<String>,
    /// Refuse deletion.
    pub deletion_protection: bool,
    /// Performance Insights, 7 days.
    pub performance_insights: bool,
    /// Seconds between the operating system's metrics, 1, 5, 10, 15, 30 or 60; 0 is none.
    pub enhanced_monitoring: u32,
    /// Roles of PostgreSQL that have `rds_iam` may log in with tokens of IAM.
    pub iam_authentication: bool,
    /// `postgresql`, `upgrade`, `iam-db-auth-error`.
    pub log_exports: Vec<String>,
    /// Leave a final snapshot behind on deletion.
    pub final_snapshot: bool,
    /// Minor versions upgrade by themselves in the maintenance window.
    pub auto_minor_version: bool,
    /// Changes do not wait for the maintenance window.
    pub apply_immediately: bool,
    /// Extensions of PostgreSQL by name, beside those that a preset needs.
    pub extensions: BTreeSet<String>,
    /// Parameters beside `rds.force_ssl = 1`.
    pub parameters: BTreeMap<String, String>,
    /// KMS key ARN; `None` is `aws/rds`.
    pub kms_key: Option<String>,
    /// Certificates that the server is verified with, as PEM of 16 KiB at most; `None` is RDS's own roots in
    /// the region.
    pub ca_certificates: Option<String>,
}

/// The ECS cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// `enhanced`, `enabled` or `disabled`.
    pub container_insights: String,
    /// Service Connect namespace; default `<stack>-cluster`.
    pub namespace: String,
}

/// The Application Load Balancer.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadBalancer {
    /// Seconds, 1-4000; long answers stream for minutes.
    pub idle_timeout: u32,
    /// Keep access logs in a bucket of their own.
    pub access_logs: bool,
    /// Days until an access log goes.
    pub access_log_days: u32,
    /// Refuse deletion.
    pub deletion_protection: bool,
    /// Who may connect.
    pub allow: Vec<Ipv4Net>,
    /// TLS policy of the HTTPS listener.
    pub ssl_policy: String,
    /// There is no `[domain]`, and the file knows what follows.
    pub plain_http: bool,
    /// AWS WAF in front of it.
    pub waf: Waf,
}

/// AWS WAF in front of the load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waf {
    /// None of ours; one that somebody else has associated is left alone.
    Off,
    /// A web ACL of the stack's own with AWS's managed rules.
    Managed,
    /// A web ACL that exists: its ARN.
    Existing(String),
}

/// The domain users type.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// `chat.example.org`.
    pub name: String,
    /// The Route 53 public hosted zone, by its name or its id; `None` when `certificate` is given and DNS is kept elsewhere.
    pub zone: Option<String>,
    /// ACM certificate ARN; `None` requests one and validates it in `zone`.
    pub certificate: Option<String>,
}

/// Google sign-in.
#[derive(Debug, Clone, PartialEq)]
pub struct Google {
    /// OAuth client id.
    pub client_id: String,
    /// OAuth client secret.
    pub client_secret: SecretSource,
    /// E-mail domains that may sign up; `*` must be written to mean everybody.
    pub allowed_domains: Vec<String>,
}

/// The first administrator.
#[derive(Debug, Clone, PartialEq)]
pub struct Admin {
    /// E-mail address.
    pub email: String,
    /// Generated unless taken from the environment.
    pub password: SecretSource,
}

/// The Bedrock models in use.
#[derive(Debug, Clone, PartialEq)]
pub struct Models {
    /// Model id for embeddings.
    pub embedding: String,
    /// Its vector length: 1-2000.
    pub dimensions: u32,
    /// Chat model and inference profile ids users see; empty shows all, and permits all.
    pub chat: Vec<String>,
    /// Who sees the models of every connection.
    pub visible_to: Audience,
}

/// Who sees models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Every user whose account is approved.
    Everyone,
    /// Administrators, and whom they give a model to.
    Administrators,
}

/// An OpenAI-compatible provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Provider {
    /// Base URL, https.
    pub url: String,
    /// Its API key.
    pub key: SecretSource,
    /// Model ids users see; empty shows all.
    pub models: Vec<String>,
}

impl Provider {
    /// The port that its URL leads to.
    pub fn port(&self) -> u16 {
        let place = self.url.trim_start_matches("https://");
        let place = place.split('/').next().unwrap_or_default();
        let written = place.rsplit_once(':');
        written
            .and_then(|(_, port)| port.parse().ok())
            .unwrap_or(443)
    }
}

/// ElastiCache for Redis OSS/Valkey.
#[derive(Debug, Clone, PartialEq)]
pub struct Redis {
    /// Such as `cache.t4g.small`.
    pub node_type: String,
    /// Nodes, 1-6; 2 or more fail over by themselves.
    pub nodes: u8,
}

/// Alarms and who is notified.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarms {
    /// Whether there are any.
    pub enabled: bool,
    /// Subscribed to the topic; `None` makes no topic.
    pub email: Option<String>,
    /// KMS key ARN for the topic; `None` leaves it unencrypted at rest.
    pub kms_key: Option<String>,
    /// Load balancer and target 5xx answers in five minutes.
    pub errors: u32,
    /// Seconds, p95 of target response time.
    pub latency_seconds: u32,
    /// Percent, for services and the database.
    pub cpu_percent: u32,
    /// Percent, for services.
    pub memory_percent: u32,
    /// Gibibytes left on the database.
    pub free_storage_gb: u32,
    /// Database connections.
    pub connections: u32,
}

/// Where a secret's value comes from. Never the value itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// Made once by ajuda: this many characters (16-128).
    Generate(u32),
    /// The operator's environment at `up`.
    Env(String),
    /// A Secrets Manager secret that exists: its ARN, with or without `:key::`.
    Arn(String),
}
