//! The stack file: read from the disk, and what is wrong with it told.

use std::fs::File;
use std::io::{self, ErrorKind, Read};

use crate::command_error::CommandError;
use crate::message::{Message, commands, message};
use crate::presets::parse;
use crate::render::{Console, json, problems::problems};
use crate::stack::{Problems, Stack};

/// The most bytes that a stack file may have: the largest that anybody writes has a hundredth of it.
const MOST: u64 = 1024 * 1024;

/// What a file of two bytes a character is told.
const UTF16: &str = "it is encoded as UTF-16, as PowerShell's `>` writes files: save it as UTF-8 (in PowerShell: \
    `Set-Content -Encoding utf8`)";

/// Reads the file called `name`: the stack, and the text that it was read from.
///
/// # Errors
/// It is not there, no regular file of [`MOST`] bytes at most, no text, or not right.
pub(super) fn read(name: &str, console: &Console) -> Result<(Stack, String), CommandError> {
    let source = text(name).map_err(|error| {
        let stop = CommandError::error(format!("cannot read {name}: {error}"));
        if error.kind() == ErrorKind::NotFound {
            stop.hint(message![
                "name the file with --file, or write one: ",
                commands::example(),
            ])
        } else {
            stop
        }
    })?;
    match parse(&source, name) {
        Ok(stack) => Ok((stack, source)),
        Err(found) => Err(refused(&source, name, &found, console)),
    }
}

fn text(name: &str) -> io::Result<String> {
    let wrong = |why: String| Err(io::Error::other(why));
    // Before it is opened: a pipe without a writer would hold that up.
    if !std::fs::metadata(name)?.is_file() {
        return wrong("it is no regular file".to_owned());
    }
    let mut bytes = Vec::new();
    // One byte more than it may have tells that it has more: the size of some files is not known.
    let length = File::open(name)?.take(MOST + 1).read_to_end(&mut bytes)?;
    if length as u64 > MOST {
        return wrong("it has more than 1 MiB, which no stack file needs".to_owned());
    }
    if is_utf16(&bytes) {
        return wrong(UTF16.to_owned());
    }
    String::from_utf8(bytes).or_else(|error| wrong(not_utf8(error.as_bytes())))
}

/// Whether text has two bytes a character: it begins with the mark of that, or every other byte is zero,
/// which is a character that TOML has nowhere.
fn is_utf16(bytes: &[u8]) -> bool {
    let zeros = bytes.iter().take(64).filter(|byte| **byte == 0).count();
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || zeros > 8
}

/// Where the first byte is that is no UTF-8.
fn not_utf8(bytes: &[u8]) -> String {
    let good = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let line = good.matches('\n').count() + 1;
    let column = good.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let byte = bytes.get(good.len()).copied().unwrap_or_default();
    format!("line {line}, column {column} is not UTF-8 (byte 0x{byte:02x}): save the file as UTF-8")
}

/// Says what the file gives up: before something is made of it, not each time it is read.
pub(super) fn warn<W: Into<Message>>(warnings: impl IntoIterator<Item = W>, console: &Console) {
    for warning in warnings {
        let warning = warning.into();
        if console.is_json() {
            console.event(&json::warning(&warning.at(console.place())));
            continue;
        }
        let word = console.talk_style().accent("warning:");
        console.say(message![word, " ", warning]);
    }
}

/// Draws what is wrong with a file.
pub(super) fn refused(
    source: &str,
    name: &str,
    found: &Problems,
    console: &Console,
) -> CommandError {
    let many = match found.count() {
        1 => format!("1 mistake in {name}"),
        many => format!("{many} mistakes in {name}"),
    };
    let more = found.count() - found.iter().len();
    let first = (more > 0).then(|| {
        format!(
            "the first {} are shown; {more} more follow",
            found.iter().len()
        )
    });
    if console.is_json() {
        let mut stop = CommandError::error(format!("{name} is not right"));
        stop.details = found.to_string().lines().map(Message::from).collect();
        stop.details.extend(first.map(Message::from));
        return stop;
    }
    let color = console.talk_style().color;
    console.say_drawn(&format!("{}\n", problems(source, name, found, color)));
    let mut stop = CommandError::error(many);
    stop.details.extend(first.map(Message::from));
    stop
}
