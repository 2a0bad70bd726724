//! `check` of images that stay in a registry elsewhere.

use serde_json::Value;

use crate::binary::Desk;
use crate::image::{Image, put_index};
use crate::registry::Registry;

fn file(reference: &str) -> String {
    format!(
        "[stack]\nname = \"shop\"\nregion = \"us-east-1\"\ndisposable = true\n[service.web]\nimage = \"{reference}\"\nport = 8080\n"
    )
}

/// How a check of the image ends, and what it says of it.
fn checked(desk: &Desk, reference: &str) -> (i32, String) {
    desk.write(&file(reference));
    let ended = desk.deploy(&["check", "--output", "json"]);
    let said: Value = serde_json::from_str(&ended.out)
        .unwrap_or_else(|error| panic!("{error}: {}{}", ended.out, ended.err));
    let mut all = said["findings"].as_array().unwrap().iter();
    let own = all.find(|one| one["check"] == "image-elsewhere").unwrap();
    let text = |key: &str| own[key].as_str().unwrap_or_default();
    assert_eq!(text("subject"), "service.web.image");
    (ended.code, format!("{}: {}", text("level"), text("reason")))
}

#[test]
fn an_image_elsewhere_is_there_and_for_the_processor_of_the_tasks() {
    let source = Registry::open();
    let (here, other) = (
        Image::new(1, "amd64", &[500]),
        Image::new(2, "arm64", &[500]),
    );
    here.put(&source, "app", "v1");
    other.put(&source, "app", "arm");
    put_index(&source, "app", "both", &[&here, &other]);
    let desk = Desk::with(&file("web:v1"));
    let of = |version: &str| format!("{}/app:{version}", source.host);
    let good = |version: &str| (0, format!("ok: {version} is built for amd64"));
    assert_eq!(checked(&desk, &of("v1")), good("v1"));
    assert_eq!(checked(&desk, &of("both")), good("both"));
    let (code, said) = checked(&desk, &of("arm"));
    assert_eq!(
        (code, said.as_str()),
        (3, "fail: arm is built for arm64, and the tasks are amd64")
    );
    let (code, said) = checked(&desk, &of("v9"));
    assert_eq!(code, 3);
    assert!(
        said.ends_with("/app:v9 is not there, so no task of it starts"),
        "{said}"
    );
}

/// What cannot be seen is not taken for missing.
#[test]
fn a_registry_that_does_not_tell_stops_nothing() {
    let closed = Registry::closed();
    let desk = Desk::with(&file("web:v1"));
    let (code, said) = checked(&desk, &format!("{}/app:v1", closed.host));
    assert_eq!(code, 0, "{said}");
    assert!(
        said.starts_with("skipped: ") && said.contains("could not be looked for"),
        "{said}"
    );
    // No test listens there.
    let (code, said) = checked(&desk, "127.0.0.1:1/app:v1");
    assert_eq!((code, said.starts_with("skipped: ")), (0, true), "{said}");
}
