//! Strategies of deployment that cannot work for a service.

use crate::stack::model::Stack;
use crate::stack::problem::Problem;
use crate::stack::report::Report;

pub(super) fn check(stack: &Stack, report: &Report) {
    for service in stack.services.values() {
        if service.deployment.is_none() {
            continue;
        }
        let place = format!("service.{}.deployment", service.name);
        let strategy = || report.at(&format!("{place}.strategy"));
        if let Some(why) = service.stops_first() {
            report.add(Problem::new(strategy(), why, "runs both for a while").hint(
                "remove it: an update stops all tasks, lets one migrate, and starts the others",
            ));
        } else if !service.public && service.expose.is_none() {
            report.add(
                Problem::new(
                    strategy(),
                    "this service gets no traffic that could be moved",
                    "needs a load balancer or a name for other services",
                )
                .hint("write public = true or expose = \"name:80\", or remove it"),
            );
        }
        // What is added for the strategy is named after the service.
        let other = format!("{}-alternate", service.name);
        if stack.services.get(&other).is_some_and(|other| other.public) {
            report.add(
                Problem::new(
                    strategy(),
                    format!(
                        "the second target group of `{}` is called `{other}`, like another service",
                        service.name
                    ),
                    "needs that name",
                )
                .hint(format!("give `service.{other}` another name")),
            );
        }
    }
}
