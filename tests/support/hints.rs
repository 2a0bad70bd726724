//! Commands that are said to an operator: each must be one that the command line takes, as it is copied.

use std::ffi::OsString;

use ajuda::cli::Cli;
use clap::error::ErrorKind;

/// Placeholders that stand for something of a form of its own.
const FORMS: [(&str, &str); 5] = [
    ("SERVICE=N", "web=1"),
    ("SERVICE=TAG", "web=v1"),
    ("ADDRESS", "bucket/uploads"),
    ("VERSION", "16.12"),
    ("N", "1"),
];

/// Every command of ours in backticks, as far as it is one command.
pub fn commands(text: &str) -> Vec<String> {
    // In JSON a line has no end, and quotation marks are escaped.
    let parts: Vec<&str> = text.split('`').collect();
    let quoted = parts.iter().skip(1).step_by(2);
    let ours = quoted.filter(|part| part.starts_with("ajuda ") && !part.contains('\n'));
    ours.map(|part| alone(part)).collect()
}

/// A command without what takes its output.
pub fn alone(line: &str) -> String {
    let mut end = line.len();
    for sign in [" | ", " > ", " # ", " |\n", " ||"] {
        end = end.min(line.find(sign).unwrap_or(line.len()));
    }
    line[..end].trim_end_matches(['|', ' ']).to_owned()
}

/// Checks that a command can be typed.
pub fn check(command: &str) {
    if let Some(wrong) = wrong(command) {
        panic!("`{command}` is said, and the command line does not take it:\n{wrong}");
    }
}

/// Checks that a command of a run in the sandbox leads there, if it is about a stack.
pub fn check_sandbox(command: &str) {
    let about =
        command.starts_with("ajuda deploy ") && !command.starts_with("ajuda deploy example");
    let leads = command.split(' ').any(|word| word == "--sandbox");
    assert!(leads || !about, "`{command}` leads out of the sandbox");
}

/// What the command line says of a command that it does not take.
pub fn wrong(command: &str) -> Option<clap::Error> {
    let words = words(command).into_iter().map(|word| {
        let form = FORMS.iter().find(|(placeholder, _)| *placeholder == word);
        OsString::from(form.map_or(word.as_str(), |(_, typed)| typed))
    });
    // Help and the version are errors to clap; and a verb that is only named lacks what it is about.
    let named = !command.contains(" -");
    let lacks = |error: &clap::Error| error.kind() == ErrorKind::MissingRequiredArgument && named;
    let wrong = Cli::read(words).err();
    wrong.filter(|error| error.use_stderr() && !lacks(error))
}

/// The words of a command as a shell takes them apart.
fn words(command: &str) -> Vec<String> {
    let (mut all, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '\\') => word.get_or_insert_default().extend(letters.next()),
            (None, ' ') => all.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    assert_eq!(
        quote, None,
        "`{command}` has a quotation mark that nothing closes"
    );
    all.extend(word);
    all
}
