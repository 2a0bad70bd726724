//! What a service runs, on the last line of whatever changed it.

use super::Style;
use crate::inspect::running::Running;

/// `open-webui runs v2, 1 of 1 healthy, https://…`; `address` is what users type.
pub fn running(one: &Running, address: Option<&str>, style: Style) -> String {
    let Running {
        service,
        version,
        good,
        wanted,
        ..
    } = one;
    let back = match one.rolled_back {
        true => format!("{} ", style.accent("rolled back:")),
        false => String::new(),
    };
    if *wanted == 0 {
        return format!("{back}{service} runs no task");
    }
    let word = if one.checked { "healthy" } else { "running" };
    let count = format!("{good} of {wanted} {word}");
    let count = match good == wanted {
        true => style.good(count),
        false => style.accent(count),
    };
    let place = match address.filter(|_| one.reached) {
        Some(address) => format!(", {address}"),
        None => String::new(),
    };
    format!("{back}{service} runs {version}, {count}{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_and_where_is_one_line() {
        let mut one = Running {
            service: "open-webui".to_owned(),
            version: "v2".to_owned(),
            good: 1,
            wanted: 1,
            checked: true,
            rolled_back: false,
            reached: true,
        };
        let line = |one: &Running| running(one, Some("https://chat.example.org"), Style::PLAIN);
        assert_eq!(
            line(&one),
            "open-webui runs v2, 1 of 1 healthy, https://chat.example.org"
        );
        one.rolled_back = true;
        one.version = "v1".to_owned();
        assert!(line(&one).starts_with("rolled back: open-webui runs v1, "));
        (one.rolled_back, one.reached, one.checked) = (false, false, false);
        assert_eq!(line(&one), "open-webui runs v1, 1 of 1 running");
        one.wanted = 0;
        assert_eq!(line(&one), "open-webui runs no task");
    }
}
