//! AWS's partitions and their regions, as botocore 1.44.5 lists them (`data/partitions.json`).
//!
//! Pure data: the file is checked with it before anything is asked, and hosts are named by it.

/// A group of regions with accounts, ARNs and host names of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// As ARNs spell it: `aws`, `aws-cn` …
    pub id: &'static str,
    /// What the names of its hosts end in (`dnsSuffix`).
    pub suffix: &'static str,
    /// What the names of its regions begin with; empty for `aws`, which has the rest.
    pub prefix: &'static str,
    /// Its regions.
    pub regions: &'static [&'static str],
}

/// Every partition, `aws` last: its regions have no common beginning.
pub const PARTITIONS: &[Partition] = &[
    Partition {
        id: "aws-cn",
        suffix: "amazonaws.com.cn",
        prefix: "cn-",
        regions: &["cn-north-1", "cn-northwest-1"],
    },
    Partition {
        id: "aws-us-gov",
        suffix: "amazonaws.com",
        prefix: "us-gov-",
        regions: &["us-gov-east-1", "us-gov-west-1"],
    },
    Partition {
        id: "aws-iso",
        suffix: "c2s.ic.gov",
        prefix: "us-iso-",
        regions: &["us-iso-east-1", "us-iso-west-1"],
    },
    Partition {
        id: "aws-iso-b",
        suffix: "sc2s.sgov.gov",
        prefix: "us-isob-",
        regions: &["us-isob-east-1", "us-isob-west-1"],
    },
    Partition {
        id: "aws-iso-e",
        suffix: "cloud.adc-e.uk",
        prefix: "eu-isoe-",
        regions: &["eu-isoe-west-1"],
    },
    Partition {
        id: "aws-iso-f",
        suffix: "csp.hci.ic.gov",
        prefix: "us-isof-",
        regions: &["us-isof-east-1", "us-isof-south-1"],
    },
    Partition {
        id: "aws-eusc",
        suffix: "amazonaws.eu",
        prefix: "eusc-",
        regions: &["eusc-de-east-1"],
    },
    Partition {
        id: "aws",
        suffix: "amazonaws.com",
        prefix: "",
        regions: &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "me-west-1",
            "mx-central-1",
            "sa-east-1",
            "sa-west-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    },
];

/// Every region.
pub fn all() -> impl Iterator<Item = &'static str> {
    PARTITIONS
        .iter()
        .flat_map(|partition| partition.regions.iter().copied())
}

/// Whether a region is in the list.
pub fn is_listed(region: &str) -> bool {
    all().any(|listed| listed == region)
}

/// Whether a region that is not in the list may be one that AWS has opened since: its words are those
/// of others, and only its number, or which words come together, is new.
pub fn may_be_new(region: &str) -> bool {
    let words = |text: &str| -> Option<(String, String, u8)> {
        let (rest, number) = text.rsplit_once('-')?;
        let (area, direction) = rest.rsplit_once('-')?;
        let number = (number.len() == 1).then_some(number)?;
        Some((area.to_owned(), direction.to_owned(), number.parse().ok()?))
    };
    let Some((area, direction, number)) = words(region) else {
        return false;
    };
    let listed = || all().filter_map(words);
    (1..=9).contains(&number)
        && listed().any(|(known, _, _)| known == area)
        && listed().any(|(_, known, _)| known == direction)
}

/// The partition that a region lies in.
pub fn partition_of(region: &str) -> &'static Partition {
    let found = PARTITIONS
        .iter()
        .find(|partition| region.starts_with(partition.prefix));
    // The last takes every region: its prefix is empty.
    found.unwrap_or(&PARTITIONS[PARTITIONS.len() - 1])
}

/// What the names of a partition's hosts end in; that of `aws` for one that is not known.
pub fn suffix_of(partition: &str) -> &'static str {
    let found = PARTITIONS.iter().find(|known| known.id == partition);
    found.map_or("amazonaws.com", |known| known.suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_lies_in_its_own_partition() {
        for partition in PARTITIONS {
            for region in partition.regions {
                assert_eq!(partition_of(region).id, partition.id, "{region}");
            }
        }
        assert_eq!(all().count(), 48);
    }

    #[test]
    fn what_is_mistyped_is_no_new_region() {
        for region in [
            "us-esat-1",
            "ws-east-1",
            "us-east-0",
            "us-east",
            "us-east-10",
            "us-east-01",
            "-east-1",
            "",
        ] {
            assert!(!is_listed(region) && !may_be_new(region), "{region}");
        }
        for region in ["us-east-3", "us-central-1", "us-gov-central-1"] {
            assert!(!is_listed(region) && may_be_new(region), "{region}");
        }
    }

    #[test]
    fn hosts_of_every_partition_have_their_suffix() {
        assert_eq!(suffix_of("aws-iso-e"), "cloud.adc-e.uk");
        assert_eq!(suffix_of("aws-iso-f"), "csp.hci.ic.gov");
        assert_eq!(suffix_of("aws-eusc"), "amazonaws.eu");
    }
}
