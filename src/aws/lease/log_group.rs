//! The log group that a lease is: its name and its ARN.

use crate::aws::Cloud;

pub(super) fn arn(cloud: &Cloud, generation: u32) -> String {
    cloud
        .place
        .arn("logs", &format!("log-group:{}", name(cloud, generation)))
}

pub(super) fn prefix(cloud: &Cloud) -> String {
    format!("/ajuda/{}/lease-", cloud.place.stack)
}

pub(super) fn name(cloud: &Cloud, generation: u32) -> String {
    format!("{}{generation}", prefix(cloud))
}
