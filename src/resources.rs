//! The kinds of AWS objects: a folder for each service of AWS, in it a file for each kind. Adding a kind is
//! a file and a line in its service's list.

use crate::aws::Cloud;
use crate::aws::grant::Permissions;
use crate::engine::AnyKind;

mod access_log;
pub(crate) mod durations;
mod live;
mod own_tags;
mod ownership;
pub mod physical_names;
pub mod scope;
mod sdk;
mod subnet_groups;

type Kind = &'static dyn AnyKind<Cloud>;

/// A kind's name, and what IAM must allow for its objects.
type OfKind = (&'static str, Permissions);

/// The kinds of one service, what is needed before what needs it.
macro_rules! kinds {
    ($($module:ident :: $kind:ident,)*) => {
        $(pub(crate) mod $module; pub use $module::*;)*

        pub(super) const KINDS: &[$crate::resources::Kind] = &[$(&crate::engine::KindOf::<$kind>::new(),)*];

        pub(super) const PERMISSIONS: &[$crate::resources::OfKind] = &[$((
            <$kind as crate::engine::Resource>::KIND,
            <$kind as crate::aws::grant::Permitted>::PERMISSIONS,
        ),)*];
    };
}

macro_rules! services {
    ($($service:ident,)*) => {
        $(pub mod $service; pub use $service::*;)*

        const OF_SERVICES: &[&[Kind]] = &[$($service::KINDS,)*];

        const PERMISSIONS: &[&[OfKind]] = &[$($service::PERMISSIONS,)*];
    };
}

services! {
    logs,
    iam,
    ec2,
    ecr,
    s3,
    secrets_manager,
    rds,
    elasticache,
    cloud_map,
    sns,
    acm,
    elbv2,
    wafv2,
    route53,
    ecs,
    application_auto_scaling,
    cloudwatch,
}

/// Every kind, what is needed before what needs it: the reverse is the order in which objects that
/// left the file are deleted.
pub static KINDS: &[Kind] = &joined::<{ count() }>();

/// What IAM must allow for the objects of each kind, by its name, in the order of [`KINDS`].
pub fn permissions() -> impl Iterator<Item = OfKind> {
    PERMISSIONS.iter().copied().flatten().copied()
}

const fn count() -> usize {
    let (mut count, mut service) = (0, 0);
    while service < OF_SERVICES.len() {
        count += OF_SERVICES[service].len();
        service += 1;
    }
    count
}

const fn joined<const COUNT: usize>() -> [Kind; COUNT] {
    let mut all = [OF_SERVICES[0][0]; COUNT];
    let (mut next, mut service) = (0, 0);
    while service < OF_SERVICES.len() {
        let mut kind = 0;
        while kind < OF_SERVICES[service].len() {
            all[next] = OF_SERVICES[service][kind];
            next += 1;
            kind += 1;
        }
        service += 1;
    }
    all
}
