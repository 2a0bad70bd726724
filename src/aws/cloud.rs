//! The clients of every service in use, and what resources share while reading.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::OnceLock;

use crate::engine::{Address, Class, Fault};

use super::endpoint::Endpoint;
use super::{CaBundle, Memo, Occupied, Signed, Ssm, Zone};

/// Where a stack is: what names and ARNs are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The stack's name.
    pub stack: String,
    /// `aws`, `aws-cn`, `aws-us-gov` …, as the caller's own ARN says.
    pub partition: String,
    /// Such as `us-east-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
    /// The availability zones that the stack stands in, in the order of its subnets' ranges.
    pub zones: Vec<String>,
}

/// The region and the account: what is not there may be in others.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of account {}", self.region, self.account)
    }
}

impl Place {
    /// AWS's name for a resource called `name`: `<stack>-<name>`, or the stack's own for `main`.
    pub fn name(&self, name: &str) -> String {
        if name == "main" {
            self.stack.clone()
        } else {
            format!("{}-{name}", self.stack)
        }
    }

    /// The zone at `index`, counted from 0; where there are fewer, one that is not among them, so that no
    /// two are the same.
    pub fn zone(&self, index: u8) -> String {
        let index = usize::from(index);
        let other = || {
            let letters =
                (b'a'..=b'z').map(|letter| format!("{}{}", self.region, char::from(letter)));
            let mut others = letters.filter(|zone| !self.zones.contains(zone));
            others.nth(index - self.zones.len().min(index))
        };
        let known = self.zones.get(index).cloned();
        known.or_else(other).unwrap_or_else(|| self.region.clone())
    }

    /// `arn:<partition>:<service>:<region>:<account>:<rest>`.
    pub fn arn(&self, service: &str, rest: &str) -> String {
        format!(
            "arn:{}:{service}:{}:{}:{rest}",
            self.partition, self.region, self.account
        )
    }
}

/// Secret values that the operator's environment holds, by variable. Never printed.
#[derive(Default, Clone)]
pub struct Inputs(BTreeMap<String, String>);

impl Inputs {
    /// These values.
    pub fn new(values: BTreeMap<String, String>) -> Self {
        Self(values)
    }

    /// The value of a variable.
    ///
    /// # Errors
    /// When the operator's environment has none, or an empty one.
    pub fn get(&self, variable: &str) -> Result<&str, Fault> {
        let held = self.0.get(variable).map(String::as_str);
        held.filter(|value| !value.is_empty()).ok_or_else(|| {
            // A secret that a CI system does not have is a variable that is set and empty.
            let state = held.map_or("not set", |_| "empty");
            Fault::new(
                "secret",
                Class::Invalid,
                format!("the environment variable `{variable}` is {state}"),
            )
            .hint(format!("export {variable}=… and run it again"))
        })
    }
}

/// AWS, for one stack.
pub struct Cloud {
    /// Where the stack is.
    pub place: Place,
    /// The ARN of who is calling (STS API, `GetCallerIdentity.Arn`).
    pub caller: String,
    /// Secret values from the operator's environment.
    pub inputs: Inputs,
    /// Where requests go instead of to AWS's own hosts.
    pub endpoints: Vec<Endpoint>,
    /// Certificate authorities of the operator's network.
    pub ca_bundle: Option<CaBundle>,
    /// The availability zones of the account in the region, sorted by name.
    pub zones: Vec<Zone>,
    /// The subnets of the stack, where they were asked for ([`super::Connection::find_zones`]).
    pub occupied: Vec<Occupied>,
    /// The zones that have the database's instance class, where that was asked for and RDS said it.
    pub with_class: Option<BTreeSet<String>>,
    /// What the operator named to go together with the data in it.
    pub force: BTreeSet<Address>,
    /// Whether the stack is being removed: what the file presupposes is not asked for then.
    pub removing: bool,
    /// Whether everything may go so, also what has left the file.
    pub force_all: bool,
    /// What is made of a backup, by its address: the name of that backup. Set once, before anything is made.
    pub sources: OnceLock<BTreeMap<Address, String>>,
    /// Addresses that the file has renamed: what objects carry, and what they shall carry.
    pub moved: BTreeMap<Address, Address>,
    /// What was read in this run.
    pub memo: Memo,
    /// ACM.
    pub acm: aws_sdk_acm::Client,
    /// Application Auto Scaling.
    pub autoscaling: aws_sdk_applicationautoscaling::Client,
    /// Bedrock's control plane.
    pub bedrock: aws_sdk_bedrock::Client,
    /// CloudWatch.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    /// EC2.
    pub ec2: aws_sdk_ec2::Client,
    /// EC2 without the SDK's retries, for creates that take no token.
    pub ec2_once: aws_sdk_ec2::Client,
    /// ECR.
    pub ecr: aws_sdk_ecr::Client,
    /// ECS.
    pub ecs: aws_sdk_ecs::Client,
    /// ElastiCache.
    pub elasticache: aws_sdk_elasticache::Client,
    /// Elastic Load Balancing.
    pub elb: aws_sdk_elasticloadbalancingv2::Client,
    /// IAM.
    pub iam: aws_sdk_iam::Client,
    /// CloudWatch Logs.
    pub logs: aws_sdk_cloudwatchlogs::Client,
    /// RDS.
    pub rds: aws_sdk_rds::Client,
    /// Route 53.
    pub route53: aws_sdk_route53::Client,
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// Secrets Manager.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// Cloud Map.
    pub servicediscovery: aws_sdk_servicediscovery::Client,
    /// Services without a crate of AWS's.
    pub signed: Signed,
    /// Systems Manager.
    pub ssm: Ssm,
    /// SNS.
    pub sns: aws_sdk_sns::Client,
    /// The tagging API.
    pub tagging: aws_sdk_resourcegroupstagging::Client,
    /// WAF.
    pub waf: aws_sdk_wafv2::Client,
}

impl Cloud {
    /// Whether requests of a service go elsewhere than to AWS's own host.
    pub fn is_elsewhere(&self, service: &str) -> bool {
        let goes = |one: &Endpoint| one.services.is_empty() || one.services.contains(&service);
        self.endpoints.iter().any(goes)
    }

    /// Whether the operator said that what is at `address` may go together with the data in it.
    pub fn is_forced(&self, address: &Address) -> bool {
        self.force_all || self.force.contains(address)
    }
}
