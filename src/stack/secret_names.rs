//! Names that say that a value is a secret.

/// Words that nothing but secrets are called by.
const WORDS: [&str; 9] = [
    "TOKEN",
    "SECRET",
    "SECRETS",
    "PASSWORD",
    "PASSWORDS",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIALS",
    "APIKEY",
];
/// A key is a secret behind one of these; a `PRIMARY_KEY` is none.
const KEYS: [&str; 6] = [
    "API",
    "SECRET",
    "ACCESS",
    "PRIVATE",
    "ENCRYPTION",
    "SIGNING",
];

/// Whether something of this name is a secret whatever its value: it must not stand in a file.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let words: Vec<&str> = name.split(['_', '-', '.']).collect();
    match words.as_slice() {
        [.., before, "KEY" | "KEYS"] => KEYS.contains(before),
        [.., last] => WORDS.contains(last),
        [] => false,
    }
}

/// Whether something of this name may be a secret: its value is not shown.
pub(crate) fn may_be_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let mut words = name.split(['_', '-', '.']);
    words.any(|word| WORDS.contains(&word) || matches!(word, "KEY" | "KEYS"))
}

#[cfg(test)]
mod tests {
    use super::may_be_secret;

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        for (name, secret) in [
            ("OPENAI_API_KEYS", true),
            ("db_password", true),
            ("MONKEY", false),
            ("DATABASE_HOST", false),
        ] {
            assert_eq!(may_be_secret(name), secret, "{name}");
        }
    }
}
