//! What holds a destroy up: a network interface that somebody left in the stack's subnets.

use std::time::Duration;

use crate::binary::Desk;

/// A network interface in a private subnet and a security group of the stack: its id.
async fn intrude(cloud: &ajuda::aws::Cloud) -> String {
    let tag = |kind: &str| {
        aws_sdk_ec2::types::Filter::builder()
            .name("tag:ajuda:address")
            .values(format!("{kind}/*"))
            .build()
    };
    let subnets = cloud.ec2.describe_subnets().filters(tag("subnet"));
    let subnets = subnets.send().await.unwrap();
    let subnet = &subnets.subnets()[0];
    let groups = cloud.ec2.describe_security_groups();
    let groups = groups.filters(tag("security-group")).send().await.unwrap();
    let made = cloud
        .ec2
        .create_network_interface()
        .subnet_id(subnet.subnet_id().unwrap())
        .groups(groups.security_groups()[0].group_id().unwrap())
        .description("AWS Lambda VPC ENI-nightly-report")
        .send()
        .await
        .unwrap();
    let interface = made.network_interface().unwrap();
    interface.network_interface_id().unwrap().to_owned()
}

#[test]
fn an_interface_that_stays_is_named_and_one_that_goes_is_waited_out() {
    let desk = Desk::copy("examples/sandbox.toml");
    let before = desk.sandbox.inventory();
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cloud = runtime.block_on(desk.sandbox.cloud("open-webui"));
    let held = runtime.block_on(intrude(&cloud));

    let destroy = desk.deploy(&["destroy", "--yes", "--delete-all-data"]);
    assert_eq!(destroy.code, 4, "{}", destroy.err);
    // moto's one requester: who made it is told where AWS says so (EC2 API, `NetworkInterface.RequesterId`).
    let named = format!(
        "held by network interface {held} (AWS Lambda VPC ENI-nightly-report) of AIDAIT2UOQQY3AUEMOTO"
    );
    let (_, report) = destroy.err.rsplit_once("failed").unwrap();
    let told = format!("{report}{}", destroy.err);
    assert!(told.contains(&named), "{named} in {}", destroy.err);
    let left = desk.sandbox.inventory();
    for (service, kind, count) in [
        ("ec2", "vpcs", 1),
        ("ec2", "subnets", 1),
        ("rds", "instances", 0),
        ("s3", "buckets", 0),
    ] {
        let many = |all: &serde_json::Value| all[service][kind].as_object().unwrap().len();
        let ours = many(&left) - many(&before);
        assert_eq!(ours, count, "{service} {kind}: {left:#}");
    }

    let goes = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let delete = cloud.ec2.delete_network_interface();
        delete.network_interface_id(&held).send().await.unwrap();
    };
    let again = std::thread::scope(|scope| {
        let again =
            scope.spawn(|| desk.deploy_beside_others(&["destroy", "--yes", "--delete-all-data"]));
        runtime.block_on(goes);
        again.join().unwrap()
    });
    assert_eq!(again.code, 0, "{}", again.err);
    let left = desk.sandbox.inventory();
    assert_eq!(left["ec2"]["vpcs"], before["ec2"]["vpcs"]);
}

/// Runtime monitoring puts an endpoint into the VPC and leaves it there.
#[test]
fn what_guardduty_left_in_the_network_is_named_with_the_way_to_be_rid_of_it() {
    let desk = Desk::with(
        "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\ndisposable = true\n[service.web]\nimage = \"web\"\nport = 8080\npublic = true\n",
    );
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cloud = runtime.block_on(desk.sandbox.cloud("tiny"));
    let (endpoint, group) = runtime.block_on(async {
        let vpcs = cloud.ec2.describe_vpcs();
        let tagged = aws_sdk_ec2::types::Filter::builder();
        let tagged = tagged.name("tag:ajuda:stack").values("tiny").build();
        let vpcs = vpcs.filters(tagged).send().await.unwrap();
        let vpc = vpcs.vpcs()[0].vpc_id().unwrap();
        let group = cloud.ec2.create_security_group();
        let group = group
            .vpc_id(vpc)
            .group_name(format!("GuardDutyManagedSecurityGroup-{vpc}"));
        let group = group.description("GuardDuty").send().await.unwrap();
        let endpoint = cloud.ec2.create_vpc_endpoint().vpc_id(vpc);
        let endpoint = endpoint.service_name("com.amazonaws.us-east-1.guardduty-data");
        let endpoint = endpoint.vpc_endpoint_type(aws_sdk_ec2::types::VpcEndpointType::Interface);
        let made = endpoint.send().await.unwrap();
        let made = made
            .vpc_endpoint()
            .unwrap()
            .vpc_endpoint_id()
            .unwrap()
            .to_owned();
        (made, group.group_id().unwrap().to_owned())
    });
    let destroy = desk.deploy(&["destroy", "--yes"]);
    assert_eq!(destroy.code, 4, "{}", destroy.err);
    let note =
        "note      vpc/main: GuardDuty does not take away what it put there; delete it: `aws ec2 ";
    assert!(destroy.err.contains(note), "{}", destroy.err);
    for said in [
        format!("endpoint {endpoint} (com.amazonaws.us-east-1.guardduty-data)"),
        // It can be copied: it names the account's endpoint, as it would name a profile.
        format!(
            "`aws ec2 delete-security-group --group-id {group} --region us-east-1 --endpoint-url {}`",
            desk.sandbox.url
        ),
    ] {
        assert!(destroy.err.contains(&said), "`{said}` in {}", destroy.err);
    }
}
