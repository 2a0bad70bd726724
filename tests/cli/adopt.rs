//! The guide's hand-made deployment, taken over: tags alone first, then everything by `up`, and
//! nothing that holds data is made anew.

use std::sync::Arc;

use ajuda::aws::Cloud;
use serde_json::Value;

use crate::binary::Desk;
use crate::support::by_hand;
use crate::support::lease::is_of_lease;

pub async fn desk() -> (Desk, Arc<Cloud>) {
    let desk = Desk::with("");
    let cloud = desk.sandbox.cloud("by-hand").await;
    by_hand::deploy(&desk.sandbox, &cloud).await;
    desk.write(&by_hand::file(&cloud).await);
    (desk, cloud)
}

/// The operations that changed something since the record was cleared, the lease's aside.
fn changing(desk: &Desk) -> Vec<String> {
    let record = desk.sandbox.control("GET", "requests", None);
    let all = record.as_array().unwrap();
    let mut names: Vec<String> = all
        .iter()
        .filter(|one| one["reading"] == false && !is_of_lease(one))
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
    let panel =
        "after `ajuda deploy up --sandbox` the file configures open-webui, not its admin panel";
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
    assert_eq!(changing(&desk), tags);
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
    assert_eq!(changing(&desk), [""; 0]);
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
    assert_eq!(changing(&desk), [""; 0]);
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

/// A version of Open WebUI has an order of its own, which begins with what the tags of its service say.
#[tokio::test]
async fn another_version_of_a_service_is_for_up_after_adopt() {
    let desk = Desk::deployed_copy("examples/sandbox.toml");
    let cloud = desk.sandbox.cloud("open-webui").await;
    let image = serde_json::json!({ "image": "ajuda-digital:v2", "behaviour": "ok" });
    desk.sandbox.control("POST", "images", Some(image));
    let services = cloud.ecs.describe_services().cluster("open-webui-cluster");
    let service = services.services("open-webui-open-webui").send().await;
    let arn = service.unwrap().services()[0].service_arn.clone().unwrap();
    let bare = cloud.ecs.untag_resource().resource_arn(arn);
    let bare = bare.tag_keys("ajuda:stack").tag_keys("ajuda:address");
    bare.send().await.unwrap();

    desk.sandbox.control("DELETE", "requests", None);
    let (up, adopt) = (["up", "--yes", "--image", "v2"], "service/open-webui");
    let refused = desk.deploy(&[&up[..], &["--adopt", adopt]].concat());
    assert_eq!(refused.code, 3, "{}", refused.err);
    for said in [
        "service/open-webui is not adopted yet, and its image changes",
        "`ajuda deploy adopt --sandbox service/open-webui`, then `ajuda deploy up --sandbox`",
    ] {
        assert!(refused.err.contains(said), "`{said}` in {}", refused.err);
    }
    assert_eq!(changing(&desk), [""; 0]);

    let adopted = desk.deploy(&["adopt", adopt, "--yes"]);
    assert_eq!(adopted.code, 0, "{}", adopted.err);
    let done = desk.deploy(&up);
    assert_eq!(done.code, 0, "{}", done.err);
    let order = "a snapshot of the database";
    assert!(done.err.contains(order), "{}", done.err);
}

/// What was typed by hand runs a family that is not the stack's: the first revision of the stack's own family is
/// another version all the same, which must not meet the old one at the database.
#[tokio::test]
async fn another_version_of_what_was_deployed_by_hand_comes_in_its_own_order() {
    let (desk, _) = desk().await;
    let image = serde_json::json!({ "image": "ajuda-digital:v2", "behaviour": "ok" });
    desk.sandbox.control("POST", "images", Some(image));
    let adopted = desk.deploy(&["adopt", "repository/ajuda-digital", "--yes"]);
    assert_eq!(adopted.code, 0, "{}", adopted.err);
    let plan = desk.deploy(&["plan", "--image", "v2"]);
    assert_eq!(plan.code, 0, "{}", plan.err);
    desk.sandbox.control("DELETE", "requests", None);
    let done = desk.deploy(&["up", "--yes", "--image", "v2"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(
        done.err.contains("a snapshot of the database"),
        "{}",
        done.err
    );
    let changed = changing(&desk);
    assert!(
        changed.contains(&"rds:CreateDBSnapshot".to_owned()),
        "{changed:?}"
    );
}
