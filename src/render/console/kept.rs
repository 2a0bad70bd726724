//! A terminal that is as it was once somebody else had it.

/// How the terminal was; it is so again when this is dropped.
pub struct Kept {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Kept {
    /// As it is now; nothing where stdin is no terminal.
    pub fn now() -> Self {
        Self {
            #[cfg(unix)]
            before: rustix::termios::tcgetattr(std::io::stdin()).ok(),
        }
    }
}

#[cfg(unix)]
impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let now = rustix::termios::OptionalActions::Now;
            // A terminal that went away needs nothing.
            let _ = rustix::termios::tcsetattr(std::io::stdin(), now, before);
        }
    }
}
