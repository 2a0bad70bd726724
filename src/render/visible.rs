//! Text that is not ours, as a terminal may show it: nothing in it steers the terminal or hides.
//!
//! Lines of containers, reasons of AWS, tags, names, output of builders and registries and the values
//! of the file all end up on the operator's terminal, which obeys control characters: they set its
//! title and clipboard, clear it and move the cursor over what was written (ECMA-48; xterm, "Control
//! Sequences"). Marks of direction show a line in another order than it has (UTS 55, "Unicode Source
//! Code Handling"). So every stream passes here as a whole; what `Style` adds is let through.

use std::borrow::Cow;
use std::fmt::Write;

/// The parameters of the colours and weights that are ours: those of [`super::Style`], of the
/// problems' renderer, of clap's help and of the log's.
const OURS: [&str; 17] = [
    "0", "1", "2", "3", "4", "31", "32", "33", "34", "35", "36", "91", "92", "93", "94", "95", "96",
];

/// A text with everything unseen in it spelled out: `\x1b`, `\u{202e}`. Line ends and tabs stay. Codes
/// that only colour are dropped: they say nothing, and programs write many.
pub fn visible(text: &str) -> Cow<'_, str> {
    spell(text, false)
}

/// The same for a whole text of ours: codes that [`super::Style`] writes stay.
pub(super) fn painted(text: &str) -> Cow<'_, str> {
    spell(text, true)
}

fn spell(text: &str, color: bool) -> Cow<'_, str> {
    if !text.contains(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut spelled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    let mut open = false;
    while let Some((at, one)) = rest.char_indices().find(|(_, one)| is_unseen(*one)) {
        let (before, from) = rest.split_at(at);
        spelled.push_str(before);
        rest = &from[one.len_utf8()..];
        if let Some((code, after)) = rendition(from) {
            if color && OURS.contains(&code) {
                spelled.push_str(&from[..from.len() - after.len()]);
                open = code != "0";
            }
            rest = after;
        } else if one == '\r' && rest.starts_with('\n') {
            // The line end of another system.
        } else {
            push(&mut spelled, one);
        }
    }
    spelled.push_str(rest);
    if open {
        // A text that was cut must not colour what follows.
        spelled.push_str("\u{1b}[0m");
    }
    Cow::Owned(spelled)
}

/// The parameters of the "select graphic rendition" that a text begins with, and what follows it.
fn rendition(text: &str) -> Option<(&str, &str)> {
    let sequence = text.strip_prefix("\u{1b}[")?;
    let end = sequence.find(|c: char| !c.is_ascii_digit() && c != ';' && c != ':')?;
    let after = sequence[end..].strip_prefix('m')?;
    Some((&sequence[..end], after))
}

/// Whether a character steers the terminal or is not seen.
fn is_unseen(one: char) -> bool {
    (one.is_control() && one != '\n' && one != '\t') || is_format(one)
}

/// Characters without a shape of their own that change what is around them or hide: the marks of
/// direction, joiners, zero-width spaces, tags and separators of lines (Unicode, general categories
/// Cf, Zl and Zp, those that are drawn left out; UTS 39 would have them out of identifiers).
pub(super) fn is_format(one: char) -> bool {
    matches!(
        one,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}'
    )
}

fn push(spelled: &mut String, one: char) {
    // Writing into a text does not fail.
    let _ = match one {
        '\r' => spelled.write_str("\\r"),
        one if one.is_ascii() => write!(spelled, "\\x{:02x}", u32::from(one)),
        one => write!(spelled, "\\u{{{:x}}}", u32::from(one)),
    };
}

/// A JSON document in which everything unseen is escaped: serde escapes what RFC 8259 demands, which
/// leaves out DEL, the controls above it and the marks of direction. What is between texts in a
/// document has none of them.
pub(super) fn json(document: String) -> String {
    let unseen = |one: char| one > '\u{7e}' && is_unseen(one);
    if !document.contains(unseen) {
        return document;
    }
    let mut escaped = String::with_capacity(document.len() + 16);
    for one in document.chars() {
        if unseen(one) {
            for unit in one.encode_utf16(&mut [0; 2]) {
                // As above.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(one);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{json, painted, visible};

    #[test]
    fn what_steers_a_terminal_is_spelled_out() {
        for (text, expected) in [
            ("plain\ttext\n", "plain\ttext\n"),
            ("\u{1b}]0;owned\u{7}", "\\x1b]0;owned\\x07"),
            ("\u{1b}]52;c;ZXZpbA==\u{1b}\\", "\\x1b]52;c;ZXZpbA==\\x1b\\"),
            ("\u{1b}[2J\u{1b}[H", "\\x1b[2J\\x1b[H"),
            (
                "\u{9b}2J\u{9d}0;owned\u{9c}",
                "\\u{9b}2J\\u{9d}0;owned\\u{9c}",
            ),
            (
                "a\u{202e}b\u{2066}c\u{200b}d",
                "a\\u{202e}b\\u{2066}c\\u{200b}d",
            ),
            ("done\rfailed", "done\\rfailed"),
            ("two\r\nlines", "two\nlines"),
            ("a\u{8}b\u{7f}c", "a\\x08b\\x7fc"),
            ("ü é ☃ 👍", "ü é ☃ 👍"),
            ("\u{1b}", "\\x1b"),
            ("\u{1b}[31", "\\x1b[31"),
        ] {
            assert_eq!(visible(text), expected);
            assert_eq!(painted(text), expected);
        }
    }

    #[test]
    fn colours_of_others_are_dropped_and_ours_stay() {
        let text = "\u{1b}[1;31mred\u{1b}[0m \u{1b}[32mgreen\u{1b}[0m \u{1b}[8mhidden";
        assert_eq!(visible(text), "red green hidden");
        assert_eq!(
            painted(text),
            "red\u{1b}[0m \u{1b}[32mgreen\u{1b}[0m hidden"
        );
        assert_eq!(painted("\u{1b}[31mcut"), "\u{1b}[31mcut\u{1b}[0m");
    }

    #[test]
    fn json_escapes_what_is_unseen_and_reads_the_same() {
        let text = "\u{1b}[2J\u{9b}2J\u{7f}\u{202e}\u{e0041}ü";
        let document = json(serde_json::to_string(text).unwrap_or_default());
        assert_eq!(
            document,
            "\"\\u001b[2J\\u009b2J\\u007f\\u202e\\udb40\\udc41ü\""
        );
        assert_eq!(
            serde_json::from_str::<String>(&document).ok().as_deref(),
            Some(text)
        );
    }
}
