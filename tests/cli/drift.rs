//! Who changed what: the file or AWS, as `plan` tells it; and renamed addresses, which replace nothing.

use serde_json::Value;

use crate::binary::Desk;

/// Actions of a plan by address.
fn actions(desk: &Desk, words: &[&str]) -> Vec<Value> {
    let all = [words, &["--output", "json"]].concat();
    let plan = desk.deploy(&all);
    assert_eq!(plan.code, 0, "{plan:?}");
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    plan["actions"].as_array().unwrap().clone()
}

/// `address path cause`, a line for each field that differs.
fn causes(actions: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for action in actions {
        for change in action["changes"].as_array().unwrap() {
            let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            lines.push(format!(
                "{} {} {}",
                word(&action["address"]),
                word(&change["path"]),
                word(&change["cause"])
            ));
        }
    }
    lines.sort();
    lines
}

#[tokio::test]
async fn a_plan_says_who_changed_what() {
    let desk = Desk::copy("examples/sandbox.toml");
    let none = desk.deploy(&["plan", "--refresh-only"]);
    assert_eq!(none.code, 1, "{none:?}");
    assert!(none.err.contains("is not there"), "{}", none.err);
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{up:?}");
    assert!(actions(&desk, &["plan"]).is_empty());
    let calm = desk.deploy(&["plan", "--refresh-only", "--detailed-exitcode"]);
    assert_eq!(calm.code, 0, "{calm:?}");
    assert!(calm.out.contains("no drift"), "{}", calm.out);

    // Somebody changes AWS: the retention of one group, and the idle timeout of the balancer.
    let cloud = desk.sandbox.cloud("by-hand").await;
    let groups = cloud.logs.describe_log_groups().send().await.unwrap();
    let group = groups
        .log_groups()
        .iter()
        .filter_map(|group| group.log_group_name())
        .find(|name| name.ends_with("/bedrock-gateway"))
        .unwrap()
        .to_owned();
    let retention = cloud.logs.put_retention_policy().log_group_name(&group);
    retention.retention_in_days(400).send().await.unwrap();
    assert_eq!(
        causes(&actions(&desk, &["plan"])),
        ["log-group/bedrock-gateway retention_days aws"]
    );

    // The file changes too: what AWS has of the others is what was applied.
    let text = desk.text();
    desk.write(&format!("{text}\n[logs]\ndays = 7\n"));
    let both = causes(&actions(&desk, &["plan"]));
    let expected = |address: &str, cause: &str| format!("{address} retention_days {cause}");
    assert!(
        both.contains(&expected("log-group/bedrock-gateway", "both")),
        "{both:?}"
    );
    assert!(
        both.contains(&expected("log-group/open-webui", "file")),
        "{both:?}"
    );
    assert_eq!(
        causes(&actions(&desk, &["plan", "--refresh-only"])),
        [expected("log-group/bedrock-gateway", "both")]
    );
    let shown = desk.deploy(&["plan"]);
    let line = "retention_days  400 → 7  (changed in the file and on AWS)";
    assert!(shown.out.contains(line), "{}", shown.out);
    let drift = desk.deploy(&["plan", "--refresh-only", "--detailed-exitcode"]);
    assert_eq!(drift.code, 2, "{drift:?}");
    assert!(
        drift.out.contains("drift: 1 differ on AWS"),
        "{}",
        drift.out
    );

    // What was applied is noted anew with every change.
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{up:?}");
    let retention = cloud.logs.put_retention_policy().log_group_name(&group);
    retention.retention_in_days(30).send().await.unwrap();
    assert_eq!(
        causes(&actions(&desk, &["plan"])),
        ["log-group/bedrock-gateway retention_days aws"]
    );

    // Where nothing was noted, nothing is claimed.
    let arn = cloud.place.arn("logs", &format!("log-group:{group}"));
    let untag = cloud.logs.untag_resource().resource_arn(arn);
    untag.tag_keys("ajuda:applied").send().await.unwrap();
    assert_eq!(
        causes(&actions(&desk, &["plan"])),
        ["log-group/bedrock-gateway retention_days unknown"]
    );
    let delete = cloud.logs.delete_log_group().log_group_name(&group);
    delete.send().await.unwrap();
    let gone = desk.deploy(&["plan", "--refresh-only"]);
    assert!(
        gone.out.contains("+ log-group/bedrock-gateway"),
        "{}",
        gone.out
    );
    assert!(
        gone.out.contains("deleted outside of ajuda"),
        "{}",
        gone.out
    );
}

#[test]
fn a_renamed_service_is_the_same_service() {
    let desk = Desk::deployed_copy("examples/any-web-app.toml");
    let ids = |desk: &Desk| {
        let all = desk.sandbox.inventory();
        let names = |service: &str, kind: &str| -> Vec<String> {
            let objects = all[service][kind].as_object().unwrap();
            objects.keys().cloned().collect()
        };
        [
            names("ecs", "services"),
            names("iam", "roles"),
            names("logs", "groups"),
            names("secretsmanager", "secrets"),
            names("ec2", "security-groups"),
            names("ec2", "security-group-rules"),
            names("elasticloadbalancing", "target-groups"),
            names("rds", "instances"),
            names("monitoring", "alarms"),
        ]
    };
    let before = ids(&desk);

    let text = desk.text().replace("[service.web]", "[service.front]");
    desk.write(&format!(
        "{text}\n[moved]\n\"service/web\" = \"service/front\"\n"
    ));
    for action in actions(&desk, &["plan"]) {
        let what = action["action"].as_str().unwrap();
        assert!(what == "update" || what == "later", "{action}");
    }
    let shown = desk.deploy(&["plan"]);
    assert!(
        shown.out.contains("~ service/front  was service/web"),
        "{}",
        shown.out
    );
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{up:?}");
    assert_eq!(ids(&desk), before);
    for text in [desk.text(), text] {
        desk.write(&text);
        let steady = desk.deploy(&["plan", "--detailed-exitcode"]);
        assert_eq!(steady.code, 0, "{steady:?}");
    }
}

#[test]
fn a_move_that_cannot_be_is_refused_at_its_place() {
    let desk = Desk::copy("examples/any-web-app.toml");
    let text = desk.text();
    desk.write(&format!(
        "{text}\n[moved]\n\"service/old\" = \"service/wbe\"\n\"service/web\" = \"service/web2\"\n\
         \"role/web-task\" = \"service/web\"\n"
    ));
    let wrong = desk.deploy(&["plan"]);
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert!(wrong.err.contains("changes its kind"), "{}", wrong.err);
    desk.write(&format!(
        "{text}\n[moved]\n\"service/old\" = \"service/wbe\"\n\"role/web-task\" = \"role/web-execution\"\n"
    ));
    let wrong = desk.deploy(&["plan"]);
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert!(
        wrong.err.contains("did you mean \"service/web\"?"),
        "{}",
        wrong.err
    );
    assert!(
        wrong.err.contains("`role/web-task` is still declared"),
        "{}",
        wrong.err
    );
}

/// Renamed, and back under the old name without a word: the names are taken by what the stack has under
/// the new one. Nothing is begun that could only fail half-way.
#[test]
fn a_name_that_was_given_away_is_said_before_anything_is_made() {
    let web = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\ndisposable = true\n[service.web]\nimage = \"web\"\nport = 8080\npublic = true\n";
    let front = web.replace("service.web", "service.front");
    let desk = Desk::with(web);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    desk.write(&format!(
        "{front}[moved]\n\"service/web\" = \"service/front\"\n"
    ));
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    let before = desk.sandbox.inventory();
    desk.write(web);
    let back = desk.deploy(&["up", "--yes"]);
    assert_eq!(back.code, 3, "{}", back.err);
    assert!(back.err.contains("under [moved]"), "{}", back.err);
    let names = |all: &Value| -> Vec<String> {
        let roles = all["iam"]["roles"].as_object().unwrap().keys();
        roles.cloned().collect()
    };
    assert_eq!(names(&desk.sandbox.inventory()), names(&before));
    desk.write(&format!(
        "{web}[moved]\n\"service/front\" = \"service/web\"\n"
    ));
    let said = desk.deploy(&["up", "--yes"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(desk.deploy(&["plan", "--detailed-exitcode"]).code, 0);
    let destroy = desk.deploy(&["destroy", "--yes"]);
    assert_eq!(destroy.code, 0, "{}", destroy.err);
    let left = desk.sandbox.ecs()["task-definitions"].clone();
    assert_eq!(left, serde_json::json!({}), "no revision stays");
}
