//! Every check of the list has a test of the binary that sees it pass, and one that sees it tell of something.

use ajuda::check::CHECKS;

/// The tests that run checks.
const TESTS: &[&str] = &[
    include_str!("check.rs"),
    include_str!("check_account.rs"),
    include_str!("check_images.rs"),
    include_str!("check_live.rs"),
    include_str!("check_named.rs"),
];

/// Those of one check alone.
const OF_ONE: &str = include_str!("../push/elsewhere.rs");

/// Checks that a test of the binary cannot see pass, and why.
const SILENT: &[(&str, &str)] = &[
    ("changes", "it says nothing where all is well"),
    (
        "hosted-zone",
        "no public DNS knows of the sandbox, so that it is skipped: `src/check/hosted_zone.rs` has its tests",
    ),
];

/// Checks that a test of the binary cannot see fail, and why.
const HARMLESS: &[(&str, &str)] = &[(
    "hosted-zone",
    "no public DNS knows of the sandbox: `src/check/hosted_zone.rs` has its tests",
)];

/// Whether a test names the check and a finding of one of these levels.
fn seen(check: &str, levels: &[&str]) -> bool {
    let name = format!("\"{check}\"");
    let tests = TESTS.iter().flat_map(|text| text.split("#[test]"));
    let mut tests = tests.chain([OF_ONE]);
    let tells = |test: &str, level: &str| {
        let (word, line) = (format!("\"{level}"), format!("{level:<9}{check}"));
        (test.contains(&name) && test.contains(&word)) || test.contains(&line)
    };
    tests.any(|test| levels.iter().any(|level| tells(test, level)))
}

#[test]
fn every_check_has_a_case_that_passes_and_one_that_does_not() {
    for check in CHECKS {
        let excused = |list: &[(&str, &str)]| list.iter().any(|(name, _)| *name == check.name);
        let passes = seen(check.name, &["ok"]);
        assert!(
            passes != excused(SILENT),
            "{}: a test that sees it pass: {passes}",
            check.name
        );
        let tells = seen(check.name, &["warn", "fail"]);
        assert!(
            tells != excused(HARMLESS),
            "{}: a test that sees it warn or fail: {tells}",
            check.name
        );
    }
}
