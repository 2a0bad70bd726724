//! What a file that says little means.

use ajuda::presets::{bedrock_gateway, parse};
use ajuda::stack::{Nat, Network, SecurityContext, Unmanaged};

use crate::read;

const LITTLE: &str = "[stack]\nname = 'chat'\n[service.app]\npreset = 'open-webui'\n[service.gateway]\npreset = 'bedrock-gateway'\n[admin]\nemail = 'admin@example.org'\n[domain]\nname = 'chat.example.org'\n";

#[test]
fn a_little_file_means_the_whole_assistant() {
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_debug_snapshot!("defaults", read("little.toml", LITTLE));
    });
}

#[test]
fn disposable_turns_protections_off_unless_written() {
    let source = LITTLE.replace("'chat'\n", "'chat'\ndisposable = true\n");
    let stack = read("disposable.toml", &source);
    let database = stack.database.unwrap();
    assert!(!database.deletion_protection && !database.final_snapshot);
    assert!(!stack.load_balancer.deletion_protection);
    let kept = read(
        "kept.toml",
        &format!("{source}[database]\nfinal_snapshot = true\n"),
    );
    assert!(kept.database.unwrap().final_snapshot);
}

#[test]
fn what_others_add_is_kept_unless_the_file_says_otherwise() {
    let file =
        |line: &str| format!("[stack]\nname = 'web'\n{line}\n[service.web]\nimage = 'web'\n");
    let of = |line: &str| read("unmanaged.toml", &file(line)).unmanaged;
    assert_eq!(of(""), Unmanaged::Keep);
    assert_eq!(of("unmanaged = 'keep'"), Unmanaged::Keep);
    assert_eq!(of("unmanaged = 'remove'"), Unmanaged::Remove);
    let wrong = parse(&file("unmanaged = 'report'"), "unmanaged.toml").unwrap_err();
    let said = wrong.to_string();
    assert!(
        said.contains("unmanaged") && said.contains("keep") && said.contains("remove"),
        "{said}"
    );
}

#[test]
fn a_stack_without_the_assistant_has_no_database_nor_bucket() {
    let stack = read(
        "plain.toml",
        "[stack]\nname = 'web'\n[service.web]\nimage = 'web'\npublic = true\n",
    );
    assert!(stack.database.is_none() && stack.storage.is_none());
    let web = &stack.services["web"];
    assert_eq!(
        (web.cpu, web.memory, web.port, web.health_path.as_str()),
        (256, 512, 8080, "/")
    );
    assert_eq!(web.preset, None);
}

#[test]
fn alarms_follow_the_database() {
    let stack = read(
        "small.toml",
        &format!("{LITTLE}[database]\ninstance_class = 'db.t4g.micro'\nstorage_gb = 20\n"),
    );
    assert_eq!(
        (stack.alarms.free_storage_gb, stack.alarms.connections),
        (2, 75)
    );
}

#[test]
fn images_are_ours_unless_they_name_a_registry() {
    for (text, ours, name, tag) in [
        ("chat", true, "chat", None),
        ("team/chat", true, "team/chat", None),
        ("chat:v1", true, "chat", Some("v1")),
        (
            "ghcr.io/open-webui/open-webui:v0.12.4",
            false,
            "ghcr.io/open-webui/open-webui",
            Some("v0.12.4"),
        ),
        (
            "localhost:5000/chat:v1",
            false,
            "localhost:5000/chat",
            Some("v1"),
        ),
    ] {
        let source = format!("[stack]\nname = 'web'\n[service.web]\nimage = '{text}'\n");
        let image = read("image.toml", &source).services["web"].image.clone();
        assert_eq!(
            (image.ours, image.name.as_str(), image.tag.as_deref()),
            (ours, name, tag),
            "{text}"
        );
    }
}

#[test]
fn zones_of_the_domain_default_to_the_one_above() {
    let zone = |extra: &str| {
        let source = format!("{LITTLE}{extra}");
        read("domain.toml", &source).domain.unwrap().zone
    };
    assert_eq!(zone("").as_deref(), Some("example.org"));
    let arn = "certificate = 'arn:aws:acm:us-east-1:123456789012:certificate/1b2c'\n";
    assert_eq!(zone(arn), None);
    assert_eq!(
        zone(&format!("{arn}zone = 'chat.example.org'\n")).as_deref(),
        Some("chat.example.org")
    );
}

#[test]
fn words_become_what_aws_calls_them() {
    let source = format!("{LITTLE}[network]\nnat = 'per-zone'\n").replace(
        "'bedrock-gateway'\n",
        "'bedrock-gateway'\narchitecture = 'arm64'\n",
    );
    let stack = read("words.toml", &source);
    let Network::Own(network) = &stack.network else {
        panic!("not a network of our own");
    };
    assert_eq!(network.nat, Nat::PerZone);
    assert_eq!(stack.services["gateway"].architecture, "ARM64");
    assert_eq!(
        stack.services["gateway"].preset,
        Some(&bedrock_gateway::PRESET.rules)
    );
}

/// What each preset's image was seen to run with; a shell inside needs more.
#[test]
fn containers_write_where_their_preset_says() {
    let service = |preset: &str, extra: &str| {
        let source = format!(
            "[stack]\nname = 'chat'\n[models]\nchat = ['amazon.nova-lite-v1:0']\n[service.app]\n{preset}{extra}public = false\n"
        );
        read("app.toml", &source).services["app"].security.clone()
    };
    for (preset, user, writable) in [
        (
            "open-webui",
            None,
            &["/app/backend/open_webui/static", "/data", "/tmp"][..],
        ),
        ("bedrock-gateway", Some("appuser"), &["/tmp"]),
        ("litellm", None, &["/tmp"]),
    ] {
        let words = format!("preset = '{preset}'\n");
        let found = service(&words, "");
        assert!(found.read_only_root, "{preset}");
        assert_eq!(found.user.as_deref(), user, "{preset}");
        assert!(found.writable.iter().eq(writable), "{preset}: {found:?}");
        let more = service(
            &words,
            "writable = ['/var/cache', '/tmp']\nuser = '10:20'\n",
        );
        assert_eq!(more.writable.len(), writable.len() + 1, "{preset}");
        assert_eq!(more.user.as_deref(), Some("10:20"));
        for open in ["exec = true\n", "read_only_root = false\n"] {
            let open = service(&words, open);
            assert!(!open.read_only_root && open.writable.is_empty(), "{preset}");
        }
    }
    let plain = service("image = 'app'\n", "");
    assert_eq!(plain, SecurityContext::default());
}

#[test]
fn everything_wrong_comes_at_once() {
    let source = "[stack]\nname = 'X'\nregion = 'nowhere'\n[database]\nstorage_gb = 1\nmultiaz = true\n[service.web]\ncpu = 1\n";
    let found = parse(source, "deploy.toml").unwrap_err();
    assert_eq!(found.count(), 6, "{found}");
}
