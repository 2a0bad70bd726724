//! What instances are called while one takes another one's place.

/// What an instance is called that is restored to take the place of `identifier`.
pub fn restored_name(identifier: &str) -> String {
    shortened(identifier, "-restored")
}

/// What `identifier` is called when another instance has taken its place. `time_stamp` is fourteen digits.
pub fn displaced_name(identifier: &str, time_stamp: &str) -> String {
    shortened(identifier, &format!("-before-{time_stamp}"))
}

/// At most 63 characters (RDS API, `DBInstanceIdentifier`).
fn shortened(identifier: &str, end: &str) -> String {
    let kept: String = identifier
        .chars()
        .take(63_usize.saturating_sub(end.len()))
        .collect();
    format!("{}{end}", kept.trim_end_matches('-')).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{displaced_name, restored_name};

    #[test]
    fn names_fit() {
        let long = "a".repeat(63);
        for name in ["open-webui", long.as_str()] {
            for made in [restored_name(name), displaced_name(name, "20261123010203")] {
                assert!(
                    made.len() <= 63 && made.starts_with('a') || made.starts_with("open-webui-"),
                    "{made}"
                );
            }
        }
    }
}
