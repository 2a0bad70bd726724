//! What `validate` says of a file that is right.

use serde::Serialize;

use crate::stack::Stack;

/// One line: the file, the stack and its services.
pub fn validation(file: &str, stack: &Stack) -> String {
    let names: Vec<&str> = stack.services.keys().map(String::as_str).collect();
    let services = match names.as_slice() {
        [] => "no services".to_owned(),
        [one] => format!("1 service: {one}"),
        names => format!("{} services: {}", names.len(), names.join(", ")),
    };
    format!("{file} is valid: stack {} with {services}\n", stack.name)
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    valid: bool,
    stack: &'a str,
    services: Vec<&'a str>,
    warnings: &'a [String],
}

/// The same for machines, with the warnings.
pub fn validation_json(stack: &Stack, warnings: &[String]) -> String {
    let document = Document {
        format_version: 1,
        valid: true,
        stack: &stack.name,
        services: stack.services.keys().map(String::as_str).collect(),
        warnings,
    };
    // Texts and lists of texts are always JSON.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}
