//! What each object is billed for.

use serde_json::Value;

use super::{Meter, Price, Prices, Range, Thing};
use crate::engine::{Field, Resource};
use crate::field;
use crate::resources::{
    Alarm, Bucket, Cache, CacheProps, Cluster, ClusterProps, DbInstance, ElasticIp, LoadBalancer,
    LoadBalancerProps, LogGroup, NatGateway, Repository, Secret, Service, WebAcl, WebAclProps,
};
use crate::stack::Usage;

mod database;
mod fargate;

/// One thing that is billed.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The step of the plan it belongs to.
    pub step: &'static str,
    /// What it is, in words.
    pub item: String,
    /// What AWS counts of it.
    pub meter: Meter,
    /// How many of its units a month.
    pub quantity: Range,
    /// What one costs; `None` is unknown.
    pub price: Option<Price>,
}

impl Line {
    /// US dollars a month; `None` where the price is unknown.
    pub fn monthly(&self) -> Option<Range> {
        Some(self.quantity * self.price.as_ref()?.usd)
    }
}

/// Lines on their way; those of the same thing become one.
pub(super) struct Lines<'p> {
    prices: &'p Prices,
    region: &'p str,
    all: Vec<Line>,
}

impl Lines<'_> {
    pub(super) fn add(
        &mut self,
        step: &'static str,
        item: impl Into<String>,
        meter: Meter,
        quantity: Range,
    ) {
        if quantity == Range::default() {
            return;
        }
        let item = item.into();
        let mut all = self.all.iter_mut();
        let same = all.find(|one| one.step == step && one.item == item && one.meter == meter);
        if let Some(line) = same {
            line.quantity += quantity;
            return;
        }
        self.all.push(Line {
            step,
            item,
            price: self.prices.of(&meter, self.region),
            meter,
            quantity,
        });
    }
}

/// What these are billed for in a month in `region`.
pub fn lines(things: &[Thing], usage: &Usage, prices: &Prices, region: &str) -> Vec<Line> {
    let mut lines = Lines {
        prices,
        region,
        all: Vec::new(),
    };
    let hours = Range::of(usage.hours);
    for thing in things {
        one(&mut lines, thing, things, usage, hours);
    }
    // What is counted for the whole stack comes once, with the first object that it comes from.
    for (kind, item, meter, quantity) in [
        (
            NatGateway::KIND,
            "data through NAT",
            Meter::NatData,
            usage.nat_gb,
        ),
        (
            Repository::KIND,
            "images",
            Meter::ImageStorage,
            usage.images_gb,
        ),
        (
            Bucket::KIND,
            "files and logs of access",
            Meter::ObjectStorage,
            usage.storage_gb,
        ),
        (
            LogGroup::KIND,
            "logs of all steps",
            Meter::LogData,
            usage.logs_gb,
        ),
        (
            DbInstance::KIND,
            "backups",
            Meter::DatabaseBackup,
            usage.backup_gb,
        ),
        (
            WebAcl::KIND,
            "requests through WAF",
            Meter::WebAclRequests,
            usage.million_requests,
        ),
    ] {
        if let Some(first) = things.iter().find(|thing| thing.kind == kind) {
            lines.add(first.step, item, meter, Range::of(quantity));
        }
    }
    lines.all
}

fn one(lines: &mut Lines<'_>, thing: &Thing, all: &[Thing], usage: &Usage, hours: Range) {
    let step = thing.step;
    let props = &thing.props;
    let month = Range::of(1);
    match thing.kind.as_str() {
        NatGateway::KIND => lines.add(step, "NAT gateways", Meter::NatGateway, hours),
        ElasticIp::KIND => lines.add(
            step,
            "public addresses of NAT gateways",
            Meter::PublicAddress,
            hours,
        ),
        LoadBalancer::KIND => {
            lines.add(step, "load balancer", Meter::LoadBalancer, hours);
            let capacity = hours * f64::from(usage.load_balancer_lcu);
            lines.add(
                step,
                "capacity of the load balancer",
                Meter::LoadBalancerCapacity,
                capacity,
            );
            let zones = at(props, field!(LoadBalancerProps, subnets))
                .as_array()
                .map_or(0, Vec::len);
            lines.add(
                step,
                "public addresses of the load balancer",
                Meter::PublicAddress,
                hours * count(zones),
            );
        }
        WebAcl::KIND => {
            lines.add(step, "web ACL", Meter::WebAcl, month);
            let rules = at(props, WebAclProps::RULES)
                .as_object()
                .map_or(0, serde_json::Map::len);
            lines.add(
                step,
                "rules of the web ACL",
                Meter::WebAclRule,
                month * count(rules),
            );
        }
        Cache::KIND => {
            let node = text(props, field!(CacheProps, node_type));
            let item = format!("{node}, Valkey");
            let nodes = number(props, field!(CacheProps, nodes));
            lines.add(step, item, Meter::Cache { node }, hours * nodes);
        }
        Secret::KIND => lines.add(step, "secrets", Meter::Secret, month),
        Alarm::KIND => lines.add(step, "alarms", Meter::Alarm, month),
        Cluster::KIND if has_insights(props) => {
            lines.add(
                step,
                "metrics of Container Insights",
                Meter::ContainerInsights,
                month,
            );
        }
        DbInstance::KIND => database::add(lines, thing, hours),
        Service::KIND => fargate::add(lines, thing, all, hours),
        _ => {}
    }
}

/// Whether metrics of Container Insights are taken, which are billed.
fn has_insights(props: &Value) -> bool {
    let setting = text(props, field!(ClusterProps, container_insights));
    !matches!(setting.as_str(), "" | "disabled")
}

/// A property of an object; null where it has none.
fn at(props: &Value, field: Field) -> &Value {
    &props[field.path()]
}

pub(super) fn text(props: &Value, field: Field) -> String {
    at(props, field).as_str().unwrap_or_default().to_owned()
}

pub(super) fn number(props: &Value, field: Field) -> f64 {
    at(props, field).as_f64().unwrap_or_default()
}

pub(super) fn flag(props: &Value, field: Field) -> bool {
    at(props, field).as_bool().unwrap_or_default()
}

/// A count as a factor.
fn count(many: usize) -> f64 {
    f64::from(u32::try_from(many).unwrap_or(u32::MAX))
}
