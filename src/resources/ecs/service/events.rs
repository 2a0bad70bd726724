//! What ECS tells of a service, in fewer words.

use aws_sdk_ecs::types as api;

/// An event without the service's own name in front; `None` for one that says nothing.
pub(crate) fn without_service_name(
    service: &api::Service,
    event: &api::ServiceEvent,
) -> Option<String> {
    let mark = format!("(service {}) ", service.service_name().unwrap_or_default());
    let message = event.message()?;
    Some(brief(message.strip_prefix(&mark).unwrap_or(message)))
}

/// The same with names for the ARNs of target groups (`…:targetgroup/<name>/<id>`).
fn brief(message: &str) -> String {
    let words = message.split(' ').map(|word| {
        let name = word
            .strip_prefix("arn:")
            .and_then(|arn| arn.split_once(":targetgroup/"))
            .and_then(|(_, rest)| rest.split_once('/'));
        let end = if word.ends_with(')') { ")" } else { "" };
        name.map_or_else(|| word.to_owned(), |(name, _)| format!("{name}{end}"))
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_target_group_is_told_by_its_name() {
        let event_message = "registered 1 targets in (target-group arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/web/2a8b)";
        assert_eq!(
            super::brief(event_message),
            "registered 1 targets in (target-group web)"
        );
    }
}
