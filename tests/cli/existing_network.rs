//! A network that is there before the stack and is somebody else's: made as its owner would, and checked before
//! something is put into it.

use ajuda::aws::Cloud;
use serde_json::Value;

use crate::binary::Desk;
use crate::support::network::lead_out;

/// A VPC with two public and two private subnets in two zones, and a NAT gateway.
pub struct Theirs {
    pub vpc: String,
    pub public: Vec<String>,
    pub private: Vec<String>,
}

/// Makes it.
pub async fn make(cloud: &Cloud) -> Theirs {
    let ec2 = &cloud.ec2;
    let vpc = ec2.create_vpc().cidr_block("10.7.0.0/16").send().await;
    let vpc = vpc.unwrap().vpc.unwrap().vpc_id.unwrap();
    let mut subnets = Vec::new();
    for (index, zone) in ["a", "b", "a", "b"].iter().enumerate() {
        let subnet = ec2.create_subnet().vpc_id(&vpc);
        let subnet = subnet.cidr_block(format!("10.7.{index}.0/24"));
        let subnet = subnet.availability_zone(format!("us-east-1{zone}"));
        let subnet = subnet.send().await.unwrap().subnet.unwrap();
        subnets.push(subnet.subnet_id.unwrap());
    }
    let private = subnets.split_off(2);
    lead_out(cloud, &vpc, &subnets, &private).await;
    Theirs {
        vpc,
        public: subnets,
        private,
    }
}

/// A stack in it.
pub fn file(of: &Theirs) -> String {
    format!(
        r#"
[stack]
name = "shop"
region = "us-east-1"
disposable = true

[network]
vpc = {:?}
public_subnets = {:?}
private_subnets = {:?}

[service.web]
image = "ghcr.io/example/web:v1"
public = true
"#,
        of.vpc, of.public, of.private
    )
}

#[test]
fn what_is_not_what_its_key_says_is_refused_at_its_place_before_anything_is_made() {
    let desk = Desk::with("");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut theirs = runtime.block_on(async {
        let cloud = desk.sandbox.cloud("someone-else").await;
        let theirs = make(&cloud).await;
        // It goes, and its route stays: AWS calls that one a blackhole.
        let nats = cloud.ec2.describe_nat_gateways().send().await.unwrap();
        let nat = nats.nat_gateways()[0].nat_gateway_id().unwrap();
        let gone = cloud.ec2.delete_nat_gateway().nat_gateway_id(nat);
        gone.send().await.unwrap();
        theirs
    });
    theirs.private[1] = "subnet-0a1b2c3d4e5f60718".to_owned();
    theirs.public.swap(0, 1);
    theirs.public[0].clone_from(&theirs.private[0]);
    theirs.private[0].clone_from(&theirs.public[1]);
    theirs.public[1] = "subnet-0a1b2c3d4e5f60719".to_owned();
    desk.write(&file(&theirs));
    desk.sandbox.control("DELETE", "requests", None);
    for verb in [["plan"].as_slice(), &["up", "--yes"]] {
        let ended = desk.deploy(verb);
        assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
        for said in [
            "4 mistakes in deploy.toml",
            "deploy.toml:9:19",
            "is no public subnet",
            "deploy.toml:10:20",
            "is a public subnet: its default route is an internet gateway",
            "`subnet-0a1b2c3d4e5f60718` is not in this account and region",
            "`subnet-0a1b2c3d4e5f60719` is not in this account and region",
        ] {
            assert!(ended.err.contains(said), "`{said}` in {}", ended.err);
        }
    }
    let requests = desk.sandbox.control("GET", "requests", None);
    // What `up` makes first is the lease, which lets nobody else change the stack meanwhile.
    let made = |one: &&Value| {
        let operation = one["operation"].as_str().unwrap();
        operation.starts_with("Create") && !one["about"].as_str().unwrap().contains("/lease-")
    };
    assert_eq!(requests.as_array().unwrap().iter().find(made), None);
}

#[test]
fn what_is_only_to_be_known_is_a_warning_and_what_cannot_be_read_too() {
    let desk = Desk::with("");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let theirs = runtime.block_on(async {
        let cloud = desk.sandbox.cloud("someone-else").await;
        let mut theirs = make(&cloud).await;
        let small = cloud.ec2.create_subnet().vpc_id(&theirs.vpc);
        let small = small.cidr_block("10.7.200.0/28");
        let small = small.availability_zone("us-east-1b").send().await.unwrap();
        let small = small.subnet.unwrap().subnet_id.unwrap();
        let tables = cloud.ec2.describe_route_tables().send().await.unwrap();
        let public = &theirs.public[0];
        let of_public = tables.route_tables().iter().find(|table| {
            let mut all = table.associations().iter();
            all.any(|one| one.subnet_id() == Some(public.as_str()))
        });
        let table = of_public.unwrap().route_table_id().unwrap();
        let associated = cloud.ec2.associate_route_table().route_table_id(table);
        associated.subnet_id(&small).send().await.unwrap();
        // Five of sixteen are AWS's own; these take four more.
        for _ in 0..4 {
            let taken = cloud.ec2.create_network_interface().subnet_id(&small);
            taken.send().await.unwrap();
        }
        theirs.public[1] = small;
        theirs
    });
    desk.write(&file(&theirs));
    let plan = desk.deploy(&["plan"]);
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);
    let said = "warning: network.public_subnets[1]: ";
    assert!(
        plan.err.contains(said) && plan.err.contains("7 free addresses"),
        "{}",
        plan.err
    );
    let denied = serde_json::json!({ "rules": [{
        "operation": "DescribeVpcAttribute", "service": "ec2", "code": "UnauthorizedOperation",
        "message": "You are not authorized to perform this operation.", "http": 403,
    }]});
    desk.sandbox.control("POST", "faults", Some(denied));
    let plan = desk.deploy(&["plan", "--output", "json"]);
    assert!(
        plan.out.contains("allow ec2:DescribeVpcAttribute"),
        "{}{}",
        plan.out,
        plan.err
    );
}
