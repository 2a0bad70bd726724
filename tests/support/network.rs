//! A network as whoever owns it makes it, without the tool.

use ajuda::aws::Cloud;

/// Leads the subnets of a VPC to the internet: public ones by an internet gateway, private ones by a NAT gateway.
pub async fn lead_out(cloud: &Cloud, vpc: &str, public: &[String], private: &[String]) {
    let ec2 = &cloud.ec2;
    let gateway = ec2.create_internet_gateway().send().await.unwrap();
    let gateway = gateway.internet_gateway.unwrap();
    let gateway = gateway.internet_gateway_id.unwrap();
    let attached = ec2.attach_internet_gateway().vpc_id(vpc);
    let attached = attached.internet_gateway_id(&gateway).send().await;
    attached.unwrap();
    let nat = ec2.create_nat_gateway().subnet_id(&public[0]);
    let address = ec2.allocate_address().send().await.unwrap();
    let nat = nat.allocation_id(address.allocation_id.unwrap());
    let nat = nat.send().await.unwrap().nat_gateway.unwrap();
    let nat = nat.nat_gateway_id.unwrap();
    for (subnets, target) in [(public, &gateway), (private, &nat)] {
        let table = ec2.create_route_table().vpc_id(vpc).send().await.unwrap();
        let table = table.route_table.unwrap().route_table_id.unwrap();
        let route = ec2.create_route().route_table_id(&table);
        let route = route.destination_cidr_block("0.0.0.0/0");
        let route = match target.starts_with("igw-") {
            true => route.gateway_id(target),
            false => route.nat_gateway_id(target),
        };
        route.send().await.unwrap();
        for subnet in subnets {
            let associated = ec2.associate_route_table().route_table_id(&table);
            associated.subnet_id(subnet).send().await.unwrap();
        }
    }
}
