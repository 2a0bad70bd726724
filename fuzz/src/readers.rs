//! Documents inside answers, arguments and files: the first line of the input names the reader.

use std::str::FromStr;
use std::time::Duration;

use ajuda::cli::Cli;
use ajuda::engine::{Address, Effect, diff, is_unknown};
use ajuda::resources::iam::policy;
use ajuda::resources::secrets_manager::secret_version;
use ajuda::sandbox::Running;
use serde_json::Value;

/// Between two documents.
const NEXT: char = '\u{1e}';

/// Gives the input to the reader that it names.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Some((reader, text)) = text.split_once('\n') else {
        return;
    };
    match reader {
        "policy" => policies(text),
        "secret" => drop(secret_version::field(text, "password")),
        "difference" => differences(text),
        "address" => addresses(text),
        "arguments" => arguments(text),
        "sandbox" => sandbox(text),
        _ => {}
    }
}

fn policies(text: &str) {
    let statements = policy::read(text);
    let written = policy::document(&statements).to_string();
    assert_eq!(policy::read(&written).len(), statements.len());
}

fn differences(text: &str) {
    let (want, have) = text.split_once(NEXT).unwrap_or((text, ""));
    let value = |text| Value::from_str(text).unwrap_or_default();
    let (want, have) = (value(want), value(have));
    let changes = diff(
        &want,
        &have,
        |path| {
            if path.contains("id") {
                Effect::Replace
            } else {
                Effect::InPlace
            }
        },
        |path| path.contains("secret"),
    );
    assert!(diff(&want, &want, |_| Effect::InPlace, |_| false).is_empty());
    assert!(is_unknown(&want) || changes.fields.iter().all(|change| !change.unknown));
    assert!(changes.forced().len() <= changes.fields.len());
}

fn addresses(text: &str) {
    if let Some(address) = Address::parse(text) {
        assert_eq!(Address::parse(&address.to_string()), Some(address));
    }
}

/// One argument a line, after `ajuda`.
fn arguments(text: &str) {
    let arguments = ["ajuda"].into_iter().chain(text.lines());
    let arguments = arguments.map(std::ffi::OsString::from);
    if let Err(said) = Cli::read(arguments) {
        assert!(!said.to_string().is_empty());
    }
}

/// The file in which a sandbox says where it is.
fn sandbox(text: &str) {
    if let Ok(running) = serde_json::from_str::<Running>(text) {
        let wait = Duration::from_secs(3 * 3600).div_f64(running.clock_speed());
        assert!(wait > Duration::ZERO);
    }
}
