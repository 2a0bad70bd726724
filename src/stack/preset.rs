//! What reading a file asks of a preset, and all that it knows of workloads. Which presets there are is said by
//! whoever reads a file ([`super::parse()`]).

use std::fmt;

use super::model::{Service, Stack};
use super::report::Report;

/// What a service that names a preset starts from, what the file may say of it, and what it needs of the
/// file's other tables.
pub struct PresetRules {
    /// What the file calls it, such as `open-webui`.
    pub name: &'static str,
    /// What its makers call it.
    pub title: &'static str,
    /// What a service of it is before the file says more.
    pub defaults: Defaults,
    /// Environment variables that follow from other parts of the file, or that would break the workload if
    /// they were set: a file may not name them.
    pub owned_variables: &'static [&'static str],
    /// Whether its stack has a database without `[database]`.
    pub needs_database: bool,
    /// What the database of a file and its role are called unless the file says so. The first preset that says
    /// so decides for all files, and never says anything else: databases that are there have that name.
    pub database_name: Option<&'static str>,
    /// Whether its stack has a bucket without `[storage]`.
    pub needs_storage: bool,
    /// Whether it makes the administrator that `[admin]` names.
    pub reads_admin: bool,
    /// The path that Google sends its users back to, when they sign in as `[sign_in.google]` says, with its
    /// leading slash; `None`: they do not.
    pub google_callback: Option<&'static str>,
    /// Whether it talks to models: those of a gateway and of every `[provider.NAME]`.
    pub reads_providers: bool,
    /// The path under which it gives the others OpenAI's API for Bedrock's models, without a leading slash;
    /// `None`: it is no gateway.
    pub gateway: Option<&'static str>,
    /// For one whose users have passwords: what becomes of the first account while nobody is named in
    /// `[admin]`, as a sentence.
    pub first_account: Option<&'static str>,
    /// Why there is one task of it only.
    pub one_task: Option<OneTask>,
    /// Why all of its tasks stop before one of another version starts, as a sentence; `None`: new tasks start
    /// beside the old ones. Such a version migrates the database, and there is no way back but a snapshot.
    pub stops_first: Option<&'static str>,
    /// Adds what is wrong with a service of it, seen together with the rest of the file.
    pub check: fn(&Stack, &Service, &Report),
    /// One sentence for each choice of a service of it that gives something up.
    pub warnings: fn(&Stack, &Service) -> Vec<String>,
}

impl PresetRules {
    /// A preset that asks for nothing.
    pub const fn new(name: &'static str, title: &'static str) -> Self {
        Self {
            name,
            title,
            defaults: Defaults::PLAIN,
            owned_variables: &[],
            needs_database: false,
            database_name: None,
            needs_storage: false,
            reads_admin: false,
            google_callback: None,
            reads_providers: false,
            gateway: None,
            first_account: None,
            one_task: None,
            stops_first: None,
            check: |_, _, _| {},
            warnings: |_, _| Vec::new(),
        }
    }
}

impl PartialEq for PresetRules {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for PresetRules {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}

/// What a service is before the file says more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// CPU units; with `memory` one of Fargate's pairs.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    /// Container port.
    pub port: u16,
    /// Behind the load balancer.
    pub public: bool,
    /// Name and port other services reach it under, by Service Connect.
    pub expose: Option<(&'static str, u16)>,
    /// Health check path of the load balancer.
    pub health_path: &'static str,
    /// Seconds in which failing health checks are ignored after a task starts.
    pub health_grace: u32,
    /// Container health check command (`CMD-SHELL`); `{port}` stands for the container's.
    pub health_command: Option<&'static str>,
    /// As whom it runs; `None` is the image's own user.
    pub user: Option<&'static str>,
    /// Whether its root file system is read only, unless the file asks for ECS Exec.
    pub read_only_root: bool,
    /// Absolute paths that it can write to all the same.
    pub writable: &'static [&'static str],
}

impl Defaults {
    /// Those of a service without a preset.
    pub const PLAIN: Self = Self {
        cpu: 256,
        memory: 512,
        port: 8080,
        public: false,
        expose: None,
        health_path: "/",
        health_grace: 60,
        health_command: None,
        user: None,
        read_only_root: false,
        writable: &[],
    };
}

/// Why there is one task of a workload only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneTask {
    /// As a sentence.
    pub why: &'static str,
    /// Whether there may be more of them in a stack with Redis.
    pub until_redis: bool,
}

impl Service {
    /// The path of OpenAI's API at this service; `None`: it is no gateway.
    pub fn gateway(&self) -> Option<&'static str> {
        self.preset?.gateway
    }

    /// Why all of its tasks stop before one of another version starts; `None`: new tasks start beside the old.
    pub fn stops_first(&self) -> Option<&'static str> {
        self.preset?.stops_first
    }

    /// Why there can be one task of it only in `stack`; `None`: there can be several.
    pub fn one_task(&self, stack: &Stack) -> Option<OneTask> {
        let one = self.preset?.one_task?;
        (!one.until_redis || stack.redis.is_none()).then_some(one)
    }
}

/// The names of the presets that a condition holds for, as a sentence goes on: `` `a` or `b` ``.
pub(super) fn names(
    presets: &[&'static PresetRules],
    condition: fn(&PresetRules) -> bool,
) -> String {
    let of = presets.iter().filter(|preset| condition(preset));
    let names: Vec<String> = of.map(|preset| format!("`{}`", preset.name)).collect();
    names.join(" or ")
}

/// Whether a service of the stack has a preset that a condition holds for.
pub(super) fn any(stack: &Stack, condition: fn(&PresetRules) -> bool) -> bool {
    let mut presets = stack.services.values().filter_map(|one| one.preset);
    presets.any(condition)
}
