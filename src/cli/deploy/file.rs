//! The stack file: read from the disk, and what is wrong with it told.

use std::fs::File;
use std::io::{self, ErrorKind, Read};

use crate::exit::Stop;
use crate::render::{Console, problems::problems};
use crate::stack::{self, Problems, Stack};

/// The most bytes that a stack file may have: the largest that anybody writes has a hundredth of it.
const MOST: u64 = 1024 * 1024;

/// Reads the file called `name`: the stack, and the text that it was read from.
///
/// # Errors
/// It is not there, no regular file of [`MOST`] bytes at most, no text, or not right.
pub(super) fn read(name: &str, console: &Console) -> Result<(Stack, String), Stop> {
    let source = text(name).map_err(|error| {
        let stop = Stop::error(format!("cannot read {name}: {error}"));
        if error.kind() == ErrorKind::NotFound {
            stop.hint("name the file with --file, or copy deploy.example.toml to deploy.toml")
        } else {
            stop
        }
    })?;
    match stack::parse(&source, name) {
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
    let mut source = String::new();
    // One byte more than it may have tells that it has more: the size of some files is not known.
    let read = File::open(name)?.take(MOST + 1).read_to_string(&mut source);
    match read {
        // A character may be cut where reading ended.
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            wrong("it is no UTF-8 text, or has more than 1 MiB".to_owned())
        }
        Err(error) => Err(error),
        Ok(length) if length as u64 > MOST => {
            wrong("it has more than 1 MiB, which no stack file needs".to_owned())
        }
        Ok(_) => Ok(source),
    }
}

/// Draws what is wrong with a file.
pub(super) fn refused(source: &str, name: &str, found: &Problems, console: &Console) -> Stop {
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
        let mut stop = Stop::error(format!("{name} is not right"));
        stop.details = found.to_string().lines().map(str::to_owned).collect();
        stop.details.extend(first);
        return stop;
    }
    let color = console.talk_style().color;
    console.say(&format!("{}\n", problems(source, name, found, color)));
    let mut stop = Stop::error(many);
    stop.details.extend(first);
    stop
}
