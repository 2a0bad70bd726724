//! Spans of time in words.

/// `0.4s`, `12s`, `4m 10s`, `1h 2m`.
pub fn span(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0 => format!("0.{}s", millis / 100),
        1..60 => format!("{seconds}s"),
        60..3600 if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        _ => format!("{}h {}m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn spans_read_well() {
        let texts: Vec<String> = [0, 420, 12_000, 120_000, 250_000, 3_720_000]
            .map(span)
            .into();
        assert_eq!(texts, ["0.0s", "0.4s", "12s", "2m", "4m 10s", "1h 2m"]);
    }
}
