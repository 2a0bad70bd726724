//! Names of databases and roles that PostgreSQL and RDS take.

use super::text::all;
use super::value_error::ValueError;

/// Words that PostgreSQL 16 reserves (appendix C of its manual), and that it would want quoted.
const RESERVED: &str = "all analyse analyze and any array as asc asymmetric authorization binary both case cast \
    check collate collation column concurrently constraint create cross current_catalog current_date \
    current_role current_schema current_time current_timestamp current_user default deferrable desc distinct \
    do else end except false fetch for foreign freeze from full grant group having ilike in initially inner \
    intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull \
    null offset on only or order outer overlaps placing primary references returning right select session_user \
    similar some symmetric system_user table tablesample then to trailing true union unique user using variadic \
    verbose when where window with";

/// A database: RDS takes letters, digits and `_`, to 63.
pub(crate) fn database(text: &str) -> Result<String, ValueError> {
    identifier(text, 63, &["template0", "template1", "rdsadmin"])
}

/// A role of our own.
pub(crate) fn role(text: &str) -> Result<String, ValueError> {
    identifier(text, 63, &["rdsadmin", "public", "none", "postgres"])
}

/// An extension of PostgreSQL: lowercase letters, digits, `_` and `-`, 63 bytes at most, which all that RDS offers
/// are ("Supported PostgreSQL extension versions").
pub(crate) fn extension(text: &str) -> Result<String, ValueError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    if text.is_empty() || text.len() > 63 || !all(text, fits) {
        return Err(ValueError::new(
            "is not the name of an extension of PostgreSQL",
            "must be such as `pg_trgm`: lowercase letters, digits, `_` and `-`",
        ));
    }
    match text {
        "pgvector" => Err(ValueError::new(
            "is not the name of an extension of PostgreSQL",
            "must be `vector`",
        )),
        "plpgsql" => Err(ValueError::new("is there in any case", "must be left out")),
        _ => Ok(text.to_owned()),
    }
}

/// The master user: RDS takes 1 to 16 letters, digits and `_`.
pub(crate) fn master(text: &str) -> Result<String, ValueError> {
    identifier(text, 16, &["admin", "rdsadmin", "public", "none"])
}

fn identifier(text: &str, longest: usize, taken: &[&str]) -> Result<String, ValueError> {
    let wrong = |label: String| {
        Err(ValueError::new(
            "cannot be used as a name in PostgreSQL",
            label,
        ))
    };
    if !all(text, |c| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
    }) {
        return wrong("must be lowercase letters, digits and `_`".into());
    }
    if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        return wrong("must begin with a letter".into());
    }
    if text.len() > longest {
        return wrong(format!(
            "must be {longest} characters or fewer, this is {}",
            text.len()
        ));
    }
    if RESERVED.split_whitespace().any(|word| word == text) {
        return wrong(format!("`{text}` is a reserved word of SQL"));
    }
    if taken.contains(&text) || text.starts_with("pg_") || text.starts_with("rds_") {
        return wrong(format!("`{text}` is reserved by RDS or PostgreSQL"));
    }
    Ok(text.to_owned())
}
