//! What n8n demands, alone, without a domain and beside Open WebUI.

use ajuda::images;
use ajuda::message::commands;
use ajuda::presets::secrets::consequence;
use ajuda::presets::{self, shared_secrets, warnings};
use ajuda::stack::{Output, SecurityContext, Service, Stack, Store, Value};

use crate::{bare, difference, guide, of, service, text};

fn n8n() -> Service {
    Service {
        port: 5678,
        security: SecurityContext {
            read_only_root: true,
            ..SecurityContext::default()
        },
        ..service("n8n", Some("n8n"))
    }
}

/// A stack with n8n in Open WebUI's place.
fn instead_in(mut stack: Stack) -> Stack {
    stack.services.remove("open-webui");
    stack.services.insert("n8n".to_owned(), n8n());
    stack
}

/// The same beside it: one of the two can have the load balancer's default action.
fn beside() -> Stack {
    let mut stack = guide();
    let private = Service {
        public: false,
        ..n8n()
    };
    stack.services.insert("n8n".to_owned(), private);
    stack
}

#[test]
fn n8n_in_open_webuis_place() {
    insta::assert_snapshot!(text(&of(&instead_in(guide()), "n8n")));
}

#[test]
fn n8n_without_domain_and_administrator() {
    let (with, without) = (instead_in(guide()), instead_in(bare()));
    insta::assert_snapshot!(difference(&of(&with, "n8n"), &of(&without, "n8n")));
}

#[test]
fn n8n_that_is_not_public_knows_no_address() {
    let workload = of(&beside(), "n8n");
    for variable in ["N8N_WEBHOOK_URL", "N8N_PROXY_HOPS", "N8N_SECURE_COOKIE"] {
        assert!(!workload.environment.contains_key(variable), "{variable}");
    }
}

#[test]
fn n8n_reaches_the_database_and_verifies_it() {
    let stack = beside();
    let stores = presets::stores(&stack, &stack.services["n8n"]);
    assert_eq!(Vec::from_iter(stores), [Store::Database]);
    let environment = of(&stack, "n8n").environment;
    assert_eq!(
        environment["DB_POSTGRESDB_SSL_CA"],
        Value::From(Output::DatabaseCa)
    );
    // Open WebUI has a table `user` there, too.
    assert_eq!(
        environment["DB_TABLE_PREFIX"],
        Value::Text("n8n_".to_owned())
    );
}

#[test]
fn n8n_starts_with_the_hash_of_its_owners_password() {
    let stack = instead_in(guide());
    let (entry, command) = presets::command(&stack, &stack.services["n8n"]);
    assert_eq!(entry[..2], ["sh", "-c"]);
    assert!(entry[2].ends_with("unset AJUDA_N8N_PASSWORD && exec \"$0\" \"$@\""));
    assert_eq!(command, ["tini", "--", "/docker-entrypoint.sh"]);
    let own = Service {
        command: vec!["n8n".to_owned(), "worker".to_owned()],
        ..n8n()
    };
    let (same, command) = presets::command(&stack, &own);
    assert_eq!((same, command), (entry, own.command.clone()));
    // Without [admin] the image starts as it is.
    let stack = instead_in(bare());
    let none = presets::command(&stack, &stack.services["n8n"]);
    assert_eq!(none, (Vec::new(), Vec::new()));
}

#[test]
fn secrets_of_n8n_alone_and_beside_open_webui() {
    let names = |stack: &Stack| -> Vec<String> {
        let made = shared_secrets(stack).into_iter();
        made.map(|one| format!("{}: {}", one.name, one.why))
            .collect()
    };
    insta::assert_snapshot!(names(&instead_in(guide())).join("\n"));
    let both = names(&beside());
    let admin: Vec<&String> = (both.iter())
        .filter(|one| one.starts_with("admin-password"))
        .collect();
    assert_eq!(
        admin,
        ["admin-password: password of the first administrator of Open WebUI and n8n"]
    );
}

/// n8n takes its owner's password at every start; Open WebUI at the first alone.
#[test]
fn a_new_password_follows_by_itself_where_n8n_is_alone() {
    let by_hand = |stack: &Stack| consequence(stack, "admin-password").by_hand;
    assert_eq!(by_hand(&instead_in(guide())), None);
    assert!(by_hand(&beside()).unwrap().starts_with("Open WebUI reads"));
    let loses = |stack: &Stack| consequence(stack, "n8n-encryption-key").loses;
    assert!(loses(&beside()).unwrap().contains("entered anew"));
    assert_eq!(loses(&guide()), None);
}

/// `rollback --restore-snapshot` of one takes the other's data back, too.
#[test]
fn who_shares_the_database_with_n8n_is_said() {
    let said = |stack: &Stack| {
        let all = warnings(stack).into_iter();
        all.filter(|one| one.starts_with("n8n and open-webui share one database"))
            .count()
    };
    assert_eq!(said(&beside()), 1);
    assert_eq!(said(&guide()) + said(&instead_in(guide())), 0);
}

#[test]
fn open_webui_is_meant_before_n8n() {
    let app = |stack: &Stack| presets::app(stack).map(|service| service.name.clone());
    assert_eq!(app(&beside()).as_deref(), Some("open-webui"));
    assert_eq!(app(&instead_in(guide())).as_deref(), Some("n8n"));
}

#[test]
fn a_missing_image_of_n8n_is_copied_by_its_own_version() {
    let stack = instead_in(guide());
    let told = |tag: &str| images::command(&stack, &format!("host/n8n:{tag}"));
    let from = |tag: &str, as_tag: &str| {
        let image = format!("ghcr.io/n8n-io/n8n:{tag}");
        Some(commands::push_published("n8n", image, as_tag))
    };
    assert_eq!(told("2.39.1"), from("2.39.1", "2.39.1"));
    assert_eq!(told("first"), from("2.38.7", "first"));
}

#[test]
fn what_opens_n8ns_environment_to_workflows_is_said() {
    let mut stack = instead_in(guide());
    let before = warnings(&stack).len();
    let service = stack.services.get_mut("n8n").unwrap();
    let off = Value::Text("false".to_owned());
    (service.environment).insert("N8N_BLOCK_ENV_ACCESS_IN_NODE".to_owned(), off);
    let after = warnings(&stack);
    assert_eq!(after.len(), before + 1);
    let said = "service.n8n.environment.N8N_BLOCK_ENV_ACCESS_IN_NODE is \"false\": every workflow";
    assert!(after.iter().any(|one| one.starts_with(said)), "{after:#?}");
}
