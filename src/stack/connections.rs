//! How many connections a database takes, and what share of them each task of Open WebUI gets.

use super::model::{Database, Service, Stack};

/// What RDS, the set-up task and an operator's `psql` need beside the application.
const OTHERS: u32 = 15;
/// Connections of one task for each unit of its pools: two engines of twice two units (the pool and its
/// overflow) and one of twice one. With five units, the most that is given, they are 50.
const PER_UNIT: u32 = 10;
const MOST: u32 = 5;

/// The sizes of a task's pools; each may overflow by as many again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pools {
    /// Of the engine for requests, and of the one for background work.
    pub engine: u32,
    /// Of the vector store.
    pub vectors: u32,
}

/// The pools of a task of `service`, so that all tasks together stay below what the database takes.
pub fn pools(stack: &Stack, service: &Service) -> Pools {
    let units = stack.database.as_ref().map_or(MOST, |database| {
        (share(database, service) / PER_UNIT).clamp(1, MOST)
    });
    Pools {
        engine: 2 * units,
        vectors: units,
    }
}

/// Connections that each task can have at most, and that it needs at least, where that is more.
pub fn lacking(database: &Database, service: &Service) -> Option<(u32, u32)> {
    let share = share(database, service);
    (share < PER_UNIT).then_some((share, PER_UNIT))
}

fn share(database: &Database, service: &Service) -> u32 {
    allowed(database).saturating_sub(OTHERS) / most(service).max(1)
}

/// How many tasks of a service there can be.
pub fn most(service: &Service) -> u32 {
    let scaled = service.autoscaling.as_ref().map(|scaling| scaling.max);
    scaled.or(service.count).unwrap_or(1)
}

/// The connections that a database takes: what the file sets, or what RDS derives from the memory of the
/// class, `LEAST({DBInstanceClassMemory/9531392}, 5000)` ("Quotas and constraints" in the RDS user guide).
/// That memory is what the operating system and RDS's own processes leave, here taken to be nine tenths
/// of all but 256 MiB.
pub fn allowed(database: &Database) -> u32 {
    const MIB: u64 = 1024 * 1024;
    const EACH: u64 = 9_531_392;
    let set = database.parameters.get("max_connections");
    if let Some(set) = set.and_then(|text| text.parse().ok()) {
        return set;
    }
    let left = memory_mib(&database.instance_class).saturating_sub(256) * MIB * 9 / 10;
    u32::try_from((left / EACH).min(5000)).unwrap_or(5000)
}

/// The memory of a class: so much for each `xlarge`, by the family, and a half, a quarter … of it for
/// each size below ("Hardware specifications for DB instance classes" in the RDS user guide). A family
/// that is not known counts as the smallest.
fn memory_mib(class: &str) -> u64 {
    let mut parts = class.split('.').skip(1);
    let (family, size) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let whole = 1024
        * match family.chars().next() {
            Some('r') => 32,
            Some('x' | 'z') if family.starts_with('x') => 64,
            Some('z') => 32,
            Some('m' | 't') => 16,
            _ => 8,
        };
    match size {
        "micro" => whole / 16,
        "small" => whole / 8,
        "medium" => whole / 4,
        "large" => whole / 2,
        _ => {
            let times = size.strip_suffix("xlarge").unwrap_or_default();
            whole * times.parse::<u64>().unwrap_or(1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::memory_mib;

    #[test]
    fn a_class_has_the_memory_of_its_size() {
        for (class, gib) in [
            ("db.t4g.micro", 1),
            ("db.t4g.small", 2),
            ("db.t4g.medium", 4),
            ("db.t3.large", 8),
            ("db.m7g.large", 8),
            ("db.r7g.large", 16),
            ("db.r7g.xlarge", 32),
            ("db.m8g.4xlarge", 64),
            ("db.x2g.large", 32),
        ] {
            assert_eq!(memory_mib(class), gib * 1024, "{class}");
        }
    }
}
