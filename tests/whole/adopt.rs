//! The guide's hand-made deployment, taken over: tags alone first, then everything by `up`, and
//! nothing that holds data is made anew.

use std::sync::Arc;

use ajuda::aws::Cloud;
use serde_json::{Value, json};

use crate::binary::{Desk, repository};
use crate::existing_network;

/// The file of docs/adopting.md, in the network that the sandbox's account begins with.
async fn file(cloud: &Cloud) -> String {
    let guide = std::fs::read_to_string(repository("docs/adopting.md")).unwrap();
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
        existing_network::lead_out(cloud, &vpc, &subnets[..2], &subnets[2..4]).await;
    }
    (vpc, subnets)
}

/// What the guide's commands leave, `ajuda-digital` with an image in it.
async fn by_hand(desk: &Desk, cloud: &Cloud) {
    desk.sandbox.control(
        "POST",
        "day-one",
        Some(json!({ "zones": [], "images": ["ajuda-digital:latest", "bedrock-gateway:v1"] })),
    );
    network(cloud).await;
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "ecs-tasks.amazonaws.com" }, "Action": "sts:AssumeRole",
    }] })
    .to_string();
    for role in ["ecsTaskRole", "ecsTaskExecutionRole"] {
        let role = cloud.iam.create_role().role_name(role);
        role.assume_role_policy_document(&trust)
            .send()
            .await
            .unwrap();
    }
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Resource": "*",
        "Action": ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
    }] });
    let policy = cloud
        .iam
        .create_policy()
        .policy_name("BedrockAccessPolicy")
        .policy_document(policy.to_string());
    let policy = policy.send().await.unwrap().policy.unwrap();
    cloud
        .iam
        .attach_role_policy()
        .role_name("ecsTaskRole")
        .policy_arn(policy.arn().unwrap())
        .send()
        .await
        .unwrap();
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

pub async fn desk() -> (Desk, Arc<Cloud>) {
    let desk = Desk::with("");
    let cloud = desk.sandbox.cloud("by-hand").await;
    by_hand(&desk, &cloud).await;
    desk.write(&file(&cloud).await);
    (desk, cloud)
}

/// What holding the lease of a stack changes.
const LEASE: &[&str] = &["logs:CreateLogGroup", "logs:DeleteLogGroup"];

/// The operations that changed something since the record was cleared.
fn changing(desk: &Desk) -> Vec<String> {
    let record = desk.sandbox.control("GET", "requests", None);
    let all = record.as_array().unwrap();
    let mut names: Vec<String> = all
        .iter()
        .filter(|one| one["reading"] == false)
        .map(|one| format!("{}:{}", one["service"], one["operation"]).replace('"', ""))
        .collect();
    names.sort();
    names.dedup();
    names
}

#[tokio::test]
async fn the_guides_deployment_becomes_a_stack() {
    let (desk, cloud) = desk().await;
    let refused = desk.deploy(&["up", "--yes", "--image", "latest"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(refused.err.contains("`ajuda-prod`"), "{}", refused.err);
    let next = "`ajuda deploy adopt --sandbox repository/ajuda-digital`";
    assert!(refused.err.contains(next), "{}", refused.err);

    desk.sandbox.control("DELETE", "requests", None);
    let adopted = desk.deploy(&["adopt", "repository/ajuda-digital", "--yes"]);
    assert_eq!(adopted.code, 0, "{adopted:?}");
    for taken in [
        "cluster/main  takes over `open-webui-cluster`",
        "service/open-webui  takes over `open-webui-service`",
        "service/bedrock-gateway  takes over `bedrock-gateway-service`",
        "role/bedrock-gateway-task  takes over `ecsTaskRole`",
        "role/bedrock-gateway-execution  takes over `ecsTaskExecutionRole`",
        "log-group/open-webui  takes over `/ecs/open-webui`",
        "db-instance/main  takes over `ajuda-prod`",
        "bucket/uploads  takes over `ajuda-digital-files`",
        "repository/ajuda-digital  takes over `ajuda-digital`",
    ] {
        assert!(adopted.err.contains(taken), "{taken}: {}", adopted.err);
    }
    assert_eq!(
        adopted.err.matches("the origin is unknown").count(),
        1,
        "{}",
        adopted.err
    );
    let panel = "after `up` the file configures open-webui, not its admin panel";
    assert!(adopted.err.contains(panel), "{}", adopted.err);
    // Field by field: what `up` would change.
    assert!(
        adopted.err.contains("multi_az  false → true"),
        "{}",
        adopted.err
    );
    let tags = [
        "ecr:TagResource",
        "ecs:TagResource",
        "iam:TagRole",
        "logs:TagResource",
        "rds:AddTagsToResource",
        "s3:PutBucketTagging",
    ];
    let mut allowed = [LEASE, &tags[..]].concat();
    allowed.sort_unstable();
    assert_eq!(changing(&desk), allowed);
    let again = desk.deploy(&["adopt", "repository/ajuda-digital", "--yes"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.err.contains("nothing to adopt"), "{}", again.err);

    let plan = desk.deploy(&["plan", "--image", "latest", "--output", "json"]);
    assert_eq!(plan.code, 0, "{plan:?}");
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    let endangered: Vec<&Value> = plan["actions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["holds_data"] == true)
        .filter(|one| one["action"] == "replace" || one["action"] == "delete")
        .collect();
    assert!(endangered.is_empty(), "{endangered:#?}");

    let up = desk.deploy(&["up", "--yes", "--image", "latest"]);
    assert_eq!(up.code, 0, "{up:?}");
    let steady = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(steady.code, 0, "{steady:?}");
    let databases = cloud.rds.describe_db_instances().send().await.unwrap();
    let databases = databases.db_instances();
    assert_eq!(databases.len(), 1);
    assert_eq!(databases[0].db_instance_identifier(), Some("ajuda-prod"));
    let clusters = cloud.ecs.list_clusters().send().await.unwrap();
    assert_eq!(clusters.cluster_arns().len(), 1);

    // Names are kept without the mapping, but for the bucket, which is found by its name.
    let text = desk.text();
    let (head, _) = text.split_once("[adopt]").unwrap();
    desk.write(&format!(
        "{head}[adopt]\n\"bucket/uploads\" = \"ajuda-digital-files\"\n\
         \"log-group/database-postgresql\" = \"/aws/rds/instance/ajuda-prod/postgresql\"\n\
         \"log-group/container-insights\" = \"/aws/ecs/containerinsights/open-webui-cluster/performance\"\n"
    ));
    let kept = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(kept.code, 0, "{kept:?}");
    // And what asks for them by name finds them.
    let status = desk.deploy(&["status", "--output", "json"]);
    assert_eq!(status.code, 0, "{status:?}");
    let status: Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!(status["database"]["identifier"], "ajuda-prod");
    for words in [
        &["logs", "open-webui"][..],
        &["db", "status"],
        &["db", "backups"],
    ] {
        let ended = desk.deploy(words);
        assert_eq!(ended.code, 0, "{words:?}: {ended:?}");
    }
    // Without a plugin it cannot open a session: that it gets there is enough.
    let exec = desk.deploy(&["exec", "--service", "open-webui"]);
    assert!(!exec.err.contains("is not there"), "{exec:?}");
    // Nothing is stopped that could not be started again.
    desk.sandbox.control("DELETE", "requests", None);
    let words = ["db", "restore", "--to-time", "latest", "--yes"];
    let refused = desk.deploy(&words);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(
        refused
            .err
            .contains("service/open-webui: `open-webui-service`"),
        "{}",
        refused.err
    );
    let all = desk.sandbox.control("GET", "requests", None);
    let mut all = all.as_array().unwrap().iter();
    let changing = all.find(|call| call["reading"] == false && call["service"] != "logs");
    assert!(changing.is_none(), "{changing:?}");
    // The set-up task logs in to the database, which names its log groups: all of them may be changed.
    desk.write(&format!(
        "{head}[adopt]\n\"bucket/uploads\" = \"ajuda-digital-files\"\n\
         \"service/open-webui\" = \"open-webui-service\"\n\
         \"service/bedrock-gateway\" = \"bedrock-gateway-service\"\n\
         \"log-group/container-insights\" = \"/aws/ecs/containerinsights/open-webui-cluster/performance\"\n"
    ));
    let restore = desk.deploy(&words);
    assert_eq!(restore.code, 0, "{restore:?}");
    let kept = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(kept.code, 0, "{kept:?}");
}

#[tokio::test]
async fn what_holds_data_is_never_adopted_to_be_replaced() {
    let (desk, _) = desk().await;
    desk.write(&desk.text().replace("name = \"webui\"\n", ""));
    desk.sandbox.control("DELETE", "requests", None);
    let refused = desk.deploy(&["adopt", "--yes"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    let said = "db-instance/main: name is \"webui\" and the file says \"openwebui\"";
    assert!(refused.err.contains(said), "{}", refused.err);
    assert_eq!(changing(&desk), LEASE);
}

#[tokio::test]
async fn a_name_that_nothing_bears_is_refused_before_something_is_made_of_it() {
    let (desk, _) = desk().await;
    desk.write(&desk.text().replace("ajuda-prod", "ajuda-prdo"));
    desk.sandbox.control("DELETE", "requests", None);
    for words in [&["plan"][..], &["adopt", "--yes"], &["up", "--yes"]] {
        let refused = desk.deploy(words);
        assert_eq!(refused.code, 3, "{refused:?}");
        assert!(
            refused.err.contains("db-instance/main: "),
            "{}",
            refused.err
        );
    }
    desk.write(&desk.text().replace("\"cluster/main\"", "\"clutser/main\""));
    let wrong = desk.deploy(&["plan"]);
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert!(
        wrong.err.contains("did you mean \"cluster/main\"?"),
        "{}",
        wrong.err
    );
    assert_eq!(changing(&desk), LEASE);
}

#[tokio::test]
async fn up_takes_over_on_the_way_what_it_is_told_to() {
    let desk = Desk::copy("examples/private-worker.toml");
    desk.deploy(&["plan"]);
    let cloud = desk.sandbox.cloud("by-hand").await;
    let group = cloud.logs.create_log_group();
    group
        .log_group_name("/ecs/jobs/worker")
        .send()
        .await
        .unwrap();
    let refused = desk.deploy(&["up", "--yes"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    let next = "`ajuda deploy adopt --sandbox log-group/worker`";
    assert!(refused.err.contains(next), "{}", refused.err);

    let shown = desk.deploy(&["plan", "--adopt", "log-group/worker"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let taken = "~ log-group/worker  takes over `/ecs/jobs/worker`";
    assert!(shown.out.contains(taken), "{}", shown.out);
    assert!(shown.out.contains("retention_days"), "{}", shown.out);
    let wrong = desk.deploy(&["up", "--yes", "--adopt", "log-group/api"]);
    assert_eq!(wrong.code, 3, "{wrong:?}");
    assert!(
        wrong.err.contains("nothing on AWS bears its name"),
        "{}",
        wrong.err
    );

    let up = desk.deploy(&["up", "--yes", "--adopt", "log-group/worker"]);
    assert_eq!(up.code, 0, "{up:?}");
    let steady = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(steady.code, 0, "{steady:?}");
    let groups = cloud.logs.describe_log_groups().send().await.unwrap();
    let named = |group: &&aws_sdk_cloudwatchlogs::types::LogGroup| {
        group.log_group_name() == Some("/ecs/jobs/worker")
    };
    assert_eq!(groups.log_groups().iter().filter(named).count(), 1);
}
