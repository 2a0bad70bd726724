//! `ajuda deploy status --watch`: looks again and again, and draws what it sees.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::aws::lease::Pace;
use crate::aws::timestamp::Timestamp;
use crate::cli::apply::wait_for_signal;
use crate::cli::session::Session;
use crate::command_error::CommandError;
use crate::exit::Exit;
use crate::inspect::status::{self, DriftReads, LiveReads, Status};
use crate::render::Console;
use crate::render::watch::{Key, Screen, View};

/// How often at most the whole stack is compared with the file: it costs a plan's requests.
const COMPARE: Duration = Duration::from_secs(60);

/// What a read has brought.
enum StatusRead {
    LiveReads(Box<LiveReads>),
    DriftReads(Box<DriftReads>),
}

/// Reads what changes by the second every `interval` seconds, and what `plan` would say once a
/// minute, until the operator leaves.
pub(super) async fn watch(
    session: Session,
    console: &Console,
    interval: u64,
) -> Result<Exit, CommandError> {
    if console.is_json() {
        return Err(
            CommandError::error("--watch draws on a terminal, and JSON is for programs")
                .hint("leave out one of --watch and --output json"),
        );
    }
    if console.is_dumb() {
        return Err(CommandError::error(
            "--watch draws, and this terminal cannot (TERM is `dumb`)",
        )
        .hint("leave out --watch to print the status once"));
    }
    let mut screen = Screen::open().map_err(|error| {
        CommandError::error(format!("--watch cannot draw: {error}"))
            .hint("leave out --watch to print the status once")
    })?;
    console.is_drawn_over();
    let mut watch = Watch::new(session, interval);
    let ended = watch.run(&mut screen, console).await;
    drop(screen);
    ended.map_err(|error| CommandError::error(format!("the terminal is gone: {error}")))
}

struct Watch {
    session: Arc<Session>,
    every: Duration,
    send: mpsc::UnboundedSender<StatusRead>,
    update: mpsc::UnboundedReceiver<StatusRead>,
    reading: bool,
    comparing: bool,
    compared: Option<Instant>,
    /// With the moment it was read.
    live: Option<(LiveReads, Timestamp)>,
    drift: Option<DriftReads>,
    status: Option<Status>,
    scroll: u16,
}

impl Watch {
    fn new(session: Session, interval: u64) -> Self {
        let (send, update) = mpsc::unbounded_channel();
        Self {
            session: Arc::new(session),
            every: Duration::from_secs(interval),
            send,
            update,
            reading: false,
            comparing: false,
            compared: None,
            live: None,
            drift: None,
            status: None,
            scroll: 0,
        }
    }

    async fn run(&mut self, screen: &mut Screen, console: &Console) -> std::io::Result<Exit> {
        let mut timer = tokio::time::interval(self.every);
        // A second goes by in the ages that are shown.
        let mut second = tokio::time::interval(Duration::from_secs(1));
        let signal = wait_for_signal();
        tokio::pin!(signal);
        loop {
            tokio::select! {
                _ = timer.tick() => self.read(false),
                _ = second.tick() => {}
                update = self.update.recv() => self.take(update),
                () = &mut signal => return Ok(Exit::Interrupted),
                key = screen.key() => match key {
                    Some(Key::Quit) => return Ok(Exit::Done),
                    // Without keys there is no terminal either.
                    Some(Key::Interrupt) | None => return Ok(Exit::Interrupted),
                    Some(Key::Again) => self.read(true),
                    Some(Key::Scroll(by)) => self.scroll(by),
                    Some(Key::Draw) => {}
                },
            }
            screen.draw(&View {
                status: self.status.as_ref(),
                place: console.place(),
                now: Timestamp::now(),
                every: self.every,
                scroll: self.scroll,
                color: console.style().color,
            })?;
        }
    }

    /// Begins to read, unless it is reading already.
    fn read(&mut self, all: bool) {
        let due = self.compared.is_none_or(|then| then.elapsed() >= COMPARE);
        if !self.reading {
            self.reading = true;
            let (session, send) = (Arc::clone(&self.session), self.send.clone());
            tokio::spawn(async move {
                session.cloud.memo.forget();
                let called = session.as_called().await;
                let pace = Pace::of(session.clock_speed);
                let live = status::read_live(&session.cloud, &session.stack, &called, pace).await;
                // Nobody listens once the view is left.
                let _ = send.send(StatusRead::LiveReads(Box::new(live)));
            });
        }
        if (due || all) && !self.comparing {
            self.comparing = true;
            let (session, send) = (Arc::clone(&self.session), self.send.clone());
            tokio::spawn(async move {
                let observed = session.observe().await;
                let plan = session.plan(&observed);
                let drift =
                    status::read_drift(&session.cloud, &session.stack, &observed, &plan).await;
                let _ = send.send(StatusRead::DriftReads(Box::new(drift)));
            });
        }
    }

    fn take(&mut self, update: Option<StatusRead>) {
        match update {
            Some(StatusRead::LiveReads(live)) => {
                self.live = Some((*live, Timestamp::now()));
                self.reading = false;
            }
            Some(StatusRead::DriftReads(drift)) => {
                self.drift = Some(*drift);
                self.comparing = false;
                self.compared = Some(Instant::now());
            }
            None => {}
        }
        if let Some((live, at)) = &self.live {
            let place = &self.session.cloud.place;
            self.status = Some(status::status(place, live, self.drift.as_ref(), *at));
        }
    }

    fn scroll(&mut self, by: i16) {
        self.scroll = self.scroll.saturating_add_signed(by);
    }
}
