//! What `validate` says of a file that is right.

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
