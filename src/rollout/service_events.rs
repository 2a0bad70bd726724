//! What a service does while it is waited for: its events, as they come.

use std::collections::BTreeSet;

use aws_sdk_ecs::types as api;

use crate::resources::ecs::service::spoken;

/// Events that were told already.
#[derive(Default)]
pub(crate) struct Told(BTreeSet<String>);

impl Told {
    /// Everything that has happened so far is no news.
    pub(crate) fn until_now(service: &api::Service) -> Self {
        Self(service.events().iter().filter_map(id).collect())
    }

    /// What happened since, oldest first, without the service's own name in front.
    pub(crate) fn news(&mut self, service: &api::Service) -> Vec<String> {
        let mut news: Vec<String> = service
            .events()
            .iter()
            .filter(|event| id(event).is_some_and(|id| self.0.insert(id)))
            .filter_map(|event| spoken(service, event))
            .collect();
        news.reverse();
        news
    }
}

fn id(event: &api::ServiceEvent) -> Option<String> {
    event.id().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{Told, api};

    fn service(events: &[&str]) -> api::Service {
        let newest_first = events.iter().rev();
        let events = newest_first.map(|&said| {
            let event = api::ServiceEvent::builder().id(said);
            event.message(format!("(service web) {said}")).build()
        });
        api::Service::builder()
            .service_name("web")
            .set_events(Some(events.collect()))
            .build()
    }

    #[test]
    fn only_what_is_new_is_told_and_in_order() {
        let mut told = Told::until_now(&service(&["old"]));
        assert_eq!(told.news(&service(&["old", "a", "b"])), ["a", "b"]);
        assert_eq!(told.news(&service(&["a", "b", "c"])), ["c"]);
        assert_eq!(told.news(&service(&["c"])), [""; 0]);
    }
}
