//! Connection strings, and the secrets that carry them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::rds_ca;

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// `postgresql://…?sslmode=require`, with everything encoded that could be taken for syntax.
///
/// SQLAlchemy, and so Open WebUI, does not decode the database's name: keep to the letters,
/// digits and underscores that RDS allows in it.
pub fn database_url(user: &str, password: &str, host: &str, port: u16, name: &str) -> String {
    url(user, password, host, port, name, "sslmode=require")
}

/// The same with `sslmode=verify-full`, for containers that write [`rds_ca::FILE`] before they start.
pub fn verified_database_url(
    user: &str,
    password: &str,
    host: &str,
    port: u16,
    name: &str,
) -> String {
    let tls = format!("sslmode=verify-full&sslrootcert={}", rds_ca::FILE);
    url(user, password, host, port, name, &tls)
}

fn url(user: &str, password: &str, host: &str, port: u16, name: &str, tls: &str) -> String {
    let [user, password, name] = [user, password, name].map(encode);
    format!("postgresql://{user}:{password}@{host}:{port}/{name}?{tls}")
}

/// `rediss://…`: ElastiCache with encryption in transit and an AUTH token has no user name.
pub fn redis_url(token: &str, host: &str, port: u16) -> String {
    format!("rediss://:{}@{host}:{port}/0", encode(token))
}

/// Value of the secret `database-master`: JSON with `username` and `password`, as RDS writes its own.
pub fn database_master_secret(username: &str, password: &str) -> String {
    json!({ "username": username, "password": password }).to_string()
}

/// Which keys the value of `database-app` has: another number makes the value anew, with its password.
pub const APP_SECRET_FORM: &str = "2";

/// Value of the secret `database-app`: JSON with `username`, `password`, `host`, `port`, `dbname`, `url`
/// (`sslmode=require`) and `verified_url` ([`verified_database_url`]).
pub fn database_app_secret(
    username: &str,
    password: &str,
    host: &str,
    port: u16,
    name: &str,
) -> String {
    json!({
        "username": username,
        "password": password,
        "host": host,
        "port": port,
        "dbname": name,
        "url": database_url(username, password, host, port, name),
        "verified_url": verified_database_url(username, password, host, port, name),
    })
    .to_string()
}

fn encode(part: &str) -> String {
    utf8_percent_encode(part, RESERVED).to_string()
}
