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

#[cfg(test)]
mod tests {
    use super::line_of;

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
