//! Lines of the services' logs, merged by time, once or for as long as somebody listens.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;
use tokio::task::JoinSet;

use crate::aws::grant::{Grant, on};
use crate::aws::timestamp::Timestamp;
use crate::aws::{Cloud, fault};
use crate::engine::{Fault, Graph};
use crate::resources::physical_names;

/// How far a later look goes back: lines reach CloudWatch Logs late and out of order.
const LATE_MS: i64 = 120_000;

/// Which lines.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The services, by their names in the file.
    pub services: Vec<String>,
    /// The beginning of a task's id; every task without it.
    pub task: Option<String>,
    /// A filter pattern of CloudWatch Logs ("Filter pattern syntax").
    pub pattern: Option<String>,
    /// Text that a line holds, small and capital letters alike.
    pub text: Option<String>,
    /// From when on.
    pub since: Timestamp,
    /// Until when, that included.
    pub until: Option<Timestamp>,
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// When it was written.
    pub time: Timestamp,
    /// The service.
    pub service: String,
    /// The task; none where its stream is not named by a task.
    pub task: Option<String>,
    /// What was written, without its line end.
    pub message: String,
    /// CloudWatch Logs' own id, which no other line has.
    pub id: String,
}

/// The lines of several log groups, in the order of their times.
pub struct Tail<'c> {
    cloud: &'c Cloud,
    wanted: Wanted,
    sources: Vec<Source>,
}

/// One log group.
struct Source {
    service: String,
    group: String,
    from: Timestamp,
    newest: Option<Timestamp>,
    ready: VecDeque<Line>,
    next: Next,
    /// Lines that a later look may find again.
    seen: HashMap<String, Timestamp>,
    missing: bool,
}

/// Which page is to be read.
enum Next {
    First,
    Page(String),
    None,
}

type Page = (
    Vec<aws_sdk_cloudwatchlogs::types::FilteredLogEvent>,
    Option<String>,
);

impl<'c> Tail<'c> {
    /// Nothing is read yet.
    pub fn new(cloud: &'c Cloud, graph: &Graph<Cloud>, wanted: Wanted) -> Self {
        let source = |service: &String| Source {
            service: service.clone(),
            group: physical_names::log_group(graph, service),
            from: wanted.since,
            newest: None,
            ready: VecDeque::new(),
            next: Next::First,
            seen: HashMap::new(),
            missing: false,
        };
        Self {
            cloud,
            sources: wanted.services.iter().map(source).collect(),
            wanted,
        }
    }

    /// The services that have no log group.
    pub fn missing(&self) -> Vec<&str> {
        let missing = self.sources.iter().filter(|source| source.missing);
        missing.map(|source| source.service.as_str()).collect()
    }

    /// The next line; `None` when all that is there now was read.
    ///
    /// # Errors
    /// The fault of a request.
    pub async fn next(&mut self) -> Result<Option<Line>, Fault> {
        self.fill().await?;
        let first = self
            .sources
            .iter_mut()
            .filter(|source| !source.ready.is_empty())
            .min_by_key(|source| source.ready.front().map(|line| line.time));
        Ok(first.and_then(|source| source.ready.pop_front()))
    }

    /// Looks again from where the last look ended, and a little before: what was given is not given
    /// again, and what came late is.
    pub fn again(&mut self) {
        let now = Timestamp::now();
        for source in &mut self.sources {
            if let Some(newest) = source.newest {
                let late = Timestamp::of_millis(newest.min(now).millis() - LATE_MS);
                source.from = late.max(self.wanted.since);
            }
            let from = source.from;
            source.seen.retain(|_, time| *time >= from);
            source.next = Next::First;
            source.missing = false;
        }
    }

    /// Reads on for each source that has nothing ready, all at once, until it has or is at its end.
    async fn fill(&mut self) -> Result<(), Fault> {
        loop {
            let mut reads = JoinSet::new();
            for (at, source) in self.sources.iter().enumerate() {
                let token = match &source.next {
                    Next::None => continue,
                    _ if !source.ready.is_empty() => continue,
                    Next::First => None,
                    Next::Page(token) => Some(token.clone()),
                };
                let request = self.request(source).set_next_token(token);
                reads.spawn(async move {
                    let answer = request.send().await.map_err(fault("logs:FilterLogEvents"));
                    let page =
                        answer.map(|page| (page.events.unwrap_or_default(), page.next_token));
                    (at, page)
                });
            }
            if reads.is_empty() {
                return Ok(());
            }
            while let Some(read) = reads.join_next().await {
                if let Ok((at, page)) = read {
                    self.take(at, page)?;
                }
            }
        }
    }

    fn request(
        &self,
        source: &Source,
    ) -> aws_sdk_cloudwatchlogs::operation::filter_log_events::builders::FilterLogEventsFluentBuilder
    {
        let stream = self.wanted.task.as_ref();
        self.cloud
            .logs
            .filter_log_events()
            .log_group_name(&source.group)
            .set_log_stream_name_prefix(stream.map(|task| format!("ecs/{}/{task}", source.service)))
            .set_filter_pattern(self.wanted.pattern.clone())
            .start_time(source.from.millis())
            .set_end_time(self.wanted.until.map(Timestamp::millis))
    }

    fn take(&mut self, at: usize, page: Result<Page, Fault>) -> Result<(), Fault> {
        let Some(source) = self.sources.get_mut(at) else {
            return Ok(());
        };
        let (events, token) = match page {
            Ok(page) => page,
            Err(fault) if fault.is_absent() => {
                source.missing = true;
                source.next = Next::None;
                return Ok(());
            }
            Err(fault) => return Err(fault),
        };
        source.next = token.map_or(Next::None, Next::Page);
        for event in events {
            let (Some(id), Some(time)) = (event.event_id, event.timestamp) else {
                continue;
            };
            let time = Timestamp::of_millis(time);
            source.newest = source.newest.max(Some(time));
            if source.seen.insert(id.clone(), time).is_some() {
                continue;
            }
            let message = event.message.unwrap_or_default();
            if !holds(&message, self.wanted.text.as_deref()) {
                continue;
            }
            let stream = event.log_stream_name.unwrap_or_default();
            source.ready.push_back(Line {
                time,
                service: source.service.clone(),
                task: task_of(&stream),
                message: message.trim_end_matches(['\n', '\r']).to_owned(),
                id,
            });
        }
        Ok(())
    }
}

fn holds(message: &str, text: Option<&str>) -> bool {
    text.is_none_or(|text| message.to_lowercase().contains(&text.to_lowercase()))
}

/// The stream is `prefix/container/task` (the awslogs log driver).
fn task_of(stream: &str) -> Option<String> {
    let mut parts = stream.rsplit('/');
    let task = parts.next()?;
    parts.next().map(|_| task.to_owned())
}

/// What reading logs needs.
pub(crate) const GRANTS: &[Grant] = &[on(
    &[
        "logs:log-group:/ecs/{stack}/*",
        "logs:log-group:/aws/rds/instance/{stack}/*",
        "logs:log-group:/aws/rds/instance/{stack}-*",
        "logs:log-group:/vpc/{stack}/*",
        "logs:log-group:{log-group}:*",
    ],
    &["logs:FilterLogEvents", "logs:GetLogEvents"],
)];

#[cfg(test)]
mod tests {
    use super::{holds, task_of};

    #[test]
    fn a_line_is_found_by_its_text_whatever_its_letters() {
        assert!(holds("GET /health 200", None));
        assert!(holds("Fatal: No Route", Some("fatal: no")));
        assert!(!holds("all is well", Some("fatal")));
    }

    #[test]
    fn a_stream_names_its_task() {
        assert_eq!(task_of("ecs/web/0123"), Some("0123".to_owned()));
        assert_eq!(task_of("0123"), None);
    }
}
