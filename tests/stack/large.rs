//! Files as large as may be, made to keep whoever reads them busy: each ends soon, in few words.

use ajuda::presets::parse;
use ajuda::render::problems::problems;

/// As many bytes as a stack file may have.
const MOST: usize = 1024 * 1024;

/// A file of this beginning and as many of these pieces as a quarter of that has room for, then this
/// end: what is quadratic takes hours even so.
fn full(start: &str, piece: impl Fn(usize) -> String, end: &str) -> String {
    fill(MOST / 4, start, piece, end)
}

fn fill(most: usize, start: &str, piece: impl Fn(usize) -> String, end: &str) -> String {
    let mut text = start.to_owned();
    for number in 0.. {
        let next = piece(number);
        if text.len() + next.len() + end.len() > most {
            break;
        }
        text.push_str(&next);
    }
    text + end
}

/// A number in few letters.
fn letters(mut number: usize) -> String {
    let mut text = String::new();
    loop {
        text.push(char::from(b'a' + u8::try_from(number % 26).unwrap()));
        number /= 26;
        if number == 0 {
            return text;
        }
    }
}

/// Reads a file that is not right; gives how many problems it has.
fn refused(name: &str, source: &str) -> usize {
    let found = parse(source, name).expect_err(name);
    let drawn = problems(source, name, &found, false);
    assert!(
        found.iter().len() <= 50,
        "{name} shows {}",
        found.iter().len()
    );
    assert_eq!(
        found.to_string().lines().count(),
        found.iter().len(),
        "{name}"
    );
    assert!(
        drawn.len() < 256 * 1024,
        "{name} is drawn in {} bytes",
        drawn.len()
    );
    found.count()
}

#[test]
fn hundreds_of_thousands_of_unknown_keys_are_counted_and_fifty_shown() {
    let source = fill(MOST, "", |number| format!("{}=1\n", letters(number)), "");
    let lines = source.lines().count();
    assert!(lines > 150_000, "{lines}");
    assert!(refused("keys", &source) >= lines);
    let source = full("x={", |number| format!("{}=1,", letters(number)), "z=1}");
    refused("one line", &source);
    let source = full(
        "[stack]\nx={",
        |number| format!("{}=1,", letters(number)),
        "z=1}",
    );
    refused("one line of a table", &source);
    let key = "k".repeat(MOST - 10);
    refused("one key", &format!("{key}=1"));
}

#[test]
fn what_is_no_toml_is_counted_and_fifty_shown() {
    for (name, piece) in [
        ("equals", "=\n"),
        ("no value", "a=\n"),
        ("equals in a line", "a="),
        ("brackets", "["),
        ("open tables", "{a="),
        ("headers", "[a\n"),
        ("quotes", "\"\n"),
        ("commas", ","),
        ("good and bad", "x.y=1\n=\n"),
        ("secrets", "token=a=b\n"),
    ] {
        refused(name, &full("", |_| piece.to_owned(), ""));
    }
}

#[test]
fn what_is_nested_is_refused_and_breaks_no_stack() {
    for (name, start, piece, end) in [
        ("dotted key", "a", ".a", "=1"),
        ("dotted header", "[a", ".a", "]"),
        ("arrays", "a=", "[", ""),
        ("tables", "a=", "{a=", ""),
        ("arrays of tables", "[[a", ".a", "]]"),
        ("dotted in a table", "a={a", ".a", "=1}"),
    ] {
        refused(name, &full(start, |_| piece.to_owned(), end));
    }
}

#[test]
fn thousands_of_tables_and_secrets_end_soon() {
    let stack = "[stack]\nname = \"chat\"\n";
    let service = |number| format!("[service.{}]\nimage=\"a\"\n", letters(number));
    refused("services", &full(stack, service, ""));
    let public = |number| {
        format!(
            "[service.{}]\nimage=\"a\"\nport=1\npublic=true\n",
            letters(number)
        )
    };
    refused("public services", &full(stack, public, ""));
    let key = |number| format!("{}=\"AKIAIOSFODNN7EXAMPLE\"\n", letters(number));
    refused("credentials", &full("", key, ""));
    refused("credentials of a table", &full("[stack]\n", key, ""));
    refused("twice", &full(stack, |_| "a=1\n".to_owned(), ""));
    let provider = |number| format!("[provider.{}]\nkey=\"s\"\n", letters(number));
    refused("providers", &full(stack, provider, ""));
    let variable = |number| format!("{}=1\n", letters(number).to_uppercase());
    refused(
        "variables",
        &full("[service.a.environment]\n", variable, ""),
    );
}
