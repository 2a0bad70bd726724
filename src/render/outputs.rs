//! A stack's outputs, for people.

use std::fmt::Write;

use super::Style;
use crate::outputs::Outputs;

/// One line an output, long lists under their heading.
pub fn outputs(outputs: &Outputs, style: Style) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "{}  {value}", style.heading(format!("{name:<20}")));
    };
    if let Some(address) = &outputs.address {
        row("address", address);
    }
    if let Some(name) = &outputs.load_balancer {
        row("load balancer", name);
    }
    if let Some(record) = &outputs.dns_record {
        row(
            "dns record to make",
            &format!("{} {} {}", record.name, record.kind, record.value),
        );
    }
    if let Some(admin) = &outputs.admin {
        row("administrator", &admin.email);
        row("  its password", &format!("`{}`", admin.password_command));
    }
    if let Some(google) = &outputs.google {
        row("google redirect uri", &google.redirect_uri);
        row("google js origin", &google.javascript_origin);
    }
    if let Some(database) = &outputs.database {
        row(
            "database",
            &format!("{}:{}/{}", database.host, database.port, database.name),
        );
    }
    if let Some(cluster) = &outputs.cluster {
        row("cluster", cluster);
    }
    if let Some(bucket) = &outputs.bucket {
        row("bucket", bucket);
    }
    for (heading, list) in [
        ("registry", &outputs.registry),
        ("log group", &outputs.log_groups),
        ("secret", &outputs.secrets),
    ] {
        for (index, value) in list.values().enumerate() {
            row(if index == 0 { heading } else { "" }, value);
        }
    }
    text
}
