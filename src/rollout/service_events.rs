//! What a service does while it is waited for: its events, as they come.

use std::collections::BTreeSet;

use aws_sdk_ecs::types as api;

use crate::resources::ecs::service::without_service_name;

/// Events that were told already.
#[derive(Default)]
pub(crate) struct SeenEvents(BTreeSet<String>);

impl SeenEvents {
    /// Everything that has happened so far is no news.
    pub(crate) fn until_now(service: &api::Service) -> Self {
        Self(service.events().iter().filter_map(id).collect())
    }

    /// What happened since, oldest first, without the service's own name in front.
    pub(crate) fn new_events(&mut self, service: &api::Service) -> Vec<String> {
        let mut fresh: Vec<String> = service
            .events()
            .iter()
            .filter(|event| id(event).is_some_and(|id| self.0.insert(id)))
            .filter_map(|event| without_service_name(service, event))
            .collect();
        fresh.reverse();
        fresh
    }
}

fn id(event: &api::ServiceEvent) -> Option<String> {
    event.id().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{SeenEvents, api};

    fn service(events: &[&str]) -> api::Service {
        let newest_first = events.iter().rev();
        let events = newest_first.map(|&text| {
            let event = api::ServiceEvent::builder().id(text);
            event.message(format!("(service web) {text}")).build()
        });
        api::Service::builder()
            .service_name("web")
            .set_events(Some(events.collect()))
            .build()
    }

    #[test]
    fn only_what_is_new_is_told_and_in_order() {
        let mut seen_events = SeenEvents::until_now(&service(&["old"]));
        assert_eq!(
            seen_events.new_events(&service(&["old", "a", "b"])),
            ["a", "b"]
        );
        assert_eq!(seen_events.new_events(&service(&["a", "b", "c"])), ["c"]);
        assert_eq!(seen_events.new_events(&service(&["c"])), [""; 0]);
    }
}
