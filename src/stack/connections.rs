//! How many connections a database takes, and how many tasks can hold some.

use super::model::{Database, Service};

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
    let xlarge_mib = 1024
        * match family.chars().next() {
            Some('r') => 32,
            Some('x' | 'z') if family.starts_with('x') => 64,
            Some('z') => 32,
            Some('m' | 't') => 16,
            _ => 8,
        };
    match size {
        "micro" => xlarge_mib / 16,
        "small" => xlarge_mib / 8,
        "medium" => xlarge_mib / 4,
        "large" => xlarge_mib / 2,
        _ => {
            let times = size.strip_suffix("xlarge").unwrap_or_default();
            xlarge_mib * times.parse::<u64>().unwrap_or(1)
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
