//! Which process holds a lease, and whether it has surely ended: only Linux on the same machine can
//! tell, everywhere else a lease expires.

use std::fmt;
use std::fs;

/// A process: `<pid>.<start>.<machine>`, the last two empty where the system does not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// When it began, in the clock ticks of `proc_pid_stat(5)`: numbers are used again.
    start: String,
    /// This boot of this kernel, and the namespace that process numbers are of: containers share
    /// host names, not these.
    machine: String,
}

impl Process {
    /// This one.
    pub(super) fn own() -> Self {
        let pid = std::process::id();
        let start = stat(pid).map(|(start, _)| start).unwrap_or_default();
        Self {
            pid,
            start,
            machine: machine().unwrap_or_default(),
        }
    }

    /// What [`fmt::Display`] wrote.
    pub(super) fn parse(text: &str) -> Self {
        let mut parts = text.splitn(3, '.');
        let mut next = || parts.next().unwrap_or_default();
        Self {
            pid: next().parse().unwrap_or_default(),
            start: next().to_owned(),
            machine: next().to_owned(),
        }
    }

    /// Whether it was on this machine and has ended.
    pub(super) fn has_ended(&self) -> bool {
        // Where the first process cannot be seen, `hidepid` may hide others as well.
        if self.start.is_empty() || machine().as_ref() != Some(&self.machine) || stat(1).is_none() {
            return false;
        }
        match stat(self.pid) {
            None => true,
            Some((start, state)) => start != self.start || state == "Z" || state == "X",
        }
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.pid, self.start, self.machine)
    }
}

/// Start time and state of a process.
fn stat(pid: u32) -> Option<(String, String)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before may hold spaces and brackets.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some(((*fields.get(19)?).to_owned(), (*fields.first()?).to_owned()))
}

fn machine() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = fs::read_link("/proc/self/ns/pid").ok()?;
    let space: String = space
        .to_string_lossy()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    Some(format!("{}.{space}", boot.trim()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::Process;

    #[test]
    fn a_process_is_told_from_one_that_has_ended() {
        let own = Process::own();
        assert_eq!(Process::parse(&own.to_string()), own);
        assert!(!own.has_ended());
        let reused = Process {
            start: "1".to_owned(),
            ..own.clone()
        };
        assert!(reused.has_ended(), "its number belongs to another one now");
        let elsewhere = Process {
            machine: "another".to_owned(),
            ..reused
        };
        assert!(!elsewhere.has_ended(), "nobody here can tell");
        assert!(!Process::parse("").has_ended());
    }
}
