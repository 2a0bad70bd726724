//! `[service.NAME]`: what runs.

use std::collections::BTreeMap;

use super::model::{Autoscaling, Egress, Image, Service, Store};
use super::preset::{Defaults, PresetRules};
use super::problem::Problem;
use super::read::Table;
use super::stack_table::StackTable;
use super::text::{self, is_label};
use super::value_error::{ValueError, word};
use super::{deployment, egress, environment, image, policy, secret, security, size};

/// The services; `egress` is where those may connect to that say nothing else.
pub(crate) fn read(
    root: &mut Table<'_>,
    stack_table: &StackTable,
    egress: &[Egress],
    presets: &[&'static PresetRules],
) -> BTreeMap<String, Service> {
    let mut services = BTreeMap::new();
    for (name, mut table) in root.tables("service") {
        if let Err(wrong) = text::slug(name.value, 1, 30).and_then(free) {
            table.report().add(wrong.at(table.path(), name.span));
        }
        let service = one(&mut table, name.value, stack_table, egress, presets);
        table.finish();
        services.insert(name.value.to_owned(), service);
    }
    services
}

fn one(
    table: &mut Table<'_>,
    name: &str,
    stack_table: &StackTable,
    egress: &[Egress],
    presets: &[&'static PresetRules],
) -> Service {
    let words: Vec<_> = presets
        .iter()
        .map(|preset| (preset.name, *preset))
        .collect();
    let preset = table.parsed("preset", |text| word(text, &words));
    let defaults = preset.map_or(Defaults::PLAIN, |preset| preset.defaults);
    let port = port(table).unwrap_or(defaults.port);
    let (cpu, memory) = size(table, defaults.cpu, defaults.memory);
    let architectures = [("x86_64", "X86_64"), ("arm64", "ARM64")];
    let environment = environment::plain(table);
    let secrets = environment::secrets(table, stack_table);
    environment::refuse_both(table, &environment, &secrets);
    let exec = table.flag("exec", false);
    let security = security::read(table, &defaults, exec);
    if !table.has("image") && !table.has("preset") {
        table.missing("image", what_runs(presets));
    }
    let image = image(table, name);
    let registry_credentials = registry_credentials(table, stack_table, &image);
    Service {
        name: name.to_owned(),
        preset,
        image,
        registry_credentials,
        cpu,
        memory,
        architecture: table
            .parsed("architecture", |text| word(text, &architectures))
            .unwrap_or("X86_64")
            .to_owned(),
        count: table.number("count", 0..=1000, "tasks"),
        autoscaling: autoscaling(table),
        deployment: deployment::read(table),
        port,
        public: table.flag("public", defaults.public),
        paths: table.parsed_list("paths", path_pattern).unwrap_or_default(),
        expose: table
            .parsed("expose", expose)
            .or_else(|| Some((defaults.expose?.0.to_owned(), defaults.expose?.1))),
        health_path: table
            .parsed("health_path", health_path)
            .unwrap_or_else(|| defaults.health_path.to_owned()),
        health_grace: table
            .number("health_grace", 0..=7200, "seconds")
            .unwrap_or(defaults.health_grace),
        health_command: table.parsed("health_command", text::filled).or_else(|| {
            Some(
                defaults
                    .health_command?
                    .replace("{port}", &port.to_string()),
            )
        }),
        command: table
            .parsed_list("command", |text| Ok(text.to_owned()))
            .unwrap_or_default(),
        environment,
        secrets,
        policies: policy::read(table, stack_table),
        uses: uses(table),
        egress: egress::read(table).unwrap_or_else(|| egress.to_vec()),
        ephemeral_gb: table.number("ephemeral_gb", 21..=200, "gibibytes"),
        exec,
        security,
    }
}

/// What a service that names neither an image nor a preset could say.
fn what_runs(presets: &[&'static PresetRules]) -> String {
    let image = "write image = \"name\" for a repository of this stack".to_owned();
    match presets.first() {
        Some(preset) => format!("{image}, or preset = \"{}\"", preset.name),
        None => image,
    }
}

fn image(table: &mut Table<'_>, name: &str) -> Image {
    let image = table.parsed("image", image::parse);
    image.unwrap_or_else(|| Image {
        ours: true,
        name: name.to_owned(),
        tag: None,
    })
}

/// What a private registry asks for. ECR asks for nothing but the execution role.
fn registry_credentials(
    table: &mut Table<'_>,
    stack_table: &StackTable,
    image: &Image,
) -> Option<String> {
    const KEY: &str = "registry_credentials";
    let credentials = table.parsed(KEY, |text| {
        secret::parse_whole_secret(text, stack_table.region())
    });
    let report = table.report();
    let (image_at, at) = (table.path_of("image"), table.path_of(KEY));
    if credentials.is_some()
        && report.sound(&[&image_at])
        && (image.ours || image.ecr_repository().is_some())
    {
        let mut problem = Problem::new(
            report.key(&at),
            format!("`{at}` is for images outside of ECR"),
            "the execution role pulls this image",
        );
        if table.has("image") {
            problem = problem.also(report.at(&image_at), "an image in ECR");
        }
        report.add(problem.hint("leave it out"));
    }
    credentials
}

fn port(table: &mut Table<'_>) -> Option<u16> {
    let port = table.number("port", 1..=65535, "");
    port.and_then(|port| u16::try_from(port).ok())
}

/// Addresses that a stack has beside those of its services: security groups, and the log groups of the
/// set-up task, of flow logs, of Container Insights and of RDS's exports.
const TAKEN: [&str; 9] = [
    "cache",
    "container-insights",
    "database",
    "database-iam-db-auth-error",
    "database-postgresql",
    "database-setup",
    "database-upgrade",
    "flow-logs",
    "load-balancer",
];

/// A name that no part of the stack beside the services has.
fn free(name: String) -> Result<String, ValueError> {
    if TAKEN.contains(&name.as_str()) {
        return Err(ValueError::new(
            "has the name of a part of every stack",
            "must be another name",
        ));
    }
    Ok(name)
}

/// Stores that no variable names.
fn uses(table: &mut Table<'_>) -> Vec<Store> {
    let stores = [("database", Store::Database), ("redis", Store::Redis)];
    let mut uses = table
        .parsed_list("uses", |text| word(text, &stores))
        .unwrap_or_default();
    uses.sort_unstable();
    uses.dedup();
    uses
}

/// CPU and memory, which Fargate takes in pairs.
fn size(table: &mut Table<'_>, default_cpu: u32, default_memory: u32) -> (u32, u32) {
    let cpu = table
        .number("cpu", 256..=32768, "units; 1024 is one CPU")
        .unwrap_or(default_cpu);
    let memory = table
        .number("memory", 512..=249_856, "MiB")
        .unwrap_or(default_memory);
    let report = table.report();
    let (at_cpu, at_memory) = (table.path_of("cpu"), table.path_of("memory"));
    if report.sound(&[&at_cpu, &at_memory]) && !size::exists(cpu, memory) {
        let (near_cpu, near_memory) = size::smallest_pair(cpu, memory);
        let (place, other) = if table.has("memory") {
            (&at_memory, &at_cpu)
        } else {
            (&at_cpu, &at_memory)
        };
        let mut problem = Problem::new(
            report.at(place),
            format!("Fargate has no task of {cpu} CPU units with {memory} MiB"),
            format!("nearest: cpu = {near_cpu}, memory = {near_memory}"),
        );
        if report.written(other) {
            problem = problem.also(report.at(other), "together with this");
        }
        report.add(problem.hint(choices(cpu)));
    }
    (cpu, memory)
}

/// What memory a number of CPU units may have.
fn choices(cpu: u32) -> String {
    let memory: Vec<u32> = size::pairs()
        .filter(|(c, _)| *c == cpu)
        .map(|(_, memory)| memory)
        .collect();
    match (memory.first(), memory.last()) {
        (Some(least), Some(most)) => format!("with cpu = {cpu}, memory is {least} to {most}"),
        _ => "cpu is 256, 512, 1024, 2048, 4096, 8192, 16384 or 32768".to_owned(),
    }
}

fn autoscaling(table: &mut Table<'_>) -> Option<Autoscaling> {
    let mut inner = table.table("autoscaling");
    let min = inner.number("min", 1..=1000, "tasks");
    let max = inner.number("max", 1..=1000, "tasks");
    let cpu_percent = inner
        .number("cpu_percent", 1..=100, "percent")
        .unwrap_or(60);
    if !inner.written() {
        inner.finish();
        return None;
    }
    let report = inner.report();
    if !inner.has("max") {
        inner.missing("max", "write autoscaling = { min = 1, max = 4 }");
    }
    let min = min.unwrap_or(1);
    let max = max.unwrap_or(min);
    if min > max && report.sound(&[&inner.path_of("min"), &inner.path_of("max")]) {
        let mut problem = Problem::new(
            report.at(&inner.path_of("max")),
            format!("`{}` has more tasks at least than at most", inner.path()),
            format!("must be {min} or more"),
        );
        if inner.has("min") {
            problem = problem.also(report.at(&inner.path_of("min")), "at least this many");
        }
        report.add(problem);
    }
    if table.has("count") {
        let problem = Problem::new(
            report.key(&table.path_of("count")),
            format!(
                "`{}` and autoscaling both say how many tasks run",
                table.path_of("count")
            ),
            "remove one of the two",
        );
        report.add(problem.also(report.key(inner.path()), "scaled here"));
    }
    inner.finish();
    Some(Autoscaling {
        min,
        max,
        cpu_percent,
    })
}

/// `name:port`, the name being one label of a host name.
fn expose(text: &str) -> Result<(String, u16), ValueError> {
    let parts = text.split_once(':');
    let port = parts
        .and_then(|(_, port)| port.parse::<u16>().ok())
        .filter(|port| *port > 0);
    match (parts, port) {
        (Some((name, _)), Some(port)) if is_label(name) => Ok((name.to_owned(), port)),
        (None, _) if is_label(text) => Err(ValueError::new(
            "names no port",
            "must look like `name:port`",
        )
        .hint(format!("write \"{text}:80\""))),
        _ => Err(ValueError::new(
            "is not a name and a port",
            "must look like `api:80`",
        )),
    }
}

/// What ELB takes as the path of a health check.
fn health_path(text: &str) -> Result<String, ValueError> {
    let good =
        text.starts_with('/') && text.len() <= 1024 && text.chars().all(|c| c.is_ascii_graphic());
    if good {
        Ok(text.to_owned())
    } else {
        Err(ValueError::new(
            "is not a path",
            "must begin with `/`, such as `/health`",
        ))
    }
}

/// A path pattern of a load balancer's rule: 128 characters, `*` and `?` stand for others.
fn path_pattern(text: &str) -> Result<String, ValueError> {
    let character = |c: char| c.is_ascii_alphanumeric() || "_-.$/~\"'@:+&*?".contains(c);
    if text.starts_with(['/', '*']) && text.len() <= 128 && text.chars().all(character) {
        Ok(text.to_owned())
    } else {
        Err(ValueError::new(
            "is not a path",
            "must begin with `/`, such as `/api/*`",
        ))
    }
}
