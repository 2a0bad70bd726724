//! What every account has, or has for good after the first use of a service.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use crate::support::sandbox::Sandbox;

/// The subnets of the default VPC, one a zone, in the order of the zones.
pub async fn subnets(sandbox: &Sandbox) -> Vec<String> {
    let cloud = sandbox.cloud("network").await;
    let answer = cloud.ec2.describe_subnets().send().await.unwrap();
    let mut subnets: Vec<(String, String)> = answer
        .subnets()
        .iter()
        .map(|subnet| {
            let zone = subnet.availability_zone().unwrap().to_owned();
            (zone, subnet.subnet_id().unwrap().to_owned())
        })
        .collect();
    subnets.sort();
    subnets.into_iter().map(|(_, id)| id).collect()
}

/// The default VPC.
pub async fn vpc(sandbox: &Sandbox) -> String {
    let cloud = sandbox.cloud("network").await;
    let answer = cloud.ec2.describe_vpcs().send().await.unwrap();
    answer.vpcs()[0].vpc_id().unwrap().to_owned()
}

/// Makes the role of an AWS service that its first use leaves in an account for good.
pub async fn linked_role(sandbox: &Sandbox, service: &str) {
    let cloud = sandbox.cloud("network").await;
    let request = cloud.iam.create_service_linked_role();
    request.aws_service_name(service).send().await.unwrap();
}
