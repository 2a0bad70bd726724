//! Services: the tasks that run, each by the vCPU, the memory and the disk of its definition.

use super::{Lines, flag, number, text};
use crate::cost::{Meter, Range, Thing};
use crate::engine::{Field, Resource};
use crate::field;
use crate::resources::{
    ScalableTarget, ScalableTargetProps, ServiceProps, TaskDefinition, TaskDefinitionProps,
};

/// The disk of a task that costs nothing, in GiB (AWS Fargate pricing).
const FREE_DISK: f64 = 20.0;

pub(super) fn add(lines: &mut Lines<'_>, service: &Thing, all: &[Thing], hours: Range) {
    let of = |kind: &str| {
        all.iter()
            .find(|thing| thing.kind == kind && thing.name == service.name)
    };
    let step = service.step;
    let tasks = match of(ScalableTarget::KIND).map(|target| &target.props) {
        Some(props) => Range::new(
            number(props, field!(ScalableTargetProps, min)),
            number(props, field!(ScalableTargetProps, max)),
        ),
        None => Range::of(number(&service.props, ServiceProps::COUNT)),
    };
    let run = Range::new(tasks.low * hours.low, tasks.high * hours.high);
    // A service has a task definition, or could not be read; then its size is not known.
    let task = of(TaskDefinition::KIND).map(|task| &task.props);
    let size = |field: Field| task.map_or(0.0, |task| number(task, field));
    let arm = task.is_some_and(|task| {
        text(task, field!(TaskDefinitionProps, architecture)).eq_ignore_ascii_case("arm64")
    });
    let processor = if arm { "ARM" } else { "x86" };
    let name = &service.name;
    for (item, meter, quantity) in [
        (
            format!("{name}: vCPU, {processor}"),
            Meter::FargateCpu { arm },
            size(field!(TaskDefinitionProps, cpu)) / 1024.0,
        ),
        (
            format!("{name}: memory, {processor}"),
            Meter::FargateMemory { arm },
            size(field!(TaskDefinitionProps, memory)) / 1024.0,
        ),
        (
            format!("{name}: disk beyond {FREE_DISK} GB"),
            Meter::FargateDisk,
            (size(field!(TaskDefinitionProps, ephemeral_gb)) - FREE_DISK).max(0.0),
        ),
        (
            format!("{name}: public addresses of tasks"),
            Meter::PublicAddress,
            if flag(&service.props, field!(ServiceProps, public_ip)) {
                1.0
            } else {
                0.0
            },
        ),
    ] {
        lines.add(step, item, meter, run * quantity);
    }
}
