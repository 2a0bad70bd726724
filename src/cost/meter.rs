//! What AWS meters of a stack, each with the name that the table of prices has for it.

/// One thing that AWS counts and asks money for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meter {
    /// Fargate, Linux: a vCPU for an hour.
    FargateCpu {
        /// ARM (Graviton) instead of x86.
        arm: bool,
    },
    /// Fargate, Linux: a gigabyte of memory for an hour.
    FargateMemory {
        /// ARM (Graviton) instead of x86.
        arm: bool,
    },
    /// Fargate: a gigabyte of disk beyond the first 20 for an hour.
    FargateDisk,
    /// A NAT gateway for an hour.
    NatGateway,
    /// A gigabyte through a NAT gateway.
    NatData,
    /// A public IPv4 address for an hour, whatever it is at.
    PublicAddress,
    /// An Application Load Balancer for an hour.
    LoadBalancer,
    /// A capacity unit (LCU) of it for an hour.
    LoadBalancerCapacity,
    /// RDS for PostgreSQL: an instance for an hour.
    Database {
        /// Such as `db.r7g.large`.
        class: String,
        /// With a standby in a second zone.
        multi_az: bool,
    },
    /// RDS for PostgreSQL: a gigabyte of storage for a month.
    DatabaseStorage {
        /// Such as `gp3`.
        kind: String,
        /// With a standby in a second zone.
        multi_az: bool,
    },
    /// RDS for PostgreSQL: one IOPS beyond what the storage has anyway for a month.
    DatabaseIops {
        /// Such as `gp3`.
        kind: String,
        /// With a standby in a second zone.
        multi_az: bool,
    },
    /// RDS for PostgreSQL: one MiB a second beyond what the storage has anyway for a month.
    DatabaseThroughput {
        /// Such as `gp3`.
        kind: String,
        /// With a standby in a second zone.
        multi_az: bool,
    },
    /// RDS: a gigabyte of backups beyond the size of the storage for a month.
    DatabaseBackup,
    /// ElastiCache for Valkey: a node for an hour.
    Cache {
        /// Such as `cache.t4g.small`.
        node: String,
    },
    /// S3 Standard: a gigabyte for a month.
    ObjectStorage,
    /// ECR: a gigabyte for a month.
    ImageStorage,
    /// CloudWatch Logs: a gigabyte written.
    LogData,
    /// CloudWatch: a standard alarm for a month.
    Alarm,
    /// CloudWatch Container Insights of ECS, by what it observes.
    ContainerInsights,
    /// Secrets Manager: a secret for a month.
    Secret,
    /// AWS WAF: a web ACL for a month.
    WebAcl,
    /// AWS WAF: a rule in it for a month.
    WebAclRule,
    /// AWS WAF: a million requests.
    WebAclRequests,
}

impl Meter {
    /// Its name in the table of prices.
    pub fn key(&self) -> String {
        let zones = |multi_az: &bool| if *multi_az { " multi-az" } else { "" };
        match self {
            Self::FargateCpu { arm: false } => "fargate-vcpu-hour".to_owned(),
            Self::FargateCpu { arm: true } => "fargate-arm-vcpu-hour".to_owned(),
            Self::FargateMemory { arm: false } => "fargate-gb-hour".to_owned(),
            Self::FargateMemory { arm: true } => "fargate-arm-gb-hour".to_owned(),
            Self::FargateDisk => "fargate-storage-gb-hour".to_owned(),
            Self::NatGateway => "nat-gateway-hour".to_owned(),
            Self::NatData => "nat-gateway-gb".to_owned(),
            Self::PublicAddress => "public-ipv4-hour".to_owned(),
            Self::LoadBalancer => "alb-hour".to_owned(),
            Self::LoadBalancerCapacity => "alb-lcu-hour".to_owned(),
            Self::Database { class, multi_az } => {
                format!("postgresql {class}{} hour", zones(multi_az))
            }
            Self::DatabaseStorage { kind, multi_az } => {
                format!("postgresql {kind}{} gb-month", zones(multi_az))
            }
            Self::DatabaseIops { kind, multi_az } => {
                format!("postgresql {kind}{} iops-month", zones(multi_az))
            }
            Self::DatabaseThroughput { kind, multi_az } => {
                format!("postgresql {kind}{} mibps-month", zones(multi_az))
            }
            Self::DatabaseBackup => "rds-backup-gb-month".to_owned(),
            Self::Cache { node } => format!("valkey {node} hour"),
            Self::ObjectStorage => "s3-gb-month".to_owned(),
            Self::ImageStorage => "ecr-gb-month".to_owned(),
            Self::LogData => "log-gb".to_owned(),
            Self::Alarm => "alarm-month".to_owned(),
            Self::ContainerInsights => "container-insights".to_owned(),
            Self::Secret => "secret-month".to_owned(),
            Self::WebAcl => "web-acl-month".to_owned(),
            Self::WebAclRule => "web-acl-rule-month".to_owned(),
            Self::WebAclRequests => "web-acl-million-requests".to_owned(),
        }
    }

    /// What is counted.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::FargateCpu { .. } => "vCPU-hours",
            Self::FargateMemory { .. } | Self::FargateDisk => "GB-hours",
            Self::NatGateway
            | Self::PublicAddress
            | Self::LoadBalancer
            | Self::Database { .. }
            | Self::Cache { .. } => "hours",
            Self::LoadBalancerCapacity => "LCU-hours",
            Self::NatData | Self::LogData => "GB",
            Self::DatabaseStorage { .. }
            | Self::DatabaseBackup
            | Self::ObjectStorage
            | Self::ImageStorage => "GB-months",
            Self::DatabaseIops { .. } => "IOPS-months",
            Self::DatabaseThroughput { .. } => "MiB/s-months",
            Self::Alarm | Self::Secret | Self::WebAcl | Self::WebAclRule => "months",
            Self::ContainerInsights => "clusters",
            Self::WebAclRequests => "million requests",
        }
    }

    /// The same in one zone, twice of which it costs where nothing more precise is known ("Multi-AZ deployments …
    /// can cost approximately twice as much", RDS user guide, "On-Demand DB instances").
    pub(super) fn in_one_zone(&self) -> Option<Self> {
        let multi_az = false;
        match self.clone() {
            Self::Database {
                class,
                multi_az: true,
            } => Some(Self::Database { class, multi_az }),
            Self::DatabaseStorage {
                kind,
                multi_az: true,
            } => Some(Self::DatabaseStorage { kind, multi_az }),
            Self::DatabaseIops {
                kind,
                multi_az: true,
            } => Some(Self::DatabaseIops { kind, multi_az }),
            Self::DatabaseThroughput {
                kind,
                multi_az: true,
            } => Some(Self::DatabaseThroughput { kind, multi_az }),
            _ => None,
        }
    }
}
