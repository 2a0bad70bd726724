//! Credentials, region, endpoint: from the usual places to a [`Cloud`].

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};

use crate::engine::{Class, Fault};
use crate::message::{Command, commands, message};
use crate::regions;

use super::bucket_owner::ExpectedBucketOwner;
use super::endpoint::{self, Endpoint};
use super::propagation::Spread;
use super::quota::Quota;
use super::{
    CaBundle, Cloud, Inputs, Memo, Notice, Place, Signed, Ssm, fault, http, profile, zones,
};

/// How long the first question may take. Whoever sits in front of it waits for nothing else.
const FIRST: Duration = Duration::from_secs(20);
/// The shortest first pause before a call is sent again, however fast the other side's clock runs.
const LEAST_BACKOFF: Duration = Duration::from_millis(50);

/// Where to connect to and as whom; what is `None` comes from the environment and the profile.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// Region.
    pub region: Option<String>,
    /// Profile of the shared configuration files.
    pub profile: Option<String>,
    /// Endpoint of every service; `AWS_ENDPOINT_URL` is honoured without it.
    pub endpoint: Option<String>,
    /// Fixed credentials, for the sandbox.
    pub sandbox_credentials: bool,
    /// The only account that is right.
    pub account: Option<String>,
    /// Tells that something does not answer.
    pub notice: Notice,
    /// Whether to leave out which availability zones there are: a caller that makes no subnets needs none.
    pub skip_zones: bool,
    /// Whether to look in which zones the stack stands already.
    pub find_zones: bool,
    /// The instance class of a database for which a zone is looked for.
    pub instance_class: Option<String>,
    /// How many times faster than AWS's the clocks run there; the pauses before a call is sent again are so
    /// many times shorter.
    pub clock_speed: Option<f64>,
}

/// Connects for the stack named `stack`: asks AWS who is calling, once.
///
/// # Errors
/// No such profile, no region, no or bad credentials, certificates that cannot be read, an unreachable
/// endpoint (within 20 seconds), or the wrong account.
pub async fn connect(stack: &str, to: &Connection, inputs: Inputs) -> Result<Cloud, Fault> {
    let (config, bundle) = configure(to).await?;
    // Before anything is sent: the SDK takes them as they are, and breaks on what is not a valid URL.
    let endpoints = endpoint::all(&config)?;
    let Some(region) = config.region().map(ToString::to_string) else {
        return Err(Fault::new("region", Class::Invalid, "no region is set")
            .hint("write `region = \"us-east-1\"` under [stack], or pass --region"));
    };
    // Its hosts would not be found, which is told as if AWS could not be reached.
    if !regions::is_listed(&region) && !regions::may_be_new(&region) {
        return Err(Fault::new(
            "region",
            Class::Invalid,
            format!("`{region}` is not a region"),
        )
        .hint("AWS_REGION or the profile names it: correct it there, or pass --region"));
    }
    let first = impatient(&config);
    let sts = aws_sdk_sts::Client::new(&first);
    let occupied = async {
        match to.find_zones {
            true => zones::occupied(&first, stack).await,
            false => Vec::new(),
        }
    };
    // All at once: a command begins one round trip deep.
    let with_class = async { zones::with_class(&first, to.instance_class.as_deref()?).await };
    let zones = async {
        match to.skip_zones {
            true => Ok(Vec::new()),
            false => zones::zones(&first).await,
        }
    };
    let (who, zones, occupied, with_class) = tokio::join!(
        sts.get_caller_identity().send(),
        zones,
        occupied,
        with_class
    );
    let who = who
        .map_err(fault("sts:GetCallerIdentity"))
        .map_err(|fault| explain(fault, &endpoints))?;
    let account = who
        .account()
        .ok_or_else(|| Fault::incomplete("sts:GetCallerIdentity", "Account"))?;
    let caller = who
        .arn()
        .ok_or_else(|| Fault::incomplete("sts:GetCallerIdentity", "Arn"))?;
    let partition = caller
        .split(':')
        .nth(1)
        .ok_or_else(|| Fault::incomplete("sts:GetCallerIdentity", "Arn"))?;
    if let Some(right) = &to.account
        && right != account
    {
        return Err(Fault::new(
            "account",
            Class::Conflict,
            format!("the credentials are for account {account}, the file is for {right}"),
        )
        .hint("choose the right --profile, or change `account` under [stack]"));
    }
    let zones = zones?;
    let place = Place {
        stack: stack.to_owned(),
        partition: partition.to_owned(),
        account: account.to_owned(),
        region,
        zones: zones.iter().map(|zone| zone.name.clone()).collect(),
    };
    let mut cloud = Cloud::new(&config, place, caller, inputs);
    cloud.endpoints = endpoints;
    cloud.ca_bundle = bundle;
    cloud.zones = zones;
    cloud.occupied = occupied;
    cloud.with_class = with_class;
    Ok(cloud)
}

/// The same for the first question: whether anything answers is known soon.
fn impatient(config: &SdkConfig) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(8))
        .operation_timeout(FIRST)
        .build();
    let builder = config.clone().into_builder();
    builder
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .timeout_config(timeouts)
        .build()
}

fn explain(fault: Fault, endpoints: &[Endpoint]) -> Fault {
    match fault.class {
        Class::Credentials => fault.hint(message![
            "sign in (",
            commands::sign_in(),
            ", ",
            Command::aws("configure"),
            "), name a --profile, or try it without an account: --sandbox",
        ]),
        Class::Unreachable | Class::TimedOut if fault.hint.is_none() => match endpoints {
            [] => fault.hint("is this machine online, and are the credentials' files right?"),
            endpoints => {
                let urls: Vec<&str> = endpoints.iter().map(|one| one.url.as_str()).collect();
                fault.hint(format!("is anything answering at {}?", urls.join(", ")))
            }
        },
        _ => fault,
    }
}

async fn configure(to: &Connection) -> Result<(SdkConfig, Option<CaBundle>), Fault> {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(30))
        .build();
    let backoff = Duration::from_secs(1).div_f64(to.clock_speed.unwrap_or(1.0).max(1.0));
    let retries = RetryConfig::adaptive()
        .with_max_attempts(6)
        .with_initial_backoff(backoff.max(LEAST_BACKOFF));
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .retry_config(retries)
        .timeout_config(timeouts);
    // The sandbox is nobody's profile.
    let profiles = match to.sandbox_credentials {
        true => None,
        false => Some(profile::read(to.profile.as_deref()).await?),
    };
    let bundle = CaBundle::find(profiles.as_ref())?;
    loader = loader.http_client(http::client(bundle.as_ref(), to.notice.clone()));
    if let Some(region) = &to.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profiles) = &profiles {
        loader = loader.profile_name(profiles.selected_profile());
    }
    if let Some(endpoint) = &to.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    if to.sandbox_credentials {
        loader = loader.test_credentials();
    }
    let config = loader.load().await;
    let config = match &to.profile {
        Some(name) if !to.sandbox_credentials => profile::sign(config, name),
        _ => config,
    };
    Ok((config, bundle))
}

impl Cloud {
    /// The clients of `config`, for the stack at `place`. Nothing is sent.
    pub fn new(config: &SdkConfig, place: Place, caller: &str, inputs: Inputs) -> Self {
        let spread = Spread::default();
        macro_rules! client {
            ($sdk:ident) => {
                $sdk::Client::from_conf(
                    $sdk::config::Builder::from(config)
                        .retry_classifier(Quota)
                        .retry_classifier(spread.clone())
                        .interceptor(spread.clone())
                        .build(),
                )
            };
        }
        let once = aws_sdk_ec2::config::Builder::from(config)
            .retry_config(RetryConfig::disabled())
            // What it makes is new to the others.
            .interceptor(spread.clone())
            .build();
        // A bucket cannot be a host name under an endpoint of one's own.
        let s3 = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(endpoint::of(config, "S3").is_some())
            .interceptor(ExpectedBucketOwner {
                account: place.account.clone(),
            })
            .retry_classifier(spread.clone())
            .interceptor(spread.clone())
            .build();
        let signed = Signed::new(config, &place.partition, &place.region);
        Self {
            place,
            ssm: Ssm::new(&signed),
            signed,
            caller: caller.to_owned(),
            inputs,
            endpoints: Vec::new(),
            ca_bundle: None,
            zones: Vec::new(),
            occupied: Vec::new(),
            with_class: None,
            force: BTreeSet::new(),
            removing: false,
            force_all: false,
            sources: std::sync::OnceLock::new(),
            moved: BTreeMap::new(),
            memo: Memo::default(),
            acm: client!(aws_sdk_acm),
            autoscaling: client!(aws_sdk_applicationautoscaling),
            bedrock: client!(aws_sdk_bedrock),
            cloudwatch: client!(aws_sdk_cloudwatch),
            ec2: client!(aws_sdk_ec2),
            ec2_once: aws_sdk_ec2::Client::from_conf(once),
            ecr: client!(aws_sdk_ecr),
            ecs: client!(aws_sdk_ecs),
            elasticache: client!(aws_sdk_elasticache),
            elb: client!(aws_sdk_elasticloadbalancingv2),
            iam: client!(aws_sdk_iam),
            logs: client!(aws_sdk_cloudwatchlogs),
            rds: client!(aws_sdk_rds),
            route53: client!(aws_sdk_route53),
            s3: aws_sdk_s3::Client::from_conf(s3),
            secrets: client!(aws_sdk_secretsmanager),
            servicediscovery: client!(aws_sdk_servicediscovery),
            sns: client!(aws_sdk_sns),
            tagging: client!(aws_sdk_resourcegroupstagging),
            waf: client!(aws_sdk_wafv2),
        }
    }
}
