//! One field that differs, in one line where it can be, and below it where only a part of it differs.

use std::fmt::Write;

use serde_json::Value;

use super::Detail;
use super::difference::{Difference, differences};
use crate::engine::{Cause, Change, known_later, text_of};
use crate::image_reference::{ImageReference, short_version};
use crate::render::Style;
use crate::resources::TaskDefinition;

/// How long a value on one line is at most, in characters.
const MOST: usize = 160;
/// What is kept of the equal text around a difference, in characters.
const AROUND: usize = 24;

pub(in crate::render) fn field(text: &mut String, change: &Change, detail: Detail, style: Style) {
    let path = &change.path;
    let who = change.cause.and_then(who);
    let who = who.map_or_else(String::new, |who| style.dim(format!("  ({who})")));
    if change.sensitive {
        let _ = writeln!(text, "      {path}  (sensitive, not shown){who}");
        return;
    }
    if let Some(secret) = TaskDefinition::SECRET_VERSIONS.entry(path) {
        let (before, after) = (version(&change.before), version(&change.after));
        let _ = writeln!(
            text,
            "      restart: secret {secret} changed  version {} → {}",
            style.bad(before),
            style.good(after)
        );
        return;
    }
    let _ = match (&change.before, &change.after) {
        (Value::Null, after) => {
            let after = style.good(value(after, detail));
            writeln!(text, "      {path}  {after}{who}")
        }
        (before, Value::Null) => {
            let before = style.bad(value(before, detail));
            writeln!(text, "      {path}  {before} → not set{who}")
        }
        (before, after) => match differences(before, after) {
            Some(parts) => {
                let _ = writeln!(text, "      {path}{who}");
                parts.iter().try_for_each(|part| {
                    writeln!(text, "        {}", part_of_it(part, detail, style))
                })
            }
            None => {
                let is_image = *path == TaskDefinition::IMAGE.path();
                let pair = match (before, after, detail) {
                    (Value::String(before), Value::String(after), Detail::Headline) if is_image => {
                        images(before, after, style)
                    }
                    _ => pair(before, after, detail, style),
                };
                writeln!(text, "      {path}  {pair}{who}")
            }
        },
    };
}

/// A version of a secret. One of Secrets Manager's own making is a UUID, and its beginning tells it apart.
fn version(value: &Value) -> String {
    let text = known_later(value).or_else(|| value.as_str());
    match text {
        Some(version) if version.len() == 36 && !version.contains(' ') => {
            version.chars().take(8).chain(['…']).collect()
        }
        Some(version) => version.to_owned(),
        None => "none".to_owned(),
    }
}

fn part_of_it(part: &Difference, detail: Detail, style: Style) -> String {
    let named = |path: &str| match path.is_empty() {
        true => String::new(),
        false => format!("{path}  "),
    };
    match part {
        Difference::Added(path, after) => {
            format!(
                "{}{}",
                named(path),
                style.good(format!("+ {}", value(after, detail)))
            )
        }
        Difference::Removed(path, before) => {
            format!(
                "{}{}",
                named(path),
                style.bad(format!("- {}", value(before, detail)))
            )
        }
        Difference::Changed(path, before, after) => {
            format!("{}{}", named(path), pair(before, after, detail, style))
        }
        Difference::Order(path) => format!("{}the same in another order", named(path)),
    }
}

/// Two images by as much as tells them apart: of one repository its name is not repeated, and of a digest the
/// beginning is enough.
fn images(before: &str, after: &str, style: Style) -> String {
    let (was, is) = (ImageReference::of(before), ImageReference::of(after));
    if let (Some(old), Some(new)) = (was.written_version(), is.written_version())
        && was.name == is.name
    {
        let (old, new) = (short_version(old), short_version(new));
        return format!("{} → {}", style.bad(old), style.good(new));
    }
    format!("{} → {}", style.bad(before), style.good(after))
}

/// Two values, the equal parts around what differs cut where they would hide it.
fn pair(before: &Value, after: &Value, detail: Detail, style: Style) -> String {
    let (mut before, mut after) = (full_text(before), full_text(after));
    let long = |text: &str| text.chars().count() > MOST;
    if detail == Detail::Headline && (long(&before) || long(&after)) {
        (before, after) = around(&before, &after);
        (before, after) = (cut(before), cut(after));
    }
    format!("{} → {}", style.bad(before), style.good(after))
}

/// What is left of two texts without the beginning and the end that they share.
fn around(before: &str, after: &str) -> (String, String) {
    let (one, other): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
    let shortest = one.len().min(other.len());
    let same = |pairs: &mut dyn Iterator<Item = (&char, &char)>| {
        pairs.take_while(|(one, other)| one == other).count()
    };
    let start = same(&mut one.iter().zip(&other));
    let end = same(&mut one.iter().rev().zip(other.iter().rev())).min(shortest - start);
    let (skip, drop) = (start.saturating_sub(AROUND), end.saturating_sub(AROUND));
    let part = |text: &[char]| {
        let mut part: String = text[skip..text.len() - drop].iter().collect();
        if skip > 0 {
            part.insert(0, '…');
        }
        if drop > 0 {
            part.push('…');
        }
        part
    };
    (part(&one), part(&other))
}

fn cut(text: String) -> String {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text,
    }
}

fn value(value: &Value, detail: Detail) -> String {
    let full_text = full_text(value);
    match detail {
        Detail::Full => full_text,
        Detail::Headline => cut(full_text),
    }
}

/// A value on one line, as it is written in JSON; what is not known yet in words.
fn full_text(value: &Value) -> String {
    if let Some(words) = known_later(value).or(text_of(value)) {
        return words.to_owned();
    }
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(full_text).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let key = |key: &String| Value::from(key.as_str());
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| format!("{}: {}", key(name), full_text(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A value among others on one line: text without quotation marks where nothing in it could mislead.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() && !text.contains([' ', ',', '"']) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        // A count that AWS takes as a floating-point number.
        Value::Number(number) => number.to_string().trim_end_matches(".0").to_owned(),
        other => match known_later(other).or(text_of(other)) {
            // The address alone: what is made anew names what is made with it.
            Some(words) => words.replace("(known after ", "").replace(')', ""),
            None => cut(full_text(other)),
        },
    }
}

/// Who made a field differ. That it is not known is said once, below the plan.
fn who(cause: Cause) -> Option<&'static str> {
    match cause {
        Cause::File => Some("changed in the file"),
        Cause::Aws => Some("changed on AWS"),
        Cause::Both => Some("changed in the file and on AWS"),
        Cause::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn drawn(before: Value, after: Value) -> String {
        let change = Change {
            path: "field".to_owned(),
            before,
            after,
            sensitive: false,
            replaces: false,
            unknown: false,
            cause: None,
        };
        let mut text = String::new();
        field(&mut text, &change, Detail::Headline, Style::PLAIN);
        text
    }

    #[test]
    fn of_a_list_only_what_came_and_went_is_shown() {
        assert_eq!(
            drawn(json!(["a", "b"]), json!(["b", "c"])),
            "      field\n        - \"a\"\n        + \"c\"\n"
        );
        assert_eq!(
            drawn(json!(["a", "b"]), json!(["b", "a"])),
            "      field\n        the same in another order\n"
        );
        assert_eq!(
            drawn(json!(["a", "a"]), json!(["a"])),
            "      field\n        - \"a\"\n"
        );
    }

    #[test]
    fn json_inside_of_a_text_is_compared_as_json() {
        let text = |models: &[&str]| {
            let document = json!({"0": {"enable": true, "model_ids": models}});
            Value::from(document.to_string())
        };
        assert_eq!(
            drawn(text(&["sonnet"]), text(&["sonnet", "nova-lite"])),
            "      field\n        0.model_ids  + \"nova-lite\"\n"
        );
    }

    #[test]
    fn statements_with_a_name_are_compared_with_their_namesake() {
        let statement = |sid: &str, action: &str| json!({"Sid": sid, "Action": [action]});
        assert_eq!(
            drawn(
                json!([statement("Read", "s3:Get*"), statement("Write", "s3:Put*")]),
                json!([statement("Read", "s3:Get*"), statement("Write", "s3:*")]),
            ),
            "      field\n        [Write].Action  - \"s3:Put*\"\n        [Write].Action  + \"s3:*\"\n"
        );
    }

    #[test]
    fn what_differs_late_in_a_long_text_is_not_cut_away() {
        let long = |end: &str| Value::from(format!("{}{end}", "x".repeat(400)));
        let line = drawn(long("one"), long("two"));
        assert!(
            line.contains("one\" → ") && line.contains("two\""),
            "{line}"
        );
        assert!(line.chars().count() < 2 * MOST, "{line}");
    }

    #[test]
    fn of_a_text_of_many_lines_only_lines_that_differ_are_shown() {
        assert_eq!(
            drawn(json!("a\nb\nc"), json!("a\nB\nc")),
            "      field\n        - \"b\"\n        + \"B\"\n"
        );
    }

    #[test]
    fn images_of_one_repository_are_told_by_tags_and_by_the_beginning_of_digests() {
        let drawn = |before: &str, after: &str| images(before, after, Style::PLAIN);
        let digest = |start: &str| format!("sha256:{start:0<64}");
        let (one, two) = (digest("879c76755e01"), digest("57c891fcd4a7"));
        assert_eq!(
            drawn(&format!("host:1/shop@{one}"), &format!("host:1/shop@{two}")),
            "sha256:879c76755e01 → sha256:57c891fcd4a7"
        );
        assert_eq!(drawn("host:1/shop:v1", "host:1/shop:v2"), "v1 → v2");
        assert_eq!(
            drawn("host:1/shop", "host:1/shop:v2"),
            "host:1/shop → host:1/shop:v2"
        );
        assert_eq!(drawn("a/shop:v1", "b/shop:v1"), "a/shop:v1 → b/shop:v1");
    }

    #[test]
    fn what_has_parts_is_said_in_words() {
        let ports =
            |from: u16, text: &str| json!({"value": {"from": from, "to": from}, "text": text});
        assert_eq!(
            drawn(ports(443, "443"), ports(80, "80")),
            "      field  443 → 80\n"
        );
    }

    #[test]
    fn what_is_not_known_yet_is_said_in_words() {
        let later = json!({"known_after": ["vpc/main"], "text": "(known after vpc/main)"});
        assert_eq!(
            drawn(json!(["vpc-1"]), json!([later])),
            "      field\n        - \"vpc-1\"\n        + (known after vpc/main)\n"
        );
    }
}
