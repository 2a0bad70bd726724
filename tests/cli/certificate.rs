//! A certificate that the file names by its ARN, checked before a load balancer is made for it.

use serde_json::json;

use crate::binary::{Desk, repository};

#[test]
fn a_certificate_that_no_load_balancer_takes_is_refused_at_its_place() {
    let desk = Desk::with("");
    let text = std::fs::read_to_string(repository("examples/domain.toml")).unwrap();
    let named =
        "arn:aws:acm:us-east-1:123456789012:certificate/1b2c3d4e-0000-4000-8000-123456789012";
    assert!(text.contains(named), "{text}");
    let names = json!({ "certificates": ["other.example.org", "chat.example.org"] });
    let made = desk.sandbox.control("POST", "seed", Some(names));
    let of = |name: &str| made["certificates"][name].as_str().unwrap().to_owned();
    for (arn, said) in [
        (
            named.to_owned(),
            "this certificate is not in this account and region",
        ),
        (
            of("other.example.org"),
            "this certificate is for other.example.org",
        ),
    ] {
        desk.write(&text.replace(named, &arn));
        let plan = desk.deploy(&["plan"]);
        assert_eq!(plan.code, 1, "{}{}", plan.out, plan.err);
        assert!(
            plan.err.contains("1 mistake in deploy.toml"),
            "{}",
            plan.err
        );
        assert!(
            plan.err.contains(said) && plan.err.contains(&arn),
            "{}",
            plan.err
        );
        // What is there is still looked at and removed.
        assert_eq!(desk.deploy(&["destroy", "--yes"]).code, 0);
    }
    desk.write(&text.replace(named, &of("chat.example.org")));
    let plan = desk.deploy(&["plan"]);
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);
}
