//! The guide's hand-made deployment, which nothing says to be a stack's: what `adopt` takes over.

use ajuda::aws::Cloud;
use serde_json::json;

use super::network::lead_out;
use super::sandbox::Sandbox;

/// The file of docs/adopting.md, in the network that the sandbox's account begins with.
pub async fn file(cloud: &Cloud) -> String {
    let guide = include_str!("../../docs/adopting.md");
    let file = guide.split("```toml\n").nth(1).unwrap();
    let file = file.split("```").next().unwrap();
    let (vpc, subnets) = network(cloud).await;
    let ids = |from: usize| format!("\"{}\", \"{}\"", subnets[from], subnets[from + 1]);
    file.replace("vpc-0123456789abcdef0", &vpc)
        .replace("\"subnet-0aaa\", \"subnet-0bbb\"", &ids(0))
        .replace("\"subnet-0ccc\", \"subnet-0ddd\"", &ids(2))
}

/// The account's VPC and its subnets by zone, of which two are public and two private: moto's lead nowhere.
async fn network(cloud: &Cloud) -> (String, Vec<String>) {
    let vpcs = cloud.ec2.describe_vpcs().send().await.unwrap();
    let vpc = vpcs.vpcs()[0].vpc_id().unwrap().to_owned();
    let subnets = cloud.ec2.describe_subnets().send().await.unwrap();
    let mut subnets: Vec<(String, String)> = subnets
        .subnets()
        .iter()
        .map(|subnet| {
            let zone = subnet.availability_zone().unwrap().to_owned();
            (zone, subnet.subnet_id().unwrap().to_owned())
        })
        .collect();
    subnets.sort();
    let subnets: Vec<String> = subnets.into_iter().map(|(_, id)| id).collect();
    let gateways = cloud.ec2.describe_internet_gateways().send().await.unwrap();
    if gateways.internet_gateways().is_empty() {
        lead_out(cloud, &vpc, &subnets[..2], &subnets[2..4]).await;
    }
    (vpc, subnets)
}

/// Runs the guide's commands: what they leave, `ajuda-digital` with an image in it.
pub async fn deploy(sandbox: &Sandbox, cloud: &Cloud) {
    sandbox.control(
        "POST",
        "seed",
        Some(json!({ "zones": [], "images": ["ajuda-digital:latest", "bedrock-gateway:v1"] })),
    );
    network(cloud).await;
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "ecs-tasks.amazonaws.com" }, "Action": "sts:AssumeRole",
    }] })
    .to_string();
    // What AmazonECSTaskExecutionRolePolicy allows, or no task starts: "Amazon ECS task execution IAM role".
    let execution = [
        "ecr:GetAuthorizationToken",
        "ecr:BatchCheckLayerAvailability",
        "ecr:GetDownloadUrlForLayer",
        "ecr:BatchGetImage",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    ];
    let bedrock = [
        "bedrock:InvokeModel",
        "bedrock:InvokeModelWithResponseStream",
    ];
    for (name, policy, actions) in [
        ("ecsTaskRole", "BedrockAccessPolicy", &bedrock[..]),
        ("ecsTaskExecutionRole", "TaskExecutionPolicy", &execution),
    ] {
        let role = cloud.iam.create_role().role_name(name);
        let role = role.assume_role_policy_document(&trust).send();
        role.await.unwrap();
        let document = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Resource": "*", "Action": actions },
        ] });
        let policy = cloud.iam.create_policy().policy_name(policy);
        let policy = policy.policy_document(document.to_string()).send();
        let policy = policy.await.unwrap().policy.unwrap();
        let attached = cloud.iam.attach_role_policy().role_name(name);
        let attached = attached.policy_arn(policy.arn().unwrap()).send();
        attached.await.unwrap();
    }
    let repository = cloud.ecr.create_repository();
    let repository = repository.repository_name("ajuda-digital").send().await;
    repository.unwrap();
    for group in ["/ecs/open-webui", "/ecs/bedrock-gateway"] {
        let group = cloud.logs.create_log_group().log_group_name(group);
        group.send().await.unwrap();
    }
    let bucket = cloud.s3.create_bucket().bucket("ajuda-digital-files");
    bucket.send().await.unwrap();
    let database = cloud
        .rds
        .create_db_instance()
        .db_instance_identifier("ajuda-prod")
        .db_instance_class("db.r7g.large")
        .engine("postgres")
        .engine_version("16.10")
        .allocated_storage(200)
        .storage_type("gp3")
        .master_username("postgres")
        .master_user_password("typed-by-hand-1")
        .db_name("webui");
    database.send().await.unwrap();
    let cluster = cloud
        .ecs
        .create_cluster()
        .cluster_name("open-webui-cluster");
    cluster.send().await.unwrap();
    let place = &cloud.place;
    for (service, image, port) in [
        ("open-webui", "ajuda-digital:latest", 8080),
        ("bedrock-gateway", "ajuda-digital:latest", 80),
    ] {
        let host = format!("{}.dkr.ecr.{}.amazonaws.com", place.account, place.region);
        let role = |name: &str| format!("arn:aws:iam::{}:role/{name}", place.account);
        let port = aws_sdk_ecs::types::PortMapping::builder().container_port(port);
        let container = aws_sdk_ecs::types::ContainerDefinition::builder()
            .name(service)
            .image(format!("{host}/{image}"))
            .port_mappings(port.build());
        cloud
            .ecs
            .register_task_definition()
            .family(format!("{service}-task"))
            .network_mode(aws_sdk_ecs::types::NetworkMode::Awsvpc)
            .requires_compatibilities(aws_sdk_ecs::types::Compatibility::Fargate)
            .cpu("512")
            .memory("1024")
            .execution_role_arn(role("ecsTaskExecutionRole"))
            .task_role_arn(role("ecsTaskRole"))
            .container_definitions(container.build())
            .send()
            .await
            .unwrap();
        let subnets = cloud.ec2.describe_subnets().send().await.unwrap();
        let network = aws_sdk_ecs::types::AwsVpcConfiguration::builder()
            .subnets(subnets.subnets()[0].subnet_id().unwrap())
            .assign_public_ip(aws_sdk_ecs::types::AssignPublicIp::Enabled)
            .build()
            .unwrap();
        cloud
            .ecs
            .create_service()
            .cluster("open-webui-cluster")
            .service_name(format!("{service}-service"))
            .task_definition(format!("{service}-task"))
            .desired_count(1)
            .launch_type(aws_sdk_ecs::types::LaunchType::Fargate)
            .network_configuration(
                aws_sdk_ecs::types::NetworkConfiguration::builder()
                    .awsvpc_configuration(network)
                    .build(),
            )
            .send()
            .await
            .unwrap();
    }
}
