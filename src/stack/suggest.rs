//! The right word for a wrong one.

/// The candidate a person most likely meant, if any is near enough.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word: String = word.chars().take(64).collect::<String>().to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (likeness(&word, &candidate.to_lowercase()), candidate))
        .filter(|(score, _)| *score >= 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// 0 (nothing alike) to 1 (the same); separators do not count.
fn likeness(a: &str, b: &str) -> f64 {
    let plain = |text: &str| text.replace(['-', '_', ' '], "");
    let (a, b) = (plain(a), plain(b));
    if a == b && !a.is_empty() {
        return 1.0;
    }
    strsim::normalized_damerau_levenshtein(&a, &b).max(beginning(&a, &b))
}

/// A word cut short or run on, such as `storage` for `storage_gb`.
fn beginning(a: &str, b: &str) -> f64 {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    if short.len() >= 4 && long.starts_with(short) {
        0.8
    } else {
        0.0
    }
}

/// `` `a`, `b` or `c` ``.
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}
