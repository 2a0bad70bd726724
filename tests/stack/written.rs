//! How a file may be written: line ends, names of variables, signs of numbers.

use ajuda::presets::parse;
use ajuda::stack::Value;

use crate::read;

const TEXT: &str = "[stack]\nname = \"chat\"\n[service.web]\nimage = \"web\"\n[service.web.environment]\n\
    BASIC = \"\"\"\nfirst\nsecond\n\"\"\"\nLITERAL = '''\nfirst\nsecond\n'''\n";

#[test]
fn text_of_several_lines_is_the_same_whatever_editor_saved_it() {
    let crlf = TEXT.replace('\n', "\r\n");
    let stack = read("deploy.toml", &crlf);
    for name in ["BASIC", "LITERAL"] {
        let value = stack.services["web"].environment.get(name);
        assert_eq!(
            value,
            Some(&Value::Text("first\nsecond\n".to_owned())),
            "{name}"
        );
    }
    assert_eq!(stack, read("deploy.toml", TEXT));
    // A carriage return that ends no line is still none that AWS takes.
    for written in ["\"a\\rb\"", "\"a\\r\\nb\""] {
        let source = format!("{TEXT}OTHER = {written}\n");
        let found = parse(&source, "deploy.toml").expect_err(written);
        assert!(
            found.to_string().contains("holds a control character"),
            "{found}"
        );
    }
}

#[test]
fn variables_may_have_dots_and_hyphens() {
    let file = |table: &str, name: &str, value: &str| {
        format!(
            "[stack]\nname = \"search\"\n[service.elastic]\nimage = \"elastic\"\n[service.elastic.{table}]\n\"{name}\" = {value}\n"
        )
    };
    for name in [
        "discovery.type",
        "xpack.security.enabled",
        "spring-profiles-active",
        "A",
    ] {
        read("deploy.toml", &file("environment", name, "\"x\""));
        read(
            "deploy.toml",
            &file("secrets", name, "{ env = \"ELASTIC\" }"),
        );
    }
    for name in ["1a", "a b", "a=b", ""] {
        assert!(
            parse(&file("environment", name, "\"x\""), "deploy.toml").is_err(),
            "{name}"
        );
    }
    // Where a shell must set it, it needs a name that shells take.
    let wrong = parse(&file("secrets", "a.b", "{ env = \"a.b\" }"), "deploy.toml");
    assert!(wrong.is_err_and(|found| {
        found
            .to_string()
            .contains("must be letters, digits and `_`, and")
    }));
    // A value that belongs among the secrets is told how to get there.
    let wrong = parse(
        &file("environment", "db.password", "\"hunter2hunter2\""),
        "deploy.toml",
    );
    let hint = wrong
        .expect_err("a password")
        .iter()
        .find_map(|problem| problem.hint.clone());
    assert!(hint.is_some_and(|hint| hint.ends_with("\"db.password\" = { env = \"DB_PASSWORD\" }")));
}

/// Every number of the documented file, which has every key there is.
#[test]
fn a_negative_number_is_never_read_as_a_positive_one() {
    let example = include_str!("../../deploy.example.toml");
    let mut numbers = 0;
    for (index, line) in example.lines().enumerate() {
        let number = line.trim_start_matches('#').split_once(" = ");
        let Some((key, value)) = number.filter(|(key, _)| !key.contains(' ')) else {
            continue;
        };
        // A number of its own, and those within an inline table.
        for (at, _) in value.match_indices(|c: char| c.is_ascii_digit()) {
            let before = value[..at].trim_end();
            if !(before.is_empty() || before.ends_with('=')) {
                continue;
            }
            let negative = format!("{key} = {}-{}", &value[..at], &value[at..]);
            let lines = example.lines().enumerate();
            let source: Vec<&str> = lines
                .map(|(other, line)| {
                    if other == index {
                        negative.as_str()
                    } else {
                        line
                    }
                })
                .collect();
            let found = parse(&source.join("\n"), "deploy.toml")
                .expect_err(&negative)
                .to_string();
            let place = format!("deploy.toml:{}:", index + 1);
            let refused = found
                .lines()
                .any(|line| line.starts_with(&place) && line.contains("is out of range"));
            assert!(refused || line.starts_with('#'), "{negative}: {found}");
            numbers += usize::from(refused);
        }
    }
    assert!(numbers >= 25, "only {numbers} numbers were tried");
}
