//! AWS's own price list: what it is asked for each meter, and what its answers say.
//!
//! "Finding services and products using the AWS Price List Query API" (Billing user guide); product families, attributes
//! and usage types as Infracost has them (github.com/infracost/infracost, `internal/resources/aws`).

use std::collections::BTreeMap;

use serde_json::Value;

use super::Meter;
use super::prices::{List, Prices};
use crate::message::{Command, StackOptions, Verb};

/// One request for the products that a meter may be.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// The meter whose price is asked for.
    pub meter: Meter,
    /// AWS's code of the service, such as `AmazonRDS`.
    pub service: &'static str,
    /// Attributes of the products, by name (`TERM_MATCH`).
    pub filters: Vec<(&'static str, String)>,
    /// The usage type without the prefix of its region; empty is any.
    usage: String,
    /// How many of AWS's units one of the meter's is.
    units: f64,
}

/// What AWS's price list is asked for these meters in a region; those that it has no single price for are left out.
pub fn asks(meters: &[Meter], region: &str) -> Vec<Ask> {
    meters
        .iter()
        .filter_map(|meter| ask(meter, region))
        .collect()
}

fn ask(meter: &Meter, region: &str) -> Option<Ask> {
    let zones = |multi_az: &bool| if *multi_az { "Multi-AZ" } else { "Single-AZ" };
    let volume = |kind: &str, multi_az: &bool, what: &str| {
        let zones = if *multi_az { "Multi-AZ-" } else { "" };
        format!("RDS:{zones}{}-{what}", kind.to_uppercase())
    };
    let text = str::to_owned;
    let family = |name: &str| vec![("productFamily", name.to_owned())];
    let (service, more, usage) = match meter {
        Meter::FargateCpu { arm } => {
            let arm = if *arm { "ARM-" } else { "" };
            let usage = format!("Fargate-{arm}vCPU-Hours:perCPU");
            ("AmazonECS", family("Compute"), usage)
        }
        Meter::FargateMemory { arm } => {
            let arm = if *arm { "ARM-" } else { "" };
            let usage = format!("Fargate-{arm}GB-Hours");
            ("AmazonECS", family("Compute"), usage)
        }
        Meter::FargateDisk => {
            let usage = text("Fargate-EphemeralStorage-GB-Hours");
            ("AmazonECS", Vec::new(), usage)
        }
        Meter::NatGateway => ("AmazonEC2", family("NAT Gateway"), text("NatGateway-Hours")),
        Meter::NatData => ("AmazonEC2", family("NAT Gateway"), text("NatGateway-Bytes")),
        Meter::PublicAddress => ("AmazonVPC", Vec::new(), text("PublicIPv4:InUseAddress")),
        Meter::LoadBalancer => {
            let family = family("Load Balancer-Application");
            ("AWSELB", family, text("LoadBalancerUsage"))
        }
        Meter::LoadBalancerCapacity => (
            "AWSELB",
            family("Load Balancer-Application"),
            text("LCUUsage"),
        ),
        Meter::Database { class, multi_az } => {
            let mut filters = family("Database Instance");
            filters.extend([
                ("instanceType", class.clone()),
                ("databaseEngine", text("PostgreSQL")),
                ("deploymentOption", text(zones(multi_az))),
            ]);
            // Usage types shorten classes, `xlarge` to `xl`; the attributes say it whole.
            ("AmazonRDS", filters, String::new())
        }
        Meter::DatabaseStorage { kind, multi_az } => {
            let usage = volume(kind, multi_az, "Storage");
            ("AmazonRDS", family("Database Storage"), usage)
        }
        Meter::DatabaseIops { kind, multi_az } => {
            let usage = volume(kind, multi_az, "PIOPS");
            ("AmazonRDS", family("Provisioned IOPS"), usage)
        }
        Meter::DatabaseThroughput { kind, multi_az } => {
            let usage = volume(kind, multi_az, "Throughput");
            ("AmazonRDS", family("Provisioned Throughput"), usage)
        }
        Meter::DatabaseBackup => {
            let usage = text("RDS:ChargedBackupUsage");
            ("AmazonRDS", family("Storage Snapshot"), usage)
        }
        Meter::Cache { node } => {
            let mut filters = family("Cache Instance");
            filters.extend([
                ("instanceType", node.clone()),
                ("cacheEngine", text("Valkey")),
            ]);
            ("AmazonElastiCache", filters, format!("NodeUsage:{node}"))
        }
        Meter::ObjectStorage => {
            let mut filters = family("Storage");
            filters.push(("volumeType", text("Standard")));
            ("AmazonS3", filters, text("TimedStorage-ByteHrs"))
        }
        Meter::ImageStorage => {
            let family = family("EC2 Container Registry");
            ("AmazonECR", family, text("TimedStorage-ByteHrs"))
        }
        Meter::LogData => {
            let usage = text("DataProcessing-Bytes");
            ("AmazonCloudWatch", family("Data Payload"), usage)
        }
        Meter::Alarm => {
            let mut filters = family("Alarm");
            filters.push(("alarmType", text("Standard")));
            ("AmazonCloudWatch", filters, text("CW:AlarmMonitorUsage"))
        }
        Meter::Secret => {
            let usage = text("AWSSecretsManager-Secrets");
            ("AWSSecretsManager", family("Secret"), usage)
        }
        Meter::WebAcl => ("awswaf", waf(), text("WebACLV2")),
        Meter::WebAclRule => ("awswaf", waf(), text("RuleV2")),
        Meter::WebAclRequests => ("awswaf", waf(), text("RequestV2-Tier1")),
        Meter::ContainerInsights => return None,
    };
    let mut filters = vec![("regionCode", region.to_owned())];
    filters.extend(more);
    let units = match meter {
        Meter::WebAclRequests => 1_000_000.0,
        _ => 1.0,
    };
    Some(Ask {
        meter: meter.clone(),
        service,
        filters,
        usage,
        units,
    })
}

fn waf() -> Vec<(&'static str, String)> {
    vec![("productFamily", "Web Application Firewall".to_owned())]
}

impl Ask {
    /// The price that these products say, if they say one: what another price contradicts is not taken.
    fn price(&self, products: &[Value]) -> Option<f64> {
        let mut prices: Vec<f64> = products
            .iter()
            .filter_map(|one| self.price_of(one))
            .collect();
        prices.dedup();
        match prices[..] {
            [usd] => Some(usd * self.units),
            _ => None,
        }
    }

    fn price_of(&self, product: &Value) -> Option<f64> {
        let attributes = &product["product"]["attributes"];
        let usage = attributes["usagetype"].as_str()?;
        if !self.usage.is_empty() && in_any_region(usage) != self.usage && usage != self.usage {
            return None;
        }
        // Storage has rows for each engine; `Any` is that of those which have none of their own.
        let engine = attributes["databaseEngine"].as_str();
        if !matches!(engine, None | Some("PostgreSQL" | "Any")) {
            return None;
        }
        let terms = product["terms"]["OnDemand"].as_object()?.values();
        let dimensions = terms.filter_map(|term| term["priceDimensions"].as_object());
        let rates = dimensions.flat_map(|of| of.values());
        // What is paid from the first unit on; further steps are for more than a stack has.
        let first = rates
            .filter(|rate| matches!(rate["beginRange"].as_str(), None | Some("0")))
            .filter_map(|rate| rate["pricePerUnit"]["USD"].as_str()?.parse::<f64>().ok());
        first.filter(|usd| *usd > 0.0).reduce(f64::max)
    }
}

/// A usage type without the prefix of its region, such as `EUC1-`; there is none in us-east-1 for older services.
fn in_any_region(usage: &str) -> &str {
    let is_prefix = |text: &str| {
        text.len() <= 4
            && text
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    };
    match usage.split_once('-') {
        Some((prefix, rest)) if is_prefix(prefix) => rest,
        _ => usage,
    }
}

/// The table that AWS's answers make, for a region on a day (`2026-11-28`).
pub fn prices_of(answers: &[(Ask, Vec<Value>)], region: &str, day: &str) -> Prices {
    let mut services: BTreeMap<&str, BTreeMap<String, BTreeMap<String, f64>>> = BTreeMap::new();
    for (ask, products) in answers {
        if let Some(usd) = ask.price(products) {
            let of = services.entry(ask.service).or_default();
            of.insert(ask.meter.key(), BTreeMap::from([(region.to_owned(), usd)]));
        }
    }
    let recorded = Command::new(Verb::Cost).arg("--refresh");
    let recorded = recorded.at(&StackOptions::default());
    let lists = services.into_iter().map(|(service, usd)| List {
        source: format!("AWS Price List, GetProducts of {service} in {region}"),
        date: day.to_owned(),
        recorded: recorded.clone(),
        usd,
    });
    Prices {
        lists: lists.collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{asks, in_any_region, prices_of};
    use crate::cost::Meter;

    fn product(usage: &str, engine: Option<&str>, usd: &str) -> Value {
        json!({
            "product": { "attributes": { "usagetype": usage, "databaseEngine": engine } },
            "terms": { "OnDemand": { "A.B": { "priceDimensions": { "A.B.C": {
                "beginRange": "0", "endRange": "Inf", "pricePerUnit": { "USD": usd } } } } } },
        })
    }

    #[test]
    fn usage_types_are_told_with_and_without_the_prefix_of_a_region() {
        for (usage, bare) in [
            ("EUC1-NatGateway-Hours", "NatGateway-Hours"),
            ("NatGateway-Hours", "NatGateway-Hours"),
            ("EU-Fargate-GB-Hours", "Fargate-GB-Hours"),
            ("SpotUsage-Fargate-GB-Hours", "SpotUsage-Fargate-GB-Hours"),
        ] {
            assert_eq!(in_any_region(usage), bare);
        }
    }

    #[test]
    fn the_one_price_that_fits_is_taken_and_two_that_differ_are_none() {
        let meters = [
            Meter::FargateMemory { arm: false },
            Meter::DatabaseStorage {
                kind: "gp3".to_owned(),
                multi_az: true,
            },
            Meter::WebAclRequests,
            Meter::ContainerInsights,
        ];
        let mut asks = asks(&meters, "eu-central-1").into_iter();
        let (memory, storage, requests) = (asks.next(), asks.next(), asks.next());
        assert!(asks.next().is_none(), "Container Insights has no one price");
        let answers = [
            (
                memory.expect("asked"),
                vec![
                    product("EUC1-Fargate-GB-Hours", None, "0.0051100000"),
                    product("EUC1-SpotUsage-Fargate-GB-Hours", None, "0.0012"),
                    product("EUC1-Fargate-ARM-GB-Hours", None, "0.00409"),
                ],
            ),
            (
                storage.expect("asked"),
                vec![
                    product("EUC1-RDS:Multi-AZ-GP3-Storage", Some("Any"), "0.274"),
                    product("EUC1-RDS:Multi-AZ-GP3-Storage", Some("SQL Server"), "0.3"),
                    product("EUC1-RDS:GP3-Storage", Some("PostgreSQL"), "0.137"),
                ],
            ),
            (
                requests.expect("asked"),
                vec![product("EUC1-RequestV2-Tier1", None, "0.0000006")],
            ),
        ];
        let prices = prices_of(&answers, "eu-central-1", "2026-11-28");
        let usd = |meter| prices.of(meter, "eu-central-1").map(|price| price.usd);
        assert_eq!(usd(&meters[0]), Some(0.00511));
        assert_eq!(usd(&meters[1]), Some(0.274));
        assert_eq!(usd(&meters[2]).map(|usd| (usd * 10.0).round()), Some(6.0));
        let twice = vec![
            product("EUC1-Fargate-GB-Hours", None, "0.1"),
            product("EUC1-Fargate-GB-Hours", None, "0.2"),
        ];
        let unsure = prices_of(
            &[(answers[0].0.clone(), twice)],
            "eu-central-1",
            "2026-11-28",
        );
        assert_eq!(unsure.of(&meters[0], "eu-central-1"), None);
    }
}
