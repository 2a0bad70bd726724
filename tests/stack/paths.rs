//! Paths of public services: the narrow one is asked first, and none hides another for ever.

use ajuda::presets::{parse, warnings};
use ajuda::stack::paths_in_order;

use crate::read;

/// A file of public services with their paths.
fn file(services: &[(&str, &[&str])]) -> String {
    let service = |(name, paths): &(&str, &[&str])| {
        let paths = match paths {
            [] => String::new(),
            paths => format!("paths = {paths:?}\n"),
        };
        format!("[service.{name}]\nimage = \"web\"\npublic = true\n{paths}")
    };
    let services: String = services.iter().map(service).collect();
    format!("[stack]\nname = \"shop\"\n[load_balancer]\nplain_http = true\n{services}")
}

fn order(services: &[(&str, &[&str])]) -> String {
    let stack = read("deploy.toml", &file(services));
    let (order, stuck) = paths_in_order(&stack);
    assert!(stuck.is_empty());
    let names: Vec<&str> = order.iter().map(|service| service.name.as_str()).collect();
    names.join(" ")
}

fn wrong(services: &[(&str, &[&str])]) -> String {
    let found = parse(&file(services), "deploy.toml");
    found.expect_err("paths that hide each other").to_string()
}

#[test]
fn the_narrow_pattern_is_asked_first_whatever_the_services_are_called() {
    assert_eq!(
        order(&[
            ("api", &["/api/*"]),
            ("billing", &["/api/billing/*"]),
            ("web", &[])
        ]),
        "billing api"
    );
    assert_eq!(
        order(&[("a", &["/*"]), ("b", &["/b/*"]), ("c", &["/b/c/*"])]),
        "c b a"
    );
    // What does not meet stays in the order of names.
    assert_eq!(
        order(&[("c", &["/c/*"]), ("a", &["/a/*"]), ("b", &["/b", "/b/*"])]),
        "a b c"
    );
}

#[test]
fn equal_patterns_are_refused() {
    let said = wrong(&[("api", &["/api/*"]), ("other", &["/api/**"])]);
    assert!(
        said.contains(":12:10: `/api/**` matches the same paths as `/api/*`"),
        "{said}"
    );
}

#[test]
fn a_pattern_that_leaves_nothing_for_the_rest_is_refused() {
    let said = wrong(&[("api", &["/*"]), ("web", &[])]);
    assert!(
        said.contains("`/*` takes every request, so none is left for `web`"),
        "{said}"
    );
    order(&[("api", &["/*"]), ("web", &["/web"])]);
}

#[test]
fn services_that_take_from_each_other_are_refused() {
    let said = wrong(&[("a", &["/x/*", "/y/z"]), ("b", &["/x/z", "/y/*"])]);
    assert!(
        said.contains("no order of rules serves these paths"),
        "{said}"
    );
    let said = wrong(&[
        ("a", &["/x/*", "/z/1"]),
        ("b", &["/x/1", "/y/*"]),
        ("c", &["/y/1", "/z/*"]),
    ]);
    assert!(
        said.contains("no order of rules serves these paths"),
        "{said}"
    );
}

#[test]
fn the_start_page_alone_is_warned_about() {
    let said = |paths: &[&str]| {
        let stack = read("deploy.toml", &file(&[("web", paths)]));
        warnings(&stack)
            .join("\n")
            .contains("is the start page alone")
    };
    assert!(said(&["/"]) && !said(&["/*"]) && !said(&[]));
}
