//! Long lines broken where a reader would, and never inside of what is copied.

use std::borrow::Cow;

/// The widest label in front of a value that the rest of the value is put below.
const LABEL: usize = 24;
/// How many columns of a narrow terminal are used all the same.
const LEAST: usize = 40;

/// The same text with lines of at most `width` columns. A break replaces a space; what is in backticks is a
/// command to copy and stays whole, and so does a word that is longer than a line. Codes of colours take no
/// column.
pub(super) fn wrap(text: &str, width: usize) -> Cow<'_, str> {
    let width = width.max(LEAST);
    if text.lines().all(|line| columns(line) <= width) {
        return Cow::Borrowed(text);
    }
    let mut wrapped = String::with_capacity(text.len() + text.len() / 20);
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        if columns(line) <= width {
            wrapped.push_str(line);
        } else {
            broken(&mut wrapped, line, width);
        }
        wrapped.push_str(end);
    }
    Cow::Owned(wrapped)
}

fn broken(wrapped: &mut String, line: &str, width: usize) {
    let indent = indent(line);
    let mut at = 0;
    for (gap, word) in words(line) {
        let wide = columns(word);
        // Behind what only indents is no place to break at.
        if at > indent && at + gap.len() + wide > width {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(indent));
            at = indent;
        } else {
            wrapped.push_str(gap);
            at += gap.len();
        }
        wrapped.push_str(word);
        at += wide;
    }
}

/// Words with the spaces in front of them.
fn words(line: &str) -> Vec<(&str, &str)> {
    let mut all = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let gap = rest.len() - rest.trim_start_matches(' ').len();
        let (spaces, from) = rest.split_at(gap);
        let mut quoted = false;
        let end = from.find(|c: char| {
            quoted ^= c == '`';
            c == ' ' && !quoted
        });
        // A backtick that nothing closes quotes nothing.
        let end = match end {
            None if quoted => from.find(' ').unwrap_or(from.len()),
            other => other.unwrap_or(from.len()),
        };
        let (word, after) = from.split_at(end);
        all.push((spaces, word));
        rest = after;
    }
    all
}

/// Where a line goes on: below its value, if it begins with a label or a mark, else a little to the right.
fn indent(line: &str) -> usize {
    let start = line.len() - line.trim_start_matches(' ').len();
    let mut at = 0;
    for (gap, word) in words(line) {
        // The code that ends a colour stands between a label and its gap.
        if at > start && gap.len() >= 2 && columns(word) > 0 {
            return match at + gap.len() {
                value if value <= LABEL => value,
                _ => start + 2,
            };
        }
        at += gap.len() + columns(word);
    }
    start + 2
}

/// How many columns a text takes.
fn columns(text: &str) -> usize {
    let mut count = 0;
    let mut code = false;
    for c in text.chars() {
        match (code, c) {
            (false, '\u{1b}') => code = true,
            (false, _) => count += 1,
            (true, c) => code = !c.is_ascii_alphabetic(),
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn a_line_is_broken_at_spaces_and_goes_on_below_its_beginning() {
        let prose =
            "order: the new password is stored, so that it cannot be lost, then a task sets it";
        assert_eq!(
            wrap(prose, 40),
            "order: the new password is stored, so\n  that it cannot be lost, then a task\n  sets it"
        );
        assert_eq!(
            wrap(
                "used by     database-setup/APP_PASSWORD, open-webui/DATABASE_URL",
                50
            ),
            "used by     database-setup/APP_PASSWORD,\n            open-webui/DATABASE_URL"
        );
        assert_eq!(wrap("short\n\nlines", 40), "short\n\nlines");
    }

    #[test]
    fn a_command_is_never_taken_apart() {
        let hint = "hint: `ajuda deploy update --service open-webui --image v2` goes on with it";
        let wrapped = wrap(hint, 50);
        assert!(
            wrapped.contains("`ajuda deploy update --service open-webui --image v2`"),
            "{wrapped}"
        );
        // One that is longer than a line stays whole, too: the terminal wraps what it shows, not what it copies.
        let long = format!("hint: `{}` and more words behind", "x y ".repeat(30));
        assert!(wrap(&long, 50).contains(&"x y ".repeat(30)), "{long}");
    }

    #[test]
    fn colours_take_no_place() {
        let row = format!(
            "\u{1b}[1m{:<10}\u{1b}[0m  {} {}",
            "name",
            "a".repeat(20),
            "b".repeat(20)
        );
        let below = format!("\n{}{}", " ".repeat(12), "b".repeat(20));
        assert!(wrap(&row, 40).ends_with(&below), "{row}");
        let text = format!("\u{1b}[31m{}\u{1b}[0m {}", "a".repeat(30), "b".repeat(9));
        assert_eq!(wrap(&text, 40), text);
    }

    #[test]
    fn nothing_but_spaces_is_lost() {
        let text = "      image  `unclosed and \"123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:v1\" → \"x\"";
        let same = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(same(&wrap(text, 40)), same(text));
    }
}
