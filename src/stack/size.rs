//! The CPU and memory pairs that Fargate has (ECS, `RegisterTaskDefinition`).

/// CPU units and, in MiB, the least memory, the most, and the step between.
const SIZES: [(u32, u32, u32, u32); 6] = [
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16384, 1024),
    (4096, 8192, 30720, 1024),
    (8192, 16384, 61440, 4096),
    (16384, 32768, 122_880, 8192),
];

/// Memory sizes of 256 and 32768 CPU units, which follow no step.
const UNEVEN: [(u32, [u32; 3]); 2] = [(256, [512, 1024, 2048]), (32768, [61440, 122_880, 249_856])];

/// Every pair.
pub(crate) fn pairs() -> impl Iterator<Item = (u32, u32)> {
    let even = SIZES.into_iter().flat_map(|(cpu, least, most, step)| {
        (least..=most)
            .step_by(step as usize)
            .map(move |memory| (cpu, memory))
    });
    let uneven = UNEVEN
        .into_iter()
        .flat_map(|(cpu, sizes)| sizes.into_iter().map(move |memory| (cpu, memory)));
    even.chain(uneven)
}

/// Whether Fargate has this pair.
pub(crate) fn exists(cpu: u32, memory: u32) -> bool {
    pairs().any(|pair| pair == (cpu, memory))
}

/// The pair that gives at least as much of both at the least excess, else the largest.
pub(crate) fn smallest_pair(cpu: u32, memory: u32) -> (u32, u32) {
    let excess = |(c, m): &(u32, u32)| {
        let part = |have: u32, want: u32| f64::from(have) / f64::from(want.max(1));
        part(*c, cpu) * part(*m, memory)
    };
    let enough = pairs()
        .filter(|(c, m)| *c >= cpu && *m >= memory)
        .min_by(|a, b| excess(a).total_cmp(&excess(b)));
    enough.unwrap_or((32768, 249_856))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_those_of_fargate() {
        assert_eq!(pairs().count(), 3 + 4 + 7 + 13 + 23 + 12 + 12 + 3);
        assert!(exists(256, 512) && exists(4096, 30720) && exists(16384, 122_880));
        assert!(!exists(256, 1536) && !exists(512, 512) && !exists(8192, 17408));
    }

    #[test]
    fn the_nearest_pair_is_never_smaller_unless_there_is_none() {
        assert_eq!(smallest_pair(256, 4096), (512, 4096));
        assert_eq!(smallest_pair(1024, 1024), (1024, 2048));
        assert_eq!(smallest_pair(1000, 3000), (1024, 3072));
        assert_eq!(smallest_pair(32768, 249_857), (32768, 249_856));
    }
}
