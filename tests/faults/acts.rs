//! What is done to a stack, on which account, and how much of it is tried where not everything is.

use crate::accounts::{AFTER, Account};

/// What is typed, and where.
#[derive(Debug)]
pub struct Act {
    /// What it is called where that is not what is typed.
    called: Option<&'static str>,
    /// What is typed after `ajuda deploy`.
    pub words: &'static [&'static str],
    pub account: Account,
    /// The file, where it is another than the account's own.
    pub file: Option<&'static str>,
    /// What is typed to see that nothing is left to do, and what that says then.
    pub look: Option<(&'static [&'static str], &'static str)>,
    part: Part,
}

/// The part that is tried where not everything is: one of so many calls, with one fault each.
#[derive(Debug, Clone, Copy)]
struct Part {
    kills: usize,
    others: usize,
}

/// Of commands that make hundreds of calls.
const SMALL: Part = Part {
    kills: 12,
    others: 6,
};
/// Of those that make few, each of which is of its own kind.
const LARGE: Part = Part {
    kills: 6,
    others: 1,
};

const PLAN: Option<(&[&str], &str)> = Some((&["plan", "--detailed-exitcode"], "nothing to do"));
#[rustfmt::skip]
const UP_ADOPTING: &[&str] = &[
    "up", "--yes", "--image", "latest",
    "--adopt", "bucket/uploads",
    "--adopt", "cluster/main",
    "--adopt", "db-instance/main",
    "--adopt", "log-group/bedrock-gateway",
    "--adopt", "log-group/open-webui",
    "--adopt", "repository/ajuda-digital",
    "--adopt", "role/bedrock-gateway-execution",
    "--adopt", "role/bedrock-gateway-task",
    "--adopt", "service/bedrock-gateway",
    "--adopt", "service/open-webui",
];
const DESTROY: &[&str] = &["destroy", "--yes", "--delete-all-data"];

/// `up` from nothing, `up` with every kind changed, `destroy`, data and all; and what is done to a
/// running stack, which is another act when it is done twice: a second rollback, a second value of a
/// secret or a second snapshot is a difference.
pub const ACTS: &[Act] = &[
    Act {
        called: Some("up"),
        account: Account::Empty,
        look: PLAN,
        part: SMALL,
        ..Act::running(&["up", "--yes"])
    },
    Act {
        called: Some("change"),
        account: Account::Full,
        file: Some(AFTER),
        look: PLAN,
        part: SMALL,
        ..Act::running(&["up", "--yes"])
    },
    Act {
        called: Some("destroy"),
        account: Account::Full,
        look: Some((DESTROY, "nothing to remove")),
        part: SMALL,
        ..Act::running(DESTROY)
    },
    Act {
        account: Account::ByHand,
        ..Act::running(&["adopt", "repository/ajuda-digital", "--yes"])
    },
    Act {
        called: Some("up --adopt"),
        account: Account::ByHand,
        look: PLAN,
        part: Part {
            kills: 24,
            others: 6,
        },
        ..Act::running(UP_ADOPTING)
    },
    Act::running(&["update", "--image", "v4", "--yes"]),
    Act::running(&[
        "update",
        "--service",
        "bedrock-gateway",
        "--image",
        "v4",
        "--yes",
    ]),
    Act::running(&["rollback", "--restore-snapshot", "--yes"]),
    Act::running(&["rollback", "--service", "bedrock-gateway", "--yes"]),
    Act::running(&["scale", "open-webui=3", "--yes"]),
    Act::running(&["scale", "bedrock-gateway=2", "--yes"]),
    Act::running(&["secrets", "rotate", "app-key", "--yes"]),
    Act::running(&["secrets", "rotate", "gateway-key", "--yes"]),
    Act::running(&["secrets", "rotate", "redis-token", "--yes"]),
    Act::running(&["secrets", "rotate", "database-app", "--yes"]),
    Act::running(&["secrets", "rotate", "database-master", "--yes"]),
    Act::running(&["db", "restore", "--snapshot", "early", "--yes"]),
];

impl Act {
    /// Something that is done to a running stack.
    const fn running(words: &'static [&'static str]) -> Self {
        Self {
            called: None,
            words,
            account: Account::Running,
            file: None,
            look: None,
            part: LARGE,
        }
    }

    /// What is typed, but for the answer to its question.
    pub fn name(&self) -> String {
        let typed = self.words.iter().filter(|word| **word != "--yes");
        match self.called {
            Some(name) => name.to_owned(),
            None => typed.copied().collect::<Vec<_>>().join(" "),
        }
    }

    /// The text of its file.
    pub fn text(&self) -> &'static str {
        self.file.unwrap_or(&self.account.prepared().file)
    }

    /// Whether it is a rotation, which is another one when it is typed again after it ended.
    pub fn rotates(&self) -> bool {
        self.words[0] == "secrets"
    }

    /// Whether the part that is tried where not everything is has the call at `index` with the fault
    /// at `number` of those that kill, or of the `all` others. `turn` makes it another for each act.
    pub fn tries(&self, turn: usize, index: usize, kills: bool, number: usize, all: usize) -> bool {
        let each = if kills {
            self.part.kills
        } else {
            self.part.others
        };
        // Not the calls that are killed: those have been seen.
        let first = if kills { 0 } else { each / 2 };
        index % each == first && (index / each + turn) % all == number
    }
}
