//! The accounts that acts begin with. Nothing is done to them but copied, and they stay until the tests end.

use std::sync::LazyLock;

use serde_json::json;

use crate::stage::Desk;
use crate::support::by_hand;
use crate::support::sandbox::Sandbox;

/// The stack with every kind, and the same with every kind changed.
pub const BEFORE: &str = include_str!("before.toml");
pub const AFTER: &str = include_str!("after.toml");

/// What an act begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    Empty,
    /// `BEFORE`, up.
    Full,
    /// An assistant of two tasks on which three versions of each service ran.
    Running,
    /// The deployment of docs/adopting.md.
    ByHand,
}

/// An account with the file of its stack.
pub struct Prepared {
    pub sandbox: Sandbox,
    pub file: String,
}

impl Account {
    /// The account, which the first that asks for it makes.
    pub fn prepared(self) -> &'static Prepared {
        static EMPTY: LazyLock<Prepared> = LazyLock::new(empty);
        static FULL: LazyLock<Prepared> = LazyLock::new(full);
        static RUNNING: LazyLock<Prepared> = LazyLock::new(running);
        static BY_HAND: LazyLock<Prepared> = LazyLock::new(made_by_hand);
        match self {
            Self::Empty => &EMPTY,
            Self::Full => &FULL,
            Self::Running => &RUNNING,
            Self::ByHand => &BY_HAND,
        }
    }
}

fn empty() -> Prepared {
    let sandbox = Sandbox::instant();
    late(&sandbox);
    let file = BEFORE.to_owned();
    // Zones and images are prepared, and whoever takes inventory has met every service.
    Desk::with(&sandbox, &file).succeeds(&["plan"]).unwrap();
    kept(sandbox, file)
}

fn full() -> Prepared {
    let Prepared { sandbox, file } = Account::Empty.prepared();
    let sandbox = sandbox.fork();
    let desk = Desk::with(&sandbox, file);
    desk.succeeds(&["up", "--yes"]).unwrap();
    drop(desk);
    kept(sandbox, file.clone())
}

fn running() -> Prepared {
    let sandbox = Sandbox::instant();
    // Two tasks share Redis.
    let file = include_str!("../../examples/sandbox.toml").replace(
        "image = \"ajuda-digital\"\n",
        "image = \"ajuda-digital\"\nautoscaling = { min = 2, max = 4 }\n\n[redis]\n\n",
    );
    let desk = Desk::with(&sandbox, &file);
    desk.succeeds(&["up", "--yes"]).unwrap();
    for image in ["ajuda-digital", "bedrock-gateway"] {
        for tag in ["v2", "v3", "v4"] {
            let image = json!({ "image": format!("{image}:{tag}"), "behaviour": "ok" });
            sandbox.control("POST", "images", Some(image));
        }
    }
    for tag in ["v2", "v3"] {
        for service in ["open-webui", "bedrock-gateway"] {
            desk.succeeds(&["update", "--service", service, "--image", tag, "--yes"])
                .unwrap();
        }
    }
    desk.succeeds(&["db", "backup", "--name", "early"]).unwrap();
    drop(desk);
    late(&sandbox);
    kept(sandbox, file)
}

fn made_by_hand() -> Prepared {
    let sandbox = Sandbox::instant();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let file = runtime.block_on(async {
        let cloud = sandbox.cloud("by-hand").await;
        by_hand::deploy(&sandbox, &cloud).await;
        by_hand::file(&cloud).await
    });
    late(&sandbox);
    kept(sandbox, file)
}

/// As late as AWS from now on, unless `AJUDA_TEST_LAG` says otherwise.
fn late(sandbox: &Sandbox) {
    if std::env::var_os("AJUDA_TEST_LAG").is_none() {
        sandbox.lag(json!({ "mode": "aws" }));
    }
}

fn kept(sandbox: Sandbox, file: String) -> Prepared {
    sandbox.inventory();
    // Nobody but its copies has to find it, and it is never dropped.
    std::fs::remove_dir_all(sandbox.home()).unwrap();
    Prepared { sandbox, file }
}
