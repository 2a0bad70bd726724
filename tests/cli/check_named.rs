//! `check` on what the file names and gives up: network, certificate, models, values, changes.

use serde_json::{Value, json};

use crate::binary::{Desk, repository, run};
use crate::check::{SHOP, check, of};
use crate::existing_network;

fn head(found: &[Value], check: &str) -> String {
    let said = of(found, check);
    said.first()
        .map_or_else(String::new, |(head, _)| head.clone())
}

#[test]
fn a_network_that_fits_passes_and_one_that_does_not_fails() {
    let desk = Desk::with("");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut theirs = runtime.block_on(async {
        let cloud = desk.sandbox.cloud("someone-else").await;
        existing_network::make(&cloud).await
    });
    desk.write(&existing_network::file(&theirs));
    let (code, found) = check(&desk);
    assert_eq!(code, 0, "{found:#?}");
    assert_eq!(head(&found, "network"), format!("ok {}", theirs.vpc));
    std::mem::swap(&mut theirs.public, &mut theirs.private);
    desk.write(&existing_network::file(&theirs));
    let (code, found) = check(&desk);
    let said = of(&found, "network");
    assert_eq!(code, 3, "{said:?}");
    assert!(
        said.iter()
            .any(|(head, _)| head.starts_with("fail network.")),
        "{said:?}"
    );
}

#[test]
fn a_certificate_for_the_domain_passes_and_one_for_another_fails() {
    let desk = Desk::with("");
    let text = std::fs::read_to_string(repository("examples/domain.toml")).unwrap();
    let named =
        "arn:aws:acm:us-east-1:123456789012:certificate/1b2c3d4e-0000-4000-8000-123456789012";
    let names = json!({ "certificates": ["other.example.org", "chat.example.org"] });
    let made = desk.sandbox.control("POST", "seed", Some(names));
    for (name, code, level) in [
        ("chat.example.org", 0, "ok"),
        ("other.example.org", 3, "fail"),
    ] {
        let arn = made["certificates"][name].as_str().unwrap();
        desk.write(&text.replace(named, arn));
        let (ended, found) = check(&desk);
        assert_eq!(ended, code, "{found:#?}");
        assert_eq!(
            head(&found, "certificate"),
            format!("{level} domain.certificate")
        );
    }
}

#[test]
fn a_model_that_bedrock_offers_passes_and_one_that_has_ended_is_warned_of() {
    let desk = Desk::copy("examples/sandbox.toml");
    let model = "us.anthropic.claude-sonnet-4-6";
    assert_eq!(head(&check(&desk).1, "models"), format!("ok {model}"));
    let ended =
        json!({ "status": "LEGACY", "legacyTime": "2001-01-01", "endOfLifeTime": "2001-07-01" });
    let states = json!({ "model": "anthropic.claude-sonnet-4-6", "lifecycle": ended });
    desk.sandbox.control("POST", "models", Some(states));
    let (code, found) = check(&desk);
    assert_eq!(code, 0, "the rest of the stack works: {found:#?}");
    assert_eq!(head(&found, "models"), format!("warn {model}"));
}

#[test]
fn a_value_that_is_in_the_environment_passes_and_one_that_is_not_fails() {
    let desk = Desk::with(&format!(
        "{SHOP}[service.web.secrets]\nKEY = {{ env = \"STRIPE_KEY\" }}\n"
    ));
    let (code, found) = check(&desk);
    assert_eq!(code, 0, "{found:#?}");
    assert_eq!(head(&found, "values"), "ok environment");
    let mut command = desk.command();
    let words = ["deploy", "check", "--sandbox", "--output", "json"];
    let ended = run(command.args(words));
    let said: Value = serde_json::from_str(&ended.out).unwrap();
    let said = of(said["findings"].as_array().unwrap(), "values");
    assert_eq!(ended.code, 3, "{said:?}");
    assert!(said[0].0.starts_with("fail secret/"), "{said:?}");
    assert!(said[0].1.contains("STRIPE_KEY"), "{said:?}");
}

#[test]
fn a_file_that_gives_nothing_up_passes() {
    let (_, found) = check(&Desk::copy("stacks/production.toml"));
    assert_eq!(head(&found, "file"), "ok the file");
    let (_, found) = check(&Desk::with(SHOP));
    assert_eq!(head(&found, "file"), "warn the file");
}

/// RDS grows a volume by a tenth at least. Where nothing is refused, nothing is said.
#[test]
fn a_change_that_rds_refuses_fails_before_it_is_asked() {
    let with = |gb: u32| {
        let class = "instance_class = \"db.t4g.micro\"\n";
        SHOP.replace(class, &format!("{class}storage_gb = {gb}\n"))
    };
    let desk = Desk::deployed(&with(30));
    let (code, found) = check(&desk);
    assert_eq!(
        (code, head(&found, "changes")),
        (0, String::new()),
        "{found:#?}"
    );
    desk.write(&with(31));
    let (code, found) = check(&desk);
    assert_eq!(code, 3, "{found:#?}");
    assert_eq!(head(&found, "changes"), "fail db-instance/main");
}
