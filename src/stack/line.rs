//! On which line of a stack file a key stands, for messages that say what to change.

use toml::de::{DeTable, DeValue};

/// The line, counted from 1, of the key that `path` leads to; `None` when the file does not write it.
pub fn line_of(source: &str, path: &[&str]) -> Option<usize> {
    let document = DeTable::parse(source).ok()?;
    let mut table = document.get_ref();
    let (last, tables) = path.split_last()?;
    for name in tables {
        match table.get(*name)?.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => return None,
        }
    }
    let (key, _) = table.get_key_value(*last)?;
    let before = source.get(..key.span().start)?;
    Some(before.matches('\n').count() + 1)
}

/// The first line, counted from 1, on which `value` is written as a text, alone or with a suffix behind a colon, as
/// keys of secrets are; `None` when the file does not write it.
pub fn line_naming(source: &str, value: &str) -> Option<usize> {
    let document = DeTable::parse(source).ok()?;
    let mut open: Vec<_> = document.get_ref().values().collect();
    let mut first: Option<usize> = None;
    while let Some(one) = open.pop() {
        match one.get_ref() {
            DeValue::Table(inner) => open.extend(inner.values()),
            DeValue::Array(items) => open.extend(items.iter()),
            DeValue::String(text) => {
                let rest = text.strip_prefix(value);
                if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':')) {
                    let start = one.span().start;
                    first = Some(first.map_or(start, |first| first.min(start)));
                }
            }
            _ => {}
        }
    }
    let before = source.get(..first?)?;
    Some(before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::{line_naming, line_of};

    #[test]
    fn a_value_is_found_wherever_it_is_written() {
        let source = "# arn:b\n[a]\nlist = [\n  \"arn:b:key::\",\n]\nother = \"arn:bc\"\n[a.in]\nx = { y = 'arn:c' }\nz = \"arn:c\"\n";
        for (value, line) in [
            ("arn:b", Some(4)),
            ("arn:bc", Some(6)),
            ("arn:c", Some(8)),
            ("arn:d", None),
        ] {
            assert_eq!(line_naming(source, value), line, "{value}");
        }
    }

    #[test]
    fn a_key_stands_on_a_line_whatever_way_it_is_written() {
        let source = "[stack]\nname = \"a\"\n\n[service.web]\nport = 80\nautoscaling = { min = 1, max = 2 }\n\
                      [service.web.environment]\nA = \"b\"\n";
        for (path, line) in [
            (&["service", "web", "port"][..], Some(5)),
            (&["service", "web", "autoscaling", "max"], Some(6)),
            (&["service", "web", "environment", "A"], Some(8)),
            (&["service", "web", "count"], None),
            (&["service", "web", "port", "more"], None),
        ] {
            assert_eq!(line_of(source, path), line, "{path:?}");
        }
    }
}
