//! What each workload demands, as tables: the guide's stack and what changes when a table of the file does.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ajuda::presets::{
    self, PRESETS, SecretOrigin, Strategy, Workload, bedrock_models, database_setup, database_url,
    gateway_url, open_webui, rds_ca, secrets, shared_secrets, workload,
};
use ajuda::stack::{
    Admin, Alarms, Audience, Cluster, Cost, Database, Domain, Google, Image, LoadBalancer, Models,
    Nat, Network, Output, OverBudget, OwnNetwork, Provider, Redis, Registry, SecretRef,
    SecretSource, SecurityContext, Service, Stack, Statement, Storage, Store, Usage, Value, Waf,
};

#[path = "presets/models.rs"]
mod models;
#[path = "presets/n8n.rs"]
mod n8n;

fn service(name: &str, preset: Option<&str>) -> Service {
    let gateway = preset == Some("bedrock-gateway");
    let preset = preset.map(|name| {
        let mut rules = PRESETS.iter().map(|preset| &preset.rules);
        let found = rules.find(|rules| rules.name == name);
        found.unwrap_or_else(|| panic!("there is no preset {name}"))
    });
    Service {
        name: name.to_owned(),
        preset,
        image: Image {
            ours: true,
            name: name.to_owned(),
            tag: None,
        },
        cpu: 1024,
        memory: 4096,
        architecture: "X86_64".to_owned(),
        count: Some(1),
        autoscaling: None,
        deployment: None,
        port: 8080,
        public: !gateway,
        paths: Vec::new(),
        expose: gateway.then(|| (name.to_owned(), 80)),
        health_path: "/health".to_owned(),
        health_grace: 300,
        health_command: gateway.then(|| "python -c probe".to_owned()),
        command: Vec::new(),
        environment: BTreeMap::new(),
        secrets: BTreeMap::new(),
        policies: Vec::new(),
        uses: Vec::new(),
        egress: Vec::new(),
        registry_credentials: None,
        ephemeral_gb: None,
        exec: false,
        security: SecurityContext::default(),
    }
}

/// The guide's stack: a domain, Google, an administrator, SeaLion; one task, no Redis.
fn guide() -> Stack {
    let services = [
        service("open-webui", Some("open-webui")),
        service("bedrock-gateway", Some("bedrock-gateway")),
    ];
    Stack {
        adopt: BTreeMap::new(),
        moved: BTreeMap::new(),
        name: "open-webui".to_owned(),
        region: Some("us-east-1".to_owned()),
        account: None,
        tags: BTreeMap::new(),
        disposable: false,
        unmanaged: ajuda::stack::Unmanaged::Keep,
        network: Network::Own(OwnNetwork {
            cidr: ipnet::Ipv4Net::new_assert([10, 0, 0, 0].into(), 16),
            zones: 2,
            zone_names: Vec::new(),
            nat: Nat::One,
            s3_endpoint: true,
            flow_logs: true,
            deny_remote_login: false,
        }),
        egress: Vec::new(),
        registry: Registry {
            scan_on_push: true,
            immutable_tags: true,
            keep_images: 30,
            kms_key: None,
        },
        storage: Some(Storage {
            bucket: None,
            versioning: true,
            noncurrent_days: 30,
            abort_upload_days: 7,
            kms_key: None,
            access_logs: true,
        }),
        database: Some(Database {
            name: "openwebui".to_owned(),
            username: "openwebui".to_owned(),
            master_username: "ajuda".to_owned(),
            version: "16".to_owned(),
            instance_class: "db.r7g.large".to_owned(),
            storage_gb: 200,
            max_storage_gb: None,
            iops: None,
            throughput: None,
            multi_az: true,
            backup_days: 7,
            backup_window: None,
            maintenance_window: None,
            deletion_protection: true,
            performance_insights: true,
            enhanced_monitoring: 60,
            iam_authentication: true,
            log_exports: Vec::new(),
            final_snapshot: true,
            auto_minor_version: true,
            apply_immediately: false,
            extensions: std::collections::BTreeSet::new(),
            parameters: BTreeMap::new(),
            kms_key: None,
            ca_certificates: None,
        }),
        cluster: Cluster {
            container_insights: "enhanced".to_owned(),
            namespace: "open-webui-cluster".to_owned(),
        },
        load_balancer: LoadBalancer {
            idle_timeout: 600,
            access_logs: true,
            access_log_days: 90,
            deletion_protection: true,
            allow: Vec::new(),
            ssl_policy: "ELBSecurityPolicy-TLS13-1-2-2021-06".to_owned(),
            plain_http: false,
            waf: Waf::Off,
        },
        domain: Some(Domain {
            name: "chat.example.org".to_owned(),
            zone: Some("example.org".to_owned()),
            certificate: None,
        }),
        google: Some(Google {
            client_id: "1234.apps.googleusercontent.com".to_owned(),
            client_secret: SecretSource::Env("GOOGLE_CLIENT_SECRET".to_owned()),
            allowed_domains: vec!["example.org".to_owned(), "example.com".to_owned()],
        }),
        first_user_is_admin: false,
        admin: Some(Admin {
            email: "maria@Example.org".to_owned(),
            password: SecretSource::Generate(24),
        }),
        models: Models {
            embedding: "amazon.titan-embed-text-v1".to_owned(),
            dimensions: 1536,
            chat: vec![
                "us.anthropic.claude-sonnet-4-6".to_owned(),
                "amazon.nova-lite-v1:0".to_owned(),
            ],
            visible_to: Audience::Everyone,
        },
        providers: BTreeMap::from([(
            "sealion".to_owned(),
            Provider {
                url: "https://api.sea-lion.ai/v1/".to_owned(),
                key: SecretSource::Env("SEALION_API_KEY".to_owned()),
                models: Vec::new(),
            },
        )]),
        redis: None,
        secrets_key: None,
        log_days: 30,
        log_key: None,
        alarms: Alarms {
            enabled: true,
            email: None,
            kms_key: None,
            errors: 10,
            latency_seconds: 10,
            cpu_percent: 80,
            memory_percent: 85,
            free_storage_gb: 20,
            connections: 400,
        },
        cost: Cost {
            budget: None,
            over_budget: OverBudget::Warn,
            usage: Usage::default(),
        },
        services: services
            .map(|service| (service.name.clone(), service))
            .into(),
    }
}

/// Where the image's own directories cannot be written to, others are said; a shell inside needs none.
#[test]
fn a_read_only_assistant_keeps_its_data_elsewhere() {
    let mut stack = guide();
    assert!(
        !of(&stack, "open-webui")
            .environment
            .contains_key("DATA_DIR")
    );
    if let Some(app) = stack.services.get_mut("open-webui") {
        app.security.read_only_root = true;
    }
    let told = of(&stack, "open-webui").environment["DATA_DIR"].clone();
    assert_eq!(told, Value::Text("/data".to_owned()));
    let setup = database_setup::setup_task(&stack).map(|setup| setup.security);
    let setup = setup.filter(|security| security.read_only_root);
    assert!(setup.is_some_and(|security| security.writable.contains("/tmp")));
}

fn bare() -> Stack {
    Stack {
        domain: None,
        google: None,
        admin: None,
        providers: BTreeMap::new(),
        ..guide()
    }
}

fn of(stack: &Stack, name: &str) -> Workload {
    workload(stack, &stack.services[name])
}

fn text(workload: &Workload) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (name, value) in &workload.environment {
        lines.push(match value {
            Value::Text(text) => format!("{name} = {text}"),
            other => format!("{name} <- {other:?}"),
        });
    }
    lines.extend(
        workload
            .secrets
            .iter()
            .map(|(name, secret)| format!("{name} <- {secret:?}")),
    );
    lines.sort();
    let mut out = lines.join("\n") + "\n\n";
    for Statement { actions, resources } in &workload.statements {
        let _ = writeln!(
            out,
            "allow {}\n   on {}",
            actions.join(" "),
            resources.join("\n      ")
        );
    }
    let _ = writeln!(out, "\n{:?}", workload.strategy);
    let _ = writeln!(
        out,
        "request timeout {:?}\n{:?}",
        workload.request_timeout, workload.container_health
    );
    out
}

/// The lines of the second that the first has not, and the other way round.
fn difference(before: &Workload, after: &Workload) -> String {
    let (before, after) = (text(before), text(after));
    let mut out = String::new();
    for line in before
        .lines()
        .filter(|line| !after.lines().any(|other| other == *line))
    {
        let _ = writeln!(out, "- {line}");
    }
    for line in after
        .lines()
        .filter(|line| !before.lines().any(|other| other == *line))
    {
        let _ = writeln!(out, "+ {line}");
    }
    out
}

#[test]
fn open_webui_of_the_guide() {
    insta::assert_snapshot!(text(&of(&guide(), "open-webui")));
}

#[test]
fn the_gateway_of_the_guide() {
    insta::assert_snapshot!(text(&of(&guide(), "bedrock-gateway")));
}

/// The guide's stack with LiteLLM in the gateway's place.
fn with_litellm() -> Stack {
    let mut stack = guide();
    stack.services.remove("bedrock-gateway");
    let mut litellm = service("litellm", Some("litellm"));
    litellm.port = 4000;
    litellm.public = false;
    litellm.expose = Some(("litellm".to_owned(), 80));
    stack.services.insert("litellm".to_owned(), litellm);
    stack.models.chat = vec!["us.anthropic.claude-sonnet-4-6".to_owned()];
    stack
}

#[test]
fn litellm_in_the_gateways_place() {
    insta::assert_snapshot!(text(&of(&with_litellm(), "litellm")));
}

#[test]
fn open_webui_finds_litellm_and_its_key() {
    let stack = with_litellm();
    assert_eq!(
        gateway_url(&stack).as_deref(),
        Some("http://litellm.open-webui-cluster:80/v1")
    );
    let made: Vec<String> = shared_secrets(&stack)
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert!(made.contains(&"gateway-key".to_owned()), "{made:?}");
    let app = of(&stack, "open-webui");
    assert_eq!(
        app.secrets.get("RAG_OPENAI_API_KEY"),
        Some(&SecretRef::Shared("gateway-key"))
    );
}

#[test]
fn litellm_writes_its_configuration_before_it_starts() {
    let stack = with_litellm();
    let (entry, command) = presets::command(&stack, &stack.services["litellm"]);
    assert_eq!(entry, ["sh", "-c"]);
    assert!(command[0].ends_with("exec litellm --config /tmp/litellm.yaml --port 4000"));
    let mut own = stack.services["litellm"].clone();
    own.command = vec!["--help".to_owned()];
    assert_eq!(
        presets::command(&stack, &own),
        (Vec::new(), own.command.clone())
    );
    let plain = service("any", None);
    assert_eq!(presets::command(&stack, &plain), (Vec::new(), Vec::new()));
}

#[test]
fn open_webui_without_domain_google_administrator_and_provider() {
    insta::assert_snapshot!(difference(
        &of(&guide(), "open-webui"),
        &of(&bare(), "open-webui")
    ));
}

#[test]
fn open_webui_with_redis() {
    let redis = Stack {
        redis: Some(Redis {
            node_type: "cache.t4g.small".to_owned(),
            nodes: 2,
        }),
        ..guide()
    };
    insta::assert_snapshot!(difference(&of(&guide(), "open-webui"), &of(&redis, "open-webui")), @r"
    + REDIS_HEALTH_CHECK_INTERVAL = 30
    + REDIS_SOCKET_CONNECT_TIMEOUT = 5
    + REDIS_SOCKET_KEEPALIVE = true
    + REDIS_URL <- RedisUrl
    + WEBSOCKET_MANAGER = redis
    + WEBSOCKET_REDIS_URL <- RedisUrl
    ");
}

#[test]
fn open_webui_with_a_provider_and_no_gateway() {
    let mut stack = guide();
    stack.services.remove("bedrock-gateway");
    insta::assert_snapshot!(difference(
        &of(&guide(), "open-webui"),
        &of(&stack, "open-webui")
    ));
    assert_eq!(gateway_url(&stack), None);
}

#[test]
fn open_webui_with_nothing_to_talk_to_asks_nobody() {
    let mut stack = bare();
    stack.services.remove("bedrock-gateway");
    let alone = of(&stack, "open-webui");
    assert_eq!(
        alone.environment["ENABLE_OPENAI_API"],
        Value::Text("false".to_owned())
    );
    assert!(
        alone
            .environment
            .keys()
            .chain(alone.secrets.keys())
            .all(|name| { !name.starts_with("RAG_") && !name.starts_with("OPENAI_") })
    );
}

#[test]
fn a_customer_key_of_the_bucket_is_permitted() {
    let mut stack = guide();
    let key = "arn:aws:kms:us-east-1:123456789012:key/1234";
    if let Some(storage) = &mut stack.storage {
        storage.kms_key = Some(key.to_owned());
    }
    insta::assert_snapshot!(difference(&of(&guide(), "open-webui"), &of(&stack, "open-webui")), @r"
    + allow kms:GenerateDataKey kms:Decrypt
    +    on arn:aws:kms:us-east-1:123456789012:key/1234
    ");
}

#[test]
fn accounts_are_merged_only_for_an_administrator_who_may_use_google() {
    for (email, domains, merged) in [
        ("maria@example.org", vec!["example.org"], true),
        ("maria@EXAMPLE.org", vec!["other.org", "example.org"], true),
        ("maria@example.org", vec!["*"], true),
        ("maria@sub.example.org", vec!["example.org"], false),
        ("maria@notexample.org", vec!["example.org"], false),
    ] {
        let mut stack = guide();
        stack.admin = Some(Admin {
            email: email.to_owned(),
            password: SecretSource::Generate(24),
        });
        if let Some(google) = &mut stack.google {
            google.allowed_domains = domains.iter().map(ToString::to_string).collect();
        }
        let names = of(&stack, "open-webui").environment;
        assert_eq!(
            names.contains_key("OAUTH_MERGE_ACCOUNTS_BY_EMAIL"),
            merged,
            "{email} in {domains:?}"
        );
    }
}

#[test]
fn every_variable_is_one_that_open_webui_asks_for() {
    let known: Vec<&str> = open_webui::VARIABLES
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let redis = Stack {
        redis: Some(Redis {
            node_type: "cache.t4g.small".to_owned(),
            nodes: 2,
        }),
        ..guide()
    };
    let all = of(&redis, "open-webui");
    let set = all
        .environment
        .keys()
        .chain(all.secrets.keys())
        .map(String::as_str);
    for name in set.chain(open_webui::PRESET.rules.owned_variables.iter().copied()) {
        // the image's start script reads PORT, our entry point the certificates, and the Python sources neither
        assert!(
            known.contains(&name) || ["PORT", rds_ca::VARIABLE].contains(&name),
            "Open WebUI does not know {name}"
        );
    }
}

#[test]
fn no_secret_is_plain() {
    let stack = guide();
    for name in ["open-webui", "bedrock-gateway"] {
        for variable in of(&stack, name).environment.keys() {
            let suspicious = ["KEY", "SECRET", "PASSWORD", "TOKEN"]
                .iter()
                .any(|word| variable.contains(word));
            assert!(
                !suspicious && variable != "DATABASE_URL",
                "{variable} is plain"
            );
        }
    }
}

#[test]
fn the_file_wins_except_over_what_the_preset_owns() {
    let mut stack = guide();
    if let Some(app) = stack.services.get_mut("open-webui") {
        let plain = |value: &str| Value::Text(value.to_owned());
        app.environment
            .insert("ENABLE_SIGNUP".to_owned(), plain("true"));
        app.environment
            .insert("RAG_OPENAI_API_KEY".to_owned(), plain("none"));
        app.environment
            .insert("WEBUI_NAME".to_owned(), plain("Ajuda"));
        app.environment
            .insert("DATABASE_URL".to_owned(), plain("sqlite://"));
        app.secrets.insert(
            "JWT_EXPIRES_IN".to_owned(),
            SecretRef::Own(SecretSource::Env("JWT".to_owned())),
        );
        app.secrets.insert(
            "WEBUI_SECRET_KEY".to_owned(),
            SecretRef::Own(SecretSource::Generate(32)),
        );
        app.policies.push(Statement {
            actions: vec!["sqs:SendMessage".to_owned()],
            resources: vec!["*".to_owned()],
        });
        app.exec = true;
    }
    insta::assert_snapshot!(difference(
        &of(&guide(), "open-webui"),
        &of(&stack, "open-webui")
    ));
}

#[test]
fn a_service_without_preset_is_what_the_file_says() {
    let mut stack = guide();
    let mut web = service("web", None);
    web.environment
        .insert("PORT".to_owned(), Value::Text("3000".to_owned()));
    web.secrets
        .insert("DATABASE_URL".to_owned(), SecretRef::DatabaseUrl);
    stack.services.insert("web".to_owned(), web);
    insta::assert_snapshot!(text(&of(&stack, "web")), @r"
    DATABASE_URL <- DatabaseUrl
    PORT = 3000


    Rolling { min_percent: 100, max_percent: 200 }
    request timeout None
    None
    ");
}

#[test]
fn only_open_webui_stops_before_it_starts() {
    let stack = guide();
    assert!(matches!(
        of(&stack, "open-webui").strategy,
        Strategy::Recreate { .. }
    ));
    assert!(matches!(
        of(&stack, "bedrock-gateway").strategy,
        Strategy::Rolling { .. }
    ));
}

#[test]
fn bedrock_permissions_follow_the_models() {
    let invocable = |embedding: &str, chat: &[&str]| {
        let chat = chat.iter().map(ToString::to_string).collect();
        bedrock_models::invocable(&Models {
            embedding: embedding.to_owned(),
            dimensions: 1024,
            chat,
            visible_to: Audience::Everyone,
        })
        .join("\n")
    };
    insta::assert_snapshot!(invocable("amazon.titan-embed-text-v2:0", &["anthropic.claude-3-haiku-20240307-v1:0"]), @r"
    arn:{partition}:bedrock:*::foundation-model/amazon.titan-embed-text-v2:0
    arn:{partition}:bedrock:*::foundation-model/anthropic.claude-3-haiku-20240307-v1:0
    ");
    insta::assert_snapshot!(invocable("cohere.embed-english-v3", &["global.anthropic.claude-opus-4-5", "minimax.minimax-m2.1"]), @r"
    arn:{partition}:bedrock:*::foundation-model/anthropic.claude-opus-4-5
    arn:{partition}:bedrock:*::foundation-model/cohere.embed-english-v3
    arn:{partition}:bedrock:*::foundation-model/minimax.minimax-m2.1
    arn:{partition}:bedrock:{region}:{account}:inference-profile/global.anthropic.claude-opus-4-5
    ");
    let own = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc";
    insta::assert_snapshot!(invocable("cohere.embed-english-v3", &[own]), @r"
    arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc
    arn:{partition}:bedrock:*::foundation-model/*
    arn:{partition}:bedrock:*::foundation-model/cohere.embed-english-v3
    ");
    insta::assert_snapshot!(invocable("cohere.embed-english-v3", &[]), @r"
    arn:{partition}:bedrock:*::foundation-model/*
    arn:{partition}:bedrock:{region}:{account}:application-inference-profile/*
    arn:{partition}:bedrock:{region}:{account}:inference-profile/*
    ");
}

#[test]
fn secrets_of_the_guide() {
    let mut stack = guide();
    stack.redis = Some(Redis {
        node_type: "cache.t4g.small".to_owned(),
        nodes: 2,
    });
    let table = |stack: &Stack| {
        shared_secrets(stack)
            .iter()
            .map(|s| format!("{}: {}\n    {:?}\n", s.name, s.why, s.made))
            .collect::<String>()
    };
    insta::assert_snapshot!(table(&stack).replace(secrets::ALPHANUMERIC, "A-Za-z0-9"));
}

#[test]
fn every_shared_secret_that_is_named_exists_and_parts_come_first() {
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mine-AbCdEf";
    let mut existing = guide();
    existing.providers.insert(
        "another".to_owned(),
        Provider {
            url: "https://a.example".to_owned(),
            key: SecretSource::Arn(arn.to_owned()),
            models: Vec::new(),
        },
    );
    for stack in [guide(), bare(), existing] {
        let made = shared_secrets(&stack);
        let names: Vec<&str> = made.iter().map(|secret| secret.name.as_str()).collect();
        for service in stack.services.values() {
            for secret in workload(&stack, service).secrets.values() {
                if let SecretRef::Shared(name) = secret {
                    assert!(names.contains(name), "{name} is not among {names:?}");
                }
            }
        }
        for (index, secret) in made.iter().enumerate() {
            if let SecretOrigin::Joined { parts, .. } = &secret.made {
                assert!(
                    parts
                        .iter()
                        .all(|part| names[..index].contains(&part.as_str()))
                );
            }
        }
    }
}

#[test]
fn keys_and_addresses_of_providers_have_one_order() {
    let mut stack = guide();
    for name in ["aaa", "zzz"] {
        let provider = Provider {
            url: format!("https://{name}.example/v1"),
            key: SecretSource::Env(name.to_uppercase()),
            models: vec!["m".to_owned()],
        };
        stack.providers.insert(name.to_owned(), provider);
    }
    let parts = shared_secrets(&stack)
        .into_iter()
        .find_map(|secret| match secret.made {
            SecretOrigin::Joined {
                parts,
                separator: ";",
            } => Some(parts.join(" ")),
            _ => None,
        });
    assert_eq!(
        parts.as_deref(),
        Some("gateway-key provider-aaa provider-sealion provider-zzz")
    );
    assert_eq!(
        of(&stack, "open-webui").environment["OPENAI_API_BASE_URLS"],
        Value::Text(
            "http://bedrock-gateway.open-webui-cluster:80/api/v1;https://aaa.example/v1;\
             https://api.sea-lion.ai/v1;https://zzz.example/v1"
                .to_owned()
        )
    );
}

#[test]
fn database_urls_are_the_golden_ones() {
    let golden: Vec<BTreeMap<String, serde_json::Value>> =
        serde_json::from_str(include_str!("database_setup/urls.json")).unwrap();
    assert!(!golden.is_empty());
    for case in golden {
        let part = |name: &str| case[name].as_str().unwrap();
        let port = u16::try_from(case["port"].as_u64().unwrap()).unwrap();
        let (user, password, host, name) =
            (part("user"), part("password"), part("host"), part("name"));
        assert_eq!(
            database_url::database_url(user, password, host, port, name),
            part("url")
        );
        let secret = database_url::database_app_secret(user, password, host, port, name);
        let secret: BTreeMap<String, serde_json::Value> = serde_json::from_str(&secret).unwrap();
        assert_eq!(secret["url"].as_str(), Some(part("url")));
        let verified = part("url").replace(
            "sslmode=require",
            "sslmode=verify-full&sslrootcert=/tmp/ajuda-database-ca.pem",
        );
        assert_eq!(secret["verified_url"].as_str(), Some(verified.as_str()));
        assert_eq!(secret["password"].as_str(), Some(password));
    }
    assert_eq!(
        database_url::redis_url("a/b@c", "redis.example", 6379),
        "rediss://:a%2Fb%40c@redis.example:6379/0"
    );
}

#[test]
fn the_set_up_script_fits_where_it_goes_and_each_of_its_exit_codes_is_explained() {
    let task = database_setup::setup_task(&guide()).unwrap();
    // "Amazon ECS service quotas": a task definition has 64 KiB in all, and a file may bring 16 KiB of
    // certificates
    assert!(serde_json::to_string(&task.command).unwrap().len() < 16_000);
    for region in rds_ca::regions() {
        assert!(rds_ca::roots(region).unwrap().len() < 5_000, "{region}");
    }
    assert_eq!(
        task.image,
        database_setup::SetupImage::OfService("open-webui".to_owned())
    );
    let codes = database_setup::SCRIPT
        .split("CODES = {")
        .nth(1)
        .unwrap()
        .split('}')
        .next()
        .unwrap();
    let codes: Vec<i32> = codes
        .split(',')
        .map(|pair| pair.rsplit(": ").next().unwrap().trim().parse().unwrap())
        .collect();
    assert_eq!(codes.len(), 12);
    assert!(
        codes
            .iter()
            .all(|code| database_setup::explain(*code).is_some())
    );
    assert_eq!(database_setup::explain(0), None);
    for variable in task.environment.keys().chain(task.secrets.keys()) {
        assert!(
            database_setup::SCRIPT.contains(&format!("\"{variable}\"")),
            "the script does not read {variable}"
        );
    }
}

/// The master user's password goes to no image that somebody else can change.
#[test]
fn a_database_is_prepared_by_an_image_that_is_pinned() {
    let public = database_setup::SetupImage::Public(open_webui::PSYCOPG_IMAGE);
    let (_, digest) = open_webui::PSYCOPG_IMAGE.split_once("@sha256:").unwrap();
    assert!(digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit()));

    let mut stack = guide();
    let image = |stack: &Stack| database_setup::setup_task(stack).unwrap().image;
    let app = stack.services.get_mut("open-webui").unwrap();
    app.image = Image {
        ours: false,
        name: "ghcr.io/open-webui/open-webui".to_owned(),
        tag: Some("v0.12.4".to_owned()),
    };
    assert_eq!(image(&stack), public);
    let app = stack.services.get_mut("open-webui").unwrap();
    app.image.tag = Some(format!("sha256:{}", "a".repeat(64)));
    let of_app = database_setup::SetupImage::OfService("open-webui".to_owned());
    assert_eq!(image(&stack), of_app);
    // what the registry asks of the service, it asks of the set-up task
    let app = stack.services.get_mut("open-webui").unwrap();
    app.registry_credentials = Some("arn:of-credentials".to_owned());
    let task = database_setup::setup_task(&stack).unwrap();
    assert_eq!(
        task.registry_credentials(&stack),
        Some("arn:of-credentials")
    );

    stack.services.remove("open-webui");
    assert_eq!(image(&stack), public);
    stack.database = None;
    assert_eq!(database_setup::setup_task(&stack), None);
}

/// The very program that Open WebUI's container starts with, run here with a directory of its own.
#[test]
fn open_webui_has_the_databases_certificates_in_a_file_before_it_starts() {
    let mut stack = guide();
    let service = stack.services["open-webui"].clone();
    let (entry, command) = presets::command(&stack, &service);
    assert_eq!(command, ["bash", "start.sh"]);
    let own = Service {
        command: vec!["mine".to_owned(), "--x".to_owned()],
        ..service.clone()
    };
    let (same, command) = presets::command(&stack, &own);
    assert_eq!((same, command), (entry.clone(), own.command.clone()));

    let room = tempfile::tempdir().unwrap();
    let file = room.path().join("ca.pem");
    let there = file.to_str().unwrap();
    let run = |certificates: &str, command: &[&str]| {
        let mut started = std::process::Command::new(&entry[0]);
        started
            .args(
                entry[1..]
                    .iter()
                    .map(|word| word.replace(rds_ca::FILE, there)),
            )
            .args(command)
            .env(rds_ca::VARIABLE, certificates);
        let done = started.output().unwrap();
        (done.status.code(), String::from_utf8(done.stdout).unwrap())
    };
    let roots = rds_ca::roots("us-east-1").unwrap();
    let words = ["sh", "-c", "cat \"$1\"; exit 7", "sh", there];
    assert_eq!(run(roots, &words), (Some(7), roots.to_owned()));
    assert_eq!(run("", &["printf", "%s", "a  b"]).1, "a  b");

    stack.database = None;
    assert_eq!(presets::command(&stack, &service), (Vec::new(), Vec::new()));
}

#[test]
fn services_use_the_stores_that_their_variables_name_or_that_the_file_says() {
    let mut stack = guide();
    stack.redis = Some(Redis {
        node_type: "cache.t4g.small".to_owned(),
        nodes: 2,
    });
    let of = |service: &Service| Vec::from_iter(presets::stores(&stack, service));
    let both = [Store::Database, Store::Redis];
    assert_eq!(of(&stack.services["open-webui"]), both);
    assert_eq!(of(&stack.services["bedrock-gateway"]), []);
    let plain = service("jobs", None);
    assert_eq!(of(&plain), []);
    let with = |change: &dyn Fn(&mut Service)| {
        let mut service = plain.clone();
        change(&mut service);
        of(&service)
    };
    for output in [
        Output::DatabaseHost,
        Output::DatabasePort,
        Output::DatabaseName,
    ] {
        let named = with(&|service| {
            let value = Value::From(output);
            service.environment.insert("X".to_owned(), value);
        });
        assert_eq!(named, [Store::Database], "{output:?}");
    }
    for (secret, store) in [
        (SecretRef::DatabaseUrl, Store::Database),
        (SecretRef::DatabasePassword, Store::Database),
        (SecretRef::RedisUrl, Store::Redis),
    ] {
        let named = with(&|service| {
            service.secrets.insert("X".to_owned(), secret.clone());
        });
        assert_eq!(named, [store], "{secret:?}");
    }
    assert_eq!(with(&|service| service.uses = both.to_vec()), both);
    // What it names of other things opens nothing.
    let other = with(&|service| {
        let value = Value::From(Output::Bucket);
        service.environment.insert("X".to_owned(), value);
    });
    assert_eq!(other, []);
}

/// RDS's roots of the region, unless the file has others; a region without either is refused.
#[test]
fn the_certificates_of_the_database_are_the_files_or_those_of_the_region() {
    let mut stack = guide();
    let roots = rds_ca::certificates(&stack, "eu-central-1").unwrap();
    assert_eq!(roots.matches("-----BEGIN CERTIFICATE-----\n").count(), 3);
    assert_ne!(Some(roots), rds_ca::certificates(&stack, "us-east-1"));
    assert!(!rds_ca::are_missing(&stack, "eu-central-1"));
    assert!(rds_ca::are_missing(&stack, "cn-north-1"));
    stack.database.as_mut().unwrap().ca_certificates = Some("mine".to_owned());
    for region in ["eu-central-1", "cn-north-1"] {
        assert_eq!(rds_ca::certificates(&stack, region), Some("mine"));
        assert!(!rds_ca::are_missing(&stack, region));
    }
    stack.database = None;
    assert!(!rds_ca::are_missing(&stack, "cn-north-1"));
}
