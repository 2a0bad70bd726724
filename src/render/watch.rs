//! The live view of a status: drawn on the terminal's other screen, which is left again however the
//! program ends.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use ratatui::{DefaultTerminal, Frame};
use tokio::sync::mpsc;

use super::status::lines;
use super::styled_text::Tone;
use super::visible::visible;
use crate::aws::timestamp::Timestamp;
use crate::inspect::status::Status;
use crate::message::StackOptions;

/// What the view shows.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The newest status; none before the first is read.
    pub status: Option<&'a Status>,
    /// Which stack commands are about.
    pub place: &'a StackOptions,
    /// Now, by this machine's clock.
    pub now: Timestamp,
    /// Between two reads.
    pub every: Duration,
    /// Lines that are scrolled out at the top.
    pub scroll: u16,
    /// Whether something may be coloured.
    pub color: bool,
}

/// What the operator asks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// To leave.
    Quit,
    /// To leave, by Ctrl-C or Ctrl-\.
    Interrupt,
    /// To read now.
    Again,
    /// Lines to scroll.
    Scroll(i16),
    /// To draw: the terminal has another size.
    Draw,
}

/// The terminal's other screen, with its keys.
pub struct Screen {
    terminal: DefaultTerminal,
    keys: mpsc::UnboundedReceiver<Key>,
    over: Arc<AtomicBool>,
}

impl Screen {
    /// Takes the terminal over. A panic gives it back before it is told.
    ///
    /// # Errors
    /// When there is no terminal.
    pub fn open() -> io::Result<Self> {
        if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
            return Err(io::Error::other("this is no terminal"));
        }
        let terminal = ratatui::try_init()?;
        let (send, keys) = mpsc::unbounded_channel();
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        std::thread::spawn(move || listen(&send, &ended));
        Ok(Self {
            terminal,
            keys,
            over,
        })
    }

    /// The next key that means something; `None` when the terminal is gone.
    pub async fn key(&mut self) -> Option<Key> {
        self.keys.recv().await
    }

    /// Draws.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, view: &View<'_>) -> io::Result<()> {
        self.terminal.draw(|frame| paint(frame, view)).map(|_| ())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        ratatui::restore();
    }
}

/// Reads keys until the view is over. Its own thread, because reading blocks.
fn listen(send: &mpsc::UnboundedSender<Key>, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        let key = match event::poll(Duration::from_millis(100)) {
            Ok(false) => continue,
            Ok(true) => event::read(),
            Err(_) => return,
        };
        let Ok(key) = key else { return };
        if let Some(key) = meant(&key)
            && send.send(key).is_err()
        {
            return;
        }
    }
}

fn meant(event: &Event) -> Option<Key> {
    match event {
        Event::Resize(..) => Some(Key::Draw),
        Event::Key(KeyEvent {
            code,
            modifiers,
            kind: KeyEventKind::Press | KeyEventKind::Repeat,
            ..
        }) => match code {
            // A raw terminal sends no signal for Ctrl-\, which has the code of Ctrl-4.
            KeyCode::Char('c' | '\\' | '4') if modifiers.contains(KeyModifiers::CONTROL) => {
                Some(Key::Interrupt)
            }
            KeyCode::Char('q') | KeyCode::Esc => Some(Key::Quit),
            KeyCode::Char('r') => Some(Key::Again),
            KeyCode::Up | KeyCode::Char('k') => Some(Key::Scroll(-1)),
            KeyCode::Down | KeyCode::Char('j') => Some(Key::Scroll(1)),
            KeyCode::PageUp => Some(Key::Scroll(-10)),
            KeyCode::PageDown => Some(Key::Scroll(10)),
            KeyCode::Home => Some(Key::Scroll(i16::MIN)),
            _ => None,
        },
        _ => None,
    }
}

/// Draws one frame: the status, and below it how old it is and which keys there are.
pub fn paint(frame: &mut Frame<'_>, view: &View<'_>) {
    let [above, below] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(frame.area());
    let text: Vec<Line<'_>> = match view.status {
        Some(status) => lines(status, view.place, view.now)
            .into_iter()
            .map(|line| {
                let spans = line.into_iter();
                spans
                    .map(|(tone, text)| {
                        Span::styled(visible(&text).into_owned(), style(tone, view.color))
                    })
                    .collect()
            })
            .collect(),
        None => vec![Line::from("reading …")],
    };
    let text = Paragraph::new(text).wrap(Wrap { trim: false });
    frame.render_widget(text.scroll((view.scroll, 0)), above);
    let age = match view.status {
        Some(status) => format!("read {}s ago, ", status.at.until(view.now) / 1000),
        None => String::new(),
    };
    let keys = format!(
        "{age}every {}s   q quits   r reads now   ↑↓ scroll",
        view.every.as_secs()
    );
    frame.render_widget(Line::styled(keys, style(Tone::Dim, view.color)), below);
}

fn style(tone: Tone, color: bool) -> Style {
    let plain = Style::new();
    match tone {
        Tone::Plain => plain,
        Tone::Head => plain.add_modifier(Modifier::BOLD),
        Tone::Dim => plain.add_modifier(Modifier::DIM),
        _ if !color => plain,
        Tone::Good => plain.fg(Color::Green),
        Tone::Look => plain.fg(Color::Yellow),
        Tone::Bad => plain.fg(Color::Red),
    }
}
