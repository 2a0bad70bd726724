//! The database: its instance, its storage, and what of the storage's speed is paid for.

use super::{Lines, flag, number, text};
use crate::cost::{Meter, Range, Thing};
use crate::engine::Field;
use crate::field;
use crate::resources::DbInstanceProps;

/// What gp3 has anyway, by whether it is of 400 GB and more ("gp3 storage", RDS user guide, for PostgreSQL).
const SMALL: (f64, f64) = (3000.0, 125.0);
const LARGE: (f64, f64) = (12000.0, 500.0);
const LARGE_FROM: f64 = 400.0;

pub(super) fn add(lines: &mut Lines<'_>, thing: &Thing, hours: Range) {
    let (step, props) = (thing.step, &thing.props);
    let multi_az = flag(props, field!(DbInstanceProps, multi_az));
    let class = text(props, field!(DbInstanceProps, instance_class));
    let zones = if multi_az { ", two zones" } else { "" };
    let item = format!("{class}, PostgreSQL{zones}");
    lines.add(step, item, Meter::Database { class, multi_az }, hours);
    let kind = text(props, field!(DbInstanceProps, storage_type));
    let size = number(props, field!(DbInstanceProps, storage_gb));
    let item = format!("storage, {kind}{zones}");
    let meter = Meter::DatabaseStorage {
        kind: kind.clone(),
        multi_az,
    };
    lines.add(step, item, meter, Range::of(size));
    let (iops, throughput) = match kind.as_str() {
        "gp3" if size < LARGE_FROM => SMALL,
        "gp3" => LARGE,
        // Provisioned IOPS are paid from the first, and others have none.
        _ => (0.0, f64::INFINITY),
    };
    let beyond =
        |field: Field, included: f64| Range::of((number(props, field) - included).max(0.0));
    let meter = Meter::DatabaseIops {
        kind: kind.clone(),
        multi_az,
    };
    let iops = beyond(field!(DbInstanceProps, iops), iops);
    lines.add(step, format!("IOPS{zones}"), meter, iops);
    let meter = Meter::DatabaseThroughput { kind, multi_az };
    let throughput = beyond(field!(DbInstanceProps, throughput), throughput);
    lines.add(step, format!("throughput{zones}"), meter, throughput);
}
