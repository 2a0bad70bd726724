//! What is allowed and weaker than the default, in the user's words.

use super::egress::leads_to;
use super::model::{Egress, Nat, Network, Service, Stack, Value};
use super::preset::{PresetRules, any, names};
use super::suggest::nearest;
use crate::regions;

/// Who makes the models that Bedrock offers, as the first part of their ids ("Supported foundation models
/// in Amazon Bedrock").
const VENDORS: [&str; 20] = [
    "ai21",
    "amazon",
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "luma",
    "meta",
    "minimax",
    "mistral",
    "moonshot",
    "moonshotai",
    "nvidia",
    "openai",
    "qwen",
    "stability",
    "twelvelabs",
    "writer",
    "xai",
    "zai",
];

/// TLS policies that still take TLS 1.0 or 1.1 (ELB, "security policies").
const OLD_TLS: [&str; 9] = [
    "ELBSecurityPolicy-2016-08",
    "ELBSecurityPolicy-2015-05",
    "ELBSecurityPolicy-FS-2018-06",
    "ELBSecurityPolicy-FS-1-1-2019-08",
    "ELBSecurityPolicy-TLS-1-0-2015-04",
    "ELBSecurityPolicy-TLS-1-1-2017-01",
    "ELBSecurityPolicy-TLS13-1-0-2021-06",
    "ELBSecurityPolicy-TLS13-1-1-2021-06",
    "ELBSecurityPolicy-TLS13-1-0-FIPS-2023-04",
];

/// One sentence for each choice that gives something up; empty when there is none. `presets` are those that a
/// file can name.
pub fn warnings(stack: &Stack, presets: &[&'static PresetRules]) -> Vec<String> {
    let mut warnings = Warnings(Vec::new());
    warnings.data(stack);
    warnings.network(stack);
    warnings.people(stack, presets);
    warnings.models(stack, presets);
    for service in stack.services.values() {
        warnings.service(stack, service);
    }
    warnings.0
}

struct Warnings(Vec<String>);

impl Warnings {
    fn when(&mut self, condition: bool, text: impl Into<String>) {
        if condition {
            self.0.push(text.into());
        }
    }

    fn data(&mut self, stack: &Stack) {
        if let Some(region) = stack
            .region
            .as_deref()
            .filter(|region| !regions::is_listed(region))
        {
            self.0.push(format!(
                "stack.region: {region} is not among the regions that this version knows; is it spelt right?"
            ));
        }
        let kept = !stack.disposable;
        self.when(
            stack.disposable,
            "stack.disposable is on: who destroys the stack takes the data too, with no snapshot and no way back",
        );
        if let Some(database) = &stack.database {
            let upgraded = stack.services.values();
            let upgraded = upgraded.filter(|service| service.stops_first().is_some());
            let names: Vec<&str> = upgraded.map(|service| service.name.as_str()).collect();
            self.when(
                names.len() > 1,
                format!(
                    "{} share one database: who goes back to a snapshot for one of them takes the data of all back",
                    names.join(" and ")
                ),
            );
            self.when(
                !database.deletion_protection && kept,
                "database.deletion_protection is off: the database can be deleted by one call",
            );
            self.when(
                !database.final_snapshot && kept,
                "database.final_snapshot is off: who destroys the stack leaves no snapshot behind",
            );
            self.when(!database.multi_az, "database.multi_az is off: when its zone fails, the database is down until the zone is back");
            self.when(
                database.backup_days < 7 && kept,
                format!(
                    "database.backup_days is {}: a mistake must be noticed that soon",
                    database.backup_days
                ),
            );
            self.when(
                !database.auto_minor_version,
                "database.auto_minor_version is off: security fixes of PostgreSQL wait for you",
            );
            self.when(
                database.enhanced_monitoring == 0,
                "database.enhanced_monitoring is 0: nobody can say later what the database's machine was busy with",
            );
        }
        if let Some(storage) = &stack.storage {
            self.when(
                !storage.versioning,
                "storage.versioning is off: an object that is overwritten or deleted is gone",
            );
            self.when(
                !storage.access_logs,
                "storage.access_logs is off: nobody can say later who read which upload",
            );
        }
        self.when(
            !stack.registry.scan_on_push,
            "registry.scan_on_push is off: nobody looks for known holes in your images",
        );
        self.when(
            !stack.registry.immutable_tags,
            "registry.immutable_tags is off: a tag can be moved to another program",
        );
    }

    fn network(&mut self, stack: &Stack) {
        if let Network::Own(network) = &stack.network {
            self.when(network.nat == Nat::None, "network.nat is \"none\": tasks have public addresses, closed from outside by their security groups only");
            self.when(
                !network.flow_logs,
                "network.flow_logs is off: nobody can say later who talked to whom",
            );
            let addr = network.cidr.addr();
            let shared = addr.octets()[0] == 100 && (64..128).contains(&addr.octets()[1]);
            self.when(
                !addr.is_private() && !shared,
                format!("network.cidr {} is a public range: those addresses on the internet cannot be reached from the stack", network.cidr),
            );
            self.when(
                network.cidr.prefix_len() == 24,
                "network.cidr is a /24: each subnet has 11 usable addresses, 8 of which a load balancer may want",
            );
        }
        self.when(
            stack.egress.iter().any(|egress| egress.is_wide()),
            "network.egress is open: a task that somebody has taken over can send data to any address and port",
        );
        if !stack.services.values().any(|service| service.public) {
            self.when(
                stack.domain.is_some(),
                "domain: no service is public, so nobody answers there",
            );
            return;
        }
        let balancer = &stack.load_balancer;
        let google = match any(stack, |preset| preset.google_callback.is_some()) {
            true => ", and Google sign-in is unavailable",
            false => "",
        };
        self.when(
            stack.domain.is_none(),
            format!("there is no [domain]: pages and passwords travel over plain http{google}"),
        );
        self.when(
            !balancer.deletion_protection && !stack.disposable,
            "load_balancer.deletion_protection is off: the load balancer can be deleted by one call",
        );
        self.when(
            !balancer.access_logs,
            "load_balancer.access_logs is off: nobody can say later who asked for what",
        );
        self.when(
            OLD_TLS.contains(&balancer.ssl_policy.as_str()),
            format!(
                "load_balancer.ssl_policy {} still takes TLS 1.0 or 1.1",
                balancer.ssl_policy
            ),
        );
    }

    fn people(&mut self, stack: &Stack, presets: &[&'static PresetRules]) {
        let unread = |table: &str, reads: fn(&PresetRules) -> bool| {
            let names = names(presets, reads);
            format!("{table}: no service has the preset {names}, so nobody uses it")
        };
        if let Some(google) = &stack.google {
            self.when(
                google.allowed_domains.iter().any(|domain| domain == "*"),
                "sign_in.google.allowed_domains is \"*\": everybody with a Google account can sign up",
            );
            self.when(
                !any(stack, |preset| preset.google_callback.is_some()),
                unread("sign_in.google", |preset| preset.google_callback.is_some()),
            );
        }
        self.when(
            any(stack, |preset| preset.first_account.is_some()) && stack.admin.is_none(),
            "there is no [admin]: the first person to sign up becomes the administrator",
        );
        self.when(
            stack.admin.is_some() && !any(stack, |preset| preset.reads_admin),
            unread("admin", |preset| preset.reads_admin),
        );
        self.when(
            !stack.alarms.enabled,
            "alarms.enabled is off: nobody is told when something breaks",
        );
        self.when(
            stack.cluster.container_insights == "disabled",
            "cluster.container_insights is \"disabled\": there is no record of what tasks used",
        );
    }

    fn models(&mut self, stack: &Stack, presets: &[&'static PresetRules]) {
        let mut services = stack.services.values().filter_map(|service| service.preset);
        let app = services.find(|preset| preset.reads_providers);
        let gateway = any(stack, |preset| preset.gateway.is_some());
        if let Some(app) = app
            && !gateway
            && stack.providers.is_empty()
        {
            self.0.push(format!(
                "no service has the preset {} and there is no [provider.NAME]: {} has no models",
                names(presets, |preset| preset.gateway.is_some()),
                app.title
            ));
        }
        self.when(
            gateway && stack.models.chat.is_empty(),
            "models.chat is empty: every model of the region may be used and paid for",
        );
        for id in stack
            .models
            .chat
            .iter()
            .filter(|id| gateway && !id.starts_with("arn:"))
        {
            // A profile's id has a geography before the maker's name.
            let makers = || id.split('.').take(2);
            if makers().any(|maker| VENDORS.contains(&maker)) {
                continue;
            }
            let near = match makers().find_map(|maker| nearest(maker, VENDORS)) {
                Some(near) => format!("; did you mean `{near}`?"),
                None => String::new(),
            };
            self.0.push(format!(
                "models.chat: Bedrock lists no model of the maker that `{id}` names{near}"
            ));
        }
        self.when(
            app.is_none() && !stack.providers.is_empty(),
            format!(
                "provider: no service has the preset {}, so nobody uses it",
                names(presets, |preset| preset.reads_providers)
            ),
        );
    }

    fn service(&mut self, stack: &Stack, service: &Service) {
        let name = &service.name;
        self.when(
            service.exec,
            format!(
                "service.{name}.exec is on: who may call ECS Exec has a shell inside, and the container can write to its root file system"
            ),
        );
        self.when(
            service.paths.iter().any(|path| path == "/"),
            format!("service.{name}.paths: \"/\" is the start page alone; leave `paths` out to get every request that no other service takes"),
        );
        let preset = service.preset.is_some() && !service.exec;
        self.when(
            preset && !service.security.read_only_root,
            format!("service.{name}.read_only_root is off: what breaks into the container can change its programs"),
        );
        self.when(
            service.egress.iter().any(|egress| egress.is_wide()) && service.egress != stack.egress,
            format!("service.{name}.egress is open: a task that somebody has taken over can send data to any address and port"),
        );
        self.closed(stack, service);
        let wide = |statement: &super::model::Statement| {
            let star =
                |list: &[String]| list.iter().any(|item| item == "*" || item.ends_with(":*"));
            star(&statement.actions) && star(&statement.resources)
        };
        self.when(
            service.policies.iter().any(wide),
            format!("service.{name}.policies allows every action of a service on everything"),
        );
        if let Some(preset) = service.preset {
            self.0.extend((preset.warnings)(stack, service));
        }
    }

    /// Addresses in variables whose port the service may not reach.
    fn closed(&mut self, stack: &Stack, service: &Service) {
        let inside = format!(".{}", stack.cluster.namespace);
        for (variable, value) in &service.environment {
            let Value::Text(text) = value else {
                continue;
            };
            let Some((host, port)) = leads_to(text) else {
                continue;
            };
            let own = ["localhost", "127.0.0.1", "0.0.0.0", "169.254.170.2"].contains(&host);
            let open = service.egress.iter().any(|egress| match egress {
                Egress::Anywhere => true,
                Egress::To { from, to, .. } => (*from..=*to).contains(&port),
            });
            self.when(
                port != 443 && !own && !open && !host.ends_with(&inside),
                format!(
                    "service.{}.environment.{variable}: the service may not connect to port {port} of {host}; egress = [\"0.0.0.0/0:{port}\"] lets it",
                    service.name
                ),
            );
        }
    }
}
