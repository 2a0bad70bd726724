//! Under just the policies that `permissions` prints each verb succeeds, nothing is asked that they do not declare, and
//! each of their actions is needed: without it IAM would deny a request.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::adopt;
use crate::binary::{Desk, Ended, begin, end, run};
use crate::enforced::{Enforced, Needs, VERBS, documents, enforce, release};
use crate::files::settle;
use crate::inside::with_plugin;
use crate::permissions_unasked::UNASKED;

/// `exec` or `tunnel`, by a stand-in of AWS's plugin.
fn opens(enforced: &mut Enforced<'_>, words: &[&str]) {
    let words = [words, &["--sandbox"]].concat();
    let act = |desk: &Desk| with_plugin(desk, "1.2.707.0", &words, "0");
    let (ended, call) = enforced.during("exec", &format!("{words:?}"), act);
    assert_eq!(ended.code, 0, "{words:?}: {}", ended.err);
    assert!(call.iter().any(|word| word == "StartSession"), "{call:?}");
}

/// An image that `update` takes.
fn pushed(desk: &Desk, image: &str) {
    let image = json!({ "image": image });
    desk.sandbox.control("POST", "images", Some(image));
}

/// `db backup`, and the name of the snapshot.
fn backup(enforced: &mut Enforced<'_>) -> String {
    let ended = enforced.succeeds("db", &["db", "backup"]);
    ended.out.trim().to_owned()
}

/// A run that was killed while it held the stack, whose lease is ended.
fn unlocked(enforced: &mut Enforced<'_>) {
    let killed = |desk: &Desk| {
        let rule = json!({ "operation": "UpdateService", "action": "hold-before", "nth": 1 });
        let rules = json!({ "rules": [rule] });
        desk.sandbox.control("POST", "faults", Some(rules));
        let mut child = begin(desk, &["update", "--restart", "--yes"]);
        while desk.sandbox.control("GET", "faults", None)["rules"][0]["fired"] == 0 {
            assert!(child.try_wait().unwrap().is_none(), "it is held");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        child.kill().unwrap();
        end(child);
        desk.sandbox.control("DELETE", "faults", None);
    };
    enforced.during("update", "an update that is killed", killed);
    let ended = enforced.succeeds("up", &["unlock", "--yes"]);
    assert!(ended.err.contains("ended"), "{}", ended.err);
}

#[test]
fn each_verb_succeeds_under_just_its_policies_and_needs_each_of_their_actions() {
    let lives = std::thread::scope(|scope| {
        let lives = [production, every_kind].map(|life| scope.spawn(life));
        lives.map(|life| life.join().unwrap())
    });
    let mut unneeded: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for verb in VERBS {
        let of = || lives.iter().map(|needs| &needs[verb]);
        let declared: BTreeSet<_> = of().flat_map(|one| &one.declared).collect();
        let needed: BTreeSet<_> = of().flat_map(|one| &one.needed).collect();
        let reads = lives.iter().flat_map(|needs| &needs["plan"].declared);
        let reads: BTreeSet<_> = reads.filter(|_| verb != "plan").collect();
        for action in declared.difference(&needed) {
            if !reads.contains(action) {
                unneeded.entry(verb).or_default().insert(action);
            }
        }
    }
    let mut listed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, verbs, actions) in UNASKED {
        for verb in *verbs {
            listed.entry(verb).or_default().extend(*actions);
        }
    }
    let mut wrong = Vec::new();
    for verb in VERBS {
        let of = |all: &BTreeMap<_, _>| all.get(verb).cloned().unwrap_or_default();
        let (unneeded, listed): (BTreeSet<&str>, BTreeSet<&str>) = (of(&unneeded), of(&listed));
        let idle = unneeded.difference(&listed);
        wrong.extend(idle.map(|one| format!("{verb} may {one}, and needs it for nothing")));
        let stale = listed.difference(&unneeded);
        wrong.extend(
            stale.map(|one| format!("{verb} needs {one}, which is listed as not asked for")),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Whoever adopts may do the same as who brings up.
    for needs in &lives {
        assert_eq!(needs["adopt"].declared, needs["up"].declared);
    }
}

/// The file for production, with a way into its tasks and a database that a newer version is offered for: the policies are
/// those of the file as it is shipped.
fn production() -> Needs {
    let desk = Desk::copy("stacks/production.toml");
    let mut under = Enforced::of(&desk);
    let app = "[service.open-webui]\n";
    let text = desk.text().replace(app, &format!("{app}exec = true\n"));
    let older = "version = \"16.12\"\nauto_minor_version = false\n";
    desk.write(&text.replace("version = \"16\"\n", older));
    let under = &mut under;
    under.succeeds("plan", &["plan"]);
    // Who may only read would not get through an `up`, and is told so.
    let check = under.ends("plan", &["check"]);
    assert_eq!(check.code, 3, "{}{}", check.out, check.err);
    let said = "fail     permissions    changing: arn:aws:iam::123456789012:user/sandbox may not ";
    assert!(check.out.contains(said), "{}", check.out);
    under.succeeds("up", &["check"]);
    enforce(&desk, &documents(&desk, "plan"));
    let up = desk.deploy(&["up", "--yes"]);
    release(&desk);
    assert_ne!(up.code, 0, "who may only read changes nothing");
    under.succeeds("up", &["up", "--yes"]);
    for reads in [
        &["status"][..],
        &["logs"],
        &["outputs"],
        &["history"],
        &["secrets", "list"],
        &["db"],
        &["db", "backups"],
        &["check"],
        &["cost"],
        &["cost", "--refresh"],
        &["cost", "--actual"],
        &["plan", "--check", "--detailed-exitcode"],
        &["plan", "--refresh-only"],
    ] {
        under.succeeds("plan", reads);
    }
    opens(under, &["exec"]);
    opens(under, &["tunnel", "--port", "15497"]);

    let gateway = ["--service", "bedrock-gateway"];
    under.succeeds("update", &["update", "--restart", "--yes"]);
    under.succeeds(
        "update",
        &[&["update"][..], &gateway, &["--restart", "--yes"]].concat(),
    );
    pushed(&desk, "ajuda-digital:v2");
    let upgrade = under.succeeds("update", &["update", "--image", "v2", "--yes"]);
    assert!(
        upgrade.err.contains("a snapshot of the database"),
        "{}",
        upgrade.err
    );
    under.succeeds("update", &["rollback", "--restore-snapshot", "--yes"]);
    under.succeeds(
        "update",
        &[&["scale"][..], &gateway, &["--count", "2", "--yes"]].concat(),
    );
    under.succeeds("update", &["run", "--service", "open-webui", "--", "true"]);
    unlocked(under);

    under.succeeds("secrets", &["secrets", "get", "database-app", "--stdout"]);
    let words = [
        "secrets",
        "set",
        "provider-sealion",
        "--env",
        "NEW_KEY",
        "--sandbox",
    ];
    let set = |desk: &Desk| -> Ended {
        let mut command = desk.command();
        run(command
            .arg("deploy")
            .args(words)
            .env("NEW_KEY", "another-value"))
    };
    let set = under.during("secrets", "secrets set", set);
    assert_eq!(set.code, 0, "{}", set.err);
    for secret in ["gateway-key", "database-app", "database-master"] {
        under.succeeds("secrets", &["secrets", "rotate", secret, "--yes"]);
    }

    let name = backup(under);
    under.succeeds("db", &["db", "restore", "--snapshot", &name, "--yes"]);
    under.succeeds("db", &["db", "restore", "--to-time", "latest", "--yes"]);
    under.succeeds("db", &["db", "upgrade"]);
    under.succeeds("db", &["db", "upgrade", "--to", "16.13", "--now", "--yes"]);
    under.succeeds("db", &["db", "extensions"]);
    under.succeeds("db", &["db", "extensions", "--upgrade", "--yes"]);
    under.succeeds("db", &["db", "cleanup"]);
    under.succeeds("db", &["db", "cleanup", "--older-than", "0s", "--yes"]);
    under.succeeds("destroy", &["destroy", "--yes", "--delete-all-data"]);
    under.needs()
}

/// A stack with every kind, and the same with every kind changed (`tests/faults/`).
fn every_kind() -> Needs {
    let desk = Desk::with(include_str!("../faults/before.toml"));
    settle(&desk);
    let mut under = Enforced::of(&desk);
    under.succeeds("up", &["check"]);
    under.succeeds("up", &["up", "--yes"]);
    under.succeeds("plan", &["status"]);
    for tag in ["v2", "v3"] {
        pushed(&desk, &format!("web:{tag}"));
        under.succeeds("update", &["update", "--image", tag, "--yes"]);
    }
    under.succeeds("update", &["rollback", "--yes"]);
    under.succeeds("update", &["scale", "web=2", "--yes"]);
    for secret in ["database-app", "redis-token"] {
        under.succeeds("secrets", &["secrets", "rotate", secret, "--yes"]);
    }
    let name = backup(&mut under);
    under.succeeds("db", &["db", "restore", "--snapshot", &name, "--yes"]);
    under.succeeds("plan", &["plan"]);
    desk.write(include_str!("../faults/after.toml"));
    under.read();
    under.succeeds("plan", &["plan"]);
    under.succeeds("up", &["up", "--yes"]);
    under.succeeds("plan", &["plan", "--detailed-exitcode"]);
    under.succeeds("plan", &["logs"]);
    // What was added goes again.
    desk.write(&back(include_str!("../faults/after.toml")));
    under.succeeds("up", &["up", "--yes"]);
    under.succeeds("destroy", &["destroy", "--yes", "--delete-all-data"]);
    under.needs()
}

/// The changed stack without its tags and with less of what can be less.
fn back(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("tags =") && !line.starts_with("parameters ="));
    let lines = lines.map(|line| line.replace("nodes = 3", "nodes = 2"));
    lines.collect::<Vec<_>>().join("\n")
}

/// What carries no tag of the stack yet is reached by the policies of `adopt`.
#[tokio::test]
async fn what_was_made_by_hand_is_adopted_under_just_these_policies() {
    let (desk, _) = adopt::desk().await;
    let mut under = Enforced::of(&desk);
    let words = ["adopt", "repository/ajuda-digital", "--yes"];
    under.succeeds("adopt", &words);
    // What keeps its name is known by it from now on.
    under.read();
    under.succeeds("up", &["up", "--yes", "--image", "latest"]);
    under.succeeds("plan", &["plan", "--detailed-exitcode"]);
}
